"""What a study would do and cost, from its file alone: no model is opened, and no code of the user runs."""

from __future__ import annotations

from pathlib import Path

from seqdo.backgrounds.sets import number
from seqdo.backgrounds.uniform import uniform
from seqdo.designs.design import Design
from seqdo.execution.stopping import MOST
from seqdo.reporting.text.numbers import count
from seqdo.sequences.alphabet import DNA, Alphabet
from seqdo.specs.entry import Entry
from seqdo.specs.model_keys import FetchedModel, PlantedModel, PythonModel, TrainedModel
from seqdo.specs.spec import Spec
from seqdo.zoo import CATALOGUE
from seqdo.zoo import Entry as CatalogueEntry


def planned(spec: Spec, entries: list[Entry], folder: Path) -> str:
    """Each design as it prints itself, and the sum of forward passes and bytes.

    Parameters
    ----------
    spec : the study
    entries : its designs
    folder : where the study file is
    """
    lines, passes, shipped = (
        [f"{spec.name}: {count(len(entries), 'design')} on {_model(spec)}"],
        0,
        _members(spec, folder),
    )
    for entry in entries:
        design = entry.design(folder, alphabet_of(spec))
        until, members = entry.until or spec.until, entry.members or shipped
        n = _number(spec, entry, design)
        extra = (spec.extra if entry.extra is None else entry.extra) or 0
        passes += (design.passes(n) + extra) * members
        lines += ["", *str(design).splitlines()[:-1], _cost(design, n, extra, members)]
        lines += [f"  until      {until.rule}; the cost is the most"] if until else []
    lines += ["", f"In all {passes:,} forward passes and {4 * passes / 2**20:,.1f} MiB of outcomes for each output."]
    return "\n".join(lines)


def _number(spec: Spec, entry: Entry, design: Design) -> int:
    """Most backgrounds that a design runs on."""
    if design.own_sequences is not None:
        return len(design.own_sequences)
    if entry.until or spec.until:
        return spec.number(entry) or MOST
    keys = entry.background or spec.background
    balance = keys.arguments.get("balance") if keys else None  # sets of balanced backgrounds are whole
    return number(spec.number(entry), uniform(1, balance))


def _cost(design: Design, n: int, extra: int, members: int) -> str:
    passes = (design.passes(n) + extra) * members
    each = f"{len(design.arms):,} arms × {n:,} backgrounds"
    each = f"({each} + {extra:,} extra)" if extra else each
    return f"  cost       {each} × {count(members, 'member')} = {passes:,} forward passes"


def _model(spec: Spec) -> str:
    if isinstance(spec.model, str):
        return f"model {spec.model}"
    if isinstance(spec.model, FetchedModel):
        return f"model {spec.model.name}"
    if isinstance(spec.model, TrainedModel):
        return f"the trained model of {spec.model.trained}"
    if isinstance(spec.model, PythonModel):
        return f"the model that {spec.model.python} makes (code; not opened; counted as one member)"
    return f"a planted model of {', '.join(spec.model.planted)}"


def _members(spec: Spec, folder: Path) -> int:
    if isinstance(spec.model, TrainedModel):
        return max(len(list((folder / spec.model.trained).glob("*.safetensors"))), 1)
    shipped = _shipped(spec)
    return shipped.members if shipped else 1


def alphabet_of(spec: Spec) -> Alphabet | None:
    """The alphabet of the model; None if the model has to be opened to learn it."""
    shipped = _shipped(spec)
    return DNA if isinstance(spec.model, PlantedModel) else shipped.alphabet if shipped else None


def _shipped(spec: Spec) -> CatalogueEntry | None:
    name = spec.model.name if isinstance(spec.model, FetchedModel) else spec.model
    return CATALOGUE.get(name) if isinstance(name, str) else None
