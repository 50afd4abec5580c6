"""What all steps of a composed readout together need of the axes of an output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seqdo.models.profile_axes import Evidence
from seqdo.models.readout_steps import Average, Step, Tracks


def evidence_of(steps: Sequence[Step], names: Sequence[str] | None) -> Evidence:
    """What the steps need, from which undeclared axes may follow.

    Parameters
    ----------
    steps : of the readout, in order
    names : of the head's tracks, if they have names
    """
    parts: list[Evidence] = []
    for step in steps:
        parts.append(step.evidence(max((part.positions for part in parts), default=0)))
        if isinstance(step, Tracks | Average):
            break
    for step in steps[len(parts) :]:  # after a selection, tracks have other numbers
        part = step.evidence(max((part.positions for part in parts), default=0))
        parts.append(replace(part, tracks=None, least_tracks=0))
    counts = [part.tracks for part in parts if part.tracks is not None]
    of_tracks = any(isinstance(step, Tracks | Average) for step in steps)
    return Evidence(
        positions=max((part.positions for part in parts), default=0),
        tracks=counts[0] if counts else len(names) if names else None,
        least_tracks=max((part.least_tracks for part in parts), default=0),
        along_positions=any(part.along_positions for part in parts) and not of_tracks,
    )
