"""Layers drawn at random: each function draws the layer of its name, to fit features x (n, channels, positions).

The features of a few random sequences are carried along. They say what fits, they set the scale of the
weights (answers of about 1 everywhere), and a layer that forgets the sequences or blows up is left out.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import gcd

import torch
from networks.parts import Call, Functional, Image, Last, Patches, Positions, Shuffle, slices
from strategies import Choices
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.conv import _ConvNd

LONGEST, WIDEST = 90, 48
"""Positions and channels that a layer may leave."""

WIDTHS = (1, 2, 3, 4, 5, 6, 7, 8, 2, 4, 5, 6, 7, 8, 17, 33)
"""Channels that a layer may be given."""

TELLING, LARGEST = 0.02, 50.0
"""Least spread over sequences as a share of the largest number, and that number: else a layer is left out."""

with warnings.catch_warnings():  # torch says once in a process that an even kernel with padding "same" makes a copy
    warnings.simplefilter("ignore")
    functional.conv1d(torch.zeros(1, 1, 4), torch.zeros(1, 1, 2), padding="same")


class Drawing(Choices):
    """Choices, with a generator of weights and the kinds of layers made so far."""

    def __init__(self, drawn: bytes, generator: torch.Generator) -> None:
        super().__init__(drawn)
        self.generator, self.kinds = generator, list[str]()

    def part(self, size: int) -> Drawing:
        """A drawing with the next ``size`` choices."""
        return Drawing(self.bytes(size), self.generator)

    def made(self, part: nn.Module, x: Tensor) -> tuple[nn.Module, Tensor]:
        """The part with weights, and its answer to x; its last convolution or linear layer is scaled to answer 3."""
        with torch.no_grad():
            for module in part.modules():
                self._weigh(module)
            y = part.eval()(x)
            scaled = [m for m in part.modules() if isinstance(m, nn.Linear | _ConvNd)]
            if scaled and isinstance(y, Tensor):
                for tensor in scaled[-1].parameters(recurse=False):
                    tensor.mul_(3 / max(0.1, float(y.abs().max())))  # more would blow up roundings
                y = part(x)
        return part, y

    @staticmethod
    def run(part: nn.Module, x: Tensor) -> tuple[nn.Module, Tensor]:
        """A part whose weights are there already, and its answer to x."""
        with torch.no_grad():
            return part, part.eval()(x)

    def _weigh(self, module: nn.Module) -> None:
        """Weights of both signs; norms as if trained, with means, variances and signs of their own."""

        def normal(tensor: Tensor) -> Tensor:
            return torch.randn(tensor.shape, generator=self.generator)

        for name, tensor in module.named_parameters(recurse=False):
            if tensor.ndim > 1:
                spread = 1.0 if isinstance(module, nn.Embedding | Positions) else tensor[0].numel() ** -0.5
                tensor.copy_(spread * normal(tensor))
            elif name == "weight" and not isinstance(module, nn.PReLU):
                tensor.copy_(normal(tensor).sign() * (0.5 + torch.rand(tensor.shape, generator=self.generator)))
            else:
                tensor.copy_(0.3 * normal(tensor))
        for name, tensor in module.named_buffers(recurse=False):
            if name == "running_mean":
                tensor.copy_(0.5 * normal(tensor))
            elif name == "running_var":
                tensor.copy_(0.3 + 1.7 * torch.rand(tensor.shape, generator=self.generator))


Made = tuple[nn.Module, Tensor]
"""A layer, and what it answers to the features carried along."""

Layer = Callable[[Drawing, Tensor], Made]


def fits(x: Tensor, y: Tensor) -> bool:
    """May the features y follow x: are they finite, small enough, and do they still tell the sequences apart?"""
    small = y.shape[1] <= max(WIDEST, x.shape[1]) and y[0, 0].numel() <= max(LONGEST, x[0, 0].numel())
    largest = float(y.abs().max())
    return small and largest <= LARGEST and float(y.std(0).max()) > TELLING * largest


def conv(d: Drawing, x: Tensor, out: int | None = None, padding: str | None = None) -> Made:
    """Any kernel, stride, dilation, padding and groups; padding "keep" keeps the number of positions."""
    channels, positions = x.shape[1:]
    out, keep = out or d.pick(*WIDTHS), padding == "keep"
    kernel, dilation, stride = d.whole(1, 9), d.pick(1, 1, 1, 2, 3, 4, 5), 1 if padding else d.pick(1, 1, 1, 2, 3, 4)
    if keep or padding is None:
        padding = d.pick(*(("same", "asymmetric") if keep else ("valid", "same", "whole", "asymmetric", "other")))
    before, mode = list[nn.Module](), "zeros"
    if padding in ("valid", "other"):
        kernel = min(kernel, positions)
        dilation = min(dilation, max(1, (positions - 1) // max(1, kernel - 1)))
    span = (kernel - 1) * dilation
    amount: int | str = 0
    if padding == "same":
        amount, stride = "same", 1
    elif padding == "whole":
        least = max(0, -(-(span + 1 - positions) // 2))
        amount = d.whole(least, max(least, min(span, 8)))
    elif padding == "other":
        amount, mode = d.whole(0, min(4, positions - 1)), d.pick("circular", "reflect", "replicate")
    elif padding == "asymmetric":
        left = d.whole(0, span if keep else 6)
        right = span - left if keep else d.whole(max(0, span + 1 - positions - left), 6)
        before = [Call(functional.pad, (left, right))]
    groups = gcd(channels, out)
    groups = d.pick(1, 1, 1, groups, *(divisor for divisor in range(2, groups) if groups % divisor == 0))
    convolution = nn.Conv1d(channels, out, kernel, stride, amount, dilation, groups, bias=d.maybe(), padding_mode=mode)
    if mode == "zeros" and d.pick(False, False, True):
        convolution = Functional(convolution)
    d.kinds.append("depthwise conv" if 1 < groups == channels else "grouped conv" if groups > 1 else "conv")
    d.kinds.append(f"conv padding {padding}")
    d.kinds += ["strided conv"] * (stride > 1) + ["dilated conv"] * (dilation > 1)
    return d.made(nn.Sequential(*before, convolution) if before else convolution, x)


def conv2d(d: Drawing, x: Tensor) -> Made:
    """On an image of height 1 with channels, or of height ``channels`` with one."""
    channels, positions = x.shape[1:]
    rows, out, stride = d.pick("one", "channels"), d.pick(*WIDTHS), d.pick(1, 1, 2, 3)
    kernel = min(d.whole(1, 9), positions)
    dilation = min(d.pick(1, 1, 2, 3), max(1, (positions - 1) // max(1, kernel - 1)))
    padding = d.whole(0, 4)
    shape = {"dilation": (1, dilation), "padding": (0, padding), "stride": (1, stride), "bias": d.maybe()}
    if rows == "channels":
        return d.made(Image(nn.Conv2d(1, out, (channels, kernel), **shape), rows), x)
    return d.made(Image(nn.Conv2d(channels, out, (1, kernel), **shape), rows), x)


def transposed_conv(d: Drawing, x: Tensor) -> Made:
    channels, positions = x.shape[1:]
    out, kernel, dilation = d.pick(*WIDTHS), d.whole(1, 7), d.pick(1, 1, 1, 2, 3)
    stride = min(d.pick(1, 2, 3, 4), max(1, LONGEST // (positions + 8)))
    more = d.whole(0, max(stride, dilation) - 1)
    span = (kernel - 1) * dilation
    padding = d.whole(0, min(span, ((positions - 1) * stride + span + more) // 2))
    groups = d.pick(1, 1, gcd(channels, out))
    convolution = nn.ConvTranspose1d(channels, out, kernel, stride, padding, more, groups, d.maybe(), dilation)
    return d.made(convolution, x)


def linear(d: Drawing, x: Tensor, out: int | None = None) -> Made:
    """On the channels of each position."""
    return d.made(Last(nn.Linear(x.shape[1], out or d.pick(*WIDTHS), d.maybe()), d.pick("transpose", "permute")), x)


def batch_norm(d: Drawing, x: Tensor) -> Made:
    return d.made(nn.BatchNorm1d(x.shape[1], affine=d.pick(True, True, False)), x)


def layer_norm(d: Drawing, x: Tensor) -> Made:
    """Over channels. Of few channels all may be alike: a larger eps keeps the layer from being a step function."""
    eps = 1e-5 if x.shape[1] > 5 else 0.1
    return d.made(Last(nn.LayerNorm(x.shape[1], eps, d.pick(True, True, False)), d.pick("transpose", "permute")), x)


def group_norm(d: Drawing, x: Tensor) -> Made:
    """Over channels and positions: each answer needs all positions."""
    channels, positions = x.shape[1:]
    groups = d.pick(1, *(divisor for divisor in range(2, channels + 1) if channels % divisor == 0))
    return d.made(nn.GroupNorm(groups, channels, 1e-5 if positions * channels // groups > 9 else 0.1), x)


RECTIFIERS = (
    nn.ReLU, lambda: Call(torch.relu), lambda: Call(functional.relu), lambda: nn.LeakyReLU(0.2), nn.ELU, nn.SELU,
    lambda: Call(functional.leaky_relu, 0.1), lambda: Call(functional.elu, 0.7), nn.ReLU6,
    lambda: nn.Hardtanh(-1.5, 0.5), lambda: Call(torch.clamp, -0.5), lambda: Call(torch.abs),
)  # fmt: skip
SMOOTH = (
    nn.GELU, lambda: nn.GELU("tanh"), lambda: Call(functional.gelu), nn.SiLU, lambda: Call(functional.silu), nn.Mish,
    nn.Softplus, lambda: nn.Softplus(2.0), lambda: Call(functional.softplus), nn.Sigmoid, lambda: Call(torch.sigmoid),
    nn.Tanh, lambda: Call(torch.tanh), nn.Hardswish, nn.Softsign, lambda: Call(torch.square), lambda: Call(torch.sin),
)  # fmt: skip


def rectifier(d: Drawing, x: Tensor) -> Made:
    return d.made(d.pick(*RECTIFIERS)(), x)


def smooth(d: Drawing, x: Tensor) -> Made:
    return d.made(d.pick(*SMOOTH)(), x)


def prelu(d: Drawing, x: Tensor) -> Made:
    return d.made(nn.PReLU(d.pick(1, x.shape[1])), x)


def exp(d: Drawing, x: Tensor) -> Made:
    """Of features scaled so that it does not blow up."""
    return d.made(nn.Sequential(Call(torch.mul, round(1.5 / max(0.1, float(x.abs().max())), 2)), Call(torch.exp)), x)


def max_pool(d: Drawing, x: Tensor) -> Made:
    positions = x.shape[2]
    kernel = min(d.whole(1, 6), positions)
    dilation = min(d.pick(1, 1, 1, 2, 3), max(1, (positions - 1) // max(1, kernel - 1)))
    stride, padding = d.whole(1, kernel + 1), d.whole(0, kernel // 2)
    d.kinds += ["padded pool"] * (padding > 0) + ["overlapping pool"] * (stride < kernel)
    if d.maybe():
        return d.made(Call(functional.max_pool1d, kernel, stride, padding, dilation, d.maybe()), x)
    return d.made(nn.MaxPool1d(kernel, stride, padding, dilation, ceil_mode=d.maybe()), x)


def avg_pool(d: Drawing, x: Tensor) -> Made:
    kernel = min(d.whole(1, 6), x.shape[2])
    stride, padding, ceil, count = d.whole(1, kernel + 1), d.whole(0, kernel // 2), d.maybe(), d.maybe()
    d.kinds += ["padded pool"] * (padding > 0) + ["overlapping pool"] * (stride < kernel)
    if d.maybe():
        return d.made(Call(functional.avg_pool1d, kernel, stride, padding, ceil, count), x)
    return d.made(nn.AvgPool1d(kernel, stride, padding, ceil, count), x)


def adaptive_pool(d: Drawing, x: Tensor) -> Made:
    return d.made(d.pick(nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d)(d.whole(1, min(6, x.shape[2]))), x)


def patches(d: Drawing, x: Tensor) -> Made:
    return d.made(Patches(d.whole(1, min(5, x.shape[2])), d.pick("max", "mean", "softmax")), x)


def pad(d: Drawing, x: Tensor) -> Made:
    """Zeros or another number, copies of what is there, or negative: a crop."""
    most = min(6, x.shape[2] - 1)
    sides = (d.whole(0, most), d.whole(0, most))
    mode = d.pick("constant", "constant", "negative", "reflect", "replicate", "circular")
    if mode == "negative":
        return d.made(Call(functional.pad, (-min(sides[0], most // 2), sides[1])), x)
    if mode == "constant":
        return d.made(Call(functional.pad, sides, value=d.pick(0.0, 0.5, -1.0)), x)
    return d.made(Call(functional.pad, sides, mode=mode), x)


def crop(d: Drawing, x: Tensor) -> Made:
    """Positions from start to stop, every step-th of them; negative bounds too."""
    positions = x.shape[2]
    start = d.whole(0, (positions - 1) // 2)
    stop = d.whole(start + 1 + (positions - start) // 3, positions)
    step = d.pick(1, 1, 2, 3)
    how = d.pick("slice", "negative", "narrow")
    if how == "narrow":
        return d.made(Call(torch.narrow, 2, start, stop - start), x)
    if how == "negative":
        return d.made(Call(slices, 2, start - positions, (stop - positions) or None, step), x)
    return d.made(Call(slices, 2, start, stop, step), x)


def channels(d: Drawing, x: Tensor) -> Made:
    """Some channels, or all of them in another order."""
    number = x.shape[1]
    groups = d.pick(*(divisor for divisor in range(1, number + 1) if number % divisor == 0))
    options = [Shuffle(groups), Call(slices, 1, number // 3, None), Call(torch.flip, (1,)), Call(torch.softmax, dim=1)]
    return d.made(d.pick(*options), x)


def rearranged(d: Drawing, x: Tensor) -> Made:
    """Positions in another order, or all of them together: cumulative sums, softmax, a sort."""
    how = d.pick("flip", "roll", "cumsum", "softmax", "sorted", "minus mean")
    part = {
        "flip": lambda: Call(torch.flip, (2,)),
        "roll": lambda: Call(torch.roll, d.whole(1, 4), 2),
        "cumsum": lambda: nn.Sequential(Call(torch.cumsum, 2), Call(torch.div, float(x.shape[2]) ** 0.5)),
        "softmax": lambda: nn.Sequential(nn.Softmax(2), Call(torch.mul, float(x.shape[2]))),
        "sorted": lambda: Call(sort),
        "minus mean": lambda: Call(centered),
    }[how]()
    return d.made(part, x)


def sort(x: Tensor) -> Tensor:
    return x.sort(2).values


def centered(x: Tensor) -> Tensor:
    return x - x.mean(2, keepdim=True)


def upsample(d: Drawing, x: Tensor) -> Made:
    positions = x.shape[2]
    factor = min(d.whole(1, 3), max(1, LONGEST // positions))
    how = d.pick("module", "repeat", "size", "linear")
    if how == "repeat":
        return d.made(Call(torch.repeat_interleave, factor, 2), x)
    if how == "size":
        return d.made(Call(functional.interpolate, size=d.whole(1, min(LONGEST, 2 * positions))), x)
    if how == "linear":
        return d.made(nn.Upsample(scale_factor=factor, mode="linear"), x)
    return d.made(nn.Upsample(scale_factor=factor), x)
