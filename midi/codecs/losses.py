"""What a codec did not keep, counted under the same names by all of them.

notes           notes of the piece
kept            notes that the pictures show, each as a note of its own
drums           notes of drums, of what reads pitched ones alone
out_of_range    notes whose pitch has no row
merged          notes that begin in one cell with a longer one of the same pitch
hidden          notes that a codec of one voice leaves out: a higher one sounds where they begin, or another track was chosen
run_together    notes that no gap divides from the next one of the same pitch
gaps            notes that end a column early, to be told from the next one of the same pitch
shortened       notes cut because the same pitch starts again, or in one voice a higher one
lengthened      notes shorter than a column, shown as one
saturated       notes longer than the longest length that a picture tells
moved           notes whose onset is not on the grid
resized         notes whose end is not on the grid, or whose length comes back as another (the other counts excepted)
largest_shift   by how much an onset was moved at most, in quarters
velocities      notes whose velocity comes back as another
programs        notes whose program comes back as another, or as pitched where they were drums
tempos          tempo changes that do not come back
signatures      time signatures that do not come back
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

NAMES = (
    "notes", "kept", "drums", "out_of_range", "merged", "hidden", "run_together", "gaps", "shortened", "lengthened",
    "saturated", "moved", "resized", "largest_shift", "velocities", "programs", "tempos", "signatures",
)  # fmt: skip


def added(all_losses: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The losses of several pieces together: sums, and the largest of the largest shifts."""
    total = dict.fromkeys(NAMES, 0.0)
    for losses in all_losses:
        for name, value in losses.items():
            total[name] = max(total[name], value) if name == "largest_shift" else total.get(name, 0.0) + value
    return total


def in_words(losses: Mapping[str, float]) -> str:
    """One line: what was lost, without the zeros."""
    lost = [
        f"{name.replace('_', ' ')} {_short(value)}"
        for name, value in losses.items()
        if value and name not in ("notes", "kept")
    ]
    kept = f"{_short(losses['kept'])} of {_short(losses['notes'])} notes kept"
    return kept + (f"; {', '.join(lost)}" if lost else "")


def _short(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"
