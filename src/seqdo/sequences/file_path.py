"""Paths as users pass them: checked before a file is opened or written."""

from __future__ import annotations

import os
from errno import ENOENT, ENOTDIR
from pathlib import Path
from typing import Any

from seqdo.errors import InputError

LONGEST = 80
"""Characters of a path that an error shows."""


def file_path(path: object, argument: str = "path") -> Path:
    """What a user passed as a path, once it is text that can name a file.

    Parameters
    ----------
    path : text or a ``pathlib.Path``; anything else is refused
    argument : name of the argument, for the error

    Raises
    ------
    InputError
        It is of another type, it is empty, or no file can have this name.

    Examples
    --------
    >>> file_path("peaks.bed").name
    'peaks.bed'
    >>> try:
    ...     file_path(5)
    ... except InputError as error:
    ...     print(error.fix)
    Write path="folder/name"
    """
    text = path if isinstance(path, str) else path.__fspath__() if isinstance(path, os.PathLike) else None
    if not isinstance(text, str):
        problem, fix = _no_path(path, argument)
        raise InputError(problem, "the path of one file is needed, as text or a pathlib.Path", fix)
    if not text.strip():
        raise InputError(
            f"`{argument}` is an empty text", "the path of a file is needed", f'Write {argument}="folder/name"'
        )
    try:
        os.stat(text)  # noqa: PTH116 - Path.stat of an impossible name differs between versions of Python
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in (ENOENT, ENOTDIR):
            return Path(text)
        reason = getattr(error, "strerror", None) or error
        shown = repr(text) if len(text) <= LONGEST else f"{text[:LONGEST]!r}... ({len(text):,} characters)"
        raise InputError(
            f"`{argument}` is {shown}", f"no file can be reached under this path ({reason})",
            "Check the path: is it the name of a file, and not the content?",
        ) from None  # fmt: skip
    return Path(text)


def input_path(path: object, argument: str = "path") -> Path:
    """A path to read from: as :func:`file_path`, and no folder. A missing file is found when it is opened.

    Parameters
    ----------
    path, argument : as in :func:`file_path`

    Raises
    ------
    InputError
        As in :func:`file_path`; or the path is a folder.
    """
    file = file_path(path, argument)
    if file.is_dir():
        raise InputError(
            f"`{argument}` is the folder {file}", "the path of a file is needed",
            f'Write {argument}="{file / "name"}", the path of a file in this folder',
        )  # fmt: skip
    return file


def output_folder(folder: object, argument: str = "folder") -> Path:
    """A folder to write into, which is made if there is none.

    Parameters
    ----------
    folder, argument : as the path in :func:`file_path`

    Raises
    ------
    InputError
        As in :func:`file_path`; or the path is a file, or the folder cannot be made.
    """
    target = file_path(folder, argument)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"`{argument}` is {str(target)!r}", f"a folder of this name can't be made ({error.strerror})",
            "Choose the path of a new folder",
        ) from None  # fmt: skip
    return target


def meant_as_path(value: object) -> bool:
    """Whether an argument that may be a table or an array too was meant as a path, rightly or not.

    Parameters
    ----------
    value : what a user passed
    """
    return value is None or isinstance(value, str | bytes | os.PathLike | bool | int | float) or hasattr(value, "read")


def _no_path(path: Any, argument: str) -> tuple[str, str]:  # noqa: ANN401 - whatever a user passed
    """What is wrong with an object that is no path, and what to write."""
    if isinstance(path, bytes):
        return f"`{argument}` is of type bytes", f"Write {argument}={path[:LONGEST].decode('utf-8', 'replace')!r}"
    if isinstance(path, list | tuple | set | frozenset):
        return f"`{argument}` is a {type(path).__name__} of {len(path):,}", "Call the function once for each file"
    name = getattr(path, "name", None)
    if hasattr(path, "read") or hasattr(path, "write"):
        fix = f"Write {argument}={name!r}" if isinstance(name, str) and name else "Write its content to a file first"
        return f"`{argument}` is an open file ({type(path).__name__})", fix
    return f"`{argument}` is of type {type(path).__name__}", f'Write {argument}="folder/name"'
