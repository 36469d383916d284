"""Style as the style's own sounds: its grains, arranged so that they make the content's spectrum.

`grains` takes them from a style, also transposed, `activations` says how loud each is and when, `method` transfers between
sounds of any length, `hybrid` lets the result move as the style does, too.
"""
