"""Windows on a genome: where each locus is cut, which letters stand there, and why a window cannot be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from seqdo.sequences.alphabet import DNA
from seqdo.sequences.files.contigs import contig_advice, matched_contigs
from seqdo.sequences.files.genome import Letters
from seqdo.sequences.files.records import ANY_AMBIGUOUS
from seqdo.sequences.loci.locus import Locus

Center = Literal["summit", "middle", "start"]
"""What the middle of a window is: the summit where there is one, else the middle; the middle; or the 5' end."""

_COMPLEMENTS = str.maketrans("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN")


def placed(locus: Locus, length: int | None, center: Center) -> Locus:
    """The window of a locus: the locus itself, or ``length`` letters around its center.

    The center is letter ``length // 2`` of the window, counted from 0 on the + strand.

    Parameters
    ----------
    locus : a locus
    length : of the window, in bp; None keeps the locus
    center : what the middle of the window is

    Examples
    --------
    >>> placed(Locus("line 1", "", "chr1", 100, 200), 40, "middle").text
    'chr1:130-170'
    >>> placed(Locus("line 1", "", "chr1", 100, 200, summit=110), 40, "summit").text
    'chr1:90-130'
    """
    if length is None:
        return locus
    middle = (locus.start + locus.stop) // 2
    if center == "summit" and locus.summit is not None:
        middle = locus.summit
    if center == "start":
        middle = locus.stop - 1 if locus.strand == "-" else locus.start
    start = middle - length // 2
    return replace(locus, start=start, stop=start + length)


def on_genome(loci: Sequence[Locus], length: int | None, center: Center, letters: Letters) -> list[Locus]:
    """The windows of loci, with a flaw where the genome has no such window, or where a window occurs twice.

    Parameters
    ----------
    loci : all loci of a file
    length, center : as in :func:`placed`
    letters : of the genome
    """
    names = matched_contigs((locus.contig for locus in loci), letters.lengths)
    earlier: dict[tuple[str, int, int, str], str] = {}
    windows = []
    for locus in loci:
        if locus.flaw:
            windows.append(locus)
            continue
        window = placed(locus, length, center)
        flaw = _off_genome(locus, window, names, letters)
        twin = earlier.setdefault((locus.contig, window.start, window.stop, window.strand), locus.place)
        if not flaw and twin != locus.place:
            flaw = f"the same window as {twin}"
        windows.append(replace(window, flaw=flaw))
    return windows


def window_letters(window: Locus, contig: str, letters: Letters, stranded: bool) -> str:
    """The letters of a window; of one on the - strand, the reverse complement.

    Parameters
    ----------
    window : a window on the genome
    contig : its contig, as the genome has it
    letters : of the genome
    stranded : False reads the + strand always
    """
    text = letters.read(contig, window.start, window.stop).upper().replace("U", "T")
    return text.translate(_COMPLEMENTS)[::-1] if stranded and window.strand == "-" else text


def unreadable(window: Locus, text: str, ambiguous: bool) -> Locus:
    """The window, with a flaw if its letters cannot be read.

    Parameters
    ----------
    window : a window on the genome
    text : its letters
    ambiguous : may it hold N and other ambiguous letters?
    """
    number = len(ANY_AMBIGUOUS.findall(text))
    if number and not ambiguous:
        first = ANY_AMBIGUOUS.search(text)
        letter, position = (first[0], first.start()) if first else ("N", 0)
        return replace(
            window, flaw=f"{number} of {len(text)} bp are ambiguous letters, first {letter} at position {position}"
        )
    others = sorted(set(ANY_AMBIGUOUS.sub("", text)) - set(DNA.letters))
    return replace(window, flaw=f"the genome has the character {others[0]!r} there") if others else window


def with_names(windows: Sequence[Locus]) -> list[Locus]:
    """The windows with unique names: their own, their place where they have none, and both where two have one name.

    Parameters
    ----------
    windows : no two at the same place on the same strand

    Examples
    --------
    >>> rows = [Locus("line 1", "a", "1", 0, 9), Locus("line 2", "a", "1", 5, 9), Locus("line 3", "", "1", 7, 9)]
    >>> [window.name for window in with_names(rows)]
    ['a 1:0-9', 'a 1:5-9', '1:7-9']
    """
    times = Counter(window.name for window in windows)
    names = [
        window.name if window.name and times[window.name] == 1 else f"{window.name} {window.text}".strip()
        for window in windows
    ]
    return [replace(window, name=name) for window, name in zip(windows, names, strict=True)]


def _off_genome(locus: Locus, window: Locus, names: dict[str, str], letters: Letters) -> str:
    """Why the genome has no such window; "" if it has."""
    if locus.contig not in names:
        return f"the genome has no sequence {locus.contig!r}: {contig_advice(locus.contig, letters.lengths)}"
    size = letters.lengths[names[locus.contig]]
    if locus.stop > size:
        return f"{locus.text} ends behind the {size:,} bp of {locus.contig}"
    if window.start < 0 or window.stop > size:
        return f"the window {window.text} reaches beyond {locus.contig}, which has {size:,} bp"
    if locus.summit is not None and not locus.start <= locus.summit < locus.stop:
        return f"the summit {locus.summit} is outside {locus.text}"
    return ""
