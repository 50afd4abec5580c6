"""Control variates: numbers that are known of a background explain part of an effect's variance over backgrounds.

With D an effect on one background and Z numbers of it whose mean μ is known, D − β'(Z − μ) has the mean of D,
whatever β, and at the best β the variance (1 − R²) var D (Lavenberg & Welch 1981, Management Science 27:322). Here
each background gets the β of all others, in closed form, so that β and Z are independent and the mean is unbiased
exactly, at any n.

Where μ is not known, it is measured on m extra backgrounds: the best β is then λ = m/(n + m) times as large, and
β'(Z̄ − μ) adds to the variance. Numbers with a known mean go first: they are known of the extra backgrounds too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.design import Contrast
from seqdo.effects.statistics.clusters import Clusters, dependence_of
from seqdo.errors import InputError
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.sequences import Sequences, gc_content

Floats = NDArray[np.float64]

NAMES = ("prediction", "gc", "letters")
"""What can be adjusted for: the answer without edits, the share of G and C, the letters at the edits."""

FLANK = 8
"""Letters on both sides of an edit that are still letters at the edit."""

ALIKE = 1e-6
"""SD over sets, as a share of that over backgrounds, at which a number is the same in all sets."""


@dataclass(frozen=True, eq=False)
class Regression:
    """Least squares on numbers Z (m, p) with an intercept, shrunk as if Z explained half of the variance.

    The columns of Z have an SD of about 1. With p of them the penalty is p: so it costs little where Z is
    many numbers that explain nothing, and never fails where a number varies in one background only.
    """

    x: Floats
    inverse: Floats
    weights: Floats
    left: Floats

    @classmethod
    def on(cls, z: Floats) -> Regression:
        """Whatever of it does not depend on what is explained."""
        x = np.column_stack([np.ones(len(z)), z])
        penalty = np.diag([0.0] + [float(np.count_nonzero(z.any(0))) or 1.0] * z.shape[1])
        inverse = np.linalg.inv(x.T @ x + penalty)
        weights = x @ inverse
        return cls(x, inverse, weights, 1 - (weights * x).sum(1))

    def slopes(self, d: Floats) -> Floats:
        """Coefficients (p, contrasts) for d (m, contrasts)."""
        return np.asarray((self.weights.T @ d)[1:])

    def without_own(self, d: Floats, points: Floats) -> Floats:
        """For each row, Σ slope × number at a point (p,) or one for each row (m, p), with slopes of all other rows.

        Leaving row r out takes inverse·x_r·e_r/(1 − h_r) off the coefficients (Allen 1974, Technometrics 16:125).
        """
        coefficients = self.weights.T @ d
        residual = (d - self.x @ coefficients) / self.left[:, None]
        reach = ((points @ self.inverse[1:]) * self.x).sum(-1)
        return np.asarray(points @ coefficients[1:] - reach[:, None] * residual)


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Contrasts less what their backgrounds explain.

    Attributes
    ----------
    rows : float64 (contrasts, outputs, members, m), of each background or set; their mean is the estimate
    variance : float64 (contrasts, outputs), of that mean because means of Z were measured
    free : degrees of freedom of ``variance``
    """

    rows: Floats
    variance: Floats
    free: int


@dataclass(frozen=True, eq=False)
class ControlVariates:
    """Adjusts contrasts of these outcomes for some of NAMES.

    Raises
    ------
    InputError
        A name that is none of them; outcomes without extra backgrounds or an arm without edits where they are needed;
        several backgrounds made of one sequence, unless it is the only one.
    """

    outcomes: Outcomes
    names: tuple[str, ...]
    clusters: Clusters

    def __post_init__(self) -> None:
        if self.names and self.outcomes.stopped:
            raise InputError(
                f"adjust={self.names!r} for outcomes of run(until=...)",
                "its interim analyses were of contrasts without adjustment", "Leave adjust out, or run a fixed n",
            )  # fmt: skip
        for name in self.names:
            if name not in NAMES:
                near = difflib.get_close_matches(str(name), NAMES, 1)
                hint = f"Did you mean {near[0]!r}?" if near else 'Write adjust=("prediction", "gc")'
                raise InputError(f"adjust={name!r}", f"some of {', '.join(NAMES)} are needed", hint)
        if "prediction" in self.names and self.outcomes.design.unedited is None:
            raise InputError(
                "adjust='prediction' for a design that edits in every arm", "an arm without edits is needed",
                'Write adjust=("gc", "letters"), or add the arm "none"',
            )  # fmt: skip
        n, sources = len(self.outcomes.backgrounds), dependence_of(self.outcomes).in_turn
        extra = len(self.outcomes.extra.backgrounds) if self.outcomes.extra else 0
        if self.names and 1 < sources < n + extra:
            raise InputError(
                f"adjust={self.names[0]!r} for n={n} and extra={extra} backgrounds made of {sources} sequences",
                "those of one sequence depend on one another, so that the extra ones can't measure a mean on their own",
                "Leave adjust out, or use each sequence once: n and extra together are then their number",
            )
        measured = [name for name in self.names if name == "prediction" or not self._uniform]
        if measured and self._extra < 2:
            raise InputError(
                f"adjust={measured[0]!r} for outcomes with {extra or 'no'} extra backgrounds",
                "its mean is measured on more backgrounds, which are predicted without edits",
                "Write run(..., extra=2000)"
                if self.clusters.size == 1
                else f"Write run(..., extra={self.clusters.size * 125})",
            )

    def adjust(self, values: Floats, contrasts: Sequence[Contrast]) -> Adjusted:
        """Contrasts (contrasts, outputs, members, n) less what their backgrounds explain."""
        rows = self.clusters.means(values)
        if not self.names:
            return Adjusted(rows, np.zeros(rows.shape[:2]), 1)
        adjusted, variance = np.empty(rows.shape), np.zeros(rows.shape[:2])
        spans = [self._span(contrast) if "letters" in self.names else () for contrast in contrasts]
        for span in dict.fromkeys(spans):
            same = np.flatnonzero([other == span for other in spans])
            exact, measured = self._composition(span)
            for output in range(rows.shape[1]):
                noise = []
                for member in range(rows.shape[2]):
                    more = np.column_stack([measured, self._answers(member, output)])
                    left, part = self._fit(rows[same, output, member].T, exact, more)
                    adjusted[same, output, member] = left.T
                    noise.append(part)
                if self._extra:
                    variance[same, output] = np.mean(noise, 0).var(0, ddof=1) / self._extra
        return Adjusted(adjusted, variance, max(self._extra - 1, 1))

    def sentences(self) -> Iterator[str]:
        """Notes for the reader of the effects: what was adjusted for, and how."""
        words = {"prediction": "its prediction without edits", "gc": "its GC", "letters": "its letters at the edits"}
        balanced = self._uniform and self.clusters.size > 1
        used = [words[name] for name in self.names if name == "prediction" or not balanced]
        if used:
            extra = (
                f"; means not known are of {self._extra * self.clusters.size:,} extra backgrounds"
                if self._extra
                else ""
            )
            yield (
                f"Each background's contrast is adjusted for {', '.join(used)}, with coefficients fitted on the other "
                f"backgrounds{extra}."
            )
        if len(used) < len(self.names):
            yield "GC and letters are the same in every set of balanced backgrounds, so nothing was adjusted for them."

    def _fit(self, d: Floats, exact: Floats, measured: Floats) -> tuple[Floats, Floats]:
        """What is left of d (m, contrasts), and what each extra background adds to the error of its mean."""
        m, share = len(d), self._extra / (self._extra + len(d))
        first = Regression.on(exact[:m])
        explained = first.without_own(d, exact[:m])
        if not self._extra:
            return d - explained, np.zeros((0, d.shape[1]))
        both = np.column_stack([exact, measured])
        last, mean = Regression.on(both[:m]), both[m:].mean(0)
        gained = last.without_own(d, both[:m]) - last.without_own(d, mean)
        explained = (1 - share) * explained + share * (gained + first.without_own(d, mean[: exact.shape[1]]))
        return d - explained, share * (both[m:] @ last.slopes(d) - exact[m:] @ first.slopes(d))

    def _composition(self, span: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Numbers of the letters, for each background or set and then each extra one: with known means, and others."""
        backgrounds, none = self._all, np.zeros((self.clusters.number + self._extra, 0))
        inside = np.zeros((len(backgrounds), 0))
        if span:
            codes = backgrounds.codes[:, list(span)]
            inside = np.concatenate([codes == letter for letter in range(4)], 1).astype(np.float64)
        share = gc_content(backgrounds)[:, None] if "gc" in self.names else inside[:, :0]
        if not self._uniform:
            return none, np.column_stack([self._scaled(inside), self._scaled(share)])
        if self.clusters.size > 1:  # every set has the mean of what is balanced
            return none, none
        of_gc = (share - 0.5) * 2 * np.sqrt(backgrounds.lengths)[:, None]
        return np.column_stack([(inside - 0.25) * 4 / np.sqrt(3), of_gc]), none

    def _answers(self, member: int, output: int) -> Floats:
        """Predictions of a member without edits, (backgrounds or sets and then extra ones, 1); else no column."""
        if "prediction" not in self.names or self.outcomes.extra is None:
            return np.zeros((self.clusters.number + self._extra, 0))
        own = self.outcomes.y.sel(arm=self.outcomes.design.unedited)
        y = own.transpose("model", "output", "background").values[member, output]
        more = self.outcomes.extra.y.transpose("model", "output", "extra").values[member, output]
        return self._scaled(np.concatenate([y, more]).astype(np.float64)[:, None])

    def _scaled(self, numbers: Floats) -> Floats:
        """Means over sets with the mean 0 and SD 1 that the extra ones give: which know nothing of the effects."""
        rows = self.clusters.means(numbers.T).T
        extra = rows[self.clusters.number :]
        sd, overall = extra.std(0), numbers[self.clusters.number * self.clusters.size :].std(0)
        vary = sd > ALIKE * overall
        return np.where(vary, (rows - extra.mean(0)) / np.where(vary, sd, 1.0), 0.0)

    def _span(self, contrast: Contrast) -> tuple[int, ...]:
        """Places of the letters at the edits of a contrast's arms."""
        near: set[int] = set()
        for name, weight in contrast.weights.items():
            for site in self.outcomes.design.arms[name].sites if weight else ():
                for start in site.starts:
                    near.update(range(start - FLANK, start + site.width + FLANK))
        return tuple(sorted(near & set(range(self._all.codes.shape[1]))))

    @cached_property
    def _all(self) -> Sequences:
        """All backgrounds, the extra ones last."""
        own, extra = self.outcomes.backgrounds, self.outcomes.extra
        if extra is None:
            return own
        codes = np.concatenate([own.codes, extra.backgrounds.codes])
        return Sequences(codes, np.concatenate([own.lengths, extra.backgrounds.lengths]), own.alphabet)

    @property
    def _extra(self) -> int:
        """Extra backgrounds, or sets of them."""
        return 0 if self.outcomes.extra is None else len(self.outcomes.extra.backgrounds) // self.clusters.size

    @property
    def _uniform(self) -> bool:
        """Are the means of letters known? Each has 1/4 then, and GC 1/2."""
        background = self.outcomes.provenance.background
        return background is not None and background.kind == "uniform"
