"""Sequences of a FASTA file, gzipped or not; and FASTA files, written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

from seqdo.errors import InputError
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.fasta_text import name_in_header
from seqdo.sequences.files.content import content_of, plain_line, refusal
from seqdo.sequences.files.input_file import naming, unpacked
from seqdo.sequences.files.records import Masked, Record, Unknown, encoded, file_read, seed_of_unknown
from seqdo.sequences.sequences import Sequences, SequencesLike, as_sequences
from seqdo.sequences.stream import Seed


def read_fasta(
    path: str | PathLike[str],
    alphabet: Alphabet | None = None,
    n: Unknown = "error",
    masked: Masked = "upper",
    t_as_u: bool = False,
    rng: Seed = None,
) -> Sequences:
    r"""Read the sequences of a FASTA file. Their names are the first part of each header, up to a space.

    Parameters
    ----------
    path : a file, gzipped or not; the content decides, not the name
    alphabet : ``sd.DNA`` or ``sd.RNA``; by default T means DNA and U means RNA
    n : what to do with N and the other ambiguous letters of IUPAC (R, Y, S, W, K, M, B, D, H, V)
        "error" refuses the file. "drop" leaves out every sequence with such a letter. "sample" replaces each of them
        by one of the bases that it stands for, drawn uniformly by ``rng``.
    masked : what to do with lower-case letters (soft mask)
        "upper" reads them as upper case, with a warning. "error" refuses the file. "N" reads them as N, and then ``n``
        applies.
    t_as_u : read T as U, for RNA that was written with the letters of DNA
    rng : seed for n="sample"

    Raises
    ------
    InputError
        The file or one of its records cannot be used. The error names the file and the record.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "two.fa"
    ...     _ = path.write_text(">a first\nACG\nU\n>b\nGG\n")
    ...     two = read_fasta(path)
    >>> two.names, two.to_strings(), two.alphabet
    (('a', 'b'), ['ACGU', 'GG'], RNA)
    """
    seed = seed_of_unknown(n, rng)
    with naming(path) as file, unpacked(file) as content:
        kind, lines = content_of(content)
        if kind not in ("FASTA", "text"):
            raise refusal(kind, path, "a FASTA file is needed")
        records = list(fasta_records(lines))
    refuse_no_records(records, path)
    with naming(path):
        sequences = encoded(records, alphabet, n, masked, t_as_u, seed)
    return sequences.read_by(file_read("read_fasta", path, alphabet, n, masked, t_as_u, seed))


def write_fasta(sequences: SequencesLike, path: str | PathLike[str]) -> Path:
    """Write sequences to a FASTA file, which appears under its name only when it is whole.

    Parameters
    ----------
    sequences : sequences, strings or an array of codes
        Sequences without names are called sequence_0, sequence_1, ... A name with spaces is written with underscores
        for other programs, and then as it is, from where `read_fasta` reads it.
    path : the file, in a folder that exists; it is replaced if it exists

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        There is no such folder, the file cannot be written, or a name holds a line break.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_fasta(["ACGT", "GG"], Path(folder) / "two.fa")
    ...     print(path.read_text(), end="")
    >sequence_0
    ACGT
    >sequence_1
    GG
    """
    return as_sequences(sequences).write_fasta(path)


def refuse_no_records(records: list[Record], path: str | PathLike[str]) -> None:
    """Refuse a file without sequences.

    Parameters
    ----------
    records : of the file
    path : the file
    """
    name = Path(path).name
    if not records:
        raise InputError(
            f"file {name} holds no sequences", "at least one sequence is needed",
            "Check that the file is whole: a header such as >name comes before the letters of each sequence",
        )  # fmt: skip


def fasta_records(lines: Iterable[bytes]) -> Iterator[Record]:
    """The records of a FASTA file.

    Parameters
    ----------
    lines : all lines of the file

    Raises
    ------
    InputError
        The first line is no header, or a header has no name or the name of an earlier record.
    """
    name, parts = "", list[str]()
    line_of: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        text, place = plain_line(line), f"line {number}"
        if not text.startswith(">"):
            if text and not line_of:
                raise InputError(
                    f"{place}: {text[:20]!r}", "a header that starts with > is needed first",
                    "Write >name before each sequence",
                )  # fmt: skip
            parts.append(text)
            continue
        if line_of:
            yield Record(name, "".join(parts))
        name, parts = name_in_header(text), []
        if not name:
            raise InputError(f"{place}: a header without a name", "each sequence needs a name", "Write >name")
        if name in line_of:
            first = list(line_of).index(name) + 1
            raise InputError(
                f"records {first} and {len(line_of) + 1} (lines {line_of[name]} and {number}) are both named {name!r}",
                "names are unique; a name is the part of the header up to the first space",
                "Rename one of the records",
            )
        line_of[name] = number
    if line_of:
        yield Record(name, "".join(parts))
