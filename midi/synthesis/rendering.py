"""Pieces into sound: by a SoundFont, or by the built-in synthesiser; in constant memory, normalised, never clipped."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from midi.beside import CONTROL, PEDAL
from midi.notes import Piece
from midi.pedal import with_pedal
from midi.synthesis import BLOCK, blocks
from midi.synthesis.controls import PLAYED
from midi.synthesis.soundfonts import TAIL, Player, by_soundfont, player
from training.errors import InputError
from training.files import atomic

PEAK = 0.95
"""Largest sample of a rendered piece."""
MAX_SECONDS = 3 * 3_600
"""Seconds of a piece at most."""
MAX_NOTE_SECONDS = 500 * 3_600
"""Seconds that all notes last together at most; a busier piece is damaged, or would take hours."""
BUILT_IN = "built-in synthesiser"
"""In records, where no SoundFont plays."""


def sound_of(piece: Piece, *, soundfont: str | os.PathLike | None = None, rate: int = 44_100, seed: int = 0) -> np.ndarray:
    """The sound of a piece: float32 (2, samples), peak PEAK (0 if nothing is heard), to the end of the last note's tail.

    soundfont: an .sf2 or .sf3 file, played by what is there (`midi.synthesis.soundfonts`); without one, or where nothing is,
    the built-in synthesiser plays. seed: of its drums. Notes last while the pedal is down.
    InputError: no note, too long, not a SoundFont, rate not from 8,000 to 192,000 Hz.
    """
    piece, _ = with_pedal(piece, "extend")
    sound = np.concatenate(list(_stream(piece, soundfont, rate, seed)), axis=1)
    return sound * _gain(float(np.abs(sound).max(initial=0)))


def render(
    piece: Piece, path: str | os.PathLike, *, soundfont: str | os.PathLike | None = None, rate: int = 44_100, seed: int = 0
) -> dict[str, Any]:
    """Write the sound of `sound_of` as a WAV file (16 bits, stereo), atomically; memory does not grow with length.

        render(read("song.mid"), "song.wav", rate=22_050)["duration"]  # seconds

    Gives its facts: duration in seconds, samples, peak, rms (both of full scale), clipped samples, gain, notes, notes
    prolonged by the pedal, and what played.
    InputError: as in `sound_of`, or `path` does not end in .wav.
    """
    path = Path(path)
    if path.suffix.lower() != ".wav":
        raise InputError(f"{path}: the name of a rendered piece must end in .wav")
    piece, prolonged = with_pedal(piece, "extend")
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
    by = player_of(soundfont)
    return facts | {
        "gain": gain, "notes": len(piece), "prolonged": prolonged, "player": by.name if by else BUILT_IN
    }  # fmt: skip


def player_of(soundfont: str | os.PathLike | None) -> Player | None:
    """What plays a SoundFont here; None: the built-in synthesiser, since there is no SoundFont or nothing to play it."""
    return None if soundfont is None else player()


def unplayed(piece: Piece, by: Player | None) -> str:
    """What a piece has that sounds and that is not played, in words; "" if nothing. by: as `player_of` has it."""
    events = piece.beside.events
    controls = events["first"][events["status"] == CONTROL]
    missed = controls[~np.isin(controls, [PEDAL, *(by.controllers if by else PLAYED)])]
    pressures = 0 if by and by.pressures else piece.left_out.get("pressures", 0)
    numbers = ", ".join(map(str, np.unique(missed).tolist()))
    parts = [
        f"{len(missed):,} controllers ({numbers})" if len(missed) else "",
        f"{pressures:,} pressures" if pressures else "",
    ]
    return ", ".join(filter(None, parts))


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
    if duration > MAX_SECONDS or (duration + TAIL) * rate * 4 > 0xFFFF0000:
        limit = min(MAX_SECONDS, 0xFFFF0000 / 4 / rate - TAIL)
        raise InputError(f"the piece lasts {duration / 60:,.0f} minutes; at most {limit / 60:.0f} are rendered at {rate} Hz")
    if float((piece.seconds(piece.notes["end"]) - piece.seconds(piece.notes["start"])).sum()) > MAX_NOTE_SECONDS:
        raise InputError(
            f"{len(piece):,} notes last {MAX_NOTE_SECONDS // 3600} hours together and more; is the file damaged?"
        )
    if soundfont is None:
        return blocks(piece, rate, seed)
    check_soundfont(soundfont)
    by = player_of(soundfont)
    return by_soundfont(piece, soundfont, rate, by) if by else blocks(piece, rate, seed)


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
