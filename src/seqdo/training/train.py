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
from seqdo.models.model import Model, untouched_randomness
from seqdo.models.reference import Reference
from seqdo.sequences.alphabet import ALPHABETS
from seqdo.sequences.sources import gc_content
from seqdo.training.data import Measured, read
from seqdo.training.evaluate import Score, scored
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
    recipe, data, split, target : what was trained on
    nets : the members, with their best weights, in eval mode
    fitted : the epochs of each member
    scores : of each member on the test part
    ensemble : of the mean of the members' answers on the test part
    gc : of the share of G and C alone on the test part: what can be answered without any pattern
    reference : numbers of the test part and of what the ensemble answers on it
    """

    recipe: Recipe
    data: Measured
    split: Split
    target: Target
    nets: list[nn.Module]
    fitted: list[Fitted]
    scores: list[Score]
    ensemble: Score
    gc: Score
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
        target = Target.fitted(recipe.target, data.y[parts.train])
        y = target(data.y)
        _refuse_one_label(recipe, y, parts)
        codes = _arranged(data, recipe)
        learned, chosen = (Part(codes[rows], y[rows]) for rows in (parts.train, parts.validation))
        with _one_thread(), tqdm(total=len(recipe.seeds) * recipe.epochs, unit=" epochs", delay=1, disable=None) as bar:
            fitted = []
            for number, seed in enumerate(recipe.seeds, 1):
                bar.set_description(f"member {number}")
                fitted.append(fit(lambda: build(recipe.network), learned, chosen, recipe, seed, bar.update))
                bar.update(number * recipe.epochs - bar.n)
            return _tested(recipe, data, parts, target, fitted)


def _tested(recipe: Recipe, data: Measured, parts: Split, target: Target, fitted: list[Fitted]) -> Trained:
    """The members asked of the test part."""
    nets = []
    for one in fitted:
        net = build(recipe.network)
        net.load_state_dict(one.weights)
        nets.append(net.eval())
    held_out, y = data.sequences[parts.test], target(data.y[parts.test])
    answers = wrapped(nets, recipe).predict(held_out)[:, :, 0].astype(np.float64)
    mean, kind = answers.mean(0), recipe.classifies
    source = f"{len(held_out):,} held-out sequences: {recipe.source}"
    return Trained(
        recipe, data, parts, target, nets, fitted,
        scores=[scored(each, y, classifies=kind) for each in answers],
        ensemble=scored(mean, y, classifies=kind),
        gc=scored(gc_content(held_out), y, classifies=kind),
        reference=Reference.measure(held_out, mean[:, None], (recipe.network.output,), source),
    )  # fmt: skip


def _arranged(data: Measured, recipe: Recipe) -> NDArray[np.uint8]:
    """Codes as the network reads them: the same that a wrapped model makes of sequences."""
    network = recipe.network
    reads = Model(recipe.name, ALPHABETS[recipe.alphabet], network.length, (network.output,), (), network.pad)
    return reads.arrange(data.sequences)


def _refuse_one_label(recipe: Recipe, y: NDArray[np.float64], parts: Split) -> None:
    for name in parts.sizes:
        if recipe.classifies and len(set(y[getattr(parts, name)])) < 2:
            raise InputError(f"the {name} part has one label only", "0 and 1 are needed in each part", "See split")


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
