"""The inputs of a run as records: which model, which background, which real sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import Background
from seqdo.models.model import Model

Json = dict[str, Any]


@dataclass(frozen=True)
class Fingerprint:
    """Which sequences, without the sequences.

    Attributes
    ----------
    number : of sequences
    sha256 : of their lengths and codes (:func:`seqdo.sequences.sequences.fingerprint`)
    """

    number: int
    sha256: str

    def to_json(self) -> Json:
        """The record as JSON."""
        return {"number": self.number, "sha256": self.sha256}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Fingerprint:
        """The record from its JSON."""
        return cls(int(record["number"]), str(record["sha256"]))


@dataclass(frozen=True)
class RowsRecord:
    """Which rows of a further input, without the rows.

    Attributes
    ----------
    shape : of the array (n, ...)
    sha256 : of its type, shape and bytes
    """

    shape: tuple[int, ...]
    sha256: str

    @classmethod
    def of(cls, rows: NDArray[Any]) -> RowsRecord:
        """The record of an array."""
        little = np.ascontiguousarray(rows, rows.dtype.newbyteorder("<"))
        return cls(rows.shape, sha256(f"{little.dtype.str} {rows.shape}".encode() + little.tobytes()).hexdigest())

    def to_json(self) -> Json:
        """The record as JSON."""
        return {"shape": list(self.shape), "sha256": self.sha256}

    @classmethod
    def all_from_json(cls, records: Any) -> dict[str, RowsRecord]:  # noqa: ANN401
        """The record of each input by its name; empty for what a user recorded by hand in another form."""
        if not isinstance(records, Mapping):
            return {}
        typed = [isinstance(each, Mapping) and set(each) == {"shape", "sha256"} for each in records.values()]
        if not all(typed):
            return {}
        return {name: cls(tuple(map(int, each["shape"])), str(each["sha256"])) for name, each in records.items()}


@dataclass(frozen=True, eq=False)
class ModelRecord:
    """The model of a run.

    Attributes
    ----------
    description : JSON of ``Model.describe()``, or whatever a user recorded by hand
    noise : SD of repeated identical calls, by output, in its unit; empty for a model without noise
    """

    description: Any
    noise: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, model: Model) -> ModelRecord:
        """The record of a model."""
        return cls(model.describe(), model.noise or {})

    def to_json(self) -> Any:  # noqa: ANN401 - JSON holds anything
        """The record as JSON."""
        if not isinstance(self.description, Mapping):
            return self.description
        return {**self.description, **({"noise": dict(self.noise)} if self.noise else {})}

    @classmethod
    def from_json(cls, record: Any) -> ModelRecord:  # noqa: ANN401
        """The record from its JSON."""
        noise = record.get("noise") if isinstance(record, Mapping) else None
        return cls(record, noise or {})


@dataclass(frozen=True)
class Dependence:
    """How backgrounds depend on one another.

    Attributes
    ----------
    set_size : consecutive backgrounds that were drawn together, and are balanced; 1 without sets
    balance : "columns" or "dinucleotides" of balanced sets; "" without sets
    independent : independent backgrounds that one set is worth, at least
    in_turn : source sequences that the backgrounds cycle through: backgrounds i and i + ``in_turn`` share one; 0
        without source sequences
    """

    set_size: int = 1
    balance: str = ""
    independent: int = 1
    in_turn: int = 0

    @classmethod
    def of(cls, background: Background) -> Dependence:
        """The dependence that a background declares."""
        balance, worth = background.parameters.get("balance", ""), background.parameters.get("independent", 1)
        return cls(background.set_size if balance else 1, balance, worth, background.in_turn)

    def to_json(self) -> Json:
        """The keys that a background's description has for it."""
        sets = {"balance": self.balance, "set": self.set_size, "independent": self.independent}
        return {**(sets if self.set_size > 1 else {}), **({"in_turn": self.in_turn} if self.in_turn else {})}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Dependence:
        """The dependence from the description of a background."""
        in_turn = int(record.get("in_turn", 0))
        if "set" not in record:
            return cls(in_turn=in_turn)
        return cls(int(record["set"]), str(record["balance"]), int(record["independent"]), in_turn)


@dataclass(frozen=True)
class Conditioning:
    """That backgrounds were chosen by scores, so that every effect is conditional on these scores.

    Attributes
    ----------
    on : "scores", or "outcome" where the scores are the model's own predictions
    quantile : lowest and highest share of all scores that was kept, from 0 to 1
    scores : lowest and highest score that was kept; None if not recorded
    outcome : name of the output that the scores are predictions of; "" for other scores
    """

    on: str
    quantile: tuple[float, float]
    scores: tuple[float, float] | None = None
    outcome: str = ""

    def to_json(self) -> Json:
        """The keys that a background's description has for it."""
        return {
            "conditioned_on": self.on, "quantile": list(self.quantile),
            **({} if self.scores is None else {"scores": list(self.scores)}),
            **({"outcome": self.outcome} if self.outcome else {}),
        }  # fmt: skip

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Conditioning | None:
        """The conditioning from the description, or the parameters, of a background; None for any other."""
        if not record.get("conditioned_on"):
            return None
        (low, high), scores = record["quantile"], record.get("scores")
        kept = (scores[0], scores[1]) if scores else None
        return cls(record["conditioned_on"], (low, high), kept, record.get("outcome", ""))


@dataclass(frozen=True, eq=False)
class BackgroundRecord:
    """The background of a run.

    Attributes
    ----------
    description : JSON of ``Background.describe()``, or whatever a user recorded by hand
    dependence : how backgrounds depend on one another
    conditioning : by which scores they were chosen; None if they were not
    """

    description: Any
    dependence: Dependence = field(default_factory=Dependence)
    conditioning: Conditioning | None = None

    @classmethod
    def of(cls, background: Background) -> BackgroundRecord:
        """The record of a background; what inference needs comes from its fields."""
        conditioning = Conditioning.from_json(background.parameters)
        return cls(background.describe(), Dependence.of(background), conditioning)

    def to_json(self) -> Any:  # noqa: ANN401 - JSON holds anything
        """The record as JSON: the description, its keys in their order, with the values of the typed fields."""
        if not isinstance(self.description, Mapping):
            return self.description
        typed = self.dependence.to_json() | (self.conditioning.to_json() if self.conditioning else {})
        return {**self.description, **typed}

    @classmethod
    def from_json(cls, record: Any) -> BackgroundRecord:  # noqa: ANN401
        """The record from its JSON."""
        if not isinstance(record, Mapping):
            return cls(record)
        return cls(record, Dependence.from_json(record), Conditioning.from_json(record))

    @property
    def described(self) -> bool:
        """Whether the background described itself; else a user recorded a text by hand."""
        return isinstance(self.description, Mapping)

    @property
    def kind(self) -> str:
        """The kind of background, such as "uniform", or the text that a user recorded by hand; "unknown" without."""
        return str(self._fields.get("kind", "unknown") if self.described else self.description or "unknown")

    @property
    def sources(self) -> Fingerprint | None:
        """The sequences that backgrounds were made of, or picked from; None without any."""
        return _fingerprint(self._fields.get("sources"))

    @property
    def targets(self) -> Fingerprint | None:
        """The sequences that backgrounds cycle through: those that a pool was matched to, or their sources."""
        return _fingerprint(self._fields.get("matched_to")) or self.sources

    @property
    def unshuffled(self) -> int:
        """Source sequences whose only valid shuffle is the sequence itself."""
        return int(self._fields.get("fixed", 0))

    @property
    def k(self) -> int | None:
        """Length of the k-mers that shuffles keep; None for other backgrounds."""
        return self._fields.get("k")

    @property
    def _fields(self) -> Mapping[str, Any]:
        return self.description if isinstance(self.description, Mapping) else {}


def _fingerprint(record: Any) -> Fingerprint | None:  # noqa: ANN401
    return Fingerprint.from_json(record) if isinstance(record, Mapping) else None
