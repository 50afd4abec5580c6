"""One-hot files: NumPy, HDF5 and Parquet, read and written."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.caller_warning import warn_caller
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, PAD, RNA, Alphabet
from seqdo.sequences.file_path import file_path, input_path, meant_as_path
from seqdo.sequences.files.array_files import FORMATS, LETTERS, NAMES, TEXTS, WRITERS, Arrays, cell_texts, opened_arrays
from seqdo.sequences.files.input_file import naming
from seqdo.sequences.files.one_hot_arrays import Axes, codes_of_one_hot, letter_order
from seqdo.sequences.files.records import Record, Unknown, encoded, file_read, seed_of_unknown
from seqdo.sequences.sequences import Sequences, SequencesLike, as_sequences
from seqdo.sequences.stream import Seed
from seqdo.sequences.whole_file import whole_file


def read_one_hot(
    path: str | PathLike[str] | NDArray[Any],
    key: str | None = None,
    *,
    layout: Axes | None = None,
    letters: str | None = None,
    alphabet: Alphabet | None = None,
    n: Unknown = "error",
    rng: Seed = None,
) -> Sequences:
    """Read one-hot sequences from a .npy, .npz, HDF5 or Parquet file, or from an array in memory.

    Parameters
    ----------
    path : a file, whose content decides; or an array (n, 4, length) or (n, length, 4)
        A column of a Parquet file holds such a table (4, length) or (length, 4) in each row, as nested lists. A column
        ``sequence`` of letters is read too.
    key : name of the array, data set (``"train/x"``) or column; needed if the file has several
    layout : "NCL" for (n, 4, length), "NLC" for (n, length, 4)
        By default the axis of length 4. Where both have it and the values fit both, the array is refused.
    letters : the letters in the order of the channels; by default what the file states, else "ACGT"
    alphabet : ``sd.DNA`` (default) or ``sd.RNA``, which reads T as U
    n : what to do with unknown letters (four zeros in front of a letter, or four times 0.25)
        "error", "drop" or "sample", as in `read_fasta`. Zeros behind the last letter are padding.
    rng : seed for n="sample"

    Returns
    -------
    Sequences
        Their names are those in the array ``names`` of the file, if it has one.

    Raises
    ------
    InputError
        The file cannot be read, or the array is not one-hot. The error names the sequence and the position.

    Examples
    --------
    >>> read_one_hot(np.eye(4)[None, [2, 0, 3, 3, 0]]).to_strings()
    ['GATTA']
    """
    if alphabet not in (None, DNA, RNA):
        raise InputError(f"alphabet={alphabet!r}", "sd.DNA or sd.RNA is needed", "Write alphabet=sd.DNA")
    seed = seed_of_unknown(n, rng)
    if meant_as_path(path):
        input_path(path)  # a number or an open file is neither a path nor an array
    if not isinstance(path, str | PathLike):
        return _sequences(codes_of_one_hot(np.asarray(path), layout, letters or "ACGT"), None, alphabet, n, seed)
    with naming(path) as file:
        sequences = _of_file(file, key, layout, letters, alphabet, n, seed)
    others = {"key": key, "layout": layout, "letters": letters}
    options = {name: value for name, value in others.items() if value is not None}
    return sequences.read_by(file_read("read_one_hot", path, alphabet, n, "upper", False, seed, options))


def write_one_hot(
    sequences: SequencesLike, path: str | PathLike[str], *, layout: Axes = "NCL", letters: str = "ACGT"
) -> Path:
    """Write sequences as one-hot; the file appears under its name only when it is whole.

    Parameters
    ----------
    sequences : sequences, strings or an array of codes
    path : a file that ends in .npy, .npz, .h5 (or .hdf5) or .parquet
        An npz or HDF5 file holds ``one_hot`` (uint8), ``letters`` and ``names`` (of sequences that have any). A Parquet
        file holds one row for each sequence, with the columns name, sequence and one_hot (nested lists). A .npy file
        holds the array alone. Behind the end of a shorter sequence all values are 0.
    layout : "NCL" for (n, 4, length), "NLC" for (n, length, 4)
    letters : the letters in the order of the channels

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        The ending is none of these, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_one_hot(["GATTACA"], Path(folder) / "site.npz")
    ...     read_one_hot(path).to_strings()
    ['GATTACA']
    """
    block, target = as_sequences(sequences), file_path(path)
    writer = WRITERS.get(target.suffix.lower())
    if writer is None:
        raise InputError(
            f"path={str(path)!r} ends in {target.suffix!r}", f"one of {', '.join(WRITERS)} is needed",
            f'Write "{target.with_suffix(".npz") if target.name else "sequences.npz"}"',
        )  # fmt: skip
    if layout not in ("NCL", "NLC"):
        raise InputError(f"layout={layout!r}", '"NCL" or "NLC" is needed', 'Write layout="NCL"')
    channels, codes = letter_order(letters), block.codes
    array = (codes[:, None, :] == channels[:, None] if layout == "NCL" else codes[:, :, None] == channels).astype(
        np.uint8
    )
    with whole_file(path, "sequences.npz") as partial:
        writer(partial, array, letters, block)
    return target


def _of_file(
    path: Path, key: str | None, layout: Axes | None, letters: str | None, alphabet: Alphabet | None, n: Unknown,
    seed: np.random.SeedSequence | None,
) -> Sequences:  # fmt: skip
    """The sequences of a file; the caller names it in errors."""
    with opened_arrays(path) as arrays:
        name = _chosen(arrays, key)
        names = next((cell_texts(arrays[other]) for other in NAMES if other in arrays), None)
        array = arrays[name]
        if names is not None and len(names) != array.shape[0]:
            names = None  # those of something else, such as tracks
        if array.dtype.kind in "OUS" and len(array.shape) == 1:
            texts = cell_texts(array)
            records = [Record(label, text) for label, text in zip(names or _labels(len(texts)), texts, strict=True)]
            return encoded(records, alphabet, n, "upper", alphabet is RNA, seed)
        stated = cell_texts(arrays[LETTERS])[0] if LETTERS in arrays else None
        if letters and stated and letter_order(letters).tolist() != letter_order(stated).tolist():
            raise InputError(f"letters={letters!r}", f"the file states the order {stated!r}", "Leave `letters` out")
        codes = codes_of_one_hot(array, layout, letters or stated or "ACGT")
    return _sequences(codes, names, alphabet, n, seed, padded=stated is not None)


def _sequences(
    codes: NDArray[np.uint8], names: list[str] | None, alphabet: Alphabet | None, n: Unknown,
    seed: np.random.SeedSequence | None, *, padded: bool = False,
) -> Sequences:  # fmt: skip
    """Sequences from codes, after unknown letters were treated as requested; ``padded`` ones may end in zeros."""
    shorter = int((codes[:, -1] == PAD).sum())
    if shorter and not padded:
        warn_caller(
            f"{shorter} of {len(codes)} sequences end in zeros, which are read as padding: these sequences are shorter"
        )
    table = np.full(256, ord("N"), np.uint8)
    table[:4] = np.frombuffer((alphabet or DNA).letters.encode(), np.uint8)
    texts = [table[row[row != PAD]].tobytes().decode() for row in codes]
    records = [Record(name, text) for name, text in zip(names or _labels(len(codes)), texts, strict=True)]
    sequences = encoded(records, alphabet or DNA, n, "upper", False, seed)
    return sequences if names is not None else replace(sequences, names=None)


def _labels(number: int) -> list[str]:
    return [f"sequence {row}" for row in range(number)]


def _chosen(arrays: Arrays, key: str | None) -> str:
    """The name of the array to read: ``key``, or the only one with three axes; else the only one of letters."""
    if key is not None:
        if key in arrays:
            return key
        raise InputError(f"key={key!r}", f"the file holds {_listed(arrays)}", "Write one of these names")
    single = [name for name, array in arrays.items() if len(array.shape) == 3]
    if len(single) > 1 and "one_hot" in single:
        return "one_hot"
    if not single:
        single = [name for name in TEXTS if name in arrays]
    if not single and len(arrays) == 1:
        single = list(arrays)
    if len(single) == 1:
        return single[0]
    raise InputError(
        f"`path` holds {_listed(arrays) or 'no arrays'}",
        "one array (n, 4, length) or (n, length, 4) is read" if single else FORMATS,
        f"Write key={single[0]!r}" if single else "For regions of AnnData write sd.read_loci(path, genome=...)",
    )  # fmt: skip


def _listed(arrays: Arrays) -> str:
    return ", ".join(f"{name} {tuple(array.shape)}" for name, array in arrays.items())
