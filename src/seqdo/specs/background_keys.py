"""What a study may write for its background: the parameters of each kind's function.

A parameter that takes sequences is the name of a file; ``n``, ``masked`` and ``t_as_u`` say how the files are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from seqdo.backgrounds.catalog import BACKGROUNDS
from seqdo.backgrounds.profile import ProfileLike
from seqdo.sequences.sequences import SequencesLike
from seqdo.specs.keys import Count, Number, Reading, Strict
from seqdo.specs.signatures import keys_of

REFERENCE = "reference"
"""The kind that is no function of ``sd.backgrounds``: it comes with a model."""

REFERENCE_KEEPS = "letter frequencies at each position of real data, from the numbers that ship with a model"

FILES = {SequencesLike: str, SequencesLike | None: str | None, ProfileLike: str}
"""Parameters that are files of sequences in a study."""

TYPES = {**FILES, float: Number}
"""Type of a parameter to its type in a study, where they differ."""


class Background(Strict):
    """A null model of sequences, by its kind."""

    kind: str

    @property
    def arguments(self) -> dict[str, Any]:
        """What the file holds of the function's parameters; files by their names."""
        return {name: getattr(self, name) for name in self.model_fields_set - {"kind", *Reading.model_fields}}

    @property
    def files(self) -> list[str]:
        """Parameters whose argument is the name of a file of sequences."""
        if self.kind == REFERENCE:
            return []
        hints = get_type_hints(BACKGROUNDS[self.kind].function)
        return [name for name in self.arguments if hints[name] in FILES]


class ReadBackground(Background, Reading):
    """A background that is made of sequences, and how their files are read."""


class ReferenceBackground(Background):
    """Letters by position, from the numbers that ship with a model: at one length, or a mixture of lengths."""

    kind: Literal["reference"]
    length: Count | None = None


def _kinds() -> dict[str, type[Background]]:
    """Kind to what a study may write of it; a kind that no file can describe is left out."""
    kinds: dict[str, type[Background]] = {}
    for name, row in BACKGROUNDS.items():
        try:
            fields: dict[str, Any] = {"kind": (Literal[name], ...)} | keys_of(row.function, TYPES)
        except TypeError:  # a function or an array that the kind can't do without
            continue
        if "length" in fields:
            fields["length"] = (Count | None, None)  # by default the model's
        made_of_files = any(hint in FILES for hint in get_type_hints(row.function).values())
        base = ReadBackground if made_of_files else Background
        kinds[name] = create_model(f"background_{name}", __base__=base, __doc__=f"Keeps {row.keeps}.", **fields)
    return kinds | {REFERENCE: ReferenceBackground}


KINDS: Mapping[str, type[Background]] = _kinds()
"""Kind of background to what a study may write of it."""

if TYPE_CHECKING:
    AnyBackground = Background
else:
    AnyBackground = Annotated[Union[tuple(KINDS.values())], Field(discriminator="kind")]  # noqa: UP007 - made of a tuple
"""A background of any kind."""


def described() -> str:
    """Every kind, what its backgrounds keep of real sequences, and the keys of a study that it takes."""
    lines = []
    for name, row in BACKGROUNDS.items():
        keys = _described_keys(KINDS[name]) if name in KINDS else "in Python only"
        lines += [f"{name:12}keeps {row.keeps}", f"{'':12}{keys}"]
    lines += [f"{REFERENCE:12}keeps {REFERENCE_KEEPS}", f"{'':12}{_described_keys(ReferenceBackground)}"]
    return "\n".join(lines)


def _described_keys(kind: type[Background]) -> str:
    """The keys as a study writes them, those with a default in brackets; keys of reading files are left out."""
    fields = {name: field for name, field in kind.model_fields.items() if name not in {"kind", *Reading.model_fields}}
    keys = [
        f"{name}: {_described_value(field)}" if field.is_required() else f"[{name}: {_described_value(field)}]"
        for name, field in fields.items()
    ]
    return f"keys: {', '.join(keys)}"


def _described_value(field: FieldInfo) -> str:
    """The default of a key, or what it may hold."""
    if not field.is_required() and field.default is not None:
        return str(field.default)
    for hint in (field.annotation, *get_args(field.annotation)):
        if get_origin(hint) is Literal:
            return " or ".join(map(str, get_args(hint)))
        if hint is str:
            return "FILE"
    return "NUMBER"
