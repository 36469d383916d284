"""Pieces into sound: by a SoundFont, or by the built-in synthesiser; in constant memory, normalised, never clipped."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from midi.notes import Piece, in_order, make_piece, with_notes
from midi.synthesis import BLOCK, blocks
from training.errors import InputError
from training.files import atomic

if TYPE_CHECKING:
    from symusic import Synthesizer

PEAK = 0.95
"""Largest sample of a rendered piece."""
MAX_SECONDS = 3 * 3_600
"""Seconds of a piece at most."""
MAX_NOTE_SECONDS = 500 * 3_600
"""Seconds that all notes last together at most; a busier piece is damaged, or would take hours."""
WINDOW = 60
"""Seconds of notes that a SoundFont plays at a time."""


def sound_of(piece: Piece, *, soundfont: str | os.PathLike | None = None, rate: int = 44_100, seed: int = 0) -> np.ndarray:
    """The sound of a piece: float32 (2, samples), peak PEAK (0 if nothing is heard), to the end of the last note's tail.

    soundfont: an .sf2 or .sf3 file, played by symusic; without one the built-in synthesiser plays. seed: of its drums.
    InputError: no note, too long, not a SoundFont, rate not from 8,000 to 192,000 Hz.
    """
    sound = np.concatenate(list(_stream(piece, soundfont, rate, seed)), axis=1)
    return sound * _gain(float(np.abs(sound).max(initial=0)))


def render(
    piece: Piece, path: str | os.PathLike, *, soundfont: str | os.PathLike | None = None, rate: int = 44_100, seed: int = 0
) -> dict[str, Any]:
    """Write the sound of `sound_of` as a WAV file (16 bits, stereo), atomically; memory does not grow with length.

        render(read("song.mid"), "song.wav", rate=22_050)["duration"]  # seconds

    Gives its facts: duration in seconds, samples, peak, rms (both of full scale), clipped samples, gain, notes.
    InputError: as in `sound_of`, or `path` does not end in .wav.
    """
    path = Path(path)
    if path.suffix.lower() != ".wav":
        raise InputError(f"{path}: the name of a rendered piece must end in .wav")
    stream = _stream(piece, soundfont, rate, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(stream), tempfile.TemporaryFile(dir=path.parent) as draft:
        peak, samples, power = 0.0, 0, 0.0
        for block in stream:
            peak = max(peak, float(np.abs(block).max(initial=0)))
            samples += block.shape[1]
            power += float(np.square(block, dtype=np.float64).sum())
            draft.write(np.ascontiguousarray(block.T).tobytes())
        gain = _gain(peak)
        draft.seek(0)
        with atomic(path) as temporary:
            clipped = _write(temporary, draft, rate, gain)
    rms = gain * (power / max(1, 2 * samples)) ** 0.5
    facts = {"duration": samples / rate, "samples": samples, "peak": gain * peak, "rms": rms, "clipped": clipped}
    return facts | {"gain": gain, "notes": len(piece)}


def check_rate(rate: int) -> None:
    """InputError: a sample rate that is not from 8,000 to 192,000 Hz."""
    if not 8_000 <= rate <= 192_000:
        raise InputError(f"rate must be from 8000 to 192000 Hz; received {rate}")


def check_soundfont(path: str | os.PathLike) -> None:
    """InputError: missing, unreadable, not a SoundFont (RIFF sfbk), or cut short."""
    try:
        with open(path, "rb") as file:
            head, size = file.read(12), file.seek(0, os.SEEK_END)
    except OSError as error:
        raise InputError(f"SoundFont {path} cannot be read: {error.strerror}") from None
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise InputError(f"{path} is not a SoundFont: expected RIFF ... sfbk; received {head!r}")
    stated = int.from_bytes(head[4:8], "little") + 8
    if size < stated:
        raise InputError(f"SoundFont {path} is cut short: {size:,} of {stated:,} bytes")


def _stream(piece: Piece, soundfont: str | os.PathLike | None, rate: int, seed: int) -> Iterator[np.ndarray]:
    """Blocks of float32 (2, samples), not normalised, from a piece that has been checked."""
    check_rate(rate)
    if not len(piece):
        raise InputError("there is no note to be heard")
    duration = float(piece.seconds(piece.end))
    if duration > MAX_SECONDS or (duration + WINDOW) * rate * 4 > 0xFFFF0000:
        limit = min(MAX_SECONDS, 0xFFFF0000 / 4 / rate - WINDOW)
        raise InputError(f"the piece lasts {duration / 60:,.0f} minutes; at most {limit / 60:.0f} are rendered at {rate} Hz")
    if float((piece.seconds(piece.notes["end"]) - piece.seconds(piece.notes["start"])).sum()) > MAX_NOTE_SECONDS:
        raise InputError(
            f"{len(piece):,} notes last {MAX_NOTE_SECONDS // 3600} hours together and more; is the file damaged?"
        )
    if soundfont is None:
        return blocks(piece, rate, seed)
    check_soundfont(soundfont)
    return _by_soundfont(piece, soundfont, rate)


def _by_soundfont(piece: Piece, soundfont: str | os.PathLike, rate: int) -> Iterator[np.ndarray]:
    """The notes that begin in one window after the other, played apart; what sounds on is added to the next."""
    import symusic

    try:
        player = symusic.Synthesizer(sf_path=os.fspath(soundfont), sample_rate=rate)
    except RuntimeError as error:
        raise InputError(f"SoundFont {soundfont} cannot be read: {error}") from None
    timed = _in_tenths_of_milliseconds(piece)
    window = timed.notes["start"] // (WINDOW * timed.division)
    carried, last = np.zeros((2, 0), np.float32), int(window.max())
    for number in range(last + 1):
        notes = timed.notes[window == number]
        if len(notes):
            for edge in ("start", "end"):
                notes[edge] -= number * WINDOW * timed.division
            part = make_piece(notes, timed.division, timed.tempos)
            carried = _added(carried, _played(part, player))
        if number < last:
            carried = _added(carried, np.zeros((2, WINDOW * rate), np.float32))
            yield carried[:, : WINDOW * rate]
            carried = carried[:, WINDOW * rate :]
    yield carried


def _played(piece: Piece, player: Synthesizer) -> np.ndarray:
    """(2, samples) of the notes, each at the level that its velocity has in the SoundFont standard: (velocity / 127)^2.

    symusic plays all velocities equally loud, so each is played by itself.
    """
    from midi.files.symusic_bridge import to_symusic

    sound = np.zeros((2, 0), np.float32)
    for velocity in np.unique(piece.notes["velocity"]).tolist():
        alike = with_notes(piece, piece.notes[piece.notes["velocity"] == velocity])
        sound = _added(sound, player.render(to_symusic(alike), stereo=True) * np.float32((velocity / 127) ** 2))
    return sound


def _in_tenths_of_milliseconds(piece: Piece) -> Piece:
    """The same notes without tempo changes: one quarter a second, 10,000 ticks each."""
    notes = piece.notes.copy()
    for edge in ("start", "end"):
        notes[edge] = np.rint(piece.seconds(piece.notes[edge]) * 10_000)
    return make_piece(in_order(notes), 10_000, 1_000_000)


def _added(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The sum of two sounds (2, samples), as long as the longer."""
    longer, shorter = (one, other) if one.shape[1] >= other.shape[1] else (other, one)
    total = np.array(longer, np.float32)
    total[:, : shorter.shape[1]] += shorter
    return total


def _gain(peak: float) -> float:
    return PEAK / peak if peak > 0 else 1.0


def _write(path: Path, draft: Any, rate: int, gain: float) -> int:
    """Write float32 frames of an open file as a 16-bit WAV; gives how many samples were beyond full scale."""
    import soundfile

    clipped = 0
    with soundfile.SoundFile(os.fsencode(path), "w", rate, 2, "PCM_16", format="WAV") as target:
        while data := draft.read(8 * BLOCK):
            block = np.frombuffer(data, np.float32).reshape(-1, 2) * np.float32(gain)
            clipped += int(np.count_nonzero(np.abs(block) > 1))
            target.write(block)
    return clipped
