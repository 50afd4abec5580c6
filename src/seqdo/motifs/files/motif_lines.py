"""Motif files as lines and blocks: what the readers of all formats share."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.files.input_file import naming, unpacked

logger = logging.getLogger(__name__)


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
    head : the first line, which names the motif
    name : name of the motif
    body : the lines after the first
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
        counts : whether ``table`` holds counts

        Raises
        ------
        InputError
            The table is not a motif.
        """
        try:
            if counts:
                return Motif.from_counts(self.name, table, alphabet=alphabet, axis=1)
            return Motif(self.name, table, alphabet, axis=1)
        except InputError as error:
            raise self.head.refuse(error.problem, error.accepted, error.fix) from error


def motif_lines(path: str | PathLike[str]) -> list[Line]:
    """Read the lines of a motif file that are not blank.

    Parameters
    ----------
    path : a text file, gzipped or not; the content decides, not the name

    Raises
    ------
    InputError
        The file is missing, damaged, empty or not text.
    """
    file = Path(path).expanduser()
    with naming(file), unpacked(file) as content:
        data = content.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"file {file} is not a text file", "a MEME or JASPAR file is needed") from error
    lines = [Line(str(file), number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise InputError(f"file {file} is empty", "a MEME or JASPAR file with at least one motif is needed")
    return lines


def blocks(lines: Sequence[Line], head: str) -> Iterator[Block]:
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
            # In MEME's full output the line continues after the name: "MOTIF GATA MEME-1 width = 7 sites = 20".
            name = " ".join(re.split(r"\s+width\s*=", match[1])[0].split())
            block = Block(line, name, [])
        elif block:
            block.body.append(line)
    if block:
        yield block


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


def with_unique_names(motifs: Sequence[Motif], file: str) -> list[Motif]:
    """Rename motifs whose name an earlier motif has: the later ones get .2, .3, ... after their name.

    Parameters
    ----------
    motifs : the motifs of a file, in order
    file : path of the file, for the log and for the error

    Raises
    ------
    InputError
        There are no motifs.
    """
    if not motifs:
        raise InputError(f"file {file} holds no motifs", "at least one motif is needed")
    counts = Counter(motif.name for motif in motifs)
    taken, unique, earlier = set(counts), list[Motif](), set[str]()
    for motif in motifs:
        name = motif.name
        if name in earlier:
            # "GATA.2" may be the name of another motif of the file. The next free number is taken then.
            name = next(numbered for i in count(2) if (numbered := f"{motif.name}.{i}") not in taken)
            taken.add(name)
        earlier.add(name)
        unique.append(motif if name == motif.name else replace(motif, name=name, axis=1))
    repeated = [name for name, times in counts.items() if times > 1]
    if repeated:
        names = ", ".join(repeated[:5]) + (f" and {len(repeated) - 5} more" if len(repeated) > 5 else "")
        logger.warning("%s: more than one motif is named %s: the later ones get .2, .3 after their name", file, names)
    return unique
