"""Exporting: a model as SavedModel, ONNX or LiteRT, compared with Keras before it gets its name."""
