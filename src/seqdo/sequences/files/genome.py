"""Letters by name and position: of sequences in memory, or of a FASTA file that is too large for memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import W_OK, PathLike, access
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.sequences import Sequences, SequencesLike

Source = SequencesLike | PathLike[str]
"""What a user may pass: sequences, or the path of a FASTA file (a string is a path too)."""


@dataclass(frozen=True)
class Letters:
    """A source of letters.

    Attributes
    ----------
    lengths : the length of each sequence, by its name
    read : function that takes name, start and stop (0-based, half-open) and returns the letters in upper case
    """

    lengths: Mapping[str, int]
    read: Callable[[str, int, int], str]


def sequence_letters(sequences: Sequences) -> Letters:
    """Letters of sequences in memory.

    Parameters
    ----------
    sequences : sequences with names

    Raises
    ------
    InputError
        The sequences have no names.
    """
    if sequences.names is None:
        raise InputError(
            f"{len(sequences)} `sequences` without names", "each variant belongs to a sequence, by its name",
            "Write sd.Sequences.from_strings(texts, names=names), or sd.read_fasta(path)",
        )  # fmt: skip
    rows = {name: row for row, name in enumerate(sequences.names)}
    alphabet, lengths = sequences.alphabet or DNA, sequences.lengths.tolist()

    def read(name: str, start: int, stop: int) -> str:
        return alphabet.decode(sequences.codes[rows[name], start:stop])

    return Letters(dict(zip(sequences.names, lengths, strict=True)), read)


@contextmanager
def genome_letters(path: str | PathLike[str]) -> Iterator[Letters]:
    r"""Letters of a FASTA file, read from the file when they are needed (by pyfaidx).

    The index ``path.fai`` is written next to the file if it is missing and the folder can be written to. Lower case
    (soft mask) is read as upper case.

    Parameters
    ----------
    path : a FASTA file, plain, or compressed with bgzip if Biopython is installed

    Raises
    ------
    InputError
        pyfaidx is not installed, the file does not exist, or the file cannot be indexed.

    Examples
    --------
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "two.fa"
    ...     _ = path.write_text(">chr1\nACGTacgt\nGG\n>chr2\nTT\n")
    ...     with genome_letters(path) as letters:
    ...         letters.lengths, letters.read("chr1", 3, 9)
    ({'chr1': 10, 'chr2': 2}, 'TACGTG')
    """
    try:
        import pyfaidx
    except ImportError:
        raise InputError(
            "`pyfaidx` is not installed", f"this package is needed to read the genome {path}",
            "Write pip install 'seqdo[genome]'",
        ) from None  # fmt: skip
    file = Path(path)
    if not file.is_file():
        raise InputError(
            f"genome {file.resolve()}", "there is no such file", "Check the path, and the working directory"
        )
    index = Path(f"{file}.fai")
    with TemporaryDirectory() as folder:
        if not index.exists() and not access(file.parent, W_OK):
            # The folder is read-only. The index then lives in a temporary folder, for as long as the file is open.
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
