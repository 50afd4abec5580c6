"""Sequences from files: FASTA or one to a line, plain or gzipped."""

from __future__ import annotations

import gzip
import io
import logging
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, RNA, Alphabet
from seqdo.sequences.sequences import FileRead, Sequences
from seqdo.sequences.stream import Seed, root, stream

_log = logging.getLogger(__name__)

Unknown = Literal["error", "drop", "sample"]
Masked = Literal["upper", "error", "N"]


_Lines: TypeAlias = "io.BufferedReader[Any]"


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
    r"""Sequences of a FASTA file, by the first word of their headers.

    Parameters
    ----------
    path : a file, gzipped or not; its content says which, not its name
    alphabet : found from the letters if not given
    n : what becomes of N
        "error"; "drop" leaves out the sequences that have any; "sample" draws each uniformly from the
        four letters, by ``rng``.
    masked : what becomes of lower case
        "upper" reads it as upper case, and logs that; "error"; "N" makes it unknown, and ``n`` applies.
    t_as_u : read T as U, so that RNA written as DNA is RNA

    Raises
    ------
    InputError
        A file or a record that can't be used: by path and by name.

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
    with named(path):
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
    """Sequences of a FASTA file or, if it does not begin with ``>``, of a file with one to a line.

    Parameters are those of `read_fasta`; the names of plain sequences are "line 1", "line 2", ...
    """
    records = _read(path, lambda lines: _fasta(lines) if _text(lines.peek(4)[:4])[:1] == ">" else _plain(lines))
    seed = _seed_of_unknown(n, rng)
    with named(path):
        sequences = _encoded(records, alphabet, n, masked, t_as_u, seed)
    return sequences.read_by(_file_read("read_sequences", path, alphabet, n, masked, t_as_u, seed))


def _seed_of_unknown(n: Unknown, rng: Seed) -> np.random.SeedSequence | None:
    """The seed that unknown letters are drawn by, settled before they are drawn so that it can be recorded."""
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


def _read(path: str | PathLike[str], parse: Callable[[_Lines], Iterator[_Record]]) -> list[_Record]:
    with named(path), opened(Path(path)) as lines:
        records = list(parse(lines))
    if not records:
        raise InputError(f"{Path(path).name} holds no sequences", "at least one is needed")
    return records


@contextmanager
def named(path: str | PathLike[str]) -> Iterator[None]:
    """Put the file's name before what an error inside says of its content."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{Path(path).name}: {error.problem}", error.accepted, error.fix) from None
    except (OSError, EOFError, zlib.error) as error:
        where = f"{path} (that is {Path(path).resolve()})"
        if isinstance(error, FileNotFoundError):
            raise InputError(where, "there is no such file", "Check the path, and the folder it starts from") from None
        if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
            raise InputError(where, "its gzip data are damaged or cut short", "Fetch or write the file again") from None
        raise InputError(where, f"it can't be read ({error.strerror or error})") from None


@contextmanager
def opened(path: Path) -> Iterator[_Lines]:
    """The file's bytes, unpacked if they begin as gzip does; nothing is read twice, so that pipes work."""
    with path.open("rb") as raw:
        if raw.peek(2)[:2] != b"\x1f\x8b":
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as unpacked, io.BufferedReader(unpacked) as lines:
            yield lines


def _text(line: bytes) -> str:
    """A line without white space at its ends, nor the byte order mark that some editors begin a file with."""
    return line.decode("utf-8", "replace").strip("\ufeff \t\r\n")


def _fasta(lines: _Lines) -> Iterator[_Record]:
    name, parts = "", list[str]()
    first_line: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        text = _text(line)
        if not text.startswith(">"):
            if text and not first_line:
                raise InputError(
                    f"line {number}: {text[:20]!r}", "expected > header", "Write >name before each sequence"
                )
            parts.append(text)
            continue
        if first_line:
            yield _Record(name, "".join(parts))
        name, parts = (text[1:].split() or [""])[0], []
        if not name:
            raise InputError(f"line {number}: a header without a name", "each sequence needs one", "Write >name")
        if name in first_line:
            other = list(first_line).index(name) + 1
            lines_of = f"lines {first_line[name]} and {number}"
            raise InputError(
                f"records {other} and {len(first_line) + 1} ({lines_of}) are both named {name!r}",
                "names, the headers' first words, are unique",
                "Rename one of them",
            )
        first_line[name] = number
    if first_line:
        yield _Record(name, "".join(parts))


def _plain(lines: _Lines) -> Iterator[_Record]:
    for number, line in enumerate(lines, start=1):
        text = _text(line)
        if text:
            yield _Record(f"line {number}", text)


def _encoded(
    records: Sequence[_Record], alphabet: Alphabet | None, n: Unknown, masked: Masked, t_as_u: bool,
    seed: np.random.SeedSequence | None,
) -> Sequences:  # fmt: skip
    """Sequences from records, once masked and unknown letters are dealt with as asked."""
    if n not in ("error", "drop", "sample"):
        raise InputError(f"n={n!r}", 'one of "error", "drop", "sample" is needed')
    if masked not in ("upper", "error", "N"):
        raise InputError(f"masked={masked!r}", 'one of "upper", "error", "N" is needed')
    for record in records:
        if not record.text:
            raise InputError(f"record {record.name!r} is empty (length 0)", "every sequence has at least one letter")
    records = _known(_unmasked(records, masked), n)
    if t_as_u:
        if alphabet not in (None, RNA):
            raise InputError("t_as_u with the alphabet dna", "T is read as U for RNA only", "Write alphabet=RNA")
        records, alphabet = [_Record(name, text.replace("T", "U")) for name, text in records], RNA
    _refuse_other_letter(records, alphabet)
    # An N needs some letter until its own is drawn; the alphabet is found from the others.
    texts = [text.replace("N", "A") if n == "sample" else text for _, text in records]
    sequences = Sequences.from_strings(texts, alphabet, [record.name for record in records])
    if seed is not None:
        _fill(sequences, records, seed)
    return sequences


def _unmasked(records: Sequence[_Record], masked: Masked) -> list[_Record]:
    lower = [record.name for record in records if re.search("[a-z]", record.text)]
    if not lower:
        return list(records)
    said = f"{len(lower)} of {len(records)} sequences had lower-case letters (soft mask)"
    if masked == "error":
        raise InputError(
            f"{said}, {lower[0]!r} first", "upper case was asked for", 'Write masked="upper" or masked="N"'
        )
    change = {"upper": "upper case; masked='error'|'N'", "N": "N; masked='error'|'upper'"}[masked]
    _log.warning("%s; read as %s to change", said, change)
    if masked == "N":
        return [_Record(name, re.sub("[a-z]", "N", text)) for name, text in records]
    return [_Record(name, text.upper()) for name, text in records]


def _known(records: list[_Record], n: Unknown) -> list[_Record]:
    """The records that n lets pass."""
    unknown = [record for record in records if "N" in record.text]
    if n == "sample" or not unknown:
        return records
    if n == "error":
        shown = [f"{r.name!r} {r.text.count('N')} ({r.text.count('N') / len(r.text):.2%})" for r in unknown[:5]]
        more = ", ..." if len(unknown) > 5 else ""
        raise InputError(
            f"N in {len(unknown)} of {len(records)} sequences: {', '.join(shown)}{more}",
            "an unknown letter has no code",
            'Write n="drop" to leave these sequences out, or n="sample" to fill them with letters drawn at random',
        )
    if len(unknown) == len(records):
        raise InputError(f"all {len(records)} sequences have an N", 'n="drop" would leave none', 'Write n="sample"')
    _log.warning("%d of %d sequences have an N and were left out (n='drop')", len(unknown), len(records))
    return [record for record in records if "N" not in record.text]


def _refuse_other_letter(records: Sequence[_Record], alphabet: Alphabet | None) -> None:
    """Refuse T and U in one file, and either where the alphabet has the other."""
    t = next((record.name for record in records if "T" in record.text), None)
    u = next((record.name for record in records if "U" in record.text), None)
    if t is not None and u is not None:
        raise InputError(
            f"record {t!r} has a T and record {u!r} a U",
            "a file has one alphabet: T for DNA, U for RNA",
            "Write t_as_u=True to read T as U",
        )
    if t is not None and alphabet == RNA:
        raise InputError(
            f"record {t!r} has a T at position {dict(records)[t].index('T')}",
            "the letters of rna are ACGU",
            "Write alphabet=DNA, or t_as_u=True to read T as U",
        )
    if u is not None and alphabet == DNA:
        place = dict(records)[u].index("U")
        raise InputError(
            f"record {u!r} has a U at position {place}", "the letters of dna are ACGT", "Write alphabet=RNA"
        )


def _fill(sequences: Sequences, records: Sequence[_Record], seed: np.random.SeedSequence) -> None:
    """Draw the letters that were N, in the order of the file."""
    letters = np.frombuffer("".join(record.text for record in records).encode("latin-1"), np.uint8)
    unknown: NDArray[np.bool_] = np.zeros(sequences.codes.shape, bool)
    inside = np.arange(sequences.codes.shape[1]) < sequences.lengths[:, None]
    unknown[inside] = letters == ord("N")
    draws = stream(seed, "unknown letters").random(np.count_nonzero(unknown))
    sequences.codes[unknown] = np.floor(4 * draws).astype(np.uint8)
