"""Several sites: effects by their number, by the distance between them, and in combination."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise, product
from typing import cast

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.builder import Builder, places
from seqdo.designs.call import recorded
from seqdo.designs.changes.site import NONE, Site, Slot, place
from seqdo.designs.design import Design, Level
from seqdo.errors import InputError
from seqdo.experiments.embed import Pattern
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.phrases import SPECIFIC, Additivity, Comparison, Finding, Growth
from seqdo.experiments.several_gaps import moebius, several_gaps
from seqdo.motifs.motif import Motif, as_motif
from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.sequences import Sequences


@recorded
def copies(pattern: Pattern, at: Iterable[int], *, sample: bool = False, scrambles: int = 0) -> Design:
    """Effect of a pattern by the number of its sites.

    Each background draws one random order of the starts, and k copies take the first k starts of that order. The number
    of sites is therefore not confounded with their positions. Unused starts keep the letters of the background.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif; ``N`` and ``.`` keep the letter of the background
    at : 0-based starts of the possible sites; their number is the largest number of copies
    sample : whether each background draws the letters of a Motif from its matrix; otherwise its consensus is written
    scrambles : number of scrambled controls

    Returns
    -------
    Design
        Contrasts by the factor ``copies``: ``effect`` (k copies − none), ``step`` (k copies − (k − 1) copies) and
        ``second difference`` (a step − the step before; 0 where effects add). With scrambles also ``specific``
        (effect − mean effect of the scrambles).

    Raises
    ------
    InputError
        Two starts are closer than the width of the pattern.
    """
    build, motif = Builder(), as_motif(pattern, sample=sample)
    starts = places(at, "at")
    for first, second in pairwise(starts):
        if second - first < motif.width:
            raise InputError(
                f"`at` holds {first} and {second}, and {motif} is {motif.width} positions wide",
                "copies must not overlap", f"Write starts that are at least {motif.width} positions apart",
            )  # fmt: skip
    sites = [Site(motif, Slot(starts, rank), draw=rank) for rank in range(len(starts))]
    arms = [NONE] + [build.arm(*sites[:k]) for k in range(1, len(starts) + 1)]
    for k in range(1, len(arms)):
        build.effect(arms[k], {"copies": k})
    for k in range(2, len(arms)):
        build.contrast("step", {arms[k]: 1.0, arms[k - 1]: -1.0}, {"copies": k})
    for k in range(2, len(arms)):
        build.contrast("second difference", {arms[k]: 1.0, arms[k - 1]: -2.0, arms[k - 2]: 1.0}, {"copies": k})
    build.scrambled(scrambles)
    question = f"How does the effect of {motif} change with the number of sites, from 1 to {len(starts)}?"
    return build.design("copies", question if len(starts) > 1 else f"What is the effect of 1 site of {motif}?")


@recorded
def spacing(
    first: Pattern | Sequence[Pattern], second: Pattern | None = None,
    gaps: Iterable[int] | Iterable[Sequence[int]] | None = None, at: int | None = None, *,
    strand: Sequence[str] = ("++",), orders: Sequence[str] = ("AB",), sample: bool = False, scrambles: int = 0,
) -> Design:  # fmt: skip
    """Joint effect of two patterns by the distance between them, or of three to five by their distances.

    Parameters
    ----------
    first, second : the two patterns, A and B: IUPAC letters, or Motifs
        Three to five patterns are a list in place of ``first``, from left to right, without ``second``.
    gaps : numbers of positions between the two patterns
        Of a list of patterns, each item is a set of gaps, one between every two neighbors: ``[(3, 5), (3, 10)]`` varies
        the second gap and fixes the first. ``itertools.product(range(0, 9, 3), range(0, 9, 3))`` is a grid.
        A gap is negative only where the overlapping letters agree, such as UGCAUGCAUG with gap −2.
    at : 0-based start of the left-most pattern, in either order
    strand : some of ``++``, ``+-``, ``-+``, ``--``: the strand of the first and of the second pattern (DNA only)
        Of a list of patterns, texts such as ``++-``, with a strand for each pattern.
    orders : some of ``AB`` (the first pattern is on the left) and ``BA``
    sample : whether each background draws the letters of a Motif from its matrix; otherwise its consensus is written
    scrambles : number of scrambled controls

    Returns
    -------
    Design
        Contrasts by the factor ``gap``: ``effect`` (pair − none) and ``interaction`` (pair − first − second + none,
        each single pattern at the same position as in the pair). Each pattern alone has a contrast with its own name.
        Several strands or orders add the factors ``orientation`` and ``order``. Both orders add the contrast
        ``order asymmetry`` (interaction in AB − interaction in BA). Scrambles add ``specific``.

        For a list of patterns the factors are ``gap 1``, ``gap 2``, .... The contrast ``interaction:A+B+C`` is the part
        of the joint effect that the pairs and single patterns do not explain (its Möbius term). Each subset has its own
        contrast. The positions of A and B do not change with ``gap 2``, so ``interaction:A+B`` has no level of it.

    Raises
    ------
    InputError
        The patterns overlap and their letters disagree, or a strand or order does not exist.
    """
    if at is None or gaps is None or (second is None) != _is_list(first):
        raise _incomplete(first, second, gaps, at)
    if second is None:
        if not isinstance(orders, Sequence) or list(orders) != ["AB"]:
            raise InputError(
                f"`orders={orders!r}` of a list of patterns", "patterns of a list have the order of the list",
                "Leave orders out, and make a design of each order",
            )  # fmt: skip
        patterns, sets = cast(Sequence[Pattern], first), cast(Iterable[Sequence[int]], gaps)
        ways = None if strand == ("++",) else strand
        return several_gaps(patterns, sets, at, ways, sample=sample, scrambles=scrambles)
    pair = as_motif(cast(Pattern, first), sample=sample), as_motif(second, sample=sample)
    return _two_patterns(*pair, cast(Iterable[int], gaps), at, strand, orders, scrambles)


def _two_patterns(
    a: Motif, b: Motif, gaps: Iterable[int], at: int, strand: Sequence[str], orders: Sequence[str], scrambles: int
) -> Design:
    """The design of ``spacing`` for two patterns."""
    build, gap_levels = Builder(), places(gaps, "gaps", lowest=None)
    _check_names("strand", strand, ("++", "+-", "-+", "--"))
    _check_names("orders", orders, ("AB", "BA"))
    start = place(at)
    if scrambles and gap_levels[0] < 0:
        raise InputError(
            f"`scrambles={scrambles}` with gap {gap_levels[0]}", "the overlapping letters of scrambles do not agree",
            "Write gaps of 0 or more, or scrambles=0",
        )  # fmt: skip
    draw_b = int(a.name == b.name)  # two sites of the same motif draw their letters independently
    for order, strands, gap in product(orders, strand, gap_levels):
        gap_start = start + (a if order == "AB" else b).width + gap
        at_a, at_b = (start, gap_start) if order == "AB" else (gap_start, start)
        site_a, site_b = Site(a, at_a, 0, strands[0]), Site(b, at_b, draw_b, strands[1])
        if gap < 0:
            _check_overlap(*((site_a, site_b) if order == "AB" else (site_b, site_a)), gap)
        levels: dict[str, Level] = {"gap": gap}
        levels |= {"orientation": strands} if len(strand) > 1 else {}
        levels |= {"order": order} if len(orders) > 1 else {}
        _pair(build, site_a, site_b, levels, agree=gap < 0)
    if len(orders) > 1:
        _asymmetry(build)
    build.scrambled(scrambles)
    if a.name == b.name:
        question = f"How does the effect of two {a} sites depend on their gap?"
    else:
        question = f"How does the joint effect of {a} and {b} depend on the gap between them?"
    return build.design("spacing", question)


def _is_list(patterns: object) -> bool:
    """Is it a list of patterns?"""
    return isinstance(patterns, Iterable) and not isinstance(patterns, str | Motif)


def _incomplete(first: object, second: object, gaps: object, at: object) -> InputError:
    """The error for patterns without gaps or a start, and for a list of patterns next to another pattern."""
    if _is_list(first) and second is not None:
        return InputError(
            f"`second` is {second!r} next to a list of patterns", "a list holds all of the patterns", "Leave second out"
        )
    names = {"second": None if _is_list(first) else second is None, "gaps": gaps is None, "at": at is None}
    missing = [name for name, lacks in names.items() if lacks]
    return InputError(
        f"`{missing[0]}` is missing", "two patterns, the gaps between them and a start are needed",
        'Write sd.spacing("GATTACA", "CCGG", gaps=range(0, 12), at=10)',
    )  # fmt: skip


def _pair(build: Builder, site_a: Site, site_b: Site, levels: dict[str, Level], agree: bool) -> None:
    """Arms and contrasts of a pair, and of each of its sites alone."""
    both, only_a, only_b = build.arm(site_a, site_b, agree=agree), build.arm(site_a), build.arm(site_b)
    build.effect(both, levels)
    build.contrast("interaction", {both: 1.0, only_a: -1.0, only_b: -1.0, NONE: 1.0}, levels)
    left_start = min(_start(site_a), _start(site_b))
    for site, arm in ((site_a, only_a), (site_b, only_b)):
        # The left-most site stays in place when the gap changes, so its effect has no level of the gap.
        own_levels = levels if site.at != left_start else {k: v for k, v in levels.items() if k != "gap"}
        single = (site.motif.name, arm)
        if not any((c.name, next(iter(c.weights))) == single for c in build.contrasts):
            build.effect(arm, own_levels, name=site.motif.name)


def _asymmetry(build: Builder) -> None:
    """Interactions in order AB minus those in order BA, at each gap and orientation."""
    pairs: dict[tuple[tuple[str, Level], ...], dict[str, Mapping[str, float]]] = {}
    for contrast in build.contrasts:
        if contrast.name == "interaction":
            levels = dict(contrast.levels)
            order = str(levels.pop("order"))
            pairs.setdefault(tuple(levels.items()), {})[order] = contrast.weights
    for shared, weights in pairs.items():
        arms = dict.fromkeys([*weights["AB"], *weights["BA"]])
        differences = {arm: weights["AB"].get(arm, 0.0) - weights["BA"].get(arm, 0.0) for arm in arms}
        # Arms of the two orders may write the same sequences under different names. Then the contrast is exactly 0.
        sequences: dict[frozenset[tuple[object, ...]], float] = {}
        for arm, weight in differences.items():
            sequences[build.arms[arm].writes] = sequences.get(build.arms[arm].writes, 0.0) + weight
        same = "" if any(sequences.values()) else "both orders are the same sequences"
        nonzero = {} if same else {arm: weight for arm, weight in differences.items() if weight}
        build.contrast("order asymmetry", nonzero, dict(shared), identity=same)


def _start(site: Site) -> int:
    return site.starts[0]


@recorded
def interaction(patterns: Sequence[Pattern], at: Sequence[int], *, sample: bool = False, scrambles: int = 0) -> Design:
    """Interaction of 2 to 5 patterns, from all 2^k combinations of them.

    Parameters
    ----------
    patterns : 2 to 5 patterns: IUPAC letters, or Motifs
    at : 0-based start of each pattern
    sample : whether each background draws the letters of a Motif from its matrix; otherwise its consensus is written
    scrambles : number of scrambled controls

    Returns
    -------
    Design
        Contrasts: ``effect`` (all patterns − none), and each pattern alone with its own name. For a pair,
        ``interaction`` is the joint effect − the sum of the single effects. For more patterns there is one
        ``interaction:A+B`` for each subset: its Möbius term, which the smaller subsets do not explain. Scrambles add
        ``specific``.

    Raises
    ------
    InputError
        There are fewer than 2 or more than 5 patterns, or not one start for each pattern, or patterns overlap.
    """
    build = Builder()
    is_list = isinstance(patterns, Sequence) and not isinstance(patterns, str)
    if not is_list or not 2 <= len(patterns) <= 5:
        count = f"holds {len(patterns)} pattern{'s' * (len(patterns) != 1)}" if is_list else f"is {patterns!r}"
        raise InputError(
            f"`patterns` {count}", "a list of 2 to 5 patterns is needed",
            'Write interaction(["GATTACA", "CCGG"], at=[10, 30])',
        )  # fmt: skip
    starts = [place(start) for start in at] if isinstance(at, Iterable) else [place(at)]
    if len(starts) != len(patterns):
        raise InputError(
            f"`at` holds {len(starts)} start{'s' * (len(starts) != 1)} for {len(patterns)} patterns",
            "one start for each pattern is needed", f"Write at={[20 * i + 10 for i in range(len(patterns))]}",
        )  # fmt: skip
    motifs = [as_motif(pattern, sample=sample) for pattern in patterns]
    draws = [[earlier.name for earlier in motifs[:i]].count(motif.name) for i, motif in enumerate(motifs)]
    sites = [Site(*parts) for parts in zip(motifs, starts, draws, strict=True)]
    arms: dict[tuple[int, ...], str] = {(): NONE}
    for size in range(1, len(sites) + 1):
        arms |= {subset: build.arm(*(sites[i] for i in subset)) for subset in combinations(range(len(sites)), size)}
    build.effect(arms[tuple(range(len(sites)))])
    names = _distinct([motif.name for motif in motifs], starts)
    for subset, arm in arms.items():
        if len(subset) == 1:
            build.effect(arm, name=names[subset[0]])
        elif len(subset) > 1:
            name = "interaction" if len(sites) == 2 else "interaction:" + "+".join(names[i] for i in subset)
            build.contrast(name, moebius(arms, subset))
    build.scrambled(scrambles)
    joined = f"{', '.join(names[:-1])} and {names[-1]}"
    return build.design("interaction", f"Is the joint effect of {joined} the sum of their single effects?")


def _distinct(names: list[str], starts: list[int]) -> list[str]:
    return [f"{name}@{start}" if names.count(name) > 1 else name for name, start in zip(names, starts, strict=True)]


def _check_names(argument: str, names: Sequence[str], allowed: tuple[str, ...]) -> None:
    is_list = isinstance(names, Sequence) and not isinstance(names, str)
    if not is_list or not names or any(names.count(name) > 1 or name not in allowed for name in names):
        raise InputError(
            f"`{argument}={names!r}`", f"a list of {', '.join(allowed)} is needed, each at most once",
            f"Write {argument}={list(allowed)}",
        )  # fmt: skip


def _check_overlap(left: Site, right: Site, gap: int) -> None:
    """Refuse a negative gap unless both patterns write the same letters in the overlap, and each writes outside it."""
    left_letters, right_letters = _letters(left), _letters(right)
    shift = left_letters.size + gap
    agree = shift > 0 and shift + right_letters.size > left_letters.size and left.motif.certain and right.motif.certain
    if agree:
        x, y = left_letters[shift:], right_letters[:-gap]
        agree = bool(((x == y) | (x == KEEP) | (y == KEEP)).all())
    if not agree:
        raise InputError(
            f"`gaps` holds {gap}, which puts {right.name} into {left.name}",
            "a negative gap needs overlapping letters that agree (UGCAUGCAUG has gap -2), and each pattern needs "
            "letters outside the overlap", "Write gaps of 0 or more",
        )  # fmt: skip


def _letters(site: Site) -> NDArray[np.uint8]:
    """The letters that a site writes; for a site with drawn letters, one draw."""
    any_background = Sequences.from_codes(np.zeros((1, 1), np.uint8))
    letters: NDArray[np.uint8] = np.atleast_2d(site.edit(np.random.SeedSequence(0), 0, any_background).letters)[0]
    return letters


ROWS = (
    Experiment(
        copies, main=("effect", "step"), phrases=(
            Growth(
                contrast="effect", factor="copies", thing="copy of {pattern}", things="copies of {pattern}", lead=True
            ),
            Additivity(contrast="second difference", factor="copies", thing="copy", things="copies", lead=True),
            SPECIFIC,
        ),
    ),
    Experiment(
        spacing, main=("effect", "interaction"), phrases=(
            Finding(contrast="effect", subject="{patterns} together", plural=True),
            Comparison(
                contrast="interaction", opening="Compared with the sum of the single effects", noun="interaction",
                many="An interaction (a difference from the sum of the single effects)", lead=True,
            ),
            Comparison(
                contrast="interaction:*", opening="With {rest}, compared with the sum of the parts", noun="interaction",
                many="An interaction", largest="that of {rest}", lead=True,
            ),
            Comparison(
                contrast="order asymmetry", opening="In the order AB rather than BA",
                many="A difference between the two orders", largest="",
            ),
            SPECIFIC,
        ),
    ),
    Experiment(
        interaction, phrases=(
            Finding(contrast="effect", subject="{patterns} together", plural=True),
            Comparison(
                contrast="interaction", opening="Compared with the sum of the single effects", additive=True, lead=True
            ),
            Comparison(
                contrast="interaction:*", opening="With {rest}, compared with the sum of the parts",
                many="An interaction", group="combination", noun="interaction", largest="that of {rest}", lead=True,
            ),
            SPECIFIC,
        ),
    ),
)  # fmt: skip
"""The experiments of this file, with what a report says of each. The catalog reads them."""
