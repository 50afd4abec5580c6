"""What a study may write for the readout of its model: a head, and what is computed of it, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from seqdo.errors import InputError
from seqdo.models.head_readout import HeadReadout, head
from seqdo.models.profile_axes import as_axes, check_window
from seqdo.specs.keys import Count, Number, Strict

Track = str | Annotated[int, Field(ge=0)]
"""The name of a track, or its number from 0."""

Group = Annotated[list[str], Field(min_length=1)]
"""Names of the tracks of a group."""


def _axes(axes: str) -> str:
    """Names of axes that can be read."""
    _asked(lambda: as_axes(axes))
    return axes


def _window(window: list[int]) -> list[int]:
    """Two positions, the first before the second."""
    _asked(lambda: check_window(*window))
    return window


def _asked(check: Callable[[], object]) -> None:
    """Make a check of the Python interface one of the file."""
    try:
        check()
    except InputError as error:
        raise ValueError(error.accepted) from None


class ComposedReadout(Strict):
    """The steps of ``sd.readout.head``, in the order in which they are written.

    ``head`` is the key of the head, ``axes`` names its axes, ``names`` its tracks. A step that takes nothing is true.
    ``softmax`` is true, or the head of the logarithm of the total counts. ``log_fold`` is true, or a pseudocount.
    """

    head: str | int | None = None
    axes: Annotated[str, AfterValidator(_axes)] | None = None
    names: Annotated[list[str], Field(min_length=1)] | None = None
    tracks: Annotated[list[Track], Field(min_length=1)] | None = None
    average: Annotated[dict[str, Group], Field(min_length=1)] | None = None
    window: Annotated[list[int], Field(min_length=2, max_length=2), AfterValidator(_window)] | None = None
    bins: Count | None = None
    softmax: bool | str | None = None
    counts: bool | None = None
    sum: bool | None = None
    mean: bool | None = None
    max: bool | None = None
    at_reference_peak: bool | None = None
    log_fold: bool | Annotated[Number, Field(ge=0)] | None = None
    _order: tuple[str, ...] = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _in_order(cls, content: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401
        """The keys, with their order in the file; a readout that can be made of them."""
        keys = handler(content)
        keys._order = tuple(content) if isinstance(content, Mapping) else keys._order
        try:
            keys.readout()
        except InputError as error:
            raise ValueError("; ".join(filter(None, [error.problem, error.accepted]))) from None
        return keys

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The keys in the order of the file, in which a record of the study repeats them."""
        content: dict[str, Any] = handler(self)
        return {key: content[key] for key in (*self._order, *content) if key in content}

    def readout(self) -> HeadReadout:
        """The readout, as ``sd.readout.head`` and its methods make it.

        Raises
        ------
        InputError
            A step that cannot be taken, such as a track that has none of the names.
        """
        read = head(self.head, axes=self.axes, names=self.names)
        for step in self._order:
            value = getattr(self, step)
            if step in STEPS and value is not None and value is not False:
                read = STEPS[step](read, value)
        return read


STEPS: Mapping[str, Callable[[HeadReadout, Any], HeadReadout]] = {
    "tracks": lambda read, which: read.tracks(*which),
    "average": lambda read, by: read.average(by),
    "window": lambda read, ends: read.window(*ends),
    "bins": lambda read, center: read.bins(center=center),
    "softmax": lambda read, total: read.softmax(total=None if total is True else total),
    "counts": lambda read, _: read.counts(),
    "sum": lambda read, _: read.sum(),
    "mean": lambda read, _: read.mean(),
    "max": lambda read, _: read.max(),
    "at_reference_peak": lambda read, _: read.at_reference_peak(),
    "log_fold": lambda read, pseudocount: read.log_fold() if pseudocount is True else read.log_fold(pseudocount),
}  # fmt: skip
"""Key of a step to how it is added: the one table to extend."""
