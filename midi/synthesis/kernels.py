"""The loops of the synthesiser. A sample's value does not depend on the block in which it is computed."""

from __future__ import annotations

import math

import numpy as np

from midi.synthesis.timbres import SIZE
from training.machine_code import compiled

STEP = 32
"""Samples between which envelopes and vibrato are straight lines."""
TAIL = 7.0
"""Release times until a note ends."""
VIBRATO = 5.4
"""Hz."""

VOICE = np.dtype(
    [("begin", np.int64), ("stop", np.int64), ("table", np.int64), ("held", np.float64), ("hertz", np.float64),
     ("attack", np.float64), ("decay", np.float64), ("sustain", np.float64), ("fade", np.float64), ("release", np.float64),
     ("vibrato", np.float64), ("detune", np.float64), ("bright", np.float64), ("left", np.float32), ("right", np.float32),
     ("first", np.int64), ("last", np.int64), ("origin", np.float64)]
)  # fmt: skip
"""A sounding note: samples [begin, stop), seconds held, ratios for vibrato and detune, gains; the curve [first, last) of its
channel, none if that is empty, and the curve's time at `begin`."""
CURVE = np.dtype([("at", np.int64), ("time", np.float64), ("pace", np.float64), ("left", np.float32), ("right", np.float32)])
"""From sample `at` on a channel's pitches are `pace` times as high, and its gains are multiplied; time: the samples that an
unbent wave would take up to there, the integral of pace."""


@compiled
def add_voices(out: np.ndarray, first: int, rate: float, voices: np.ndarray, tables: np.ndarray, curves: np.ndarray) -> None:
    """Add what voices (count,) of VOICE sound in the samples [first, first + size) to out (2, size)."""
    size = out.shape[1]
    for voice in voices:
        low, high = max(voice.begin, first) - voice.begin, min(voice.stop, first + size) - voice.begin
        offset = voice.begin - first
        at = low // STEP * STEP
        while at < high:
            _add_step(out, offset, at, max(low, at), min(high, at + STEP), rate, voice, tables[voice.table], curves)
            at += STEP


@compiled
def _add_step(
    out: np.ndarray, offset: int, at: int, low: int, high: int, rate: float, voice: np.void, table: np.ndarray,
    curves: np.ndarray,
) -> None:  # fmt: skip
    """Add the samples [low, high) of a voice, which lie within STEP samples from `at` on."""
    body, bright = _envelope(at / rate, voice)
    body_next, bright_next = _envelope((at + STEP) / rate, voice)
    body_slope, bright_slope = (body_next - body) / STEP, (bright_next - bright) / STEP
    sway = _sway(at / rate, voice)
    sway_slope = (_sway((at + STEP) / rate, voice) - sway) / STEP
    time, left, right = _bent(at, voice, curves)
    time_next, left_next, right_next = _bent(at + STEP, voice, curves)
    left_slope, right_slope = (left_next - left) / STEP, (right_next - right) / STEP
    for side in range(2 if voice.detune > 0 else 1):
        pace = voice.hertz * (1 + voice.detune * (2 * side - 1)) / rate
        cycles = time * pace + sway
        cycles -= math.floor(cycles)
        pace = pace * ((time_next - time) / STEP) + sway_slope
        for sample in range(low, high):
            within = sample - at
            phase = cycles + within * pace
            place = (phase - math.floor(phase)) * SIZE
            index = int(place)
            part = np.float32(place - index)
            first = table[0, index] + part * (table[0, index + 1] - table[0, index])
            second = table[1, index] + part * (table[1, index + 1] - table[1, index])
            value = np.float32(body + within * body_slope) * first + np.float32(bright + within * bright_slope) * second
            if side == 0:
                out[0, offset + sample] += value * np.float32(left + within * left_slope)
            if side == 1 or voice.detune == 0:
                out[1, offset + sample] += value * np.float32(right + within * right_slope)


@compiled
def _bent(after: int, voice: np.void, curves: np.ndarray) -> tuple[float, float, float]:
    """(the samples that an unbent wave would take, gains left and right) `after` samples from the onset."""
    if voice.first == voice.last:
        return float(after), float(voice.left), float(voice.right)
    low, high = voice.first, voice.last  # curves[low] is the last one at or before the sample
    while high - low > 1:
        middle = (low + high) // 2
        if curves[middle].at <= voice.begin + after:
            low = middle
        else:
            high = middle
    curve = curves[low]
    time = curve.time + (voice.begin + after - curve.at) * curve.pace - voice.origin
    return time, float(voice.left * curve.left), float(voice.right * curve.right)


@compiled
def _envelope(time: float, voice: np.void) -> tuple[float, float]:
    """Levels of the body and of the bright layer, seconds after the onset."""
    rise = min(1.0, time / voice.attack)
    after = max(0.0, time - voice.attack)
    body = voice.sustain + (1 - voice.sustain) * math.exp(-after / voice.decay)
    bright = voice.bright * (0.5 * voice.sustain + (1 - 0.5 * voice.sustain) * math.exp(-after / voice.fade))
    if time > voice.held:
        # Shifted so that the tail reaches 0 at its end.
        floor = math.exp(-TAIL)
        rise *= max(0.0, (math.exp(-(time - voice.held) / voice.release) - floor) / (1 - floor))
    return rise * body, rise * bright


@compiled
def _sway(time: float, voice: np.void) -> float:
    """Cycles by which vibrato is ahead; it sets in a third of a second after the onset."""
    if voice.vibrato == 0 or time < 0.3:
        return 0.0
    grown = min(1.0, (time - 0.3) / 0.4)
    return (
        -grown
        * voice.hertz
        * voice.vibrato
        * math.cos(2 * math.pi * VIBRATO * (time - 0.3) + math.pi / 2)
        / (2 * math.pi * VIBRATO)
    )


@compiled
def add_strokes(
    out: np.ndarray, first: int, begin: np.ndarray, sound: np.ndarray, left: np.ndarray, right: np.ndarray,
    bank: np.ndarray, edges: np.ndarray,
) -> None:  # fmt: skip
    """Add drum strokes to out (2, size): stroke i begins at sample begin[i] and plays bank[edges[s] : edges[s + 1]]."""
    size = out.shape[1]
    for stroke in range(len(begin)):
        source, length = edges[sound[stroke]], edges[sound[stroke] + 1] - edges[sound[stroke]]
        low, high = max(begin[stroke], first), min(begin[stroke] + length, first + size)
        for sample in range(low, high):
            value = bank[source + sample - begin[stroke]]
            out[0, sample - first] += value * left[stroke]
            out[1, sample - first] += value * right[stroke]
