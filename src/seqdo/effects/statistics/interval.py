"""Confidence intervals of mean contrasts over backgrounds, and the guard that marks intervals not to be trusted.

All functions work on arrays. Leading axes are contrasts and outputs (or replicates of a simulation); then come members,
where there are several; backgrounds are last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SMALLEST = 20
"""Fewest backgrounds for an interval to count as safe."""

PER_SKEW = 25
"""Backgrounds needed for each unit of squared skew (Cochran, Sampling Techniques, 3rd ed., eq. 2.22)."""

CONSTANT = 1e-12
"""Largest SD, as a share of the largest value, of a contrast that counts as constant: rounding of float64."""

SETTLED = 1e-6
"""Largest SD of rows, as a share of the largest contrast, that counts as rounding of float32."""

FEW_MEMBERS = 4
"""Largest number of members for which Satterthwaite's interval covers too little.

The t interval of the members' own means is then its lower limit."""


@dataclass(frozen=True, eq=False)
class Guard:
    """Whether a t interval can be trusted, for each contrast.

    Attributes
    ----------
    safe : the contrast is not constant, n >= 20, and n >= 25 skew²
    constant : the contrast is equal on all backgrounds, by a relative test
    flag : "", "constant", "skew" or "rare response" (at least half of the backgrounds give the same value),
        joined with "n<20", "n=2" or "n=1: no interval"
    """

    safe: Flags
    constant: Flags
    flag: NDArray[np.object_]


def guard(values: Floats, resolution: Floats | float = 0.0) -> Guard:
    """Judge contrasts (..., n) by their observed values.

    A response in fewer than 3/n of backgrounds is likely to be missed, and then no guard can find it.

    Parameters
    ----------
    values : float64 (..., n)
    resolution : size up to which a difference may be rounding, broadcast to the leading axes

    Examples
    --------
    >>> rare = np.zeros((1, 64))
    >>> rare[0, 5] = 3.0
    >>> guard(rare).flag.tolist(), guard(np.full((1, 30), -0.03)).flag.tolist()
    (['rare response'], ['constant'])
    """
    n = values.shape[-1]
    unit, size = _scaled(values)
    rounding = resolution / size
    skew, constant = skewness(unit, rounding)
    tailed = ~constant & (n < PER_SKEW * skew**2)
    safe = ~constant & ~tailed & (n >= SMALLEST)
    rare = np.zeros(safe.shape, bool)
    suspect = ~safe & ~constant
    rare[suspect] = _mostly_one_value(unit[suspect], np.broadcast_to(rounding, safe.shape)[suspect])
    kind = np.where(constant, "constant", np.where(rare, "rare response", np.where(tailed, "skew", "")))
    count = "n=1: no interval" if n == 1 else "n=2" if n == 2 else "n<20" if n < SMALLEST else ""
    flag = np.full(safe.shape, count, object) if n == 1 else joined(kind, count)
    return Guard(safe, constant, flag)


def skewness(values: Floats, resolution: Floats | float = 0.0) -> tuple[Floats, Flags]:
    """Skewness of contrasts (..., n), 0 where they are constant; and which are constant: their SD may be rounding."""
    unit, size = _scaled(values)
    deviation = unit - unit.mean(-1, keepdims=True)
    variance = (deviation**2).mean(-1)
    # Relative, not exact: the SD of thirty values of −0.03 is 7e-18, not 0.
    constant = np.sqrt(variance) <= np.maximum(CONSTANT, resolution / size)
    return (deviation**3).mean(-1) / np.where(constant, 1.0, variance) ** 1.5, constant


def _mostly_one_value(unit: Floats, rounding: Floats) -> Flags:
    """Do at least half of the backgrounds give the same value? That value is then one of the two medians."""
    n = unit.shape[-1]
    if n <= 2:
        return np.zeros(unit.shape[:-1], bool)
    middle = np.partition(unit, ((n - 1) // 2, n // 2), axis=-1)
    # Equal to 1e-6 of the largest response, because a float32 model rounds around its constant value.
    equal = np.maximum(1e-6, rounding)[..., None]
    counts = [(np.abs(unit - middle[..., [at]]) <= equal).sum(-1) for at in ((n - 1) // 2, n // 2)]
    return np.asarray(np.maximum(*counts) >= max(2, n / 2))


def joined(flag: NDArray[Any], more: NDArray[Any] | str) -> NDArray[np.object_]:
    """Join two flags for each contrast with "; "; either may be empty."""
    first, second = np.broadcast_arrays(np.asarray(flag, str), np.asarray(more, str))
    between = np.where((first != "") & (second != ""), "; ", "")
    return np.asarray(np.char.add(np.char.add(first, between), second).astype(object))


def _scaled(values: Floats, axes: int = 1) -> tuple[Floats, Floats]:
    """Values divided by their largest size, so that squares and cubes neither overflow nor vanish; and that size."""
    largest = np.abs(values).max(axis=tuple(range(-axes, 0)), keepdims=True)
    size = np.where(largest > 0, largest, 1.0)
    return values / size, size.reshape(size.shape[: size.ndim - axes])


@dataclass(frozen=True, eq=False)
class Interval:
    """Estimates, and what is needed for their intervals at any level; arrays of one shape.

    Attributes
    ----------
    estimate, se, df : mean, its standard error, and the degrees of freedom of t
    member_se : standard error from the means of 2 to 4 members alone; 0 otherwise
    member_df : degrees of freedom of ``member_se``, members − 1
    share : half-width at 95 % by the share rule, for constant contrasts; 0 otherwise
    least : smallest half-width at any level, the rounding of the predictions; broadcast to the others
    """

    estimate: Floats
    se: Floats
    df: Floats
    member_se: Floats
    member_df: int
    share: Floats
    least: Floats | float = 0.0

    def half_width(self, level: float | Floats) -> Floats:
        """Half the interval's width at a level, such as 0.95; NaN where n = 1."""
        from scipy.special import stdtrit

        upper = (1 + np.asarray(level, np.float64)) / 2
        t = stdtrit(self.df, upper) * self.se
        members = stdtrit(self.member_df, upper) * self.member_se
        # 3/n is -log(0.05)/n: a response in a larger share of backgrounds would have shown in n of them with 95 %.
        share = self.share * np.log(2 - 2 * upper) / np.log(0.05)
        return np.asarray(np.maximum(np.maximum(np.maximum(t, members), share), self.least))

    def bounds(self, level: float | Floats) -> tuple[Floats, Floats]:
        """Lower and upper end of the interval at a level."""
        half = self.half_width(level)
        return self.estimate - half, self.estimate + half

    def exact(self, where: Flags) -> Interval:
        """A copy with an estimate of exactly 0 and no error where a contrast is 0 by construction."""
        parts = (self.estimate, self.se, self.member_se, self.share, self.least)
        estimate, se, member_se, share, least = (np.where(where, 0.0, part) for part in parts)
        return Interval(estimate, se, np.where(where, 1.0, self.df), member_se, self.member_df, share, least)

    def widened(self, variance: Floats, df: int) -> Interval:
        """A copy with an error of this variance added, estimated with ``df`` degrees of freedom (Satterthwaite)."""
        if not variance.any():
            return self
        squared = self.se**2
        total = squared + variance
        spread = squared**2 / self.df + variance**2 / df
        joint = np.divide(total**2, spread, out=np.array(self.df), where=spread > 0)
        # The means of members have the same added error, since all members share the extra backgrounds.
        member_se = np.where(self.member_se > 0, np.sqrt(self.member_se**2 + variance), 0.0)
        return Interval(self.estimate, np.sqrt(total), joint, member_se, self.member_df, self.share, self.least)

    def __getitem__(self, which: Any) -> Interval:  # noqa: ANN401 - whatever indexes an array
        """The intervals at some indices."""
        parts = (self.estimate, self.se, self.df, self.member_se, self.share, self._least)
        estimate, se, df, member_se, share, least = (part[which] for part in parts)
        return Interval(estimate, se, df, member_se, self.member_df, share, least)

    @classmethod
    def concatenated(cls, parts: Sequence[Interval]) -> Interval:
        """Several interval arrays as one flat array."""
        names = ("estimate", "se", "df", "member_se", "share", "_least")
        estimate, se, df, member_se, share, least = (
            np.concatenate([getattr(part, name).ravel() for part in parts]) for name in names
        )
        return cls(estimate, se, df, member_se, parts[0].member_df, share, least)

    @property
    def _least(self) -> Floats:
        """The smallest half-width of each interval."""
        return np.broadcast_to(np.asarray(self.least, np.float64), np.shape(self.estimate))

    @property
    def t(self) -> Floats:
        """Number of standard errors between the estimate and 0; 0 where nothing varies."""
        return np.divide(np.abs(self.estimate), self.se, out=np.zeros(np.shape(self.se)), where=self.se > 0)

    @property
    def p(self) -> Floats:
        """Two-sided p-value of no effect.

        Where nothing varies it is 1 for an estimate of 0, and NaN otherwise: a p-value of five identical values would
        depend on rounding alone.
        """
        tested = [
            _two_sided(self.estimate, se, df) for se, df in ((self.se, self.df), (self.member_se, self.member_df))
        ]
        without_variance = np.where(self.estimate == 0, 1.0, np.nan)
        p = np.where(self.member_se > 0, np.maximum(*tested), tested[0])
        return np.where(self.se == 0, without_variance, p)


def _two_sided(estimate: Floats, se: Floats, df: Floats | int) -> Floats:
    from scipy.special import stdtr

    ratio = np.divide(np.abs(estimate), se, out=np.full(np.shape(estimate), np.nan), where=se > 0)
    return np.asarray(2 * stdtr(df, -ratio))


def paired(values: Floats) -> Interval:
    """One-sample t of per-background contrasts (..., n): the paired interval of one model.

    Examples
    --------
    >>> mean = paired(np.array([[1.0, 2.0, 3.0, 4.0]]))
    >>> mean.estimate.tolist(), mean.se.round(4).tolist(), mean.df.tolist(), mean.p.round(4).tolist()
    ([2.5], [0.6455], [3.0], [0.0305])
    """
    n = values.shape[-1]
    unit, size = _scaled(values)
    mean = unit.mean(-1)
    zero = np.zeros(mean.shape)
    if n == 1:
        return Interval(mean * size, zero + np.nan, zero + np.nan, zero, 1, zero)
    se = unit.std(-1, ddof=1) / np.sqrt(n) * size
    return Interval(mean * size, se, zero + n - 1, zero, 1, zero)


def crossed(values: Floats) -> Interval:
    """Members × backgrounds (..., S, n), both random and crossed, without replication.

    Var = (MS_members + MS_backgrounds − MS_residual) / (S n), with Satterthwaite's degrees of freedom
    (Searle, Casella & McCulloch 1992, §4.4-4.5). A negative component of variance is set to 0: the variance is then the
    larger mean square alone, with the degrees of freedom of that mean square. For 2 to 4 members the interval is never
    narrower than the t interval of the members' means, which has S − 1 degrees of freedom.
    """
    members, n = values.shape[-2:]
    unit, size = _scaled(values, 2)
    grand = unit.mean((-2, -1))
    if n == 1:
        nan = np.full(grand.shape, np.nan)
        return Interval(grand * size, nan, nan, np.zeros(grand.shape), 1, np.zeros(grand.shape))
    by_member, by_background = unit.mean(-1) - grand[..., None], unit.mean(-2) - grand[..., None]
    residual = unit - by_member[..., None] - by_background[..., None, :] - grand[..., None, None]
    free = (members - 1, n - 1, (members - 1) * (n - 1))
    m = n * (by_member**2).sum(-1) / free[0]
    b = members * (by_background**2).sum(-1) / free[1]
    r = (residual**2).sum((-2, -1)) / free[2]
    least, most = np.minimum(m, b), np.maximum(m, b)
    total = most + np.maximum(least - r, 0)
    spread = m**2 / free[0] + b**2 / free[1] + r**2 / free[2]
    df = np.divide(total**2, spread, out=np.full(total.shape, float(free[1])), where=spread > 0)
    df = np.where(least > r, df, np.where(m > b, free[0], free[1]))
    per = 1 / np.sqrt(members * n) * size
    # With few members, chance makes their mean square small so often that Satterthwaite alone would be too narrow.
    own = np.sqrt(m) * per if members <= FEW_MEMBERS else np.zeros(m.shape)
    return Interval(grand * size, np.sqrt(total) * per, df, own, free[0], np.zeros(m.shape))


def interval(
    values: Floats,
    sd: Floats | float,
    rows: Floats | None = None,
    independent: int | None = None,
    resolution: Floats | float = 0.0,
) -> tuple[Interval, Guard]:
    """The interval of contrasts (..., S, n), and the guard on their means over members.

    One member gets the paired interval, several get the crossed one. A contrast that is equal on all n backgrounds has
    no variance from which to form an interval. It gets the share rule: the half-width is 3/n of the larger of its size
    and ``sd``, because a response in fewer than 3/n of backgrounds is likely to be missed (NaN if both are 0). The same
    holds for a contrast whose ``rows`` are all equal.

    Parameters
    ----------
    values : float64 (..., S, n)
    sd : SD of the model's output, in its unit, broadcast to the leading axes; NaN or 0 if unknown
    rows : float64 (..., S, m), independent observations from which the interval is formed
        Means of ``values`` over clusters, or adjusted values; the values themselves if None. Rare responses show in
        the values, and skewness that invalidates t shows in the rows, so both are guarded.
    independent : number of independent backgrounds for the share rule; n if None
    resolution : size up to which a contrast may be rounding, broadcast to the leading axes
        (:func:`seqdo.effects.statistics.contrast.resolution`). A contrast that varies less counts as constant, one that
        is smaller on average counts as 0, and no interval is narrower.
    """
    n = values.shape[-1]
    observations = values if rows is None else rows
    means = paired(observations[..., 0, :]) if observations.shape[-2] == 1 else crossed(observations)
    judgment = guard(values.mean(-2), resolution)
    if n == 1:
        return means, judgment
    largest = np.abs(values).max((-2, -1))
    settled = judgment.constant
    if rows is not None:
        judgment, settled = _guard_rows(judgment, rows.mean(-2), largest, resolution, sets=rows.shape[-1] < n)
        if rows.shape[-1] == 1:
            return means, judgment
    size = np.maximum(np.abs(means.estimate), np.nan_to_num(np.asarray(sd, np.float64)))
    # Without a scale there is no half-width: a width of 0 would claim more than n backgrounds can show.
    share = np.where(settled, np.where(size > 0, 3 / (independent or n) * size, np.nan), 0.0)
    # Members that agree up to rounding have no variance. An SE of 1e-19 would pass for precision: it is set to 0.
    rounding = np.maximum(np.where(judgment.constant, CONSTANT, SETTLED) * largest, resolution)
    without_variance = settled & (means.se <= rounding)
    se, member_se = (np.where(without_variance, 0.0, part) for part in (means.se, means.member_se))
    estimate = np.where(judgment.constant & (np.abs(means.estimate) <= resolution), 0.0, means.estimate)
    intervals = Interval(estimate, se, means.df, member_se, means.member_df, share, resolution)
    return intervals, _precise(judgment, intervals)


def _precise(judgment: Guard, intervals: Interval) -> Guard:
    """The guard with a flag on intervals whose width is that of rounding."""
    rounded = ~judgment.constant & (replace(intervals, least=0.0).half_width(0.95) < intervals.least)
    return Guard(judgment.safe, judgment.constant, joined(judgment.flag, np.where(rounded, "rounding", "")))


def _guard_rows(
    judgment: Guard, rows: Floats, largest: Floats, resolution: Floats | float, *, sets: bool
) -> tuple[Guard, Flags]:
    """The guard of the values, which their rows (..., m) must pass too; and where all rows are equal."""
    m = rows.shape[-1]
    settled = judgment.constant | ((m > 1) & (rows.std(-1) <= np.maximum(SETTLED * largest, resolution)))
    # Equal rows have no skewness. The remaining risk is a response that no value showed; the share rule covers it.
    skewed = ~settled & (m >= SMALLEST) & ~guard(rows, resolution).safe
    few = "" if m >= SMALLEST or not sets else "one set: no interval" if m == 1 else f"sets<{SMALLEST}"
    kind = np.where(settled & ~judgment.constant, "no variance left", np.where(skewed & judgment.safe, "skew", ""))
    flag = joined(joined(judgment.flag, kind), few)
    return Guard(judgment.safe & ~skewed & (m >= SMALLEST), judgment.constant, flag), settled
