"""Several sites: how effects add with number, depend on spacing, and combine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise, product

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.builder import Builder, places
from seqdo.designs.call import recorded
from seqdo.designs.changes.site import NONE, Site, Slot, place
from seqdo.designs.design import Design, Level
from seqdo.errors import InputError
from seqdo.experiments.embed import Pattern
from seqdo.motifs.motif import as_motif
from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.sequences import Sequences


@recorded
def copies(pattern: Pattern, slots: Iterable[int], *, sample: bool = False, scrambles: int = 0) -> Design:
    """How do effects add with the number of sites?

    For each background one random order of the slots is drawn and k copies take its first k, so that number
    is not mixed up with position and steps are paired; unused slots keep the background.

    Contrasts: ``effect`` (k copies − none), ``step`` (k − (k − 1)) and ``second difference`` (0 where
    effects add), by the factor ``copies``.
    """
    build, motif = Builder(), as_motif(pattern, sample=sample)
    starts = places(slots, "slots")
    for first, second in pairwise(starts):
        if second - first < motif.width:
            raise InputError(
                f"slots {first} and {second} for {motif} ({motif.width} letters)", "copies would overlap",
                f"Give slots at least {motif.width} apart",
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
    return build.design("copies", f"How does the effect of {motif} grow with 1 to {len(starts)} sites?")


@recorded
def spacing(
    first: Pattern, second: Pattern, gaps: Iterable[int], at: int, *,
    orientations: Sequence[str] = ("++",), orders: Sequence[str] = ("AB",), sample: bool = False, scrambles: int = 0,
) -> Design:  # fmt: skip
    """How does what two patterns do together depend on the distance between them?

    Parameters
    ----------
    gaps : letters between the two; negative only where the overlapping letters agree (UGCAUGCAUG)
    at : 0-based start of the left-most pattern, whichever that is
    orientations : of ++, +-, -+, -- (strand of the first, then of the second pattern); DNA only
    orders : of AB (first pattern on the left) and BA

    Contrasts: ``effect`` (pair − none), ``interaction`` (pair − first − second + none, each alone at its own
    coordinates), and each pattern alone, named by it; factors ``gap``, and ``orientation`` and
    ``order`` where there are several. With both orders ``order asymmetry`` (interaction in AB − interaction in BA).
    """
    build = Builder()
    a, b = as_motif(first, sample=sample), as_motif(second, sample=sample)
    gap_levels = places(gaps, "gaps", lowest=None)
    _check_names("orientations", orientations, ("++", "+-", "-+", "--"))
    _check_names("orders", orders, ("AB", "BA"))
    start = place(at)
    if scrambles and gap_levels[0] < 0:
        raise InputError(
            f"scrambles={scrambles} with gap {gap_levels[0]}", "scrambles do not agree where they overlap",
            "Give gaps of 0 or more, or scrambles=0",
        )  # fmt: skip
    again = int(a.name == b.name)  # sampled letters of a second site of one motif are drawn apart from the first's
    for order, strands, gap in product(orders, orientations, gap_levels):
        gap_start = start + (a if order == "AB" else b).width + gap
        at_a, at_b = (start, gap_start) if order == "AB" else (gap_start, start)
        one, two = Site(a, at_a, 0, strands[0]), Site(b, at_b, again, strands[1])
        if gap < 0:
            _check_overlap(*((one, two) if order == "AB" else (two, one)), gap)
        levels: dict[str, Level] = {"gap": gap}
        levels |= {"orientation": strands} if len(orientations) > 1 else {}
        levels |= {"order": order} if len(orders) > 1 else {}
        _pair(build, one, two, levels, agree=gap < 0)
    if len(orders) > 1:
        _asymmetry(build)
    build.scrambled(scrambles)
    return build.design("spacing", f"How does {a} with {b} depend on the gap between them?")


def _pair(build: Builder, one: Site, two: Site, levels: dict[str, Level], agree: bool) -> None:
    both, alone, other = build.arm(one, two, agree=agree), build.arm(one), build.arm(two)
    build.effect(both, levels)
    build.contrast("interaction", {both: 1.0, alone: -1.0, other: -1.0, NONE: 1.0}, levels)
    for site, arm in ((one, alone), (two, other)):
        moving = levels if site.at != min(_first(one), _first(two)) else {k: v for k, v in levels.items() if k != "gap"}
        single = (site.motif.name, arm)
        if not any((c.name, next(iter(c.weights))) == single for c in build.contrasts):
            build.effect(arm, moving, name=site.motif.name)


def _asymmetry(build: Builder) -> None:
    """Interactions of one order less those of the other, at each gap and orientation."""
    pairs: dict[tuple[tuple[str, Level], ...], dict[str, Mapping[str, float]]] = {}
    for contrast in build.contrasts:
        if contrast.name == "interaction":
            levels = dict(contrast.levels)
            order = str(levels.pop("order"))
            pairs.setdefault(tuple(levels.items()), {})[order] = contrast.weights
    for shared, weights in pairs.items():
        arms = dict.fromkeys([*weights["AB"], *weights["BA"]])
        apart = {arm: weights["AB"].get(arm, 0.0) - weights["BA"].get(arm, 0.0) for arm in arms}
        sequences: dict[frozenset[tuple[object, ...]], float] = {}
        for arm, weight in apart.items():
            sequences[build.arms[arm].writes] = sequences.get(build.arms[arm].writes, 0.0) + weight
        same = "" if any(sequences.values()) else "both orders are the same sequences"
        kept = {} if same else {arm: weight for arm, weight in apart.items() if weight}
        build.contrast("order asymmetry", kept, dict(shared), identity=same)


def _first(site: Site) -> int:
    return site.starts[0]


@recorded
def interaction(patterns: Sequence[Pattern], at: Sequence[int], *, sample: bool = False, scrambles: int = 0) -> Design:
    """Do patterns do together what they do one by one? All 2^k combinations of 2 to 5.

    Contrasts: ``effect`` (all of them − none); each alone, named by its pattern; ``interaction`` for a
    pair, and for more ``interaction:A+B`` ... for each part (the Möbius term: what that set adds beyond all its parts).
    """
    build = Builder()
    plain = isinstance(patterns, Sequence) and not isinstance(patterns, str)
    if not plain or not 2 <= len(patterns) <= 5:
        raise InputError(
            f"{len(patterns) if plain else patterns} given to interaction",
            "a list of 2 to 5 patterns is needed", 'Write interaction(["GATTACA", "CCGG"], at=[10, 30])',
        )  # fmt: skip
    starts = [place(start) for start in at] if isinstance(at, Iterable) else [place(at)]
    if len(starts) != len(patterns):
        raise InputError(f"{len(patterns)} patterns and {len(starts)} starts", "one start for each pattern is needed")
    motifs = [as_motif(pattern, sample=sample) for pattern in patterns]
    draws = [[earlier.name for earlier in motifs[:i]].count(motif.name) for i, motif in enumerate(motifs)]
    sites = [Site(*parts) for parts in zip(motifs, starts, draws, strict=True)]
    arms: dict[tuple[int, ...], str] = {(): NONE}
    for size in range(1, len(sites) + 1):
        arms |= {some: build.arm(*(sites[i] for i in some)) for some in combinations(range(len(sites)), size)}
    everything = tuple(range(len(sites)))
    build.effect(arms[everything])
    names = _distinct([motif.name for motif in motifs], starts)
    for some, arm in arms.items():
        if len(some) == 1:
            build.effect(arm, name=names[some[0]])
        elif len(some) > 1:
            name = "interaction" if len(sites) == 2 else "interaction:" + "+".join(names[i] for i in some)
            build.contrast(name, _moebius(arms, some))
    build.scrambled(scrambles)
    return build.design("interaction", f"Do {', '.join(names)} do together what they do one by one?")


def _moebius(arms: dict[tuple[int, ...], str], some: tuple[int, ...]) -> dict[str, float]:
    """m(S) = sum over T in S of (−1)^|S∖T| Y(T)."""
    parts = [part for size in range(len(some) + 1) for part in combinations(some, size)]
    return {arms[part]: float((-1) ** (len(some) - len(part))) for part in parts}


def _distinct(names: list[str], starts: list[int]) -> list[str]:
    return [f"{name}@{start}" if names.count(name) > 1 else name for name, start in zip(names, starts, strict=True)]


def _check_names(what: str, given: Sequence[str], allowed: tuple[str, ...]) -> None:
    plain = isinstance(given, Sequence) and not isinstance(given, str)
    if not plain or not given or any(given.count(name) > 1 or name not in allowed for name in given):
        raise InputError(f"{what}={given!r}", f"a list of {', '.join(allowed)} is needed, each at most once")


def _check_overlap(left: Site, right: Site, gap: int) -> None:
    """A negative gap is fair only where both patterns write the same letters, and each writes some alone."""
    a, b = _written(left), _written(right)
    shift = a.size + gap
    beside = shift > 0 and shift + b.size > a.size and left.motif.certain and right.motif.certain
    if beside:
        x, y = a[shift:], b[:-gap]
        beside = bool(((x == y) | (x == KEEP) | (y == KEEP)).all())
    if not beside:
        raise InputError(
            f"gap {gap} puts {right.name} into {left.name}", "a negative gap needs overlapping letters that agree "
            "(as in UGCAUGCAUG, gap -2), and each pattern a letter of its own", "Give gaps of 0 or more",
        )  # fmt: skip


def _written(site: Site) -> NDArray[np.uint8]:
    """The letters of a site that is certain of them; of another, any."""
    anything = Sequences.from_codes(np.zeros((1, 1), np.uint8))
    letters: NDArray[np.uint8] = np.atleast_2d(site.edit(np.random.SeedSequence(0), 0, anything).letters)[0]
    return letters
