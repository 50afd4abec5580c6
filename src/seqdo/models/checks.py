"""Checks on what is wrapped: eight random sequences show most of what would spoil an experiment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.model import Member, Model
from seqdo.sequences.stream import root, stream

PROBES = 8
"""Random sequences a model is tried on when it is wrapped."""

MORE = 64
"""Random sequences that two members are compared on, where those eight do not tell them apart."""

REPEATS = 8
"""Identical calls from which the SD of an allowed noise is taken."""

AGREEMENT = 1e-4
"""Largest difference between batches, as a share of the output's range on the probe ..."""

ROUNDING = 8e-6
"""... plus this share of its size, some 64 roundings of float32 (16-bit models: 8 of theirs)."""

_HALF_ROUNDING = 2**-5

Answers = NDArray[np.float64]


def probe_codes(length: int) -> NDArray[np.uint8]:
    """Codes (8, length) of random letters, the same at every call."""
    return stream(root(0), "probe").integers(0, 4, (PROBES, length), dtype=np.uint8)


def check_member(model: Model, member: Member, *, allow_noise: bool) -> tuple[Answers, Answers]:
    """Answers (8, outputs) of one member on the probe, and the SD of repeated calls (outputs,).

    Raises
    ------
    InputError
        Answers that change from call to call, or with the rest of the batch or its order.
    RunError
        Answers that are not finite.
    """
    probe = probe_codes(model.length)
    first = _ask(model, member, probe)
    again = [_ask(model, member, probe) for _ in range(REPEATS - 1 if allow_noise else 1)]
    change = np.abs(again - first).max()
    if change > _tolerance(first, member, agreement=0).max() and not allow_noise:
        raise InputError(
            f"{member.name}: two identical calls differ by up to {change:.3g} (the answers span {np.ptp(first):.3g})",
            "the same sequences must get the same answers; it draws random numbers or keeps state between calls",
            "Switch that off, or write allow_noise=True to go on, with the SD of the noise in the report",
        )
    noise = np.std([first, *again], axis=0, ddof=1)
    spread = np.sqrt((noise**2).mean(0)) if allow_noise else np.zeros(first.shape[1])
    _check_batches(model, member, probe, first, spread)
    return first, spread


def _check_batches(model: Model, member: Member, probe: NDArray[np.uint8], first: Answers, spread: Answers) -> None:
    """A sequence's answer may depend neither on its place in the batch nor on what else is in it."""
    tolerance = _tolerance(first, member, AGREEMENT) + 6 * spread
    order = stream(root(0), "order").permutation(PROBES)
    batches = {
        "in a smaller batch": np.arange(3),
        "in another order": order,
        "alone": np.array([PROBES - 1]),
    }
    for how, rows in batches.items():
        change = np.abs(_ask(model, member, probe[rows]) - first[rows])
        if (change > tolerance).any():
            raise InputError(
                f"{member.name}: a sequence's answer moves by up to {change.max():.3g} when it is asked {how} "
                f"(the answers span {np.ptp(first):.3g})",
                "an answer may depend on its own sequence only, not on the others of its batch or on earlier calls",
                "Look for batch norm in train mode, scaling over the batch, reshapes that mix rows, kept hidden state",
            )


def check_distinct(members: tuple[Member, ...], answers: list[Answers], length: int) -> None:
    """Refuse an ensemble that has the same member twice, which would count as one more training run.

    Twice means: the same answers to the last bit, and the same object, the same weights, or eight
    different answers (so that it can't be by chance), if need be among those to ``MORE`` sequences.
    """
    for j, second in enumerate(members):
        for i, first in enumerate(members[:j]):
            if not np.array_equal(answers[i], answers[j]):
                continue
            same_weights = first.sha256 is not None and first.sha256 == second.sha256
            if (
                same_weights
                or _origin(first) is _origin(second)
                or _telling(answers[i])
                or _alike(first, second, length)
            ):
                what = f"the same weights (sha256 {str(first.sha256)[:12]})" if same_weights else "the same answers"
                raise InputError(
                    f"{first.name} and {second.name} of the ensemble have {what}",
                    "members are separate training runs: a copy would make the model look surer than it is",
                    "Leave one out",
                )


def _telling(answers: Answers) -> bool:
    return len(np.unique(answers, axis=0)) >= PROBES


def _alike(first: Member, second: Member, length: int) -> bool:
    """Are the answers to ``MORE`` sequences the same, and tell? A model that counts has few answers to eight."""
    codes = stream(root(0), "more probes").integers(0, 4, (MORE, length), dtype=np.uint8)
    one, two = (
        np.concatenate([m.predict(codes[i : i + PROBES]) for i in range(0, MORE, PROBES)]) for m in (first, second)
    )
    return np.array_equal(one, two) and _telling(one.astype(np.float64))


def half_precision_warning(member: Member, answers: Answers) -> str:
    """What to know of a member that answers in 16-bit floats."""
    rounding = float(np.spacing(np.float16(min(float(np.abs(answers).max()), 6e4)))) / 2
    return (
        f"{member.name} answers in 16-bit floats, which round by up to {rounding:.2g} here, and its answers have an "
        f"SD of {answers.std():.2g}: they are widened before differences are taken, but what is rounded off is lost. "
        "Use net.float() for small effects"
    )


def _origin(member: Member) -> Any:  # noqa: ANN401
    """The user's object behind a member."""
    call = member.predict
    return getattr(call, "module", getattr(call, "function", call))


def _ask(model: Model, member: Member, codes: NDArray[np.uint8]) -> Answers:
    """Answers of one member in float64."""
    # Not Model.predict: it puts the random state back, and two calls of a noisy model would look alike.
    return model.ask(member, codes).astype(np.float64)


def _tolerance(first: Answers, member: Member, agreement: float) -> Answers:
    """Difference (outputs,) that rounding may make."""
    rounding = _HALF_ROUNDING if member.half else ROUNDING
    tolerance: Answers = agreement * np.ptp(first, axis=0) + rounding * np.abs(first).max(0)
    return tolerance
