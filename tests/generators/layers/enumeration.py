"""All pictures that a network of cells may draw, each with its exact probability: what draws are counted against."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import scipy.special
from keras import ops


def completions(given: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(2^k, h, w, 1): `given` (h, w, 1) with its k cells that are not in `mask` (h, w, 1) -1 and 1 in every combination."""
    free = np.flatnonzero(~mask)
    found = np.repeat(given[None], 2 ** len(free), axis=0)
    flat = found.reshape(len(found), -1)
    flat[:, free] = 2.0 * (np.arange(len(found))[:, None] >> np.arange(len(free)) & 1) - 1
    return found


def probabilities(network: keras.Layer, head: keras.Layer, given: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(2^k,): of each of `completions`; a factor for each cell that is not in `mask`, by all cells before it.

    head: of two levels; its probabilities of these alone, by which it draws.
    """
    pictures = completions(given, mask)
    logits = ops.convert_to_numpy(head.logits(network(pictures), pictures, 0)).astype(np.float64)
    each = scipy.special.softmax(logits, axis=-1)
    chosen = np.where(pictures[..., 0] > 0, each[..., 1], each[..., 0])
    return np.where(mask[..., 0], 1, chosen).prod(axis=(1, 2))


def frequencies(draws: np.ndarray, given: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(2^k,): how often each of `completions` is among `draws` (count, h, w, 1). ValueError: one is none of them."""
    place = {picture.tobytes(): number for number, picture in enumerate(completions(given, mask))}
    unknown = [draw for draw in draws if draw.tobytes() not in place]
    if unknown:
        raise ValueError(f"{len(unknown)} draws are no completion of what was given: {unknown[0][..., 0]}")
    return np.bincount([place[draw.tobytes()] for draw in draws], minlength=len(place))


def drawn(network: keras.Layer, head: keras.Layer, given: np.ndarray, mask: np.ndarray, uniform: np.ndarray) -> Any:
    """Draws (count, h, w, 1), one for each of `uniform` (count, h, w, 1), all from the same `given` cells."""
    same = [ops.broadcast_to(each, uniform.shape) for each in (given, mask)]
    return network.draw(head.choose, *same, uniform)
