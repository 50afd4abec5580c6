"""The spec of a study: what a YAML file may say, checked before anything is opened or run.

The spec mirrors the Python API name by name: the keys of a design are the arguments of the
experiment's function, those of a background the arguments of ``sd.backgrounds``.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_type_hints

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model, model_validator

from seqdo.errors import InputError
from seqdo.execution.until import Until
from seqdo.experiments.catalogue import EXPERIMENTS
from seqdo.experiments.design import Design
from seqdo.experiments.table import Weights
from seqdo.motifs.io import read_motifs
from seqdo.motifs.motif import Motif
from seqdo.motifs.table import read_sites
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.genome import Source
from seqdo.sequences.io import read_sequences
from seqdo.sequences.rows import Table
from seqdo.sequences.sequence import Sequences
from seqdo.sequences.sources import Given
from seqdo.sequences.stream import root
from seqdo.study.yaml import Place, read_yaml

SCHEMA_VERSION = 1

M = TypeVar("M", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Range(_Strict):
    """Whole numbers from start up to, not including, stop."""

    start: int = 0
    stop: int
    step: Annotated[int, Field(ge=1)] = 1


class MotifFile(_Strict):
    """A motif of a MEME or JASPAR file, by name; the file is sought beside the spec."""

    motif: str
    file: str


class SequenceFile(_Strict):
    """A file of sequences, sought beside the spec; ``n``, ``masked`` and ``t_as_u`` as for a background."""

    file: str
    n: Literal["error", "drop", "sample"] = "error"
    masked: Literal["upper", "error", "N"] = "upper"
    t_as_u: bool = False


class SiteFile(_Strict):
    """A table of sites, with a header as ``sd.find_sites`` names its columns, sought beside the spec."""

    table: str


class Genome(_Strict):
    """A FASTA file too large for memory, sought beside the spec; windows of the design's ``length`` are cut out."""

    genome: str


class Background(_Strict):
    """A null model. ``sequences`` and ``pool`` are files of sequences, sought beside the spec.

    ``reference`` is what ships with the model: letters by position, at one length or over the mixture of lengths.
    ``n`` (what becomes of N), ``masked`` (of lower case) and ``t_as_u`` say how files are read, as in
    ``sd.read_sequences``; letters for N are drawn by the design's seed.
    """

    kind: Literal["uniform", "profile", "markov", "shuffled", "gc_matched", "natural", "given", "reference"]
    length: Annotated[int, Field(ge=1)] | None = None
    sequences: str | None = None
    order: Annotated[int, Field(ge=0)] | None = None
    k: Literal[1, 2, 3] | None = None
    fixed_limit: Annotated[float, Field(ge=0, le=1)] | None = None
    pool: str | None = None
    balance: Literal["columns", "dinucleotides"] | None = None
    n: Literal["error", "drop", "sample"] = "error"
    masked: Literal["upper", "error", "N"] = "upper"
    t_as_u: bool = False


def _no_truth(number: Any) -> Any:  # noqa: ANN401 - what a file says, still to be checked
    """A number, unless it is true or false; 1e-3 is text in YAML 1.1, and so text that is a number is one."""
    if isinstance(number, bool):
        raise ValueError("a number is needed")
    return number


Number = Annotated[float, Field(strict=False, allow_inf_nan=False), BeforeValidator(_no_truth)]


class Stop(_Strict):
    """When a design may stop: its intervals as narrow as ``half_width``, or every effect ``decided`` by this margin.

    ``bounds`` are two numbers that every output lies between, whatever the sequence.
    """

    half_width: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] | None = None
    decided: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] | None = None
    contrast: str | None = None
    bounds: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.half_width is None) == (self.decided is None):
            raise ValueError("either half_width or decided is needed")
        if self.bounds and not self.bounds[0] < self.bounds[1]:
            raise ValueError("bounds are two numbers, the smaller first")
        return self

    @property
    def rule(self) -> Until:
        """The rule that ``run`` takes."""
        bounds = (self.bounds[0], self.bounds[1]) if self.bounds else None
        return Until(self.half_width, self.decided, self.contrast, bounds)


class Searched(_Strict):
    """Keep the best of many contrasts, chosen on ``screen`` backgrounds and reported on others, as ``sd.search`` does.

    ``members`` of an ensemble screen, all report.
    """

    keep: Annotated[int, Field(ge=1)] = 10
    screen: Annotated[int, Field(ge=1)] = 100
    members: Annotated[int, Field(ge=1)] | None = None
    by: Literal["largest", "highest", "lowest"] = "largest"
    contrast: str | None = None
    output: str | None = None


Adjust = list[Literal["prediction", "gc", "letters"]]
"""What contrasts are adjusted for, as in ``sd.estimate``."""


class PythonModel(_Strict):
    """A function of yours that returns ``sd.wrap(...)``: code, so ``--trust`` must be said on the command line."""

    python: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")]


class PlantedModel(_Strict):
    """A model with a known effect, for trying things out: weights of patterns that it counts."""

    planted: Annotated[dict[str, float], Field(min_length=1)]
    length: Annotated[int, Field(ge=1)]


Peak = Annotated[list[int], Field(min_length=2, max_length=2)]
"""Positions on the forward and on the reverse strand."""


class FetchedModel(_Strict):
    """A model of the catalogue whose weights do not ship: ``weights`` is a copy of them, sought beside the spec.

    Without it they are fetched, as ``sd.zoo.load`` says. ``heights`` asks BPNet for the profile of a factor at its
    peak, and for all its reads: factor to two positions, of the forward and of the reverse strand, or to the motif
    that has its peak there when it is alone in the middle.
    """

    name: str
    weights: str | None = None
    heights: Annotated[dict[str, str | Peak], Field(min_length=1)] | None = None


class TrainedModel(_Strict):
    """A folder that ``seqdo train`` wrote, sought beside the spec."""

    trained: str


GivenModel = str | PlantedModel | PythonModel | FetchedModel | TrainedModel
"""What a spec may say of its model; a text is the name of one that ships."""


class Entry(_Strict):
    """What every design of a study may say beside its experiment's own arguments.

    ``question`` replaces the experiment's own; ``on_page: false`` keeps a design (a large screen) in the tables only;
    ``weights: shuffled`` asks networks that have the weights in another order, and so learned nothing.
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

    def design(self, folder: Path, alphabet: Alphabet | None = None) -> Design:
        """The design; files are read from the folder of the spec, sequences in the letters of the model."""
        own = {name: getattr(self, name) for name in type(self).model_fields if name not in Entry.model_fields}
        here = _Here(folder, alphabet)
        given = {name: _plain(value, here) for name, value in own.items() if name in self.model_fields_set}
        made = EXPERIMENTS[self.experiment](**given)
        return made if self.question is None else replace(made, question=self.question)


def _drawn(seed: Any) -> Any:  # noqa: ANN401 - what a file says, still to be checked
    """The seed, or one drawn now where it is null: the study's record then has the number."""
    return root(None).entropy if seed is None else seed


class Spec(_Strict):
    """A whole study. ``seed: null`` draws a seed, which is written down with the results.

    ``background`` is for designs that say none and bring no sequences of their own.
    ``real`` is a file of held-out real sequences for the checks of validity, sought and read like those of the
    background that it stands beside (its ``n``, ``masked`` and ``t_as_u``).
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
    margin: Annotated[float, Field(ge=0, strict=False, allow_inf_nan=False), BeforeValidator(_no_truth)] | None = None
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
    return spec, [entry(design, path, lines, ("designs", i)) for i, design in enumerate(spec.designs)]


def entry(
    content: dict[str, Any], path: Path = Path("spec"), lines: Mapping[Place, int] | None = None, at: Place = ()
) -> Entry:
    """One checked design of a study, from its mapping."""
    name = content.get("experiment")
    if name not in EXPERIMENTS:
        where = _where(path, lines or {}, at if name is None else (*at, "experiment"))
        raise InputError(
            f"{where}: experiment {name!r}", f"one of {', '.join(EXPERIMENTS)} is needed", _near(str(name), EXPERIMENTS)
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
    function = EXPERIMENTS[experiment]
    hints = get_type_hints(function)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[name] = (_YAML_TYPES[hints[name]], default)
    made: type[Entry] = create_model(f"design_{experiment}", __base__=Entry, **fields)
    return made


def _as_file(given: Any) -> Any:  # noqa: ANN401 - what a file says, still to be checked
    """A file of sequences, of which only the name may be said."""
    return {"file": given} if isinstance(given, str) else given


_Pattern = str | MotifFile
_SequenceFile = Annotated[SequenceFile, BeforeValidator(_as_file)]
_TableFile = Annotated[Path, Field(strict=False)]
_YAML_TYPES: dict[Any, Any] = {
    str | Motif: _Pattern,
    str | Motif | pd.DataFrame: _Pattern | SiteFile,
    Given: _SequenceFile,
    Sequences: _SequenceFile,
    Iterable[int]: list[int] | Range,
    Sequence[int]: list[int],
    Sequence[int] | None: list[int] | None,
    float: Number,
    Sequence[str]: list[str],
    Sequence[str | Motif]: list[_Pattern],
    int | Sequence[str | Motif]: int | list[_Pattern],
    int: int,
    int | None: int | None,
    str | Motif | None: _Pattern | None,
    Table: _TableFile,
    Table | Weights | None: _TableFile | dict[str, dict[str, Number]] | None,
    Source: Annotated[SequenceFile | Genome, BeforeValidator(_as_file)],
    Literal["error", "drop"]: Literal["error", "drop"],
    Literal["shift", "drop"]: Literal["shift", "drop"],
    bool: bool,
    str: str,
    str | None: str | None,
}


@dataclass(frozen=True)
class _Here:
    """Where a spec's files are, and the letters of its model; None where it has not been opened."""

    folder: Path
    alphabet: Alphabet | None


def _plain(value: Any, here: _Here) -> Any:  # noqa: ANN401 - whatever an experiment takes
    if isinstance(value, Range):
        return range(value.start, value.stop, value.step)
    if isinstance(value, list):
        return [_plain(item, here) for item in value]
    if isinstance(value, SequenceFile):
        return read_sequences(here.folder / value.file, here.alphabet, value.n, value.masked, value.t_as_u, rng=0)
    if isinstance(value, Genome):
        return here.folder / value.genome
    if isinstance(value, Path):
        return here.folder / value
    if isinstance(value, SiteFile):
        return read_sites(here.folder / value.table)
    if isinstance(value, MotifFile):
        motifs = {motif.name: motif for motif in read_motifs(here.folder / value.file)}
        if value.motif not in motifs:
            raise InputError(f"motif {value.motif!r}", f"{value.file} has no such motif", _near(value.motif, motifs))
        return motifs[value.motif]
    return value


def validated(kind: type[M], content: Any, path: Path, lines: Mapping[Place, int], at: Place) -> M:  # noqa: ANN401
    """What a file says, as its kind; an error names the file, the line and the key."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        # A misspelt key also makes the right one missing: the cause goes before its consequence.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        place: Place = ()
        for part in first["loc"]:  # pydantic's own names for the choices of a union are no keys of the file
            place = (*place, part) if (*at, *place, part) in lines or not lines else place
        where = _where(path, lines, (*at, *place))
        if first["type"] == "extra_forbidden":
            allowed = list(kind.model_fields) if len(first["loc"]) == 1 else []
            key = str(first["loc"][-1])
            needed = f"no such key{'; allowed are ' + ', '.join(allowed) if allowed else ''}"
            raise InputError(f"{where}: {key!r}", needed, _near(key, allowed)) from None
        if first["type"] == "missing":
            raise InputError(_where(path, lines, at), f"key {first['loc'][-1]!r} is missing") from None
        raise InputError(f"{where}: {first['input']!r}"[:200], first["msg"]) from None


def _where(path: Path, lines: Mapping[Place, int], place: Place) -> str:
    known = place
    while known and known not in lines:
        known = known[:-1]
    key = ".".join(str(part) for part in place)
    return (
        f"{path}, line {lines[known]}{', ' + key if key else ''}"
        if known in lines
        else f"{path}{', ' + key if key else ''}"
    )


def _near(name: str, choices: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(choices), 1)
    return f"Did you mean {near[0]}?" if near else ""
