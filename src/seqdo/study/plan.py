"""What a study would do and cost, from its file alone: no model is opened, and no code of the user runs."""

from __future__ import annotations

from pathlib import Path

from seqdo.backgrounds.uniform import uniform
from seqdo.designs.design import PILOT, Design
from seqdo.execution.sample_size import number, pilot_size
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
    lines = [f"{spec.name}: {count(len(entries), 'design')} on {_model(spec)}"]
    shipped = _members(spec, folder)
    kept = pilots = 0
    for entry in entries:
        design = entry.design(folder, alphabet_of(spec))
        until, members = entry.until or spec.until, entry.members or shipped
        n = _number(spec, entry, design)
        extra = (spec.extra if entry.extra is None else entry.extra) or 0
        pilot = _pilot(spec, entry, n if design.sequences is not None else None)
        kept += (design.passes(n) + extra) * members
        pilots += pilot * members
        lines += ["", *str(design).splitlines()[:-1], _cost(design, n, extra, pilot, members)]
        lines += [f"  until      {until.rule}; the cost is the most"] if until else []
    passes = f"{kept + pilots:,} forward passes"
    lines += ["", f"In all {passes} and {4 * kept / 2**20:,.1f} MiB of outcomes for each output."]
    return "\n".join(lines)


def _number(spec: Spec, entry: Entry, design: Design) -> int:
    """Most backgrounds that a design runs on."""
    if design.sequences is not None:
        return len(design.sequences)
    if entry.until or spec.until:
        return spec.number(entry) or MOST
    keys = entry.background or spec.background
    balance = keys.arguments.get("balance") if keys else None  # sets of balanced backgrounds are whole
    return number(spec.number(entry), uniform(1, balance))


def _pilot(spec: Spec, entry: Entry, sequences: int | None) -> int:
    """Most backgrounds of the pilot for the default margin: none where the file has a margin, or the model a reference.

    A model of the catalog comes with a reference, and so does a trained one; with weights in another order neither has
    reference predictions. Whether code of the user has one shows when the study runs.
    """
    without = isinstance(spec.model, PlantedModel | PythonModel) or entry.weights == "shuffled"
    if spec.margin is not None or not without or entry.real or spec.real:
        return 0
    shipped = _shipped(spec)
    length = spec.model.length if isinstance(spec.model, PlantedModel) else shipped.length if shipped else 1
    return min(pilot_size(None, length), sequences or PILOT)


def _cost(design: Design, n: int, extra: int, pilot: int, members: int) -> str:
    passes = (design.passes(n) + extra + pilot) * members
    each = f"{len(design.arms):,} arms × {n:,} backgrounds"
    more = [f"{number:,} {what}" for number, what in ((extra, "extra"), (pilot, "for the margin")) if number]
    each = f"({' + '.join([each, *more])})" if more else each
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
