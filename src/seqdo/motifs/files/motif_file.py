"""Motif files: read in any of the formats that are supported, and written in MEME's."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

from seqdo.errors import InputError
from seqdo.motifs.files.formats.meme import meme_text
from seqdo.motifs.files.motif_format import named_format, recognized_format, refuse_wrong_format
from seqdo.motifs.files.motif_lines import motif_lines
from seqdo.motifs.files.motif_records import OnBadRecords, kept
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.whole_file import whole_file


def read_motifs(path: str | PathLike[str], *, format: str | None = None, errors: OnBadRecords = "raise") -> list[Motif]:
    r"""Read all motifs of a MEME, JASPAR, TRANSFAC, HOMER, CIS-BP, HOCOMOCO, UniPROBE or cisTarget file.

    The name of a motif is its identifier and its second name, as in the file (``MA0139.1 CTCF``). If two motifs have
    the same name, the second gets ``.2`` after its name, and the log reports it. A motif that the file names and does
    not define, such as ``MOTIF`` without a matrix, is skipped with a warning.

    Parameters
    ----------
    path : a motif file, gzipped or not
    format : "meme", "jaspar", "transfac", "homer", "cisbp", "hocomoco", "uniprobe" or "clusterbuster" (cisTarget)
        By default it is recognized from the content. A 4 x 4 table without labels may need it.
    errors : "raise" to refuse a file with a bad record, "skip" to leave bad records out, with a warning
        In both cases all bad records are listed, with their line, name and reason.

    Raises
    ------
    InputError
        The file is missing, holds no motifs, is of no such format, or has a bad record. The error names file and line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "one.jaspar"
    >>> _ = path.write_text(">M1 site\nA [ 0 9 ]\nC [ 0 0 ]\nG [ 9 1 ]\nT [ 0 0 ]\n")
    >>> [(motif.name, motif.text) for motif in read_motifs(path)]
    [('M1 site', 'GA')]
    """
    if errors not in ("raise", "skip"):
        raise InputError(f"errors={errors!r}", '"raise" or "skip" is accepted', 'Write errors="skip"')
    chosen = named_format(format) if format is not None else None
    lines = motif_lines(path)
    if not lines and errors == "skip":
        warnings.warn(f"file {path} is empty: no motif was read", stacklevel=2)
        return []
    if not lines:
        raise InputError(
            f"file {path} is empty", "a motif file with at least one motif is needed",
            "Check the path, and that the file was written or downloaded whole",
        )  # fmt: skip
    records = list((chosen or recognized_format(lines)).records(lines))
    if chosen and not any(isinstance(record, Motif) for record in records):
        refuse_wrong_format(chosen, lines)
    return kept(records, lines[0].file, errors)


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
    with whole_file(path, "motifs.meme") as partial:
        partial.write_text(text, encoding="utf-8")
    return Path(path)


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
