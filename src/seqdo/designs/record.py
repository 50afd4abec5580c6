"""A design as plain JSON-able data, and back: what provenance stores and ``Outcomes`` carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

from seqdo.deprecated import DEPRECATED, current_arguments
from seqdo.designs.call import Call
from seqdo.designs.changes.alleles import Alleles
from seqdo.designs.changes.folded_context import Folded
from seqdo.designs.changes.hairpin_shape import Shape
from seqdo.designs.changes.per_sequence import Written
from seqdo.designs.changes.replacement import Replaced
from seqdo.designs.changes.shuffled_site import Shuffled
from seqdo.designs.changes.substitution import Substitution
from seqdo.designs.design import Arm, Contrast, Design, Site, Slot
from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import ALPHABETS, DNA, PAD, RNA
from seqdo.sequences.sequences import FileRead, Sequences

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Site, Written, Alleles, Substitution, Replaced, Shuffled, Folded, Slot, Shape)
}
"""Kinds of change, and of the parts of a change, by name: extend this table for a new kind. All are dataclasses of
numbers, texts, motifs, arrays and each other. Reading a file makes no object of another kind."""


def to_record(design: Design) -> dict[str, Any]:
    """The design in lists, numbers and strings; motifs and arrays once each, by number.

    >>> from seqdo.experiments.embed import embed
    >>> record = to_record(embed("GATTACA", at=20))
    >>> from_record(record).arms.keys() == embed("GATTACA", at=20).arms.keys()
    True
    """
    shared = _Shared()
    arms = [
        {"name": name, "agree": arm.agree, "sites": [_stored(site, shared) for site in arm.sites]}
        for name, arm in design.arms.items()
    ]
    call = None if design.origin is None else _stored_call(design.origin, shared)
    rows = {} if design.rows is None else {"rows": {str(name): cells.tolist() for name, cells in design.rows.items()}}
    return {
        "experiment": design.experiment,
        "question": design.question,
        "call": call,
        "motifs": [_motif_record(motif) for motif in shared.motifs],
        "arrays": [{"dtype": str(array.dtype), "values": array.tolist()} for array in shared.arrays],
        "arms": arms,
        "contrasts": [
            {"name": c.name, "weights": _plain(c.weights), "levels": _plain(c.levels), "identity": c.identity}
            for c in design.contrasts
        ],
        "own": design.own_sequences is not None,
        **rows,
    }


def from_record(record: dict[str, Any], backgrounds: Sequences | None = None) -> Design:
    """The design that :func:`to_record` wrote; ``backgrounds`` are its sequences if it asks about its own."""
    motifs = [
        Motif(entry["name"], np.array(entry["matrix"]), {"dna": DNA, "rna": RNA, None: None}[entry["alphabet"]], axis=1)
        for entry in record["motifs"]
    ]
    arrays = [np.array(entry["values"], entry["dtype"]) for entry in record.get("arrays", ())]
    arms = {
        entry["name"]: Arm(tuple(_revived(site, motifs, arrays) for site in entry["sites"]), entry["agree"])
        for entry in record["arms"]
    }
    contrasts = tuple(Contrast(c["name"], c["weights"], c["levels"], c["identity"]) for c in record["contrasts"])
    own = backgrounds if record.get("own") else None
    experiment = DEPRECATED.get(record["experiment"], record["experiment"])
    rows = None if record.get("rows") is None else pd.DataFrame(record["rows"])
    design = Design(experiment, record["question"], arms, contrasts, own, rows)
    if record.get("call") is not None:
        object.__setattr__(design, "origin", _revived_call(record["call"], motifs))
    return design


class _Shared:
    """Motifs and arrays that changes hold, each once."""

    def __init__(self) -> None:
        self.motifs: list[Motif] = []
        self.arrays: list[np.ndarray[Any, Any]] = []
        self._numbers: dict[int, int] = {}

    def number(self, thing: Any, of: list[Any]) -> int:  # noqa: ANN401 - a motif or an array
        """Its index in the list; a new object is appended."""
        if id(thing) not in self._numbers:
            self._numbers[id(thing)] = len(of)
            of.append(thing)
        return self._numbers[id(thing)]


def _plain(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping with Python's own numbers, the only ones of JSON."""
    return {key: value.item() if isinstance(value, np.generic) else value for key, value in mapping.items()}


def _stored(value: Any, shared: _Shared) -> Any:  # noqa: ANN401 - a change, or what any of its fields holds
    if isinstance(value, Motif):
        return {"motif": shared.number(value, shared.motifs)}
    if isinstance(value, np.ndarray):
        return {"array": shared.number(value, shared.arrays)}
    if isinstance(value, tuple):
        return list(value)
    if not is_dataclass(value):
        return value.item() if isinstance(value, np.generic) else value
    kind = type(value).__name__
    if KINDS.get(kind) is not type(value):
        raise InputError(f"`arms` hold a change of the kind {kind}", f"kinds that can be stored are {', '.join(KINDS)}")
    return {"kind": kind} | {each.name: _stored(getattr(value, each.name), shared) for each in fields(value)}


def _revived(value: Any, motifs: list[Motif], arrays: list[np.ndarray[Any, Any]]) -> Any:  # noqa: ANN401
    if not isinstance(value, dict):
        return tuple(value) if isinstance(value, list) else value
    if value.keys() == {"motif"}:
        return motifs[value["motif"]]
    if value.keys() == {"array"}:
        return arrays[value["array"]]
    if "kind" not in value:  # files of format 3 and before, and the first of 4: they do not name slots
        site = {"kind": "Site", "motif": {"motif": value.get("motif")}}
        value = {"kind": "Slot"} | value if "rank" in value else value | site
    kind = KINDS.get(value["kind"])
    held = {name: _revived(item, motifs, arrays) for name, item in value.items() if name != "kind"}
    if kind is None or not held.keys() <= {each.name for each in fields(kind)}:
        raise InputError(
            f"`record` holds a change of the kind {value['kind']} with {', '.join(held)}",
            "this version reads no such change",
            "Run the study again, or read it with the version that made it",
        )  # fmt: skip
    return kind(**held)


def _stored_call(call: Call, shared: _Shared) -> dict[str, Any] | None:
    """The call in lists, numbers and strings; None where an argument is of a kind that no file holds."""
    try:
        return {
            "function": call.function, "leading": call.leading,
            "arguments": [[name, _stored_argument(value, shared)] for name, value in call.arguments.items()],
            "steps": [[method, _stored_argument(value, shared)] for method, value in call.steps],
        }  # fmt: skip
    except TypeError:
        return None


def _stored_argument(value: Any, shared: _Shared) -> Any:  # noqa: ANN401 - an argument of a call
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_stored_argument(item, shared) for item in value]
    if isinstance(value, range):
        return {"range": [value.start, value.stop, value.step]}
    if isinstance(value, Motif):
        return {"motif": shared.number(value, shared.motifs)}
    if isinstance(value, Mapping):
        return {"mapping": [[_stored_argument(item, shared) for item in pair] for pair in value.items()]}
    if isinstance(value, Sequences):
        file = value.file
        return {"sequences": {
            "letters": value.to_strings(), "width": value.codes.shape[1], "names": value.names and list(value.names),
            "alphabet": value.alphabet.name if value.alphabet else None,
            "file": [file.function, file.path, dict(file.options)] if file else None,
        }}  # fmt: skip
    raise TypeError(f"an argument of type {type(value).__name__}")


def _revived_call(stored: dict[str, Any], motifs: list[Motif]) -> Call:
    arguments, steps = (
        [(name, _revived_argument(value, motifs)) for name, value in stored[part]] for part in ("arguments", "steps")
    )
    strange = [name for name in (stored["function"], *(name for name, _ in arguments + steps)) if not _plain_name(name)]
    if strange:  # a user copies and runs the text of a call, so no name in a file may become code
        raise InputError(
            f"`record` holds a call with the name {strange[0]!r}", "functions and arguments have names of Python"
        )
    current = current_arguments(stored["function"], dict(arguments), quiet=True)
    return Call(stored["function"], current, int(stored["leading"]), tuple(steps))


def _plain_name(name: Any) -> bool:  # noqa: ANN401 - whatever a file holds
    return isinstance(name, str) and name.isascii() and name.isidentifier()


def _revived_argument(value: Any, motifs: list[Motif]) -> Any:  # noqa: ANN401 - an argument of a call
    if isinstance(value, list):
        return [_revived_argument(item, motifs) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "range":
        return range(*content)
    if kind == "motif":
        return motifs[content]
    if kind == "mapping":
        return {key: _revived_argument(item, motifs) for key, item in content}
    if kind == "sequences":
        return _revived_sequences(content)
    raise InputError(
        f"`record` holds an argument of the kind {kind!r}", "this version stores no such kind", "Update seqdo"
    )


def _revived_sequences(stored: dict[str, Any]) -> Sequences:
    read = Sequences.from_strings(stored["letters"], ALPHABETS.get(stored["alphabet"], DNA), stored["names"])
    beyond = ((0, 0), (0, stored["width"] - read.codes.shape[1]))
    codes = np.pad(read.codes, beyond, constant_values=PAD)
    sequences = Sequences(codes, read.lengths, ALPHABETS.get(stored["alphabet"]), read.names)
    file = FileRead(*stored["file"]) if stored["file"] else None
    if file is not None and not all(map(_plain_name, (file.function, *file.options))):
        raise InputError(
            f"`record` holds sequences read by {file.function!r}", "functions and arguments have names of Python"
        )
    return sequences.read_by(file)


def _motif_record(motif: Motif) -> dict[str, Any]:
    alphabet = motif.alphabet.name if motif.alphabet else None
    return {"name": motif.name, "matrix": motif.matrix.tolist(), "alphabet": alphabet}
