"""`symusic.Score` objects show the notes of a piece, and become it again."""

from __future__ import annotations

from midi.files.symusic_bridge import from_symusic, to_symusic
from midi.notes import make_piece, note_table


def test_symusic_sees_the_same_notes():
    piece = make_piece(
        note_table(2, start=[0, 7], end=[5, 9], pitch=[36, 61], program=[0, 5], drum=[True, False], track=[1, 0])
    )
    score = to_symusic(piece)
    assert [(track.program, track.is_drum, track.notes[0].time) for track in score.tracks] == [(5, False, 7), (0, True, 0)]
    back = from_symusic(score)
    assert (
        back.notes[["start", "end", "pitch", "program", "drum"]].tolist()
        == piece.notes[["start", "end", "pitch", "program", "drum"]].tolist()
    )
