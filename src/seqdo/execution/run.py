"""A run: a design, a model and a background become outcomes."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from tqdm import tqdm

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.sets import number
from seqdo.designs.changes.change import Change
from seqdo.designs.changes.site import place
from seqdo.designs.design import Design
from seqdo.designs.edited_sequences import background_of
from seqdo.effects.statistics.control_variates import check_adjust
from seqdo.effects.statistics.interval import CONSTANT
from seqdo.engine.choose import Choice, choose_engine, engine_of_rows, full
from seqdo.engine.engine import Engine
from seqdo.engine.guarded import Guarded
from seqdo.errors import InputError, RunError
from seqdo.execution.block import Block
from seqdo.execution.conditioning import background_record
from seqdo.execution.example_inputs import Rows, own_pilot, refuse_real, rows_between
from seqdo.execution.peak_reading import most_backgrounds
from seqdo.execution.real_sequences import as_real, predict_real, with_layer
from seqdo.execution.sample_size import has_pilot, number_of_extra, pilot_size, predict_extra
from seqdo.execution.stopping import Looks, Until, looked_at, spans
from seqdo.models.example_rows import Wanted, example_rows
from seqdo.models.model import Model
from seqdo.outcomes.extras import Scale
from seqdo.outcomes.outcomes import Outcomes
from seqdo.outcomes.provenance import EngineRecord, Provenance, RunSeed
from seqdo.outcomes.run_inputs import Fingerprint, ModelRecord, RowsRecord
from seqdo.sequences.edit import apply
from seqdo.sequences.sequences import Sequences, fingerprint
from seqdo.sequences.stream import Seed, child, root

BLOCK = 1024
"""Backgrounds that are in memory, and in an engine's state, at a time."""

LONG = 4096
"""Positions of a sequence beyond which a block of the design's own sequences is one batch."""

LARGEST = 8 * 2**30
"""Bytes of outcomes and backgrounds that are still kept in memory."""


def run(
    design: Design,
    model: Model,
    background: Background | Sequences | NDArray[np.integer] | Iterable[str] | None = None,
    n: int | None = None,
    rng: Seed = None,
    *,
    engine: str | Choice = "auto",
    block: int | None = None,
    extra: int = 0,
    until: Until | None = None,
    real: Sequences | NDArray[np.integer] | Iterable[str] | None = None,
    batch: int | None = None,
    pilot: int | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Outcomes:
    """Predict every arm of a design on the same backgrounds.

    Parameters
    ----------
    design : the arms, from an experiment such as ``sd.embed``
    model : a wrapped model, from ``sd.wrap``
    background : a null model; or sequences, which are then used in order, and n is their number
        Left out where the design is about sequences of its own (``occlude``, ``mutagenesis``, ``variants``).
    n : number of backgrounds; 1000, the number of given sequences, or the next whole number of balanced sets
        With ``until`` the most that are drawn: 10,000, or one for each source sequence.
    rng : seed; None draws a seed, which provenance records
    engine : "auto", or the name of an engine, or what ``sd.choose_engine`` returned, to use one engine in many runs
    block : most backgrounds held at a time, fewer if the engine needs it; it changes no background and no edit
    extra : more backgrounds, predicted without edits only, from which ``estimate(adjust=...)`` learns means
    until : when the run may stop early: ``half_width(0.05)``, ``decided(0.1)``; checked every 100 backgrounds
        Its intervals are anytime-valid (valid under repeated interim analyses), and so are those of ``estimate``. With
        ``bounds=(0, 1)``, of probabilities, they are valid for any distribution and at any n.
    real : 100 or more held-out sequences of the kind that the model is for; of more than 5,000, 5,000 spread evenly
        Predicted without edits. Checks of validity compare backgrounds and edits with them. A model without
        a reference gets them as its reference, and its margin is taken from it.
    batch : the largest number of sequences in one call of the model; None keeps that of ``wrap``
        The batch of ``wrap`` is never exceeded: with both, the smaller one holds.
    pilot : backgrounds, from a stream of their own, whose SD of predictions sets the default margin
        None takes 1000 for a model of up to 2,000 positions. For a longer one the backgrounds of the run without edits
        serve, at no cost; where no arm is without edits, or ``until`` is given, the pilot has 2,000,000 positions in
        all, 100 backgrounds at least. 0 predicts none; then ``estimate`` needs a margin for a verdict. A model with a
        reference has no pilot.
    inputs : further inputs that differ between backgrounds, by the name of the model's parameter: arrays (n, ...)
        Row i belongs to background i, or to sequence i of ``design.own_sequences``, in every arm. The model was wrapped
        with one row, or the shape of one row. Every sequence is predicted whole. With ``extra`` there are n + extra
        rows, the last for the extra backgrounds. A run that stops early uses the first rows. The backgrounds of the run
        without edits set the default margin; background i of a pilot gets row i. Not together with ``real``.

    Returns
    -------
    Outcomes with y in the model's unit, dims model, background, arm, output

    Raises
    ------
    InputError
        Before the first prediction: a pattern that does not fit, a wrong alphabet or length, n=0, rows of ``inputs``
        that do not fit.
    RunError
        A member that fails, or predicts NaN or a number outside the bounds of ``until``: named, with the arm and the
        background (0-based, as in the outcomes).

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.additive({"GATTACA": 2.0}, length=60)
    >>> outcomes = run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(60), n=100, rng=0)
    >>> dict(outcomes.y.sizes)
    {'model': 1, 'background': 100, 'arm': 2, 'output': 1}
    """
    seed = root(rng)
    null, n, looks = _settled(design, model, background, n, seed, until)
    extra = number_of_extra(extra, n, null)
    model, rows = model.with_batch(batch), _rows(inputs, model, design, n, extra, real)
    pilot = own_pilot(pilot, design, rows, size=pilot_size(None, model.length), interim=looks is not None)
    separate = has_pilot(pilot, design, model.length, looks is not None, differ=bool(rows))
    pilot = pilot_size(pilot, model.length)
    choice = engine_of_rows(model, engine, rows) if rows else choose_engine(model, engine, n * len(design.arms))
    chosen = Guarded(choice.engine, full(model)) if choice.automatic else choice.engine
    block = min(
        place(BLOCK if block is None else block, "block", 1),
        chosen.block,
        _own_block(design, chosen),
        most_backgrounds(model) or BLOCK,
    )
    held_out = as_real(real, model)
    predicted, referenced = predict_real(model, held_out)
    scales = _scales(referenced, null, seed, pilot if separate else 0, rows)
    unedited = predict_extra(model.with_rows(rows_between(rows, n)), null, seed, n, extra)

    labelled, blocks = _predicted(Run(design, model, null, chosen, seed), n, block, looks, scales)
    scales = scales or ({} if separate else _own_scales(labelled, design))
    outcomes = Outcomes(
        y=labelled,
        design=design,
        backgrounds=_joined(
            blocks if design.own_sequences is None else [null.sample(labelled.sizes["background"])], model
        ),
        scales=scales,
        reference=referenced.reference,
        provenance=Provenance(
            seed=RunSeed.of(seed),
            n=labelled.sizes["background"],
            model=ModelRecord.of(model),
            background=background_record(null, seed, labelled),
            engine=EngineRecord(chosen.name, _failure(chosen) or choice.reason, chosen.batch, block),
            versions=_versions(),
            stopping=looks.record(len(design.arms) * len(model.members)) if looks else None,
            real=None if held_out is None else Fingerprint.from_json(fingerprint(held_out)),
            inputs={name: RowsRecord.of(array) for name, array in rows.items()},
        ),
        extra=unedited,
        real=predicted,
    )
    return with_layer(outcomes, model)


def check(
    design: Design, model: Model, background: Any = None, n: int | None = None, rng: Seed = None,  # noqa: ANN401 - as run takes it
    until: Until | None = None, extra: int = 0, real: Any = None,  # noqa: ANN401 - as run takes it
    adjust: Sequence[str] = (), inputs: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Refuse what ``run``, and then ``estimate``, would refuse of a design, before any of several designs has run.

    Nothing is predicted, so a model of which only the alphabet, the length and the outputs are known will do.
    """
    null, n, looks = _settled(design, model, background, n, root(rng), until)
    extra = number_of_extra(extra, n, null)
    _rows(inputs, model, design, n, extra, real)
    as_real(real, model)
    check_adjust(
        adjust, design, stopped=looks is not None, n=n, sources=null.in_turn, extra=extra,
        uniform=null.name == "uniform", set_size=null.set_size,
    )  # fmt: skip


def _rows(
    inputs: Mapping[str, Any] | None, model: Model, design: Design, n: int, extra: int, real: Any  # noqa: ANN401
) -> dict[str, NDArray[Any]]:  # fmt: skip
    """The rows of further inputs, for the backgrounds of the run and for the extra ones."""
    refuse_real(inputs, real)
    return example_rows(inputs, model, Wanted(n, extra, own=design.own_sequences is not None))


def _settled(
    design: Design, model: Model, background: Any, n: int | None, seed: np.random.SeedSequence, until: Until | None  # noqa: ANN401
) -> tuple[Background, int, Looks | None]:  # fmt: skip
    """The background, the number of backgrounds, and the interim analyses, settled before the run predicts."""
    _check_kinds(design, model)
    null = _null(design, background)
    looks = looked_at(until, n, null, design)
    n = looks.most if looks else number(n, null)
    _check_turns(design, null, n)
    _check_size(design, model, null, n)
    _check_fit(design, model, null, seed, n)
    return null, n, looks


@dataclass(frozen=True)
class Run:
    """A design, the model and engine that predict it, the background and the seed."""

    design: Design
    model: Model
    null: Background
    engine: Engine
    seed: np.random.SeedSequence


def _predicted(
    settled: Run, n: int, block: int, looks: Looks | None, scales: dict[str, Scale]
) -> tuple[xr.DataArray, list[Sequences]]:
    """Predictions and backgrounds of every block, or of the blocks until an interim analysis stops the run."""
    design, members = settled.design, len(settled.model.members)
    y, blocks = np.empty(0), []
    total = n * len(design.arms) * members
    with tqdm(total=total, desc=design.experiment, unit=" evaluations", unit_scale=True, delay=1, disable=None) as bar:
        for first, end in spans(n, block, looks):
            blocks.append(settled.null.sample(end - first, rng=settled.seed, first=first))
            part = Block(settled.engine, design, settled.seed, first, blocks[-1]).evaluate(bar.update)
            if not y.size:
                y = np.empty((len(design.arms), part.shape[1], n, part.shape[3]), part.dtype)
            y[:, :, first:end] = part
            labelled = _labelled(y[:, :, :end], design, settled.model)
            if looks and looks.stop(labelled, design, scales):
                break
    return labelled, blocks


def _failure(engine: Engine) -> str:
    """Why the plain engine replaced another during the run; empty if it did not."""
    return engine.failure if isinstance(engine, Guarded) else ""


def _check_kinds(design: Design, model: Model) -> None:
    swapped = isinstance(design, Model) and isinstance(model, Design)
    write = "Are the arguments swapped? Write sd.run(design, model, background)"
    if not isinstance(design, Design):
        raise InputError(
            f"`design` is a {type(design).__name__}", "`run` expects a Design as its first argument",
            write if swapped else 'Write sd.embed("GATTACA", at=20)',
        )  # fmt: skip
    if not isinstance(model, Model):
        raise InputError(
            f"`model` is a {type(model).__name__}", "`run` expects a wrapped model as its second argument",
            "Write sd.wrap(model, ...)",
        )  # fmt: skip


def _null(design: Design, background: Any) -> Background:  # noqa: ANN401 - as run takes it
    """The background of the run, or the sequences that the design is about: those and no others."""
    return background_of(background, design.own_sequences, design.experiment)


def _check_turns(design: Design, null: Background, n: int) -> None:
    """Refuse backgrounds that would share letters of one sequence without a record of their dependence."""
    if design.turns and n > design.turns and null.in_turn != design.turns:
        sources = f"made of {null.in_turn} sequences" if null.in_turn else "made of none"
        raise InputError(
            f"n={n} backgrounds {null.name}, {sources}, for {design.experiment} of {design.turns} sequences",
            "background i gets the letters of sequence i modulo their number, so several would not be independent",
            f"Write sd.backgrounds.shuffled(sequences) of the same {design.turns}, or n={design.turns} or fewer",
        )  # fmt: skip


def _check_size(design: Design, model: Model, null: Background, n: int) -> None:
    size = n * null.longest + 4 * design.passes(n) * len(model.members) * len(model.outputs)
    if size > LARGEST:
        raise InputError(
            f"n={n:,} backgrounds of {len(design.arms):,} arms make {size / 2**30:,.0f} GiB",
            f"at most {LARGEST / 2**30:.0f} GiB of outcomes and backgrounds are kept in memory",
            "Run in two steps: many arms on few backgrounds, then the best arms on many",
        )  # fmt: skip


def _check_fit(design: Design, model: Model, null: Background, seed: np.random.SeedSequence, n: int) -> None:
    """Try everything but the predictions: all backgrounds where their lengths vary or they may run out, else one."""
    vary = null.capacity is not None or null.shortest < null.longest
    tried = null.sample(n if vary else 1, rng=seed)
    for start in range(0, len(tried), BLOCK):
        model.arrange(tried[start : start + BLOCK])
    design.check(model.alphabet, tried.lengths)
    tested: set[Change] = set()
    for arm in design.arms.values():
        if not arm.settled or not tested.issuperset(arm.sites):
            apply(tried[:1], arm.edits(seed, 0, tried[:1]))
            tested.update(arm.sites)


def _scales(model: Model, null: Background, seed: np.random.SeedSequence, size: int, rows: Rows) -> dict[str, Scale]:
    """Spread of each output: on held-out real data if the model came with it, else on pilot backgrounds, if any."""
    if model.reference and model.reference.outputs:
        source = f"predictions on {model.reference.n:,} held-out real sequences"
        return {name: Scale(float(model.reference.outputs[name]["sd"]), source) for name in model.outputs}
    if not size:
        return {}
    size = min(null.capacity or size, size)
    if null.name == "given":
        pilot, source = null.sample(size, rng=seed), "predictions on the given sequences"
    else:
        own = child(seed, "pilot")
        pilot, source = null.sample(size, rng=own), f"predictions on {size:,} pilot backgrounds"
    try:
        y = model.with_rows(rows_between(rows, 0, len(pilot))).predict(pilot).astype(np.float64).mean(0)
    except RunError as error:
        raise RunError(f"{source}: {error.problem}", error.accepted, error.fix) from error
    return _spread(y, model.outputs, source)


def _own_scales(y: xr.DataArray, design: Design) -> dict[str, Scale]:
    """Spread of each output: on the backgrounds of the run, without edits."""
    own = y.sel(arm=design.unedited).transpose("model", "background", "output").values.astype(np.float64).mean(0)
    return _spread(own, y["output"].values.tolist(), f"predictions on the {len(own):,} backgrounds without edits")


def _spread(y: NDArray[np.float64], outputs: Iterable[str], source: str) -> dict[str, Scale]:
    spread = y.std(0, ddof=1) if len(y) > 1 else np.zeros(y.shape[1])
    spread[spread <= CONSTANT * np.abs(y).max(0)] = 0  # equal answers have an SD of rounding
    return {name: Scale(float(sd), source) for name, sd in zip(outputs, spread, strict=True)}


def _labelled(y: NDArray[np.floating], design: Design, model: Model) -> xr.DataArray:
    return xr.DataArray(
        np.moveaxis(y, 0, 2),
        dims=("model", "background", "arm", "output"),
        coords={"model": [m.name for m in model.members], "arm": list(design.arms), "output": list(model.outputs)},
        name="y",
    )


def _own_block(design: Design, engine: Engine) -> int:
    """Most backgrounds of a block where the sequences are the design's own and long: one batch.

    Their edits are made for a block at a time, and one edit may be as long as its sequence. Drawn backgrounds come in
    sets of 256, so smaller blocks would draw each of them often.
    """
    if design.own_sequences is None or design.own_sequences.codes.shape[1] <= LONG:
        return BLOCK
    return engine.batch


def _joined(blocks: list[Sequences], model: Model) -> Sequences:
    if len(blocks) == 1:  # not copied: sequences of the design's own may be nearly as large as the memory
        return Sequences(blocks[0].codes, blocks[0].lengths, model.alphabet, blocks[0].names)
    names = None if blocks[0].names is None else tuple(name for part in blocks for name in part.names or ())
    codes, lengths = (np.concatenate([getattr(part, what) for part in blocks]) for what in ("codes", "lengths"))
    return Sequences(codes, lengths, model.alphabet, names)


def _versions() -> dict[str, str]:
    """Versions of Python and of the packages that computed the predictions."""
    packages = ["seqdo", "numpy", *(name for name in ("torch",) if name in sys.modules)]
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in packages}
