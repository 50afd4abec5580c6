"""Motif files: MEME and JASPAR, plain or gzipped, with errors that name file and line."""

from __future__ import annotations

import gzip
import logging
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, takewhile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, RNA, Alphabet

logger = logging.getLogger(__name__)


class _Line(NamedTuple):
    file: str
    number: int
    text: str

    def refuse(self, given: str, needed: str, write: str = "") -> InputError:
        return InputError(f"{self.file}, line {self.number}: {given}", needed, write)


class _Block(NamedTuple):
    """One motif as it stands in a file: its first line, and the lines after it."""

    head: _Line
    name: str
    body: list[_Line]


def read_motifs(path: str | Path) -> list[Motif]:
    """All motifs of a MEME or JASPAR file; the format is told from its first line.

    A motif's name is what the file gives, identifier and second name (``MA0139.1 CTCF``). The second motif of
    one name gets ``.2`` after it, and the log says so.

    Raises
    ------
    InputError
        The file is missing, holds no motifs or can't be read: named with the file and the line.
    """
    lines = _lines(path)
    return _meme(lines) if _says_meme(lines) else _jaspar(lines)


def read_meme(path: str | Path) -> list[Motif]:
    """All motifs of a MEME file (minimal format or full output, versions 4 and 5), of the alphabet ACGT or ACGU."""
    return _meme(_lines(path))


def read_jaspar(path: str | Path) -> list[Motif]:
    """All motifs of a JASPAR file: after a line ``>identifier name``, four rows of counts.

    Rows start with their letter (``A [ 3 0 12 ]``, brackets or not, upper or lower case), or are bare and in the
    order A, C, G, T. Counts are divided by their sum at each position; nothing is added to them.
    """
    return _jaspar(_lines(path))


def _lines(path: str | Path) -> list[_Line]:
    """The lines that aren't blank; gzip is known by its first two bytes, whatever the file is called."""
    file = Path(path).expanduser()
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(
            f"{file.resolve()}: {(error.strerror or 'not readable').lower()}", "a motif file is needed"
        ) from error
    try:
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"{file}: gzip data that is cut short or damaged", "a whole file is needed") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not a text file", "motifs are read from MEME and JASPAR files") from error
    lines = [_Line(str(file), number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise InputError(f"{file} is empty", "a MEME or JASPAR file with at least one motif is needed")
    return lines


def _meme(lines: Sequence[_Line]) -> list[Motif]:
    if not _says_meme(lines):
        hint = "It looks like JASPAR: use read_jaspar" if lines[0].text.startswith(">") else ""
        raise lines[0].refuse(f"{lines[0].text.strip()[:40]!r}", "a MEME file starts with 'MEME version'", hint)
    blocks = list(_blocks(lines, r"MOTIF\s+(\S.*)"))
    first = blocks[0].head.number if blocks else np.inf
    alphabet = _meme_alphabet([line for line in lines if line.number < first])
    return _named_apart([_motif(block, _meme_table(block), alphabet) for block in blocks], lines[0].file)


def _says_meme(lines: Sequence[_Line]) -> bool:
    """Is it a MEME file? The full output has a line of stars before its name."""
    return any(line.text.startswith("MEME") for line in lines[:3])


def _meme_alphabet(preamble: Sequence[_Line]) -> Alphabet | None:
    """What the ALPHABET line says; None where there is none."""
    for line in preamble:
        if line.text.startswith("ALPHABET"):
            said = line.text.removeprefix("ALPHABET").strip(' =\t"').upper()
            for alphabet in (DNA, RNA):
                if said == alphabet.letters or re.match(rf"{alphabet.name}\b", said, re.IGNORECASE):
                    return alphabet
            raise line.refuse(f"the alphabet {said!r}", "motifs of DNA (ACGT) or RNA (ACGU) are read")
    return None


def _meme_table(block: _Block) -> NDArray[np.float64]:
    """(width, 4) probabilities: the rows after 'letter-probability matrix:'."""
    at = next((i for i, line in enumerate(block.body) if line.text.startswith("letter-probability matrix")), None)
    if at is None:
        log_odds = any(line.text.startswith("log-odds matrix") for line in block.body)
        raise block.head.refuse(
            f"motif {block.name} has no letter-probability matrix", "each MOTIF has one",
            "Its log-odds matrix can be given by hand: Motif.from_pwm(name, scores)" if log_odds else "",
        )  # fmt: skip
    head = block.body[at]
    said = {key: int(value) for key, value in re.findall(r"\b(alength|w)=\s*(\d+)", head.text)}
    if said.get("alength", 4) != 4:
        raise head.refuse(f"motif {block.name} has alength= {said['alength']}", "four letters are needed")
    rows: list[list[float]] = []
    for line in takewhile(lambda line: _STARTS_WITH_NUMBER.match(line.text), block.body[at + 1 :]):
        numbers = _numbers(line.text)
        if numbers is None or len(numbers) != 4:
            raise line.refuse(
                f"{line.text.strip()[:60]!r} as position {len(rows)} of motif {block.name}",
                "a row of a letter-probability matrix is four numbers",
            )
        if not any(numbers):
            raise line.refuse(f"motif {block.name}: only zeros at position {len(rows)}", "probabilities sum to 1")
        rows.append(numbers)
    if len(rows) != said.get("w", len(rows) or 1):
        said_width = f"says w= {said['w']} and " if "w" in said else ""
        raise head.refuse(f"motif {block.name} {said_width}has {len(rows)} rows", "a row for each position is needed")
    return np.array(rows)


_STARTS_WITH_NUMBER = re.compile(r"\s*[-+]?(\.?\d|nan\b|inf\b)", re.IGNORECASE)


def _jaspar(lines: Sequence[_Line]) -> list[Motif]:
    if not lines[0].text.startswith(">"):
        raise lines[0].refuse(
            f"{lines[0].text.strip()[:40]!r}", "a JASPAR file starts with '>identifier name', a MEME file with "
            "'MEME version'", "Other formats: build each with Motif.from_counts(name, counts)",
        )  # fmt: skip
    motifs = []
    for block in _blocks(lines, r">\s*(\S.*)"):
        table, alphabet = _jaspar_table(block)
        motifs.append(_motif(block, table, alphabet, counts=True))
    return _named_apart(motifs, lines[0].file)


def _jaspar_table(block: _Block) -> tuple[NDArray[np.float64], Alphabet | None]:
    """(width, 4) counts, and the alphabet that the rows' letters say."""
    if len(block.body) != 4:
        raise block.head.refuse(f"motif {block.name} has {len(block.body)} rows", "four are needed: A, C, G, T (or U)")
    letters: list[str] = []
    rows: list[list[float]] = []
    for line in block.body:
        label = re.match(r"\s*([A-Za-z])(?=[\s\[|:])", line.text)
        numbers = _numbers(line.text[label.end() if label else 0 :].strip(" \t[]|:"))
        if numbers is None:
            raise line.refuse(
                f"{line.text.strip()[:60]!r} in motif {block.name}", "a row is numbers, like 'A [ 3 0 12 ]'"
            )
        if rows and len(numbers) != len(rows[0]):
            raise line.refuse(
                f"motif {block.name} has {len(numbers)} counts in this row and {len(rows[0])} in the first",
                "all four rows have one count for each position",
            )
        letters += label[1].upper() if label else ""
        rows.append(numbers)
    if not letters:
        return np.array(rows).T, None
    if "".join(sorted(letters)) not in ("ACGT", "ACGU"):
        raise block.head.refuse(
            f"motif {block.name} has rows {', '.join(letters)}", "one row each of A, C, G, T (or U)"
        )
    return np.array(rows)[np.argsort(letters)].T, RNA if "U" in letters else DNA


def _numbers(text: str) -> list[float] | None:
    """The numbers of a line, or None if it holds anything else."""
    try:
        return [float(word) for word in text.split()] or None
    except ValueError:
        return None


def _blocks(lines: Sequence[_Line], head: str) -> Iterator[_Block]:
    block = None
    for line in lines:
        match = re.match(head, line.text)
        if match:
            if block:
                yield block
            # MEME's full output goes on after the names: "MOTIF GATA MEME-1 width = 7 sites = 20".
            name = " ".join(re.split(r"\s+width\s*=", match[1])[0].split())
            block = _Block(line, name, [])
        elif block:
            block.body.append(line)
    if block:
        yield block


def _motif(block: _Block, table: NDArray[np.float64], alphabet: Alphabet | None, *, counts: bool = False) -> Motif:
    """The motif of a table, with file and line put before what Motif has to say against it."""
    try:
        if counts:
            return Motif.from_counts(block.name, table, alphabet=alphabet, axis=1)
        return Motif(block.name, table, alphabet, axis=1)
    except InputError as error:
        raise block.head.refuse(error.problem, error.accepted, error.fix) from error


def _named_apart(motifs: Sequence[Motif], file: str) -> list[Motif]:
    """The motifs, those whose name came before with .2, .3, ... after it."""
    if not motifs:
        raise InputError(f"{file} holds no motifs", "at least one is needed")
    counts = Counter(motif.name for motif in motifs)
    taken, named = set(counts), list[Motif]()
    seen = set[str]()
    for motif in motifs:
        if motif.name in seen:
            name = next(name for i in count(2) if (name := f"{motif.name}.{i}") not in taken)
            taken.add(name)
            motif = replace(motif, name=name, axis=1)
        seen.add(motif.name)
        named.append(motif)
    repeated = [name for name, times in counts.items() if times > 1]
    if repeated:
        listed = ", ".join(repeated[:5]) + (f" and {len(repeated) - 5} more" if len(repeated) > 5 else "")
        logger.warning("%s: more than one motif is named %s: the later ones get .2, .3 after their name", file, listed)
    return named
