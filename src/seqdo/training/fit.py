"""Fit: the loop that trains one network, and what every epoch of it did."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import RunError
from seqdo.models.input_layout import encode
from seqdo.training.evaluate import known_of, score
from seqdo.training.recipe import Recipe

if TYPE_CHECKING:
    import torch
    from torch import nn

_log = logging.getLogger(__name__)

PREDICTED = 500
"""Sequences of one forward pass outside training."""


@dataclass(frozen=True)
class Epoch:
    """What one epoch did: mean training loss, validation score, learning rate, seconds."""

    loss: float
    validation: float
    rate: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a split, as networks read it: codes (n, length), padding included, and targets (n, outputs)."""

    codes: NDArray[np.uint8]
    y: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained member: its weights where the validation score was best, and all epochs.

    ``best`` is the epoch of the weights, from 0.
    """

    seed: int
    weights: dict[str, torch.Tensor]
    best: int
    history: list[Epoch]


def fit(
    make: Callable[[], nn.Module], train: Part, validation: Part, recipe: Recipe, seed: int,
    tick: Callable[[], object] = lambda: None,
) -> Fitted:  # fmt: skip
    """Train a network made by ``make`` until the validation score has not risen for ``patience`` epochs.

    The same seed gives the same weights, bit for bit, on one machine with one thread. Adam on the squared error, or on
    the cross entropy of a label, over all that was measured; ``tick`` is called after each epoch. The validation score
    is the mean over outputs.
    """
    import torch

    torch.manual_seed(seed)
    net = make()
    optimiser = torch.optim.Adam(net.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    slower = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, "max", factor=recipe.decay, patience=recipe.decay_patience - 1, threshold=0.0, min_lr=1e-6
    )
    weights: dict[str, torch.Tensor] = {}
    best, history = 0, list[Epoch]()
    for epoch in range(recipe.epochs):
        began, rate = time.perf_counter(), float(optimiser.param_groups[0]["lr"])
        loss = _pass(net, optimiser, train, recipe)
        if not np.isfinite(loss):
            raise RunError(f"seed {seed}, epoch {epoch}", f"the loss is {loss}", "Write a smaller learning_rate")
        found = known_of(predict(net, validation.codes), validation.y)
        value = float(np.mean([score(said, y, classifies=recipe.classifies) for _, said, y in found]))
        slower.step(value)
        history.append(Epoch(loss, value, rate, time.perf_counter() - began))
        _log.info("seed %d, epoch %d: %s", seed, epoch, history[-1])
        if not weights or value > history[best].validation:
            best, weights = epoch, copy.deepcopy(net.state_dict())
        tick()
        if epoch - best >= recipe.patience:
            break
    return Fitted(seed, weights, best, history)


def predict(net: nn.Module, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Answers (n, outputs) of a network to codes (n, length); it is in eval mode afterwards."""
    import torch

    net.eval()
    with torch.no_grad():
        parts = [net(_one_hot(codes[i : i + PREDICTED])).numpy() for i in range(0, len(codes), PREDICTED)]
    return np.concatenate(parts)


def _pass(net: nn.Module, optimiser: torch.optim.Optimizer, train: Part, recipe: Recipe) -> float:
    """One pass over the training part in a random order; its mean loss."""
    import torch
    from torch.nn import functional

    compare = functional.binary_cross_entropy_with_logits if recipe.classifies else functional.mse_loss
    net.train()
    y, total, shown = torch.from_numpy(train.y).float(), 0.0, 0
    for rows in torch.split(torch.randperm(len(y)), recipe.batch):
        if len(rows) < 2:  # batch norm has nothing to compare one sequence with
            continue
        x = _one_hot(train.codes[rows.numpy()])
        if recipe.strands == "both":
            other = torch.rand(len(x)) < 0.5
            x[other] = x[other].flip(1, 2)  # letters are in the order ACGT: reversed they are their complements
        known = ~torch.isnan(y[rows])
        loss = compare(net(x)[known], y[rows][known])
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        measured = int(known.sum())
        total, shown = total + loss.item() * measured, shown + measured
    return total / shown


def _one_hot(codes: NDArray[np.uint8]) -> torch.Tensor:
    import torch

    return torch.from_numpy(encode(codes, "NCL"))
