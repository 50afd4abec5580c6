"""Letters by name and place: of sequences in memory, or of a FASTA too large for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import W_OK, PathLike, access
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences, SequencesLike

Source = SequencesLike | PathLike[str]
"""Sequences as a user has them, or the path of a FASTA file (a text is a path, too)."""


@dataclass(frozen=True)
class Letters:
    """Where letters are read from.

    Attributes
    ----------
    lengths : name of a sequence to its number of letters
    read : name, start, stop (0-based, half-open) to the letters, upper case
    """

    lengths: Mapping[str, int]
    read: Callable[[str, int, int], str]


def of_sequences(sequences: Sequences) -> Letters:
    """The letters of sequences with names."""
    if sequences.names is None:
        raise InputError(
            f"{len(sequences)} sequences without names", "names say which of them is meant",
            "Write sd.Sequences.from_strings(texts, names=names), or sd.read_fasta(path)",
        )  # fmt: skip
    texts = dict(zip(sequences.names, sequences.to_strings(), strict=True))
    return Letters({name: len(text) for name, text in texts.items()}, lambda name, start, stop: texts[name][start:stop])


@contextmanager
def of_genome(path: str | PathLike[str]) -> Iterator[Letters]:
    r"""The letters of a FASTA file (plain, or bgzipped if Biopython is there), read by pyfaidx as they are asked for.

    Its index, ``path.fai``, is written beside it where there is none and the folder allows it. Lower case (soft mask)
    is read as upper case.

    Raises
    ------
    InputError
        No pyfaidx; a file that is none, or that can't be indexed.

    Examples
    --------
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "two.fa"
    ...     _ = path.write_text(">chr1\nACGTacgt\nGG\n>chr2\nTT\n")
    ...     with of_genome(path) as letters:
    ...         letters.lengths, letters.read("chr1", 3, 9)
    ({'chr1': 10, 'chr2': 2}, 'TACGTG')
    """
    try:
        import pyfaidx
    except ImportError:
        raise InputError(
            f"genome {path}", "it is read by pyfaidx, which is not installed", "pip install 'seqdo[genome]'"
        ) from None
    file = Path(path)
    if not file.is_file():
        raise InputError(f"genome {file.resolve()}", "there is no such file")
    index = Path(f"{file}.fai")
    with TemporaryDirectory() as folder:
        if not index.exists() and not access(file.parent, W_OK):
            index = Path(folder) / index.name
        try:
            genome = pyfaidx.Fasta(str(file), indexname=str(index), as_raw=True, sequence_always_upper=True)
        except (pyfaidx.FastaIndexingError, pyfaidx.UnsupportedCompressionFormat, ImportError, ValueError) as error:
            raise InputError(f"genome {file}", f"pyfaidx can't read it ({error})") from error
        try:
            lengths = {name: int(record.rlen) for name, record in genome.faidx.index.items()}
            yield Letters(lengths, lambda name, start, stop: _read(genome, name, start, stop, file))
        finally:
            genome.close()


def _read(genome: Any, name: str, start: int, stop: int, file: Path) -> str:  # noqa: ANN401 - pyfaidx has no types
    try:
        return str(genome[name][start:stop])
    except ValueError as error:
        raise InputError(f"genome {file}, {name} from {start} to {stop}", f"it can't be read ({error})") from None
