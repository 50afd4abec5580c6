"""What a study would do and cost, from its file alone: no model is opened, and no code of the user runs."""

from __future__ import annotations

from pathlib import Path

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.sets import number
from seqdo.backgrounds.uniform import uniform
from seqdo.designs.design import PILOT, Design
from seqdo.execution.example_inputs import Rows, own_pilot
from seqdo.execution.sample_size import has_pilot, pilot_size
from seqdo.execution.stopping import MOST
from seqdo.reporting.text.numbers import count
from seqdo.specs.background_keys import ReferenceBackground
from seqdo.specs.entry import Entry
from seqdo.specs.model_keys import FetchedModel, PythonModel, TrainedModel
from seqdo.specs.passage import errors_of
from seqdo.specs.spec import Spec
from seqdo.study.input_files import open_inputs
from seqdo.study.open_background import open_background
from seqdo.study.outline import Outline, outline
from seqdo.study.study import Study, missing_background


def planned(spec: Spec, entries: list[Entry], folder: Path) -> str:
    """Each design as it prints itself, and the sum of forward passes and bytes.

    Parameters
    ----------
    spec : the study
    entries : its designs
    folder : where the study file is

    Raises
    ------
    InputError
        What a run would refuse before it predicts, with the same message; what only the opened model tells is left to
        the run.
    """
    outlined = outline_of(spec, folder)
    shipped = outlined.members or 1
    lines = [f"{spec.name}: {count(len(entries), 'design')} on {_model(spec)}"]
    kept = pilots = 0
    for entry in entries:
        design = entry.design(folder, outlined.alphabet)
        until, members = entry.until or spec.until, entry.members or shipped
        n = _checked_number(spec, entry, design, outlined, folder)
        extra = (spec.extra if entry.extra is None else entry.extra) or 0
        pilot = _pilot(spec, entry, design, outlined, _inputs(spec, entry, folder))
        kept += (design.passes(n) + extra) * members
        pilots += pilot * members
        lines += ["", *str(design).splitlines()[:-1], _cost(design, n, extra, pilot, members)]
        lines += [f"  until      {until.rule}; the cost is the most"] if until else []
    passes = f"{kept + pilots:,} forward passes"
    lines += ["", f"In all {passes} and {4 * kept / 2**20:,.1f} MiB of outcomes for each output."]
    return "\n".join(lines)


def outline_of(spec: Spec, folder: Path) -> Outline:
    """What the file tells of its model; errors name the file and the key."""
    with errors_of(spec.passage and spec.passage.within("model"), python=isinstance(spec.model, PythonModel)):
        return outline(spec.model, folder)


def _checked_number(spec: Spec, entry: Entry, design: Design, outlined: Outline, folder: Path) -> int:
    """Most backgrounds that a design runs on, after every check of a run."""
    null = None if design.own_sequences is not None else _background(spec, entry, outlined, folder)
    if null is not None or design.own_sequences is not None:
        named = {keys.output for keys in (*(entry.measured or ()), entry.search) if keys and keys.output}
        members = max(entry.members or 1, (entry.search.members if entry.search else None) or 1)
        model = outlined.fitted(design, null, tuple(sorted(named)), members, _inputs(spec, entry, folder))
        Study(spec, model, folder, planning=True).check(entry)
    if design.own_sequences is not None:
        return len(design.own_sequences)
    if entry.until or spec.until:
        return spec.number(entry) or MOST
    keys = entry.background or spec.background
    balance = keys.arguments.get("balance") if keys else None  # sets of balanced backgrounds are whole
    return number(spec.number(entry), uniform(1, balance) if null is None else null)


def _background(spec: Spec, entry: Entry, outlined: Outline, folder: Path) -> Background | None:
    """The background of a design; None where it takes the length or the numbers of a model that is not known."""
    keys = entry.background or spec.background
    if keys is None:
        raise missing_background(entry)
    needs_model = isinstance(keys, ReferenceBackground) and outlined.reference is None and not outlined.whole
    takes_length = "length" in type(keys).model_fields and keys.arguments.get("length") is None
    if needs_model or (takes_length and outlined.length is None and not isinstance(keys, ReferenceBackground)):
        return None
    with errors_of(entry.passage and entry.passage.nearest("background")):
        return open_background(keys, outlined, folder, spec.seed if entry.seed is None else entry.seed)


def _inputs(spec: Spec, entry: Entry, folder: Path) -> Rows:
    """The rows of further inputs of a design."""
    with errors_of(entry.passage and entry.passage.nearest("inputs")):
        return open_inputs(entry.inputs or spec.inputs, folder)


def _pilot(spec: Spec, entry: Entry, design: Design, outlined: Outline, rows: Rows) -> int:
    """Most backgrounds of the pilot for the default margin: none where the file has a margin, or the model a reference.

    Weights in another order have no reference predictions. Whether code of the user has some shows when the study runs.
    """
    referenced = outlined.reference is not None and entry.weights != "shuffled"
    length = outlined.length or 1
    if spec.margin is not None or referenced or entry.real or spec.real:
        return 0
    interim = bool(entry.until or spec.until)
    own = own_pilot(None, design, rows, size=pilot_size(None, length), interim=interim)
    if not has_pilot(own, design, length, interim=interim, differ=bool(rows)):
        return 0
    return min(pilot_size(own, length), PILOT if design.own_sequences is None else len(design.own_sequences))


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
