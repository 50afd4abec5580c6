"""Profiles that are read at the reference's peak: the whole profile, where its peaks are, and its values there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.head_readout import HeadReadout
from seqdo.models.heads import shape_of
from seqdo.models.peak_step import allowance, with_strands_summed
from seqdo.models.readout_steps import Named

Values = NDArray[np.floating[Any]]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class WholeProfile:
    """The readout of a network whose profile is read later: for each sequence all positions of track after track.

    Attributes
    ----------
    readout : the composed readout, with its step ``at_reference_peak()``
    """

    readout: HeadReadout

    def __call__(self, raw: Any) -> Any:  # noqa: ANN401 - a model may return any type
        """The numbers (n, tracks * positions) of a model's raw output."""
        named = self.profile(raw)
        if named is None:  # no array: whoever asks for numbers lists the heads
            return self.readout.of_head(raw)
        values = named.values
        return values if len(named.axes) == 2 else values.reshape(values.shape[0], -1)

    def profile(self, raw: Any) -> Named | None:  # noqa: ANN401
        """The profile before its peak is sought, positions last; None for an output that is no array."""
        before, _ = self.readout.around_peak
        named = self.readout.after(raw, before)
        if named is None:
            return None
        named = with_strands_summed(named)
        axis = named.axis("positions", str(self.readout))
        order = [*(number for number in range(len(named.axes)) if number != axis), axis]
        values = named.values
        if order != sorted(order):
            values = values.permute(order) if hasattr(values, "permute") else values.transpose(order)
        return Named(values, tuple(named.axes[number] for number in order), raw)

    def __str__(self) -> str:
        return str(self.readout)


@dataclass(frozen=True)
class ReferencePeak:
    """How values at the reference's peak are read from whole profiles.

    Attributes
    ----------
    readout : the composed readout, with its step ``at_reference_peak()``
    positions : of the profile, within its window
    tracks : of the profile; None if it has no axis of tracks
    """

    readout: HeadReadout
    positions: int
    tracks: int | None = None

    @property
    def width(self) -> int:
        """Numbers of a whole profile."""
        return (self.tracks or 1) * self.positions

    def place_name(self, number: int) -> str:
        """The track and the position of one number of a whole profile, for messages."""
        track, position = divmod(number, self.positions)
        before, _ = self.readout.around_peak
        names = self.readout.names_after(before)
        label = names[track] if names and track < len(names) else f"track {track}"
        place = f"position {position} of {self.positions}"
        return place if self.tracks is None else f"{label}, {place}"

    def places(self, profiles: Values) -> Places:
        """The positions (..., tracks) of the highest values of whole profiles (..., tracks * positions).

        Of several equal values the first counts; equal means up to rounding.
        """
        profiles = self._by_track(profiles)
        reach = profiles >= (profiles.max(-1) - allowance(profiles, -1))[..., None]
        places: Places = reach.argmax(-1)
        return places

    def read(self, profiles: Values, places: Places) -> Values:
        """The outputs (..., outputs) of whole profiles (..., tracks * positions), read at ``places`` (..., tracks).

        The steps that follow the peak are taken. ``places`` may lack the first axes of ``profiles``, such as arms.
        """
        profiles = self._by_track(profiles)
        index = np.broadcast_to(places, profiles.shape[:-1])[..., None]
        values = np.take_along_axis(profiles, index, -1)[..., 0]
        rows = values.reshape(-1, values.shape[-1])
        named = Named(rows[:, 0], ("n",), None) if self.tracks is None else Named(rows, ("n", "tracks"), None)
        _, following = self.readout.around_peak
        with np.errstate(divide="ignore"):  # the logarithm of 0 is refused with its sequence
            for step in following:
                named = step.apply(named)
        outputs: Values = named.values.reshape(*values.shape[:-1], -1)
        return outputs

    def own(self, profiles: Values) -> Values:
        """The outputs (..., outputs) of whole profiles, each read at its own peak."""
        return self.read(profiles, self.places(profiles))

    def _by_track(self, profiles: Values) -> Values:
        return profiles.reshape(*profiles.shape[:-1], self.tracks or 1, self.positions)


@dataclass(eq=False)
class FirstProfile:
    """The readout of the first calls in ``wrap``: it remembers the shape of the profile, which only a call shows.

    Attributes
    ----------
    whole : the readout of all later calls
    shapes : (tracks, positions) of each member's profile; tracks is None without such an axis
    """

    whole: WholeProfile
    shapes: list[tuple[int | None, int]] = field(default_factory=list)
    _last: Named | None = None

    def __call__(self, raw: Any) -> Any:  # noqa: ANN401 - a model may return any type
        """The same as ``whole``."""
        self._last = self.whole.profile(raw)
        return self.whole(raw)

    def settle(self) -> WholeProfile:
        """Keep the shape of the last call, which was that of a member, and return the readout of all later calls."""
        if self._last is not None:
            sizes = dict(zip(self._last.axes, shape_of(self._last.values), strict=True))
            self.shapes.append((sizes.get("tracks"), sizes["positions"]))
            self._last = None
        return self.whole

    def peak(self) -> ReferencePeak:
        """How all members are read.

        Raises
        ------
        InputError
            Members whose profiles differ in their shapes.
        """
        if len(set(self.shapes)) > 1:
            listed = " and ".join(
                str(shape[1]) if shape[0] is None else str(shape) for shape in dict.fromkeys(self.shapes)
            )
            raise InputError(
                f"members of `obj` differ in their profiles: {listed} (tracks and positions)",
                "each member is read at its own peak, in a profile of one shape",
                "Write .window(start, stop) with positions that all members have, or wrap the members separately",
            )
        tracks, positions = self.shapes[0]
        return ReferencePeak(self.whole.readout, positions, tracks)


def first_profile(readout: Callable[[Any], Any]) -> FirstProfile | None:
    """The readout of the first calls, if the readout has the step ``at_reference_peak()``.

    Parameters
    ----------
    readout : the function of a readout
    """
    return FirstProfile(WholeProfile(readout)) if isinstance(readout, HeadReadout) and readout.has_peak else None
