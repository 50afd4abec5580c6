"""Motif files: read in any of the formats that are supported, and written in MEME's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from seqdo.errors import InputError
from seqdo.motifs.files.jaspar import jaspar_motifs
from seqdo.motifs.files.meme import is_meme, meme_motifs, meme_text
from seqdo.motifs.files.motif_lines import motif_lines
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA


def read_motifs(path: str | PathLike[str]) -> list[Motif]:
    r"""Read all motifs of a MEME or JASPAR file. The first lines decide which format it is.

    The name of a motif is its identifier and its second name, as in the file (``MA0139.1 CTCF``). If two motifs have
    the same name, the second gets ``.2`` after its name, and the log reports it.

    Parameters
    ----------
    path : a MEME file (minimal format or full output, versions 4 and 5) or a JASPAR file, gzipped or not

    Raises
    ------
    InputError
        The file is missing, holds no motifs or cannot be read. The error names the file and the line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "one.jaspar"
    >>> _ = path.write_text(">M1 site\nA [ 0 9 ]\nC [ 0 0 ]\nG [ 9 1 ]\nT [ 0 0 ]\n")
    >>> [(motif.name, motif.text) for motif in read_motifs(path)]
    [('M1 site', 'GA')]
    """
    lines = motif_lines(path)
    return meme_motifs(lines) if is_meme(lines) else jaspar_motifs(lines)


def write_motifs(motifs: Sequence[Motif], path: str | PathLike[str]) -> Path:
    """Write motifs in MEME's minimal format, version 4. :func:`seqdo.read_motifs` and the MEME suite read such a file.

    The file appears under its name only when it is complete.

    Parameters
    ----------
    motifs : at least one motif, all of one alphabet; without an alphabet they are written as DNA
        A position that keeps the letter of the background (N) is written as four equal probabilities.
    path : where to write; an existing file is replaced

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        ``motifs`` is empty, has an item that is not a Motif, or has motifs of both alphabets; or ``path`` can't be
        written to.

    Examples
    --------
    >>> import tempfile
    >>> path = write_motifs([Motif.from_string("GATTACA")], tempfile.mkdtemp() + "/one.meme")
    >>> read_motifs(path)[0].text
    'GATTACA'
    """
    text = meme_text(_writable(motifs))
    target = Path(path)
    if not target.parent.is_dir():
        raise InputError(
            f"path={str(path)!r}", f"there is no folder {target.parent.resolve()}", "Create the folder first"
        )
    try:
        if target.is_dir():
            raise InputError(
                f"path={str(path)!r} is a folder", "the path of a file is needed", f'Write "{target / "motifs.meme"}"'
            )
        partial = target.with_name(f".{target.name}.partial")
        partial.write_text(text, encoding="utf-8")
        return partial.replace(target)
    except OSError as error:
        raise InputError(
            f"path={str(path)!r}", f"the file can't be written ({error.strerror})", "Use another path"
        ) from None


def _writable(motifs: Sequence[Motif]) -> list[Motif]:
    """The motifs, if one MEME file can hold them."""
    single = isinstance(motifs, str | Motif) or not isinstance(motifs, Iterable)
    items: list[object] = [motifs] if single else list(motifs)
    writable = [] if single else [item for item in items if isinstance(item, Motif)]
    if len(writable) < len(items):
        kinds = " and ".join(dict.fromkeys(type(item).__name__ for item in items))
        raise InputError(
            f"`motifs` {'is' if single else 'has items'} of type {kinds}", "a list of Motifs is needed",
            "Write sd.write_motifs([motif], path), and sd.Motif.from_string(text) for letters",
        )  # fmt: skip
    alphabets = {motif.alphabet or DNA for motif in writable}
    if len(alphabets) != 1:
        problem = "has motifs of DNA and of RNA" if writable else "is empty"
        raise InputError(
            f"`motifs` {problem}", "at least one motif is needed, and all of one alphabet",
            "Write one file for each alphabet" if writable else "",
        )  # fmt: skip
    invalid = [motif.name for motif in writable if not motif.name.strip() or len(motif.name.splitlines()) > 1]
    if invalid:
        raise InputError(
            f"`motifs` has a motif named {invalid[0]!r}", "a MEME file has each name on one line", "Rename the motif"
        )
    return writable
