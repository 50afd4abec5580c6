"""Sites of real sequences: occluded where they stand, swapped for others, and moved into shuffles without the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from seqdo.designs.builder import Builder
from seqdo.designs.call import recorded
from seqdo.designs.changes.per_sequence import Written
from seqdo.designs.changes.replacement import Replaced
from seqdo.designs.changes.site import place
from seqdo.designs.design import NONE, Arm, Design
from seqdo.errors import InputError
from seqdo.motifs.matches import refuse_blank
from seqdo.motifs.motif import Motif, as_motif
from seqdo.motifs.site_search import find_sites
from seqdo.motifs.site_table import checked, labels
from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.files.tabular import Columns, frame_of
from seqdo.sequences.sequences import Sequences, SequencesLike, as_sequences

Sites = str | Motif | pd.DataFrame | Columns
"""A pattern whose sites are found, or a table of sites."""

ENOUGH = 25
"""Replicates from which on the draws add little: of the variance that one adds, 25 leave 4 %."""


@recorded
def occlude(
    sequences: SequencesLike, sites: Sites, *,
    number: int | None = None, replicates: int = ENOUGH, by: Sequence[str | Motif] = (), window: int = 50,
) -> Design:  # fmt: skip
    """What do the sites of these sequences do where they stand? Each is replaced by random letters of its own place.

    The effect on the treated (ATT): of sites in the sequences that have them, not of a pattern written into any
    sequence, so it is never called "effect" nor pooled with one. Letters are drawn from a chain that is fitted to both
    sides of the site in its own sequence (:mod:`seqdo.backgrounds.flanking_chain`), again for each sequence, site and
    replicate; they may happen to make a site again. Replicates are averaged within a sequence, and n counts sequences.
    Those without a site are left out, and the question says how many.

    Parameters
    ----------
    sequences : real sequences
    sites : a pattern, whose sites are those of ``find_sites(sequences, sites)``, or a table as that returns
    number : only sequences with exactly so many sites; then single ones are occluded too
    replicates : draws for each site; below 25 they add to the intervals
    by : motifs that are written in place of the sites, on their strand; another length is centred on the site
    window : letters on either side of a site that its replacement is drawn after

    Contrasts: ``on the treated`` (as it is − occluded: positive where sites help) by ``occluded``: all; with
    ``number`` also site 1 (from the left), ..., and all but site 1 (leave-one-in), ..., and ``beyond the sum`` (all −
    the sum of each alone; 0 where sites know nothing of one another). With ``by`` also ``swap`` (as it is − with the
    other motif), by ``pattern``.

    Raises
    ------
    InputError
        No sequence with such sites; fewer than one replicate; a table that is wrong; motifs of ``by`` that would
        overlap, or that are given twice; sites that leave nothing of a sequence to draw after, or that are longer than
        another sequence.

    Examples
    --------
    >>> print(occlude(["CCGATTACACCGATTACACC", "CCCCCCCCCCCCCCCCCCCC"], "GATTACA", number=2))
    occlude: What do the 2 sites of GATTACA do in the 1 of 2 sequences that have them?
      arms       76: none, all (1), all (2), all (3), all (4), …, site 2 (25)
      factor     occluded: all, site 1, site 2
      contrasts  on the treated (3), beyond the sum (1)
      cost       76 forward passes of each model member at n=1
    """
    many, near = place(replicates, "replicates", 1), place(window, "window", 1)
    known = as_sequences(sequences)
    used, table, question = _used(known, sites, number)
    begins, ends, minus = _spans(table, used)
    _refuse_whole(begins, ends, used)
    _refuse_long(begins, ends, used)
    build, count = Builder(), begins.shape[1]
    every = list(range(count))
    singles = every if number and count > 1 else []
    groups = {"all": every} | {f"site {k + 1}": [k] for k in singles}
    groups |= {f"all but site {k + 1}": [j for j in every if j != k] for k in singles if count > 2}
    weights = {
        what: _arms(build, what, [[Replaced(begins, ends, k, draw, near) for k in some] for draw in range(many)])
        for what, some in groups.items()
    }
    for what, without in weights.items():
        less = {arm: -share for arm, share in without.items()}
        build.contrast("on the treated", {NONE: 1.0} | less, {"occluded": what})
    if singles:
        alone = {arm: share for k in singles for arm, share in weights[f"site {k + 1}"].items()}
        joint = {arm: -share for arm, share in weights["all"].items()}
        build.contrast("beyond the sum", {NONE: 1.0 - count} | joint | alone)
    question += _swaps(build, by, many, Replaced(begins, ends, 0, 0, near, None, minus), used)
    few = f" Only {many} replicate{'s' if many > 1 else ''} of each: {ENOUGH} are advised." if many < ENOUGH else ""
    return build.design("occlude", question + few, used)


@recorded
def transplant(sequences: SequencesLike, sites: Sites, *, flank: int = 0) -> Design:
    """Are the sites of these sequences enough? They alone, with their own letters and places, in other sequences.

    Run it on ``sd.backgrounds.shuffled(sequences)``, of the same sequences: background i gets the sites of sequence i
    (modulo their number), so what is kept is the composition and the sites, and nothing else. On any other
    background of that length, n is their number at most. Beside ``occlude`` it tells sufficient from necessary.

    Parameters
    ----------
    sequences : real sequences, each with at least one site
    sites : a pattern, whose sites are those of ``find_sites(sequences, sites)``, or a table as that returns
    flank : letters on either side of each site that are taken along, as far as the sequence goes

    Contrasts: ``effect`` (with the sites − without).

    Raises
    ------
    InputError
        Sequences without a site; a table that is wrong.

    Examples
    --------
    >>> design = transplant(["CCGATTACACCC", "GATTACAGGGGG"], "GATTACA", flank=1)
    >>> outcomes_of = Sequences.from_strings(["A" * 12, "C" * 12])
    >>> from seqdo.sequences.edit import apply
    >>> apply(outcomes_of, design.arms["sites"].edits(np.random.SeedSequence(0), 0, outcomes_of)).to_strings()
    ['ACGATTACACAA', 'GATTACAGCCCC']
    """
    known, beside = as_sequences(sequences), place(flank, "flank", 0)
    used, table, _ = _used(known, sites, None)
    if len(used) < len(known):
        raise InputError(
            f"{len(known) - len(used)} of {len(known)} sequences without a site",
            "each sequence gives its own, and the shuffles have to be of the same sequences",
            "Write used = sd.occlude(sequences, sites).sequences, for transplant(...) and backgrounds.shuffled(...)",
        )  # fmt: skip
    begins, ends, _ = _spans(table, used)
    there = begins >= 0
    begins = np.where(there, np.maximum(begins - beside, 0), used.lengths[:, None])
    ends = np.where(there, np.minimum(ends + beside, used.lengths[:, None]), 0)
    build = Builder()
    # Stretches of which a short sequence has none start further left there, and write nothing: they agree.
    parts = tuple(_stretches(begins, ends, used))
    build.arms["sites"] = Arm(parts, agree=len(parts) > 1)
    build.effect("sites")
    along = f" with {beside} letters on either side" if beside else ""
    return build.design("transplant", f"Are the sites of {_name(table)}{along}, alone in other sequences, enough?")


def _stretches(begins: NDArray[np.int64], ends: NDArray[np.int64], used: Sequences) -> Iterator[Written]:
    """The sites' letters, from the first site of each sequence on, in stretches as long as the shortest sequence."""
    at, width = begins.min(1), int((ends.max(1) - begins.min(1)).max())
    size = min(width, int(used.lengths.min()))
    for first in range(0, width, size):
        start = np.minimum(at + first, used.lengths - size)
        places = start[:, None] + np.arange(size)
        inside = ((places[:, None] >= begins[:, :, None]) & (places[:, None] < ends[:, :, None])).any(1)
        inside &= places >= at[:, None] + first
        if inside.any():
            own = np.take_along_axis(used.codes, places, 1)
            yield Written("sites", np.where(inside, own, KEEP).astype(np.uint8), start)


def _used(known: Sequences, sites: Sites, number: int | None) -> tuple[Sequences, pd.DataFrame, str]:
    """The sequences that have the sites, the table of these alone (rows counted in them), and the question."""
    wanted = None if number is None else place(number, "number", 1)
    sites = frame_of(sites, typed=True) if isinstance(sites, Mapping) else sites
    found = sites if isinstance(sites, pd.DataFrame) else find_sites(known, sites)
    table = checked(found, known)
    if isinstance(sites, pd.DataFrame) and table.empty:
        raise InputError("a table of sites without a row", "at least one site is needed", "Look at sd.find_sites(...)")
    have = np.bincount(table["sequence"], minlength=len(known))
    kept = np.flatnonzero(have > 0 if wanted is None else have == wanted)
    what = _name(table) if isinstance(sites, pd.DataFrame) else str(sites)
    if not len(kept):
        most = f"; the most that one has is {have.max()}" if have.any() else ""
        raise InputError(
            f"{len(known)} sequences of up to {known.lengths.max()} letters, none with "
            f"{'a site' if wanted is None else f'exactly {wanted} sites'} of {what}{most}",
            "at least one sequence with such sites is needed", "Look at sd.find_sites(sequences, sites)",
        )  # fmt: skip
    table = table[np.isin(table["sequence"], kept)]
    table = table.assign(sequence=np.searchsorted(kept, table["sequence"]))
    which = "sites" if wanted is None else "site" if wanted == 1 else f"{wanted} sites"
    of = f"{len(kept):,}" if len(kept) == len(known) else f"{len(kept):,} of {len(known):,}"
    do = "does" if wanted == 1 else "do"
    question = f"What {do} the {which} of {what} do in the {of} sequences that have {'it' if wanted == 1 else 'them'}?"
    return known[kept], table, question


def _spans(table: pd.DataFrame, used: Sequences) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Starts, stops and strands (sequences, most sites) of a table in order; -1 where a sequence has fewer."""
    rows = table["sequence"].to_numpy()
    rank = table.groupby("sequence").cumcount().to_numpy()
    shape = (len(used), int(rank.max()) + 1)
    begins, ends, minus = np.full(shape, -1), np.full(shape, -1), np.zeros(shape, bool)
    begins[rows, rank], ends[rows, rank] = table["start"], table["stop"]
    minus[rows, rank] = table["strand"] == "-"
    return begins, ends, minus


def _arms(build: Builder, what: str, replicates: list[list[Replaced]]) -> dict[str, float]:
    """An arm for each replicate of what is replaced; each with its share of their mean."""
    names = [f"{what} ({draw + 1})" for draw in range(len(replicates))]
    # Changes of sequences that have no such site span letters that they leave as they are, so arms agree on overlap.
    build.arms |= {name: Arm(tuple(changes), agree=True) for name, changes in zip(names, replicates, strict=True)}
    return dict.fromkeys(names, 1 / len(names))


def _swaps(build: Builder, by: Sequence[str | Motif], many: int, site: Replaced, used: Sequences) -> str:
    """Arms and contrasts of motifs in place of the sites; what the question says of their lengths."""
    if isinstance(by, str | Motif) or not isinstance(by, Iterable):
        write = f'Write by=["{by}"]' if isinstance(by, str | Motif) else "Leave it out for none"
        raise InputError(f"by={by!r}", "a list of motifs is needed", write)
    widths = (site.ends - site.begins)[site.begins >= 0]
    names, centred = list[str](), list[str]()
    for motif in map(as_motif, by):
        refuse_blank(motif)
        if motif.name in names:
            raise InputError(f"{motif} given twice in by", "each motif is given once")
        names.append(motif.name)
        # Where nothing is drawn, neither the motif's letters nor any beside it, replicates would be one and the same.
        drawn = bool((motif.matrix.max(1) < 1).any() or motif.width < widths.max())
        replaced = [
            [replace(site, site=k, replicate=draw, by=motif) for k in range(site.begins.shape[1])]
            for draw in range(many if drawn else 1)
        ]
        _refuse_crowded(replaced[0], used)
        other = _arms(build, f"{motif} in place", replaced)
        build.contrast("swap", {NONE: 1.0} | {arm: -share for arm, share in other.items()}, {"pattern": motif.name})
        centred += [f"{motif} ({motif.width})"] if (widths != motif.width).any() else []
    sizes = f"{widths.min()}" if widths.min() == widths.max() else f"{widths.min()} to {widths.max()}"
    return f" Of other lengths, and centred on its {sizes} letters: {', '.join(centred)}." if centred else ""


def _refuse_crowded(changes: Sequence[Replaced], used: Sequences) -> None:
    """Motifs that are wider than the sites can reach the next one, or the end of their sequence."""
    for one, two in pairwise(changes):
        crowded = np.flatnonzero(two.there & (one.spans[1] > two.spans[0]))
        if len(crowded):
            row = crowded[0]
            raise InputError(
                f"{one.by} at two sites of {labels(used)[row]} (starts {one.spans[0][row]} and {two.spans[0][row]}; "
                f"in {len(crowded)} of {len(used)} sequences)",
                "they would overlap", "Give a motif that is no wider than the sites, or sites further apart",
            )  # fmt: skip
    for change in changes:
        change.check(used.lengths)


def _refuse_whole(begins: NDArray[np.int64], ends: NDArray[np.int64], used: Sequences) -> None:
    """Of a sequence that is all sites nothing is left to draw after."""
    whole = np.flatnonzero((ends - begins).sum(1) == used.lengths)
    if len(whole):
        raise InputError(
            f"sites that cover all {used.lengths[whole[0]]} letters of {labels(used)[whole[0]]}",
            "letters beside them are needed, after which replacements are drawn",
        )


def _refuse_long(begins: NDArray[np.int64], ends: NDArray[np.int64], used: Sequences) -> None:
    """A site that is longer than another sequence."""
    long, short = int((ends - begins).max(1).argmax()), int(used.lengths.argmin())
    width = int((ends - begins)[long].max())
    if width > used.lengths[short]:
        raise InputError(
            f"a site of {width} letters in {labels(used)[long]}; {labels(used)[short]} has only {used.lengths[short]}",
            "among sequences of several lengths no site is longer than the shortest",
            "Ask about the short sequences by themselves, or split the site",
        )  # fmt: skip


def _name(table: pd.DataFrame) -> str:
    """The motifs of a table, as a question names them."""
    return " and ".join(dict.fromkeys(table["motif"]))
