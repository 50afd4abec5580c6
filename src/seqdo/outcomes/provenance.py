"""Provenance: what decides the inference of a run, or must be recorded about it, as typed fields.

The JSON in files is derived from the record (:meth:`Provenance.to_json`), and the record is read back from the JSON,
also from that of older files and from one that a user wrote by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from seqdo.outcomes.run_inputs import BackgroundRecord, Fingerprint, ModelRecord, RowsRecord

Json = dict[str, Any]


@dataclass(frozen=True)
class RunSeed:
    """The seed of a run, from which all of its letters and places are drawn.

    Attributes
    ----------
    entropy : whole number, as text: JSON readers round numbers of 128 bits
    spawn_key : place of the seed among the seeds that were spawned from this entropy
    """

    entropy: str
    spawn_key: tuple[int, ...] = ()

    @classmethod
    def of(cls, sequence: np.random.SeedSequence) -> RunSeed:
        """The record of numpy's seed."""
        return cls(str(sequence.entropy), tuple(sequence.spawn_key))

    @property
    def sequence(self) -> np.random.SeedSequence:
        """Numpy's seed again."""
        return np.random.SeedSequence(int(self.entropy), spawn_key=self.spawn_key)

    def to_json(self) -> Json:
        """The record as JSON."""
        return {"entropy": self.entropy, "spawn_key": list(self.spawn_key)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> RunSeed:
        """The record from its JSON."""
        return cls(str(record["entropy"]), tuple(int(number) for number in record.get("spawn_key") or ()))


@dataclass(frozen=True)
class Stopping:
    """When a run was to stop, and when it did.

    Attributes
    ----------
    rule : a sentence
    call : the Python call that makes the rule
    bounds : what every output lies between, in its unit; None if that is not known
    analyses : backgrounds and widest half-width, in the output's unit, at each interim analysis
    most : backgrounds after which the run ends in any case
    met : whether the rule was met at the last interim analysis
    saved : evaluations that were not needed
    """

    rule: str
    call: str
    bounds: tuple[float, float] | None
    analyses: tuple[tuple[int, float], ...]
    most: int
    met: bool
    saved: int

    def to_json(self) -> Json:
        """The record as JSON."""
        bounds, looks = self.bounds and list(self.bounds), [list(each) for each in self.analyses]
        return {
            "rule": self.rule, "call": self.call, "bounds": bounds, "looks": looks, "most": self.most,
            "met": self.met, "saved": self.saved,
        }  # fmt: skip

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Stopping:
        """The record from its JSON; before there were bounds, files had none."""
        bounds = record.get("bounds")
        return cls(
            rule=str(record["rule"]),
            call=str(record["call"]),
            bounds=None if bounds is None else (bounds[0], bounds[1]),
            analyses=tuple((n, widest) for n, widest in record["looks"]),
            most=int(record["most"]),
            met=bool(record["met"]),
            saved=int(record["saved"]),
        )


@dataclass(frozen=True)
class Selection:
    """How the contrasts of a run were selected, on backgrounds of another run.

    Attributes
    ----------
    candidates, kept : contrasts that there were, and that were selected
    contrast, output : name of these contrasts, and of the output that ranked them
    by : "largest", "highest" or "lowest" estimate
    screen : backgrounds that selected
    members : members of the model that selected, the first ones
    seed : of the run that selected
    """

    candidates: int
    kept: int
    contrast: str
    output: str
    by: str
    screen: int
    members: int
    seed: RunSeed

    def to_json(self) -> Json:
        """The record as JSON."""
        return {
            "candidates": self.candidates, "kept": self.kept, "contrast": self.contrast, "output": self.output,
            "by": self.by, "screen": self.screen, "members": self.members, "seed": self.seed.to_json(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Selection:
        """The record from its JSON."""
        return cls(**{**record, "seed": RunSeed.from_json(record["seed"])})


@dataclass(frozen=True)
class EngineRecord:
    """How predictions were computed.

    Attributes
    ----------
    name : of the engine
    reason : why this engine, a sentence
    batch : sequences in one call of the model; another number rounds differently. None if not recorded
    block : backgrounds in memory at a time. None if not recorded
    """

    name: str
    reason: str = ""
    batch: int | None = None
    block: int | None = None

    def to_json(self) -> Json:
        """The record as JSON, without what was not recorded."""
        every = {"engine": self.name, "engine_because": self.reason, "batch": self.batch, "block": self.block}
        return {key: value for key, value in every.items() if value not in (None, "")}


@dataclass(frozen=True, eq=False)
class Provenance(Mapping[str, Any]):
    """What is recorded about a run. What a hand-made record lacks is None or empty.

    It also reads like the mapping that its JSON is: ``provenance["seed"]``, ``"until" in provenance``.

    Attributes
    ----------
    seed : RunSeed; None where letters and places can't be drawn again
    n : backgrounds
    model : ModelRecord
    background : BackgroundRecord
    engine : EngineRecord
    versions : of Python and the packages
    stopping : when the run was to stop; None for a fixed number of backgrounds. ``until`` in JSON
    real : the real sequences that were given to the run
    inputs : rows of further inputs that differ between backgrounds, by the name of the input
    search : how its contrasts were selected on other backgrounds; None if they were not
    background_name : what the user calls the background; "" without a name
    units : of the outputs, by their names
    others : anything else that a user recorded
    spec : of the study that the run is part of: YAML text, or the same parsed
    """

    seed: RunSeed | None = None
    n: int | None = None
    model: ModelRecord | None = None
    background: BackgroundRecord | None = None
    engine: EngineRecord | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    stopping: Stopping | None = None
    real: Fingerprint | None = None
    inputs: Mapping[str, RowsRecord] = field(default_factory=dict)
    search: Selection | None = None
    background_name: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)
    spec: Any = None

    def to_json(self) -> Json:
        """The record as JSON, without what was not recorded."""
        return {
            **({"seed": self.seed.to_json()} if self.seed else {}),
            **({} if self.n is None else {"n": self.n}),
            **({"model": self.model.to_json()} if self.model else {}),
            **({"background": self.background.to_json()} if self.background else {}),
            **(self.engine.to_json() if self.engine else {}),
            **({"versions": dict(self.versions)} if self.versions else {}),
            **({"until": self.stopping.to_json()} if self.stopping else {}),
            **({"real": self.real.to_json()} if self.real else {}),
            **({"inputs": {name: rows.to_json() for name, rows in self.inputs.items()}} if self.inputs else {}),
            **({"search": self.search.to_json()} if self.search else {}),
            **({"background_name": self.background_name} if self.background_name else {}),
            **({"units": dict(self.units)} if self.units else {}),
            **self.others,
            **({} if self.spec is None else {"spec": self.spec}),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Provenance:
        """The record from its JSON, of any format of files; what has no field of its own goes into ``others``.

        >>> provenance = Provenance.from_json({"seed": {"entropy": "7", "spawn_key": []}, "note": "by hand"})
        >>> provenance.seed, provenance.others, provenance["note"]
        (RunSeed(entropy='7', spawn_key=()), {'note': 'by hand'}, 'by hand')
        """
        seed, until, real = record.get("seed"), record.get("until"), record.get("real")
        model, background, search = record.get("model"), record.get("background"), record.get("search")
        name, reason = record.get("engine"), record.get("engine_because", "")
        typed = cls(
            seed=RunSeed.from_json(seed) if isinstance(seed, Mapping) else None,
            n=record.get("n"),
            model=None if model is None else ModelRecord.from_json(model),
            background=None if background is None else BackgroundRecord.from_json(background),
            engine=None if name is None else EngineRecord(name, reason, record.get("batch"), record.get("block")),
            versions=record.get("versions") or {},
            stopping=Stopping.from_json(until) if until else None,
            real=Fingerprint.from_json(real) if real else None,
            inputs=RowsRecord.all_from_json(record.get("inputs")),
            search=Selection.from_json(search) if search else None,
            background_name=record.get("background_name") or "",
            units=record.get("units") or {},
            spec=record.get("spec"),
        )
        derived = typed.to_json()
        return replace(typed, others={key: value for key, value in record.items() if key not in derived})

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - JSON holds anything
        return self.to_json()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_json())

    def __len__(self) -> int:
        return len(self.to_json())
