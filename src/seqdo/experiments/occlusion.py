"""Sites of real sequences: replaced where they are, or moved without the rest of their sequences."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from seqdo.designs.builder import Builder
from seqdo.designs.call import recorded
from seqdo.designs.changes.per_sequence import Written
from seqdo.designs.changes.replacement import Replaced
from seqdo.designs.changes.shuffled_site import Shuffled
from seqdo.designs.changes.site import place
from seqdo.designs.design import NONE, Arm, Design
from seqdo.errors import InputError
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.phrases import Comparison, Finding
from seqdo.motifs.matches import refuse_blank
from seqdo.motifs.motif import Motif, as_motif
from seqdo.motifs.site_search import find_sites
from seqdo.motifs.site_table import checked, labels
from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.files.tabular import Columns, frame_of
from seqdo.sequences.sequences import Sequences, SequencesLike, as_sequences

Sites = str | Motif | pd.DataFrame | Columns
"""A pattern whose sites are searched, or a table of sites."""

ENOUGH = 25
"""Replicates that are enough: the mean of 25 draws has 4 % of the variance of one draw."""


KINDS: Mapping[str, type[Replaced]] = {"flanks": Replaced, "shuffle": Shuffled}
"""What the letters of a site are replaced by, to the change that writes them."""


@recorded
def occlude(
    sequences: SequencesLike, sites: Sites, *,
    number: int | None = None, replicates: int = ENOUGH, by: Sequence[str | Motif] = (), window: int = 50,
    replace: Literal["flanks", "shuffle"] = "flanks",
) -> Design:  # fmt: skip
    """Effect of the sites in real sequences, each replaced by random letters that resemble its flanks, or its own.

    This is the effect on the treated (ATT), of sites in the sequences that have them. It is never pooled with effects
    of patterns that are written into backgrounds. Letters are drawn for each sequence, site and replicate. They may
    form a site by chance. Replicates are averaged within a sequence, and n counts sequences. Sequences without a site
    are left out, and the question counts them.

    Parameters
    ----------
    sequences : real sequences
    sites : a pattern, whose sites are those of ``find_sites(sequences, sites)``, or a table with the same columns
    number : uses only sequences with exactly this number of sites, and also occludes single sites
    replicates : number of draws for each site; fewer than 25 widen the intervals
    by : motifs to write in place of the sites, on the strand of each site; another length is centered on the site
    window : number of positions on either side of a site to which the chain of ``flanks`` is fitted
    replace : what the letters of a site are replaced by
        "flanks": letters of a Markov chain that is fitted to both sides of the site
        (:mod:`seqdo.backgrounds.flanking_chain`). "shuffle": the letters of the site itself in a random order, each
        order equally likely, so that the null keeps the composition of the site. Dinucleotides are not kept: a site of
        6 to 12 positions has few orders that keep them.

    Returns
    -------
    Design
        Contrast ``on the treated`` (sequence as it is − occluded; positive if sites help) by the factor ``occluded``:
        all sites; with ``number`` also site 1 (the left-most), ..., and all but site 1, .... With ``number`` also
        ``beyond the sum`` (all sites − sum of the single sites; 0 for independent sites). With ``by`` also ``swap``
        (sequence as it is − with the other motif) by the factor ``pattern``.

    Raises
    ------
    InputError
        No sequence has such sites, the table of sites is not valid, a site covers its whole sequence or is longer than
        another sequence, or motifs of ``by`` overlap or are given twice.

    Examples
    --------
    >>> print(occlude(["CCGATTACACCGATTACACC", "CCCCCCCCCCCCCCCCCCCC"], "GATTACA", number=2))
    occlude: What is the effect of the 2 sites of GATTACA in the 1 of 2 sequences that has them?
      arms       76: none, all (1), all (2), all (3), all (4), …, site 2 (25)
      factor     occluded: all, site 1, site 2
      contrasts  on the treated (3), beyond the sum (1)
      cost       76 forward passes of each model member at n=1, and up to 1 for a default margin
    """
    draws, near = place(replicates, "replicates", 1), place(window, "window", 1)
    if replace not in [*KINDS]:  # a list, so that any value can be compared
        raise InputError(f"`replace={replace!r}`", '"flanks" or "shuffle" is needed', 'Write replace="shuffle"')
    kind = KINDS[replace]
    used, table, question = _with_sites(as_sequences(sequences), sites, number)
    begins, ends, minus = _spans(table, used)
    if replace == "flanks":
        _refuse_whole(begins, ends, used)
    else:
        question += _shuffled(begins, ends, used)
    _refuse_long(begins, ends, used)
    build, count = Builder(), begins.shape[1]
    every = list(range(count))
    singles = every if number and count > 1 else []
    groups = {"all": every} | {f"site {k + 1}": [k] for k in singles}
    groups |= {f"all but site {k + 1}": [j for j in every if j != k] for k in singles if count > 2}
    weights = {
        group: _arms(build, group, [[kind(begins, ends, k, draw, near) for k in some] for draw in range(draws)])
        for group, some in groups.items()
    }
    for group, occluded in weights.items():
        build.contrast("on the treated", {NONE: 1.0} | _negative(occluded), {"occluded": group})
    if singles:
        alone = {arm: share for k in singles for arm, share in weights[f"site {k + 1}"].items()}
        build.contrast("beyond the sum", {NONE: 1.0 - count} | _negative(weights["all"]) | alone)
    question += _swaps(build, by, draws, kind(begins, ends, 0, 0, near, None, minus), used)
    if draws < ENOUGH:
        question += f" Each site has only {draws} replicate{'s' * (draws > 1)}; {ENOUGH} are recommended."
    return build.design("occlude", question, used)


@recorded
def transplant(sequences: SequencesLike, sites: Sites, *, flank: int = 0) -> Design:
    """Effect of the sites of real sequences, at their positions, without the rest of their sequences.

    Run the design on ``sd.backgrounds.shuffled(sequences)`` of the same sequences: background i receives the sites of
    sequence i (modulo their number), and keeps only the composition otherwise. On any other background of the same
    length, n is at most the number of sequences. ``occlude`` shows whether sites are necessary, and ``transplant``
    whether they are sufficient.

    Parameters
    ----------
    sequences : real sequences, each with at least one site
    sites : a pattern, whose sites are those of ``find_sites(sequences, sites)``, or a table with the same columns
    flank : number of positions on either side of each site to move with it, as far as the sequence goes

    Returns
    -------
    Design
        Contrast ``effect`` (with the sites − without).

    Raises
    ------
    InputError
        A sequence has no site, or the table of sites is not valid.

    Examples
    --------
    >>> design = transplant(["CCGATTACACCC", "GATTACAGGGGG"], "GATTACA", flank=1)
    >>> backgrounds = Sequences.from_strings(["A" * 12, "C" * 12])
    >>> from seqdo.sequences.edit import apply
    >>> apply(backgrounds, design.arms["sites"].edits(np.random.SeedSequence(0), 0, backgrounds)).to_strings()
    ['ACGATTACACAA', 'GATTACAGCCCC']
    """
    originals, extra = as_sequences(sequences), place(flank, "flank", 0)
    used, table, _ = _with_sites(originals, sites, None)
    if len(used) < len(originals):
        without = len(originals) - len(used)
        raise InputError(
            f"`sequences` has {len(originals)} sequences, and {without} {'has' if without == 1 else 'have'} no site",
            "each sequence needs a site, because background i receives the sites of sequence i",
            "Write used = sd.occlude(sequences, sites).own_sequences, for transplant and for backgrounds.shuffled",
        )  # fmt: skip
    begins, ends, _ = _spans(table, used)
    exists = begins >= 0
    begins = np.where(exists, np.maximum(begins - extra, 0), used.lengths[:, None])
    ends = np.where(exists, np.minimum(ends + extra, used.lengths[:, None]), 0)
    build = Builder()
    # In a short sequence a stretch may start further left and keep all letters there. It then agrees with the others.
    stretches = tuple(_stretches(begins, ends, used))
    build.arms["sites"] = Arm(stretches, agree=len(stretches) > 1)
    build.effect("sites")
    along = f", with {extra} position{'s' * (extra > 1)} on either side," if extra else ""
    question = f"Are the sites of {_motifs(table)}{along} sufficient without the rest of their sequences?"
    return build.design("transplant", question)


def _negative(weights: Mapping[str, float]) -> dict[str, float]:
    return {arm: -weight for arm, weight in weights.items()}


def _stretches(begins: NDArray[np.int64], ends: NDArray[np.int64], used: Sequences) -> Iterator[Written]:
    """The letters of the sites, from the first site of each sequence on, in stretches no longer than any sequence."""
    at, width = begins.min(1), int((ends.max(1) - begins.min(1)).max())
    size = min(width, int(used.lengths.min()))
    for first in range(0, width, size):
        start = np.minimum(at + first, used.lengths - size)
        places = start[:, None] + np.arange(size)
        inside = ((places[:, None] >= begins[:, :, None]) & (places[:, None] < ends[:, :, None])).any(1)
        inside &= places >= at[:, None] + first
        if inside.any():
            letters = np.take_along_axis(used.codes, places, 1)
            yield Written("sites", np.where(inside, letters, KEEP).astype(np.uint8), start)


def _with_sites(originals: Sequences, sites: Sites, number: int | None) -> tuple[Sequences, pd.DataFrame, str]:
    """The sequences with sites, the table of these sites (its rows refer to these sequences), and the question."""
    wanted = None if number is None else place(number, "number", 1)
    sites = frame_of(sites, typed=True) if isinstance(sites, Mapping) else sites
    is_table = isinstance(sites, pd.DataFrame)
    table = checked(sites if isinstance(sites, pd.DataFrame) else find_sites(originals, sites), originals)
    if is_table and table.empty:
        raise InputError("`sites` is a table without rows", "at least one site is needed", "See sd.find_sites(...)")
    counts = np.bincount(table["sequence"], minlength=len(originals))
    kept = np.flatnonzero(counts > 0 if wanted is None else counts == wanted)
    what = _motifs(table) if is_table else str(sites)
    if not len(kept):
        needed = "a site" if wanted is None else f"exactly {wanted} site{'s' * (wanted > 1)}"
        most = f"; the largest number is {counts.max()}" if counts.any() else ""
        raise InputError(
            f"`sequences` has {len(originals)} sequence{'s' * (len(originals) > 1)} of up to {originals.lengths.max()} "
            f"positions, and none has {needed} of {what}{most}",
            "at least one such sequence is needed", "See sd.find_sites(sequences, sites)",
        )  # fmt: skip
    table = table[np.isin(table["sequence"], kept)]
    table = table.assign(sequence=np.searchsorted(kept, table["sequence"]))
    return originals[kept], table, _question(what, wanted, len(kept), len(originals))


def _question(what: str, number: int | None, kept: int, total: int) -> str:
    which = "sites" if number is None else "site" if number == 1 else f"{number} sites"
    where = f"{kept:,} of {total:,} sequences" if kept < total else f"{kept:,} sequence{'s' * (kept > 1)}"
    have = f"{'has' if kept == 1 else 'have'} {'it' if number == 1 else 'them'}"
    return f"What is the effect of the {which} of {what} in the {where} that {have}?"


def _spans(table: pd.DataFrame, used: Sequences) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Starts, stops and strands (sequences, most sites) of a table in order; -1 where a sequence has fewer sites."""
    rows = table["sequence"].to_numpy()
    rank = table.groupby("sequence").cumcount().to_numpy()
    shape = (len(used), int(rank.max()) + 1)
    begins, ends, minus = np.full(shape, -1), np.full(shape, -1), np.zeros(shape, bool)
    begins[rows, rank], ends[rows, rank] = table["start"], table["stop"]
    minus[rows, rank] = table["strand"] == "-"
    return begins, ends, minus


def _arms(build: Builder, group: str, replicates: list[list[Replaced]]) -> dict[str, float]:
    """Add an arm for each replicate; the weights of their mean."""
    names = [f"{group} ({draw + 1})" for draw in range(len(replicates))]
    # In a sequence without this site, a change spans letters that it keeps. So arms may overlap where letters agree.
    build.arms |= {name: Arm(tuple(changes), agree=True) for name, changes in zip(names, replicates, strict=True)}
    return dict.fromkeys(names, 1 / len(names))


def _swaps(build: Builder, by: Sequence[str | Motif], draws: int, site: Replaced, used: Sequences) -> str:
    """Add arms and contrasts of the motifs in place of the sites; a sentence on motifs of another length."""
    if isinstance(by, str | Motif) or not isinstance(by, Iterable):
        fix = f'Write by=["{by}"]' if isinstance(by, str | Motif) else "Leave out by"
        raise InputError(f"`by={by if isinstance(by, Motif) else repr(by)}`", "a list of motifs is needed", fix)
    widths = (site.ends - site.begins)[site.begins >= 0]
    names, centered = list[str](), list[str]()
    for motif in map(as_motif, by):
        refuse_blank(motif)
        if motif.name in names:
            raise InputError(f"`by` holds {motif} twice", "each motif may be given once", "Omit one of them")
        names.append(motif.name)
        # A certain motif that covers each site leaves nothing to draw: all replicates would be the same.
        drawn = bool((motif.matrix.max(1) < 1).any() or motif.width < widths.max())
        replaced = [
            [dataclasses.replace(site, site=k, replicate=draw, by=motif) for k in range(site.begins.shape[1])]
            for draw in range(draws if drawn else 1)
        ]
        _refuse_crowded(replaced[0], used)
        weights = _arms(build, f"{motif} in place", replaced)
        build.contrast("swap", {NONE: 1.0} | _negative(weights), {"pattern": motif.name})
        centered += [f"{motif} ({motif.width})"] if (widths != motif.width).any() else []
    sizes = f"{widths.min()}" if widths.min() == widths.max() else f"{widths.min()} to {widths.max()}"
    sentence = f" Motifs of another length are centered on the {sizes} positions of a site: {', '.join(centered)}."
    return sentence if centered else ""


def _refuse_crowded(changes: Sequence[Replaced], used: Sequences) -> None:
    """Refuse motifs that are wider than the sites and reach the next site, or the end of a sequence."""
    for left, right in pairwise(changes):
        crowded = np.flatnonzero(right.there & (left.spans[1] > right.spans[0]))
        if len(crowded):
            row = crowded[0]
            raise InputError(
                f"`by` holds {left.by}, which overlaps itself at two sites of {labels(used)[row]} (starts "
                f"{left.spans[0][row]} and {right.spans[0][row]}; so in {len(crowded)} of {len(used)} sequences)",
                "motifs must not overlap", "Write a motif that is no wider than the sites, or sites further apart",
            )  # fmt: skip
    for change in changes:
        change.check(used.lengths)


def _shuffled(begins: NDArray[np.int64], ends: NDArray[np.int64], used: Sequences) -> str:
    """A sentence on the null, with the sites of one repeated letter, which no shuffle changes; all may not be such."""
    spans = [
        (row, slice(start, stop))
        for row in range(len(used))
        for start, stop in zip(begins[row], ends[row], strict=True)
    ]
    letters = [used.codes[row, span] for row, span in spans if span.start >= 0]
    same = sum(len(set(site.tolist())) == 1 for site in letters)
    if same == len(letters):
        raise InputError(
            f"`sites` has {same} site{'s' * (same > 1)}, each of one repeated letter", "no shuffle changes such a site",
            'Write replace="flanks"',
        )  # fmt: skip
    unchanged = f" {same:,} of {len(letters):,} sites have one repeated letter, which no shuffle changes." * bool(same)
    return f" The letters of each site are shuffled, so its composition stays.{unchanged}"


def _refuse_whole(begins: NDArray[np.int64], ends: NDArray[np.int64], used: Sequences) -> None:
    """Refuse sequences that consist of sites: the chain of the replacements has no letters to be fitted to."""
    whole = np.flatnonzero((ends - begins).sum(1) == used.lengths)
    if len(whole):
        raise InputError(
            f"`sites` cover all {used.lengths[whole[0]]} positions of {labels(used)[whole[0]]}",
            "letters next to the sites are needed, because replacements resemble them",
        )


def _refuse_long(begins: NDArray[np.int64], ends: NDArray[np.int64], used: Sequences) -> None:
    """Refuse a site that is longer than another sequence."""
    long, short = int((ends - begins).max(1).argmax()), int(used.lengths.argmin())
    width = int((ends - begins)[long].max())
    if width > used.lengths[short]:
        raise InputError(
            f"`sites` has a site of {width} positions in {labels(used)[long]}, and {labels(used)[short]} has length "
            f"{used.lengths[short]}",
            "no site may be longer than the shortest sequence",
            "Use a design of its own for the short sequences, or split the site",
        )  # fmt: skip


def _motifs(table: pd.DataFrame) -> str:
    """Names of the motifs of a table, for a question."""
    return " and ".join(dict.fromkeys(table["motif"]))


_ORDINALS = {"site 1": "first site", "site 2": "second site", "site 3": "third site"}

ROWS = (
    Experiment(
        occlude, main=("on the treated", "beyond the sum", "swap"), phrases=(
            Finding(
                contrast="on the treated", where={"occluded": "all"}, plural=True,
                subject="the sites, where they stand,",
                note="This is the effect on the treated (ATT): of sites in the sequences that have them.", lead=True,
            ),
            Finding(
                contrast="on the treated", where={"occluded": "site *"}, names={"occluded": _ORDINALS}, each=3,
                subject="the {occluded} from the left, by itself,", group="site", largest="",
                many="An effect of a single site, with the others kept,",
            ),
            Comparison(
                contrast="beyond the sum", opening="With all sites, compared with the sum of the single effects",
                additive=True,
            ),
            Comparison(
                contrast="swap", opening="Compared with {pattern} in their place", each=3,
                many="A difference from other motifs in their place", group="motif", largest="from {pattern}",
            ),
        ),
    ),
    Experiment(
        transplant, phrases=(
            Finding(contrast="effect", subject="the sites alone, in other sequences,", plural=True, lead=True),
        ),
    ),
)  # fmt: skip
"""The experiments of this file, with what a report says of each. The catalog reads them."""
