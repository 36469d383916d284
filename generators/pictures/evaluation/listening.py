"""Listening to samples as far as a machine can: rendered, are they silent, clipped, or busier than music?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from generators.pictures.evaluation.likeness import PictureSet
from midi.codecs.codec import Codec
from midi.listening import listen as listen_to

RENDERED = 6
"""Samples that are rendered: the first that have a note."""


def listen(samples: PictureSet, data: PictureSet, codec: Codec, output: Path) -> dict[str, Any]:
    """Render some samples as `output/sample-<item>.wav` and `.mid`, and judge them.

    The note rate is right within the 5th to 95th percentile of the data's notes a second; of all samples the share is told
    for which it is.
    """
    low, high = np.nanpercentile(data.measured.table["notes_per_second"], (5, 95)).tolist()
    rates = samples.measured.table["notes_per_second"]
    items = np.flatnonzero(samples.measured.table["note_count"] > 0)[:RENDERED].tolist()
    heard = [_heard(samples, item, codec, output) for item in items]
    for one in heard:
        one["note_rate"] = float(rates[one["item"]])
        one["in_range"] = low <= one["note_rate"] <= high
    return {"note_rates": [low, high], "share_in_range": float(((rates >= low) & (rates <= high)).mean()), "rendered": heard}


def _heard(samples: PictureSet, item: int, codec: Codec, output: Path) -> dict[str, Any]:
    name = f"sample-{item:06d}"
    facts = listen_to(codec.decode(samples.images[item : item + 1]), output / name)
    return {
        "item": item,
        "midi": f"{name}.mid",
        "wav": f"{name}.wav",
        "silent": facts["silent"],
        "not_clipped": facts["clipped"] == 0 and facts["peak"] < 1,
        **{figure: facts[figure] for figure in ("duration", "peak", "rms", "notes")},
    }
