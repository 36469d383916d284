"""Drawings of pieces for people: a piano roll with seconds, bars and note names; no state of Matplotlib's is set."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from midi.codecs.codec import Codec, Encoded
from midi.codecs.lossless import Lossless
from midi.codecs.strip import StripCodec
from midi.notes import Piece, drum_name, pitch_name, program_name
from training.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_BARS = 4_096
"""Bars that are ruled at most."""
COLOURS = "tab10"
"""Matplotlib's colour map for parts."""
MARGIN = 0.003
"""Fraction of the width that is left free on the left, so that the frame hides no first stroke."""
LANE = 2.2
"""Height of a drum's lane in semitones."""


def draw_roll(axes: Axes, piece: Piece, *, title: str = "", first: float = 0.0, last: float | None = None) -> None:
    """Draw a piece on `axes` of a `matplotlib.figure.Figure`: a bar for each note, the louder the darker, a colour a part.

    Seconds below, bars above, note names at the side; drums as strokes in lanes below the notes. first, last: the quarters
    to be shown, by default all. InputError: no note there.
    """
    last = float(piece.quarters(piece.end)) if last is None else last
    quarters = piece.quarters(piece.notes["start"]), piece.quarters(piece.notes["end"])
    shown = piece.notes[(quarters[0] < last) & (quarters[1] > first)]
    if not len(shown):
        raise InputError(f"there is no note to draw from quarter {first:g} to {last:g}")
    parts, part = np.unique(_parts(shown), return_inverse=True)
    labels = _draw_notes(axes, piece, shown, part) | _draw_drums(axes, piece, shown, part)
    axes.set_yticks(list(labels), list(labels.values()))
    edges = piece.seconds(np.array([first, last]) * piece.division)
    margin = MARGIN * (edges[1] - edges[0])
    axes.set(xlabel="time in s", xlim=(edges[0] - margin, edges[1]), title=title)
    _rule_bars(axes, piece, edges)
    _legend(axes, parts)


def figure_of(piece: Piece, *shown: tuple[Encoded, Codec], title: str = "", windows: int = 4, layers: int = 1) -> Figure:
    """A figure of the piano roll of a piece above pictures of it, as they are: windows side by side, layers downwards.

    shown: (what `codec.encode` gave, the codec), one or more. The roll covers the time of `windows` windows of the first
    codec, or all of the piece where that has no time axis. Of more than four channels the first three are red, green, blue.
    """
    from matplotlib.figure import Figure

    sheets = [_sheet(encoded, codec, windows, layers) for encoded, codec in shown]
    heights = [9.0 * sheet.shape[0] / sheet.shape[1] for sheet in sheets]
    figure = Figure(figsize=(10, 4.2 + sum(heights) + 0.5 * len(sheets)), layout="constrained")
    roll, *below = figure.subplots(1 + len(sheets), 1, height_ratios=(4.2, *heights))
    draw_roll(roll, piece, title=title, last=_covered(piece, shown[0][1], windows))
    for axes, sheet, (encoded, codec) in zip(below, sheets, shown, strict=True):
        axes.imshow(sheet, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        axes.set(xticks=[], yticks=[], xlabel=_caption(encoded, codec, windows, layers))
    return figure


def roll_figure(piece: Piece, *, title: str = "", bars: int = 32) -> Figure:
    """A figure of the piano roll of the first `bars` bars, the wider the longer."""
    from matplotlib.figure import Figure

    lines = bar_lines(piece, piece.end)
    last = lines[min(bars, len(lines) - 1)] / piece.division
    figure = Figure(figsize=(float(np.clip(0.45 * min(bars, len(lines)), 8, 40)), 5), layout="constrained")
    draw_roll(figure.subplots(), piece, title=title, last=last)
    return figure


def bar_lines(piece: Piece, until: int) -> np.ndarray:
    """Ticks at which bars begin, up to the first at or after `until`, MAX_BARS at most; 4/4 where no signature is given."""
    changes = [(0, 4, 4), *piece.signatures.tolist(), (1 << 60, 4, 4)]
    lines: list[float] = []
    for (tick, numerator, denominator), (following, _, _) in pairwise(changes):
        at, step = float(tick), max(1.0, 4 * piece.division * numerator / max(1, denominator))
        while at < following and len(lines) < MAX_BARS:
            lines.append(at)
            if at >= until:
                return np.array(lines)
            at += step
    return np.array(lines)


def _parts(notes: np.ndarray) -> np.ndarray:
    """A number for each part: drums last, all in one; else by track and program."""
    part = (notes["track"].astype(np.int64) << 7) | notes["program"]
    return np.where(notes["drum"], np.int64(1) << 40, part)


def _colours(part: np.ndarray) -> np.ndarray:
    import matplotlib

    return np.array([matplotlib.colormaps[COLOURS](number % 10) for number in part.tolist()]).reshape(-1, 4)


def _spans(piece: Piece, notes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return piece.seconds(notes["start"]), piece.seconds(notes["end"])


def _draw_notes(axes: Axes, piece: Piece, shown: np.ndarray, part: np.ndarray) -> dict[float, str]:
    """Draw the pitched notes; gives the labels of the pitch axis."""
    from matplotlib.collections import PolyCollection

    pitched = ~shown["drum"]
    notes, colours = shown[pitched], _colours(part[pitched])
    if not len(notes):
        return {}
    colours[:, 3] = 0.25 + 0.75 * notes["velocity"] / 127
    (start, end), pitch = _spans(piece, notes), notes["pitch"].astype(float)
    corners = [(start, pitch - 0.45), (start, pitch + 0.45), (end, pitch + 0.45), (end, pitch - 0.45)]
    bars = np.stack([np.stack(corner, axis=1) for corner in corners], axis=1)
    axes.add_collection(PolyCollection(bars, facecolors=colours, edgecolors=colours * (0.6, 0.6, 0.6, 1), linewidths=0.4))
    low, high = int(pitch.min()), int(pitch.max())
    axes.set_ylim(low - 2, high + 2)
    names = [key for key in range(low, high + 1) if key % 12 == 0 or (high - low < 18 and key % 12 in (4, 7))]
    for key in names:
        axes.axhline(key - 0.5, color="0.85", linewidth=0.6, zorder=0)
    return {float(key): pitch_name(key) for key in names or (low, high)}


def _draw_drums(axes: Axes, piece: Piece, shown: np.ndarray, part: np.ndarray) -> dict[float, str]:
    """Draw the drums in lanes below the notes; gives the labels of the lanes."""
    notes = shown[shown["drum"]]
    if not len(notes):
        return {}
    keys, lane = np.unique(notes["pitch"], return_inverse=True)
    top = axes.get_ylim()[1] if len(notes) < len(shown) else 0.0
    ground = axes.get_ylim()[0] if len(notes) < len(shown) else 0.0
    centre = ground - LANE * (lane + 0.7)
    colours = _colours(part[shown["drum"]])
    colours[:, 3] = 0.25 + 0.75 * notes["velocity"] / 127
    axes.vlines(_spans(piece, notes)[0], centre - 0.42 * LANE, centre + 0.42 * LANE, colors=colours, linewidth=1.4)
    axes.axhline(ground, color="0.4", linewidth=0.8)
    axes.set_ylim(ground - LANE * (len(keys) + 0.4), top)
    return {float(ground - LANE * (number + 0.7)): drum_name(int(key)) for number, key in enumerate(keys)}


def _rule_bars(axes: Axes, piece: Piece, edges: np.ndarray) -> None:
    lines = piece.seconds(bar_lines(piece, int(piece.ticks(edges[1]))))
    number = np.arange(1, len(lines) + 1)
    kept = (lines >= edges[0] - 1e-6) & (lines <= edges[1] + 1e-6)
    every = max(1, 1 << int(np.ceil(np.log2(max(1, kept.sum() / 24)))))
    ruled = kept & ((number - 1) % every == 0)
    for line in lines[ruled]:
        axes.axvline(line, color="0.85", linewidth=0.6, zorder=0)
    above = axes.secondary_xaxis("top")
    above.set_ticks(lines[ruled], number[ruled])
    above.set_xlabel("bar")


def _legend(axes: Axes, parts: np.ndarray) -> None:
    from matplotlib.patches import Patch

    colours = _colours(np.arange(len(parts)))
    names = ["drums" if part >> 40 else program_name(int(part) & 127) for part in parts]
    names = [
        f"{name}, track {(int(part) >> 7) + 1}" if names.count(name) > 1 else name
        for name, part in zip(names, parts, strict=True)
    ]
    handles = [Patch(color=colour, label=name) for colour, name in zip(colours, names, strict=True)][:16]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize="small", frameon=False)


def _covered(piece: Piece, codec: Codec, windows: int) -> float | None:
    """The quarter at which `windows` pictures or the piece end, if the codec's columns are time."""
    if not isinstance(codec, StripCodec | Lossless):
        return None
    units = windows * codec.columns / codec.resolution
    covered = units if codec.unit == "quarter" else float(piece.quarters(piece.ticks(units)))
    return min(covered, float(piece.quarters(piece.end)))


def _sheet(encoded: Encoded, codec: Codec, windows: int, layers: int) -> np.ndarray:
    """One image of the first windows and layers of pictures, with grey lines between them; black where there is none."""
    height, width, channels = codec.shape
    across, down = (int(place.max(initial=0)) + 1 for place in (encoded.windows, encoded.layers))
    kept = channels if channels in (1, 3) else 3 if channels > 3 else 1
    tiles = np.zeros((min(layers, down), min(windows, across), height + 2, width + 2, kept), np.uint8)
    tiles[:, :, height:] = tiles[:, :, :, width:] = 128
    chosen = (encoded.windows < windows) & (encoded.layers < layers)
    tiles[encoded.layers[chosen], encoded.windows[chosen], :height, :width] = encoded.images[chosen][..., :kept]
    sheet = tiles.transpose(0, 2, 1, 3, 4).reshape(-1, tiles.shape[1] * (width + 2), kept)[:-2, :-2]
    return sheet[..., 0] if kept == 1 else sheet


def _caption(encoded: Encoded, codec: Codec, windows: int, layers: int) -> str:
    across, down = (int(place.max(initial=0)) + 1 for place in (encoded.windows, encoded.layers))
    layered = f", {min(layers, down)} of {down} layers" if down > 1 else ""
    size = " x ".join(map(str, codec.shape))
    return f"{codec.name}: {min(windows, across)} of {across} windows{layered}; a picture is {size}"
