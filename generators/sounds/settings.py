"""What the numbers of a model of sounds may be, and the spectrogram that they mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spectro.stft import SETTINGS, SpectrogramSetting
from training.cli import InputError


def setting_of(config: Any) -> SpectrogramSetting:
    """The named setting with the config's hop; white is the loudest bin of a clip. InputError: an unknown name."""
    if config.setting not in SETTINGS:
        raise InputError(f"--setting must be one of {', '.join(SETTINGS)}; received {config.setting!r}")
    setting = replace(SETTINGS[config.setting], reference="clip")
    return replace(setting, hop=config.hop) if config.hop else setting


def check(config: Any) -> None:
    """InputError: numbers that do not go together."""
    setting = setting_of(config)
    if config.crop > setting.seconds:
        raise InputError(f"--crop must be at most the {setting.seconds:g} s of a clip; received {config.crop:g}")
    if setting.rows < config.bands:
        raise InputError(f"--bands must be at most the {setting.rows} rows of a column; received {config.bands}")
    if 0 < config.crop * setting.rate < 2 * setting.hop:
        raise InputError(f"--crop must hold three columns, {2 * setting.hop / setting.rate:.3f} s; received {config.crop:g}")
