"""What the numbers of a model of sounds may be, and the spectrogram that they mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spectro.stft import SETTINGS, SpectrogramSetting
from training.cli import InputError

FROM_ZERO = ("hop", "dropout", "crop", "speed")
"""Numbers that may be 0."""


def setting_of(config: Any) -> SpectrogramSetting:
    """The named setting with the config's hop; white is the loudest bin of a clip. InputError: an unknown name."""
    if config.setting not in SETTINGS:
        raise InputError(f"--setting must be one of {', '.join(SETTINGS)}; received {config.setting!r}")
    setting = replace(SETTINGS[config.setting], reference="clip")
    return replace(setting, hop=config.hop) if config.hop else setting


def check(config: Any) -> None:
    """InputError: a number that cannot be meant."""
    for name, value in vars(config).items():
        option = "--" + name.replace("_", "-")
        number, least = isinstance(value, int | float), "0 or more" if name in FROM_ZERO else "more than 0"
        if number and not (value > 0 or (value == 0 and name in FROM_ZERO) or isinstance(value, bool)):
            raise InputError(f"{option} must be {least}; received {value:g}")
    setting = setting_of(config)
    if config.dropout >= 1 or config.speed >= 1:
        raise InputError(f"--dropout and --speed must be below 1; received {config.dropout:g} and {config.speed:g}")
    if config.crop > setting.seconds:
        raise InputError(f"--crop must be at most the {setting.seconds:g} s of a clip; received {config.crop:g}")
    if setting.rows < config.bands:
        raise InputError(f"--bands must be at most the {setting.rows} rows of a column; received {config.bands}")
    if 0 < config.crop * setting.rate < 2 * setting.hop:
        raise InputError(f"--crop must hold three columns, {2 * setting.hop / setting.rate:.3f} s; received {config.crop:g}")
