"""Motifs written as a file that other tools read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA


def write_motifs(motifs: Sequence[Motif], path: str | os.PathLike[str]) -> Path:
    """Write motifs in MEME's minimal format, version 4, which :func:`seqdo.read_motifs` and the MEME suite read.

    A motif without an alphabet is written in DNA's letters; a place without letters (N) as all four alike. The file
    appears under its name only when it is whole.

    Raises
    ------
    InputError
        No motifs, or motifs of both alphabets.

    Examples
    --------
    >>> import tempfile
    >>> from seqdo.motifs.io import read_motifs
    >>> path = write_motifs([Motif.from_string("GATTACA")], tempfile.mkdtemp() + "/one.meme")
    >>> read_motifs(path)[0].text
    'GATTACA'
    """
    alphabets = {motif.alphabet or DNA for motif in motifs}
    if len(alphabets) != 1:
        given = "no motifs" if not motifs else "motifs of DNA and of RNA"
        raise InputError(given, "motifs of one alphabet are written to one file", "Write a file for each")
    lines = ["MEME version 4", "", f"ALPHABET= {alphabets.pop().letters}", ""]
    for motif in motifs:
        lines += [f"MOTIF {motif.name}", f"letter-probability matrix: alength= 4 w= {motif.width}"]
        places = (place if place.any() else [0.25] * 4 for place in motif.matrix)
        lines += [" ".join(f"{share:.6f}" for share in place) for place in places]
        lines.append("")
    target = Path(path)
    partial = target.with_name(f".{target.name}.partial")
    partial.write_text("\n".join(lines), encoding="utf-8")
    return partial.replace(target)
