"""Input files: opened, unpacked if they are gzipped, and named in every error about their content."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from seqdo.errors import InputError
from seqdo.sequences.file_path import input_path

Lines: TypeAlias = "io.BufferedReader[Any]"
"""An open file, read as lines of bytes."""


@contextmanager
def unpacked(path: Path) -> Iterator[Lines]:
    """Open a file as lines of bytes, unpacked if the content is gzip.

    The first two bytes decide, not the name of the file. Nothing is read twice, so pipes work too.

    Parameters
    ----------
    path : the file
    """
    with path.open("rb") as raw:
        if raw.peek(2)[:2] != b"\x1f\x8b":
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as content, io.BufferedReader(content) as lines:
            yield lines


@contextmanager
def naming(path: str | PathLike[str], argument: str = "path") -> Iterator[Path]:
    """Check the path of a file, and put the name of the file in front of every error that is raised inside.

    Parameters
    ----------
    path : the file
    argument : name of the argument, for an error about the path itself

    Raises
    ------
    InputError
        The path is none. An InputError raised inside, with the name of the file in front. Or the file is missing,
        damaged or unreadable.
    """
    file = input_path(path, argument)
    try:
        yield file
    except InputError as error:
        raise InputError(f"{file.name}: {error.problem}", error.accepted, error.fix) from None
    except (OSError, EOFError, zlib.error) as error:
        where = f"file {path} (full path {file.resolve()})"
        if isinstance(error, FileNotFoundError):
            raise InputError(where, "there is no such file", "Check the path, and the working directory") from None
        if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
            raise InputError(
                where, "its gzip data are damaged or cut short", "Download or write the file again"
            ) from None
        reason = f"it can't be read ({error.strerror or error})"
        raise InputError(where, reason, "Check who may read the file, and that it is whole") from None
