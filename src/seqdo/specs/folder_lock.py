"""One run at a time in a folder: a lock next to it, which the system frees when the process that holds it ends.

The lock is a file ``.NAME.lock`` with a line on who holds it. What counts is the system's lock on the file, not the
file: one that a killed process left behind is taken over.
"""

from __future__ import annotations

import os
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from errno import EACCES, EAGAIN
from pathlib import Path

from seqdo.errors import InputError

HELD = (EACCES, EAGAIN)
"""Error numbers of a lock that another process holds."""


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of a folder.

    Parameters
    ----------
    out : the folder; it need not exist, and the folder that it is in has to

    Raises
    ------
    InputError
        Another process holds the lock: which one, and since when.
    """
    path = out.resolve()
    path = path.with_name(f".{path.name}.lock")
    handle = _taken(path, out)
    try:
        yield
    finally:
        _freed(path, handle)


def _taken(path: Path, out: Path) -> int:
    """The open file of the lock, with a line on who holds it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(handle)
        except OSError as error:
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip() if hasattr(os, "pread") else ""
            os.close(handle)
            if error.errno in HELD:
                raise InputError(
                    f"`--out` {out}",
                    f"another run is writing to it ({holder or 'of a process that is not named'})",
                    "Wait until it ends, or pass another --out",
                ) from error
            warnings.warn(
                f"{path.parent} can't be locked ({error.strerror}): start no second run into {out.name} meanwhile",
                stacklevel=4,
            )
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if _current(path, handle):
            break
        os.close(handle)  # the process that held the lock deleted the file between our opening and locking it
    os.ftruncate(handle, 0)
    since = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
    os.write(handle, f"process {os.getpid()} on {socket.gethostname()}, since {since}\n".encode())
    return handle


def _freed(path: Path, handle: int) -> None:
    """Delete the file while the lock is held, so that no other run's file is deleted; Windows deletes closed files."""
    if sys.platform == "win32":
        os.close(handle)
    with suppress(OSError):
        path.unlink()
    if sys.platform != "win32":
        os.close(handle)


def _current(path: Path, handle: int) -> bool:
    """Is the locked file the one that is there now?"""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        """Lock a byte far behind the text, which others can then read."""
        os.lseek(handle, 2**20, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(handle, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
