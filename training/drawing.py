"""Text in figures of Matplotlib: users' names as they are, whatever is in them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.ticker import Formatter

LONGEST, LONGEST_TICK = 100, 24
"""Letters of a line of text and of a label at an axis, at most; of longer ones the middle is left out."""
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""What is drawn for a byte that is no text, and for a letter that no font has."""


def draw_plainly(figure: Figure) -> None:
    """Make all text of a figure such that drawing it neither fails nor warns nor changes it.

    A `$` begins no mathematics, but in the numbers that Matplotlib writes at axes. Letters that the text's font lacks are
    drawn in an installed font that has them, or as UNKNOWN. Long lines are shortened. To be called when the figure is done;
    again does no harm.
    """
    from matplotlib.text import Text

    at_axes: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            _label_plainly(axis)
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                at_axes |= {tick.label1, tick.label2}
    for text in figure.findobj(Text):
        if text not in at_axes:
            text.set_parse_math(False)
            shown, families = _drawable(text.get_text(), tuple(text.get_fontfamily()), LONGEST)
            text.set_text(shown)
            text.set_fontfamily(list(families))


def _label_plainly(axis: Axis) -> None:
    """The same for labels that an axis was given; they are written anew whenever it is drawn."""
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    formatter = axis.get_major_formatter()
    plain = isinstance(formatter, FuncFormatter) and getattr(formatter.func, "func", None) is _label
    if plain or not isinstance(formatter, FixedFormatter | FuncFormatter):
        return
    labels = axis.get_ticklabels()
    usual = tuple(labels[0].get_fontfamily()) if labels else ()
    _, families = _drawable("".join(label.get_text() for label in labels), usual, 0)
    if families != usual:
        axis.set_tick_params(labelfontfamily=list(families))
    axis.set_major_formatter(FuncFormatter(functools.partial(_label, formatter, usual)))


def _label(formatter: Formatter, usual: tuple[str, ...], value: float, place: int | None = None) -> str:
    """What `formatter` writes, drawable, each `$` kept from being mathematics."""
    return _drawable(str(formatter(value, place)), usual, LONGEST_TICK)[0].replace("$", r"\$")


def _drawable(content: str, usual: tuple[str, ...], longest: int) -> tuple[str, tuple[str, ...]]:
    """(what can be drawn of the content, the families of fonts that it needs)."""
    shown = "\n".join(_shortened(line, longest) for line in content.split("\n")) if longest else content
    fonts, missing = _fonts_for(frozenset(shown), usual)
    return "".join(UNKNOWN if letter in missing else letter for letter in shown), usual + fonts


def _shortened(line: str, longest: int) -> str:
    half = (longest - 1) // 2
    return line if len(line) <= longest else f"{line[:half]}…{line[-half:]}"


@functools.lru_cache(maxsize=1024)
def _fonts_for(letters: frozenset[str], usual: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """(families beside the usual ones that have the letters which those lack, letters that none has)."""
    from matplotlib.font_manager import FontProperties, findfont, fontManager

    printable = {letter for letter in letters if letter.isprintable()}
    missing = printable - _letters(findfont(FontProperties(family=list(usual))))
    found: list[str] = []
    fonts: Iterable = fontManager.ttflist if missing else ()
    for font in sorted(fonts, key=lambda font: (font.style != "normal", font.weight != 400, font.name, font.fname)):
        if "Last Resort" not in font.name and missing & (known := _letters(font.fname)):
            found.append(font.name)
            missing -= known
        if not missing:
            break
    return tuple(name for name in found if name not in usual), frozenset(missing | letters - printable - {"\n"})


@functools.cache
def _letters(path: str) -> frozenset[str]:
    """Those that a font draws; none where it is made of pictures, as fonts of coloured emoji are."""
    from matplotlib.font_manager import get_font

    try:
        font = get_font(path)
    except (OSError, RuntimeError):  # a font that FreeType cannot read
        return frozenset()
    return frozenset(map(chr, font.get_charmap())) if font.scalable else frozenset()
