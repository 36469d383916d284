"""Pictures and sounds of a training land as files that others can read."""

from types import SimpleNamespace

import numpy as np
import soundfile
from PIL import Image

from training.fitting.samples import Sample, Samples

PICTURE = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
SOUND = np.linspace(-1, 1, 100, dtype=np.float32)


def test_files_and_summaries_every_n_epochs_and_at_the_end(tmp_path):
    samples = Samples(
        tmp_path,
        lambda model: [
            Sample("colour", "image", PICTURE),
            Sample("grey", "image", PICTURE[..., :1]),
            Sample("ramp", "audio", SOUND, 8000),
        ],
        every=2,
        epochs=3,
    )
    samples.set_model(SimpleNamespace(stop_training=False))
    for epoch in range(3):
        samples.on_epoch_end(epoch)
    samples.on_train_end()
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == [f"{name}-{epoch:04d}.{suffix}" for name, suffix in (("colour", "png"), ("grey", "png"), ("ramp", "wav"))
                     for epoch in (2, 3)]  # fmt: skip
    np.testing.assert_array_equal(Image.open(tmp_path / "samples/colour-0002.png"), PICTURE)
    np.testing.assert_array_equal(Image.open(tmp_path / "samples/grey-0003.png"), PICTURE[..., 0])
    sound, rate = soundfile.read(tmp_path / "samples/ramp-0002.wav", dtype="float32")
    assert rate == 8000
    np.testing.assert_allclose(sound, SOUND, atol=1e-4)
    assert list((tmp_path / "logs" / "samples").glob("events*"))
