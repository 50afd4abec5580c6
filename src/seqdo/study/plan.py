"""What a study would do and cost, from its spec alone: no model and no code of the user's is opened."""

from __future__ import annotations

from pathlib import Path

from seqdo.backgrounds.uniform import uniform
from seqdo.designs.design import Design
from seqdo.execution.sample_size import number
from seqdo.execution.stopping import MOST
from seqdo.sequences.alphabet import DNA, Alphabet
from seqdo.study.keys import FetchedModel, PlantedModel, PythonModel, TrainedModel
from seqdo.study.spec import Entry, Spec
from seqdo.zoo import CATALOGUE
from seqdo.zoo import Entry as CatalogueEntry

BACKGROUNDS = {
    "uniform": "every letter equally likely; length: 60, balance: dinucleotides for a smaller variance",
    "profile": "letters drawn by position, as in real sequences; sequences: FILE",
    "markov": "letters drawn after the order letters before; sequences: FILE, order: 2",
    "shuffled": "real sequences with their k-lets kept, exactly uniform; sequences: FILE, k: 2",
    "gc_matched": "random letters, or sequences of a pool, at each real sequence's GC; sequences: FILE, pool: FILE",
    "natural": "real sequences in random order, each at most once; sequences: FILE",
    "given": "exactly the sequences of a file, in order; sequences: FILE",
    "reference": "letters by position, from the numbers that ship with a model; length: 38, or a mixture of lengths",
}
"""Kind of background to what it keeps and how a spec names it."""


def planned(spec: Spec, entries: list[Entry], folder: Path) -> str:
    """Each design as it prints itself, and the sum of forward passes and bytes."""
    lines, passes, shipped = [f"{spec.name}: {len(entries)} designs on {_model(spec)}"], 0, _members(spec, folder)
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
    """Backgrounds that a design is asked on, at most."""
    if design.sequences is not None:
        return len(design.sequences)
    if entry.until or spec.until:
        return spec.asked(entry) or MOST
    null = entry.background or spec.background
    return number(spec.asked(entry), uniform(1, null.balance if null else None))


def _cost(design: Design, n: int, extra: int, members: int) -> str:
    passes = (design.passes(n) + extra) * members
    each = f"{len(design.arms):,} arms × {n:,} backgrounds"
    each = f"({each} + {extra:,} extra)" if extra else each
    return f"  cost       {each} × {members} members = {passes:,} forward passes"


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
    """The letters of the model, as far as they are known without opening it."""
    shipped = _shipped(spec)
    return DNA if isinstance(spec.model, PlantedModel) else shipped.alphabet if shipped else None


def _shipped(spec: Spec) -> CatalogueEntry | None:
    name = spec.model.name if isinstance(spec.model, FetchedModel) else spec.model
    return CATALOGUE.get(name) if isinstance(name, str) else None
