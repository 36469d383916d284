"""Command lines: the options are a frozen dataclass, a user's mistake is one line, a traceback is our own bug."""

from __future__ import annotations

import codecs
import contextlib
import errno
import logging
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO, TypeVar

from training.errors import InputError
from training.installation import check_packages, leave_working_folder
from training.options import check

Options = TypeVar("Options")
CLOSED_PIPE = 141
"""Exit status of what SIGPIPE ends, 128 + 13."""
NARROWEST = 40
"""Columns that help is laid out for, at least."""

program = ""
"""What the user has called, where it is not `python -m MODULE`: for the command's help."""


@contextlib.contextmanager
def quiet_end() -> Iterator[None]:
    """Where a pipe that is printed into has been closed, as `| head` does, end in silence with the status of SIGPIPE."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):  # the interpreter flushes both at its end
            for stream in (sys.stdout, sys.stderr):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        sys.exit(CLOSED_PIPE)


@quiet_end()
def run(
    main: Callable[[Any], None],
    options: type | Callable[[list[str]], type],
    arguments: list[str] | None = None,
    *,
    keras: bool = False,
) -> None:
    """Read `options` from the command line by tyro, call `main` with it, and exit.

    options: a dataclass, or what gives one for a command line. The calling module's docstring is the description. keras: the
    command needs Keras, which is then imported in silence after parsing. Exit status: 0 done, 1 a bad file or value (one
    line on stderr), 2 wrong usage, 130 interrupted, 141 nobody reads what is printed; anything else is a bug and shows its
    traceback.
    """
    start()
    module = sys.modules[main.__module__]
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        options = options if isinstance(options, type) else options(arguments)
    except InputError as error:
        sys.exit(_tell(error))
    parsed: Any = parse(options, description=module.__doc__ or "", module=module, arguments=arguments)
    if keras:
        import_keras()

    def checked(options: Any) -> None:
        check(options)
        main(options)

    sys.exit(guarded(checked, parsed))


def import_keras() -> None:
    """Import Keras without TensorFlow's greetings: it writes six lines to file descriptor 2 that no setting silences."""
    try:
        with silenced_stderr():
            import keras  # noqa: F401
    except KeyboardInterrupt:
        sys.exit(130)


_SILENCE = threading.Lock()


@contextlib.contextmanager
def silenced_stderr() -> Iterator[None]:
    """What C libraries write to file descriptor 2 meanwhile is lost, and what other threads write there, too."""
    with _SILENCE:  # of two threads, the second would keep the first one's silence as the stderr to be brought back
        sys.stderr.flush()
        stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            os.close(nowhere)


def start() -> None:
    """What every command does first; one line and exit status 1 where a package of another's stands in the place of ours."""
    quiet()
    leave_working_folder()
    try:
        check_packages()
    except InputError as error:
        sys.exit(_tell(error))


def quiet() -> None:
    """Keep TensorFlow's greetings and Matplotlib's advice off the user's screen, and let file names of any encoding be
    printed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    codecs.register_error("spectro", _printable)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="spectro")


def _printable(error: UnicodeError) -> tuple[str | bytes, int]:
    """Bytes of a file name as they are, and what the terminal's encoding lacks as its number."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    place, letter = error.start + 1, error.object[error.start]
    if 0xDC80 <= ord(letter) <= 0xDCFF:
        return bytes([ord(letter) - 0xDC00]), place
    return letter.encode("ascii", "backslashreplace"), place


def parse(options: type[Options], *, description: str, module: Any, arguments: list[str] | None = None) -> Options:
    """Parse the command line into the dataclass `options`; usage errors exit with status 2."""
    if shutil.get_terminal_size().columns < NARROWEST:  # in one of seven columns tyro's help never ends
        os.environ["COLUMNS"] = str(NARROWEST)
    import tyro

    name = module.__spec__.name if getattr(module, "__spec__", None) else module.__name__
    return tyro.cli(
        options,
        prog=program or f"python -m {name.removesuffix('.__main__')}",
        description=description,
        args=arguments,
        config=markers(),
    )


def markers() -> tuple[Any, ...]:
    """How tyro names options: by their fields alone, and no --no- beside a flag."""
    import tyro

    return (tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff)


def guarded(main: Callable[[Any], None], options: Any) -> int:
    """Call `main(options)` and return the exit status, turning a user's mistake into one line."""
    try:
        main(options)
    except InputError as error:
        return _tell(error)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno not in _USER_ERRNO:
            raise
        return _tell(f"{error.filename or 'the disk'}: {error.strerror}")
    return 0


_USER_ERRNO = {
    errno.ENOENT,
    errno.EACCES,
    errno.EPERM,
    errno.ENOSPC,
    errno.EROFS,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.EDQUOT,
    errno.ENAMETOOLONG,
    errno.EFBIG,
}


def _tell(error: object) -> int:
    print("error: " + " ".join(str(error).split()), file=sys.stderr)
    return 1


def bar(items: Iterable, total: int, what: str = "") -> Iterable[Any]:
    """`items` with a progress bar on stderr (stdout holds results only); none for a single item or in a log file."""
    from tqdm import tqdm

    return tqdm(
        items, total=total, desc=what or None, file=sys.stderr, dynamic_ncols=True, disable=True if total < 2 else None
    )


def log(message: str) -> None:
    """One line for the user on stderr."""
    print(message, file=sys.stderr, flush=True)


def print_line(message: str, stream: TextIO | None = None) -> None:
    """One line, by default on stderr, without breaking a `bar`."""
    from tqdm import tqdm

    tqdm.write(message, file=stream or sys.stderr)
