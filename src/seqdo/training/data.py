"""Readers: files of real data become sequences and their measurements."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import ALPHABETS, PAD, RNA, Alphabet
from seqdo.sequences.files.fasta import read_fasta
from seqdo.sequences.sequences import Sequences
from seqdo.training.recipe import Columns, OneHot, Probes, Recipe, Selected, Table

FEWEST_KINDS, LARGEST_SHARE = 3, 0.6
"""A selected sequence with fewer different letters, or a larger share of one letter, counts as a sequencing error."""

FILES = {"train", "test", "positives", "negatives", "file"}
"""Keys of a reader that name files."""

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Measurements:
    """Sequences and what was measured for each.

    Attributes
    ----------
    sequences : n sequences
    y : float64 (n, outputs); NaN where an output was not measured
    part : index into ``PARTS`` that the files state for each sequence, int (n,); None if they state none
    added : sequences for training only, bool (n,); None if there are none
    dropped : number of records that were left out, by reason
    sha256 : checksum of each file, by its name
    """

    sequences: Sequences
    y: NDArray[np.float64]
    part: NDArray[np.intp] | None = None
    added: NDArray[np.bool_] | None = None
    dropped: dict[str, int] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)


def read(recipe: Recipe, folder: Path) -> Measurements:
    """Read the data of a recipe.

    Parameters
    ----------
    recipe : names the files and their reader
    folder : the folder that the files' paths start from

    Raises
    ------
    InputError
        A file that is missing, damaged, or in another format than its reader's. The error names the file.
    """
    source = recipe.data
    files = {key: folder / str(value) for key, value in source if key in FILES}
    if isinstance(source, Table):
        files |= {f"{prefix}file": folder / columns.file for prefix, (columns, _) in source.files.items()}
    for key, path in files.items():
        if not path.is_file():
            raise InputError(
                f"`data.{key}`: {path.resolve()}",
                "there is no such file",
                "Write --data FOLDER with the folder that holds the file",
            )
    checksums: dict[str, str] = {}
    for key, path in files.items():
        checksum = sha256(path.read_bytes()).hexdigest()
        if checksum in checksums.values():
            raise InputError(
                f"`data.{key}`: {path.name}",
                "this file has the same content as another file, so that each row would count twice",
                "Name each file once",
            )
        checksums[path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name] = checksum
    data = READERS[source.reader](source, files, ALPHABETS[recipe.alphabet])
    return replace(data, dropped={why: n for why, n in data.dropped.items() if n}, sha256=checksums)


def read_probes(_: Probes, files: dict[str, Path], alphabet: Alphabet) -> Measurements:
    """Read lines of an intensity and a sequence; probes without an intensity (NaN) are left out."""
    y, texts, part, missing = list[float](), list[str](), list[int](), 0
    for name in ("train", "test"):
        with _errors_naming(files[name]):
            for number, line in enumerate(_text(files[name]).splitlines(), 1):
                value, text = _probe(line, number)
                if np.isnan(value):
                    missing += 1
                    continue
                y.append(value)
                texts.append(text)
                part.append(PARTS.index(name))
    sequences = Sequences.from_strings(texts, alphabet)
    return Measurements(sequences, np.array(y)[:, None], np.array(part), dropped={"no intensity": missing})


def read_selected(source: Selected, files: dict[str, Path], alphabet: Alphabet) -> Measurements:
    """Read positives (label 1), then negatives (label 0).

    Degenerate sequences, duplicates and sequences of another length are left out.
    """
    sets = [read_fasta(files[key], alphabet, t_as_u=source.t_as_u) for key in ("positives", "negatives")]
    texts = [text for sequences in sets for text in sequences.to_strings()]
    y = np.repeat([1.0, 0.0], [len(sequences) for sequences in sets])
    labels: dict[str, set[float]] = {}
    for text, label in zip(texts, y, strict=True):
        labels.setdefault(text, set()).add(float(label))
    reasons: Counter[str] = Counter()
    kept, earlier = list[int](), set[str]()
    for i, text in enumerate(texts):
        why = _degenerate(text, source.letters, alphabet) or ("in both files" if len(labels[text]) > 1 else "")
        why = why or ("duplicate" if text in earlier else "")
        earlier.add(text)
        reasons[why] += 1
        if not why:
            kept.append(i)
    dropped = {why: number for why, number in reasons.items() if why}
    if len(set(y[kept])) < 2:
        raise InputError(
            f"`data.positives` and `data.negatives`: {len(kept)} of {len(texts)} records remain "
            f"(left out: {', '.join(f'{number} {why}' for why, number in dropped.items())})",
            "at least one record of each file has to remain",
            "Check data.letters, the length of a sequence",
        )
    return Measurements(Sequences.from_strings([texts[i] for i in kept], alphabet), y[kept, None], dropped=dropped)


def read_table(source: Table, files: dict[str, Path], alphabet: Alphabet) -> Measurements:
    """Read columns of CSV files, one file after the other; rows without a measurement are left out."""
    tables, added = [], []
    for prefix, (columns, held_out) in source.files.items():
        tables.append(_read_columns(columns, source.outputs, files[f"{prefix}file"], alphabet, f"data.{prefix}"))
        added.append(np.full(len(tables[-1].y), not held_out))
    return Measurements(
        Sequences.from_strings([text for table in tables for text in table.sequences.to_strings()], alphabet),
        np.concatenate([table.y for table in tables]),
        added=np.concatenate(added),
        dropped={"no measurement": sum(table.dropped["no measurement"] for table in tables)},
    )


def _read_columns(columns: Columns, outputs: list[str], path: Path, alphabet: Alphabet, prefix: str) -> Measurements:
    import pandas as pd

    with _errors_naming(path):
        header = pd.read_csv(path, nrows=0).columns
        measured = list(columns.columns.values())
        for key, column in [("sequence", columns.sequence), *(("measured", column) for column in measured)]:
            if column not in header:
                raise InputError(
                    f"`{prefix}{key}`: {column!r} is no column of the file",
                    f"the columns are {', '.join(map(str, header))}"[:500],
                )
        table = pd.read_csv(path, usecols=[columns.sequence, *measured])
        rows = table[table[measured].notna().any(axis=1)]
        y = np.full((len(rows), len(outputs)), np.nan)
        for output, column in columns.columns.items():
            try:
                y[:, outputs.index(output)] = rows[column].to_numpy(np.float64)
            except ValueError as error:
                raise InputError(
                    f"`{prefix}measured`: {column!r}", f"the column has to hold numbers ({error})"
                ) from None
        lines = [f"line {row + 2}" for row in rows.index]  # lines count from 1, and the first is the header
        if len(empty := np.flatnonzero(rows[columns.sequence].isna())):
            raise InputError(
                f"{lines[empty[0]]}: a measurement without a sequence in `{columns.sequence}`",
                "each row with a measurement needs a sequence",
            )
        sequences = Sequences.from_strings(rows[columns.sequence], alphabet, lines)
    return Measurements(sequences, y, dropped={"no measurement": len(table) - len(rows)})


def read_one_hot(_: OneHot, files: dict[str, Path], alphabet: Alphabet) -> Measurements:
    """Read one-hot arrays of an HDF5 file, in the parts that the file states; channels are in alphabet order."""
    import h5py

    codes, y, part = [], [], []
    with _errors_naming(files["file"]), h5py.File(files["file"]) as file:
        for number, name in enumerate(("train", "valid", "test")):
            missing = [key for key in (f"X_{name}", f"Y_{name}") if not isinstance(file.get(key), h5py.Dataset)]
            if missing:
                raise InputError(
                    f"no array `{missing[0]}`: the file holds {', '.join(file)}",
                    "X_train, Y_train, X_valid, Y_valid, X_test and Y_test are needed",
                )
            x, labels = file[f"X_{name}"][:], file[f"Y_{name}"][:]
            if labels.shape[0] != len(x) or labels.size != len(x):
                raise InputError(
                    f"`Y_{name}` of shape {labels.shape}",
                    f"one label for each of the {len(x):,} sequences is needed",
                    f"Save one output with the shape ({len(x)}, 1)",
                )
            labels = labels.reshape(-1)
            if x.ndim != 3 or x.shape[1] != PAD or not np.isin(x, (0, 1)).all() or (x.sum(1) > 1).any():
                raise InputError(f"`X_{name}` of shape {x.shape}", "one-hot of the shape (n, 4, length) is needed")
            codes.append(np.where(x.any(1), x.argmax(1), PAD))
            y.append(labels.astype(np.float64)[:, None])
            part.append(np.full(len(x), number))
        sequences = Sequences.from_codes(np.concatenate(codes), alphabet)
    return Measurements(sequences, np.concatenate(y), np.concatenate(part))


READERS: dict[str, Callable[[Any, dict[str, Path], Alphabet], Measurements]] = {
    "rnacompete": read_probes,
    "fasta": read_selected,
    "csv": read_table,
    "onehot": read_one_hot,
}
"""Readers by their name in a recipe. A new reader needs a row here and a class of keys in ``recipe.py``."""


def _degenerate(text: str, length: int, alphabet: Alphabet) -> str:
    """Why a selected sequence is left out, or "" if it is kept."""
    if len(text) != length:
        return f"not {length} {'nt' if alphabet == RNA else 'bp'} long"
    counts = Counter(text).values()
    if len(counts) < FEWEST_KINDS:
        return f"fewer than {FEWEST_KINDS} different letters"
    return f"one letter in more than {LARGEST_SHARE:.0%}" if max(counts) > LARGEST_SHARE * length else ""


def _probe(line: str, number: int) -> tuple[float, str]:
    try:
        value, text = line.split()
        return float(value), text
    except ValueError:
        raise InputError(
            f"line {number} is `{line[:40]}`", "each line needs an intensity, a space and a sequence"
        ) from None


def _text(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8")


@contextmanager
def _errors_naming(path: Path) -> Iterator[None]:
    """Put the file's name in front of every error that is raised inside."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path.name}: {error.problem}", error.accepted, error.fix) from None
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"{path.name}", f"the file can't be read ({type(error).__name__}: {error})"[:300]) from error
