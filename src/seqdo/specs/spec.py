"""The spec of a study: what a YAML file may hold, checked before anything is opened or run.

The spec mirrors the Python API name by name: the keys of a design are the arguments of the
experiment's function, those of a background the arguments of ``sd.backgrounds``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr

from seqdo.backgrounds.sets import CUSTOM
from seqdo.effects.assay.comparison import LEAST
from seqdo.errors import InputError
from seqdo.experiments.catalog import EXPERIMENTS
from seqdo.sequences.stream import root
from seqdo.specs.background_keys import AnyBackground
from seqdo.specs.entry import Entry, Extra, Seed, entry, entry_type
from seqdo.specs.keys import AdjustName, Count, InputFiles, Library, Method, Number, Stop, Strict
from seqdo.specs.model_keys import AnyModel, check_kind
from seqdo.specs.passage import Passage
from seqdo.specs.validation import validated, where_of
from seqdo.specs.yaml_reader import read_yaml

SCHEMA_VERSION = 1


def _drawn(seed: Any) -> Any:  # noqa: ANN401 - what a file holds, still to be checked
    """The seed, or one drawn now where it is null: the study's record then has the number."""
    return root(None).entropy if seed is None else seed


class Spec(Strict):
    """A whole study. ``seed: null`` draws a seed, which is written down with the results.

    ``background`` is for designs that name none and bring no sequences of their own.
    ``real`` is a file of held-out real sequences for the checks of validity, read like the files of the background next
    to it (its ``n``, ``masked`` and ``t_as_u``).
    ``inputs`` are files with a row of a further input for each background of a design.
    ``library`` is what designs with ``measured`` are compared with.
    """

    schema_version: Literal[1] = 1
    name: str = "study"
    model: AnyModel
    background: AnyBackground | None = None
    n: Count = CUSTOM
    seed: Annotated[Seed, BeforeValidator(_drawn)] = 0
    extra: Extra | None = None
    until: Stop | None = None
    adjust: list[AdjustName] | None = None
    real: str | None = None
    inputs: InputFiles | None = None
    library: Library | None = None
    margin: Annotated[Number, Field(ge=0)] | None = None
    multiplicity: Method | None = None
    designs: Annotated[list[dict[str, Any]], Field(min_length=1)]
    _passage: Passage | None = PrivateAttr(default=None)

    @property
    def passage(self) -> Passage | None:
        """The file that holds the study; None for a study that was read from no file."""
        return self._passage

    def number(self, entry: Entry) -> int | None:
        """The number of backgrounds that the file names for a design; None if it leaves that to the background."""
        return entry.n or (self.n if "n" in self.model_fields_set else None)


def read_spec(path: Path) -> tuple[Spec, list[Entry]]:
    """A study from its file; errors name the file, the line, the key, and what is allowed."""
    content, lines = read_yaml(path)
    version = content.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise InputError(f"{path} has schema_version {version}", f"this seqdo reads {SCHEMA_VERSION}", "Update seqdo")
    if "model" in content:
        check_kind(content["model"], where_of(path, lines, ("model",)))
    spec = validated(Spec, content, path, lines, ())
    spec._passage = Passage(path, lines)
    entries = [entry(design, path, lines, ("designs", i)) for i, design in enumerate(spec.designs)]
    for i, design in enumerate(entries):
        _refuse_together(design, spec, where_of(path, lines, ("designs", i)))
    if not any(design.on_page for design in entries):
        needed = "on_page: false leaves every design off the page, and at least one design is needed"
        raise InputError(where_of(path, lines, ("designs",)), needed, "Leave on_page out of one design")
    return spec, entries


def _refuse_together(design: Entry, spec: Spec, where: str) -> None:
    """Refuse keys of a design that exclude each other, or that need a key of the study."""
    unknown = [key for key in ("extra", "until", "adjust") if getattr(design, key) is not None]
    if design.search and unknown:
        raise InputError(
            f"{where}: search and {unknown[0]}", "a search takes no such key",
            f"Leave {unknown[0]} out, or search in one design and test in another",
        )  # fmt: skip
    if design.search and design.measured and design.search.keep < LEAST:
        raise InputError(f"{where}: measured of {design.search.keep} that are kept", f"a line needs {LEAST} or more")
    if design.measured and spec.library is None:
        raise InputError(
            f"{where}: measured", "the study names no library",
            "Add library: {file: FILE, sequence: COLUMN, measured: COLUMN}",
        )  # fmt: skip


def schema() -> dict[str, Any]:
    """The JSON Schema of a study, for editors."""
    whole = Spec.model_json_schema()
    designs = {name: entry_type(name).model_json_schema() for name in EXPERIMENTS}
    for name, design in designs.items():
        whole.setdefault("$defs", {}).update(design.pop("$defs", {}))
        design["properties"]["experiment"] = {"const": name}
        whole["$defs"][f"design_{name}"] = design
    whole["properties"]["designs"]["items"] = {"oneOf": [{"$ref": f"#/$defs/design_{name}"} for name in designs]}
    return whole
