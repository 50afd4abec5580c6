"""Files that appear under their name only when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from seqdo.errors import InputError
from seqdo.sequences.file_path import file_path


@contextmanager
def whole_file(path: str | PathLike[str], example: str) -> Iterator[Path]:
    """The path of a partial file to write, which is renamed to ``path`` at the end, or removed after an error.

    Parameters
    ----------
    path : the file, in a folder that exists
    example : name of a file, for the error where the path is a folder

    Raises
    ------
    InputError
        There is no such folder, the path is a folder, or the file cannot be written.
    """
    target = file_path(path)
    if not target.parent.is_dir():
        raise InputError(
            f"path={str(path)!r}", f"there is no folder {target.parent.resolve()}", "Create the folder first"
        )
    if target.is_dir():
        raise InputError(
            f"path={str(path)!r} is a folder", "the path of a file is needed", f'Write "{target / example}"'
        )
    partial = target.with_name(f".partial-{target.name}")  # with its ending, by which some writers choose the format
    try:
        yield partial
        partial.replace(target)
    except OSError as error:
        raise InputError(
            f"path={str(path)!r}", f"the file can't be written ({error.strerror or error})", "Use another path"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
