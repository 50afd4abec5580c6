"""Train the members of a recipe, and score them on the test part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from seqdo.errors import InputError
from seqdo.models.model import Model
from seqdo.models.random_states import untouched_randomness
from seqdo.models.reference import Reference
from seqdo.sequences.alphabet import ALPHABETS
from seqdo.sequences.sequences import gc_content
from seqdo.training.data import Measurements, read
from seqdo.training.evaluate import Score, by_output, score_with_interval
from seqdo.training.fit import Fitted, Part, fit
from seqdo.training.recipe import Recipe
from seqdo.training.split import Split, split_rows
from seqdo.training.target import Target, check_values
from seqdo.training.weights import build, ensemble

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, eq=False)
class Trained:
    """Trained members, and everything that the model card states about them.

    Attributes
    ----------
    recipe, data, split : what the members were trained on
    targets : transform of each output
    nets : the members, with the weights of their best epochs, in eval mode
    fitted : epochs of each member
    scores : test scores of each member, for each output
    ensemble : test scores of the members' mean prediction, for each output
    gc : test scores of a sequence's GC content alone, for each output: what can be predicted without any pattern
    reference : numbers of the test part and of the ensemble's predictions for it
    """

    recipe: Recipe
    data: Measurements
    split: Split
    targets: list[Target]
    nets: list[nn.Module]
    fitted: list[Fitted]
    scores: list[list[Score]]
    ensemble: list[Score]
    gc: list[Score]
    reference: Reference


def train(recipe: Recipe, folder: Path) -> Trained:
    """Train every member of a recipe, with one thread.

    The test part is predicted once, after all members are trained.

    Parameters
    ----------
    recipe : data, split, target, network and seeds
    folder : the folder that the data files' paths start from

    Raises
    ------
    InputError
        Files, a split, a target or a network that cannot be used. This is checked before training starts.
    RunError
        A loss that is not finite.
    """
    with untouched_randomness():
        build(recipe.network)
        data = read(recipe, folder)
        split = split_rows(data, recipe.split, both_strands=recipe.strands == "both")
        check_values(recipe.target, data.y)
        _refuse_too_few(recipe, data.y, split)
        targets = [Target.fitted(recipe.target, measurements) for measurements in data.y[split.train].T]
        y = _transformed(targets, data.y)
        codes = _network_input(data, recipe)
        training, validation = (Part(codes[rows], y[rows]) for rows in (split.train, split.validation))
        with _one_thread(), tqdm(total=len(recipe.seeds) * recipe.epochs, unit=" epochs", delay=1, disable=None) as bar:
            fitted = []
            for number, seed in enumerate(recipe.seeds, 1):
                bar.set_description(f"member {number}")
                fitted.append(fit(lambda: build(recipe.network), training, validation, recipe, seed, bar.update))
                bar.update(number * recipe.epochs - bar.n)  # training may have stopped early
            return _scored(recipe, data, split, targets, fitted)


def _scored(recipe: Recipe, data: Measurements, split: Split, targets: list[Target], fitted: list[Fitted]) -> Trained:
    """The members with their scores on the test part."""
    nets = []
    for member in fitted:
        net = build(recipe.network)
        net.load_state_dict(member.weights)
        nets.append(net.eval())
    held_out, y = data.sequences[split.test], _transformed(targets, data.y[split.test])
    predictions = ensemble(nets, recipe).predict(held_out).astype(np.float64)
    mean, cluster = predictions.mean(0), split.cluster[split.test]

    def each_output(predicted: NDArray[np.float64]) -> list[Score]:
        return [
            score_with_interval(values, truth, cluster[measured], classifies=recipe.classifies)
            for measured, values, truth in by_output(predicted, y)
        ]

    source = f"{len(held_out):,} held-out sequences: {recipe.source}"
    return Trained(
        recipe, data, split, targets, nets, fitted,
        scores=[each_output(predicted) for predicted in predictions],
        ensemble=each_output(mean),
        gc=each_output(np.repeat(gc_content(held_out)[:, None], y.shape[1], 1)),
        reference=Reference.measure(held_out, mean, tuple(recipe.network.outputs), source),
    )  # fmt: skip


def _network_input(data: Measurements, recipe: Recipe) -> NDArray[np.uint8]:
    """Codes as the network reads them, padded exactly as a wrapped model pads sequences."""
    network = recipe.network
    model = Model(recipe.name, ALPHABETS[recipe.alphabet], network.length, tuple(network.outputs), (), network.pad)
    return model.arrange(data.sequences)


def _transformed(targets: list[Target], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measurements (n, outputs) as the network learns them."""
    return np.column_stack([target(column) for target, column in zip(targets, y.T, strict=True)])


def _refuse_too_few(recipe: Recipe, y: NDArray[np.float64], split: Split) -> None:
    for part in split.sizes:
        for output, column in zip(recipe.network.outputs, y[getattr(split, part)].T, strict=True):
            values = column[~np.isnan(column)]
            if len(values) < 2:
                raise InputError(
                    f"`split` leaves {len(values)} measurements of {output} in the {part} part",
                    "each part needs at least two measurements of each output",
                    "Change split, or give more data",
                )
            if recipe.classifies and len(set(values)) < 2:
                raise InputError(
                    f"`split` leaves only one label of {output} in the {part} part",
                    "each part needs both labels, 0 and 1",
                    "Change split, or give more data",
                )


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
