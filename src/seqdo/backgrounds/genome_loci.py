"""Loci of a genome, drawn at random, with the GC content of other loci."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqdo.backgrounds.background import whole
from seqdo.backgrounds.gc_matched import TOLERANCE, check_tolerance, gc_range
from seqdo.caller_warning import warn_caller
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.files.contigs import matched_contigs
from seqdo.sequences.files.genome import Letters
from seqdo.sequences.loci.locus import Bad, Locus, locus_table, usable
from seqdo.sequences.loci.read_loci import Genome, LociLike, loci_of, opened_genome, source_name
from seqdo.sequences.loci.windows import Center, on_genome, unreadable, window_letters
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import Seed, root, stream

TRIES = 20_000
"""Loci that are drawn for each target until one matches; a target without a match is refused."""

BATCH = 64
"""Loci that are drawn at a time."""


def gc_matched_loci(
    loci: LociLike,
    genome: Genome,
    n: int | None = None,
    rng: Seed = None,
    *,
    length: int | None = None,
    center: Center = "summit",
    exclude: LociLike | Iterable[LociLike] | None = None,
    tolerance: float = TOLERANCE,
    bad: Bad = "raise",
) -> Sequences:
    """Draw loci of a genome with the GC content of given loci, outside of these and, where possible, of one another.

    Locus i is drawn uniformly among all loci of the genome that have the length of target i mod N, a GC content within
    the tolerance of its GC content, and no N; on the contigs on which the targets lie.

    Parameters
    ----------
    loci : the targets, as `sd.read_loci` takes them: a BED, narrowPeak or GTF file, a table, or AnnData
    genome : as in `sd.read_loci`
    n : how many loci; by default one for each target
    rng : seed; the same seed gives the same loci, and the first loci of a larger n
    length, center, bad : as in `sd.read_loci`
    exclude : more loci that none of the drawn ones may overlap, such as all other peaks: a file or table, or a list
    tolerance : largest difference in GC between a locus and its target, from 0 to 1

    Returns
    -------
    Sequences
        On the + strand, called ``chr1:100-200``, with the table ``loci``.

    Raises
    ------
    InputError
        As in `sd.read_loci`; or no locus matches a target.

    Examples
    --------
    >>> genome = Sequences.from_strings(["ACGT" * 50], names=["chr1"])
    >>> peaks = {"chrom": ["chr1"], "start": [40], "end": [48]}
    >>> drawn = gc_matched_loci(peaks, genome, n=3, rng=0)
    >>> len(drawn), {text.count("C") + text.count("G") for text in drawn.to_strings()}
    (3, {4})
    """
    check_tolerance(tolerance)
    seed, source = root(rng), source_name(loci)
    with opened_genome(genome) as letters:
        targets = _targets(loci, length, center, bad, source, letters)
        number = len(targets) if n is None else whole("n", n, "a whole number of loci, at least 1, is needed")
        taken = _Taken(letters, [target.window for target in targets])
        for other in _listed(exclude):
            taken.exclude(other)
        matches = _Spans()
        drawn = [_match(targets[i % len(targets)], i, tolerance, taken, matches, seed) for i in range(number)]
    if matches.overlapping:
        warn_caller(
            f"{matches.overlapping} of {number} drawn loci overlap another one, because no other locus matches. "
            "A larger `tolerance`, or fewer loci, avoid this"
        )
    windows = [window for window, _ in drawn]
    names = [window.text for window in windows]
    return Sequences.from_strings([text for _, text in drawn], DNA, names).at_loci(locus_table(windows))


@dataclass(frozen=True)
class _Target:
    """A window whose GC content is matched, with the name of its contig in the genome."""

    window: Locus
    gc: float


class _Spans:
    """Stretches of contigs, and how many of them were added although they overlap another one."""

    def __init__(self) -> None:
        self.overlapping = 0
        self._spans: dict[str, tuple[list[int], list[int]]] = {}  # sorted starts, and sorted ends

    def add(self, contig: str, start: int, stop: int) -> None:
        """Add one stretch."""
        starts, stops = self._spans.setdefault(contig, ([], []))
        insort(starts, start)
        insort(stops, stop)

    def overlaps(self, contig: str, start: int, stop: int) -> bool:
        """Whether a locus overlaps a stretch."""
        starts, stops = self._spans.get(contig, ([], []))
        # As many stretches have begun before the locus ends as have ended before it begins, if none overlaps.
        return bisect_left(starts, stop) > bisect_right(stops, start)

    def begins(self, contig: str, start: int) -> bool:
        """Whether a stretch begins here."""
        starts = self._spans.get(contig, ([], []))[0]
        return bisect_left(starts, start) < bisect_right(starts, start)


class _Taken(_Spans):
    """Stretches of a genome that no locus may overlap, its letters, and the contigs that loci are drawn on."""

    def __init__(self, letters: Letters, windows: Sequence[Locus]) -> None:
        super().__init__()
        self.letters = letters
        self.contigs = sorted({window.contig for window in windows}, key=list(letters.lengths).index)
        for window in windows:
            self.add(window.contig, window.start, window.stop)

    def exclude(self, loci: LociLike) -> None:
        """Add loci; those that are no places on the genome's contigs exclude nothing."""
        rows = [locus for locus in loci_of(loci) if not locus.flaw]
        names = matched_contigs((row.contig for row in rows), self.letters.lengths)
        for row in rows:
            if row.contig in names:
                self.add(names[row.contig], row.start, row.stop)


def _targets(
    loci: LociLike, length: int | None, center: Center, bad: Bad, source: str, letters: Letters
) -> list[_Target]:
    """The windows that can be used, under the names that contigs have in the genome, with their GC content."""
    windows = on_genome(loci_of(loci), length, center, letters)
    names = matched_contigs((window.contig for window in windows), letters.lengths)
    texts = {}
    for number, window in enumerate(windows):
        if not window.flaw:
            texts[number] = window_letters(window, names[window.contig], letters, stranded=False)
            windows[number] = unreadable(window, texts[number], ambiguous=False)
    kept = usable(windows, bad, source)
    gc = {id(windows[number]): _gc(text) for number, text in texts.items()}
    return [_Target(_on_contig(window, names[window.contig]), gc[id(window)]) for window in kept]


def _on_contig(window: Locus, contig: str) -> Locus:
    return Locus(window.place, window.name, contig, window.start, window.stop)


def _gc(text: str) -> float:
    return (text.count("G") + text.count("C")) / len(text)


def _match(
    target: _Target, index: int, tolerance: float, taken: _Taken, matches: _Spans, seed: np.random.SeedSequence
) -> tuple[Locus, str]:
    """The first of the loci drawn for a target that matches it, and its letters; one apart from the matches if any."""
    window = target.window
    length = window.stop - window.start
    low, high = gc_range(np.array([target.gc]), tolerance)
    overlapping: tuple[Locus, str] | None = None
    for contig, start in _places(length, taken, stream(seed, "gc-matched loci", index)):
        clash = matches.overlaps(contig, start, start + length)
        if (clash and overlapping) or matches.begins(contig, start):
            continue
        text = taken.letters.read(contig, start, start + length).upper().replace("U", "T")
        if not (set(text) <= set(DNA.letters) and low[0] <= _gc(text) <= high[0]):
            continue
        match = Locus(f"match of {window.place}", window.name, contig, start, start + length)
        if not clash:
            matches.add(contig, start, start + length)
            return match, text
        overlapping = match, text
    if overlapping is None:
        raise InputError(
            f"`loci`: no match for {window.text} (GC {target.gc:.2f}, {length} bp) in {TRIES:,} draws",
            f"the genome needs a locus without N that differs in GC by {tolerance:g} at most and overlaps no target",
            "Pass a larger tolerance, a smaller n, or fewer loci to exclude",
        )
    matches.add(overlapping[0].contig, overlapping[0].start, overlapping[0].stop)
    matches.overlapping += 1
    return overlapping


def _places(length: int, taken: _Taken, rng: np.random.Generator) -> Iterator[tuple[str, int]]:
    """Contig and start of loci drawn uniformly from the contigs; those that overlap what is taken are left out."""
    starts = np.cumsum([max(taken.letters.lengths[contig] - length + 1, 0) for contig in taken.contigs])
    for _ in range(0, TRIES, BATCH):
        for place in (rng.random(BATCH) * starts[-1]).astype(np.int64):
            which = int(np.searchsorted(starts, place, "right"))
            contig, start = taken.contigs[which], int(place - (starts[which - 1] if which else 0))
            if not taken.overlaps(contig, start, start + length):
                yield contig, start


def _listed(exclude: LociLike | Iterable[LociLike] | None) -> list[LociLike]:
    """The files and tables of loci to exclude."""
    if exclude is None:
        return []
    return list(exclude) if isinstance(exclude, list | tuple) else [exclude]
