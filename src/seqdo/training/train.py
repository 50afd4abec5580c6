"""Train: from a recipe and its files to trained members and what they score."""

from __future__ import annotations

import logging
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
from seqdo.training.data import Measured, read
from seqdo.training.evaluate import Score, known_of, scored
from seqdo.training.fit import Fitted, Part, fit
from seqdo.training.recipe import Recipe
from seqdo.training.split import Split, split
from seqdo.training.target import Target, check_values
from seqdo.training.weights import build, wrapped

if TYPE_CHECKING:
    from torch import nn

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Trained:
    """Trained members, and all that a model card says of them.

    Attributes
    ----------
    recipe, data, split : what was trained on
    targets : the transform of each output
    nets : the members, with their best weights, in eval mode
    fitted : the epochs of each member
    scores : of each member on the test part, for each output
    ensemble : of the mean of the members' answers on the test part, for each output
    gc : of the share of G and C alone on the test part: what can be answered without any pattern
    reference : numbers of the test part and of what the ensemble answers on it
    """

    recipe: Recipe
    data: Measured
    split: Split
    targets: list[Target]
    nets: list[nn.Module]
    fitted: list[Fitted]
    scores: list[list[Score]]
    ensemble: list[Score]
    gc: list[Score]
    reference: Reference


def train(recipe: Recipe, folder: Path) -> Trained:
    """Train every member of a recipe on the files in ``folder``, with one thread.

    The test part is looked at when all members are trained, and not before.

    Raises
    ------
    InputError
        Files, a split, a target or a network that can't be used: before anything is trained.
    RunError
        A loss that is not finite.
    """
    with untouched_randomness():
        build(recipe.network)
        data = read(recipe, folder)
        parts = split(data, recipe.split, both_strands=recipe.strands == "both")
        check_values(recipe.target, data.y)
        _refuse_too_few(recipe, data.y, parts)
        targets = [Target.fitted(recipe.target, each) for each in data.y[parts.train].T]
        y = _learned(targets, data.y)
        codes = _arranged(data, recipe)
        learned, chosen = (Part(codes[rows], y[rows]) for rows in (parts.train, parts.validation))
        with _one_thread(), tqdm(total=len(recipe.seeds) * recipe.epochs, unit=" epochs", delay=1, disable=None) as bar:
            fitted = []
            for number, seed in enumerate(recipe.seeds, 1):
                bar.set_description(f"member {number}")
                fitted.append(fit(lambda: build(recipe.network), learned, chosen, recipe, seed, bar.update))
                bar.update(number * recipe.epochs - bar.n)
            return _tested(recipe, data, parts, targets, fitted)


def _tested(recipe: Recipe, data: Measured, parts: Split, targets: list[Target], fitted: list[Fitted]) -> Trained:
    """The members asked of the test part."""
    nets = []
    for one in fitted:
        net = build(recipe.network)
        net.load_state_dict(one.weights)
        nets.append(net.eval())
    held_out, y = data.sequences[parts.test], _learned(targets, data.y[parts.test])
    answers = wrapped(nets, recipe).predict(held_out).astype(np.float64)
    mean, apart = answers.mean(0), parts.cluster[parts.test]

    def each_output(predicted: NDArray[np.float64]) -> list[Score]:
        known = known_of(predicted, y)
        return [scored(said, truth, apart[there], classifies=recipe.classifies) for there, said, truth in known]

    source = f"{len(held_out):,} held-out sequences: {recipe.source}"
    return Trained(
        recipe, data, parts, targets, nets, fitted,
        scores=[each_output(each) for each in answers],
        ensemble=each_output(mean),
        gc=each_output(np.repeat(gc_content(held_out)[:, None], y.shape[1], 1)),
        reference=Reference.measure(held_out, mean, tuple(recipe.network.outputs), source),
    )  # fmt: skip


def _arranged(data: Measured, recipe: Recipe) -> NDArray[np.uint8]:
    """Codes as the network reads them: the same that a wrapped model makes of sequences."""
    network = recipe.network
    reads = Model(recipe.name, ALPHABETS[recipe.alphabet], network.length, tuple(network.outputs), (), network.pad)
    return reads.arrange(data.sequences)


def _learned(targets: list[Target], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is learned of measurements (n, outputs)."""
    return np.column_stack([target(each) for target, each in zip(targets, y.T, strict=True)])


def _refuse_too_few(recipe: Recipe, y: NDArray[np.float64], parts: Split) -> None:
    for part in parts.sizes:
        for output, measured in zip(recipe.network.outputs, y[getattr(parts, part)].T, strict=True):
            known = measured[~np.isnan(measured)]
            if len(known) < 2:
                given = f"the {part} part has {len(known)} measurements of {output}"
                raise InputError(given, "each part needs two at least", "See split")
            if recipe.classifies and len(set(known)) < 2:
                given = f"the {part} part has one label of {output} only"
                raise InputError(given, "0 and 1 are needed in each part", "See split")


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
