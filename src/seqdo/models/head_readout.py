"""Composed readouts: a head, some of its tracks, a window of its positions, and what is computed there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seqdo.errors import InputError
from seqdo.models.heads import select_head, shape_of
from seqdo.models.peak_step import AtReferencePeak, refuse_order
from seqdo.models.profile_axes import Axes, as_axes, axes_of, check_window
from seqdo.models.readout_evidence import evidence_of
from seqdo.models.readout_steps import Average, Bins, LogFold, Named, Reduce, Softmax, Step, Tracks, Window
from seqdo.models.track_selection import Choice, Waiting


@dataclass(frozen=True)
class HeadReadout:
    """A readout that is put together step by step. Each method returns a new readout.

    Attributes
    ----------
    key : the head; None for an output that is one array
    axes : names of the head's axes, if they are declared
    names : names of the head's tracks, if they are known
    steps : what is done, in order
    chosen : track selections that wait for names
    """

    key: str | int | None = None
    axes: Axes | None = None
    names: tuple[str, ...] | None = None
    steps: tuple[Step | Waiting, ...] = ()

    # --- what a user writes

    def tracks(self, *which: Choice) -> HeadReadout:
        """Some tracks, in the order of ``which``; of a pattern or a function, in the order of the head.

        Parameters
        ----------
        which : names, numbers from 0, a compiled regular expression, or a function from a name to True
            Names are those of ``head(names=...)``, or else those of ``sd.wrap(outputs=...)``.

        Raises
        ------
        InputError
            No track, or a name that does not exist.

        Examples
        --------
        >>> import numpy as np
        >>> read = head(names=["GATA1", "CTCF"]).tracks("CTCF")
        >>> read(np.array([[1.0, 2.0]])).tolist()
        [[2.0]]
        """
        if not which:
            raise InputError(
                "`tracks()` without a track", "at least one is needed", 'Write tracks("GATA1") or tracks(3)'
            )
        return self._settled(Waiting(which))

    def average(self, by: Mapping[str, Sequence[str]] | Sequence[str]) -> HeadReadout:
        """The mean over each group of tracks, which becomes a track with the group's name.

        Parameters
        ----------
        by : group to the names of its tracks; or for each track of the head the name of its group, such as a column
            of a table

        Examples
        --------
        >>> import numpy as np
        >>> read = head(names=["liver 1", "liver 2", "brain"]).average({"liver": ["liver 1", "liver 2"]})
        >>> read(np.array([[1.0, 3.0, 9.0]])).tolist()
        [[2.0]]
        """
        groups = by if isinstance(by, Mapping) else tuple(map(str, by))
        return self._settled(Waiting((), groups))

    def window(self, start: int, stop: int) -> HeadReadout:
        """The positions [start, stop), counted from 0.

        Raises
        ------
        InputError
            A window that is empty or begins before position 0.
        """
        check_window(start, stop)
        return self._with(Window(start, stop))

    def bins(self, *, center: int) -> HeadReadout:
        """The ``center`` bins in the middle of the output.

        Raises
        ------
        InputError
            Fewer than 1 bin.
        """
        if isinstance(center, bool) or not isinstance(center, int) or center < 1:
            raise InputError(f"`center={center!r}`", "a number of bins from 1 is needed", "Write bins(center=4)")
        return self._with(Bins(center))

    def softmax(self, *, total: str | int | None = None) -> HeadReadout:
        """Shares, from logits: over positions, and over the strands of one track together.

        Parameters
        ----------
        total : the head of the natural logarithm of the total counts; then the result is expected counts
        """
        return self._with(Softmax(total))

    def counts(self) -> HeadReadout:
        """The sum over positions and strands. Negative values, such as logits, are refused."""
        return self._of_shares("counts")._with(Reduce("counts"))

    def sum(self) -> HeadReadout:
        """The sum over positions and strands, of signed values too."""
        return self._of_shares("sum")._with(Reduce("sum"))

    def mean(self) -> HeadReadout:
        """The mean over positions, summed over strands."""
        return self._of_shares("mean")._with(Reduce("mean"))

    def max(self) -> HeadReadout:
        """The largest value over positions, after strands are summed."""
        return self._with(Reduce("max"))

    def at_reference_peak(self) -> HeadReadout:
        """The value at the position where the background without edits has its highest value, after strands are summed.

        In a run each track of each member is read at its own position, the same in all arms. ``Model.predict`` knows
        no background: there, as for an array, each sequence is its own reference. Of equal values the first counts.

        Raises
        ------
        InputError
            After a step that leaves no positions, such as ``counts()``.

        Examples
        --------
        >>> import numpy as np
        >>> head(axes="n positions").window(1, 4).at_reference_peak()(np.array([[9.0, 2.0, 5.0, 3.0]])).tolist()
        [5.0]
        """
        return self._with(AtReferencePeak())

    def log_fold(self, pseudocount: float = 1.0) -> HeadReadout:
        """log2(counts + pseudocount), so that an effect is a log2 fold change. Write it after ``counts()``.

        Raises
        ------
        InputError
            A pseudocount that is negative or no number.
        """
        if isinstance(pseudocount, bool) or not isinstance(pseudocount, int | float) or not pseudocount >= 0:
            raise InputError(f"`pseudocount={pseudocount!r}`", "a number from 0 is needed", "Write log_fold(1)")
        return self._with(LogFold(float(pseudocount)))

    # --- what it does

    def __call__(self, raw: Any) -> Any:  # noqa: ANN401 - a model may return any type
        """The numbers (n,) or (n, outputs) of a model's raw output."""
        named = self.after(raw, self._ready())
        if named is None:
            return self.of_head(raw)  # no array: whoever asks for numbers lists the heads
        if "positions" in named.axes:
            raise InputError(
                f"`{self}` leaves {' '.join(named.axes)}, of shape {shape_of(named.values)}",
                "a readout returns one number for each sequence and track",
                "Write .counts(), .sum(), .mean() or .max() at the end",
            )
        if "strands" in named.axes:
            return named.values.sum(named.axes.index("strands"))
        return named.values

    def of_head(self, raw: Any) -> Any:  # noqa: ANN401
        """The head of a raw output, before any step."""
        return raw if self.key is None else select_head(raw, key=self.key)

    def after(self, raw: Any, steps: Sequence[Step]) -> Named | None:  # noqa: ANN401
        """The head of a raw output after the first of the readout's steps; None if it is no array."""
        values = self.of_head(raw)
        if not shape_of(values):
            return None
        named = Named(values, axes_of(shape_of(values), self.axes, evidence_of(self._ready(), self.names)), raw)
        for step in steps:
            named = step.apply(named)
        return named

    @property
    def has_peak(self) -> bool:
        """Is it read at the reference's peak?"""
        return any(isinstance(step, AtReferencePeak) for step in self.steps)

    @property
    def around_peak(self) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """The steps before the peak is sought, and those that follow."""
        steps = self._ready()
        peak = next(number for number, step in enumerate(steps) if isinstance(step, AtReferencePeak))
        return steps[:peak], steps[peak + 1 :]

    def with_names(self, names: Sequence[str]) -> HeadReadout:
        """The readout with names for the head's tracks, unless it has names."""
        if self.names is not None:
            return self
        start = replace(self, names=tuple(names), steps=())
        for step in self.steps:
            start = start._settled(step) if isinstance(step, Waiting) else start._with(step)
        return start

    @property
    def waits_for_names(self) -> bool:
        """Does a step need names of tracks that the readout does not have?"""
        return any(isinstance(step, Waiting) and step.needs_names for step in self.steps)

    @property
    def output_names(self) -> tuple[str, ...] | None:
        """Names of the outputs that are left; None if they are not known."""
        return self.names_after(self.steps)

    def names_after(self, steps: Sequence[Step | Waiting]) -> tuple[str, ...] | None:
        """Names of the tracks that are left after the first of the readout's steps; None if they are not known."""
        names = self.names
        for step in steps:
            if isinstance(step, Tracks):
                there = names is not None and max(step.numbers) < len(names)  # else they are names of other outputs
                names = tuple(names[number] for number in step.numbers) if names and there else None
            elif isinstance(step, Average):
                names = tuple(name for name, _ in step.groups)
        return names

    def __str__(self) -> str:
        axes = f'axes="{" ".join(self.axes)}"' if self.axes else ""
        key = "" if self.key is None else repr(self.key)
        return ".".join([f"head({', '.join(filter(None, [key, axes]))})", *map(str, self.steps)])

    # --- how steps are added

    def _of_shares(self, step: str) -> HeadReadout:
        """Itself, unless it has the shares of all positions, whose sum is 1 for every sequence."""
        last = self.steps[-1] if self.steps else None
        if isinstance(last, Softmax) and last.total is None:
            raise InputError(
                f"`.{step}()` right after `.softmax()`", "shares of all positions add up to 1 for every sequence",
                f"Write .softmax().window(400, 600).{step}(), or .softmax(total=...) for expected counts",
            )  # fmt: skip
        return self

    def _with(self, step: Step | Waiting) -> HeadReadout:
        refuse_order(self.steps, step)
        return replace(self, steps=(*self.steps, step))

    def _settled(self, waiting: Waiting) -> HeadReadout:
        """With a selection of tracks as numbers, or as it is while names are needed and missing."""
        names = self.output_names
        if waiting.needs_names and names is None:
            return self._with(waiting)
        of = len(names) if names is not None and not any(isinstance(s, Tracks | Average) for s in self.steps) else None
        return self._with(waiting.settled(names, of))

    def _ready(self) -> tuple[Step, ...]:
        for step in self.steps:
            if isinstance(step, Waiting) and step.needs_names:
                raise InputError(
                    f"`{step}` by name, and the head's tracks have no names",
                    "the names of all tracks of the head are needed, in their order",
                    "Write sd.readout.head(..., names=names), or name them in sd.wrap(outputs=...)",
                )
        return tuple(step.settled(None, None) if isinstance(step, Waiting) else step for step in self.steps)


def head(
    key: str | int | None = None, *, axes: str | None = None, names: Sequence[str] | None = None
) -> HeadReadout:  # fmt: skip
    """Begin a readout with one head of the output.

    Axes are declared once. Where they are not, they are detected if the shape leaves no doubt: the window, or the
    number of names, fits one axis only. Otherwise the readout is refused, and the error shows both readings.

    Parameters
    ----------
    key : key, index, or name of the head; None for an output that is one array
    axes : names of the head's axes in order, of n, tracks, positions, strands; PyTorch profiles are
        "n tracks positions", those of Keras "n positions tracks"
    names : names of the head's tracks, in order

    Raises
    ------
    InputError
        Axes that are not names of axes; two tracks with one name.

    Examples
    --------
    >>> import numpy as np
    >>> profile = np.arange(12.0).reshape(1, 2, 6)  # two tracks of six positions
    >>> read = head("profile", axes="n tracks positions", names=["CTCF", "GATA1"]).tracks("GATA1").window(1, 3).counts()
    >>> read({"profile": profile}).tolist()
    [[15.0]]
    >>> print(read)
    head('profile', axes="n tracks positions").tracks('GATA1').window(1, 3).counts()
    """
    labels = None if names is None else tuple(map(str, names))
    if labels is not None and len(set(labels)) < len(labels):
        double = next(name for name in labels if labels.count(name) > 1)
        raise InputError(
            f"`names` has {double!r} twice", "each track has a name of its own", "Make the names different"
        )
    return HeadReadout(key, as_axes(axes), labels)
