"""MEME's format, read and written: for each motif a name, and a row of letter probabilities for each position."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from seqdo.motifs.files.motif_lines import Block, Line, blocks, numbers, with_unique_names
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, RNA, Alphabet

_STARTS_WITH_NUMBER = re.compile(r"\s*[-+]?(\.?\d|nan\b|inf\b)", re.IGNORECASE)


def is_meme(lines: Sequence[Line]) -> bool:
    """Whether these are the lines of a MEME file.

    Parameters
    ----------
    lines : the lines of a file; in MEME's full output a line of stars comes before the name of the format
    """
    return any(line.text.startswith("MEME") for line in lines[:3])


def meme_motifs(lines: Sequence[Line]) -> list[Motif]:
    """Motifs of a MEME file of DNA or RNA: minimal format or full output, versions 4 and 5.

    Parameters
    ----------
    lines : the lines of the file

    Raises
    ------
    InputError
        The file is not a MEME file of DNA or RNA. The error names the file and the line.
    """
    if not is_meme(lines):
        jaspar = lines[0].text.startswith(">")
        raise lines[0].refuse(
            f"{lines[0].text.strip()[:40]!r}", "a MEME file starts with 'MEME version'",
            "The file looks like JASPAR: write sd.read_motifs(path)" if jaspar else "",
        )  # fmt: skip
    motifs = list(blocks(lines, r"MOTIF\s+(\S.*)"))
    first = motifs[0].head.number if motifs else np.inf
    alphabet = _alphabet([line for line in lines if line.number < first])
    return with_unique_names([block.motif(_table(block), alphabet) for block in motifs], lines[0].file)


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
    for line in preamble:
        if line.text.startswith("ALPHABET"):
            name = line.text.removeprefix("ALPHABET").strip(' =\t"').upper()
            for alphabet in (DNA, RNA):
                if name == alphabet.letters or re.match(rf"{alphabet.name}\b", name, re.IGNORECASE):
                    return alphabet
            raise line.refuse(f"the alphabet {name!r}", "motifs of DNA (ACGT) or RNA (ACGU) are accepted")
    return None


def _table(block: Block) -> NDArray[np.float64]:
    """Probabilities (width, 4): the rows after 'letter-probability matrix:'."""
    at = next((i for i, line in enumerate(block.body) if line.text.startswith("letter-probability matrix")), None)
    if at is None:
        log_odds = any(line.text.startswith("log-odds matrix") for line in block.body)
        raise block.head.refuse(
            f"motif {block.name} has no letter-probability matrix", "each motif needs one",
            "To use its log-odds matrix, write sd.Motif.from_pwm(name, scores)" if log_odds else "",
        )  # fmt: skip
    head = block.body[at]
    declared = {key: int(value) for key, value in re.findall(r"\b(alength|w)=\s*(\d+)", head.text)}
    if declared.get("alength", 4) != 4:
        raise head.refuse(
            f"motif {block.name} has alength= {declared['alength']}", "an alphabet of four letters is needed"
        )
    rows: list[list[float]] = []
    for line in takewhile(lambda line: _STARTS_WITH_NUMBER.match(line.text), block.body[at + 1 :]):
        row = numbers(line.text)
        if row is None or len(row) != 4:
            raise line.refuse(
                f"{line.text.strip()[:60]!r} as position {len(rows)} of motif {block.name}",
                "a row of a letter-probability matrix is four numbers",
            )
        # The matrix of a Motif may have rows of zeros, for positions that keep the background. A file may not.
        if not any(row):
            raise line.refuse(f"motif {block.name} has only zeros at position {len(rows)}", "probabilities sum to 1")
        rows.append(row)
    if len(rows) != declared.get("w", len(rows) or 1):
        width = f"declares w= {declared['w']} and " if "w" in declared else ""
        raise head.refuse(f"motif {block.name} {width}has {len(rows)} rows", "one row for each position is needed")
    return np.array(rows)
