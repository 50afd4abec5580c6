"""One row for each kind of layer, for ``engine/test_layers.py``: to add a layer, add a row.

A row's layer stands after a convolution and a ReLU, so that it gets numbers of any size, and before a ReLU
and a linear layer that reads all it leaves; rows that need another place say so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from networks import layers
from networks.parts import (
    Attention,
    Call,
    Codes,
    Dense,
    Functional,
    Gate,
    Image,
    Last,
    Patches,
    Pooled,
    Positions,
    Recurrent,
    Repeated,
    Residual,
    Shuffle,
    Squeeze,
    Strands,
    beside,
    slices,
)
from torch import nn
from torch.nn import functional

from seqdo.models.input_layout import Layout
from seqdo.models.readout import Readout, head, profile_counts

WIDTH = 6
"""Channels that a layer gets."""


class Row(NamedTuple):
    """A layer: its name, what builds it, the length of the sequences, and where it stands.

    ``place`` is "middle" (it gets 6 channels and all positions), "first" (it gets the input) or "last" (it gets what
    the middle does, and its answer is the network's).
    """

    name: str
    build: Callable[[], nn.Module]
    length: int = 24
    place: str = "middle"
    layout: Layout = "NCL"
    readout: Readout = None


first, last = partial(Row, place="first"), partial(Row, place="last")
seq = nn.Sequential

OTHER_PADDING = ("circular", "reflect", "replicate")


def conv(*shape: Any, **options: Any) -> Callable[[], nn.Module]:
    return lambda: nn.Conv1d(WIDTH, *shape, **options)


def two(out: int = WIDTH, dilation: int = 1) -> nn.Module:
    """Two convolutions that keep the number of positions."""
    return nn.Sequential(
        nn.Conv1d(WIDTH, 4, 3, padding=dilation, dilation=dilation), nn.ReLU(), nn.Conv1d(4, out, 3, padding="same")
    )


def read(pool: nn.Module, features: int = WIDTH, outputs: int = 2) -> nn.Module:
    return nn.Sequential(pool, nn.Linear(features, outputs))


class Heads(nn.Module):
    """A profile (n, positions, strands) and total counts (n, 1)."""

    def __init__(self, strands: int, form: str) -> None:
        super().__init__()
        self.profile, self.counts = nn.Conv1d(WIDTH, strands, 3, padding=1), nn.Linear(WIDTH, 1)
        self.form = form

    def forward(self, x: torch.Tensor) -> Any:
        profile = self.profile(x).transpose(1, 2)
        profile, counts = profile.squeeze(2) if profile.shape[2] == 1 else profile, self.counts(x.mean(2))
        return {"profile": profile, "counts": counts} if self.form == "dict" else (profile, counts)


CONVOLUTIONS = [
    Row("conv of one letter", conv(5, 1)),
    Row("conv", conv(5, 3)),
    Row("conv without bias", conv(5, 3, bias=False)),
    Row("conv of an even kernel", conv(5, 4)),
    Row("conv as wide as the features", conv(5, 24)),
    Row("conv padded", conv(5, 5, padding=2)),
    Row("conv padded by more than it reaches", conv(5, 3, padding=7)),
    Row("conv same", conv(5, 5, padding="same")),
    Row("conv same, even kernel", conv(5, 4, padding="same", dilation=3)),
    Row("conv padded on one side", lambda: seq(Call(functional.pad, (6, 0)), nn.Conv1d(WIDTH, 5, 7))),
    Row("conv strided", conv(5, 5, stride=2)),
    Row("conv strided, positions between unread", conv(5, 2, stride=4), 26),
    Row("conv strided, padded, dilated", conv(5, 3, stride=3, padding=4, dilation=2), 25),
    Row("conv dilated", conv(5, 3, dilation=5, padding=5)),
    Row("conv dilated further than the features", conv(5, 3, dilation=20, padding=20)),
    Row("conv grouped", conv(9, 3, groups=3)),
    Row("conv depthwise", conv(WIDTH, 5, groups=WIDTH, padding=2)),
    Row("conv depthwise, two for each channel", conv(2 * WIDTH, 4, groups=WIDTH, stride=2)),
    Row("conv to 33 channels", conv(33, 3)),
    Row("conv to one channel", conv(1, 9, padding="same")),
    *(Row(f"conv padded {how}", conv(5, 5, padding=3, padding_mode=how)) for how in OTHER_PADDING),
    Row("conv by a function", lambda: Functional(nn.Conv1d(WIDTH, 5, 3, dilation=2))),
    Row("conv2d of height 1", lambda: Image(nn.Conv2d(WIDTH, 5, (1, 5), padding=(0, 2), stride=(1, 2)))),
    Row("conv2d as high as its channels", lambda: Image(nn.Conv2d(1, 5, (WIDTH, 4)), "channels")),
    first("conv2d on the letters", lambda: Image(nn.Conv2d(1, 5, (4, 7)), "channels")),
    first("conv on the letters", lambda: nn.Conv1d(4, 8, 5)),
    Row("transposed conv", lambda: nn.ConvTranspose1d(WIDTH, 5, 3)),
    Row("transposed conv, strided", lambda: nn.ConvTranspose1d(WIDTH, 5, 4, 2, padding=1), 14),
    Row("transposed conv, all at once", lambda: nn.ConvTranspose1d(WIDTH, 4, 3, 3, 2, 1, 2, False, 2), 14),
    Row("transposed conv, gaps", lambda: nn.ConvTranspose1d(WIDTH, 4, 2, 4), 12),
    Row("linear on each position", lambda: Last(nn.Linear(WIDTH, 4))),
    first("linear first", lambda: Last(nn.Linear(4, 5))),
]

NORMS = [
    Row("batch norm before ReLU", lambda: seq(nn.BatchNorm1d(WIDTH), nn.ReLU())),
    Row("batch norm between conv and pool", lambda: seq(two(), nn.BatchNorm1d(WIDTH), nn.MaxPool1d(3))),
    Row("batch norm before a padded conv", lambda: seq(nn.BatchNorm1d(WIDTH), nn.Conv1d(WIDTH, 4, 5, padding=2))),
    Row("batch norm without weights", lambda: nn.BatchNorm1d(WIDTH, affine=False)),
    last("batch norm of flat features", lambda: seq(nn.Flatten(), nn.Linear(144, 7), nn.BatchNorm1d(7))),
    Row("layer norm over channels", lambda: Last(nn.LayerNorm(WIDTH))),
    Row("layer norm over everything", lambda: nn.LayerNorm((WIDTH, 24))),
    Row("group norm", lambda: nn.GroupNorm(2, WIDTH)),
    Row("instance norm", lambda: nn.InstanceNorm1d(WIDTH, affine=True)),
    Row("dropout", lambda: nn.Dropout(0.5)),
]

BENDS = [
    *(Row(type(bend()).__name__ + " " + str(number), bend) for number, bend in enumerate(layers.RECTIFIERS)),
    *(Row(type(bend()).__name__ + " " + str(number), bend) for number, bend in enumerate(layers.SMOOTH)),
    Row("PReLU", lambda: nn.PReLU(1)),
    Row("PReLU of each channel", lambda: nn.PReLU(WIDTH)),
    Row("exp", lambda: seq(Call(torch.mul, 0.3), Call(torch.exp))),
    Row("log of one more", lambda: seq(nn.ReLU(), Call(torch.log1p))),
    Row("power", lambda: seq(nn.Sigmoid(), Call(torch.pow, 1.5))),
    Row("channel softmax", lambda: nn.Softmax(1)),
    Row("a number for each position", lambda: Positions(WIDTH, 24, "add")),
    Row("a weight for each position", lambda: Positions(WIDTH, 24, "multiply")),
]

POOLS = [
    Row("max pool", lambda: nn.MaxPool1d(2)),
    Row("max pool, a rest", lambda: nn.MaxPool1d(5)),
    Row("max pool, overlapping", lambda: nn.MaxPool1d(4, 2)),
    Row("max pool, stride 1", lambda: nn.MaxPool1d(3, 1, padding=1)),
    Row("max pool, padded", lambda: nn.MaxPool1d(3, 2, padding=1)),
    Row("max pool, ceil", lambda: nn.MaxPool1d(4, 3, ceil_mode=True), 24),
    Row("max pool, dilated", lambda: nn.MaxPool1d(3, 2, padding=1, dilation=3)),
    Row("max pool, positions between unread", lambda: nn.MaxPool1d(2, 5)),
    Row("max pool, as wide as the features", lambda: nn.MaxPool1d(24)),
    Row("max pool, wide, padded, a rest", lambda: nn.MaxPool1d(18, 16, padding=5, ceil_mode=True), 50),
    Row("max pool, wide, rectified", lambda: seq(two(), nn.LeakyReLU(0.1), nn.MaxPool1d(17)), 50),
    Row("mean pool", lambda: nn.AvgPool1d(3)),
    Row("mean pool, overlapping, padded", lambda: nn.AvgPool1d(5, 2, padding=2)),
    Row("mean pool, padding not counted", lambda: nn.AvgPool1d(5, 2, padding=2, count_include_pad=False)),
    Row("mean pool, ceil", lambda: nn.AvgPool1d(4, 3, ceil_mode=True), 24),
    Row("mean pool, ceil, padded, not counted", lambda: nn.AvgPool1d(4, 3, 2, True, False), 24),
    Row("adaptive mean pool", lambda: nn.AdaptiveAvgPool1d(5)),
    Row("adaptive max pool", lambda: nn.AdaptiveMaxPool1d(7)),
    *(Row(f"patches, {how}", lambda how=how: Patches(5, how)) for how in ("max", "mean", "softmax")),
    Row("max of the running mean", lambda: seq(nn.AvgPool1d(6, 1), nn.MaxPool1d(6, 4))),
]

SHAPES = [
    Row("pad with zeros", lambda: Call(functional.pad, (3, 1))),
    Row("pad with a number", lambda: Call(functional.pad, (0, 4), value=-1.5)),
    Row("pad by less than nothing", lambda: Call(functional.pad, (-3, 2))),
    *(
        Row(f"pad {mode}", lambda mode=mode: Call(functional.pad, (3, 5), mode=mode))
        for mode in ("reflect", "replicate", "circular")
    ),
    Row("crop", lambda: Call(slices, 2, 5, 19)),
    Row("crop by negative bounds", lambda: Call(slices, 2, -20, -3)),
    Row("every third position", lambda: Call(slices, 2, 1, None, 3)),
    last("one position", lambda: Call(torch.select, 2, 11)),
    Row(
        "one position of a dilated stack",
        lambda: seq(*(Residual(two(dilation=d)) for d in (1, 4)), Call(torch.select, 2, -12)),
        40,
        "last",
    ),
    Row("some channels", lambda: Call(slices, 1, 1, None, 2)),
    Row("shuffled channels", lambda: Shuffle(3)),
    Row("flip", lambda: Call(torch.flip, (2,))),
    Row("flip of channels and positions", lambda: Call(torch.flip, (1, 2))),
    Row("roll", lambda: Call(torch.roll, 5, 2)),
    Row("nearest upsampling", lambda: nn.Upsample(scale_factor=3)),
    Row("nearest upsampling to a size", lambda: Call(functional.interpolate, size=31)),
    Row("linear upsampling", lambda: nn.Upsample(scale_factor=2, mode="linear")),
    Row("repeated positions", lambda: Call(torch.repeat_interleave, 2, 2)),
    first("NLC input", lambda: seq(Call(torch.permute, (0, 2, 1)), nn.Conv1d(4, 5, 3)), layout="NLC"),
    first("embedding", lambda: seq(Codes(nn.Embedding(5, 4)), nn.Conv1d(4, 5, 3)), layout="codes"),
    first("one-hot in the network", lambda: seq(Codes(None), nn.Conv1d(4, 5, 3)), layout="codes"),
]

BRANCHES = [
    Row("residual", lambda: Residual(two())),
    first("residual on the letters", lambda: Residual(nn.Conv1d(4, 4, 3, padding=1))),
    first("gate on the letters", lambda: Gate(nn.Conv1d(4, 4, 3, padding=1), nn.Identity(), nn.Identity())),
    first("letters concatenated with features", lambda: Dense(nn.Conv1d(4, 3, 5, padding=2))),
    first("max pool on the letters", lambda: nn.MaxPool1d(3, 2)),
    first("letters, flat", lambda: nn.Flatten(2)),
    Row("residual, dilated, then another", lambda: seq(Residual(two(dilation=2)), Residual(two(dilation=4))), 40),
    Row("residual with a shortcut of its own", lambda: Residual(two(4), nn.Conv1d(WIDTH, 4, 1))),
    Row("residual, cropped", lambda: Residual(seq(nn.Conv1d(WIDTH, WIDTH, 3, dilation=2), nn.ReLU()), crop=2)),
    Row("residual, cropped on one side", lambda: Residual(nn.Conv1d(WIDTH, WIDTH, 5), crop=4)),
    Row("dense", lambda: Dense(two(3), nn.Conv1d(WIDTH + 3, 2, 3, padding="same"))),
    Row("gate", lambda: Gate(two(), two(), nn.Sigmoid())),
    Row("product of two", lambda: Gate(two(), nn.Identity(), nn.Identity())),
    Row("gated linear unit", lambda: seq(nn.Conv1d(WIDTH, 8, 5), nn.GLU(1))),
    Row("squeeze and excite", lambda: Squeeze(nn.Linear(WIDTH, WIDTH))),
    Row("one part three times", lambda: Repeated(seq(two(), nn.Tanh()), 3)),
    Row("both strands", lambda: Strands(two(4))),
    Row("attention", lambda: Attention(*(nn.Conv1d(WIDTH, out, 1) for out in (2, 2, 4)))),
    Row("attention, fused", lambda: Attention(*(nn.Conv1d(WIDTH, out, 1) for out in (2, 2, 4)), fused=True)),
    Row("cumulative sum", lambda: Call(torch.cumsum, 2)),
    Row("sorted positions", lambda: Call(layers.sort)),
    Row("less the mean", lambda: Call(layers.centered)),
]

RECURRENT = [
    Row("LSTM", lambda: Recurrent(nn.LSTM(WIDTH, 4, batch_first=True)), 12),
    Row("LSTM, both ways", lambda: Recurrent(nn.LSTM(WIDTH, 3, batch_first=True, bidirectional=True)), 12),
    Row("GRU of two layers", lambda: Recurrent(nn.GRU(WIDTH, 3, 2)), 8),
    Row("LSTM of two layers, both ways", lambda: Recurrent(nn.LSTM(WIDTH, 2, 2, bidirectional=True)), 6),
    last("GRU, both ways, last hidden state", lambda: Recurrent(nn.GRU(WIDTH, 3, bidirectional=True), "end"), 10),
    last("LSTM, last hidden state", lambda: Recurrent(nn.LSTM(WIDTH, 3, batch_first=True), "end"), 10),
    Row(
        "conv, pool, LSTM, flat",
        lambda: seq(nn.MaxPool1d(4), Recurrent(nn.LSTM(WIDTH, 4, batch_first=True, bidirectional=True))),
        32,
    ),
    Row("RNN", lambda: Recurrent(nn.RNN(WIDTH, 3)), 8),
]

HEADS = [
    last("flatten, ReLU, linear", lambda: seq(nn.Flatten(), nn.ReLU(), nn.Linear(144, 3))),
    last("flatten, two linear", lambda: seq(nn.Flatten(), nn.Linear(144, 8), nn.ReLU(), nn.Linear(8, 2))),
    last("permute, flatten, linear", lambda: seq(Call(torch.permute, (0, 2, 1)), nn.Flatten(), nn.Linear(144, 2))),
    last("conv as wide as the features, answer", lambda: seq(nn.Conv1d(WIDTH, 3, 24), nn.Flatten())),
    last("global mean", lambda: read(Call(torch.mean, 2))),
    last("global mean of an adaptive pool", lambda: read(seq(nn.AdaptiveAvgPool1d(1), nn.Flatten()))),
    last("global max", lambda: read(Call(torch.amax, 2))),
    last("global max of an adaptive pool", lambda: read(seq(nn.AdaptiveMaxPool1d(1), nn.Flatten()))),
    last("global max with its index", lambda: read(Call(lambda x: x.max(2).values))),
    last("global sum", lambda: read(Call(torch.sum, -1))),
    last("global log of the summed exp", lambda: read(Call(torch.logsumexp, 2))),
    last("mean over channels and positions", lambda: Call(torch.mean, (1, 2))),
    last("attention pooling", lambda: read(Pooled(nn.Conv1d(WIDTH, 1, 1)))),
    last("softmax over positions", lambda: seq(two(1), nn.Flatten(), nn.Softmax(1))),
    Row(
        "log-softmax over positions, cropped",
        lambda: seq(two(1), nn.Flatten(), Call(slices, 1, 6, -6), nn.LogSoftmax(1)),
        place="last",
    ),
    last("one number for each sequence", lambda: seq(nn.Conv1d(WIDTH, 1, 24), Call(torch.flatten, 0))),
    last("a tuple", lambda: Heads(1, "tuple"), readout=beside),
    last("a tuple, one head", lambda: Heads(1, "tuple"), readout=1),
    last("a dict, one head", lambda: Heads(1, "dict"), readout="profile"),
    last("profile and counts", lambda: Heads(2, "dict"), readout=profile_counts("profile", "counts", 4, 20)),
    last(
        "a window of a profile",
        lambda: seq(nn.Conv1d(WIDTH, 2, 3), Call(torch.permute, (0, 2, 1))),
        readout=head(axes="n positions strands").window(3, 9).sum(),
    ),
]

ROWS = [*CONVOLUTIONS, *NORMS, *BENDS, *POOLS, *SHAPES, *BRANCHES, *RECURRENT, *HEADS]
