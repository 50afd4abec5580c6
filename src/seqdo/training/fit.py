"""The loop that trains one network, and the record of each epoch."""

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
from seqdo.training.evaluate import by_output, score
from seqdo.training.recipe import Recipe

if TYPE_CHECKING:
    import torch
    from torch import nn

_log = logging.getLogger(__name__)

PREDICTION_BATCH = 500
"""Sequences in one forward pass outside training."""


@dataclass(frozen=True)
class Epoch:
    """The record of one epoch.

    Attributes
    ----------
    loss : mean training loss
    validation : validation score (Pearson's r or area under the ROC curve, the mean over outputs)
    rate : learning rate
    seconds : wall time
    """

    loss: float
    validation: float
    rate: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a split, as networks read it.

    Attributes
    ----------
    codes : uint8 (n, length), padding included
    y : float64 (n, outputs), targets; NaN where an output was not measured
    """

    codes: NDArray[np.uint8]
    y: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained member.

    Attributes
    ----------
    seed : seed of the member
    weights : state of the network after the epoch with the best validation score
    best : that epoch, counted from 0
    history : all epochs
    """

    seed: int
    weights: dict[str, torch.Tensor]
    best: int
    history: list[Epoch]


def fit(
    make: Callable[[], nn.Module], train: Part, validation: Part, recipe: Recipe, seed: int,
    tick: Callable[[], object] = lambda: None,
) -> Fitted:  # fmt: skip
    """Train a network until its validation score has not risen for ``recipe.patience`` epochs.

    Adam minimizes the squared error, or the cross entropy of a label, over everything that was measured. The same seed
    gives the same weights, bit for bit, on one machine with one thread.

    Parameters
    ----------
    make : builds an untrained network
    train : the part that is trained on
    validation : the part that chooses the epoch of the weights
    recipe : loss, batch size, learning rate, number of epochs
    seed : seed of initial weights, order of batches and dropout
    tick : called after each epoch

    Raises
    ------
    RunError
        The loss is not finite.
    """
    import torch

    torch.manual_seed(seed)
    net = make()
    optimizer = torch.optim.Adam(net.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    # torch counts the epochs that are tolerated without a better score, and decay_patience counts the last one too.
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, "max", factor=recipe.decay, patience=recipe.decay_patience - 1, threshold=0.0, min_lr=1e-6
    )
    weights: dict[str, torch.Tensor] = {}
    best, history = 0, list[Epoch]()
    for epoch in range(recipe.epochs):
        start, rate = time.perf_counter(), float(optimizer.param_groups[0]["lr"])
        loss = _train_epoch(net, optimizer, train, recipe)
        if not np.isfinite(loss):
            raise RunError(
                f"seed {seed}, epoch {epoch}: the loss is {loss}", "training needs a finite loss",
                "Write a smaller learning_rate",
            )  # fmt: skip
        value = _validation_score(net, validation, recipe)
        scheduler.step(value)
        history.append(Epoch(loss, value, rate, time.perf_counter() - start))
        _log.info("seed %d, epoch %d: %s", seed, epoch, history[-1])
        if not weights or value > history[best].validation:
            best, weights = epoch, copy.deepcopy(net.state_dict())
        tick()
        if epoch - best >= recipe.patience:
            break
    return Fitted(seed, weights, best, history)


def predict(net: nn.Module, codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Predictions (n, outputs) of a network for codes (n, length); the network is in eval mode afterwards."""
    import torch

    net.eval()
    starts = range(0, len(codes), PREDICTION_BATCH)
    with torch.no_grad():
        batches = [net(_one_hot(codes[start : start + PREDICTION_BATCH])).numpy() for start in starts]
    return np.concatenate(batches)


def _validation_score(net: nn.Module, validation: Part, recipe: Recipe) -> float:
    """The score on the validation part, averaged over outputs."""
    outputs = by_output(predict(net, validation.codes), validation.y)
    return float(np.mean([score(predicted, y, classifies=recipe.classifies) for _, predicted, y in outputs]))


def _train_epoch(net: nn.Module, optimizer: torch.optim.Optimizer, train: Part, recipe: Recipe) -> float:
    """Update the network with each batch of the training part, in random order; return the mean loss."""
    import torch
    from torch.nn import functional

    loss_of = functional.binary_cross_entropy_with_logits if recipe.classifies else functional.mse_loss
    net.train()
    y, total, count = torch.from_numpy(train.y).float(), 0.0, 0
    for rows in torch.split(torch.randperm(len(y)), recipe.batch):
        if len(rows) < 2:  # batch norm cannot normalize a single sequence: its variance is 0
            continue
        x = _one_hot(train.codes[rows.numpy()])
        if recipe.strands == "both":
            flipped = torch.rand(len(x)) < 0.5
            # Letters are in the order ACGT, so that reversing their axis gives the complement.
            x[flipped] = x[flipped].flip(1, 2)
        measured = ~torch.isnan(y[rows])
        loss = loss_of(net(x)[measured], y[rows][measured])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        # Batches differ in how many values were measured: each counts by that number.
        values = int(measured.sum())
        total, count = total + loss.item() * values, count + values
    return total / count


def _one_hot(codes: NDArray[np.uint8]) -> torch.Tensor:
    import torch

    return torch.from_numpy(encode(codes, "NCL"))
