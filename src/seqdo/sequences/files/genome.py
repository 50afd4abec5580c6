"""Letters by name and position: of sequences in memory, or of a FASTA or 2bit file that is too large for memory."""

from __future__ import annotations

import gzip
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from os import W_OK, PathLike, access
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from seqdo.caller_warning import warn_caller
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.file_path import input_path
from seqdo.sequences.files.content import LOCI, MAGIC, content_of
from seqdo.sequences.files.input_file import naming, unpacked
from seqdo.sequences.sequences import Sequences, SequencesLike

GZIP = b"\x1f\x8b"
"""First bytes of a gzip file."""

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
    r"""Letters of a genome, read from its file when they are needed.

    A FASTA file is read by pyfaidx. Its index ``path.fai`` is written next to the file if it is missing and the folder
    can be written to. A UCSC 2bit file is read by py2bit. Lower case (soft mask) is read as upper case.

    Parameters
    ----------
    path : a FASTA file, plain or compressed, or a 2bit file
        A file compressed with bgzip is read where it is if Biopython is installed. Other gzip has to be unpacked
        whole, into a temporary folder.

    Raises
    ------
    InputError
        The package that reads the file is not installed, the file does not exist, or the file cannot be read.

    Examples
    --------
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "two.fa"
    ...     _ = path.write_text(">chr1\nACGTacgt\nGG\n>chr2\nTT\n")
    ...     with genome_letters(path) as letters:
    ...         letters.lengths, letters.read("chr1", 3, 9)
    ({'chr1': 10, 'chr2': 2}, 'TACGTG')
    """
    file = input_path(path, "genome")
    if not file.is_file():
        raise InputError(
            f"genome {file.resolve()}", "there is no such file", "Check the path, and the working directory"
        )
    with file.open("rb") as opened:
        start = opened.read(18)
    if MAGIC.get(start[:4]) == "2bit":
        with _two_bit_letters(file) as letters:
            yield letters
    elif start[:2] == GZIP and not (start[12:14] == b"BC" and file.suffix in (".gz", ".bgz") and find_spec("Bio")):
        with TemporaryDirectory() as folder, _fasta_letters(_unpacked(file, Path(folder)), file) as letters:
            yield letters
    else:
        with _fasta_letters(file, file) as letters:
            yield letters


@contextmanager
def _fasta_letters(path: Path, file: Path) -> Iterator[Letters]:
    """Letters of a FASTA file; errors call it ``file``."""
    try:
        import pyfaidx
    except ImportError:
        raise InputError(
            "`pyfaidx` is not installed", f"this package is needed to read the genome {file}",
            "Write pip install 'seqdo[genome]'",
        ) from None  # fmt: skip
    index, blocks = Path(f"{path}.fai"), Path(f"{path}.gzi")
    with TemporaryDirectory() as folder:
        if not access(path.parent, W_OK):
            # The folder is read-only. An index then lives in a temporary folder, for as long as the file is open.
            index, blocks = (file if file.exists() else Path(folder) / file.name for file in (index, blocks))
        options = {"indexname": str(index), "gzi_indexname": str(blocks)}
        try:
            genome = pyfaidx.Fasta(str(path), **options, as_raw=True, sequence_always_upper=True)
        except (pyfaidx.FastaIndexingError, pyfaidx.UnsupportedCompressionFormat, ImportError, ValueError) as error:
            raise _no_genome(file, error) from error
        try:
            lengths = {name: int(record.rlen) for name, record in genome.faidx.index.items()}
            # Of a compressed file, pyfaidx refuses to read beyond the end.
            yield Letters(lengths, lambda name, start, stop: _read(genome, name, start, min(stop, lengths[name]), file))
        finally:
            genome.close()


def _no_genome(file: Path, error: Exception) -> InputError:
    """The error for a file that pyfaidx can't read as a genome, with what the file seems to hold."""
    try:
        with unpacked(file) as lines:
            content, _ = content_of(lines)
    except (OSError, EOFError, zlib.error):
        content = "text"
    problem, fix = f"genome {file}", 'Pass a FASTA file, whose first line begins with ">", or a 2bit file'
    if content not in ("text", "FASTA"):
        problem += f", which holds {content}"
    if content in LOCI:
        fix = f'Pass the genome that these loci lie on: sd.read_loci({str(file)!r}, genome="hg38.fa")'
    elif content == "VCF":
        fix = f'Pass the genome that these variants lie on: sd.variants({str(file)!r}, "hg38.fa", length=1000)'
    elif content == "FASTA":
        fix = "Check that the file is whole: lines of one length in each record, and unique names"
    return InputError(problem, f"pyfaidx can't read it ({error})", fix)


def _read(genome: Any, name: str, start: int, stop: int, file: Path) -> str:  # noqa: ANN401 - pyfaidx has no types
    try:
        return str(genome[name][start:stop])
    except ValueError as error:
        raise InputError(
            f"genome {file}, {name} from {start} to {stop}", f"it can't be read ({error})",
            f"Was the genome changed after it was indexed? Remove {file.name}.fai and try again",
        ) from None  # fmt: skip


def _unpacked(file: Path, folder: Path) -> Path:
    """The file, unpacked into a folder."""
    target = folder / "genome.fa"
    with naming(file), gzip.open(file, "rb") as packed, target.open("wb") as plain:
        shutil.copyfileobj(packed, plain, 2**20)
    warn_caller(f"genome {file} is unpacked whole at each call. To save this time, compress it with bgzip and index it")
    return target


@contextmanager
def _two_bit_letters(file: Path) -> Iterator[Letters]:
    """Letters of a UCSC 2bit file."""
    try:
        import py2bit
    except ImportError:
        raise InputError(
            "`py2bit` is not installed", f"this package is needed to read the genome {file}",
            "Write pip install 'seqdo[genome]', or twoBitToFa and pass the FASTA file",
        ) from None  # fmt: skip
    try:
        genome = py2bit.open(str(file))
        lengths = {name: int(length) for name, length in genome.chroms().items()}
    except (RuntimeError, AttributeError) as error:
        raise InputError(f"genome {file}", f"py2bit can't read it ({error})", "Download the file again") from None

    def read(name: str, start: int, stop: int) -> str:
        stop = min(stop, lengths[name])
        return str(genome.sequence(name, start, stop)).upper() if start < stop else ""

    try:
        yield Letters(lengths, read)
    finally:
        genome.close()
