"""Checks of a model when it is wrapped: two random sequences show most of what would spoil an experiment."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.letter_check import COMPLEMENT, DISTINCT, OTHER_PAIRINGS, reversed_pairs, wrong_pairing_warning
from seqdo.models.member import Member
from seqdo.models.model import Model
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.stream import root, stream

SUSPECTS = 8
"""Random sequences on which a model is tried again, where the first leave a doubt, or where it may be noisy."""

MORE = 64
"""Random sequences on which two members are compared, where predictions for the two do not tell them apart."""

REPEATS = 8
"""Identical calls from which the SD of an allowed noise is taken."""

AGREEMENT = 1e-4
"""Largest difference between batches, as a share of the output's range on the probe ..."""

ROUNDING = 8e-6
"""... plus this share of its size, some 64 roundings of float32 (16-bit models: 8 of theirs)."""

_HALF_ROUNDING = 2**-5

Predictions = NDArray[Any]


class Checked(NamedTuple):
    """What the checks of a member found.

    Attributes
    ----------
    spread : SD of repeated calls (outputs,)
    warning : a doubt about the order of letters; None if there is none
    """

    spread: Predictions
    warning: str | None = None


def probe_codes(length: int, n: int = SUSPECTS) -> NDArray[np.uint8]:
    """Codes (n, length) of random letters, the same at every call; fewer are the first of more."""
    return stream(root(0), "probe").integers(0, 4, (SUSPECTS, length), dtype=np.uint8)[:n]


def first_probe(length: int) -> NDArray[np.uint8]:
    """Codes (2, length) for the first call: random letters, and the same from the end with A for C and G for T."""
    codes = probe_codes(length, 1)
    return np.concatenate([codes, reversed_pairs(codes, OTHER_PAIRINGS[0])])


def check_member(model: Model, member: Member, first: Predictions, *, allow_noise: bool) -> Checked:
    """Refuse a member whose predictions are not its sequences' own; the SD of repeated calls, where noise is allowed.

    Two more calls are enough for most members: the first sequence in the other place, next to a third, and the second
    alone. If a prediction differs from that of the first call by more than rounding, or if noise is allowed, more
    sequences decide. The three sequences are related, so that they show the order of the letters as well
    (:mod:`seqdo.models.letter_check`).

    Parameters
    ----------
    model : the model of the member
    member : one of its members
    first : its predictions (2, outputs) for the probe

    Raises
    ------
    InputError
        Predictions that change from call to call, or with the rest of the batch or its order.
    RunError
        Predictions that are not finite.
    """
    probe = first_probe(model.length)
    model.refuse_not_finite(member, first, probe)
    third = None if allow_noise else _third(model, member, probe, first.astype(np.float64))
    if third is None:
        return Checked(_spread(model, member, allow_noise=allow_noise))
    return Checked(np.zeros(first.shape[1]), _doubt_of_letters(model, member, np.stack([*first, third])))


def _third(model: Model, member: Member, probe: NDArray[np.uint8], first: Predictions) -> Predictions | None:
    """The prediction for a third sequence; None if the others have other predictions in other batches."""
    tolerance = _tolerance(first, member, AGREEMENT)
    pair = np.concatenate([reversed_pairs(probe[:1], OTHER_PAIRINGS[1]), probe[:1]])
    second, alone = _predictions(model, member, pair), _predictions(model, member, probe[1:])
    change = np.abs(np.stack([second[1], alone[0]]) - first)
    return second[0] if (change <= tolerance).all() else None


def _doubt_of_letters(model: Model, member: Member, predictions: Predictions) -> str | None:
    """The warning about a network that is the same on both strands, but for another pairing of letters than A with T.

    Most networks are symmetric under no other pairing, which the three predictions show. If they do not, more do.
    """
    if model.alphabet != DNA:
        return None
    tolerance = _tolerance(predictions, member, AGREEMENT)
    codes = probe_codes(model.length)
    for pairing, other in zip(OTHER_PAIRINGS, predictions[1:], strict=True):
        if (np.abs(other - predictions[0]) > tolerance).any():
            continue
        forward, swapped, complements = (
            _predictions(model, member, each)
            for each in (codes, reversed_pairs(codes, pairing), reversed_pairs(codes, COMPLEMENT))
        )
        limit = _tolerance(forward, member, AGREEMENT)
        symmetric = (np.abs(swapped - forward) <= limit).all()
        strands = (np.abs(complements - forward) <= limit).all()
        if symmetric and not strands and len(np.unique(forward, axis=0)) >= DISTINCT:
            return wrong_pairing_warning(member.name, member.network.letters, pairing)
    return None


def _spread(model: Model, member: Member, *, allow_noise: bool) -> Predictions:
    """The SD of repeated calls (outputs,), or the refusal of a member, from eight sequences."""
    probe = probe_codes(model.length)
    first = _predictions(model, member, probe)
    repeats = [_predictions(model, member, probe) for _ in range(REPEATS - 1 if allow_noise else 1)]
    change = np.abs(repeats - first).max()
    if change > _tolerance(first, member, agreement=0).max() and not allow_noise:
        raise InputError(
            f"`{member.name}`: two identical calls differ by up to {change:.3g} (predictions span {np.ptp(first):.3g})",
            "predictions for the same sequences must be the same; this model draws random numbers or keeps state "
            "between calls",
            "Switch that off, or write allow_noise=True to go on, with the SD of the noise in the report",
        )
    noise = np.std([first, *repeats], axis=0, ddof=1)
    spread = np.sqrt((noise**2).mean(0)) if allow_noise else np.zeros(first.shape[1])
    _check_batches(model, member, probe, first, spread)
    return spread


def _check_batches(
    model: Model, member: Member, probe: NDArray[np.uint8], first: Predictions, spread: Predictions
) -> None:
    """A sequence's prediction may depend neither on its place in the batch nor on the rest of the batch."""
    tolerance = _tolerance(first, member, AGREEMENT) + 6 * spread
    order = stream(root(0), "order").permutation(len(probe))
    batches = {
        "in a smaller batch": np.arange(3),
        "in another order": order,
        "alone": np.array([len(probe) - 1]),
    }
    for how, rows in batches.items():
        change = np.abs(_predictions(model, member, probe[rows]) - first[rows])
        if (change > tolerance).any():
            raise InputError(
                f"`{member.name}`: the prediction for a sequence changes by up to {change.max():.3g} when it is "
                f"predicted {how} (predictions span {np.ptp(first):.3g})",
                "a prediction may depend only on its own sequence, not on the rest of the batch or on earlier calls",
                "Look for batch norm in train mode, scaling over the batch, reshapes that mix rows, kept hidden state",
            )


def check_distinct(members: tuple[Member, ...], predictions: list[Predictions], length: int) -> None:
    """Refuse an ensemble that has the same member twice, which would count as one more training run.

    Twice means: the same predictions to the last bit, and the same object, the same weights, or the same predictions
    for ``MORE`` sequences, so many of them different that chance is excluded.
    """
    for j, second in enumerate(members):
        for i, first in enumerate(members[:j]):
            if not np.array_equal(predictions[i], predictions[j]):
                continue
            same_weights = first.sha256 is not None and first.sha256 == second.sha256
            if same_weights or first.network.source is second.network.source or _agree_on_more(first, second, length):
                what = f"the same weights (sha256 {str(first.sha256)[:12]})" if same_weights else "the same predictions"
                raise InputError(
                    f"`{first.name}` and `{second.name}` of the ensemble have {what}",
                    "members are separate training runs: with a copy, intervals would be too narrow",
                    "Leave one out",
                )


def _agree_on_more(first: Member, second: Member, length: int) -> bool:
    """Are the predictions for ``MORE`` sequences the same, and not by chance?

    A model that counts sites predicts 0 for most sequences, so that two sequences may not tell two models apart.
    """
    codes = stream(root(0), "more probes").integers(0, 4, (MORE, length), dtype=np.uint8)
    for start in range(0, MORE, SUSPECTS):
        batch = codes[start : start + SUSPECTS]
        y_first, y_second = (member.network.predict(batch) for member in (first, second))
        if not np.array_equal(y_first, y_second):
            return False
        if len(np.unique(y_first, axis=0)) >= SUSPECTS:
            return True
    return False


def half_precision_warning(member: Member, predictions: Predictions) -> str:
    """The warning about a member that predicts in 16-bit floats, or computes in them on the way."""
    if member.half_inside:
        return (
            f"{member.name} returns 32-bit floats but computes in 16-bit floats inside, such as under autocast. "
            "Small effects are lost in their rounding. Switch autocast off, or use net.float(), for small effects"
        )
    rounding = float(np.spacing(np.float16(min(float(np.abs(predictions).max()), 6e4)))) / 2
    return (
        f"{member.name} predicts in 16-bit floats, which round by up to {rounding:.2g} here; its predictions have an "
        f"SD of {predictions.std():.2g}. seqdo widens them before it takes differences, but can't restore the rounded "
        "digits. Use net.float() for small effects"
    )


def _predictions(model: Model, member: Member, codes: NDArray[np.uint8]) -> Predictions:
    """Predictions of one member in float64."""
    # Not Model.predict: it restores the random state, and two calls of a noisy model would look alike.
    # A batch, since the usual one follows from the size of the network, which takes one more call.
    return model.predict_member(member, codes, batch=len(codes)).astype(np.float64)


def _tolerance(first: Predictions, member: Member, agreement: float) -> Predictions:
    """Difference (outputs,) that rounding may make."""
    rounding = _HALF_ROUNDING if member.half else ROUNDING
    tolerance: Predictions = agreement * np.ptp(first, axis=0) + rounding * np.abs(first).max(0)
    return tolerance
