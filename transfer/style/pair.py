"""One pair: painted, judged, written."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from tqdm import tqdm

from classifiers.prediction import Classifier
from spectro.audio import write
from training.files import write_json
from transfer.style.files import scratch_array
from transfer.style.fingerprint import fingerprint
from transfer.style.judgement import Judgement, judge
from transfer.style.methods import Engine
from transfer.style.pairs import Pair
from transfer.style.report import write_report
from transfer.style.result import Result
from transfer.style.sounds import Sound


@dataclass(frozen=True)
class Studio:
    """What paints and judges all pairs of a command."""

    engine: Engine
    classifier: Classifier
    options: dict[str, Any]
    """Of the command, for reports; `seed` is read from them."""
    interrupted: Callable[[], bool] = lambda: False
    """Whether painting shall end early."""

    def options_of(self, pair: Pair) -> dict[str, Any]:
        """As if the pair were the only one."""
        return self.options | {"content": pair.content, "style": pair.style, "output": pair.output}

    def made_of(self, pair: Pair) -> str:
        """The pair's `fingerprint`. OSError: a file that cannot be read."""
        return fingerprint(self.options, asdict(self.engine.recipe), pair.content, pair.style)

    def begin(self, pair: Pair) -> None:
        """Leave a report that says what is being made, so that a command that was killed knows its own results."""
        write_json(pair.output.with_suffix(".json"), {"fingerprint": self.made_of(pair), "finished": False})

    def paint(self, pair: Pair, content: Sound, style: Any) -> tuple[Result, Judgement]:
        """Write sound, picture and report; style: what the engine's `study` made of it.

        InputError: the mask leaves nothing to paint.
        """
        setting, steps, folder = self.engine.setting, self.engine.steps(content), pair.output.parent
        self.engine.recipe.mask.check(content.samples / setting.rate, setting.rate / 2)
        with tqdm(total=steps, desc=f"painting {pair.output.name}", file=sys.stderr, dynamic_ncols=True, leave=False) as bar:

            def watch(losses: dict[str, float]) -> bool:
                bar.set_postfix_str(f"loss {losses['loss']:.4g}", refresh=False)
                bar.update()
                return self.interrupted()

            result = self.engine.transfer(
                content, style, seed=self.options["seed"], watch=watch, allocate=lambda shape: scratch_array(folder, shape)
            )
        write(pair.output, result.sound, result.rate)
        judgement = judge(pair.content, pair.style, pair.output, self.classifier)
        write_report(pair.output, result, self.engine.recipe, judgement, self.options_of(pair), self.made_of(pair))
        return result, judgement
