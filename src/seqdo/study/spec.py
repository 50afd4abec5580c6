"""The spec of a study: what a YAML file may say, checked before anything is opened or run.

The spec mirrors the Python API name by name: the keys of a design are the arguments of the
experiment's function, those of a background the arguments of ``sd.backgrounds``.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BeforeValidator, Field, create_model

from seqdo.deprecated import current_name
from seqdo.designs.design import Design
from seqdo.effects.assay.comparison import LEAST as FEWEST
from seqdo.errors import InputError
from seqdo.experiments.catalog import EXPERIMENTS
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.stream import root
from seqdo.specs.validation import near, validated, where_of
from seqdo.specs.yaml_reader import Place, read_yaml
from seqdo.study.arguments import TYPES, Here, opened
from seqdo.study.keys import Adjust, Background, Compared, GivenModel, Library, Number, Searched, Stop, Strict

SCHEMA_VERSION = 1


class Entry(Strict):
    """What every design of a study may say beside its experiment's own arguments.

    ``question`` replaces the experiment's own; ``on_page: false`` keeps a design (a large screen) in the tables only;
    ``weights: shuffled`` asks networks that have the weights in another order, and so learned nothing. ``measured``
    shows what the study's library measured beside the effects.
    """

    experiment: str
    question: str | None = None
    on_page: bool = True
    n: Annotated[int, Field(ge=1)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    background: Background | None = None
    members: Annotated[int, Field(ge=1)] | None = None
    weights: Literal["trained", "shuffled"] = "trained"
    extra: Annotated[int, Field(ge=0)] | None = None
    until: Stop | None = None
    adjust: Adjust | None = None
    real: str | None = None
    search: Searched | None = None
    measured: Compared | None = None

    def design(self, folder: Path, alphabet: Alphabet | None = None) -> Design:
        """The design; files are read from the folder of the spec, sequences in the letters of the model."""
        own = {name: getattr(self, name) for name in type(self).model_fields if name not in Entry.model_fields}
        here = Here(folder, alphabet)
        given = {name: opened(value, here) for name, value in own.items() if name in self.model_fields_set}
        made = EXPERIMENTS[self.experiment].function(**given)
        return made if self.question is None else made.with_question(self.question)


def _drawn(seed: Any) -> Any:  # noqa: ANN401 - what a file says, still to be checked
    """The seed, or one drawn now where it is null: the study's record then has the number."""
    return root(None).entropy if seed is None else seed


class Spec(Strict):
    """A whole study. ``seed: null`` draws a seed, which is written down with the results.

    ``background`` is for designs that say none and bring no sequences of their own.
    ``real`` is a file of held-out real sequences for the checks of validity, sought and read like those of the
    background that it stands beside (its ``n``, ``masked`` and ``t_as_u``).
    ``library`` is what designs with ``measured`` are compared with.
    """

    schema_version: Literal[1] = 1
    name: str = "study"
    model: GivenModel
    background: Background | None = None
    n: Annotated[int, Field(ge=1)] = 1000
    seed: Annotated[int, Field(ge=0, lt=2**63), BeforeValidator(_drawn)] = 0
    extra: Annotated[int, Field(ge=0)] | None = None
    until: Stop | None = None
    adjust: Adjust | None = None
    real: str | None = None
    library: Library | None = None
    margin: Annotated[Number, Field(ge=0)] | None = None
    multiplicity: Literal["bh", "by", "holm", "max-t"] | None = None
    designs: Annotated[list[dict[str, Any]], Field(min_length=1)]

    def asked(self, entry: Entry) -> int | None:
        """The number of backgrounds that the file says for a design; None if it leaves that to the background."""
        return entry.n or (self.n if "n" in self.model_fields_set else None)


def read_spec(path: Path) -> tuple[Spec, list[Entry]]:
    """A study from its file; errors name the file, the line, the key, and what is allowed."""
    content, lines = read_yaml(path)
    version = content.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise InputError(f"{path} has schema_version {version}", f"this seqdo reads {SCHEMA_VERSION}", "Update seqdo")
    spec = validated(Spec, content, path, lines, ())
    entries = [entry(design, path, lines, ("designs", i)) for i, design in enumerate(spec.designs)]
    for i, one in enumerate(entries):
        _refuse_together(one, spec, where_of(path, lines, ("designs", i)))
    if not any(one.on_page for one in entries):
        needed = "on_page: false leaves every design off the page, and one at least is needed"
        raise InputError(where_of(path, lines, ("designs",)), needed, "Leave on_page out of one")
    return spec, entries


def _refuse_together(one: Entry, spec: Spec, where: str) -> None:
    """Refuse keys of a design that can't stand together, or without one of the study."""
    unknown = [key for key in ("extra", "until", "adjust") if getattr(one, key) is not None]
    if one.search and unknown:
        raise InputError(
            f"{where}: search and {unknown[0]}", "a search knows of no such thing",
            f"Leave {unknown[0]} out, or search in one design and ask in another",
        )  # fmt: skip
    if one.search and one.measured and one.search.keep < FEWEST:
        raise InputError(f"{where}: measured of {one.search.keep} that are kept", f"a line needs {FEWEST} or more")
    if one.measured and spec.library is None:
        raise InputError(
            f"{where}: measured", "the study names no library",
            "Add library: {file: FILE, sequence: COLUMN, measured: COLUMN}",
        )  # fmt: skip


def entry(
    content: dict[str, Any], path: Path = Path("spec"), lines: Mapping[Place, int] | None = None, at: Place = ()
) -> Entry:
    """One checked design of a study, from its mapping."""
    name = content.get("experiment")
    if isinstance(name, str):
        name = current_name(name)
        content = content | {"experiment": name}
    if not isinstance(name, str) or name not in EXPERIMENTS:
        where = where_of(path, lines or {}, at if name is None else (*at, "experiment"))
        raise InputError(
            f"{where}: experiment {name!r}", f"one of {', '.join(EXPERIMENTS)} is needed", near(str(name), EXPERIMENTS)
        )
    return validated(_entry_type(name), content, path, lines or {}, at)


def schema() -> dict[str, Any]:
    """The JSON Schema of a spec, for editors."""
    whole = Spec.model_json_schema()
    designs = {name: _entry_type(name).model_json_schema() for name in EXPERIMENTS}
    for name, one in designs.items():
        whole.setdefault("$defs", {}).update(one.pop("$defs", {}))
        one["properties"]["experiment"] = {"const": name}
        whole["$defs"][f"design_{name}"] = one
    whole["properties"]["designs"]["items"] = {"oneOf": [{"$ref": f"#/$defs/design_{name}"} for name in designs]}
    return whole


@cache
def _entry_type(experiment: str) -> type[Entry]:
    """The pydantic model of one experiment, from the signature of its function."""
    function = EXPERIMENTS[experiment].function
    hints = get_type_hints(function)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[name] = (TYPES[hints[name]], default)
    made: type[Entry] = create_model(f"design_{experiment}", __base__=Entry, **fields)
    return made
