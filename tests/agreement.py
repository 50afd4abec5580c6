"""Does an engine give what ``Full`` gives? One measure for laws and for the table of layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from strategies import Arm
from torch._dynamo import config

from seqdo.engine.choose import choose_engine
from seqdo.engine.engine import Engine
from seqdo.engine.full import Full
from seqdo.errors import InputError
from seqdo.models.checks import probe_codes
from seqdo.models.model import Model
from seqdo.sequences.sequences import Sequences

ENGINE = "incremental"
"""The engine under test."""

DECLINED = "has no layer that stays at its position"
"""Why it may decline a model: of one that mixes all positions at once there is nothing that an edit can't reach."""

TOLERANCE = {"float32": 5e-6, "float64": 1e-12}
"""Allowed difference as a share of an output's scale: 42 roundings in float32, 4500 in float64.

1500 drawn networks in float32, asked again in batches of one and without oneDNN, so that only the order of
summation differs, moved by at most 8e-6 of an output's scale, and never by more than this and ROUNDINGS.
In float64 a fault shows that float32 would hide among its roundings.
"""

ROUNDINGS = 8
"""... plus so many times the distance of ``Full`` itself from the truth in float64: what an ill-conditioned
network loses, any order of summation may lose. One of 1500 networks, asked for one number of each output, had some
right by luck: eight random sequences lose up to 75 times as much."""

LEAST = 0.01
"""Least scale of an output, as a share of the largest output's: a sum that cancels rounds as its summands do."""


def engine_of(model: Model) -> Engine:
    """The engine under test; ``Full`` for a model that it declines, which it may for one reason only."""
    try:
        # Tracing is most of what a law costs; without this cache of torch it takes 0.11 s a network, not 0.18.
        with config.patch(fake_tensor_cache_enabled=False):
            return choose_engine(model, ENGINE).engine
    except InputError as error:
        if DECLINED not in str(error):
            raise
        return Full(model)


def answers(engine: Engine, block: Sequences, arms: Sequence[Arm]) -> np.ndarray:
    """(arms, members, backgrounds, outputs) of a block with the edits of each arm."""
    return engine.evaluate(engine.prepare(block), arms)


def assert_equals_full(
    y: np.ndarray, model: Model, exact: Callable[[], Model], block: Sequences, arms: Sequence[Arm]
) -> None:
    """Is y what ``Full`` says of the model, to rounding? ``exact`` makes the same model in float64."""
    expected = answers(Full(model), block, arms)
    assert y.shape == expected.shape
    assert y.dtype == expected.dtype
    try:
        assert_close(y, expected, block, arms)
    except AssertionError:
        assert_close(y, expected, block, arms, lost(model, exact(), block, arms))


def lost(model: Model, exact: Model, block: Sequences, arms: Sequence[Arm]) -> np.ndarray:
    """How far ``Full`` is from the truth, in these answers and those to random sequences: one may be near by luck."""
    random = Sequences.from_codes(probe_codes(model.length), model.alphabet)
    off = [
        np.abs(answers(Full(model), *asked) - answers(Full(exact), *asked)).max((0, 2), keepdims=True)
        for asked in ((block, arms), (random, [[]]))
    ]
    return np.maximum(*off)


def assert_close(
    y: np.ndarray, expected: np.ndarray, block: Sequences, arms: Sequence[Arm], lost: np.ndarray | float = 0.0
) -> None:
    """Do two answers (arms, members, backgrounds, outputs) differ by rounding only? Else: where, and by how much."""
    scale = np.abs(expected).max((0, 2), keepdims=True)
    scale = np.maximum(scale, LEAST * scale.max())
    allowed = TOLERANCE[str(expected.dtype)] * scale + ROUNDINGS * lost
    off = np.abs(y.astype(np.float64) - expected)
    if (off <= allowed).all():
        return
    arm, member, row, output = (int(i) for i in np.unravel_index(np.argmax(off - allowed), off.shape))
    wrong = ~(off <= allowed)
    arms_off, rows, outputs = (np.flatnonzero(wrong.any(axes)).tolist() for axes in ((1, 2, 3), (0, 1, 3), (0, 1, 2)))
    raise AssertionError(
        f"output {output} of member {member} is {y[arm, member, row, output]!r} and not "
        f"{expected[arm, member, row, output]!r} for background {row} in arm {arm} {told(arms[arm], row)}; "
        f"off by {off[arm, member, row, output] / scale[0, member, 0, output]:.3g} of the output's scale. Wrong are "
        f"arms {arms_off}, backgrounds {rows} and outputs {outputs} of {off.shape}; the block is {block.to_strings()}"
    )


def told(arm: Arm, row: int) -> str:
    """The edits of an arm as one background gets them: start and letters, "." where its own stay."""
    parts = []
    for edit in arm:
        letters = edit.letters if edit.letters.ndim == 1 else edit.letters[row]
        start = edit.start if np.ndim(edit.start) == 0 else edit.start[row]
        parts.append(f"{''.join('ACGT??'[c] if c < 4 else '.' for c in letters)} at {int(start)}")
    return f"({', '.join(parts) or 'no edits'})"
