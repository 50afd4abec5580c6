"""What a study may write for its model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Discriminator, Field, Tag

from seqdo.errors import InputError
from seqdo.models.input_layout import Layout
from seqdo.models.letter_order import checked_letters
from seqdo.models.model import Padding
from seqdo.specs.keys import Count, InputFile, Strict
from seqdo.specs.readout_keys import ComposedReadout
from seqdo.specs.validation import near

FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*[.:][A-Za-z_]\w*")
"""``module.function`` or ``module:function``; the module may lie in packages."""


def _function(name: str) -> str:
    """The name, if it is that of a function in a module."""
    if not FUNCTION.fullmatch(name) or ".py:" in name:
        raise ValueError("a module and a function in it are needed, such as my_models.make for make of my_models.py")
    return name


def _letters(letters: str) -> str:
    """The four letters in some order."""
    try:
        return checked_letters(letters)
    except InputError as error:
        raise ValueError(error.accepted) from None


def _form(content: Any) -> str:  # noqa: ANN401 - what a file holds, still to be checked
    """The name of the type that a readout is checked as."""
    if isinstance(content, Mapping | BaseModel):
        return "ComposedReadout"
    return "int" if isinstance(content, int) else "str"


Readout = Annotated[
    Annotated[str, Tag("str")] | Annotated[int, Tag("int")] | Annotated[ComposedReadout, Tag("ComposedReadout")],
    Discriminator(_form),
]
"""The key or the index of a head, or the steps of a readout."""


Shape = Annotated[list[Count], Field(min_length=1)]
"""The shape of one row of zeros."""


class PythonModel(Strict):
    """A function of yours that returns a model: code, which runs only with ``--trust`` on the command line.

    The module is a file next to the study file, or is installed. ``arguments`` are passed to the function. ``weights``
    is one file, or one for each member of an ensemble: it is loaded into the network that the function returns, or its
    path is passed to the function if that has a parameter ``weights``. A function may return ``sd.wrap(...)``. If it
    returns a network, ``alphabet`` and ``length`` are needed; these and the other keys are those of ``sd.wrap``.
    ``readout`` is a key, an index, or a mapping of steps. ``inputs`` has the shape of one row of zeros of each further
    input, or a file with one row.
    """

    python: Annotated[str, AfterValidator(_function)]
    arguments: dict[str, Any] | None = None
    weights: str | Annotated[list[str], Field(min_length=1)] | None = None
    alphabet: Literal["dna", "rna"] | None = None
    length: Count | None = None
    outputs: Annotated[list[str], Field(min_length=1)] | None = None
    layout: Layout | None = None
    pad: Padding | None = None
    readout: Readout | None = None
    letters: Annotated[str, AfterValidator(_letters)] | None = None
    batch: Count | None = None
    device: str | None = None
    inputs: (
        Annotated[dict[str, Annotated[list[Count], Field(min_length=1)] | InputFile], Field(min_length=1)] | None
    ) = None

    @property
    def module(self) -> str:
        """The module of the function."""
        return self.python.replace(":", ".").rpartition(".")[0]

    @property
    def function(self) -> str:
        """The name of the function in its module."""
        return self.python.replace(":", ".").rpartition(".")[2]

    @property
    def files(self) -> list[str]:
        """The files of weights."""
        return [self.weights] if isinstance(self.weights, str) else list(self.weights or ())


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


KINDS: Mapping[str, type[Strict]] = {
    "python": PythonModel, "planted": PlantedModel, "trained": TrainedModel, "name": FetchedModel,
}  # fmt: skip
"""The key that a mapping of each kind has, to what else it may hold."""


def _kind(content: Any) -> str | None:  # noqa: ANN401 - what a file holds, still to be checked
    """The name of the type that the content is checked as; None for a mapping of no kind."""
    if isinstance(content, BaseModel):
        return type(content).__name__
    if not isinstance(content, Mapping):
        return "str"
    return next((kind.__name__ for key, kind in KINDS.items() if key in content), None)


AnyModel = Annotated[
    Annotated[str, Tag("str")]
    | Annotated[PlantedModel, Tag("PlantedModel")]
    | Annotated[PythonModel, Tag("PythonModel")]
    | Annotated[FetchedModel, Tag("FetchedModel")]
    | Annotated[TrainedModel, Tag("TrainedModel")],
    Discriminator(_kind),
]
"""A model; a text is the name of one that ships."""


def check_kind(content: Any, where: str) -> None:  # noqa: ANN401 - what a file holds, still to be checked
    """Refuse a mapping without the key of any kind of model, and list the keys of all kinds."""
    if isinstance(content, str) or (isinstance(content, Mapping) and _kind(content)):
        return
    kinds = [f"{key} (with {', '.join(_others(key))})" if _others(key) else key for key in KINDS]
    needed = f"the name of a model, or a mapping with one of these keys is needed: {', '.join(kinds)}"
    keys = list(map(str, content)) if isinstance(content, Mapping) else []
    advice = [near(key, KINDS) for key in keys]
    problem = ", ".join(keys) or ("no key" if isinstance(content, Mapping) else f"a {type(content).__name__}")
    raise InputError(f"{where}: {problem}", needed, next(filter(None, advice), ""))


def _others(key: str) -> list[str]:
    return [name for name in KINDS[key].model_fields if name != key]
