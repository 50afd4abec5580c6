"""The context of a site: its flanks, other patterns in its place, and the GC content next to it."""

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
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.phrases import Comparison, Finding
from seqdo.motifs.motif import Motif, as_motif
from seqdo.sequences.alphabet import DNA

MOST_FLANKS = 5
"""Largest number of open positions. 4^5 = 1,024 arms have as many contrasts over all arms; 4^6 would need GBs."""


@recorded
def flanks(pattern: Pattern, at: int, *, left: int = 0, right: int = 0, alphabet: str = "dna") -> Design:
    """Effects of all fillings of the open positions in and around a pattern.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif; the open positions are its ``N`` or ``.``, as in ``..TGA.TCA..``
    at : 0-based start of the first position, open or not
    left, right : numbers of further open positions on the left and on the right of the pattern
    alphabet : "dna" or "rna": spells the fillings if the pattern has neither T nor U

    Returns
    -------
    Design
        Contrasts by the factor ``flank``: ``effect`` (filling − none) and ``relative`` (filling − mean of all
        fillings).

    Raises
    ------
    InputError
        There is no open position, or there are more than 5.
    """
    build, core = Builder(), as_motif(pattern)
    matrix = np.zeros((place(left, "left", 0) + core.width + place(right, "right", 0), 4))
    matrix[left : left + core.width] = core.matrix
    open_positions = np.flatnonzero(matrix.sum(1) == 0)
    if not 0 < len(open_positions) <= MOST_FLANKS:
        raise InputError(
            f"`pattern` {pattern} has {len(open_positions)} open positions",
            f"1 to {MOST_FLANKS} are needed ({4**MOST_FLANKS:,} arms at most)",
            'Mark them with "." or with left and right: flanks("TGANTCA", at=20, left=2, right=2)',
        )  # fmt: skip
    spelled = core.alphabet or spelling(alphabet)
    arms: dict[str, str] = {}
    for letters in product(range(4), repeat=len(open_positions)):
        filling = matrix.copy()
        filling[open_positions, letters] = 1
        text = Motif("filled", filling, spelled, axis=1).text
        arms[text] = build.arm(Site(Motif(text, filling, core.alphabet, axis=1), place(at)))
        build.effect(arms[text], {"flank": text})
    for text, arm in arms.items():
        mean = dict.fromkeys(arms.values(), -1.0 / len(arms))
        build.contrast("relative", mean | {arm: 1.0 - 1.0 / len(arms)}, {"flank": text})
    return build.design("flanks", f"Which of {len(arms)} fillings of {pattern} have the largest effects?")


@recorded
def swap(pattern: Pattern, controls: Sequence[Pattern], at: int, *, sample: bool = False) -> Design:
    """Effect of a pattern compared with other patterns in its place.

    A control of another length is centered on the pattern, half a position to the left if the center is between two
    positions. The question reports such controls.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif
    controls : other patterns, each written in place of ``pattern``
    at : 0-based start of ``pattern``
    sample : whether each background draws the letters of a Motif from its matrix; otherwise its consensus is written

    Returns
    -------
    Design
        Contrasts by the factor ``pattern``: ``effect`` (pattern or control − none) and ``swap`` (pattern − control).

    Raises
    ------
    InputError
        There is no control, or a control is the pattern itself or is given twice.
    """
    build, motif, start = Builder(), as_motif(pattern, sample=sample), place(at)
    if isinstance(controls, str | Motif) or not controls:
        raise InputError(
            f"`controls={controls if isinstance(controls, Motif) else repr(controls)}`",
            "a list of at least one other pattern is needed",
            f'Write controls=["{controls}"]' if controls else 'Write controls=["CCGG"]',
        )  # fmt: skip
    treated = build.arm(Site(motif, start))
    build.effect(treated, {"pattern": motif.name})
    names, centered = [motif.name], list[str]()
    for control in (as_motif(other, sample=sample) for other in controls):
        if control.name in names:
            problem = f"the pattern {control.name}" if control.name == motif.name else f"{control.name} twice"
            raise InputError(f"`controls` holds {problem}", "each control is another pattern", "Leave it out")
        names.append(control.name)
        centered += [f"{control} ({control.width})"] if control.width != motif.width else []
        arm = build.arm(Site(control, start + (motif.width - control.width) // 2))
        build.effect(arm, {"pattern": control.name})
        build.contrast("swap", {treated: 1.0, arm: -1.0}, {"pattern": control.name})
    lacking = "its control lacks" if len(controls) == 1 else f"its {len(controls)} controls lack"
    lengths = f" Controls of another length are centered on its {motif.width} positions: {', '.join(centered)}."
    return build.design("swap", f"Does {motif} have an effect that {lacking}?{lengths * bool(centered)}")


@recorded
def gc_scan(pattern: Pattern, at: int, patch_at: Iterable[int], *, patch: int = 6) -> Design:
    """Effect of a pattern next to a patch of G and C, by the position of the patch.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif
    at : 0-based start of the pattern, the same in all arms
    patch_at : 0-based starts of the patch; a start whose patch would overlap the pattern is left out
    patch : length of the patch in positions

    Returns
    -------
    Design
        Contrasts of :func:`gc_context`, by the factor ``position`` (start of the patch) in place of ``side``.

    Raises
    ------
    InputError
        Each patch would overlap the pattern, or a pattern or patch would begin before the sequence.
    """
    build, motif, width = Builder(), as_motif(pattern), place(patch, "patch", 1)
    site, levels = Site(motif, place(at, lowest=0)), places(patch_at, "patch_at")
    apart = [start for start in levels if start + width <= at or start >= at + motif.width]
    if not apart:
        raise InputError(
            f"`patch_at` from {levels[0]} to {levels[-1]} for patches of {width} positions, with {motif} at {at}",
            "all of them would overlap the pattern",
            f"Write patch_at outside {max(at - width + 1, 0)} to {at + motif.width - 1}",
        )  # fmt: skip
    build.effect(build.arm(site))
    for start in apart:
        _patches(build, site, start, width, {"position": start})
    question = f"At which positions does GC strengthen or weaken the effect of {motif}?"
    return build.design("gc_scan", question)


@recorded
def gc_context(
    pattern: Pattern,
    at: int,
    *,
    patch: int = 6,
    left_at: int | None = None,
    right_at: int | None = None,
    scrambles: int = 0,
) -> Design:
    """Effect of a pattern next to a patch of G and C, on either side.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif
    at : 0-based start of the pattern
    patch : length in positions of the patches GCGC... and, as their control, ATAT... (AUAU... in RNA)
    left_at, right_at : 0-based starts of the two patches; by default they touch the pattern
    scrambles : number of scrambled controls of the pattern

    Returns
    -------
    Design
        Contrasts by the factors ``patch`` and ``side``: ``GC patch`` and ``AT patch`` (AU for an RNA pattern; patch −
        none), ``in context`` (pattern and patch − patch), ``interaction`` (``in context`` − ``effect``), and ``GC
        against AT`` (interaction with GC − interaction with AT). ``effect`` is that of the pattern alone. With
        scrambles also ``specific``.

    Raises
    ------
    InputError
        A patch overlaps the pattern.
    """
    build, motif, start = Builder(), as_motif(pattern), place(at)
    width = place(patch, "patch", 1)
    sides = {"left": start - width if left_at is None else place(left_at, "left_at")}
    sides["right"] = start + motif.width if right_at is None else place(right_at, "right_at")
    site = Site(motif, start)
    build.effect(build.arm(site))
    for side, where in sides.items():
        _patches(build, site, where, width, {"side": side})
    build.scrambled(scrambles)
    return build.design("gc_context", f"Does GC next to {motif} strengthen or weaken its effect?")


def _patches(build: Builder, site: Site, start: int, width: int, levels: dict[str, Level]) -> None:
    """Arms and contrasts of a patch of G and C, and of its control: a patch of A and T at the same position."""
    alone, weak = build.arm(site), "A" + (site.motif.alphabet or DNA).letters[3]
    arms: dict[str, tuple[str, str]] = {}
    for kind, repeat in {"GC": (2, 1), weak: (0, 3)}.items():
        letters = np.eye(4)[list(repeat) * width][:width]
        patch = Site(Motif(f"{kind} patch", letters, axis=1), start)
        only_patch, both = arms[kind] = build.arm(patch), build.arm(site, patch)
        patch_levels = {"patch": kind} | levels
        build.effect(only_patch, patch_levels, name=f"{kind} patch")
        build.contrast("in context", {both: 1.0, only_patch: -1.0}, patch_levels)
        build.contrast("interaction", {both: 1.0, alone: -1.0, only_patch: -1.0, NONE: 1.0}, patch_levels)
    (gc, gc_both), (at, at_both) = arms["GC"], arms[weak]
    build.contrast(f"GC against {weak}", {gc_both: 1.0, gc: -1.0, at_both: -1.0, at: 1.0}, levels)


_AGAINST_WEAK = Comparison(
    contrast="GC against *", opening="With a GC patch rather than an {rest} patch next to it",
    many="A difference between GC and {rest} patches", largest="",
)  # fmt: skip

ROWS = (
    Experiment(
        flanks, main=("relative",), phrases=(
            Finding(
                contrast="effect", subject="{flank}", many="An effect on {output}", largest="that of {flank}",
                lead=True, screen=True,
            ),
            Comparison(
                contrast="relative", opening="With {flank}, compared with the mean of all fillings",
                many="A difference from the mean of all fillings", largest="",
            ),
        ),
    ),
    Experiment(
        swap, main=("effect", "swap"), phrases=(
            Finding(contrast="effect", subject="{pattern}", where={"pattern": "{pattern}"}),
            Comparison(
                contrast="swap", opening="Compared with {pattern} in its place",
                many="A difference from the controls in its place", group="control",
                nearest="Compared with the most similar control, {pattern}", lead=True,
            ),
        ),
    ),
    Experiment(
        gc_context, main=("in context", "interaction"), phrases=(
            Finding(contrast="effect", subject="{pattern} alone"),
            Comparison(
                contrast="interaction", where={"patch": "GC"}, each=2, lead=True,
                opening="With a GC patch on its {side}, compared with the sum of both effects",
            ),
            _AGAINST_WEAK,
        ),
    ),
    Experiment(
        gc_scan, main=("interaction", "in context"), phrases=(
            Finding(contrast="effect", subject="{pattern} alone"),
            Comparison(
                contrast="interaction", where={"patch": "GC"}, lead=True, largest="with the patch at {position}",
                opening="With a GC patch at {position}, compared with the sum of both effects",
                noun="interaction",
                many="An interaction (a difference from the sum of the effects of pattern and GC patch)",
            ),
            _AGAINST_WEAK,
        ),
    ),
)  # fmt: skip
"""The experiments of this file, with what a report says of each. The catalog reads them."""
