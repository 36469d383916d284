"""PixelCNN++ (arXiv 1701.05517): pictures drawn cell after cell, each by all that were drawn before.

`paper`: "Image-Based Music Generation using Invertible MIDI-to-Image Conversions": two streams of gated convolutions, one
that sees all rows above a cell and one that also sees what is left of it (`generators.layers.pixelcnn`), and a discretised
mixture of logistic distributions (`generators.layers.cell_heads`), in the sizes of the reference: 53,644,220 parameters.
Differs from the reference in this: no start that depends on the data; log-scales are held at 0 at most, since on pictures of
two levels they would run away and leave the loss at one bit; what is drawn is a level of the codec, never a number between
two. `big` is the same for the paper's large set. `rotated`: the same in order of time, column after column from low pitch
to high, so that the end of one picture can begin the next; pictures are transposed, not rotated. `small`: for a CPU.

`ours` keeps the order of time, and says a column at a time: an LSTM over columns, and through the rows of each
(`generators.layers.column_network`); 636,480 parameters.

`--network masked` (arXiv 2006.12486, `generators.layers.masked_network`) takes any order; with `--order any` it is trained
to fill in what is missing, in pictures of any width.

    python -m generators.train pixelcnn --data FOLDER

20 epochs took 13 minutes of CPU for Nottingham (8: 6 minutes, 0.0233 bits a pixel on the test part; a constant mean for
each row: 0.2274). Training pictures are moved in pitch; 2 epochs more with `--init RUN --transpose 0 --learning-rate 2e-3
--dropout 0.3` bring back the keys of the data: 0.0204, and of 1,000 samples 0.98 of the overlap of all measures that halves
of the data have. Continuations of 20 test tunes lie where real ones do; they repeat themselves less. docs/results.md has
the rest.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import keras
import numpy as np
from keras import ops

from generators.layers.cell_heads import head_of
from generators.layers.column_network import ColumnNetwork
from generators.layers.masked_network import MaskedNetwork
from generators.layers.orders import FLIP_ROWS, layout_of
from generators.layers.pixelcnn import PixelStreams
from generators.pictures import PictureConfig
from generators.pictures.cell_sampler import CellSampler
from midi.codecs import codec_named
from midi.codecs.codec import Codec
from midi.measures.continuation import columns_in_bar
from training.cli import log
from training.devices.strategy import ReplicaSeedGenerator, variable_dtype
from training.errors import InputError
from training.family import Context
from training.fitting.measuring import Measuring
from training.options import Amount, Count, Dropout, Fraction, Momentum, Range

LOW = -1.0
"""Pictures are in [-1, 1]."""
MONITOR = "val_loss"
"""The epoch with the smallest loss on the validation part is kept."""


@dataclass(frozen=True)
class Config(PictureConfig):
    """PixelCNN++; the defaults are the paper's."""

    codec: str = "roll64"
    network: Literal["streams", "masked", "columns"] = "streams"
    """streams: the paper's; masked: one stream, in any order; columns: ours."""
    order: Literal["rows", "time", "s-curve", "hilbert", "random", "any"] = "rows"
    """Which cell comes when: row after row of the picture, or column after column in time, from low pitch to high; masked
    also: rows there and back, the Hilbert curve, one random order, or another order for every picture."""
    head: Literal["logistic", "binary", "classes"] = "logistic"
    """What is predicted of a cell: a mixture of logistic distributions, as published; on or off; any level of the codec."""
    components: Count = 10
    """logistic: distributions in the mixture."""
    filters: Count = 160
    """streams, masked: channels of every convolution."""
    blocks: Count = 5
    """streams, masked: residual blocks of a stage."""
    units: tuple[Count, ...] = (256,)
    """columns: units of each LSTM, one above the other."""
    hidden: Count = 8
    """columns: units of a row in the network that goes through the rows."""
    dropout: Dropout = 0.5
    """Share of each block's hidden units dropped."""
    unlabelled: Fraction = 0.1
    """With --conditional: share of the training pictures whose label is hidden, which is what --guidance takes."""
    decay: Annotated[float, Range(0, 1, above=True)] = 0.999995
    """What the learning rate is multiplied by at every step."""
    cosine: bool = False
    """Let it fall to a hundredth along a cosine until the last step instead."""
    clip_norm: Amount = 0.0
    """Longest gradient of a weight, of the loss in nats a dimension; longer ones are shortened to it. 0: as they are."""
    average: Momentum = 0.9995
    """Momentum of the moving average of the weights, which is what is kept; 0: none."""
    batch_size: Count = 16
    epochs: Count = 120


PRESETS = {
    "paper": Config(),
    "big": Config(epochs=3),
    "rotated": Config(order="time", epochs=25),
    "small": Config(
        filters=32, blocks=2, components=5, cosine=True, average=0.99, dropout=0.1, epochs=20
    ),
    "ours": Config(
        network="columns", order="time", head="binary", dropout=0.1, transpose=5, learning_rate=1e-2, cosine=True,
        clip_norm=0.005, average=0.0, epochs=20,
    ),
    "quick": Config(
        network="columns", order="time", head="binary", units=(8, 7), hidden=3, dropout=0.1, transpose=2, learning_rate=2e-2,
        cosine=True, clip_norm=0.1, average=0.5, batch_size=4, epochs=2,
    ),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class PixelCnn(Measuring):
    """A network of cells and its head. Input: pictures (batch, h, w, c) in [-1, 1], with labels (pictures, labels (batch,)).

    Output: what the head takes of every cell, (batch, h, w, numbers); adds the mean negative log-likelihood in nats a
    dimension as loss, measured as `bits`. `config` is a `Config` as a dict; classes: 0 for no labels.
    """

    def __init__(self, config: dict[str, Any], classes: int = 0, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": variable_dtype()})
        self.config, self.classes = Config(**config), classes
        codec = codec_named(self.config.codec)
        self.head = head_of(self.config.head, codec, self.config.components)
        self.layout = layout_of("time" if self.config.order == "time" and self.config.network != "masked" else "rows", codec)
        self.shape = self.layout.shape(codec.shape)
        self.network = _network_of(self.config, self.shape, self.head.size, classes)
        self.hiding = ReplicaSeedGenerator()
        self.bits = keras.metrics.Mean("bits")

    def build(self, shape: Any = None) -> None:
        self.network.build((None, *self.shape))
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        pictures, labels = inputs if self.classes else (inputs, None)
        if labels is not None and training and self.config.unlabelled:
            hidden = keras.random.uniform(ops.shape(labels), 0.0, 1.0, seed=self.hiding) < self.config.unlabelled
            labels = ops.where(hidden, self.classes, labels)
        cells = self.layout.to_scan(pictures)
        numbers = self.network(cells, labels, training=training)
        nll = self.head.nll(numbers, cells) / self.head.channels
        self.add_loss(ops.mean(nll))
        self.measure(self.bits, ops.mean(nll, axis=(1, 2)) / math.log(2))
        return self.layout.from_scan(numbers)

    def ranks(self, height: int, width: int) -> np.ndarray | None:
        """int32 (height, width): which cell of a scan comes when; None: those that are to be drawn come last, wherever."""
        if self.config.order == "any":
            return None
        if self.config.network == "masked":
            return self.network.own_ranks(height, width)
        return np.arange(height * width, dtype=np.int32).reshape(height, width)

    @property
    def any_width(self) -> bool:
        """May pictures be wider or narrower than the codec's?"""
        return self.config.network == "masked" and self.network.any_width

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"config": asdict(self.config), "classes": self.classes}


def build(config: Config, context: Context) -> PixelCnn:
    """The model, compiled and built. InputError: options that do not go together."""
    check_order(config)
    idle = ("filters", "blocks") if config.network == "columns" else ("units", "hidden")
    if given := [f"--{name}" for name in idle if getattr(config, name) != getattr(Config, name)]:
        log(f"--network {config.network} does not use {' and '.join(given)}")
    model = PixelCnn(asdict(config), context.classes if config.conditional else 0, name="pixelcnn")
    model.build()
    schedules = keras.optimizers.schedules
    if config.cosine:
        rate = schedules.CosineDecay(config.learning_rate, context.steps, alpha=0.01)
    else:
        rate = schedules.ExponentialDecay(config.learning_rate, 1, config.decay)
    averages = {"use_ema": True, "ema_momentum": config.average} if config.average else {}
    model.compile(keras.optimizers.Adam(rate, clipnorm=config.clip_norm or None, **averages))
    model.optimizer.build(model.trainable_variables)
    return model


def check_order(config: Config) -> None:
    """InputError: an order that the network has not."""
    orders = {"streams": ("rows", "time"), "columns": ("time",)}
    if config.order not in orders.get(config.network, (config.order,)):
        expected = " or ".join(orders[config.network])
        raise InputError(f"--network {config.network} takes --order {expected}; for {config.order} use --network masked")


def exported(model: PixelCnn) -> keras.Model:
    """Pictures (batch, h, w, c) in [-1, 1] [, label int32 (batch, 1)] -> what the head takes of every cell (batch, h, w, n).

    A cell's numbers depend on the cells before it alone. label: the number of classes itself stands for none.
    """
    pictures = keras.Input(codec_named(model.config.codec).shape, name="pictures")
    cells = model.layout.to_scan(pictures)
    if not model.classes:
        return keras.Model(pictures, model.layout.from_scan(model.network(cells)), name="pixelcnn_cells")
    label = keras.Input((1,), dtype="int32", name="label")
    numbers = model.network(cells, ops.reshape(label, (-1,)))
    return keras.Model([pictures, label], model.layout.from_scan(numbers), name="pixelcnn_cells")


def sampler(model: PixelCnn, codec: Codec) -> CellSampler:
    """What draws pictures of the codec."""
    return CellSampler(model, codec, LOW)


def _network_of(config: Config, shape: tuple[int, int, int], outputs: int, classes: int) -> keras.layers.Layer:
    sizes = {"shape": shape, "outputs": outputs, "classes": classes, "dropout": config.dropout, "name": "network"}
    if config.network == "columns":
        return ColumnNetwork(units=config.units, hidden=config.hidden, **sizes)
    if config.network == "masked":
        codec = codec_named(config.codec)
        rising = FLIP_ROWS if config.order == "time" and layout_of("time", codec).flipped else 0
        bar = columns_in_bar(codec) if codec.rows == codec.shape[0] else 0
        order = {"order": config.order, "symmetry": rising, "bar": bar}
        return MaskedNetwork(filters=config.filters, blocks=config.blocks, **order, **sizes)
    return PixelStreams(filters=config.filters, blocks=config.blocks, **sizes)
