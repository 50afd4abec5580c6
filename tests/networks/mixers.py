"""Parts that mix all positions, as transformers, state-space and long-convolution networks have them.

Every part maps features (n, channels, positions) to features of the same shape, unless it says otherwise.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class MultiHead(nn.Module):
    """torch's own attention, with or without the rest of a transformer layer around it."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        h = x.transpose(1, 2)
        if isinstance(self.layer, nn.MultiheadAttention):
            return x + self.layer(h, h, h, need_weights=False)[0].transpose(1, 2)
        return self.layer(h).transpose(1, 2)


class Heads(nn.Module):
    """Attention with several heads, written out in one of the ways of published code."""

    def __init__(self, project: nn.Linear, heads: int, kind: str) -> None:
        super().__init__()
        self.project, self.heads, self.kind = project, heads, kind
        size = project.out_features // 3 // heads
        self.relative = nn.Parameter(torch.empty(heads, size, 4))

    def forward(self, x: Tensor) -> Tensor:
        h = x.transpose(1, 2)
        n, length, _ = h.shape
        q, k, v = self.project(h).chunk(3, dim=-1)
        if self.kind == "rows and heads in one":
            return x + self._one_axis(q, k, v).transpose(1, 2)
        q, k, v = (t.view(n, length, self.heads, -1) for t in (q, k, v))
        if self.kind == "rotary":
            q, k = self._rotated(q), self._rotated(k)
        scores = torch.einsum("bihd,bjhd->bhij", q, k) * q.shape[-1] ** -0.5
        places = torch.arange(length, device=x.device)
        if self.kind == "alibi":
            slopes = torch.tensor([2.0 ** -(i + 1) for i in range(self.heads)], dtype=x.dtype)
            scores = scores - (places[:, None] - places).abs() * slopes[:, None, None]
        if self.kind == "relative":
            scores = scores + self._shifted(q, length)
        mixed = torch.einsum("bhij,bjhd->bihd", scores.softmax(-1), v)
        return x + mixed.reshape(n, length, -1).transpose(1, 2)

    def _one_axis(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Rows and heads as one axis: view(n * heads, ...)."""
        n, length, width = q.shape
        size = width // self.heads

        def split(t: Tensor) -> Tensor:
            return t.view(n, length, self.heads, size).transpose(1, 2).reshape(n * self.heads, length, size)

        weights = torch.bmm(split(q), split(k).transpose(1, 2)).softmax(-1)
        mixed = torch.bmm(weights, split(v)).view(n, self.heads, length, size)
        return mixed.transpose(1, 2).reshape(n, length, width)

    def _rotated(self, t: Tensor) -> Tensor:
        """Rotary embedding: halves of the features are turned by angles of the position."""
        half = t.shape[-1] // 2
        angles = torch.arange(t.shape[1], dtype=t.dtype)[:, None] * 0.5 ** torch.arange(half, dtype=t.dtype)
        cos, sin = (f(angles)[:, None].repeat(1, 1, 2) for f in (torch.cos, torch.sin))
        turned = torch.cat([-t[..., half:], t[..., :half]], dim=-1)
        return t * cos + turned * sin

    def _shifted(self, q: Tensor, length: int) -> Tensor:
        """Scores of relative positions, shifted as in Enformer: pad, reshape, crop."""
        distance = torch.arange(-length + 1, length, dtype=q.dtype)
        basis = torch.stack([0.5 ** (distance.abs() / scale) for scale in (1, 3)], -1)
        basis = torch.cat([basis, basis * distance.sign()[:, None]], -1)  # (2 length - 1, 4)
        scores = torch.einsum("bihd,hdf,rf->bhir", q, self.relative, basis)
        n, heads, _, width = scores.shape
        scores = torch.cat([torch.zeros_like(scores[..., :1]), scores], dim=-1)
        scores = scores.reshape(n, heads, width + 1, length)[:, :, 1:].reshape(n, heads, length, width)
        return scores[..., :length]

    def extra_repr(self) -> str:
        return f"heads={self.heads}, kind={self.kind!r}"


class AttentionPool(nn.Module):
    """The weighted mean of every two positions, by a softmax over the two (Enformer)."""

    def __init__(self, score: nn.Conv2d) -> None:
        super().__init__()
        self.score = score

    def forward(self, x: Tensor) -> Tensor:
        x = x[..., : x.shape[2] // 2 * 2]
        n, channels, length = x.shape
        windows = x.view(n, channels, length // 2, 2)
        return (windows * self.score(windows).softmax(-1)).sum(-1)


class LongConvolution(nn.Module):
    """A convolution as long as the sequence, by Fourier transforms, times a gate (Hyena)."""

    def __init__(self, gate: nn.Conv1d, length: int) -> None:
        super().__init__()
        self.gate, self.filter = gate, nn.Parameter(torch.empty(gate.out_channels, length))

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[2]
        spectrum = torch.fft.rfft(x, n=2 * length) * torch.fft.rfft(self.filter, n=2 * length)
        return torch.fft.irfft(spectrum, n=2 * length)[..., :length] * torch.sigmoid(self.gate(x))


class Scan(nn.Module):
    """A linear state-space model, step by step from a state of zeros."""

    def __init__(self, enter: nn.Linear, start: str) -> None:
        super().__init__()
        self.enter, self.start = enter, start
        self.decay = nn.Parameter(torch.empty(enter.out_features))

    def forward(self, x: Tensor) -> Tensor:
        steps = self.enter(x.transpose(1, 2))
        rows = len(x) if self.start == "len" else x.shape[0]
        state = torch.zeros(rows, steps.shape[2], dtype=x.dtype)
        states = []
        for step in range(steps.shape[1]):
            state = torch.sigmoid(self.decay) * state + steps[:, step]
            states.append(state)
        return torch.stack(states, 2)

    def extra_repr(self) -> str:
        return f"start={self.start!r}"


class UNet(nn.Module):
    """Down by a pool, up again by a transposed convolution, and concatenated with what went around."""

    def __init__(self, inner: nn.Conv1d, up: nn.ConvTranspose1d, out: nn.Conv1d) -> None:
        super().__init__()
        self.inner, self.up, self.out = inner, up, out

    def forward(self, x: Tensor) -> Tensor:
        up = self.up(torch.relu(self.inner(functional.max_pool1d(x, 2))))
        return self.out(torch.cat([x[..., : up.shape[2]], up], 1))


class Marked(nn.Module):
    """Channels that are the same for every sequence, concatenated: zeros for each of len(x) rows, and places."""

    def __init__(self, rows: str) -> None:
        super().__init__()
        self.rows = rows

    def forward(self, x: Tensor) -> Tensor:
        rows = len(x) if self.rows == "len" else x.size(0)
        zeros = torch.zeros(rows, 1, x.shape[2], dtype=x.dtype)
        places = torch.linspace(0, 1, x.shape[2], dtype=x.dtype).expand(rows, 1, -1)
        return torch.cat([x, zeros, places], 1) + torch.cat([places, zeros, places], 1).mean(1, keepdim=True)

    def extra_repr(self) -> str:
        return f"rows={self.rows!r}"


class Flat(nn.Module):
    """A linear layer on rows and positions as one axis: reshape(n * length, channels). Channels may change."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        n, channels, length = x.shape
        rows = x.transpose(1, 2).reshape(n * length, channels)
        return torch.relu(self.layer(rows)).reshape(n, length, -1).transpose(1, 2)
