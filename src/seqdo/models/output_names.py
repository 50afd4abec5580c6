"""The names of a model's outputs."""

from __future__ import annotations

from collections.abc import Sequence

from seqdo.errors import InputError


def output_names(counts: Sequence[tuple[str, int]], outputs: Sequence[str] | None) -> tuple[str, ...]:
    """``outputs``, or default names; every member must have as many outputs.

    Parameters
    ----------
    counts : for each member its name and its number of outputs
    outputs : the argument ``outputs`` of ``sd.wrap``

    Raises
    ------
    InputError
        Members that differ in their numbers of outputs, or another number of names.

    Examples
    --------
    >>> output_names([("net", 2)], None)
    ('output 0', 'output 1')
    """
    if len({count for _, count in counts}) > 1:
        listed = ", ".join(f"`{member}` has {count}" for member, count in counts)
        raise InputError(
            f"members of `obj` differ in their numbers of outputs: {listed}",
            "all members of an ensemble predict the same outputs, in one order",
            "Pick the shared outputs with readout=sd.readout.tasks(...), or wrap the members separately",
        )
    count = counts[0][1]
    if outputs is None:
        return ("output",) if count == 1 else tuple(f"output {i}" for i in range(count))
    if len(outputs) != count:
        raise InputError(
            f"`outputs={list(outputs)}` ({len(outputs)} names)",
            f"the model predicts {count} numbers for each sequence",
            "Name each of them, or pick some with readout=sd.readout.tasks(...)",
        )
    return tuple(outputs)
