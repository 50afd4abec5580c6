"""Lines of motif files, and their blocks: one block for each motif."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.file_path import file_path
from seqdo.sequences.files.input_file import naming, unpacked

_ROW = re.compile(r"\s*([A-Za-z][\s\[|:]+)?[-+.\d]")
"""Start of a row of numbers, with or without its letter."""


class Line(NamedTuple):
    """One line of a file, and its place for errors.

    Attributes
    ----------
    file : path of the file
    number : number of the line, from 1
    text : the line, with its white space
    """

    file: str
    number: int
    text: str

    @property
    def comment(self) -> bool:
        """Whether the line is a comment: its first character is #."""
        return self.text.lstrip().startswith("#")

    @property
    def excerpt(self) -> str:
        """The start of the line, for errors."""
        return repr(self.text.strip()[:60])

    def refuse(self, problem: str, accepted: str, fix: str = "") -> InputError:
        """Build an error that names the file and the line.

        Parameters
        ----------
        problem, accepted, fix : the three parts of the error
        """
        place = f"{self.file}, line {self.number}"
        return InputError(f"{place}: {problem}", accepted, fix)


class Block(NamedTuple):
    """The lines of one motif.

    Attributes
    ----------
    head : the line that names the motif, or the first line of its matrix
    name : name of the motif
    body : the other lines
    """

    head: Line
    name: str
    body: list[Line]

    def motif(self, table: NDArray[np.float64], alphabet: Alphabet | None, *, counts: bool = False) -> Motif:
        """Build the motif. Errors about its matrix name the file and the line.

        Parameters
        ----------
        table : (width, 4) probabilities, or letter counts
        alphabet : alphabet of the motif; None if the file does not say
        counts : whether the format holds counts, which may also be printed as probabilities

        Raises
        ------
        InputError
            The table is not a motif.
        """
        return self.built(
            lambda: (
                Motif.from_counts(self.name, table, alphabet=alphabet, axis=1)
                if counts and not _damaged(table)
                else Motif(self.name, table, alphabet, axis=1)
            )
        )

    def built(self, build: Callable[[], Motif]) -> Motif:
        """Build a motif; the line of the head is named in its errors.

        Parameters
        ----------
        build : makes the motif

        Raises
        ------
        InputError
            ``build`` raises one.
        """
        try:
            return build()
        except InputError as error:
            raise self.head.refuse(error.problem, error.accepted, error.fix) from error


def _damaged(table: NDArray[np.float64]) -> bool:
    """Whether a table can't be counts: fractions of 1 whose sum is below 1, or differs between positions.

    Weighted counts may be fractions too, but every position of an alignment has the same weight.
    """
    sums = table.sum(1)
    fractions = bool(((table >= 0) & (table <= 1)).all() and (table % 1 != 0).any() and sums.all())
    return fractions and bool(sums.min() < 0.98 or np.ptp(sums) > 0.04)


def motif_lines(path: str | PathLike[str]) -> list[Line]:
    """Read the lines of a motif file that are not blank.

    Parameters
    ----------
    path : a text file, gzipped or not; the content decides, not the name

    Raises
    ------
    InputError
        The file is missing, damaged or not text.
    """
    file = file_path(path).expanduser()
    with naming(file), unpacked(file) as content:
        data = content.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Older databases have names of authors in Latin-1. In such a file nearly all bytes are ASCII, and none is 0.
        if b"\0" in data or 20 * sum(byte > 127 for byte in data) > len(data):
            problem = f"file {file} is not a text file"
            raise InputError(
                problem, "motif files are text, in MEME's format or others",
                "Unpack it, or write its motifs as text: MEME, JASPAR, TRANSFAC or HOMER",
            ) from error  # fmt: skip
        text = data.decode("latin-1")
    return [Line(str(file), number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def blocks(lines: Iterable[Line], head: str) -> Iterator[Block]:
    """Split lines into motifs.

    Parameters
    ----------
    lines : the lines of a file; those before the first motif are skipped
    head : regular expression for the first line of a motif; its group 1 is the name
    """
    block = None
    for line in lines:
        match = re.match(head, line.text)
        if match:
            if block:
                yield block
            block = Block(line, " ".join(match[1].split()) or file_stem(line), [])
        elif block:
            block.body.append(line)
    if block:
        yield block


def headed_blocks(lines: Sequence[Line]) -> list[Block]:
    """Split lines into motifs at each ``>name``, without comments. Lines before the first are named after the file.

    Parameters
    ----------
    lines : the lines of a file
    """
    content = [line for line in lines if not line.comment]
    start = next((i for i, line in enumerate(content) if line.text.lstrip().startswith(">")), len(content))
    has_rows = any(_ROW.match(line.text) for line in content[:start])  # a title is no motif
    nameless = [Block(content[0], file_stem(content[0]), content[:start])] if has_rows else []
    return nameless + list(blocks(content[start:], r"\s*>(.*)"))


def file_stem(line: Line) -> str:
    """Name of a motif whose file does not name it: that of the file, without its ending.

    Parameters
    ----------
    line : any line of the file
    """
    return Path(line.file.removesuffix(".gz")).stem


def numbers(text: str) -> list[float] | None:
    """Numbers of a line; None if the line has none or contains anything else.

    Parameters
    ----------
    text : numbers, separated by white space
    """
    try:
        return [float(number) for number in text.split()] or None
    except ValueError:
        return None
