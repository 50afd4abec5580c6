"""Networks drawn at random, as ``sd.wrap`` takes them: layers of ``networks/`` in any order, and heads.

A drawn network always runs: each layer is drawn to fit what the ones before it leave. It prints as it was
built, and its weights come from one drawn seed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from hypothesis import strategies as st
from networks import branches, layers
from networks.layers import TELLING, Drawing, Layer, Made, conv, fits, linear
from networks.parts import Call, Codes, Network, Pooled, Tower, beside, slices
from strategies import Choices, choices
from torch import Tensor, nn

from seqdo.models.checks import probe_codes
from seqdo.models.input_layout import Layout, encode
from seqdo.models.model import Model, Padding
from seqdo.models.readout import Readout, profile_counts
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA, RNA, Alphabet

LAYERS: dict[Layer, int] = {
    conv: 5, layers.rectifier: 4, layers.smooth: 3, layers.max_pool: 3, layers.avg_pool: 2, layers.batch_norm: 2,
    branches.residual: 3, branches.dense: 2, branches.gate: 2, layers.pad: 2, layers.crop: 2, layers.upsample: 1,
    layers.transposed_conv: 2, linear: 1, layers.conv2d: 2, layers.layer_norm: 2, layers.exp: 1, layers.prelu: 1,
    layers.group_norm: 1, layers.adaptive_pool: 1, layers.patches: 1, layers.channels: 1, layers.rearranged: 1,
    branches.squeeze: 1, branches.repeated: 2, branches.strands: 1, branches.attention: 1, branches.recurrent: 1,
    branches.positions: 1, branches.nothing: 1,
}  # fmt: skip
"""Layers and how often each is drawn."""

LAYER, TOWER = 72, 480
"""Choices that a layer and a tower have at hand: most need fewer."""

URN = [layer for layer, often in LAYERS.items() for _ in range(often)]


def body(d: Drawing, x: Tensor, most: int) -> tuple[list[nn.Module], Tensor]:
    parts = list[nn.Module]()
    for _ in range(d.whole(0, most)):
        layer, one = d.pick(*URN), d.part(LAYER)
        part, y = layer(one, x)
        if fits(x, y):
            parts.append(part)
            x = y
            d.kinds += [layer.__name__, *one.kinds]
    return parts, x


def viewed(x: Tensor) -> Tensor:
    return x.contiguous().view(x.shape[0], -1)


def turned(x: Tensor) -> Tensor:
    return x.permute(0, 2, 1).reshape(x.shape[0], -1)


def mean_and_max(x: Tensor) -> Tensor:
    return torch.cat([x.mean(-1), x.amax(-1)], 1)


def last_hidden(d: Drawing, x: Tensor) -> Made:
    return branches.recurrent(d, x, take="end")


def pooled(d: Drawing, x: Tensor) -> Made:
    score, _ = d.made(nn.Conv1d(x.shape[1], d.pick(1, x.shape[1]), 1), x)
    return d.run(Pooled(score), x)


READS: dict[str, Callable[[Drawing, Tensor], nn.Module]] = {
    "flatten": lambda d, x: d.pick(nn.Flatten, lambda: Call(torch.flatten, 1), lambda: Call(viewed))(),
    "turned flatten": lambda d, x: Call(turned),
    "global mean": lambda d, x: d.pick(
        Call(torch.mean, 2), Call(torch.mean, dim=(2,)), nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten())
    ),
    "global max": lambda d, x: d.pick(Call(torch.amax, 2), nn.Sequential(nn.AdaptiveMaxPool1d(1), nn.Flatten())),
    "global sum": lambda d, x: Call(torch.sum, -1),
    "global mean and max": lambda d, x: Call(mean_and_max),
    "global logsumexp": lambda d, x: Call(torch.logsumexp, 2),
    "one position": lambda d, x: Call(torch.select, 2, d.pick(-1, 0, x.shape[2] // 2)),
    "attention pooling": lambda d, x: pooled(d, x)[0],
    "last hidden": lambda d, x: last_hidden(d, x)[0],
}
"""From features (n, channels, positions) to (n, numbers)."""


def head(d: Drawing, x: Tensor, outputs: int) -> nn.Module:
    """Features to (n, outputs): read, perhaps bent before or after, and a linear layer or two."""
    kind = d.pick("flatten", *READS, "flatten", "whole kernel")
    d.kinds.append(f"{kind} head")
    parts = [nn.ReLU()] if d.pick(False, False, True) and fits(x, x.relu()) else []
    x = x.relu() if parts else x
    if kind == "whole kernel":
        read, x = d.made(nn.Sequential(nn.Conv1d(x.shape[1], outputs, x.shape[2]), nn.Flatten()), x)
        return nn.Sequential(*parts, read)
    read = READS[kind](d, x)
    x = d.run(read, x)[1]
    parts.append(read)
    for _ in range(d.pick(0, 0, 1, 2)):
        hidden, y = d.made(nn.Linear(x.shape[1], d.pick(3, 8, 12)), x)
        bend, y = d.made(d.pick(nn.ReLU, nn.ELU, nn.Sigmoid, lambda f=y.shape[1]: nn.BatchNorm1d(f))(), y)
        if float(y.std(0).max()) > TELLING * float(y.abs().max()):
            parts += [hidden, bend]
            x = y
    last, x = d.made(nn.Linear(x.shape[1], outputs, d.maybe()), x)
    end = d.pick(None, None, None, nn.Sigmoid, nn.Softplus, lambda: nn.Softmax(1) if outputs > 1 else nn.Tanh())
    return nn.Sequential(*parts, last, *([end()] if end else []))


def profile(d: Drawing, x: Tensor) -> nn.Module:
    """Features to (n, positions): one channel, perhaps cropped, perhaps a softmax over positions."""
    d.kinds.append("profile head")
    part, x = conv(d, x, 1, "keep")
    parts = [part, nn.Flatten()]
    if x.shape[2] > 4 and d.maybe():
        parts.append(Call(slices, 1, d.whole(0, 3), x.shape[2] - d.whole(0, 1)))
    end = d.pick(None, nn.Softmax, nn.LogSoftmax) if x.shape[2] > 5 else None
    return nn.Sequential(*parts, *([end(1)] if end else []))


@dataclass(frozen=True, eq=False)
class Architecture:
    """A drawn network and how it is wrapped. ``shortest`` is the least length of a sequence it is asked."""

    module: Network
    alphabet: Alphabet
    length: int
    shortest: int
    layout: Layout
    pad: Padding | None
    readout: Readout
    kinds: tuple[str, ...] = field(repr=False)

    def wrapped(self, dtype: torch.dtype = torch.float32) -> Model:
        return ensemble([self], dtype)


def ensemble(drawn: Sequence[Architecture], dtype: torch.dtype = torch.float32) -> Model:
    """One model of several drawn networks, which are copied."""
    modules = [copy.deepcopy(one.module).to(dtype) for one in drawn]
    one = drawn[0]
    return wrap(modules, alphabet=one.alphabet, length=one.length, layout=one.layout, readout=one.readout, pad=one.pad)


def stem(d: Drawing, layout: Layout, x: Tensor) -> tuple[list[nn.Module], Tensor]:
    """From the input to features (n, channels, positions)."""
    if layout == "codes":
        embedding = nn.Embedding(5, d.pick(3, 4, 6)) if d.maybe() else None
        part, x = d.made(Codes(embedding), x)
        return [part], x
    if layout == "NLC":
        part, x = d.run(d.pick(Call(torch.transpose, 1, 2), Call(torch.permute, (0, 2, 1))), x)
        return [part], x
    return [], x


HEADS = {"head": [head], "profile": [profile], "two heads": [head, head], "profile and counts": [profile, head]}


def tower(d: Drawing, layout: Layout, x: Tensor, outputs: int | None) -> Tower:
    """Stem, mostly a convolution, a body of up to five layers, and one head or two."""
    first, x = stem(d, layout, x)
    if opening := d.pick(conv, conv, conv, layers.conv2d, linear, None):
        part, y = opening(d, x)
        if fits(x, y):
            d.kinds.append(opening.__name__)
            first.append(part)
            x = y
    middle, x = body(d, x, 5)
    if outputs:
        return Tower([*first, *middle], [head(d, x, outputs)])
    kind = d.pick("head", "head", "head", "profile", "two heads", "profile and counts")
    d.kinds += [kind] * (kind != "head")
    heads = [profile(d, x) if make is profile else head(d, x, d.pick(1, 1, 2, 3)) for make in HEADS[kind]]
    return Tower([*first, *middle], heads)


def architecture(
    c: Choices,
    towers: int = 1,
    outputs: int | None = None,
    length: int | None = None,
    layout: Layout | None = None,
    member: int = 0,
) -> Architecture:
    """A network of up to ``towers`` side by side; with ``outputs`` it answers (n, outputs) without a readout.

    Networks of one ensemble are told apart by ``member``: 0 and 1 never have the same weights.
    """
    letters = length or c.whole(8, 60)
    reading: Layout = layout or c.pick("NCL", "NCL", "NLC", "codes")
    x = torch.from_numpy(encode(probe_codes(letters), reading))
    x = x.long() if reading == "codes" else x
    pad: Padding | None = c.pick(None, None, "centre", "left", "right")
    shortest = c.whole((letters + 1) // 2, letters) if pad else letters
    alphabet, form, pick = c.pick(DNA, RNA), Choices(c.bytes(1)), Choices(c.bytes(4))
    number, generator = c.whole(1, towers), torch.Generator().manual_seed(2 * c.seed() + member)
    drawn = [Drawing(c.bytes(TOWER), generator) for _ in range(number)]
    made = [tower(d, reading, x, outputs) for d in drawn]
    kinds = [kind for d in drawn for kind in d.kinds]
    answer, readout = ("tensor", None) if outputs else answered(form, pick, made, x)
    module = Network(made, answer).eval()
    return Architecture(module, alphabet, letters, shortest, reading, pad, readout, (*kinds, f"{answer} answer"))


def answered(form: Choices, c: Choices, towers: Sequence[Tower], x: Tensor) -> tuple[str, Readout]:
    """The form of the answer, and a readout that makes (n, outputs) of it."""
    answer = form.pick("tensor", "tensor", "tuple", "dict")
    if answer == "tensor":
        return answer, None
    with torch.no_grad():
        widths = [part.shape[1] for one in towers for part in one.eval()(x)]
    names = [index if answer == "tuple" else f"head {index}" for index in range(len(widths))]
    if len(widths) == 2 and widths[1] == 1 and c.maybe():
        stop = c.whole(1, widths[0])
        return answer, profile_counts(names[0], names[1], c.whole(0, stop - 1), stop)
    return answer, c.pick(beside, beside, c.pick(*names))


@st.composite
def architectures(draw: st.DrawFn, towers: int = 1) -> Architecture:
    """Networks of up to ``towers`` networks side by side."""
    return architecture(choices(draw, 16 + towers * TOWER), towers)
