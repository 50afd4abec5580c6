"""Which axis of a model's output holds positions, tracks and strands: declared, or detected where there is no doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqdo.errors import InputError

NAMES = ("n", "tracks", "positions", "strands")
"""Names of axes: sequences, tracks (tasks, cell types), positions (or bins) along the sequence, the two strands."""

Axes = tuple[str, ...]


def as_axes(axes: str | None) -> Axes | None:
    """The names of axes in order, from the argument ``axes``.

    Raises
    ------
    InputError
        Unknown names, a name twice, or axes that do not begin with n.

    Examples
    --------
    >>> as_axes("n tracks positions")
    ('n', 'tracks', 'positions')
    """
    if axes is None:
        return None
    names = tuple(axes.split()) if isinstance(axes, str) else ()
    if names[:1] != ("n",) or len(set(names)) < len(names) or not set(names) <= set(NAMES):
        raise InputError(
            f"`axes={axes!r}`",
            f"the names of the output's axes are needed, of {', '.join(NAMES)}, with n first",
            'Write axes="n tracks positions"',
        )
    return names


def check_window(start: int, stop: int) -> None:
    """Refuse a window that is empty, begins before position 0, or has ends that are no whole numbers.

    Raises
    ------
    InputError
        Such a window.
    """
    whole = all(isinstance(end, int | np.integer) and not isinstance(end, bool) for end in (start, stop))
    if not whole or not 0 <= start < stop:
        raise InputError(
            f"`start={start}, stop={stop}`", "positions are 0-based and half-open: 0 <= start < stop",
            "Write start=400, stop=600 for the positions 400 to 599",
        )  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """What a readout needs of the axes, from which they may follow.

    Attributes
    ----------
    positions : the fewest positions that its windows need; 0 if it has no window
    tracks : the number of names of tracks; None if they have no names
    least_tracks : the fewest tracks that its selection needs
    along_positions : does a step need an axis of positions?
    """

    positions: int = 0
    tracks: int | None = None
    least_tracks: int = 0
    along_positions: bool = False


def axes_of(shape: tuple[int, ...], declared: Axes | None, evidence: Evidence, other: str = "tracks") -> Axes:
    """The names of the axes of an output.

    A declaration always counts. Without one, the axes of (n, a, b) are named if only one reading fits what the readout
    needs. The sizes alone prove nothing: 1,000 tracks of 2 positions have the shape of 1,000 positions of 2 strands.

    Parameters
    ----------
    shape : of the output
    declared : the user's axes
    evidence : what the readout needs
    other : the name of the axis that is not positions: "tracks" or "strands"

    Raises
    ------
    InputError
        Another number of axes than declared; two readings that both fit; no reading that fits.

    Examples
    --------
    >>> axes_of((8, 2, 1000), None, Evidence(positions=600))
    ('n', 'tracks', 'positions')
    """
    if declared is not None:
        _check_declared(shape, declared, evidence)
        return declared
    if len(shape) == 1:
        return ("n",)
    if len(shape) == 2:
        axes: Axes = ("n", "positions" if evidence.along_positions else other)
        _check_declared(shape, axes, evidence)
        return axes
    if len(shape) != 3:
        raise InputError(
            f"`readout` of a profile for an output of shape {shape}",
            "a profile has the shape (n, tracks, positions), (n, positions, strands) or (n, positions)",
            'For another shape declare its axes, such as axes="n tracks strands positions"',
        )
    readings: list[Axes] = [("n", other, "positions"), ("n", "positions", other)]
    fitting = [axes for axes in readings if _misfit(shape, axes, evidence) is None]
    if len(fitting) == 1:
        return fitting[0]
    raise _doubt(shape, readings, fitting, evidence)


def _check_declared(shape: tuple[int, ...], axes: Axes, evidence: Evidence) -> None:
    if len(axes) != len(shape):
        raise InputError(
            f'`axes="{" ".join(axes)}"` for an output of shape {shape}',
            f"as many names as axes are needed: {len(shape)}",
            'Write axes="n tracks positions" for an output (n, tracks, positions)',
        )
    misfit = _misfit(shape, axes, evidence)
    if misfit is not None:
        raise misfit


def _misfit(shape: tuple[int, ...], axes: Axes, evidence: Evidence) -> InputError | None:
    """Why a reading does not fit what the readout needs; None if it fits."""
    sizes = dict(zip(axes, shape, strict=True))
    if evidence.positions > sizes.get("positions", evidence.positions):
        return InputError(
            f"`stop={evidence.positions}`",
            f"the profile has {sizes['positions']} positions",
            f"Write stop={sizes['positions']}",
        )
    if "tracks" in sizes and evidence.tracks not in (None, sizes["tracks"]):
        return InputError(
            f"`names` has {evidence.tracks} tracks, for an output of shape {shape}",
            f"it has {sizes['tracks']} tracks",
            "Name all tracks of the head, in their order",
        )
    if evidence.least_tracks > sizes.get("tracks", evidence.least_tracks):
        return InputError(
            f"`tracks({evidence.least_tracks - 1})` for an output of shape {shape}",
            f"it has the tracks 0 to {sizes['tracks'] - 1}",
            "Write the numbers of tracks that exist",
        )
    return None


def _doubt(shape: tuple[int, ...], readings: list[Axes], fitting: list[Axes], evidence: Evidence) -> InputError:
    """The error for an output whose axes do not follow from its shape: it shows both readings."""
    if not fitting:
        largest = max(shape[1:])
        if evidence.positions > largest:
            return InputError(
                f"`stop={evidence.positions}`", f"the profile has {largest} positions", f"Write stop={largest}"
            )
        return InputError(
            f"`readout` for an output of shape {shape}",
            "no axis has the number of tracks and another the positions that it needs",
            'Declare the axes, such as axes="n tracks positions"',
        )
    texts = [", ".join(f"{size} {name}" for name, size in zip(axes[1:], shape[1:], strict=True)) for axes in readings]
    return InputError(
        f"`readout` for an output of shape {shape}, whose axes are not declared",
        f"it can be read as {texts[0]} or as {texts[1]}",
        " or ".join(f'axes="{" ".join(axes)}"' for axes in readings).join(["Write ", " in the readout"]),
    )
