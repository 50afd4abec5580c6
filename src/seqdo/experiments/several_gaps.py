"""Three to five sites by the gaps between them: effects, and interactions of every subset at every set of gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from seqdo.designs.builder import Builder
from seqdo.designs.changes.site import NONE, Site, place
from seqdo.designs.design import Design, Level
from seqdo.errors import InputError
from seqdo.motifs.motif import Motif, as_motif

FEWEST, MOST = 3, 5
"""Patterns in a list: 2 have one gap, and 6 would have 64 arms at each set of gaps."""

EXAMPLE = 'Write sd.spacing(["GATTACA", "CCGG", "TATA"], gaps=[(3, 5), (3, 10)], at=10)'


def several_gaps(
    patterns: Sequence[str | Motif], gaps: Iterable[Sequence[int]], at: int, strands: Sequence[str] | None, *,
    sample: bool, scrambles: int,
) -> Design:  # fmt: skip
    """The design of ``spacing`` for a list of patterns.

    Parameters
    ----------
    patterns : from left to right
    gaps : sets of gaps, each with one gap between every two neighbors
    at : start of the first pattern
    strands : such as ``++-``, one strand for each pattern; None for ``+`` everywhere
    sample, scrambles : as for ``spacing``

    Raises
    ------
    InputError
        Fewer than 3 or more than 5 patterns; a set of gaps of another length, with a negative gap, or given twice.
    """
    if not FEWEST <= len(patterns) <= MOST:
        raise InputError(
            f"`first` holds {len(patterns)} pattern{'s' * (len(patterns) != 1)}",
            f"two patterns, or a list of {FEWEST} to {MOST}, are needed", EXAMPLE,
        )  # fmt: skip
    motifs = [as_motif(pattern, sample=sample) for pattern in patterns]
    ways, sets = _strands(strands, len(motifs)), _gaps(gaps, len(motifs))
    names = numbered([motif.name for motif in motifs])
    draws = [[earlier.name for earlier in motifs[:i]].count(motif.name) for i, motif in enumerate(motifs)]
    build, start = Builder(), place(at)
    for way in ways:
        for between in sets:
            starts = [start]
            for motif, gap in zip(motifs, between, strict=False):
                starts.append(starts[-1] + motif.width + gap)
            sites = [Site(*parts) for parts in zip(motifs, starts, draws, way, strict=True)]
            _combined(build, sites, names, between, {"orientation": way} if len(ways) > 1 else {})
    build.scrambled(scrambles)
    joined = f"{', '.join(names[:-1])} and {names[-1]}"
    return build.design("spacing", f"How does the joint effect of {joined} depend on the gaps between them?")


def _combined(
    build: Builder, sites: list[Site], names: list[str], between: tuple[int, ...], levels: dict[str, Level]
) -> None:
    """Arms of every subset of the sites at one set of gaps, and their contrasts."""
    arms: dict[tuple[int, ...], str] = {(): NONE}
    for size in range(1, len(sites) + 1):
        arms |= {subset: build.arm(*(sites[i] for i in subset)) for subset in combinations(range(len(sites)), size)}
    present = {(contrast.name, frozenset(contrast.levels.items())) for contrast in build.contrasts}
    for subset, arm in arms.items():
        if not subset:
            continue
        # The sites of a subset do not move with the gaps on their right, so such gaps are no levels of its contrasts.
        own = {f"gap {number + 1}": between[number] for number in range(subset[-1])} | levels
        name = names[subset[0]] if len(subset) == 1 else "interaction:" + "+".join(names[i] for i in subset)
        weights = {arm: 1.0, NONE: -1.0} if len(subset) == 1 else moebius(arms, subset)
        if (name, frozenset(own.items())) not in present:
            build.contrast(name, weights, own)
        if len(subset) == len(sites):
            build.effect(arm, own)


def moebius(arms: dict[tuple[int, ...], str], subset: tuple[int, ...]) -> dict[str, float]:
    """m(S) = sum over T in S of (−1)^|S∖T| Y(T), the part of an effect that no smaller subset explains.

    Parameters
    ----------
    arms : subset of sites to its arm
    subset : S
    """
    parts = [part for size in range(len(subset) + 1) for part in combinations(subset, size)]
    return {arms[part]: float((-1) ** (len(subset) - len(part))) for part in parts}


def numbered(names: list[str]) -> list[str]:
    """Names that differ: patterns of one name are numbered from left to right.

    Parameters
    ----------
    names : of the patterns

    Examples
    --------
    >>> numbered(["GAT", "CCG", "GAT"])
    ['GAT (1)', 'CCG', 'GAT (2)']
    """
    return [
        f"{name} ({names[: place + 1].count(name)})" if names.count(name) > 1 else name
        for place, name in enumerate(names)
    ]


def _gaps(gaps: Iterable[Sequence[int]], patterns: int) -> list[tuple[int, ...]]:
    """Sets of gaps, checked and in order."""
    listed = list(gaps) if isinstance(gaps, Iterable) and not isinstance(gaps, str) else []
    sets = [tuple(each) if isinstance(each, Iterable) and not isinstance(each, str) else (each,) for each in listed]
    wrong = next((each for each in sets if len(each) != patterns - 1), None)
    if not sets or wrong is not None:
        shown = f"holds {list(wrong)}" if wrong is not None else "is empty" if listed == [] else f"is {gaps!r}"
        raise InputError(
            f"`gaps` {shown} for {patterns} patterns",
            f"each set of gaps holds {patterns - 1}, one between every two neighbors", EXAMPLE,
        )  # fmt: skip
    whole = [tuple(place(gap, "gaps", 0) for gap in each) for each in sets]
    if repeated := next((each for each in whole if whole.count(each) > 1), None):
        raise InputError(
            f"`gaps` holds {list(repeated)} twice", "sets of gaps differ from one another", "Leave one out"
        )
    return sorted(whole)


def _strands(strands: Sequence[str] | None, patterns: int) -> list[str]:
    """The strands of the patterns, such as ``++-``; several to compare."""
    if strands is None:
        return ["+" * patterns]
    is_list = isinstance(strands, Sequence) and not isinstance(strands, str)
    right = is_list and all(isinstance(way, str) and len(way) == patterns and set(way) <= {*"+-"} for way in strands)
    if not right or not strands or len(set(strands)) < len(strands):
        raise InputError(
            f"`strand={strands!r}` for {patterns} patterns",
            "a list of texts is needed, each with + or - for every pattern, and each at most once",
            f"Write strand=[{'+' * patterns!r}, {'+' * (patterns - 1) + '-'!r}]",
        )  # fmt: skip
    return list(strands)
