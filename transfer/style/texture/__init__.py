"""Style as the movement of a sound's bands: what moves how far, how fast and together, as gains on the content.

`bands` makes levels of a spectrum and gains of levels, `statistics` says what style and rhythm are, `optimised_levels`
brings levels to a style, `method` transfers between sounds of any length.
"""
