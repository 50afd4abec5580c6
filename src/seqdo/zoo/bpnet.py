"""BPNet for Oct4, Sox2, Nanog and Klf4: 1000 letters in, for each factor where its reads lie and how many there are.

Source: Avsec et al., Nature Genetics 53:354 (2021). The weights were trained in Keras; what is the same in other words
here agrees with Keras' own layers to float32 rounding.
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
"""Factors, in the order in which the file of weights numbers their layers."""

LENGTH = 1000
"""Letters the network reads."""


class Reads(NamedTuple):
    """What the network says of one factor.

    Attributes
    ----------
    profile : (n, 2, 1000) logits of where the reads of each strand begin
    counts : (n, 2) log(1 + reads) of each strand
    """

    profile: Tensor
    counts: Tensor

    def total(self) -> Tensor:
        """Expected reads of both strands, (n,)."""
        return self.counts.expm1().sum(1)

    def height(self, at: tuple[int, int]) -> Tensor:
        """Expected reads at one position of each strand, summed, (n,)."""
        # Logits at two positions and the sum over all: no other share is ever computed.
        peak = torch.stack([self.profile[:, strand, position] for strand, position in enumerate(at)], 1)
        return ((peak - self.profile.logsumexp(2)).exp() * self.counts.expm1()).sum(1)


class BPNet(nn.Module):
    """Ten convolutions, nine of them dilated and residual, and two heads for each factor: (n, 4, 1000) to Reads.

    130,960 parameters. A position reads 2,069 letters: half of the sequence and more on either side. Each factor has
    heads of its own, so that an engine which sees the layers leaves out those that a readout does not ask for.
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
        """Factor to what is said of it."""
        x = self.scan(x).relu()
        for block in self.blocks:
            x = x + block(x).relu()
        mean = x.mean(2)
        heads = zip(TASKS, self.profiles, self.counts, strict=True)
        return {task: Reads(profile(x), counts(mean)) for task, profile, counts in heads}


def read_keras(content: bytes) -> dict[str, NDArray[np.float32]]:
    """Arrays by Keras layer, as :func:`from_keras` takes them, of a model that Keras saved as HDF5."""
    import h5py

    found: dict[str, NDArray[np.float32]] = {}

    def keep(path: str, item: object) -> None:
        parts = path.split("/")
        kind = parts[-1].removesuffix(":0")
        if isinstance(item, h5py.Dataset) and kind in ("kernel", "bias"):
            found[f"{parts[-2]}__{kind}"] = item[:]

    with h5py.File(io.BytesIO(content)) as file:
        if "model_weights" not in file:
            raise InputError("an HDF5 file without model_weights", "a model saved by Keras is needed")
        file["model_weights"].visititems(keep)
    return found


def from_keras(arrays: Mapping[str, NDArray[np.float32]]) -> dict[str, Tensor]:
    """Weights as :class:`BPNet` names and turns them, from arrays named by Keras layer.

    Kernels of Keras are (width, in, out), those of its transposed convolution (width, 1, out, in), those of its dense
    layers (in, out). Layers of the bias track (conv1d_11 to 14; dense_2, 4, 6, 8) are left out: no control is given.
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
    """Expected reads of each factor in all of the sequence, both strands together, (n, 4): a readout.

    The sum over strands of exp(counts) - 1, the scale on which the paper compares; ``effects.scales`` has the log.
    """
    return torch.stack([answer[task].total() for task in TASKS], 1)


def heights(at: Mapping[str, tuple[int, int]]) -> Callable[[Mapping[str, Reads]], Tensor]:
    """Expected reads at the peaks of some factors, (n, factors), the two strands summed: a readout.

    The paper's response to a motif: softmax(profile) x (exp(counts) - 1) at one position of each strand, which
    :func:`peaks` finds.

    Parameters
    ----------
    at : factor to the position on the forward and on the reverse strand

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
                f"heights at {pair!r} for {task}",
                f"two positions from 0 to {LENGTH - 1} are needed, of the forward and of the reverse strand",
                f'Write bpnet.peaks(model, motif, "{task}") to find them',
            )
    if not at:
        raise InputError("heights of no factor", "at least one is needed", 'Write heights({"Nanog": (497, 511)})')
    return partial(_heights, at={task: (first, second) for task, (first, second) in at.items()})


def responses(at: Mapping[str, tuple[int, int]]) -> Callable[[Mapping[str, Reads]], Tensor]:
    """Of some factors first the heights, as :func:`heights` reads them, and then all expected reads: a readout.

    (n, 2 × factors), for one run that asks both: the heights of all factors come before their totals.
    """
    heights(at)  # refuses what can't be read
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
    """Where the mean profile of a motif alone is highest, on the forward and on the reverse strand.

    Profiles in expected reads are averaged over ``n`` uniform backgrounds, from a stream of their own: those that a
    run with the same seed measures effects on are others. Of two peaks of nearly one height, chance takes one: of
    Nanog, 492 and 497 on the forward strand. Find them once, and write them into the study.

    Parameters
    ----------
    model : a BPNet, whatever its readout
    motif : written at ``at``; in the middle of the sequence by default
    task : the factor that is read
    window : where the peaks are looked for, [start, stop)

    Raises
    ------
    InputError
        A factor that the network has not, a model that is no BPNet, an empty window.
    """
    check_task(task)
    start, stop = window
    if not 0 <= start < stop <= LENGTH:
        raise InputError(f"window={window}", f"0 <= start < stop <= {LENGTH} is needed", "Write window=(450, 550)")
    net = model.members[0].network.torch_module
    if not isinstance(net, BPNet):
        raise InputError(f"peaks of {model.name}", "a BPNet is needed", 'Write sd.zoo.load("bpnet-oskn")')
    seed = child(root(rng), "peaks")
    design = embed(motif, at=(LENGTH - len(motif)) // 2 if at is None else at)
    arm = next(arm for name, arm in design.arms.items() if name != "none")
    pilot = uniform(LENGTH).sample(n, rng=seed)
    asked = wrap(net, alphabet=DNA, length=LENGTH, layout="NCL", readout=partial(_profiles, task=task))
    mean = asked.predict(apply(pilot, arm.edits(seed, 0, pilot)))[0].mean(0).reshape(2, LENGTH)
    first, second = start + mean[:, start:stop].argmax(1)
    return int(first), int(second)


def check_task(task: str) -> None:
    """Refuse a factor that the network has not."""
    if task not in TASKS:
        raise InputError(f"task {task!r}", f"the factors are {', '.join(TASKS)}")


def _heights(answer: Mapping[str, Reads], *, at: Mapping[str, tuple[int, int]]) -> Tensor:
    return torch.stack([answer[task].height(pair) for task, pair in at.items()], 1)


def _responses(answer: Mapping[str, Reads], *, at: Mapping[str, tuple[int, int]]) -> Tensor:
    return torch.cat([_heights(answer, at=at), torch.stack([answer[task].total() for task in at], 1)], 1)


def _profiles(answer: Mapping[str, Reads], *, task: str) -> Tensor:
    """Expected reads at each position of both strands, (n, 2000)."""
    reads = answer[task]
    return (reads.profile.softmax(2) * reads.counts.expm1()[:, :, None]).flatten(1)
