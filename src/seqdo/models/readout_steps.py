"""The steps of a composed readout: each takes an array with named axes, of numpy or torch, and returns another.

Steps are plain operations on whole arrays, so that ``torch.export`` sees through them and gradients go through them.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqdo.errors import InputError
from seqdo.models.heads import select_head, shape_of
from seqdo.models.profile_axes import Axes, Evidence


@dataclass(frozen=True)
class Named:
    """An array with the names of its axes.

    Attributes
    ----------
    values : array or tensor
    axes : a name for each axis
    raw : the model's whole output, for steps that need another head
    """

    values: Any
    axes: Axes
    raw: Any

    def axis(self, name: str, step: str) -> int:
        """The number of a named axis, which the step needs."""
        if name not in self.axes:
            raise InputError(
                f"`{step}` of an output with the axes {' '.join(self.axes)}",
                f"an axis of {name} is needed",
                "Declare the axes of the head, or take the step before the axis is summed over",
            )
        return self.axes.index(name)

    def reduced(self, values: Any, *gone: str) -> Named:  # noqa: ANN401
        """Other values, without some axes."""
        return replace(self, values=values, axes=tuple(name for name in self.axes if name not in gone))


class Step(ABC):
    """One step of a readout."""

    @abstractmethod
    def apply(self, named: Named) -> Named:
        """The array after the step."""

    def evidence(self, positions: int) -> Evidence:
        """What the step needs of the axes.

        Parameters
        ----------
        positions : as many positions are left at least by the steps before; 0 if they do not tell
        """
        return Evidence()

    @abstractmethod
    def __str__(self) -> str:
        """The call that adds the step."""


@dataclass(frozen=True)
class Window(Step):
    """Positions [start, stop)."""

    start: int
    stop: int

    def apply(self, named: Named) -> Named:
        """The positions of the window."""
        axis = named.axis("positions", str(self))
        if self.stop > shape_of(named.values)[axis]:
            size = shape_of(named.values)[axis]
            raise InputError(f"`stop={self.stop}`", f"the profile has {size} positions", f"Write stop={size}")
        return replace(named, values=_sliced(named.values, axis, self.start, self.stop))

    def evidence(self, positions: int) -> Evidence:
        """The last position of the window exists."""
        return Evidence(positions=0 if positions else self.stop, along_positions=True)

    def __str__(self) -> str:
        return f"window({self.start}, {self.stop})"


@dataclass(frozen=True)
class Bins(Step):
    """The bins in the center."""

    center: int

    def apply(self, named: Named) -> Named:
        """The bins in the center; of an odd number left over, one more is cut on the right."""
        axis = named.axis("positions", str(self))
        size = shape_of(named.values)[axis]
        if self.center > size:
            raise InputError(f"`bins(center={self.center})`", f"the output has {size} bins", f"Write center={size}")
        start = (size - self.center) // 2
        return replace(named, values=_sliced(named.values, axis, start, start + self.center))

    def evidence(self, positions: int) -> Evidence:
        """There are as many bins."""
        return Evidence(positions=0 if positions else self.center, along_positions=True)

    def __str__(self) -> str:
        return f"bins(center={self.center})"


@dataclass(frozen=True)
class Tracks(Step):
    """Some tracks, by their numbers; ``of`` is the number of tracks that have names."""

    numbers: tuple[int, ...]
    text: str
    of: int | None = None

    def apply(self, named: Named) -> Named:
        """The tracks, in the order of the numbers."""
        axis = named.axis("tracks", str(self))
        size = shape_of(named.values)[axis]
        if max(self.numbers) >= size:
            raise InputError(
                f"`{self}` of an output with {size} tracks",
                f"tracks have the numbers 0 to {size - 1}",
                "Write the numbers of tracks that exist",
            )
        first, count = self.numbers[0], len(self.numbers)
        if self.numbers == tuple(range(first, first + count)):  # a view, which an engine need not copy
            return replace(named, values=_sliced(named.values, axis, first, first + count))
        return replace(named, values=named.values[(slice(None),) * axis + (list(self.numbers),)])

    def evidence(self, positions: int) -> Evidence:
        """These tracks exist."""
        return Evidence(tracks=self.of, least_tracks=max(self.numbers) + 1)

    def __str__(self) -> str:
        return f"tracks({self.text})"


@dataclass(frozen=True)
class Average(Step):
    """The mean over each group of tracks."""

    groups: tuple[tuple[str, tuple[int, ...]], ...]
    of: int

    def apply(self, named: Named) -> Named:
        """One track for each group."""
        axis = named.axis("tracks", str(self))
        before = (slice(None),) * axis
        means = [named.values[(*before, list(numbers))].mean(axis) for _, numbers in self.groups]
        return replace(named, values=_module_of(named.values).stack(means, axis))

    def evidence(self, positions: int) -> Evidence:
        """Every track has a name."""
        return Evidence(tracks=self.of)

    def __str__(self) -> str:
        return f"average({', '.join(name for name, _ in self.groups)})"


@dataclass(frozen=True)
class Softmax(Step):
    """Shares, from logits: over positions, and over the strands of one track together."""

    total: str | int | None = None

    def apply(self, named: Named) -> Named:
        """Shares that sum to 1 over positions and strands, or expected counts where a head has the log of the total."""
        named.axis("positions", str(self))
        over = tuple(i for i, name in enumerate(named.axes) if name in ("positions", "strands"))
        xp, logits = _module_of(named.values), named.values
        largest = logits
        for axis in over:
            largest = _kept(xp.amax(largest, axis), axis)
        odds = xp.exp(logits - largest)  # without the largest logit, exp would overflow
        total = odds
        for axis in over:
            total = _kept(total.sum(axis), axis)
        shares = odds / total
        if self.total is not None:
            shares = shares * xp.exp(self._log_total(named))
        return replace(named, values=shares)

    def _log_total(self, named: Named) -> Any:  # noqa: ANN401 - an array of numpy or torch
        """The logarithm of the total counts, with the axes of the profile: one for each sequence, or each track too."""
        total = select_head(named.raw, key=self.total)  # type: ignore[arg-type]
        shape, n = shape_of(total), shape_of(named.values)[0]
        tracks = shape_of(named.values)[named.axes.index("tracks")] if "tracks" in named.axes else 1
        if shape in ((n,), (n, 1)):
            return total.reshape((n, *(1 for _ in named.axes[1:])))
        if shape == (n, tracks):
            return total.reshape((n, *(tracks if name == "tracks" else 1 for name in named.axes[1:])))
        each = f" or ({n}, {tracks}): one total for each track" if tracks > 1 else ""
        raise InputError(
            f"`counts` is a head of shape {shape}", f"({n},) or ({n}, 1) is needed: one total for each sequence{each}"
        )

    def evidence(self, positions: int) -> Evidence:
        """There are positions."""
        return Evidence(along_positions=True)

    def __str__(self) -> str:
        return "softmax()" if self.total is None else f"softmax(total={self.total!r})"


@dataclass(frozen=True)
class Reduce(Step):
    """One number for each track: the sum, mean or largest value over positions; strands are summed."""

    how: str

    def apply(self, named: Named) -> Named:
        """The array without positions and strands."""
        if self.how == "counts":
            refuse_negative(named.values, str(self))
        values, axes = named.values, named.axes
        for name in ("strands", "positions"):
            if name not in axes:
                continue
            axis = axes.index(name)
            how = "sum" if name == "strands" else self.how
            values = _module_of(values).amax(values, axis) if how == "max" else _summed(values, axis, how)
            axes = tuple(other for other in axes if other != name)
        return replace(named, values=values, axes=axes)

    def evidence(self, positions: int) -> Evidence:
        """There are positions."""
        return Evidence(along_positions=True)

    def __str__(self) -> str:
        return f"{self.how}()"


@dataclass(frozen=True)
class LogFold(Step):
    """The binary logarithm, so that a difference is a log2 fold change."""

    pseudocount: float

    def apply(self, named: Named) -> Named:
        """log2 of the values plus the pseudocount."""
        refuse_negative(named.values, str(self))
        return replace(named, values=_module_of(named.values).log2(named.values + self.pseudocount))

    def __str__(self) -> str:
        return f"log_fold(pseudocount={self.pseudocount:g})"


def refuse_negative(values: Any, step: str, signed: str = "for signed values write .sum() in its place") -> None:  # noqa: ANN401
    """Refuse negative counts, which are logits that were not turned into shares.

    Parameters
    ----------
    values : array or tensor
    step : the step that they are refused for
    signed : what to write where the values are signed on purpose

    Raises
    ------
    InputError
        A negative value.
    """
    if (lowest := _negative(values)) is not None:
        raise InputError(
            f"`{step}` of an output with negative values, such as {lowest:.3g}",
            "counts are not negative: these values may be logits",
            f"For logits write .softmax() or .softmax(total=...) first; {signed}",
        )


def refuse_logits(values: Any, window: str) -> None:  # noqa: ANN401
    """Refuse a sum over a profile of logits: profiles with negative values.

    Raises
    ------
    InputError
        A negative value.
    """
    if (lowest := _negative(values)) is not None:
        raise InputError(
            f"`{window}` of a profile with negative values, such as {lowest:.3g}",
            "a sum over positions needs counts or shares: these values may be logits",
            "For logits write sd.readout.profile_counts(...), or sd.readout.head(...).softmax(); for signed values "
            "write sd.readout.head(...).window(...).sum()",
        )


def _negative(values: Any) -> float | None:  # noqa: ANN401
    """The lowest value, if it is negative; None otherwise, and in a trace, which has no values to look at."""
    torch: Any = sys.modules.get("torch")
    tracing = torch is not None and torch.compiler.is_compiling()
    return float(values.min()) if not tracing and bool((values < 0).any()) else None


def _sliced(values: Any, axis: int, start: int, stop: int) -> Any:  # noqa: ANN401
    return values[(slice(None),) * axis + (slice(start, stop),)]


def _summed(values: Any, axis: int, how: str) -> Any:  # noqa: ANN401
    return values.mean(axis) if how == "mean" else values.sum(axis)


def _kept(values: Any, axis: int) -> Any:  # noqa: ANN401
    """Values after a reduction, with an axis of length 1 in the place of the axis that is gone."""
    return values[(slice(None),) * axis + (None,)]


def _module_of(values: Any) -> Any:  # noqa: ANN401
    """The module whose functions take the array: numpy and torch have all of those used here under the same name."""
    return sys.modules["torch"] if hasattr(values, "detach") else np
