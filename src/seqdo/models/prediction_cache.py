"""Predictions that were received already, by sequence: in memory, or in one SQLite file that survives interruptions."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from weakref import finalize
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError

FILE = "predictions.sqlite"
"""The file in the folder of a cache. SQLite writes a row wholly or not at all, also with several writers."""

TABLES = """
CREATE TABLE IF NOT EXISTS owner (name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS predictions (sha256 BLOB PRIMARY KEY, numbers BLOB NOT NULL, crc32 INTEGER NOT NULL)
"""

Values = NDArray[np.float64]


@dataclass(eq=False)
class PredictionCache:
    """Numbers by sequence.

    Attributes
    ----------
    connection : the SQLite database
    path : its file; None if it is in memory
    """

    connection: sqlite3.Connection
    path: Path | None = None

    @classmethod
    def in_memory(cls) -> PredictionCache:
        """A cache that ends with the process.

        >>> cache = PredictionCache.in_memory()
        >>> cache.put(["GAT"], np.array([[1.5]]))
        >>> cache["GAT"].tolist(), cache.get("TTT")
        ([1.5], None)
        """
        return cls._opened(":memory:")

    @classmethod
    def in_folder(cls, folder: Path, owner: str) -> PredictionCache:
        """The cache of a folder, which is made if there is none.

        Parameters
        ----------
        folder : where the file is or will be
        owner : name of the function whose predictions the folder holds

        Raises
        ------
        InputError
            A folder that can't be written, a file that is no cache, or a cache of another function.
        """
        path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            cache = cls._opened(str(path), path)
            names = [row[0] for row in cache.connection.execute("SELECT name FROM owner")]
            if not names:
                with cache.connection:
                    cache.connection.execute("INSERT INTO owner VALUES (?)", (owner,))
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"`cache={str(folder)!r}` can't be used: {error}",
                f"a folder that can be written, or one with a file {FILE} of seqdo, is needed",
                "Choose another folder",
            ) from error
        if names and names[0] != owner:
            raise InputError(
                f"`cache={str(folder)!r}` holds predictions of {names[0]!r}, not of {owner!r}",
                "a folder belongs to one function",
                f"Choose another folder, or write name={names[0]!r} if it is the same predictor",
            )
        return cache

    @classmethod
    def _opened(cls, place: str, path: Path | None = None) -> PredictionCache:
        # Remote holds a lock during each use, so threads may share the connection.
        connection = sqlite3.connect(place, timeout=60, check_same_thread=False)
        cache = cls(connection, path)
        finalize(cache, connection.close)
        connection.executescript(TABLES)
        return cache

    def get(self, letters: str) -> Values | None:
        """Numbers (outputs,) of a sequence; None if they are missing or damaged.

        Parameters
        ----------
        letters : the sequence
        """
        row = self.connection.execute(
            "SELECT numbers, crc32 FROM predictions WHERE sha256 = ?", (_key(letters),)
        ).fetchone()
        # A damaged row is received again: SQLite does not notice a flipped bit in a number.
        if row is None or crc32(row[0]) != row[1]:
            return None
        return np.frombuffer(row[0], "<f8").astype(np.float64)

    def __getitem__(self, letters: str) -> Values:
        """Numbers (outputs,) of a sequence that was put in."""
        numbers = self.get(letters)
        if numbers is None:
            raise KeyError(letters)
        return numbers

    def put(self, letters: Sequence[str], rows: Values) -> None:
        """Keep the numbers of some sequences, all of them or none.

        Parameters
        ----------
        letters : the sequences
        rows : their numbers (n, outputs)
        """
        blobs = [np.ascontiguousarray(row, "<f8").tobytes() for row in rows]
        records = [(_key(text), blob, crc32(blob)) for text, blob in zip(letters, blobs, strict=True)]
        with self.connection:
            self.connection.executemany("INSERT OR REPLACE INTO predictions VALUES (?, ?, ?)", records)

    def how_to_go_on(self) -> str:
        """What to do after a call that failed."""
        if self.path is None:
            return 'Write cache="folder" to keep what was received, and run again'
        return f"What was received is in {self.path}: run again to go on"


def _key(letters: str) -> bytes:
    return sha256(letters.encode()).digest()
