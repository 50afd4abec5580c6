"""MEME's format, read and written: for each motif a name, and a row of letter probabilities for each position."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.files.motif_lines import Block, Line, blocks, numbers
from seqdo.motifs.files.motif_records import Record, attempts, missing_matrix
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, RNA, Alphabet

_STARTS_WITH_NUMBER = re.compile(r"\s*[-+]?(\.?\d|nan\b|inf\b)", re.IGNORECASE)
_PROTEIN = "These motifs are of proteins: their letters are amino acids"
_MOTIF = r"\s*MOTIF\b(.*?)(?:\s+width\s*=.*)?$"
"""In MEME's full output the line continues after the name: ``MOTIF GATA MEME-1 width = 7 sites = 20``."""


def is_meme(lines: Sequence[Line]) -> bool:
    """Whether these are the lines of a MEME file.

    Parameters
    ----------
    lines : the lines of a file; a program of the suite may write a banner or comments before ``MEME version``
    """
    if any(line.text.startswith("MEME") for line in lines[:3]):
        return True
    texts = [line.text.lstrip() for line in lines]
    return any(text.startswith("MEME version") for text in texts) or (
        any(text.startswith("letter-probability matrix") for text in texts)
        and any(re.match(_MOTIF, text) for text in texts)
    )


def meme_records(lines: Sequence[Line]) -> Iterator[Record]:
    """Motifs of a MEME file of DNA or RNA: minimal format, or the text output of any program of the suite.

    Parameters
    ----------
    lines : the lines of the file

    Raises
    ------
    InputError
        The alphabet of the file is not that of DNA or RNA.
    """
    content = [line for line in lines if not line.comment]
    motifs = list(blocks(content, _MOTIF))
    first = motifs[0].head.number if motifs else np.inf
    alphabet = _alphabet([line for line in content if line.number < first])
    return attempts(motifs, lambda block: _motif(block, alphabet))


def meme_text(motifs: Sequence[Motif]) -> str:
    """Write motifs in MEME's minimal format, version 4.

    Parameters
    ----------
    motifs : motifs of one alphabet; without an alphabet they are written as DNA
        A position that keeps the letter of the background (N) is written as four equal probabilities.
    """
    lines = ["MEME version 4", "", f"ALPHABET= {(motifs[0].alphabet or DNA).letters}", ""]
    for motif in motifs:
        lines += [f"MOTIF {motif.name}", f"letter-probability matrix: alength= 4 w= {motif.width}"]
        rows = (row if row.any() else [0.25] * 4 for row in motif.matrix)
        lines += [" ".join(f"{probability:.6f}" for probability in row) for row in rows]
        lines.append("")
    return "\n".join(lines)


def _alphabet(preamble: Sequence[Line]) -> Alphabet | None:
    """The alphabet of the ALPHABET line, or None without such a line."""
    for index, line in enumerate(preamble):
        if not line.text.lstrip().startswith("ALPHABET"):
            continue
        name = line.text.strip().removeprefix("ALPHABET").strip(' =\t"').upper()
        core = _core_letters(preamble[index + 1 :])
        for alphabet in (DNA, RNA):
            declared = name == alphabet.letters or re.match(rf"{alphabet.name}\b", name, re.IGNORECASE)
            if core == alphabet.letters if core else declared:
                return alphabet
        accepted = "motifs of DNA (ACGT) or RNA (ACGU) are accepted"
        is_protein = len(core or name) == 20 or "PROTEIN" in name
        raise line.refuse(f"the alphabet {core or name!r}", accepted, _PROTEIN if is_protein else "")
    return None


def _core_letters(lines: Sequence[Line]) -> str:
    """Core letters of a custom alphabet, sorted; "" if no definitions follow the ALPHABET line.

    A line defines a letter (``A "Adenine" CC0000``) or two complements (``A "Adenine" CC0000 ~ T "Thymine" 008000``).
    Lines with ``=`` define ambiguous letters.
    """
    definition = r'\s*(\S)(?:\s+"[^"]*")?(?:\s+[0-9A-Fa-f]{6})?\s*'
    letters = list[str]()
    content = [line for line in lines if not line.text.startswith("***")]
    for line in takewhile(lambda line: re.match(rf"{definition}([~=]|$)", line.text), content):
        if match := re.fullmatch(rf"{definition}(?:~{definition})?", line.text):
            letters += [letter for letter in match.groups() if letter]
    return "".join(sorted(letters))


def _motif(block: Block, alphabet: Alphabet | None) -> Motif:
    """The motif of a block: the rows after 'letter-probability matrix:'."""
    starts = [i for i, line in enumerate(block.body) if line.text.lstrip().startswith("letter-probability matrix")]
    if not starts:
        raise _without_matrix(block)
    head = block.body[starts[0]]
    declared = {key: int(value) for key, value in re.findall(r"\b(alength|w)\s*=\s*(\d+)", head.text)}
    if declared.get("alength", 4) != 4:
        raise head.refuse(
            f"motif {block.name} has alength= {declared['alength']}", "an alphabet of four letters is needed",
            _PROTEIN if declared["alength"] == 20 else "",
        )  # fmt: skip
    lines = takewhile(lambda line: _STARTS_WITH_NUMBER.match(line.text), block.body[starts[0] + 1 :])
    rows = [_row(block, line, position) for position, line in enumerate(lines)]
    if len(rows) != declared.get("w", len(rows) or 1):
        width = f"declares w= {declared['w']} and " if "w" in declared else ""
        raise head.refuse(f"motif {block.name} {width}has {len(rows)} rows", "one row for each position is needed")
    table: NDArray[np.float64] = np.array(rows)
    empty = np.flatnonzero(~table.any(1))
    # The matrix of a Motif may have rows of zeros, for positions that keep the background. A file may not.
    if len(empty):
        raise block.body[starts[0] + 1 + empty[0]].refuse(
            f"motif {block.name} has only zeros at position {empty[0]}", "probabilities sum to 1"
        )
    return block.motif(table, alphabet)


def _without_matrix(block: Block) -> InputError:
    """The error for a motif without probabilities. One without any matrix is left out; log-odds are a matrix."""
    if any(line.text.lstrip().startswith("log-odds matrix") for line in block.body):
        return block.head.refuse(
            f"motif {block.name} has no letter-probability matrix", "each motif needs one",
            "MEME's log-odds are 100 * log2(p / background): write sd.Motif.from_pwm(name, scores / 100)",
        )  # fmt: skip
    return missing_matrix(block, "each motif needs a letter-probability matrix")


def _row(block: Block, line: Line, position: int) -> list[float]:
    row = numbers(line.text.partition("#")[0])
    if row is None or len(row) != 4:
        raise line.refuse(
            f"{line.excerpt} as position {position} of motif {block.name}",
            "a row of a letter-probability matrix is four numbers",
        )
    return row
