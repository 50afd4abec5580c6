"""Motifs written as a file that other tools read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
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
        No motifs, what is no motif, or motifs of both alphabets; a path that can't be written to.

    Examples
    --------
    >>> import tempfile
    >>> from seqdo.motifs.files.motif_file import read_motifs
    >>> path = write_motifs([Motif.from_string("GATTACA")], tempfile.mkdtemp() + "/one.meme")
    >>> read_motifs(path)[0].text
    'GATTACA'
    """
    listed = list(motifs) if isinstance(motifs, Iterable) else [motifs]
    if isinstance(motifs, str | Motif) or not all(isinstance(motif, Motif) for motif in listed):
        kinds = dict.fromkeys(type(one).__name__ for one in ([motifs] if isinstance(motifs, str) else listed))
        raise InputError(
            f"motifs of type {' and '.join(kinds)}", "a list of Motifs is needed",
            "Write write_motifs([motif], path), and Motif.from_string(text) for letters",
        )  # fmt: skip
    alphabets = {motif.alphabet or DNA for motif in listed}
    if len(alphabets) != 1:
        given = "no motifs" if not listed else "motifs of DNA and of RNA"
        raise InputError(given, "motifs of one alphabet are written to one file", "Write a file for each")
    nameless = [motif.name for motif in listed if not motif.name.strip() or len(motif.name.splitlines()) > 1]
    if nameless:
        raise InputError(f"a motif called {nameless[0]!r}", "a MEME file has its name on one line", "Rename it")
    lines = ["MEME version 4", "", f"ALPHABET= {alphabets.pop().letters}", ""]
    for motif in listed:
        lines += [f"MOTIF {motif.name}", f"letter-probability matrix: alength= 4 w= {motif.width}"]
        places = (place if place.any() else [0.25] * 4 for place in motif.matrix)
        lines += [" ".join(f"{share:.6f}" for share in place) for place in places]
        lines.append("")
    target = Path(path)
    if not target.parent.is_dir():
        raise InputError(f"{target}", f"there is no folder {target.parent.resolve()}", "Make it first")
    try:
        if target.is_dir():
            raise InputError(f"{target}", "it is a folder; a file is needed", f'Write "{target / "motifs.meme"}"')
        partial = target.with_name(f".{target.name}.partial")
        partial.write_text("\n".join(lines), encoding="utf-8")
        return partial.replace(target)
    except OSError as error:
        raise InputError(f"{target}", f"it can't be written ({error.strerror})", "Give another path") from None
