"""What a study may write for its model."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seqdo.specs.keys import Strict


class PythonModel(Strict):
    """A function of yours that returns ``sd.wrap(...)``: code, so the command line needs ``--trust``."""

    python: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")]


class PlantedModel(Strict):
    """A model with a known effect, for trying things out: weights of the patterns that it counts."""

    planted: Annotated[dict[str, float], Field(min_length=1)]
    length: Annotated[int, Field(ge=1)]


Peak = Annotated[list[int], Field(min_length=2, max_length=2)]
"""Positions on the forward and on the reverse strand."""


class FetchedModel(Strict):
    """A model of the catalog whose weights do not ship: ``weights`` is a copy of them, next to the study file.

    Without ``weights`` they are fetched, as ``sd.zoo.load`` describes. ``heights`` reads BPNet at the peak of a factor,
    and its counts: factor to two positions, of the forward and of the reverse strand, or to the motif that has its peak
    there when it is alone in the middle.
    """

    name: str
    weights: str | None = None
    heights: Annotated[dict[str, str | Peak], Field(min_length=1)] | None = None


class TrainedModel(Strict):
    """A folder that ``seqdo train`` wrote, next to the study file."""

    trained: str


AnyModel = str | PlantedModel | PythonModel | FetchedModel | TrainedModel
"""A model; a text is the name of one that ships."""
