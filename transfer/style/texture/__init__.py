"""Style as the movement of a sound's bands: what moves how far, how fast and together, painted as gains on the content.

`bands` makes levels of a spectrum and gains of levels, `statistics` says what style and rhythm are, `painting` paints
levels, `painter` sounds of any length.
"""
