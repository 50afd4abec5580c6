"""Sequences from a file of any kind that holds them: FASTA, text, one-hot arrays, or loci of a genome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, Alphabet
from seqdo.sequences.files.content import ARRAYS, LOCI, Content, content_of, plain_line, refusal
from seqdo.sequences.files.fasta import fasta_records, refuse_no_records
from seqdo.sequences.files.input_file import naming, unpacked
from seqdo.sequences.files.one_hot_file import read_one_hot
from seqdo.sequences.files.records import Masked, Record, Unknown, encoded, file_read, seed_of_unknown
from seqdo.sequences.loci.locus import Bad
from seqdo.sequences.loci.read_loci import Genome, read_loci
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import Seed

NAMED_LOCI = (".bed", ".narrowpeak", ".broadpeak", ".gtf", ".gff", ".gff3", ".h5ad")
"""Endings of files of loci, in lower case: a damaged one is never read as letters."""


def read_sequences(
    path: str | PathLike[str],
    alphabet: Alphabet | None = None,
    n: Unknown = "error",
    masked: Masked = "upper",
    t_as_u: bool = False,
    rng: Seed = None,
    *,
    genome: Genome | None = None,
    length: int | None = None,
    bad: Bad = "raise",
) -> Sequences:
    r"""Read sequences from a file; its content decides how, not its name.

    Parameters
    ----------
    path : a file, gzipped or not
        A FASTA file. Text with one sequence on each line; these are named "line 1", "line 2", ... One-hot arrays, as
        `sd.read_one_hot` reads them. With ``genome``, a BED, narrowPeak, GTF, table or h5ad file, as `sd.read_loci`
        reads it.
    alphabet, n, masked, t_as_u, rng : as in `sd.read_fasta`
    genome, length, bad : as in `sd.read_loci`; for files of loci only

    Raises
    ------
    InputError
        As in `sd.read_fasta`; or the file holds loci and no genome is given, or the reverse.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "two.txt"
    ...     _ = path.write_text("ACGT\nGG\n")
    ...     two = read_sequences(path)
    >>> two.names, two.to_strings()
    (('line 1', 'line 2'), ['ACGT', 'GG'])
    """
    seed = seed_of_unknown(n, rng)
    with naming(path) as file, unpacked(file) as content:
        kind, lines = content_of(content)
        if genome is None:
            _refuse_no_letters(kind, path, length)
        if kind in ("FASTA", "text") and genome is None:
            records = list(fasta_records(lines) if kind == "FASTA" else _lines(lines))
        elif kind == "FASTA":
            raise InputError(
                f"`path` holds sequences, and genome={genome!r}", "a genome is needed for a file of loci only",
                "Leave `genome` out",
            )  # fmt: skip
    if genome is not None:
        rna = DNA if alphabet is None else alphabet
        return read_loci(path, genome, length=length, bad=bad, alphabet=rna, n=n, rng=seed)
    if kind in ARRAYS:
        return read_one_hot(path, alphabet=alphabet, n=n, rng=seed)
    refuse_no_records(records, path)
    with naming(path):
        sequences = encoded(records, alphabet, n, masked, t_as_u, seed)
    return sequences.read_by(file_read("read_sequences", path, alphabet, n, masked, t_as_u, seed))


def _refuse_no_letters(kind: Content, path: str | PathLike[str], length: int | None) -> None:
    """Refuse a file that holds neither letters nor arrays, and options that are for a file of loci."""
    named = {suffix.lower() for suffix in Path(path).suffixes} & set(NAMED_LOCI)
    if kind == "text" and named:
        kind = "BED"
    if kind == "HDF5" and ".h5ad" in named:
        raise InputError(
            "`path` holds regions (AnnData), not letters", "a genome is needed to read their letters",
            f'Write sd.read_loci({str(path)!r}, genome="hg38.fa")',
        )  # fmt: skip
    if kind not in ARRAYS and kind not in ("FASTA", "text"):
        needed = "a genome is needed to read their letters" if kind in LOCI else "letters are needed"
        raise refusal(kind, path, needed)
    if length is not None:
        raise InputError(
            f"length={length} without `genome`", "windows of one length are cut from a genome", "Write genome=..."
        )


def _lines(lines: Iterable[bytes]) -> Iterator[Record]:
    for number, line in enumerate(lines, start=1):
        text = plain_line(line)
        if text:
            yield Record(f"line {number}", text)
