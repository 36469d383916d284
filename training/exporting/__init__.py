"""Exporting: a model as SavedModel, ONNX or LiteRT, compared with Keras before it gets its name.

exports: what is written and compared; formats: how each format is written and run.
"""
