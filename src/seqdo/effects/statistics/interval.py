"""Intervals for mean contrasts over backgrounds, and the guard that says when not to trust them.

All of it is array code: leading axes are contrasts and outputs (or replicates of a simulation),
then members where there are several, and backgrounds last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SMALLEST = 20
"""Backgrounds below which no interval is called safe."""

PER_SKEW = 25
"""Backgrounds needed for each unit of squared skew (Cochran, Sampling Techniques, 3rd ed., eq. 2.22)."""

CONSTANT = 1e-12
"""SD, as a share of the largest value, at which a contrast is the same in all backgrounds."""

SETTLED = 1e-6
"""SD of what an interval is made of, as a share of the largest contrast, that is taken for float32's rounding."""

FEW_MEMBERS = 4
"""Up to so many members Satterthwaite's interval covers too little, and the members' own t is its lower limit."""


@dataclass(frozen=True, eq=False)
class Guard:
    """Whether a t interval can be trusted, for each contrast.

    Attributes
    ----------
    safe : not constant, n >= 20 and n >= 25 skew²
    constant : the same in all backgrounds, by a relative test
    flag : "", "constant", "skew" or "rare response" (at least half of the backgrounds give one value),
        and "n<20", "n=2", "n=1: no interval"
    """

    safe: Flags
    constant: Flags
    flag: NDArray[np.object_]


def guard(values: Floats) -> Guard:
    """Judge contrasts (..., n) by what was seen; a spike rarer than 3/n of backgrounds can't be seen.

    Examples
    --------
    >>> rare = np.zeros((1, 64))
    >>> rare[0, 5] = 3.0
    >>> guard(rare).flag.tolist(), guard(np.full((1, 30), -0.03)).flag.tolist()
    (['rare response'], ['constant'])
    """
    n = values.shape[-1]
    unit, _ = _scaled(values)
    skew, constant = skewness(unit)
    tailed = ~constant & (n < PER_SKEW * skew**2)
    safe = ~constant & ~tailed & (n >= SMALLEST)
    rare = np.zeros(safe.shape, bool)
    suspect = ~safe & ~constant
    rare[suspect] = _mostly_one_value(unit[suspect])
    kind = np.where(constant, "constant", np.where(rare, "rare response", np.where(tailed, "skew", "")))
    count = "n=1: no interval" if n == 1 else "n=2" if n == 2 else "n<20" if n < SMALLEST else ""
    flag = np.full(safe.shape, count, object) if n == 1 else joined(kind, count)
    return Guard(safe, constant, flag)


def skewness(values: Floats) -> tuple[Floats, Flags]:
    """Skew of contrasts (..., n), 0 where they are constant, and where they are."""
    unit, _ = _scaled(values)
    deviation = unit - unit.mean(-1, keepdims=True)
    variance = (deviation**2).mean(-1)
    # A relative test: thirty times −0.03 have an SD of 7e-18, not of 0.
    constant = np.sqrt(variance) <= CONSTANT
    return (deviation**3).mean(-1) / np.where(constant, 1.0, variance) ** 1.5, constant


def _mostly_one_value(unit: Floats) -> Flags:
    """Do at least half of the backgrounds give one value? Then it is one of the two middle ones."""
    n = unit.shape[-1]
    if n <= 2:
        return np.zeros(unit.shape[:-1], bool)
    middle = np.partition(unit, ((n - 1) // 2, n // 2), axis=-1)
    # Equal to 1e-6 of the largest response: a float32 model answers 0 with rounding.
    counts = [(np.abs(unit - middle[..., [at]]) <= 1e-6).sum(-1) for at in ((n - 1) // 2, n // 2)]
    return np.asarray(np.maximum(*counts) >= max(2, n / 2))


def joined(flag: NDArray[Any], more: NDArray[Any] | str) -> NDArray[np.object_]:
    """Two flags as one, for each contrast; either may be empty."""
    first, second = np.broadcast_arrays(np.asarray(flag, str), np.asarray(more, str))
    between = np.where((first != "") & (second != ""), "; ", "")
    return np.asarray(np.char.add(np.char.add(first, between), second).astype(object))


def _scaled(values: Floats, axes: int = 1) -> tuple[Floats, Floats]:
    """Values over their largest size, so that squares and cubes neither overflow nor vanish; and that size."""
    largest = np.abs(values).max(axis=tuple(range(-axes, 0)), keepdims=True)
    size = np.where(largest > 0, largest, 1.0)
    return values / size, size.reshape(size.shape[: size.ndim - axes])


@dataclass(frozen=True, eq=False)
class Interval:
    """Estimates with what their intervals at any level are made of; arrays of one shape.

    Attributes
    ----------
    estimate, se, df : mean, its standard error, degrees of freedom of t
    member_se : standard error from the means of 2 to 4 members alone, with members − 1 degrees of freedom; else 0
    member_df : int
    share : half-width at 95 % by the share rule, for constant contrasts; else 0
    """

    estimate: Floats
    se: Floats
    df: Floats
    member_se: Floats
    member_df: int
    share: Floats

    def half_width(self, level: float | Floats) -> Floats:
        """Half the interval's width at a level, such as 0.95; NaN where n = 1."""
        from scipy.special import stdtrit

        upper = (1 + np.asarray(level, np.float64)) / 2
        t = stdtrit(self.df, upper) * self.se
        members = stdtrit(self.member_df, upper) * self.member_se
        # 3/n is -log(0.05)/n: the largest share that n backgrounds without it leave possible at 95 %.
        share = self.share * np.log(2 - 2 * upper) / np.log(0.05)
        return np.asarray(np.maximum(np.maximum(t, members), share))

    def bounds(self, level: float | Floats) -> tuple[Floats, Floats]:
        """Both ends of the interval at a level."""
        half = self.half_width(level)
        return self.estimate - half, self.estimate + half

    def exact(self, where: Flags) -> Interval:
        """The same with 0, known without error, where a contrast is 0 by construction."""
        zero = [np.where(where, 0.0, part) for part in (self.estimate, self.se, self.member_se, self.share)]
        return Interval(zero[0], zero[1], np.where(where, 1.0, self.df), zero[2], self.member_df, zero[3])

    def widened(self, variance: Floats, df: int) -> Interval:
        """The same with an error of this variance added, known with so many degrees of freedom (Satterthwaite)."""
        if not variance.any():
            return self
        own = self.se**2
        total = own + variance
        spread = own**2 / self.df + variance**2 / df
        joint = np.divide(total**2, spread, out=np.array(self.df), where=spread > 0)
        member_se = np.where(self.member_se > 0, np.sqrt(self.member_se**2 + variance), 0.0)
        return Interval(self.estimate, np.sqrt(total), joint, member_se, self.member_df, self.share)

    def __getitem__(self, which: Any) -> Interval:  # noqa: ANN401 - whatever indexes an array
        """Some of them."""
        parts = (self.estimate, self.se, self.df, self.member_se)
        estimate, se, df, member_se = (part[which] for part in parts)
        return Interval(estimate, se, df, member_se, self.member_df, self.share[which])

    @classmethod
    def concatenated(cls, parts: Sequence[Interval]) -> Interval:
        """Several as one, flat."""
        names = ("estimate", "se", "df", "member_se", "share")
        estimate, se, df, member_se, share = (
            np.concatenate([getattr(part, name).ravel() for part in parts]) for name in names
        )
        return cls(estimate, se, df, member_se, parts[0].member_df, share)

    @property
    def t(self) -> Floats:
        """How many standard errors the estimate is from 0; 0 where nothing varies."""
        return np.divide(np.abs(self.estimate), self.se, out=np.zeros(np.shape(self.se)), where=self.se > 0)

    @property
    def p(self) -> Floats:
        """Two-sided p of no effect; where nothing varies 1 for an estimate of 0, else NaN.

        A p of five identical 5.0s would be made of rounding.
        """
        tested = [
            _two_sided(self.estimate, se, df) for se, df in ((self.se, self.df), (self.member_se, self.member_df))
        ]
        still = np.where(self.estimate == 0, 1.0, np.nan)
        p = np.where(self.member_se > 0, np.maximum(*tested), tested[0])
        return np.where(self.se == 0, still, p)


def _two_sided(estimate: Floats, se: Floats, df: Floats | int) -> Floats:
    from scipy.special import stdtr

    ratio = np.divide(np.abs(estimate), se, out=np.full(np.shape(estimate), np.nan), where=se > 0)
    return np.asarray(2 * stdtr(df, -ratio))


def paired(values: Floats) -> Interval:
    """One-sample t of per-background contrasts (..., n): the paired interval of one model.

    Examples
    --------
    >>> one = paired(np.array([[1.0, 2.0, 3.0, 4.0]]))
    >>> one.estimate.tolist(), one.se.round(4).tolist(), one.df.tolist(), one.p.round(4).tolist()
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
    (Searle, Casella & McCulloch 1992, §4.4-4.5). Where a component of variance comes out negative it is taken as
    0: the variance is then the larger mean square alone, with the degrees of freedom of that mean
    square. For 2 to 4 members no narrower than t of the members' means with S − 1 degrees of freedom.
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
    own = np.sqrt(m) * per if members <= FEW_MEMBERS else np.zeros(m.shape)
    return Interval(grand * size, np.sqrt(total) * per, df, own, free[0], np.zeros(m.shape))


def interval(
    values: Floats, sd: Floats | float, rows: Floats | None = None, independent: int | None = None
) -> tuple[Interval, Guard]:
    """The interval of contrasts (..., S, n), and the guard on their means over members.

    One member gets the paired interval, more get the crossed one. A contrast that is the same in all n
    backgrounds has no spread to make an interval of; it gets the share rule: half-width 3/n of the
    larger of its size and ``sd``, because a response in fewer than 3/n of backgrounds would not have been seen
    (NaN if both are 0). So does one whose ``rows`` are all the same.

    Parameters
    ----------
    values : float64 (..., S, n)
    sd : SD of the model's output, in its unit, broadcast to the leading axes; NaN or 0 if there is none
    rows : float64 (..., S, m), independent of one another: what the interval is made of
        Means of ``values`` over sets, or adjusted values; the values themselves if None. Responses that are
        rare must be looked for in the values, and skew that spoils t in the rows, so both are guarded.
    independent : backgrounds for the share rule; n if None
    """
    n = values.shape[-1]
    made_of = values if rows is None else rows
    found = paired(made_of[..., 0, :]) if made_of.shape[-2] == 1 else crossed(made_of)
    judged = guard(values.mean(-2))
    if n == 1:
        return found, judged
    largest = np.abs(values).max((-2, -1))
    settled = judged.constant
    if rows is not None:
        judged, settled = _guarded(judged, rows.mean(-2), largest, sets=rows.shape[-1] < n)
        if rows.shape[-1] == 1:
            return found, judged
    size = np.maximum(np.abs(found.estimate), np.nan_to_num(np.asarray(sd, np.float64)))
    # Without a scale there is no half-width to give: a width of 0 would claim what n backgrounds can't show.
    share = np.where(settled, np.where(size > 0, 3 / (independent or n) * size, np.nan), 0.0)
    # Members that agree to rounding have no variance either; 0 says so, 1e-19 would be taken for precision.
    still = settled & (found.se <= np.where(judged.constant, CONSTANT, SETTLED) * largest)
    se, own = (np.where(still, 0.0, part) for part in (found.se, found.member_se))
    return Interval(found.estimate, se, found.df, own, found.member_df, share), judged


def _guarded(judged: Guard, rows: Floats, largest: Floats, *, sets: bool) -> tuple[Guard, Flags]:
    """The guard of the values once their rows (..., m) have to pass it too, and where all rows are the same."""
    m = rows.shape[-1]
    settled = judged.constant | ((m > 1) & (rows.std(-1) <= SETTLED * largest))
    # Rows without spread have no skew: what is left to fear is a response that no value showed.
    skewed = ~settled & (m >= SMALLEST) & ~guard(rows).safe
    few = "" if m >= SMALLEST or not sets else "one set: no interval" if m == 1 else f"sets<{SMALLEST}"
    kind = np.where(settled & ~judged.constant, "no variance left", np.where(skewed & judged.safe, "skew", ""))
    flag = joined(joined(judged.flag, kind), few)
    return Guard(judged.safe & ~skewed & (m >= SMALLEST), judged.constant, flag), settled
