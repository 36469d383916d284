"""Every model in a tiny training whose outcome does not depend on chance: by gradient descent, without dropout, with the
same noise for the same item of a batch wherever that item is computed.

    python -m tests.reliability.parity_cases DEVICES FOLDER CASE ...

writes the weights and reported losses of each case to FOLDER/NUMBER.npz. Among several workers (TF_CONFIG) the chief writes.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

BATCH, ITEMS, EPOCHS = 8, 16, 2
VALIDATION = 14
"""Items of validation: in batches of 4, so that the last one is ragged."""
CLASSES, STEPS = 3, 6
"""Labels, and optimizer steps that schedules know of."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A model of a package, how its `quick` preset is changed, and what it is fed with."""

    package: str
    model: str
    changes: dict[str, Any]
    feed: Callable[[Any, int], Any]
    """(config, items) -> (items, targets or None, transform or None)."""
    rate: float = 0.05
    """Step of the gradient descent; small where batch norms of few numbers make gradients large, and rounding with them."""
    dtype: str = "float32"
    """Of weights and layers: float64 where batch norms of few numbers make so much of rounding that it hides all else."""
    build: Literal["build", "build_autoencoder"] = "build"
    """Function of the model's module that builds it."""


def main(devices: str, folder: str, names: list[str]) -> None:
    """Train the named cases on `devices` and write what comes out."""
    import numpy as np

    from tests.generators.toys import registered
    from training.devices.workers import is_chief

    with_even_noise()
    with registered():
        for name in names:
            found = train(ALL[name], devices)
            if is_chief():
                np.savez(Path(folder, f"{list(ALL).index(name)}.npz"), **found)


def train(case: Case, devices: str) -> dict[str, Any]:
    """What comes out.

    "0", "1" ...: the weights when training is done; "losses": loss and val_loss of each epoch; "moved": how far the weights
    went at most.
    """
    import keras
    import numpy as np

    from training.devices.workers import own_directory
    from training.family import module_of
    from training.fitting.callbacks import read_history
    from training.fitting.fit import fit

    keras.config.set_dtype_policy(case.dtype)
    module = module_of(case.package, case.model)
    config = dataclasses.replace(module.PRESETS["quick"], **case.changes)
    start: list[np.ndarray] = []
    with tempfile.TemporaryDirectory() as folder:
        run = own_directory(folder)
        model = fit(
            lambda: in_gradient_descent(_built(module, case, config), case.rate),
            run,
            batches(case, config, ITEMS, shuffle=True),
            batches(case, config, VALIDATION, shuffle=False),
            epochs=EPOCHS,
            devices=devices,
            init=lambda fresh: start.extend(fresh.get_weights()),
        )
        losses = [[row["loss"], row["val_loss"]] for row in read_history(run / "history.csv")]
    weights = model.get_weights()
    moved = max(float(np.abs(new - old).max(initial=0)) for new, old in zip(weights, start, strict=True))
    return {str(number): array for number, array in enumerate(weights)} | {"losses": losses, "moved": moved}


def batches(case: Case, config: Any, count: int, shuffle: bool) -> Any:
    """The case's items, for training (shuffle) or validation."""
    import numpy as np

    from training.corpora.batches import Batches

    items, targets, transform = case.feed(config, count)
    size = BATCH if shuffle else 4
    return Batches(items, np.arange(count), size, seed=1, targets=targets, transform=transform, shuffle=shuffle)


def in_gradient_descent(model: Any, rate: float) -> Any:
    """The same model without dropout, by plain gradient descent instead of its optimizers.

    Shortening of gradients stays, and so do moving averages, which then all players have.
    """
    import keras

    from training.fitting.keras_internals import all_layers
    from training.fitting.players import player_optimizer

    for layer in all_layers(model):
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    optimizers = getattr(model.optimizer, "optimizers", [model.optimizer])
    averages = [part.ema_momentum for part in optimizers if part.use_ema]
    kept = {"use_ema": True, "ema_momentum": max(averages)} if averages else {}
    if isinstance(model.optimizer, keras.optimizers.MultiOptimizer):
        players = {weight.path.split("_")[0] for weight in model.trainable_variables}
        model.compile(player_optimizer({name: keras.optimizers.SGD(rate, **kept) for name in sorted(players)}, model))
    else:
        descent = keras.optimizers.SGD(rate, clipnorm=model.optimizer.clipnorm, **kept)
        model.compile_from_config(model.get_compile_config() | {"optimizer": keras.saving.serialize_keras_object(descent)})
    return model


def with_even_noise() -> None:
    """Let `keras.random` give item i of a batch the same numbers on one device and on several."""
    import keras
    import numpy as np

    from training.devices.strategy import replica_index

    def noise(shape: Any, low: float, high: float) -> Any:
        table = np.random.default_rng(0).uniform(low, high, (4 * BATCH, *shape[1:])).astype(np.float32)
        rows = replica_index() * shape[0] + keras.ops.arange(shape[0])
        return keras.ops.take(table, rows, axis=0)

    keras.random.normal = lambda shape, dtype=None, seed=None: noise(shape, -1.7, 1.7)
    keras.random.uniform = lambda shape, minval=0.0, maxval=1.0, seed=None: noise(shape, minval, maxval)


def _built(module: Any, case: Case, config: Any) -> Any:
    from training.family import Context

    if case.build == "build_autoencoder":
        return module.build_autoencoder(config)
    return module.build(config, Context(CLASSES if case.package == "classifiers" or case.feed is labelled else 0, STEPS))


def _generator() -> Any:
    import numpy as np

    return np.random.default_rng(0)


def clips(config: Any, count: int) -> Any:
    """Noise with labels."""
    import numpy as np

    from classifiers.front_end import setting_of

    waves = _generator().uniform(-1, 1, (count, setting_of(config.setting, config.reference).clip_samples))
    return waves.astype(np.float32), np.eye(CLASSES, dtype=np.float32)[np.arange(count) % CLASSES], None


def sounds(config: Any, count: int) -> Any:
    """Noise of the setting's length."""
    import numpy as np

    from generators.sounds.data import setting_of

    return _generator().uniform(-1, 1, (count, setting_of(config).clip_samples)).astype(np.float32), None, None


def windows(config: Any, count: int) -> Any:
    """Windows in [0, 1], which are their own targets."""
    import numpy as np

    items = _generator().uniform(0, 1, (count, config.side**2)).astype(np.float32)
    return items, None, lambda inputs, targets, generator: (inputs, inputs)


def pictures(config: Any, count: int, low: float = 0.0) -> Any:
    """Cells that are on or off."""
    import numpy as np

    from midi.codecs import codec_named

    on = _generator().uniform(size=(count, *codec_named(config.codec).shape)) < 0.2
    return np.where(on, 1, low).astype(np.float32), None, None


def signed(config: Any, count: int) -> Any:
    """Pictures in [-1, 1]."""
    return pictures(config, count, -1.0)


def labelled(config: Any, count: int) -> Any:
    """Pictures in [-1, 1] with labels."""
    import numpy as np

    labels = (np.arange(count) % CLASSES).astype(np.int32)
    return signed(config, count)[0], labels, lambda inputs, targets, generator: ((inputs, targets), None)


def copied(config: Any, count: int) -> Any:
    """Pictures in [-1, 1], which are their own targets."""
    return signed(config, count)[0], None, lambda inputs, targets, generator: (inputs, inputs)


def pairs(config: Any, count: int) -> Any:
    """Two pictures an item."""
    import numpy as np

    items = np.stack([signed(config, count)[0], signed(config, count)[0][::-1]], axis=1)
    return items, None, lambda inputs, targets, generator: ((inputs[:, 0], inputs[:, 1]), None)


def columns(config: Any, count: int) -> Any:
    """Windows of columns: rest, onset or sustain."""
    import numpy as np

    from midi.codecs import codec_named

    rows = codec_named(config.codec).shape[0]
    return (
        _generator().integers(0, 3, (count, config.window + getattr(config, "horizon", 1), rows)).astype(np.uint8),
        None,
        None,
    )


def notes(config: Any, count: int) -> Any:
    """Windows of notes, each in a column of its own."""
    import numpy as np

    high = [20, 88, 66, 48]
    return _generator().integers(1, high, (count, config.window + 1, 4)).astype(np.int16), None, None


def tokens(config: Any, count: int) -> Any:
    """Windows of event tokens."""
    return _generator().integers(0, 190, (count, config.window + 1, 1)).astype("int16"), None, None


def recordings(config: Any, count: int) -> Any:
    """Noise, and rolls of it."""
    import numpy as np

    samples = config.hop * round(config.seconds * config.rate / config.hop)
    rolls = _generator().random((count, 1 + samples // config.hop, 88, 4)) < 0.1
    return _generator().uniform(-0.5, 0.5, (count, samples)).astype(np.float32), rolls.astype(np.float32), None


_COLUMNS = {"network": "columns", "blocks": 1, "components": 4, "kl": "bound", "warm_up": 0.5, "width": 8, "shapes": 3}
_WGAN = {"networks": "paper", "patch": 4, "shapes": 10, "generator_width": 128, "critic_width": 128}
_STREAMS = {
    "network": "streams",
    "order": "rows",
    "head": "logistic",
    "filters": 4,
    "blocks": 1,
    "components": 2,
    "dropout": 0.0,
}
CASES = {
    "classifiers.lil_data": Case("classifiers", "lil_data", {"dropout": 0.0, "masks": 0}, clips),
    "classifiers.lil_data, batch norm": Case(
        "classifiers", "lil_data", {"dropout": 0.0, "masks": 0, "batch_norm": True}, clips, rate=0.01
    ),
    "classifiers.music_vgg": Case("classifiers", "music_vgg", {"dropout": 0.0}, clips),
    "classifiers.resnet50": Case("classifiers", "resnet50", {}, clips, rate=0.00001, dtype="float64"),
    "classifiers.softmax": Case("classifiers", "softmax", {}, clips),
    "generators.vae": Case("generators", "vae", {}, pictures),
    "generators.vae, columns": Case("generators", "vae", _COLUMNS, pictures),
    "generators.dcgan, R1 and R2": Case("generators", "dcgan", {}, signed),
    "generators.dcgan, batch norm": Case(
        "generators", "dcgan", {"networks": "normed", "patch": 6, "shapes": 10, "generator_width": 128, "critic_width": 128},
        signed, rate=0.001, dtype="float64",
    ),
    "generators.gan": Case("generators", "gan", {}, signed, rate=0.002),
    "generators.wgan": Case("generators", "wgan", {"clip": 0.05}, signed, rate=1.0),
    "generators.wgan, batch norm": Case("generators", "wgan", _WGAN, signed, rate=0.01, dtype="float64"),
    "generators.wgan_gp": Case("generators", "wgan_gp", {}, signed, rate=0.002),
    "generators.stylegan2": Case("generators", "stylegan2", {}, signed, rate=0.002),
    "generators.stylegan2, labels": Case("generators", "stylegan2", {"conditional": True}, labelled, rate=0.002),
    "generators.pixelcnn": Case("generators", "pixelcnn", {"dropout": 0.0}, signed),
    "generators.pixelcnn, labels": Case("generators", "pixelcnn", {"dropout": 0.0, "conditional": True}, labelled),
    "generators.pixelcnn, streams": Case("generators", "pixelcnn", _STREAMS | {"dropout": 0.0}, signed),
    "generators.pixelcnn, masked": Case(
        "generators", "pixelcnn", _STREAMS | {"network": "masked", "order": "any", "dropout": 0.0}, signed
    ),
    "generators.lstm": Case("generators", "lstm", {"dropout": 0.0}, columns),
    "generators.lstm, gradients shortened": Case("generators", "lstm", {"dropout": 0.0, "clip_norm": 0.01}, columns),
    "generators.seq2seq": Case("generators", "seq2seq", {"dropout": 0.0}, columns),
    "generators.music_transformer": Case("generators", "music_transformer", {"dropout": 0.0}, notes),
    "generators.music_transformer, events": Case(
        "generators", "music_transformer", {"dropout": 0.0, "representation": "events", "attention": "relative"}, tokens
    ),
    "generators.spectrogram_lstm": Case("generators", "spectrogram_lstm", {"dropout": 0.0}, sounds),
    "generators.sound_pointer": Case("generators", "sound_pointer", {}, sounds),
    "transfer.hilbert_autoencoder": Case("transfer", "hilbert_autoencoder", {}, windows),
    "transfer.transcription": Case("transfer", "transcription", {}, recordings, rate=0.0001, dtype="float64"),
    "transfer.dtn": Case("transfer", "dtn", {"noise": 0.0}, pairs, rate=0.0001, dtype="float64"),
    "transfer.dtn, extractor learned": Case(
        "transfer", "dtn", {"noise": 0.0, "pretraining": 0}, pairs, rate=0.0001, dtype="float64"
    ),
    "transfer.dtn, its autoencoder": Case(
        "transfer", "dtn", {}, copied, rate=0.01, dtype="float64", build="build_autoencoder"
    ),
}  # fmt: skip
"""What the table calls it -> a case; each model of the three packages has one at least."""
TOYS = {
    "generators.toy_pixels": Case("generators", "toy_pixels", {}, pictures),
    "generators.toy_tokens": Case("generators", "toy_tokens", {}, tokens),
}
"""The toy models of the contracts."""
ALL = CASES | TOYS


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
