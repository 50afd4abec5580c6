"""BPNet for Oct4, Sox2, Nanog and Klf4: from 1,000 bp it predicts each factor's read profile and number of reads.

Source: Avsec et al., Nature Genetics 53:354 (2021). The weights were trained in Keras. This network agrees with the
layers of Keras to float32 rounding.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqdo.backgrounds.uniform import uniform
from seqdo.errors import InputError
from seqdo.experiments.embed import embed
from seqdo.models.model import Model
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.edit import apply
from seqdo.sequences.stream import Seed, child, root

TASKS = ("Oct4", "Sox2", "Nanog", "Klf4")
"""Factors, in the order of their layers in the file of weights."""

LENGTH = 1000
"""Length of the input in bp."""


class Reads(NamedTuple):
    """Predictions for one factor.

    Attributes
    ----------
    profile : logits of the position at which a read begins, for each strand, (n, 2, 1000)
    counts : log(1 + reads) of each strand, (n, 2)
    """

    profile: Tensor
    counts: Tensor

    def total(self) -> Tensor:
        """Expected number of reads on both strands, (n,)."""
        return self.counts.expm1().sum(1)

    def height(self, at: tuple[int, int]) -> Tensor:
        """Expected reads at one position of each strand, summed over strands, (n,).

        Parameters
        ----------
        at : position on the forward strand and on the reverse strand
        """
        # The softmax is needed at one position of each strand only: its logit less the log-sum-exp over positions.
        peak = torch.stack([self.profile[:, strand, position] for strand, position in enumerate(at)], 1)
        return ((peak - self.profile.logsumexp(2)).exp() * self.counts.expm1()).sum(1)


class BPNet(nn.Module):
    """Ten convolutions, nine of them dilated and residual, and two heads for each factor: (n, 4, 1000) to Reads.

    It has 130,960 parameters with 64 filters. The receptive field of a position is 2,069 bp, more than the sequence.
    Each factor has separate heads, so that the incremental engine skips the heads that a readout does not use.

    Parameters
    ----------
    filters : filters of each convolution
    """

    def __init__(self, filters: int = 64) -> None:
        super().__init__()
        self.scan = nn.Conv1d(4, filters, 25, padding="same")
        self.blocks = nn.ModuleList(
            nn.Conv1d(filters, filters, 3, padding="same", dilation=2**power) for power in range(1, 10)
        )
        self.profiles = nn.ModuleList(nn.ConvTranspose1d(filters, 2, 25, padding=12) for _ in TASKS)
        self.counts = nn.ModuleList(nn.Linear(filters, 2) for _ in TASKS)

    def forward(self, x: Tensor) -> dict[str, Reads]:
        """Factor to its predictions."""
        x = self.scan(x).relu()
        for block in self.blocks:
            x = x + block(x).relu()
        mean = x.mean(2)
        heads = zip(TASKS, self.profiles, self.counts, strict=True)
        return {task: Reads(profile(x), counts(mean)) for task, profile, counts in heads}


def read_keras(content: bytes) -> dict[str, NDArray[np.float32]]:
    """Arrays by Keras layer, as :func:`from_keras` takes them.

    Parameters
    ----------
    content : bytes of a model that Keras saved as HDF5

    Raises
    ------
    InputError
        An HDF5 file without the group ``model_weights``.
    """
    import h5py

    arrays: dict[str, NDArray[np.float32]] = {}

    def keep(path: str, item: object) -> None:
        parts = path.split("/")
        kind = parts[-1].removesuffix(":0")
        if isinstance(item, h5py.Dataset) and kind in ("kernel", "bias"):
            arrays[f"{parts[-2]}__{kind}"] = item[:]

    with h5py.File(io.BytesIO(content)) as file:
        if "model_weights" not in file:
            raise InputError(
                "`weights`: an HDF5 file without the group model_weights", "a model that Keras saved is needed",
                "Write weights=PATH with the file of the model",
            )  # fmt: skip
        file["model_weights"].visititems(keep)
    return arrays


def from_keras(arrays: Mapping[str, NDArray[np.float32]]) -> dict[str, Tensor]:
    """Weights with the names and axes of :class:`BPNet`.

    Kernels of Keras have the axes (width, in, out); of a transposed convolution (width, 1, out, in); of a dense layer
    (in, out). Layers of the bias track (conv1d_11 to 14; dense_2, 4, 6, 8) are left out, because a prediction has no
    control experiment.

    Parameters
    ----------
    arrays : kernels and biases, named by Keras layer
    """
    state: dict[str, Tensor] = {}

    def put(name: str, layer: str, *order: int) -> None:
        kernel = arrays[f"{layer}__kernel"]
        kernel = kernel[:, 0] if kernel.ndim == 4 else kernel
        state[f"{name}.weight"] = torch.from_numpy(kernel.transpose(order).copy())
        state[f"{name}.bias"] = torch.from_numpy(arrays[f"{layer}__bias"])

    put("scan", "conv1d_1", 2, 1, 0)
    for block in range(9):
        put(f"blocks.{block}", f"conv1d_{block + 2}", 2, 1, 0)
    for task in range(len(TASKS)):
        put(f"profiles.{task}", f"conv2d_transpose_{task + 1}", 2, 1, 0)
        put(f"counts.{task}", f"dense_{2 * task + 1}", 1, 0)
    return state


def totals(answer: Mapping[str, Reads]) -> Tensor:
    """Readout: expected reads of each factor in the whole sequence, both strands together, (n, 4).

    This is the sum over strands of exp(counts) - 1, the scale of the paper's comparisons. ``effects.scales`` has the
    logarithm.

    Parameters
    ----------
    answer : predictions of the network, by factor
    """
    return torch.stack([answer[task].total() for task in TASKS], 1)


def heights(at: Mapping[str, tuple[int, int]]) -> Callable[[Mapping[str, Reads]], Tensor]:
    """Readout: expected reads at the peaks of some factors, summed over the two strands, (n, factors).

    This is the paper's response to a motif: softmax(profile) x (exp(counts) - 1) at one position of each strand.
    :func:`peaks` finds these positions.

    Parameters
    ----------
    at : factor to its position on the forward strand and on the reverse strand

    Raises
    ------
    InputError
        An unknown factor; no factor; positions outside the sequence.

    Examples
    --------
    >>> read = heights({"Nanog": (497, 511)})
    >>> flat = Reads(torch.zeros(1, 2, 1000), torch.tensor([[11.0, 31.0]]).log())
    >>> round(read({"Nanog": flat}).item(), 6)
    0.04
    """
    for task, pair in at.items():
        check_task(task)
        if len(pair) != 2 or not all(isinstance(p, int) and 0 <= p < LENGTH for p in pair):
            raise InputError(
                f"`at` is {pair!r} for {task}",
                f"a factor needs two positions from 0 to {LENGTH - 1}, on the forward and on the reverse strand",
                f'Write at={{"{task}": bpnet.peaks(model, motif, "{task}")}}',
            )
    if not at:
        raise InputError("`at` is empty", "at least one factor is needed", 'Write at={"Nanog": (497, 511)}')
    return partial(_heights, at={task: (first, second) for task, (first, second) in at.items()})


def responses(at: Mapping[str, tuple[int, int]]) -> Callable[[Mapping[str, Reads]], Tensor]:
    """Readout: the heights of some factors, as :func:`heights` reads them, then all expected reads of these factors.

    The result is (n, 2 × factors), for one run that measures both. The heights of all factors come before the totals.

    Parameters
    ----------
    at : factor to its position on the forward strand and on the reverse strand
    """
    heights(at)  # raises an error for a factor or a position that cannot be read
    return partial(_responses, at={task: (pair[0], pair[1]) for task, pair in at.items()})


def peaks(
    model: Model,
    motif: str,
    task: str,
    *,
    at: int | None = None,
    window: tuple[int, int] = (450, 550),
    n: int = 500,
    rng: Seed = 0,
) -> tuple[int, int]:
    """Positions at which the mean profile of a single motif is highest, on the forward and on the reverse strand.

    Profiles in expected reads are averaged over uniform backgrounds. These have a random stream of their own, so that
    a run with the same seed measures effects on other backgrounds. Where two peaks have nearly the same height, the
    position depends on the backgrounds: for Nanog, 492 and 497 on the forward strand. Find the positions once, and
    write them into the study.

    Parameters
    ----------
    model : a BPNet with any readout
    motif : letters of the motif
    task : the factor whose profile is read
    at : start of the motif; by default the motif is in the middle of the sequence
    window : positions that are searched, [start, stop)
    n : number of backgrounds
    rng : seed of the backgrounds

    Returns
    -------
    Position on the forward strand and on the reverse strand

    Raises
    ------
    InputError
        An unknown factor; a model that is not a BPNet; an empty window.
    """
    check_task(task)
    start, stop = window
    if not 0 <= start < stop <= LENGTH:
        raise InputError(f"`window={window}`", f"0 <= start < stop <= {LENGTH} is needed", "Write window=(450, 550)")
    net = model.members[0].network.torch_module
    if not isinstance(net, BPNet):
        raise InputError(
            f"`model` is {model.name}, which is not a BPNet", "peaks reads the profiles of a BPNet",
            'Write model=sd.zoo.load("bpnet-oskn")',
        )  # fmt: skip
    seed = child(root(rng), "peaks")
    design = embed(motif, at=(LENGTH - len(motif)) // 2 if at is None else at)
    arm = next(arm for name, arm in design.arms.items() if name != "none")
    pilot = uniform(LENGTH).sample(n, rng=seed)
    profiles = wrap(net, alphabet=DNA, length=LENGTH, layout="NCL", readout=partial(_profiles, task=task))
    mean = profiles.predict(apply(pilot, arm.edits(seed, 0, pilot)))[0].mean(0).reshape(2, LENGTH)
    first, second = start + mean[:, start:stop].argmax(1)
    return int(first), int(second)


def check_task(task: str) -> None:
    """Refuse a factor that the network does not predict.

    Parameters
    ----------
    task : name of the factor

    Raises
    ------
    InputError
        An unknown factor.
    """
    if task not in TASKS:
        raise InputError(f"`task` is {task!r}", f"the factors are {', '.join(TASKS)}", f'Write "{TASKS[0]}"')


def _heights(answer: Mapping[str, Reads], *, at: Mapping[str, tuple[int, int]]) -> Tensor:
    return torch.stack([answer[task].height(pair) for task, pair in at.items()], 1)


def _responses(answer: Mapping[str, Reads], *, at: Mapping[str, tuple[int, int]]) -> Tensor:
    return torch.cat([_heights(answer, at=at), torch.stack([answer[task].total() for task in at], 1)], 1)


def _profiles(answer: Mapping[str, Reads], *, task: str) -> Tensor:
    """Expected reads at each position of both strands, (n, 2000)."""
    reads = answer[task]
    return (reads.profile.softmax(2) * reads.counts.expm1()[:, :, None]).flatten(1)
