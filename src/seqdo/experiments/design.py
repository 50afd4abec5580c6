"""Designs: the arms of an experiment, its factors, and the contrasts it asks about. All of it is data.

An arm says which motifs are written where; its edits for given backgrounds come from
:meth:`Arm.edits`. Nothing here predicts, and nothing but an arm knows how edits are drawn.
"""

from __future__ import annotations

import difflib
import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import RNA, Alphabet, complement
from seqdo.sequences.backgrounds import BLOCK
from seqdo.sequences.edit import Edit, refuse_off_end
from seqdo.sequences.stream import stream

Level = str | int | float

NONE = "none"
"""The name of the arm without edits."""


@dataclass(frozen=True)
class Slot:
    """The ``rank``-th place in a random order of ``places``, an order drawn once for each background."""

    places: tuple[int, ...]
    rank: int


@dataclass(frozen=True, eq=False)
class Site:
    """One motif at one place of an arm.

    Attributes
    ----------
    at : 0-based start, or the Slot that holds it
    draw : int
        Which draw of the motif this is. Sites of the same motif and draw get the same letters in
        every arm of a background, so that arms stay paired when letters are sampled.
    strand : "+" as given, "-" its reverse complement
    """

    motif: Motif
    at: int | Slot
    draw: int = 0
    strand: str = "+"

    @property
    def name(self) -> str:
        """What errors and arms call the pattern."""
        return self.motif.name if self.strand == "+" else f"{self.motif.name}(rc)"

    @property
    def starts(self) -> tuple[int, ...]:
        """Every start that the site can have."""
        return self.at.places if isinstance(self.at, Slot) else (self.at,)

    def edit(self, seed: np.random.SeedSequence, first: int, n: int) -> Edit:
        """The edit for backgrounds first to first + n."""
        motif = self.motif if self.strand == "+" else self.motif.reverse_complement()
        if motif.certain:
            letters = motif.draw(n, stream(seed, "letters"))
        else:
            purpose = f"letters of {self.motif.name}, draw {self.draw}"
            drawn = self._blocks(first, n, lambda block: self.motif.draw(BLOCK, stream(seed, purpose, block)))
            letters = drawn if self.strand == "+" else complement(drawn)[:, ::-1]
        return Edit(self.name, letters, self._start(seed, first, n))

    def _start(self, seed: np.random.SeedSequence, first: int, n: int) -> int | NDArray[np.int64]:
        if isinstance(self.at, int):
            return self.at
        places = np.array(self.at.places)
        orders = self._blocks(
            first, n, lambda block: stream(seed, f"slots {self.starts}", block).random((BLOCK, len(places))).argsort(1)
        )
        chosen: NDArray[np.int64] = places[orders[:, self.at.rank]]
        return chosen

    @staticmethod
    def _blocks(first: int, n: int, draw: Callable[[int], NDArray[Any]]) -> NDArray[Any]:
        """Rows first to first + n of what is drawn in whole blocks, as backgrounds are."""
        start = first // BLOCK
        drawn = np.concatenate([draw(block) for block in range(start, (first + n - 1) // BLOCK + 1)])
        return drawn[first - start * BLOCK :][:n]


@dataclass(frozen=True, eq=False)
class Arm:
    """One treatment: the sites written into each background; an arm without sites is left alone.

    ``agree`` lets sites overlap where they write the same letters.
    """

    sites: tuple[Site, ...] = ()
    agree: bool = False

    def edits(self, seed: np.random.SeedSequence, first: int, n: int) -> list[Edit]:
        """The arm's edits for backgrounds first to first + n of the run with this seed."""
        return [replace(site.edit(seed, first, n), agree=self.agree) for site in self.sites]

    @property
    def label(self) -> str:
        """A name from what is written where, such as ``GATTACA@20 + CCGG@30``."""
        if not self.sites:
            return NONE
        places = (site.at if isinstance(site.at, int) else f"slot {site.at.rank + 1}" for site in self.sites)
        return " + ".join(f"{site.name}@{place}" for site, place in zip(self.sites, places, strict=True))


@dataclass(frozen=True)
class Contrast:
    """Weights over arms, applied to each background: what an effect is the mean of.

    Attributes
    ----------
    name : "effect", "specific", "interaction", ...; contrasts of one name are a family of tests
    weights : arm to weight; they sum to 0
    levels : factor to level
    identity : why the contrast is exactly 0 by construction, if it is (a palindrome on both strands); then
        there is nothing to weigh
    """

    name: str
    weights: Mapping[str, float]
    levels: Mapping[str, Level] = field(default_factory=dict)
    identity: str = ""


@dataclass(frozen=True, eq=False)
class Design:
    """What to write, what to compare: arms, factors and contrasts, before anything has run.

    Attributes
    ----------
    experiment : the function that made it
    question : what it asks, in a sentence
    arms : name to Arm; "none" is the arm without edits
    contrasts : in the order of the table
    factors : name to its levels; numeric ones sorted, others in the order given

    Raises
    ------
    InputError
        Fewer than two arms; a contrast that names a missing arm or whose weights do not sum to 0;
        levels that mix numbers and text.
    """

    experiment: str
    question: str
    arms: Mapping[str, Arm]
    contrasts: tuple[Contrast, ...]

    def __post_init__(self) -> None:
        if len(self.arms) < 2:
            raise InputError(
                f"a design with {len(self.arms)} arm", "a contrast needs a reference arm beside the arm it tests",
                f"Add {NONE!r}: Arm()",
            )  # fmt: skip
        for contrast in self.contrasts:
            self._check(contrast)
        self._warn_of_twins()
        self.factors  # noqa: B018 - levels that mix numbers and text are refused now, not at the table

    @property
    def factors(self) -> dict[str, tuple[Level, ...]]:
        """Levels of each factor: numbers sorted, names in the order given."""
        levels: dict[str, dict[Level, None]] = {}
        for contrast in self.contrasts:
            for name, level in contrast.levels.items():
                levels.setdefault(name, {})[level] = None
        return {name: _ordered(name, tuple(found)) for name, found in levels.items()}

    @property
    def stranded(self) -> bool:
        """Does an arm use a reverse complement?"""
        return any(site.strand == "-" for arm in self.arms.values() for site in arm.sites)

    def check(self, alphabet: Alphabet, shortest: int) -> None:
        """Refuse, before a prediction is made, what can't be written into sequences of this alphabet and length."""
        if self.stranded and alphabet is RNA:
            raise InputError(
                "a reverse complement in RNA", "RNA is single-stranded: no model of it has a second strand",
                "To test that sequence as a pattern of its own, give it to swap(pattern, [it], at=...)",
            )  # fmt: skip
        for arm in self.arms.values():
            for site in arm.sites:
                if site.motif.alphabet not in (None, alphabet):
                    raise InputError(
                        f"pattern {site.motif.name} is {site.motif.alphabet}", f"the model reads {alphabet.name}",
                        f"Write it with the letters {alphabet.letters}",
                    )  # fmt: skip
                for start in site.starts:
                    if start < 0 or start + site.motif.width > shortest:
                        refuse_off_end(site.name, site.motif.width, start, shortest, 1, 1)

    def passes(self, n: int = 1000) -> int:
        """Forward passes of one model member over n backgrounds."""
        return n * len(self.arms)

    def __str__(self) -> str:
        names = [name for name in self.arms if name != NONE]
        kinds: dict[str, int] = {}
        for contrast in self.contrasts:
            kinds[contrast.name] = kinds.get(contrast.name, 0) + 1
        lines = [f"{self.experiment}: {self.question}", f"  arms       {len(self.arms)}: {NONE}, {_shortened(names)}"]
        lines += [f"  factor     {name}: {_shortened(levels)}" for name, levels in self.factors.items()]
        lines.append("  contrasts  " + ", ".join(f"{name} ({count})" for name, count in kinds.items()))
        lines.append(f"  cost       {self.passes():,} forward passes of each model member at n=1000")
        return "\n".join(lines)

    def _check(self, contrast: Contrast) -> None:
        weights = contrast.weights
        where = f"contrast {contrast.name} {dict(contrast.levels) or ''}".strip()
        for arm in weights:
            if arm not in self.arms:
                near = difflib.get_close_matches(arm, self.arms, 1)
                raise InputError(
                    f"{where} names arm {arm!r}",
                    "it is not in the design",
                    f"Did you mean {near[0]!r}?" if near else "",
                )
        if not all(math.isfinite(weight) for weight in weights.values()):
            raise InputError(f"{where} has a weight that is not a number", "weights are finite")
        total = math.fsum(weights.values())
        if not (any(weights.values()) or contrast.identity) or abs(total) > 1e-9:
            raise InputError(f"{where} has weights that sum to {total:g}", "weights sum to 0 and are not all 0")

    def _warn_of_twins(self) -> None:
        seen: dict[tuple[object, ...], str] = {}
        for name, arm in self.arms.items():
            key = tuple((s.at, s.draw, s.strand, s.motif.matrix.tobytes()) for s in arm.sites)
            if key in seen:
                warnings.warn(f"arms {seen[key]!r} and {name!r} make the same edit", stacklevel=4)
            seen[key] = name


def _ordered(name: str, levels: tuple[Level, ...]) -> tuple[Level, ...]:
    numbers = [level for level in levels if not isinstance(level, str)]
    if numbers and len(numbers) < len(levels):
        raise InputError(f"factor {name} with the levels {list(levels)[:6]}", "levels are all numbers or all names")
    return tuple(sorted(numbers)) if numbers else levels


def _shortened(items: Iterable[object], most: int = 6) -> str:
    texts = [str(item) for item in items]
    return ", ".join(texts if len(texts) <= most else [*texts[: most - 2], "…", texts[-1]])
