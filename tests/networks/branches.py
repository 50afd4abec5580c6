"""Layers made of several, drawn at random: branches added, multiplied or concatenated, and shared parts."""

from __future__ import annotations

import torch
from networks import layers, mixers
from networks.layers import Drawing, Made, conv, fits, rectifier, smooth
from networks.parts import Attention, Call, Dense, Gate, Positions, Recurrent, Repeated, Residual, Squeeze, Strands
from torch import Tensor, nn

STEPS = 4
"""Positions of a recurrent layer."""


def chain(d: Drawing, x: Tensor, out: int, padding: str = "keep", most: int = 3) -> Made:
    """One to ``most`` convolutions of stride 1, the last with ``out`` channels, with norms and activations."""
    parts = list[nn.Module]()
    for left in reversed(range(d.whole(1, most))):
        for before in ([layers.batch_norm] if d.maybe() else []) + ([d.pick(rectifier, smooth)] if d.maybe() else []):
            part, y = before(d, x)
            if fits(x, y):
                parts.append(part)
                x = y
        part, x = conv(d, x, d.pick(2, 3, 5) if left else out, padding)
        parts.append(part)
    return (nn.Sequential(*parts) if len(parts) > 1 else parts[0]), x


def residual(d: Drawing, x: Tensor) -> Made:
    """Same length, or without padding and cropped to fit; a shortcut of its own where channels differ."""
    padding = d.pick("keep", "keep", "valid")
    out = d.pick(x.shape[1], x.shape[1], 4)
    body, y = chain(d, x, out, padding)
    shortcut = None if out == x.shape[1] else d.made(nn.Conv1d(x.shape[1], out, 1), x)[0]
    return d.run(Residual(body, shortcut, d.whole(0, x.shape[2] - y.shape[2])), x)


def dense(d: Drawing, x: Tensor) -> Made:
    bodies, y = [], x
    for _ in range(d.whole(1, 3)):
        body, more = chain(d, y, d.pick(1, 2, 3, 5), most=2)
        bodies.append(body)
        y = torch.cat([y, more], 1)
    return d.run(Dense(*bodies), x)


def gate(d: Drawing, x: Tensor) -> Made:
    """Two branches multiplied."""
    if d.maybe():
        part, _ = conv(d, x, 2 * d.pick(1, 2, 3, 5))
        return d.run(nn.Sequential(part, nn.GLU(1)), x)
    out = d.pick(1, 2, 4, 6)
    value, other = chain(d, x, out, most=1)[0], chain(d, x, out, most=2)[0]
    return d.run(Gate(value, other, d.pick(nn.Sigmoid, nn.Tanh, nn.Identity)()), x)


def squeeze(d: Drawing, x: Tensor) -> Made:
    excite, _ = d.made(nn.Linear(x.shape[1], x.shape[1]), x.mean(2))
    return d.run(Squeeze(excite), x)


def repeated(d: Drawing, x: Tensor) -> Made:
    """One part two or three times: shared weights."""
    part, _ = chain(d, x, x.shape[1], most=2)
    return d.run(Repeated(nn.Sequential(part, d.pick(nn.ReLU, nn.Tanh)()), d.whole(2, 3)), x)


def strands(d: Drawing, x: Tensor) -> Made:
    part, _ = chain(d, x, d.pick(2, 4, 6), most=2)
    return d.run(Strands(part), x)


def attention(d: Drawing, x: Tensor) -> Made:
    size = d.pick(1, 2, 4)
    q, k, v = (d.made(nn.Conv1d(x.shape[1], out, 1), x)[0] for out in (size, size, d.pick(2, 4, 6)))
    part = Attention(q, k, v, fused=d.maybe())
    return d.run(Residual(part) if v.out_channels == x.shape[1] and d.maybe() else part, x)


def recurrent(d: Drawing, x: Tensor, take: str = "all") -> Made:
    """Of at most ``STEPS`` positions, after a pool where there are more: torch.export unrolls every step."""
    pool = nn.MaxPool1d(-(-x.shape[2] // STEPS))
    kind = d.pick(nn.LSTM, nn.GRU, nn.LSTM, nn.GRU, nn.RNN)
    hidden, deep, both, first = d.whole(1, 6), d.pick(1, 1, 2), d.maybe(), d.maybe()
    d.kinds.append(kind.__name__)
    d.kinds += ["bidirectional"] * both + ["two recurrent layers"] * (deep > 1)
    part = Recurrent(kind(x.shape[1], hidden, deep, batch_first=first, bidirectional=both), take)
    return d.made(nn.Sequential(pool, part) if x.shape[2] > STEPS else part, x)


def positions(d: Drawing, x: Tensor) -> Made:
    return d.made(Positions(*x.shape[1:], d.pick("add", "multiply")), x)


def nothing(d: Drawing, x: Tensor) -> Made:
    return d.made(d.pick(nn.Dropout, nn.Identity, lambda: Call(torch.clone))(), x)


def heads(d: Drawing, x: Tensor) -> Made:
    """Attention with several heads, written out."""
    number, size = d.pick(1, 2), d.pick(2, 4)
    widen = nn.Conv1d(x.shape[1], number * size, 1)
    kind = d.pick("einsum", "rotary", "alibi", "relative", "rows and heads in one")
    d.kinds.append(kind)
    part = mixers.Heads(nn.Linear(number * size, 3 * number * size), number, kind)
    return d.made(nn.Sequential(widen, part), x)


def transformer(d: Drawing, x: Tensor) -> Made:
    """nn.MultiheadAttention or nn.TransformerEncoderLayer."""
    number, size = d.pick(1, 2), d.pick(2, 4)
    width = number * size
    layer = (
        nn.MultiheadAttention(width, number, batch_first=True)
        if d.maybe()
        else nn.TransformerEncoderLayer(width, number, 2 * width, batch_first=True, norm_first=d.maybe())
    )
    d.kinds.append(type(layer).__name__)
    return d.made(nn.Sequential(nn.Conv1d(x.shape[1], width, 1), mixers.MultiHead(layer)), x)


def attention_pool(d: Drawing, x: Tensor) -> Made:
    if x.shape[2] < 2:
        return nothing(d, x)
    return d.made(mixers.AttentionPool(nn.Conv2d(x.shape[1], x.shape[1], 1, bias=False)), x)


def long_convolution(d: Drawing, x: Tensor) -> Made:
    return d.made(mixers.LongConvolution(nn.Conv1d(x.shape[1], x.shape[1], 1), x.shape[2]), x)


def scan(d: Drawing, x: Tensor) -> Made:
    """Of at most ``STEPS`` positions, as torch.export unrolls every step."""
    pool = [nn.AvgPool1d(-(-x.shape[2] // STEPS))] if x.shape[2] > STEPS else []
    part = mixers.Scan(nn.Linear(x.shape[1], d.whole(1, 6)), d.pick("size", "size", "size", "len"))
    return d.made(nn.Sequential(*pool, part), x)


def unet(d: Drawing, x: Tensor) -> Made:
    if x.shape[2] < 2:
        return nothing(d, x)
    inner, channels = d.pick(2, 4, 6), x.shape[1]
    up = nn.ConvTranspose1d(inner, channels, 2, stride=2)
    part = mixers.UNet(
        nn.Conv1d(channels, inner, 3, padding=1), up, nn.Conv1d(2 * channels, d.pick(2, 5), 3, padding=1)
    )
    return d.made(part, x)


def marked(d: Drawing, x: Tensor) -> Made:
    return d.made(mixers.Marked(d.pick("size", "size", "size", "len")), x)


def flat(d: Drawing, x: Tensor) -> Made:
    return d.made(mixers.Flat(nn.Linear(x.shape[1], d.pick(2, 5, 6))), x)
