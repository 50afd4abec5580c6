"""Around a site: its flanks, what stands in its place, and the composition next to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np

from seqdo.designs.builder import Builder, places, spelling
from seqdo.designs.call import recorded
from seqdo.designs.changes.site import NONE, Site, place
from seqdo.designs.design import Design, Level
from seqdo.errors import InputError
from seqdo.experiments.embed import Pattern
from seqdo.motifs.motif import Motif, as_motif
from seqdo.sequences.alphabet import DNA

MOST_FLANKS = 5
"""Free places that are still enumerated: 4^5 = 1,024 arms, and as many contrasts of all of them: 4^6 would need GBs."""


@recorded
def flanks(pattern: Pattern, at: int, *, left: int = 0, right: int = 0, alphabet: str = "dna") -> Design:
    """Which letters around (and in) the pattern help it? Every filling of its free places.

    Parameters
    ----------
    pattern : free places are its N or . (as in ``..TGA.TCA..``), and ``left`` and ``right`` more around it
    at : 0-based start of the first free place or letter
    alphabet : "dna" or "rna", the letters that fillings are written in where the pattern does not tell

    Contrasts: ``effect`` of each filling (factor ``flank``) and ``relative`` (filling − mean of all fillings).
    """
    build, core = Builder(), as_motif(pattern)
    free = np.zeros((place(left, "left", 0) + core.width + place(right, "right", 0), 4))
    free[left : left + core.width] = core.matrix
    open_places = np.flatnonzero(free.sum(1) == 0)
    if not 0 < len(open_places) <= MOST_FLANKS:
        raise InputError(
            f"{pattern} has {len(open_places)} free places",
            f"1 to {MOST_FLANKS} are needed ({4**MOST_FLANKS:,} arms at most)",
            'Mark them with "." or give left= and right=, as in flanks("TGANTCA", at=20, left=2, right=2)',
        )  # fmt: skip
    spelled = core.alphabet or spelling(alphabet)
    arms: dict[str, str] = {}
    for filling in product(range(4), repeat=len(open_places)):
        matrix = free.copy()
        matrix[open_places, filling] = 1
        text = Motif("filled", matrix, spelled, axis=1).text
        arms[text] = build.arm(Site(Motif(text, matrix, core.alphabet, axis=1), place(at)))
        build.effect(arms[text], {"flank": text})
    for text, arm in arms.items():
        mean = dict.fromkeys(arms.values(), -1.0 / len(arms))
        build.contrast("relative", mean | {arm: 1.0 - 1.0 / len(arms)}, {"flank": text})
    return build.design("flanks", f"Which of {len(arms)} fillings of {pattern} work best?")


@recorded
def swap(pattern: Pattern, controls: Sequence[Pattern], at: int, *, sample: bool = False) -> Design:
    """Is it this pattern, or would another do in its place?

    A control of another length is centred on the pattern (half a letter to the left where that is not exact), and
    the question says so.

    Contrasts: ``effect`` of each (factor ``pattern``), and ``swap`` (pattern − control).
    """
    build, motif, start = Builder(), as_motif(pattern, sample=sample), place(at)
    if isinstance(controls, str | Motif) or not controls:
        raise InputError(f"controls={controls!r}", "a list of at least one other pattern is needed")
    treated = build.arm(Site(motif, start))
    build.effect(treated, {"pattern": motif.name})
    names, centred = [motif.name], list[str]()
    for control in (as_motif(other, sample=sample) for other in controls):
        if control.name in names:
            raise InputError(f"control {control.name}", "it is the pattern itself or given twice", "Give each once")
        names.append(control.name)
        centred += [f"{control} ({control.width})"] if control.width != motif.width else []
        arm = build.arm(Site(control, start + (motif.width - control.width) // 2))
        build.effect(arm, {"pattern": control.name})
        build.contrast("swap", {treated: 1.0, arm: -1.0}, {"pattern": control.name})
    lengths = f" Of other lengths, and centred on its {motif.width} letters: {', '.join(centred)}." if centred else ""
    return build.design("swap", f"Does {motif} do what its {len(controls)} controls do not?{lengths}")


@recorded
def gc_scan(pattern: Pattern, at: int, starts: Iterable[int], *, patch: int = 6) -> Design:
    """Where does G and C beside the pattern help or hurt? The patch at every start where it leaves the pattern alone.

    Parameters
    ----------
    at : 0-based start of the pattern, which stays
    starts : 0-based starts of the patches; those that would touch the pattern's letters are left out

    Contrasts: those of :func:`gc_context`, with the factor ``position`` (start of the patch) in place of ``side``.

    Raises
    ------
    InputError
        No start that leaves the pattern alone; a pattern or patch before the sequence's begin.
    """
    build, motif, width = Builder(), as_motif(pattern), place(patch, "patch", 1)
    site, kept = Site(motif, place(at, lowest=0)), places(starts, "starts")
    free = [start for start in kept if start + width <= at or start >= at + motif.width]
    if not free:
        raise InputError(
            f"starts {kept[0]} to {kept[-1]} of patches of {width} letters beside {motif} at {at}",
            "all of them would write into the pattern", "Give starts on either side of it",
        )  # fmt: skip
    build.effect(build.arm(site))
    for start in free:
        _patches(build, site, start, width, {"position": start})
    return build.design("gc_scan", f"Where does GC beside {motif} help or hurt?")


@recorded
def gc_context(
    pattern: Pattern, at: int, *, patch: int = 6, left: int | None = None, right: int | None = None, scrambles: int = 0
) -> Design:
    """Does G and C next to the pattern help or hurt, on either side?

    Parameters
    ----------
    patch : letters of the patches GCGC... and, as their control, ATAT... (AUAU... in RNA)
    left, right : 0-based starts of the patches; by default they touch the pattern

    Contrasts: ``effect`` (pattern alone − none); each patch alone (``GC patch``, and ``AT patch``, called AU where the
    pattern is RNA); ``in context`` (pattern and patch − patch: the pattern's effect beside it); ``interaction`` (that
    minus the pattern's effect alone); ``GC against AT`` (difference of the two interactions). Factors ``patch`` and
    ``side``.
    """
    build, motif, start = Builder(), as_motif(pattern), place(at)
    width = place(patch, "patch", 1)
    sides = {"left": start - width if left is None else place(left, "left")}
    sides["right"] = start + motif.width if right is None else place(right, "right")
    site = Site(motif, start)
    build.effect(build.arm(site))
    for side, where in sides.items():
        _patches(build, site, where, width, {"side": side})
    build.scrambled(scrambles)
    return build.design("gc_context", f"Does GC next to {motif} help or hurt?")


def _patches(build: Builder, site: Site, start: int, width: int, levels: dict[str, Level]) -> None:
    """A patch of G and C beside the pattern, one of A and T as its control, and what differs between them."""
    alone, weak = build.arm(site), "A" + (site.motif.alphabet or DNA).letters[3]
    pairs: dict[str, tuple[str, str]] = {}
    for kind, (one, two) in {"GC": (2, 1), weak: (0, 3)}.items():
        letters = np.eye(4)[[one, two] * width][:width]
        beside = Site(Motif(f"{kind} patch", letters, axis=1), start)
        only, both = pairs[kind] = build.arm(beside), build.arm(site, beside)
        mine = {"patch": kind} | levels
        build.effect(only, mine, name=f"{kind} patch")
        build.contrast("in context", {both: 1.0, only: -1.0}, mine)
        build.contrast("interaction", {both: 1.0, alone: -1.0, only: -1.0, NONE: 1.0}, mine)
    (gc, gc_both), (at, at_both) = pairs["GC"], pairs[weak]
    build.contrast(f"GC against {weak}", {gc_both: 1.0, gc: -1.0, at_both: -1.0, at: 1.0}, levels)
