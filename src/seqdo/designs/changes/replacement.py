"""Sites of real sequences that are replaced: by letters drawn from a chain of their flanks, or by another motif."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import BLOCK
from seqdo.backgrounds.flanking_chain import chains, follow
from seqdo.designs.changes.change import Change, in_blocks
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import KEEP, PAD, Alphabet, complement
from seqdo.sequences.edit import Edit, refuse_off_end
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import stream


@dataclass(frozen=True, eq=False)
class Replaced(Change):
    """One site of each sequence, replaced by letters of a chain that is fitted to its flanks.

    Sequence i of a run has its sites in row i (modulo the rows). A replicate draws letters for each sequence and site;
    a site gets the same letters in every arm of a replicate, whichever other sites are replaced too.

    Attributes
    ----------
    begins, ends : int64 (rows, sites)
        Spans of all sites of each sequence, which do not overlap; -1 where a sequence has fewer and stays.
    site, replicate : which site of each row, and which draw, from 0
    window : length of either flank that the chain is fitted to; letters of sites do not count
    by : a motif that is written over the middle of the drawn letters, which remain where the site is wider
    minus : bool (rows, sites), sites on the other strand, where the motif is written as its reverse complement

    Examples
    --------
    >>> from seqdo.sequences.edit import apply
    >>> two = Sequences.from_strings(["ATATGATTACATATAT", "GCGCGCGCGCGCGCGC"])
    >>> first = Replaced(np.array([[4], [-1]]), np.array([[11], [-1]]), 0, 0)
    >>> apply(two, [first.edit(np.random.SeedSequence(0), 0, two)]).to_strings()
    ['ATATAAAGTTATATAT', 'GCGCGCGCGCGCGCGC']
    """

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    site: int
    replicate: int
    window: int = 50
    by: Motif | None = None
    minus: NDArray[np.bool_] | None = None

    @property
    def turns(self) -> int:
        """The number of rows of sites."""
        return len(self.begins)

    @property
    def name(self) -> str:
        """Its name in errors."""
        return f"site {self.site + 1}" if self.by is None else f"{self.by} at site {self.site + 1}"

    @property
    def label(self) -> str:
        """Site and replicate, from 1."""
        return f"{self.name}, replicate {self.replicate + 1}"

    @property
    def patterns(self) -> tuple[Motif, ...]:
        """The motif, if there is one."""
        return () if self.by is None else (self.by,)

    @property
    def stranded(self) -> bool:
        """Is a motif written as its reverse complement?"""
        return self.by is not None and self.minus is not None and bool(self.minus[:, self.site].any())

    @property
    def alphabet(self) -> Alphabet | None:
        """The alphabet of the motif."""
        return None if self.by is None else self.by.alphabet

    @property
    def writes(self) -> tuple[object, ...]:
        """Equal for the same draw at the same sites."""
        where = [each.tobytes() for each in (self.begins, self.ends, self.minus) if each is not None]
        motif = self.by and self.by.matrix.tobytes()
        return "replaced", sha256(b"".join(where)).hexdigest(), self.site, self.replicate, self.window, motif

    @cached_property
    def spans(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(rows,) from where to where letters are written: the site, or the motif where it is wider; -1 for none."""
        begin, end = self.begins[:, self.site], self.ends[:, self.site]
        if self.by is None:
            return begin, end
        left = begin + (end - begin - self.by.width) // 2
        first, last = np.minimum(begin, left), np.maximum(end, left + self.by.width)
        return np.where(begin < 0, -1, first), np.where(begin < 0, -1, last)

    @property
    def there(self) -> NDArray[np.bool_]:
        """(rows,) is there such a site?"""
        return self.begins[:, self.site] >= 0

    @property
    def starts(self) -> tuple[int, ...]:
        """Every start, in order."""
        return tuple(np.unique(self.spans[0][self.there]).tolist())

    @cached_property
    def width(self) -> int:
        """Width of the widest span."""
        return int((self.spans[1] - self.spans[0]).max())

    @property
    def columns(self) -> NDArray[np.int64]:
        """Every column that a row has a letter for."""
        places = [np.arange(*span) for span in {*zip(*(side[self.there].tolist() for side in self.spans), strict=True)}]
        return np.unique(np.concatenate(places))

    def check(self, lengths: NDArray[np.int64]) -> None:
        """Refuse a span off the end of its own sequence, and sequences that are shorter than the widest span."""
        rows = np.arange(len(lengths)) % len(self.begins)
        begin, end = (side[rows] for side in self.spans)
        off = np.flatnonzero(self.there[rows] & ((begin < 0) | (end > lengths)))
        if len(off):
            row = off[0]
            refuse_off_end(
                self.name, int(end[row] - begin[row]), int(begin[row]), int(lengths[row]), len(off), len(rows)
            )
        if self.width > lengths.min():
            refuse_off_end(self.name, self.width, 0, int(lengths.min()), 1, len(rows))

    def edit(self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> Edit:
        """The edit of backgrounds first, first + 1, ... of the run with this seed."""
        rows = np.arange(first, first + len(backgrounds)) % len(self.begins)
        begin, end = (side[rows] for side in self.spans)
        letters = self._letters(seed, first, backgrounds, rows, begin)
        # Where the widest span would fall off the end, it starts further left and writes only the letters of the site.
        at = np.where(self.there[rows], np.minimum(begin, backgrounds.lengths - self.width), 0)
        places = np.arange(self.width)
        row, place = np.nonzero(self.there[rows][:, None] & (places < (end - begin)[:, None]))
        written = np.full((len(rows), self.width), KEEP, np.uint8)
        written[row, (begin - at)[row] + place] = letters[row, place]
        return Edit(self.name, written, at)

    def _letters(
        self,
        seed: np.random.SeedSequence,
        first: int,
        backgrounds: Sequences,
        rows: NDArray[np.int64],
        begin: NDArray[np.int64],
    ) -> NDArray[np.uint8]:
        """(n, width) letters from the beginning of each span; without meaning for sequences that lack the site."""
        n = len(rows)
        letters = self._drawn(seed, first, backgrounds, rows, begin)
        if self.by is not None:
            at, to = self.begins[rows, self.site], self.ends[rows, self.site]
            offset = np.where(at < 0, 0, at + (to - at - self.by.width) // 2 - begin)
            places = offset[:, None] + np.arange(self.by.width)
            motif = self._motif_letters(seed, first, n, rows)
            here = letters[np.arange(n)[:, None], places]
            np.put_along_axis(letters, places, np.where(motif == KEEP, here, motif), 1)
        return letters

    def _drawn(
        self,
        seed: np.random.SeedSequence,
        first: int,
        backgrounds: Sequences,
        rows: NDArray[np.int64],
        begin: NDArray[np.int64],
    ) -> NDArray[np.uint8]:
        """(n, width) letters of the chain from the beginning of each span, before any motif is written."""
        n, width = len(rows), self.width
        purpose = f"replacement of site {self.site}, replicate {self.replicate}"
        numbers = in_blocks(first, n, lambda block: stream(seed, purpose, block).random((BLOCK, width)))
        taken = self._taken(rows, backgrounds.codes.shape[1])
        at, to = self.begins[rows, self.site], self.ends[rows, self.site]
        near = chains(backgrounds, at, to, taken, self.window)
        left = np.maximum(begin - 1, 0)
        preceded = (begin > 0) & ~taken[np.arange(n), left]
        return follow(near, np.where(preceded, backgrounds.codes[np.arange(n), left], PAD).astype(np.uint8), numbers)

    def _motif_letters(
        self, seed: np.random.SeedSequence, first: int, n: int, rows: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """(n, width of the motif) its letters, each on the strand of its site."""
        motif = self.by
        assert motif is not None  # noqa: S101 - called only where there is a motif
        purpose = f"letters of {motif.name}, site {self.site}, replicate {self.replicate}"
        drawn = in_blocks(
            first,
            n,
            lambda block: np.broadcast_to(motif.draw(BLOCK, stream(seed, purpose, block)), (BLOCK, motif.width)),
        )
        other = np.zeros(n, bool) if self.minus is None else self.minus[rows, self.site]
        return np.where(other[:, None], complement(drawn)[:, ::-1], drawn).astype(np.uint8)

    def _taken(self, rows: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
        """(n, length) does a letter belong to a site?"""
        edges = np.zeros((len(rows), length + 1), np.int8)
        row, site = np.nonzero(self.begins[rows] >= 0)
        np.add.at(edges, (row, self.begins[rows[row], site]), 1)
        np.add.at(edges, (row, self.ends[rows[row], site]), -1)
        return edges[:, :length].cumsum(1, dtype=np.int8) > 0
