"""Designs: the arms of an experiment, its factors, and its contrasts. A design is data.

An arm describes what is written where; :meth:`Arm.edits` returns its edits of some backgrounds
(:mod:`seqdo.designs.changes.site`). Nothing here predicts.
"""

from __future__ import annotations

import difflib
import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.sets import number
from seqdo.designs.call import Call
from seqdo.designs.changes.site import NONE, Arm, Site, Slot
from seqdo.designs.edited_sequences import background_of, chosen_arms, edited_sequences
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, RNA, Alphabet
from seqdo.sequences.sequences import Sequences, SequencesLike
from seqdo.sequences.stream import Seed, root

__all__ = ["NONE", "Arm", "Contrast", "Design", "Level", "Site", "Slot"]

Level = str | int | float

PILOT = 1000
"""The most backgrounds, from a stream of their own, whose predictions set the default margin."""


@dataclass(frozen=True)
class Contrast:
    """Weights over arms, applied to each background. Their mean over backgrounds is an effect.

    Attributes
    ----------
    name : "effect", "specific", "interaction", ...; contrasts of one name are a family of tests
    weights : arm to weight; they sum to 0
    levels : factor to level
    identity : why the contrast is exactly 0 by construction, if it is (a palindrome on both strands); then
        it has no weights
    """

    name: str
    weights: Mapping[str, float]
    levels: Mapping[str, Level] = field(default_factory=dict)
    identity: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """What to write, what to compare: arms, factors and contrasts, before anything has run.

    Attributes
    ----------
    experiment : the function that made the design
    question : what the design tests, in a sentence
    arms : name to Arm; "none" is the arm without edits
    contrasts : in the order of the table
    own_sequences : the real sequences that the design is about, which ``run`` then takes as its backgrounds; None if it
        can run on any background
    rows : every row of the table that the sequences were made from, with its status, reason and ``background``
        None where the sequences come from no table.
    factors : name to its levels; numeric ones sorted, others in the order given
    origin : the call that made the design, recorded by the experiment; None for a design that was built otherwise
        ``replace`` does not copy it, because the call would make the design before the change.

    Raises
    ------
    InputError
        Fewer than two arms; a contrast that names a missing arm or whose weights do not sum to 0;
        levels that mix numbers and text; two contrasts of one name and the same levels.
    """

    experiment: str
    question: str
    arms: Mapping[str, Arm]
    contrasts: tuple[Contrast, ...]
    own_sequences: Sequences | None = None
    rows: pd.DataFrame | None = None
    origin: Call | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if len(self.arms) < 2:
            raise InputError(
                f"`arms` holds {len(self.arms)} arm", "a contrast needs a reference arm and an arm that it tests",
                f"Add {NONE!r}: sd.Arm()",
            )  # fmt: skip
        for contrast in self.contrasts:
            self._check(contrast)
        self._refuse_repeats()
        self._warn_of_twins()
        self.factors  # noqa: B018 - levels that mix numbers and text are refused now, not at the table

    @property
    def call(self) -> str:
        """Python that makes an equal design, with ``sd`` for the package; "" where no call is recorded.

        Long data that came from no file are named by their parameter, and ``origin.data`` holds them.

        >>> from seqdo.experiments.embed import positions
        >>> positions("GATTACA", range(0, 50, 5), scrambles=2).call
        'sd.positions("GATTACA", at=range(0, 50, 5), scrambles=2)'
        """
        return "" if self.origin is None else self.origin.text

    @property
    def factors(self) -> dict[str, tuple[Level, ...]]:
        """Levels of each factor: numbers sorted, names in the order of the contrasts."""
        levels: dict[str, dict[Level, None]] = {}
        for contrast in self.contrasts:
            for name, level in contrast.levels.items():
                levels.setdefault(name, {})[level] = None
        return {name: _ordered(name, tuple(values)) for name, values in levels.items()}

    @property
    def unedited(self) -> str | None:
        """The arm without edits, if there is one."""
        return next((name for name, arm in self.arms.items() if not arm.sites), None)

    @property
    def stranded(self) -> bool:
        """Does an arm use a reverse complement?"""
        return any(site.stranded for arm in self.arms.values() for site in arm.sites)

    @property
    def turns(self) -> int:
        """How many rows of their own the changes have, which backgrounds cycle through; 0 if there are none."""
        return max((site.turns for arm in self.arms.values() for site in arm.sites), default=0)

    def check(self, alphabet: Alphabet, lengths: NDArray[np.int64]) -> None:
        """Refuse, before a prediction is made, edits that do not fit sequences of this alphabet and these lengths.

        Parameters
        ----------
        alphabet : of the model
        lengths : (n,) lengths of the backgrounds, without padding

        Raises
        ------
        InputError
            A reverse complement in RNA; a pattern in another alphabet; an edit off the end of a sequence.
        """
        if self.stranded and alphabet is RNA:
            raise InputError(
                "`design` writes a reverse complement, and the model reads RNA",
                "RNA is single-stranded: its models have no second strand",
                "To test the reverse complement as a pattern, write sd.swap(pattern, [reverse_complement], at=...)",
            )  # fmt: skip
        for site in dict.fromkeys(site for arm in self.arms.values() for site in arm.sites):
            if site.alphabet not in (None, alphabet):
                raise InputError(
                    f"`pattern` {site.name} is {site.alphabet}", f"the model reads {alphabet.name}",
                    f"Write it with the letters {alphabet.letters}" if site.patterns else "",
                )  # fmt: skip
            site.check(lengths)

    def sequences(
        self,
        background: Background | SequencesLike | None = None,
        n: int | None = None,
        rng: Seed = None,
        *,
        arms: Iterable[str] | None = None,
    ) -> Sequences:
        """The edited sequences that ``run`` predicts, without a model.

        Parameters
        ----------
        background : a null model, or sequences; left out where the design is about sequences of its own
        n : number of backgrounds, as in ``run``
        rng : seed; with the seed of a run, the sequences of that run, letter for letter
        arms : names of arms; by default all, the arm without edits included

        Returns
        -------
        Sequences
            n sequences of the first arm, then n of the second, ...; they are called "arm|background 0", ...

        Raises
        ------
        InputError
            As in ``run``; or the design has no such arm.

        Examples
        --------
        >>> from seqdo.experiments.embed import embed
        >>> edited = embed("GATTACA", at=2).sequences(["CCCCCCCCCC"])
        >>> dict(zip(edited.names, edited.to_strings(), strict=True))
        {'none|background 0': 'CCCCCCCCCC', 'GATTACA@2|background 0': 'CCGATTACAC'}
        """
        null = background_of(background, self.own_sequences, self.experiment)
        seed, n = root(rng), number(n, null)
        chosen = chosen_arms(self.arms, arms)
        own = next((site.alphabet for arm in chosen.values() for site in arm.sites if site.alphabet), None)
        backgrounds = null.sample(n, rng=seed)
        alphabet = backgrounds.alphabet or own
        self.check(alphabet or DNA, backgrounds.lengths)
        return edited_sequences(chosen, replace(backgrounds, alphabet=alphabet), seed)

    def restricted(self, contrasts: Iterable[Contrast | int]) -> Design:
        """The design of some contrasts: the arms that they weigh, and the arm without edits if any contrast weighs it.

        Parameters
        ----------
        contrasts : contrasts of this design, or their numbers from 0

        Raises
        ------
        InputError
            A number beyond the contrasts of the design.

        Examples
        --------
        >>> from seqdo.experiments.embed import kmers
        >>> every = kmers(2, at=3)
        >>> list(every.restricted(every.contrasts[:2]).arms)
        ['none', 'AA@3', 'AC@3']
        >>> every.restricted([0, 1]).call
        'sd.kmers(2, at=3).restricted([0, 1])'
        """
        numbers = {id(contrast): number for number, contrast in enumerate(self.contrasts)}
        kept = tuple(self._numbered(choice) if isinstance(choice, int) else choice for choice in contrasts)
        needed = {arm for contrast in kept for arm in contrast.weights}
        needed |= {arm for contrast in self.contrasts for arm in contrast.weights if not self.arms[arm].sites}
        arms = {name: arm for name, arm in self.arms.items() if name in needed}
        own = all(id(contrast) in numbers for contrast in kept)
        step = ("restricted", [numbers[id(contrast)] for contrast in kept]) if own else None
        return self._changed(step, arms=arms, contrasts=kept)

    def with_question(self, question: str) -> Design:
        """The same design with another question.

        Parameters
        ----------
        question : a sentence

        Examples
        --------
        >>> from seqdo.experiments.embed import embed
        >>> embed("GATTACA", at=20).with_question("Does the site work?").call
        'sd.embed("GATTACA", at=20).with_question("Does the site work?")'
        """
        return self._changed(("with_question", question), question=question)

    def passes(self, n: int = 1000) -> int:
        """Forward passes of one model member over n backgrounds.

        Parameters
        ----------
        n : number of backgrounds
        """
        return n * len(self.arms)

    def __repr__(self) -> str:
        return f"<design {self.experiment}: {len(self.arms)} arms, {len(self.contrasts)} contrasts>"

    def __str__(self) -> str:
        names = [name for name in self.arms if name != NONE]
        kinds: dict[str, int] = {}
        for contrast in self.contrasts:
            kinds[contrast.name] = kinds.get(contrast.name, 0) + 1
        reference = f"{NONE}, " if NONE in self.arms else ""
        lines = [f"{self.experiment}: {self.question}"]
        lines.append(f"  arms       {len(self.arms)}: {reference}{_shortened(names)}")
        lines += [f"  factor     {name}: {_shortened(levels)}" for name, levels in self.factors.items()]
        lines.append("  contrasts  " + ", ".join(f"{name} ({count})" for name, count in kinds.items()))
        n = 1000 if self.own_sequences is None else len(self.own_sequences)
        pilot = f", and up to {PILOT if self.own_sequences is None else min(n, PILOT):,} for a default margin"
        lines.append(f"  cost       {self.passes(n):,} forward passes of each model member at n={n}{pilot}")
        return "\n".join(lines)

    def _changed(self, step: tuple[str, Any] | None, **changes: Any) -> Design:  # noqa: ANN401 - fields of a design
        """A copy with other fields; its call is extended by the step, if the step can be written."""
        with warnings.catch_warnings(action="ignore"):  # this design has warned of equal arms already
            changed = replace(self, **changes)
        if step is not None and self.origin is not None:
            object.__setattr__(changed, "origin", self.origin.then(*step))
        return changed

    def _numbered(self, number: int) -> Contrast:
        if not 0 <= number < len(self.contrasts):
            raise InputError(
                f"`contrasts` holds {number}",
                f"the contrasts of this design have the numbers 0 to {len(self.contrasts) - 1}",
            )
        return self.contrasts[number]

    def _check(self, contrast: Contrast) -> None:
        weights = contrast.weights
        where = f"contrast {contrast.name} {dict(contrast.levels) or ''}".strip()
        for arm in weights:
            if arm not in self.arms:
                near = difflib.get_close_matches(arm, self.arms, 1)
                raise InputError(
                    f"{where} names arm {arm!r}",
                    "the design has no such arm",
                    f"Did you mean {near[0]!r}?" if near else "",
                )
        if not all(math.isfinite(weight) for weight in weights.values()):
            raise InputError(f"{where} has a weight that is not a number", "weights are finite numbers")
        total = math.fsum(weights.values())
        if not (any(weights.values()) or contrast.identity) or abs(total) > 1e-9:
            raise InputError(f"{where} has weights that sum to {total:g}", "weights sum to 0 and are not all 0")

    def _refuse_repeats(self) -> None:
        rows: set[tuple[str, frozenset[tuple[str, Level]]]] = set()
        for contrast in self.contrasts:
            key = (contrast.name, frozenset(contrast.levels.items()))
            if key in rows:
                raise InputError(
                    f"contrast {contrast.name} {dict(contrast.levels) or ''}".strip() + " twice",
                    "contrasts of one name differ in a level, so that their rows differ",
                )
            rows.add(key)

    def _warn_of_twins(self) -> None:
        by_edits: dict[frozenset[tuple[object, ...]], str] = {}
        for name, arm in self.arms.items():
            twin = by_edits.setdefault(arm.writes, name)
            if twin != name:
                warnings.warn(f"arms {twin!r} and {name!r} make the same edit", stacklevel=4)


def _ordered(name: str, levels: tuple[Level, ...]) -> tuple[Level, ...]:
    numbers = [level for level in levels if not isinstance(level, str)]
    if numbers and len(numbers) < len(levels):
        raise InputError(f"factor {name} with the levels {list(levels)[:6]}", "levels are all numbers or all texts")
    return tuple(sorted(numbers)) if numbers else levels


def _shortened(items: Iterable[object], most: int = 6) -> str:
    texts = [str(item) for item in items]
    return ", ".join(texts if len(texts) <= most else [*texts[: most - 2], "…", texts[-1]])
