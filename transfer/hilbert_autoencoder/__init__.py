"""Autoencoder of waveforms: what it learned of one instrument it does to another sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from transfer.contract import Applied, TransferFamily

if TYPE_CHECKING:
    from transfer.hilbert_autoencoder.training import HilbertRecipe


class HilbertAutoencoder(TransferFamily):
    """Any recording into the sound that was learned."""

    def recipe(self, model: str) -> type[HilbertRecipe]:
        from transfer.hilbert_autoencoder.training import HilbertRecipe

        return HilbertRecipe

    def application(self, run: Path, overlap: float, strength: float) -> Applied:
        from transfer.hilbert_autoencoder.application import Application

        return Application(run, overlap, strength)
