"""Paint the style of one recording onto another (neural style transfer on spectrogram pictures).

Writes OUTPUT (16-bit WAV with the content's channels, length and loudness, at the features' sample rate: 22,050 Hz), and
beside it a picture (.png: content, style, result, loss) and a report (.json). Without --content and --style a demo pair is
composed and written next to OUTPUT. Ctrl-C writes what is painted so far.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.cli import run

PRESET_FIELDS = ("content_weight", "style_weight", "iterations", "optimizer", "phase")


@dataclass(frozen=True)
class Options:
    """What not is given here, the preset says."""

    content: Path | None = None
    """Recording to paint on, of any length; by default a composed lo-fi track."""
    style: Path | None = None
    """Recording whose style is painted, of any length; by default a composed future bass track."""
    features: str = "lil_data"
    """Network that sees the pictures: lil_data (the shipped classifier), vgg19, or the directory of a classifier's run."""
    vgg_weights: Path | None = None
    """File of VGG-19's ImageNet weights (without top); by default Keras downloads it."""
    preset: Literal["paper", "ours", "quick"] = "ours"
    """Where weights, iterations, optimizer and phase come from; paper's early pictures: 100 (vgg19: 10) iterations."""
    content_weight: float | None = None
    """Alpha."""
    style_weight: float | None = None
    """Beta."""
    iterations: int | None = None
    """Steps of the optimizer for each tile of 5 s and each channel."""
    optimizer: Literal["adam", "lbfgs"] | None = None
    """Adam with steps of a share of the pixel range, or L-BFGS."""
    phase: Literal["content", "random", "heap"] | None = None
    """Start of the phase reconstruction: the content's phase, random, or integrated from the picture."""
    seed: int = 0
    """Seed of the demo pair and of random phases."""
    output: Path = Path("nst.wav")
    """Sound to write; picture and report take its name."""
    force: bool = False
    """Overwrite what is there."""


def main(options: Options) -> None:
    """Check, paint, write, print the paths."""
    from dataclasses import asdict

    from tqdm import tqdm

    from spectro.audio import write
    from training.cli import tell
    from transfer.extractor import open_features
    from transfer.files import inputs, outputs, scratch_array
    from transfer.interrupt import noted_interrupt
    from transfer.recipe import recipe_of
    from transfer.report import write_report
    from transfer.sound import Sound
    from transfer.style_transfer import count_tiles, transfer_style

    recipe = recipe_of(options.preset, options.features, **{name: getattr(options, name) for name in PRESET_FIELDS})
    written = outputs(options.output, options.force, (options.content, options.style))
    paths = inputs(options.content, options.style, options.output, options.seed, options.force)
    extractor, classifier = open_features(options.features, options.vgg_weights)
    content, style = (Sound(path, extractor.setting) for path in paths)
    steps = count_tiles(content) * content.channels * recipe.iterations
    with noted_interrupt() as interrupted, tqdm(total=steps, desc="painting", file=sys.stderr, dynamic_ncols=True) as bar:

        def watch(losses: dict[str, float]) -> bool:
            bar.set_postfix_str(f"loss {losses['loss']:.4g}", refresh=False)
            bar.update()
            return interrupted()

        result = transfer_style(
            content,
            style,
            extractor,
            recipe,
            seed=options.seed,
            watch=watch,
            allocate=lambda shape: scratch_array(options.output.parent, shape),
        )
        write(options.output, result.sound, result.rate)
        write_report(options.output, result, recipe, classifier, asdict(options))
    tell(result.summary)
    print(*written, sep="\n", flush=True)
    if result.interrupted:
        raise KeyboardInterrupt


if __name__ == "__main__":
    run(main, Options, keras=True)
