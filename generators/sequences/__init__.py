"""Models of rows of columns: MIDI pieces read, continued and judged column by column."""
