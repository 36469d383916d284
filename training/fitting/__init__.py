"""Fitting: the one `fit`, its callbacks, and what losses of several players need.

fit: seed, devices, build, resume, train. backup with state_file: a killed training comes back bit for bit. callbacks and
samples: what is kept and shown of each epoch. players, gradients, measuring: for models whose loss is more than a function
of predictions. keras_internals: all that is used of Keras beyond its public interface.
"""
