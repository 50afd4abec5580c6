"""A run: a design, a model and a background become outcomes."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from tqdm import tqdm

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.given import as_background
from seqdo.designs.changes.change import Change
from seqdo.designs.changes.site import place
from seqdo.designs.design import Design
from seqdo.effects.statistics.interval import CONSTANT
from seqdo.engine.choose import Choice, choose_engine
from seqdo.engine.engine import Engine
from seqdo.errors import InputError, RunError
from seqdo.execution.block import Block
from seqdo.execution.conditioning import described
from seqdo.execution.real_sequences import as_real, predict_real, recorded, with_layer
from seqdo.execution.sample_size import number, number_of_extra, predict_extra
from seqdo.execution.stopping import Looks, Until, looked_at, spans
from seqdo.models.model import Model
from seqdo.outcomes.outcomes import Outcomes, Scale
from seqdo.sequences.edit import apply
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import Seed, child, root

BLOCK = 1024
"""Backgrounds that are in memory, and in an engine's state, at a time."""

PILOT = 1000
"""Backgrounds, from a stream of their own, whose predictions set the default margin."""

LARGEST = 8 * 2**30
"""Bytes of outcomes and backgrounds that are still kept in memory."""


def run(
    design: Design,
    model: Model,
    background: Background | Sequences | NDArray[np.integer] | Iterable[str] | None = None,
    n: int | None = None,
    rng: Seed = None,
    *,
    engine: str = "auto",
    block: int | None = None,
    extra: int = 0,
    until: Until | None = None,
    real: Sequences | NDArray[np.integer] | Iterable[str] | None = None,
) -> Outcomes:
    """Predict every arm of a design on the same backgrounds.

    Parameters
    ----------
    background : a null model, or sequences: then exactly those are used, in order, and n is their number
        Left out where the design is about sequences of its own (``occlude``, ``mutagenesis``, ``variants``).
    n : number of backgrounds; 1000 unless sequences are given, or as many sets as make that where they are balanced
        With ``until`` the most that are drawn: 10,000, or one of each sequence that they are made of.
    rng : seed; None draws one, which provenance records
    engine : "auto" or the name of one
    block : most backgrounds held at a time, fewer if the engine says so; it changes no background and no edit
    extra : more backgrounds, predicted without edits only, from which ``estimate(adjust=...)`` learns means
    until : when it may stop earlier, looked at every 100 backgrounds: ``half_width(0.05)``, ``decided(0.1)``
        Its intervals hold at every look, and so do those that ``estimate`` then gives; with ``bounds=(0, 1)``, of
        probabilities, for any law and at any n.
    real : 100 or more held-out sequences of the kind that the model is for; of more than 5,000 as many, spread evenly
        Predicted without edits. Checks of validity compare backgrounds and edits with them; a model that came without
        a reference gets one of them, from which its margin is then taken.

    Returns
    -------
    Outcomes with y in the model's unit, dims model, background, arm, output

    Raises
    ------
    InputError
        What can't be asked, before the first prediction: a pattern that does not fit, a wrong alphabet or length, n=0.
    RunError
        A member that fails, or answers NaN or beyond the bounds of ``until``: named, with the arm and the background
        (0-based, as in the outcomes).

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
    choice = choose_engine(model, engine)
    chosen = choice.engine
    block = min(place(BLOCK if block is None else block, "block", 1), chosen.block)
    extra = number_of_extra(extra, n, null)
    held_out = as_real(real, model)
    seen, known = predict_real(model, held_out)
    scales = _scales(known, null, seed)
    unedited = predict_extra(model, null, seed, n, extra)

    labelled, blocks = _predicted(Run(design, model, null, chosen, seed), n, block, looks, scales)
    made = Outcomes(
        y=labelled,
        design=design,
        backgrounds=_joined(blocks, model),
        scales=scales,
        reference=known.reference,
        provenance=_provenance(
            model, described(null, seed, labelled), seed, labelled.sizes["background"], choice, block
        )
        | ({"until": looks.record(len(design.arms) * len(model.members))} if looks else {})
        | recorded(held_out),
        extra=unedited,
        real=seen,
    )
    return with_layer(made, model)


def check(
    design: Design, model: Model, background: Any = None, n: int | None = None, rng: Seed = None,  # noqa: ANN401 - as run takes it
    until: Until | None = None,
) -> None:  # fmt: skip
    """Refuse what ``run`` would refuse of a design on backgrounds, before any of several designs has run."""
    _settled(design, model, background, n, root(rng), until)


def _settled(
    design: Design, model: Model, background: Any, n: int | None, seed: np.random.SeedSequence, until: Until | None  # noqa: ANN401
) -> tuple[Background, int, Looks | None]:  # fmt: skip
    """The background, how many of them, and when to look: what a run needs to be settled before it predicts."""
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
    """What is asked of what."""

    design: Design
    model: Model
    null: Background
    engine: Engine
    seed: np.random.SeedSequence


def _predicted(
    asked: Run, n: int, block: int, looks: Looks | None, scales: dict[str, Scale]
) -> tuple[xr.DataArray, list[Sequences]]:
    """Predictions and backgrounds of all blocks, or of those before a look that was enough."""
    design, members = asked.design, len(asked.model.members)
    y, blocks = np.empty(0), []
    total = n * len(design.arms) * members
    with tqdm(total=total, desc=design.experiment, unit=" evaluations", unit_scale=True, delay=1, disable=None) as bar:
        for first, end in spans(n, block, looks):
            blocks.append(asked.null.sample(end - first, rng=asked.seed, first=first))
            part = Block(asked.engine, design, asked.seed, first, blocks[-1]).evaluate(bar.update)
            if not y.size:
                y = np.empty((len(design.arms), part.shape[1], n, part.shape[3]), part.dtype)
            y[:, :, first:end] = part
            labelled = _labelled(y[:, :, :end], design, asked.model)
            if looks and looks.stop(labelled, design, scales):
                break
    return labelled, blocks


def _check_kinds(design: Design, model: Model) -> None:
    if not isinstance(design, Design):
        raise InputError(
            f"a design of type {type(design).__name__}", "a design is needed first", 'Write sd.embed("GATTACA", at=20)'
        )
    if not isinstance(model, Model):
        raise InputError(
            f"a model of type {type(model).__name__}", "a wrapped model is needed", "Write sd.wrap(model, ...)"
        )


def _null(design: Design, background: Any) -> Background:  # noqa: ANN401 - as run takes it
    """The background that is given, or the sequences that the design is about: those and no others."""
    if background is None:
        if design.sequences is None:
            raise InputError(
                f"a run of {design.experiment} without a background", "a null model, or sequences, are needed",
                "Write sd.run(design, model, sd.backgrounds.uniform(length))",
            )  # fmt: skip
        return as_background(design.sequences)
    null = as_background(background)
    if design.sequences is not None and null.describe() != as_background(design.sequences).describe():
        raise InputError(
            f"the background {null.name} for {design.experiment} of {len(design.sequences)} sequences",
            "the design is about those sequences", "Leave the background out: sd.run(design, model)",
        )  # fmt: skip
    return null


def _check_turns(design: Design, null: Background, n: int) -> None:
    """Refuse backgrounds that share a row of letters, and of which nobody would know that they hang together."""
    if design.turns and n > design.turns and null.in_turn != design.turns:
        made = f"made of {null.in_turn} sequences" if null.in_turn else "made of none"
        raise InputError(
            f"{design.experiment} of {design.turns} sequences on {n:,} backgrounds {null.name}, {made}",
            "background i gets the letters of sequence i modulo their number: those of one sequence hang together",
            f"Write sd.backgrounds.shuffled(sequences) of the same {design.turns}, or n={design.turns} or fewer",
        )  # fmt: skip


def _check_size(design: Design, model: Model, null: Background, n: int) -> None:
    size = n * null.longest + 4 * design.passes(n) * len(model.members) * len(model.outputs)
    if size > LARGEST:
        raise InputError(
            f"{len(design.arms):,} arms on {n:,} backgrounds make {size / 2**30:,.0f} GiB of outcomes and backgrounds",
            f"at most {LARGEST / 2**30:.0f} GiB are kept in memory",
            "Ask in two steps: many arms on few backgrounds, then the best on many",
        )  # fmt: skip


def _check_fit(design: Design, model: Model, null: Background, seed: np.random.SeedSequence, n: int) -> None:
    """Try everything but the predictions: all backgrounds where their lengths vary or they may run out, else one."""
    vary = null.capacity is not None or null.shortest < null.longest
    tried = null.sample(n if vary else 1, rng=seed)
    for start in range(0, len(tried), BLOCK):
        model.arrange(tried[start : start + BLOCK])
    design.check(model.alphabet, tried.lengths)
    seen: set[Change] = set()
    for arm in design.arms.values():
        if not arm.settled or not seen.issuperset(arm.sites):
            apply(tried[:1], arm.edits(seed, 0, tried[:1]))
            seen.update(arm.sites)


def _scales(model: Model, null: Background, seed: np.random.SeedSequence) -> dict[str, Scale]:
    """Spread of each output: on held-out real data if the model came with it, else on pilot backgrounds."""
    if model.reference and model.reference.outputs:
        source = f"predictions on {model.reference.n:,} held-out real sequences"
        return {name: Scale(float(model.reference.outputs[name]["sd"]), source) for name in model.outputs}
    if null.name == "given":
        pilot, source = null.sample(min(null.capacity or PILOT, PILOT), rng=seed), "predictions on the given sequences"
    else:
        own = child(seed, "pilot")
        size = min(null.capacity or PILOT, PILOT)
        pilot, source = null.sample(size, rng=own), f"predictions on {size:,} pilot backgrounds"
    try:
        y = model.predict(pilot).astype(np.float64).mean(0)
    except RunError as error:
        raise RunError(f"{source}: {error.problem}", error.accepted, error.fix) from error
    spread = y.std(0, ddof=1) if len(y) > 1 else np.zeros(y.shape[1])
    spread[spread <= CONSTANT * np.abs(y).max(0)] = 0  # equal answers have an SD of rounding
    return {name: Scale(float(sd), source) for name, sd in zip(model.outputs, spread, strict=True)}


def _labelled(y: NDArray[np.floating], design: Design, model: Model) -> xr.DataArray:
    return xr.DataArray(
        np.moveaxis(y, 0, 2),
        dims=("model", "background", "arm", "output"),
        coords={"model": [m.name for m in model.members], "arm": list(design.arms), "output": list(model.outputs)},
        name="y",
    )


def _joined(blocks: list[Sequences], model: Model) -> Sequences:
    names = None if blocks[0].names is None else tuple(name for part in blocks for name in part.names or ())
    codes, lengths = (np.concatenate([getattr(part, what) for part in blocks]) for what in ("codes", "lengths"))
    return Sequences(codes, lengths, model.alphabet, names)


def _provenance(
    model: Model, background: dict[str, Any], seed: np.random.SeedSequence, n: int, choice: Choice, block: int
) -> dict[str, Any]:
    packages = ["seqdo", "numpy", *(name for name in ("torch",) if name in sys.modules)]
    return {
        "seed": {"entropy": str(seed.entropy), "spawn_key": list(seed.spawn_key)},
        "n": n,
        "model": model.describe(),
        "background": background,
        "engine": choice.engine.name,
        "engine_because": choice.reason,
        "batch": choice.engine.batch,
        "block": block,
        "versions": {"python": platform.python_version()} | {p: importlib.metadata.version(p) for p in packages},
    }
