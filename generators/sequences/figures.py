"""Figures of a stretch of columns, by which music that a model goes on with is held beside real music."""

from midi.measures.continuation import FIGURES, columns_in_bar, figures_of, table_of

__all__ = ["FIGURES", "columns_in_bar", "figures_of", "table_of"]
