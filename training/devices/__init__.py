"""Devices: which train, and what several of them must and must not share.

strategy: what `--devices` means, noise of replicas, the dtype of weights. replicas: one model and one batch on several
devices. workers: several machines; workers_fit: the loop that trains on them.
"""
