"""Further inputs by example in a run: what they exclude, and how many pilot backgrounds are left."""

from __future__ import annotations

from collections.abc import Mapping

from seqdo.designs.design import Design
from seqdo.errors import InputError


def refuse_constants(inputs: Mapping[str, object], **others: object) -> None:
    """Refuse, next to rows by background, what would be predicted with the row that the model was wrapped with.

    Parameters
    ----------
    inputs : the rows; empty for a run without
    others : arguments of ``run`` by their names, None or 0 where the user left them out

    Raises
    ------
    InputError
        An argument whose sequences have no rows.
    """
    for name, value in others.items():
        if inputs and value is not None and not (isinstance(value, int) and value == 0):
            raise InputError(
                f"`{name}` together with `inputs`",
                "rows of `inputs` belong to the n backgrounds of a run; other sequences have no rows",
                f"Leave {name} out, or wrap the model with one row for all sequences",
            )


def own_pilot(pilot: int | None, design: Design, inputs: Mapping[str, object]) -> int | None:
    """The number of pilot backgrounds: 0 where inputs differ and the design has no arm without edits to take it from.

    Parameters
    ----------
    pilot : the user's number, None for the default
    design : of the run
    inputs : the rows; empty for a run without
    """
    return 0 if inputs and design.unedited is None else pilot
