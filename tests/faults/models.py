"""Rows of the fault table: models."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from faults.table import (
    NULL,
    READS,
    Fault,
    adenines,
    armed,
    effects,
    lab,
    model,
    net,
    row,
    warned,
    went_well,
)

import seqdo as sd

NOISY = "np.random.seed(0); f = lambda x: x[:, 0].sum(1) + 0.01 * np.random.randn(len(x))\n    return sd.wrap(f, "


def nan_in_one_arm(_: Path) -> sd.Effects:
    """NaN where GATTACA stands at 20 and the sequence begins with A."""

    def answer(x: np.ndarray) -> np.ndarray:
        there = x[:, [2, 0, 3, 3, 0, 1, 0], range(20, 27)].all(1) & (x[:, 0, 0] == 1)
        return np.where(there, np.nan, adenines(x))

    return effects(armed(answer))


def shared_buffer(_: Path) -> bool:
    buffer = np.zeros(10_000, np.float32)

    def answer(x: np.ndarray) -> np.ndarray:
        buffer[: len(x)] = adenines(x)
        return buffer[: len(x)]

    made = sd.positions("TTTTTTTTTT", at=[0, 30])
    first, second = (sd.run(made, model(f), NULL, n=700, rng=0).y for f in (answer, adenines))
    return bool(np.array_equal(first.values, second.values))


def train_mode(_: Path) -> bool:
    """In train mode when it is wrapped, or switched to it afterwards: refused, and batch norm has learnt nothing."""
    early, late = net(train=True), net()
    wrapped = model(late)
    late.train()
    before = [given[1].running_mean.clone() for given in (early, late)]
    said = []
    for call in (lambda: model(early), lambda: wrapped.predict(NULL.sample(5, rng=0))):
        try:
            call()
        except sd.InputError as error:
            said.append(str(error))
    same = [bool((given[1].running_mean == mean).all()) for given, mean in zip((early, late), before, strict=True)]
    return len(said) == 2 and all("train mode" in one and "net.eval()" in one for one in said) and all(same)


def model_left_as_found(_: Path) -> bool:
    import torch

    def state(given: Any) -> list[Any]:
        parts = [(len(m._forward_hooks), len(m._forward_pre_hooks), m.training) for m in given.modules()]
        tensors = [(p.requires_grad, p.grad is None, p.device, p.dtype, p.sum().item()) for p in given.parameters()]
        drawn = torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
        return [parts, tensors, drawn]

    given = net()
    given[0].weight.requires_grad_(False)
    before = state(given)
    effects(model(given))
    with torch.no_grad():
        bad = model(given)
        given[3].bias[:] = torch.nan
        try:
            effects(bad)
        except sd.RunError:
            given[3].bias[:] = 0
            now = state(given)
            return now[0] == before[0] and now[1][:-1] == before[1][:-1] and now[2] == before[2]
    return False


def other_order_of_letters(_: Path) -> Any:
    name = "residualbind-rncmpt00001"
    right = sd.zoo.CATALOGUE[name]

    def make() -> Any:
        wrong = right.make()
        wrong.register_forward_pre_hook(lambda _, x: (x[0][:, [0, 2, 1, 3]],))
        return wrong

    sd.zoo.CATALOGUE[name] = replace(right, make=make)
    try:
        return sd.zoo.load(name)
    finally:
        sd.zoo.CATALOGUE[name] = right


def double_precision(_: Path) -> bool:
    """A float64 net is asked in float64, and its answers stay so."""
    made = model(net().double())
    return made.predict(NULL.sample(5, rng=0)).dtype == np.float64 and "float64" in made.members[0].reading


def square(_: Path) -> Any:
    from torch import nn

    return sd.wrap(nn.Sequential(nn.Conv1d(4, 2, 3), nn.Flatten(), nn.Linear(4, 1)).eval(), alphabet=sd.DNA, length=4)


ROWS = [
    Fault("MOD-02", train_mode, check=bool, needs="torch"),
    Fault(
        "MOD-03",
        lambda d: model(lambda x: adenines(x) + np.random.randn(len(x))),  # noqa: NPY002
        ("two identical calls differ by up to", "allow_noise=True"),
    ),
    Fault(
        "MOD-03 cli", lambda d: lab(d, NOISY + READS + ")"), ("two identical calls differ by up to", "allow_noise=True")
    ),
    Fault(
        "MOD-03 allowed",
        lambda d: lab(d, NOISY + READS + ", allow_noise=True)"),
        check=lambda done: (
            went_well(done) and "The model is noisy" in (done.folder / "out" / "report.html").read_text("utf-8")
        ),
    ),
    Fault("MOD-05", nan_in_one_arm, ("arm GATTACA@20 on background", "predicted nan", "GATTACA")),
    Fault(
        "MOD-05 cli",
        lambda d: lab(d, f"return sd.wrap(lambda x: np.where(x[:, 0].sum(1) > 20, np.nan, x[:, 0].sum(1)), {READS})"),
        ("predicted nan",),
    ),
    Fault(
        "MOD-06", lambda d: effects(armed(lambda x: adenines(x) * np.inf)), ("predicted inf", "float32", "logarithm")
    ),
    Fault(
        "MOD-10 half",
        lambda d: warned(lambda: row(model(lambda x: adenines(x).astype(np.float16)))),
        check=lambda found: "16-bit floats, which round by up to" in found[1] and np.isfinite(found[0]["p"]),
    ),
    Fault("MOD-10 double", double_precision, check=bool, needs="torch"),
    Fault("MOD-14", lambda d: model(lambda x: np.cumsum(adenines(x))), ("another order", "batch")),
    Fault(
        "MOD-14 cli",
        lambda d: lab(d, f"return sd.wrap(lambda x: np.cumsum(x[:, 0].sum(1)), {READS})"),
        ("another order",),
    ),
    Fault(
        "MOD-15 code of a user", lambda d: lab(d, "raise ValueError('boom')"), ("lab_", "ValueError: boom", "--debug")
    ),
    Fault("MOD-18", model_left_as_found, check=bool, needs="torch"),
    Fault(
        "MOD-31",
        other_order_of_letters,
        ("the `weights` of residualbind-rncmpt00001", "off the stored values"),
        needs="torch",
    ),
    Fault("MOD-32 net", square, ("(n, 4, 4)", 'layout="NCL"'), needs="torch"),
    Fault("MOD-32 callable", lambda d: sd.wrap(adenines, alphabet=sd.DNA, length=4), ("length is 4", 'layout="NLC"')),
    Fault("MOD-34", shared_buffer, check=bool),
]
