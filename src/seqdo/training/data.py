"""Readers: files of real data to sequences and what was measured of them."""

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
from seqdo.sequences.alphabet import ALPHABETS, PAD, Alphabet
from seqdo.sequences.files.fasta import read_fasta
from seqdo.sequences.sequences import Sequences
from seqdo.training.recipe import Columns, OneHot, Probes, Recipe, Selected, Table

FEWEST_KINDS, LARGEST_SHARE = 3, 0.6
"""A selected sequence with fewer kinds of letters, or more of one letter, is taken for a fault of sequencing."""

FILES = {"train", "test", "positives", "negatives", "file"}
"""Keys of a reader that name files."""

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Measured:
    """Sequences and what was measured of each.

    Attributes
    ----------
    sequences : n of them
    y : float64 (n, outputs); NaN where an output was not measured
    part : which of ``PARTS`` the files put each in, int (n,); None where the files do not say
    added : which are there to be trained on only, bool (n,); None where none are
    dropped : how many records were left out, by reason
    sha256 : of each file, by its name
    """

    sequences: Sequences
    y: NDArray[np.float64]
    part: NDArray[np.intp] | None = None
    added: NDArray[np.bool_] | None = None
    dropped: dict[str, int] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)


def read(recipe: Recipe, folder: Path) -> Measured:
    """The data of a recipe; its files are sought in ``folder``.

    Raises
    ------
    InputError
        A file that is not there, damaged, or not what its reader reads; by its name.
    """
    given = recipe.data
    files = {name: folder / str(value) for name, value in given if name in FILES}
    if isinstance(given, Table):
        files |= {f"{key}file": folder / each.file for key, (each, _) in given.files.items()}
    for name, path in files.items():
        if not path.is_file():
            raise InputError(f"data.{name}: {path.resolve()}", "there is no such file", "Write --data FOLDER")
    sums: dict[str, str] = {}
    for name, path in files.items():
        sum_ = sha256(path.read_bytes()).hexdigest()
        if sum_ in sums.values():
            raise InputError(f"data.{name}: {path.name}", "it holds what another file holds, which would count twice")
        sums[path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name] = sum_
    found = READERS[given.reader](given, files, ALPHABETS[recipe.alphabet])
    return replace(found, dropped={why: n for why, n in found.dropped.items() if n}, sha256=sums)


def read_probes(_: Probes, files: dict[str, Path], alphabet: Alphabet) -> Measured:
    """Lines of an intensity and a sequence; those without an intensity (NaN) are left out."""
    y, texts, part, missing = list[float](), list[str](), list[int](), 0
    for name in ("train", "test"):
        with _named(files[name]):
            for number, line in enumerate(_text(files[name]).splitlines(), 1):
                value, text = _probe(line, number)
                if np.isnan(value):
                    missing += 1
                    continue
                y.append(value)
                texts.append(text)
                part.append(PARTS.index(name))
    sequences = Sequences.from_strings(texts, alphabet)
    return Measured(sequences, np.array(y)[:, None], np.array(part), dropped={"no intensity": missing})


def read_selected(given: Selected, files: dict[str, Path], alphabet: Alphabet) -> Measured:
    """Positives (1) before negatives (0); what is degenerate, doubled or of another length is left out."""
    sets = [read_fasta(files[name], alphabet, t_as_u=given.t_as_u) for name in ("positives", "negatives")]
    texts = [text for each in sets for text in each.to_strings()]
    y = np.repeat([1.0, 0.0], [len(each) for each in sets])
    labels: dict[str, set[float]] = {}
    for text, label in zip(texts, y, strict=True):
        labels.setdefault(text, set()).add(float(label))
    reasons: Counter[str] = Counter()
    kept, seen = list[int](), set[str]()
    for i, text in enumerate(texts):
        why = _unfit(text, given.letters) or ("in both files" if len(labels[text]) > 1 else "")
        why = why or ("duplicate" if text in seen else "")
        seen.add(text)
        reasons[why] += 1
        if not why:
            kept.append(i)
    if len(set(y[kept])) < 2:
        raise InputError(
            f"{dict(reasons)} of {len(texts)} records left out",
            "positives and negatives have to be left",
            "See letters",
        )
    dropped = {why: number for why, number in reasons.items() if why}
    return Measured(Sequences.from_strings([texts[i] for i in kept], alphabet), y[kept, None], dropped=dropped)


def read_table(given: Table, files: dict[str, Path], alphabet: Alphabet) -> Measured:
    """Columns of CSV files, the rows of each after those of the one before; rows without a measurement are left out."""
    found, added = [], []
    for key, (each, held_out) in given.files.items():
        found.append(_columns(each, given.outputs, files[f"{key}file"], alphabet, f"data.{key}"))
        added.append(np.full(len(found[-1].y), not held_out))
    return Measured(
        Sequences.from_strings([text for each in found for text in each.sequences.to_strings()], alphabet),
        np.concatenate([each.y for each in found]),
        added=np.concatenate(added),
        dropped={"no measurement": sum(each.dropped["no measurement"] for each in found)},
    )


def _columns(given: Columns, outputs: list[str], path: Path, alphabet: Alphabet, key: str) -> Measured:
    import pandas as pd

    with _named(path):
        head = pd.read_csv(path, nrows=0).columns
        measured = list(given.columns.values())
        for name, column in [("sequence", given.sequence), *(("measured", each) for each in measured)]:
            if column not in head:
                raise InputError(f"{key}{name}: {column!r}", f"the columns are {', '.join(map(str, head))}"[:500])
        table = pd.read_csv(path, usecols=[given.sequence, *measured])
        known = table[table[measured].notna().any(axis=1)]
        y = np.full((len(known), len(outputs)), np.nan)
        for name, column in given.columns.items():
            try:
                y[:, outputs.index(name)] = known[column].to_numpy(np.float64)
            except ValueError as error:
                raise InputError(f"{key}measured: {column!r}", f"it holds what is no number ({error})") from None
        lines = [f"line {row + 2}" for row in known.index]  # the first is the header
        if len(empty := np.flatnonzero(known[given.sequence].isna())):
            raise InputError(f"{lines[empty[0]]}: a measurement without a sequence", "a row has both")
        sequences = Sequences.from_strings(known[given.sequence], alphabet, lines)
    return Measured(sequences, y, dropped={"no measurement": len(table) - len(known)})


def read_one_hot(_: OneHot, files: dict[str, Path], alphabet: Alphabet) -> Measured:
    """Arrays of an HDF5 file, in the parts that it has; letters are in the order of the alphabet."""
    import h5py

    codes, y, part = [], [], []
    with _named(files["file"]), h5py.File(files["file"]) as file:
        for number, name in enumerate(("train", "valid", "test")):
            missing = [key for key in (f"X_{name}", f"Y_{name}") if not isinstance(file.get(key), h5py.Dataset)]
            if missing:
                raise InputError(f"no {missing[0]}", f"it holds {', '.join(file)}", "X_train, Y_train, ... are needed")
            x, labels = file[f"X_{name}"][:], file[f"Y_{name}"][:]
            if labels.shape[0] != len(x) or labels.size != len(x):
                needed = f"one label for each of the {len(x):,} sequences is needed"
                raise InputError(f"Y_{name} of shape {labels.shape}", needed, "One output is trained at a time")
            labels = labels.reshape(-1)
            if x.ndim != 3 or x.shape[1] != PAD or not np.isin(x, (0, 1)).all() or (x.sum(1) > 1).any():
                raise InputError(f"X_{name} of shape {x.shape}", "one-hot (n, 4, letters) is needed")
            codes.append(np.where(x.any(1), x.argmax(1), PAD))
            y.append(labels.astype(np.float64)[:, None])
            part.append(np.full(len(x), number))
        sequences = Sequences.from_codes(np.concatenate(codes), alphabet)
    return Measured(sequences, np.concatenate(y), np.concatenate(part))


READERS: dict[str, Callable[[Any, dict[str, Path], Alphabet], Measured]] = {
    "rnacompete": read_probes,
    "fasta": read_selected,
    "csv": read_table,
    "onehot": read_one_hot,
}
"""Readers by the name that a recipe calls them: the one table to extend, beside the keys in ``recipe.py``."""


def _unfit(text: str, letters: int) -> str:
    """Why a selected sequence is left out; nothing if it is not."""
    if len(text) != letters:
        return f"not {letters} letters"
    counts = Counter(text).values()
    if len(counts) < FEWEST_KINDS:
        return f"fewer than {FEWEST_KINDS} kinds of letters"
    return f"one letter in more than {LARGEST_SHARE:.0%}" if max(counts) > LARGEST_SHARE * letters else ""


def _probe(line: str, number: int) -> tuple[float, str]:
    try:
        value, text = line.split()
        return float(value), text
    except ValueError:
        raise InputError(f"line {number}: {line[:40]!r}", "an intensity and a sequence are needed") from None


def _text(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8")


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Put the file's name before what goes wrong inside."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path.name}: {error.problem}", error.accepted, error.fix) from None
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"{path.name}", f"it can't be read ({type(error).__name__}: {error})"[:300]) from error
