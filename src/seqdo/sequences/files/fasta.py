"""Sequences from files: FASTA, or plain text with one sequence on each line; gzipped or not."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, RNA, Alphabet
from seqdo.sequences.files.input_file import Lines, naming, unpacked
from seqdo.sequences.sequences import FileRead, Sequences
from seqdo.sequences.stream import Seed, root, stream

_log = logging.getLogger(__name__)

Unknown = Literal["error", "drop", "sample"]
Masked = Literal["upper", "error", "N"]


class _Record(NamedTuple):
    name: str
    text: str


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
    n : what to do with N
        "error" refuses the file. "drop" leaves out every sequence with an N. "sample" replaces each N by a letter drawn
        uniformly from the four, by ``rng``.
    masked : what to do with lower-case letters (soft mask)
        "upper" reads them as upper case and logs it. "error" refuses the file. "N" reads them as N, and then ``n``
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
    records, seed = _read(path, _fasta), _seed_of_unknown(n, rng)
    with naming(path):
        sequences = _encoded(records, alphabet, n, masked, t_as_u, seed)
    return sequences.read_by(_file_read("read_fasta", path, alphabet, n, masked, t_as_u, seed))


def read_sequences(
    path: str | PathLike[str],
    alphabet: Alphabet | None = None,
    n: Unknown = "error",
    masked: Masked = "upper",
    t_as_u: bool = False,
    rng: Seed = None,
) -> Sequences:
    r"""Read a FASTA file or, if the content does not start with ``>``, a text file with one sequence on each line.

    Parameters
    ----------
    path : a file, gzipped or not; sequences of a text file are named "line 1", "line 2", ...
    alphabet, n, masked, t_as_u, rng : as in `read_fasta`

    Raises
    ------
    InputError
        As in `read_fasta`.

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
    records = _read(path, lambda lines: _fasta(lines) if _text(lines.peek(4)[:4])[:1] == ">" else _plain(lines))
    seed = _seed_of_unknown(n, rng)
    with naming(path):
        sequences = _encoded(records, alphabet, n, masked, t_as_u, seed)
    return sequences.read_by(_file_read("read_sequences", path, alphabet, n, masked, t_as_u, seed))


def _seed_of_unknown(n: Unknown, rng: Seed) -> np.random.SeedSequence | None:
    """The seed that draws letters for N, settled beforehand so that it can be recorded."""
    return root(rng) if n == "sample" else None


def _file_read(
    function: str, path: str | PathLike[str], alphabet: Alphabet | None, n: Unknown, masked: Masked, t_as_u: bool,
    seed: np.random.SeedSequence | None,
) -> FileRead | None:  # fmt: skip
    """The call that reads the same sequences again; None where its seed is no whole number."""
    if seed is not None and (seed.spawn_key or not isinstance(seed.entropy, int)):
        return None
    options: dict[str, str | bool | int] = {} if alphabet is None else {"alphabet": alphabet.name}
    options |= {} if n == "error" else {"n": n}
    options |= {} if masked == "upper" else {"masked": masked}
    options |= {"t_as_u": True} if t_as_u else {}
    options |= {} if seed is None else {"rng": int(seed.entropy)}  # type: ignore[arg-type]
    return FileRead(function, str(path), options)


def _read(path: str | PathLike[str], parse: Callable[[Lines], Iterator[_Record]]) -> list[_Record]:
    with naming(path), unpacked(Path(path)) as lines:
        records = list(parse(lines))
    if not records:
        name = Path(path).name
        raise InputError(f"file {name} holds no sequences", "at least one sequence is needed")
    return records


def _text(line: bytes) -> str:
    """A line without white space at its ends, and without the byte order mark that some editors write first."""
    return line.decode("utf-8", "replace").strip("\ufeff \t\r\n")


def _fasta(lines: Lines) -> Iterator[_Record]:
    name, parts = "", list[str]()
    line_of: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        text, place = _text(line), f"line {number}"
        if not text.startswith(">"):
            if text and not line_of:
                raise InputError(
                    f"{place}: {text[:20]!r}", "a header that starts with > is needed first",
                    "Write >name before each sequence",
                )  # fmt: skip
            parts.append(text)
            continue
        if line_of:
            yield _Record(name, "".join(parts))
        name, parts = (text[1:].split() or [""])[0], []
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
        yield _Record(name, "".join(parts))


def _plain(lines: Lines) -> Iterator[_Record]:
    for number, line in enumerate(lines, start=1):
        text = _text(line)
        if text:
            yield _Record(f"line {number}", text)


def _encoded(
    records: Sequence[_Record], alphabet: Alphabet | None, n: Unknown, masked: Masked, t_as_u: bool,
    seed: np.random.SeedSequence | None,
) -> Sequences:  # fmt: skip
    """Sequences from records, after masked letters, N and T were treated as requested."""
    if n not in ("error", "drop", "sample"):
        raise InputError(f"n={n!r}", 'one of "error", "drop", "sample" is needed')
    if masked not in ("upper", "error", "N"):
        raise InputError(f"masked={masked!r}", 'one of "upper", "error", "N" is needed')
    for record in records:
        name = record.name
        if not record.text:
            raise InputError(f"record {name!r} is empty (length 0)", "every sequence has at least one letter")
    records = _without_n(_unmasked(records, masked), n)
    if t_as_u:
        if alphabet not in (None, RNA):
            raise InputError("t_as_u=True with alphabet=sd.DNA", "T is read as U for RNA only", "Write alphabet=sd.RNA")
        records, alphabet = [_Record(name, text.replace("T", "U")) for name, text in records], RNA
    _refuse_other_letter(records, alphabet)
    # An N needs some letter until its own letter is drawn. A fits both alphabets, so the other letters decide.
    texts = [text.replace("N", "A") if n == "sample" else text for _, text in records]
    sequences = Sequences.from_strings(texts, alphabet, [record.name for record in records])
    if seed is not None:
        _fill(sequences, records, seed)
    return sequences


def _unmasked(records: Sequence[_Record], masked: Masked) -> list[_Record]:
    """The records in upper case, with lower-case letters treated as ``masked`` says."""
    lower = [record.name for record in records if re.search("[a-z]", record.text)]
    if not lower:
        return list(records)
    number = f"{len(lower)} of {len(records)} sequences have lower-case letters (soft mask)"
    if masked == "error":
        raise InputError(
            f'{number}, {lower[0]!r} first, and masked="error"', "only upper-case letters are accepted",
            'Write masked="upper" or masked="N"',
        )  # fmt: skip
    result, others = {"upper": ("upper case", '"error" or "N"'), "N": ("N", '"error" or "upper"')}[masked]
    _log.warning("%s, which are read as %s. To change this, write masked=%s", number, result, others)
    if masked == "N":
        return [_Record(name, re.sub("[a-z]", "N", text)) for name, text in records]
    return [_Record(name, text.upper()) for name, text in records]


def _without_n(records: list[_Record], n: Unknown) -> list[_Record]:
    """The records that stay, as ``n`` says: all for "sample", those without N for "drop"."""
    unknown = [record for record in records if "N" in record.text]
    if n == "sample" or not unknown:
        return records
    if n == "error":
        counts = [f"{r.name!r} {r.text.count('N')} ({r.text.count('N') / len(r.text):.2%})" for r in unknown[:5]]
        more = ", ..." if len(unknown) > 5 else ""
        raise InputError(
            f'{len(unknown)} of {len(records)} sequences have an N, and n="error": {", ".join(counts)}{more}',
            "an unknown letter has no code",
            'Write n="drop" to leave these sequences out, or n="sample" to fill in random letters',
        )
    if len(unknown) == len(records):
        raise InputError(
            f'all {len(records)} sequences have an N, and n="drop"', "no sequence would be left", 'Write n="sample"'
        )
    _log.warning("%d of %d sequences have an N and were left out (n='drop')", len(unknown), len(records))
    return [record for record in records if "N" not in record.text]


def _refuse_other_letter(records: Sequence[_Record], alphabet: Alphabet | None) -> None:
    """Refuse T and U in one file, T in a file of RNA and U in a file of DNA."""
    t_name = next((record.name for record in records if "T" in record.text), None)
    u_name = next((record.name for record in records if "U" in record.text), None)
    if t_name is not None and u_name is not None:
        raise InputError(
            f"record {t_name!r} has a T and record {u_name!r} a U",
            "a file has one alphabet: T for DNA, U for RNA",
            "Write t_as_u=True to read T as U",
        )
    if t_name is not None and alphabet == RNA:
        raise InputError(
            f"record {t_name!r} has a T at position {dict(records)[t_name].index('T')}, and alphabet=sd.RNA",
            f"the letters of RNA are {RNA.letters}",
            "Write alphabet=sd.DNA, or t_as_u=True to read T as U",
        )
    if u_name is not None and alphabet == DNA:
        raise InputError(
            f"record {u_name!r} has a U at position {dict(records)[u_name].index('U')}, and alphabet=sd.DNA",
            f"the letters of DNA are {DNA.letters}",
            "Write alphabet=sd.RNA",
        )


def _fill(sequences: Sequences, records: Sequence[_Record], seed: np.random.SeedSequence) -> None:
    """Draw a letter for each N, in the order of the file, and write it into the codes in place."""
    letters = np.frombuffer("".join(record.text for record in records).encode("latin-1"), np.uint8)
    unknown: NDArray[np.bool_] = np.zeros(sequences.codes.shape, bool)
    inside = np.arange(sequences.codes.shape[1]) < sequences.lengths[:, None]
    unknown[inside] = letters == ord("N")
    draws = stream(seed, "unknown letters").random(np.count_nonzero(unknown))
    sequences.codes[unknown] = np.floor(4 * draws).astype(np.uint8)
