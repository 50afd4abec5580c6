"""Control variates: numbers of a background, known before any edit, that explain part of an effect's variance.

Let D be the effect on one background, and Z a vector of numbers of that background with the known mean μ. Then
D − β'(Z − μ) has the same mean as D for every β. At the best β its variance is (1 − R²) var D (Lavenberg & Welch 1981,
Management Science 27:322). Each background uses the β fitted on all other backgrounds, in closed form. So β and Z are
independent, and the mean is exactly unbiased at any n.

An unknown μ is measured on m extra backgrounds. The best β is then smaller by the factor λ = m/(n + m), and
β'(Z̄ − μ) adds to the variance. Numbers with a known mean are fitted first, because the extra backgrounds have them too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seqdo.designs.design import Contrast, Design
from seqdo.effects.statistics.clusters import Clusters, dependence_of
from seqdo.errors import InputError
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.sequences import Sequences, gc_content

Floats = NDArray[np.float64]

NAMES = ("prediction", "gc", "letters")
"""What can be adjusted for: the prediction without edits, the GC content, the letters at the edits."""

FLANK = 8
"""Positions on each side of an edit whose letters count as letters at the edit."""

ALIKE = 1e-6
"""Largest SD over clusters, as a share of the SD over backgrounds, of a number that counts as equal in all clusters."""


@dataclass(frozen=True, eq=False)
class Regression:
    """Ridge regression on numbers Z (m, p) with an intercept, shrunk as if Z explained half of the variance.

    The columns of Z have an SD of about 1, and the penalty is p. The fit then loses little where many numbers explain
    nothing, and never fails where a number varies on one background only.

    Attributes
    ----------
    x : Z with a column of ones before it
    inverse : of X'X + penalty
    weights : X × inverse
    left : 1 − leverage of each row
    """

    x: Floats
    inverse: Floats
    weights: Floats
    left: Floats

    @classmethod
    def on(cls, z: Floats) -> Regression:
        """The parts of the regression that do not depend on the response."""
        x = np.column_stack([np.ones(len(z)), z])
        # The intercept is not penalized.
        penalty = np.diag([0.0] + [float(np.count_nonzero(z.any(0))) or 1.0] * z.shape[1])
        inverse = np.linalg.inv(x.T @ x + penalty)
        weights = x @ inverse
        return cls(x, inverse, weights, 1 - (weights * x).sum(1))

    def slopes(self, d: Floats) -> Floats:
        """Coefficients (p, contrasts) for d (m, contrasts)."""
        return np.asarray((self.weights.T @ d)[1:])

    def without_own(self, d: Floats, points: Floats) -> Floats:
        """For each row, Σ slope × number with the slopes fitted on all other rows.

        The numbers are those of one point (p,), or of one point for each row (m, p). Leaving out row r changes the
        coefficients by −inverse·x_r·e_r/(1 − h_r) (Allen 1974, Technometrics 16:125).
        """
        coefficients = self.weights.T @ d
        residual = (d - self.x @ coefficients) / self.left[:, None]
        reach = ((points @ self.inverse[1:]) * self.x).sum(-1)
        return np.asarray(points @ coefficients[1:] - reach[:, None] * residual)


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Contrasts minus the part that their backgrounds explain.

    Attributes
    ----------
    rows : float64 (contrasts, outputs, members, m), for each background or cluster; their mean is the estimate
    variance : float64 (contrasts, outputs), the variance that measuring the means of Z adds to that mean
    free : degrees of freedom of ``variance``
    """

    rows: Floats
    variance: Floats
    free: int


def check_adjust(
    names: Sequence[str], design: Design, *, stopped: bool, n: int, sources: int, extra: int, uniform: bool,
    set_size: int,
) -> None:  # fmt: skip
    """Refuse control variates that a run does not allow; also before the run, where nothing has been predicted yet.

    Parameters
    ----------
    names : some of NAMES
    design : of the run
    stopped : whether the run may stop early
    n, extra : numbers of backgrounds, and of extra ones
    sources : source sequences that the backgrounds cycle through; 0 if they have none
    uniform : whether the backgrounds are uniform, so that the means of letters are known
    set_size : backgrounds of one balanced set

    Raises
    ------
    InputError
        As for :class:`ControlVariates`.
    """
    if names and stopped:
        raise InputError(
            f"adjust={tuple(names)!r} for outcomes of run(until=...)",
            "its interim analyses were of contrasts without adjustment", "Leave adjust out, or run a fixed n",
        )  # fmt: skip
    for name in names:
        if name not in NAMES:
            near = difflib.get_close_matches(str(name), NAMES, 1)
            hint = f"Did you mean {near[0]!r}?" if near else 'Write adjust=("prediction", "gc")'
            raise InputError(f"adjust={name!r}", f"some of {', '.join(NAMES)} are needed", hint)
    if "prediction" in names and design.unedited is None:
        raise InputError(
            "adjust='prediction' for a design that edits in every arm", "an arm without edits is needed",
            'Write adjust=("gc", "letters"), or add the arm "none"',
        )  # fmt: skip
    if names and 1 < sources < n + extra:
        raise InputError(
            f"adjust={names[0]!r} for n={n} and extra={extra} backgrounds from {sources} source sequences",
            "backgrounds from one source sequence are not independent, so the extra ones cannot measure a mean",
            f"Leave adjust out, or use each source once: n + extra = {sources}",
        )
    measured = [name for name in names if name == "prediction" or not uniform]
    if measured and extra // set_size < 2:
        raise InputError(
            f"adjust={measured[0]!r} for outcomes with {extra or 'no'} extra backgrounds",
            "its mean is measured on extra backgrounds, which are predicted without edits",
            f"Write run(..., extra={2000 if set_size == 1 else set_size * 125})",
        )


@dataclass(frozen=True, eq=False)
class ControlVariates:
    """Adjusts the contrasts of outcomes for some of NAMES.

    Raises
    ------
    InputError
        An unknown name; outcomes without the extra backgrounds or the arm without edits that a name needs; several
        backgrounds that share a source sequence, unless there is only one source.
    """

    outcomes: Outcomes
    names: tuple[str, ...]
    clusters: Clusters

    def __post_init__(self) -> None:
        outcomes = self.outcomes
        check_adjust(
            self.names, outcomes.design, stopped=outcomes.stopped, n=len(outcomes.backgrounds),
            sources=dependence_of(outcomes).in_turn, uniform=self._uniform, set_size=self.clusters.size,
            extra=len(outcomes.extra.backgrounds) if outcomes.extra else 0,
        )  # fmt: skip

    def adjust(self, values: Floats, contrasts: Sequence[Contrast]) -> Adjusted:
        """Contrasts (contrasts, outputs, members, n) minus the part that their backgrounds explain."""
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
                    # A member has a prediction of its own for each background, so each has a regression of its own.
                    more = np.column_stack([measured, self._predictions(member, output)])
                    left, part = self._fit(rows[same, output, member].T, exact, more)
                    adjusted[same, output, member] = left.T
                    noise.append(part)
                if self._extra:
                    variance[same, output] = np.mean(noise, 0).var(0, ddof=1) / self._extra
        return Adjusted(adjusted, variance, max(self._extra - 1, 1))

    def sentences(self) -> Iterator[str]:
        """Notes on what the effects were adjusted for, and how."""
        phrases = {"prediction": "its prediction without edits", "gc": "its GC", "letters": "its letters at the edits"}
        balanced = self._uniform and self.clusters.size > 1
        used = [phrases[name] for name in self.names if name == "prediction" or not balanced]
        if used:
            extra = (
                f"; unknown means were measured on {self._extra * self.clusters.size:,} extra backgrounds"
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
        """The residual of d (m, contrasts), and what each extra background adds to the error of its mean."""
        m, share = len(d), self._extra / (self._extra + len(d))
        first = Regression.on(exact[:m])
        explained = first.without_own(d, exact[:m])
        if not self._extra:
            return d - explained, np.zeros((0, d.shape[1]))
        both = np.column_stack([exact, measured])
        last, mean = Regression.on(both[:m]), both[m:].mean(0)
        # ``share`` is the λ of the module's docstring, and applies to what is measured beyond what is known exactly.
        gained = last.without_own(d, both[:m]) - last.without_own(d, mean)
        explained = (1 - share) * explained + share * (gained + first.without_own(d, mean[: exact.shape[1]]))
        return d - explained, share * (both[m:] @ last.slopes(d) - exact[m:] @ first.slopes(d))

    def _composition(self, span: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Numbers of the letters, with known means and without, for clusters and then extra ones."""
        backgrounds, none = self._all, np.zeros((self.clusters.number + self._extra, 0))
        inside = np.zeros((len(backgrounds), 0))
        if span:
            codes = backgrounds.codes[:, list(span)]
            inside = np.concatenate([codes == letter for letter in range(4)], 1).astype(np.float64)
        share = gc_content(backgrounds)[:, None] if "gc" in self.names else inside[:, :0]
        if not self._uniform:
            return none, np.column_stack([self._scaled(inside), self._scaled(share)])
        if self.clusters.size > 1:  # every balanced set has the known mean, so nothing is left to explain
            return none, none
        of_gc = (share - 0.5) * 2 * np.sqrt(backgrounds.lengths)[:, None]
        return np.column_stack([(inside - 0.25) * 4 / np.sqrt(3), of_gc]), none

    def _predictions(self, member: int, output: int) -> Floats:
        """Predictions of a member without edits, (clusters and then extra ones, 1); no column if not adjusted for."""
        if "prediction" not in self.names or self.outcomes.extra is None:
            return np.zeros((self.clusters.number + self._extra, 0))
        own = self.outcomes.y.sel(arm=self.outcomes.design.unedited)
        y = own.transpose("model", "output", "background").values[member, output]
        more = self.outcomes.extra.y.transpose("model", "output", "extra").values[member, output]
        return self._scaled(np.concatenate([y, more]).astype(np.float64)[:, None])

    def _scaled(self, numbers: Floats) -> Floats:
        """Means over clusters, scaled by the mean and SD of the extra ones, which are independent of the effects."""
        rows = self.clusters.means(numbers.T).T
        extra = rows[self.clusters.number :]
        sd, overall = extra.std(0), numbers[self.clusters.number * self.clusters.size :].std(0)
        vary = sd > ALIKE * overall
        return np.where(vary, (rows - extra.mean(0)) / np.where(vary, sd, 1.0), 0.0)

    def _span(self, contrast: Contrast) -> tuple[int, ...]:
        """Positions of the letters at the edits of a contrast's arms."""
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
        """Number of extra backgrounds, or of balanced sets of them."""
        return 0 if self.outcomes.extra is None else len(self.outcomes.extra.backgrounds) // self.clusters.size

    @property
    def _uniform(self) -> bool:
        """Are the means of the letters known? They are 1/4 each, and GC has 1/2, if backgrounds are uniform."""
        background = self.outcomes.provenance.background
        return background is not None and background.kind == "uniform"
