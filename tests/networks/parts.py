"""Parts that test networks are made of. The repr of each holds what it takes to build the part again.

Every part maps features (n, channels, positions) to features, unless it says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Call(nn.Module):
    """A function called in forward, which no module stands for."""

    def __init__(self, function: Callable[..., Tensor], *arguments: Any, **named: Any) -> None:
        super().__init__()
        self.function, self.arguments, self.named = function, arguments, named

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, *self.arguments, **self.named)

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", str(self.function))
        return f"{name}({', '.join([*map(repr, self.arguments), *(f'{k}={v!r}' for k, v in self.named.items())])})"


def slices(x: Tensor, dim: int, start: int | None, stop: int | None, step: int = 1) -> Tensor:
    """x[..., start:stop:step] along one dimension."""
    return x[(slice(None),) * dim + (slice(start, stop, step),)]


class Functional(nn.Module):
    """A convolution by ``functional.conv1d`` on the weights of a module."""

    def __init__(self, conv: nn.Conv1d) -> None:
        super().__init__()
        self.conv = conv

    def forward(self, x: Tensor) -> Tensor:
        c = self.conv
        return functional.conv1d(x, c.weight, c.bias, c.stride, c.padding, c.dilation, c.groups)


class Image(nn.Module):
    """conv2d on an image of height 1 (rows="channels": one channel, and a kernel as high as the image)."""

    def __init__(self, conv: nn.Module, rows: str = "one") -> None:
        super().__init__()
        self.conv, self.rows = conv, rows

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x.unsqueeze(1 if self.rows == "channels" else 2)).squeeze(2)

    def extra_repr(self) -> str:
        return f"rows={self.rows!r}"


class Last(nn.Module):
    """A part that wants channels last: (n, positions, channels)."""

    def __init__(self, part: nn.Module, by: str = "transpose") -> None:
        super().__init__()
        self.part, self.by = part, by

    def forward(self, x: Tensor) -> Tensor:
        if self.by == "permute":
            return self.part(x.permute(0, 2, 1)).permute(0, 2, 1)
        return self.part(x.transpose(1, 2)).transpose(1, 2)

    def extra_repr(self) -> str:
        return f"by={self.by!r}"


class Recurrent(nn.Module):
    """An LSTM, GRU or RNN along the positions; take="end" answers with its last hidden states (n, features)."""

    def __init__(self, rnn: nn.RNNBase, take: str = "all") -> None:
        super().__init__()
        self.rnn, self.take = rnn, take

    def forward(self, x: Tensor) -> Tensor:
        order = (0, 2, 1) if self.rnn.batch_first else (2, 0, 1)
        y, hidden = self.rnn(x.permute(*order))
        if self.take == "end":
            final = hidden[0] if isinstance(hidden, tuple) else hidden
            return final.transpose(0, 1).flatten(1)
        return y.permute(0, 2, 1) if self.rnn.batch_first else y.permute(1, 2, 0)

    def extra_repr(self) -> str:
        return f"take={self.take!r}"


class Residual(nn.Module):
    """x + body(x); where the body has no padding, x is cropped to what it leaves."""

    def __init__(self, body: nn.Module, shortcut: nn.Module | None = None, crop: int = 0) -> None:
        super().__init__()
        self.body, self.shortcut, self.crop = body, shortcut or nn.Identity(), crop

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        if self.crop or y.shape[2] < x.shape[2]:
            x = x[:, :, self.crop : self.crop + y.shape[2]]
        return self.shortcut(x) + y

    def extra_repr(self) -> str:
        return f"crop={self.crop}"


class Dense(nn.Module):
    """The features of x and of several bodies, concatenated."""

    def __init__(self, *bodies: nn.Module) -> None:
        super().__init__()
        self.bodies = nn.ModuleList(bodies)

    def forward(self, x: Tensor) -> Tensor:
        for body in self.bodies:
            x = torch.cat([x, body(x)], 1)
        return x


class Gate(nn.Module):
    """value(x) * squash(gate(x))."""

    def __init__(self, value: nn.Module, gate: nn.Module, squash: nn.Module) -> None:
        super().__init__()
        self.value, self.gate, self.squash = value, gate, squash

    def forward(self, x: Tensor) -> Tensor:
        return self.value(x) * self.squash(self.gate(x))


class Squeeze(nn.Module):
    """Channels weighted by a function of their means over all positions (squeeze and excite)."""

    def __init__(self, excite: nn.Module) -> None:
        super().__init__()
        self.excite = excite

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(self.excite(x.mean(2))).unsqueeze(2)


class Repeated(nn.Module):
    """One part several times over: shared weights."""

    def __init__(self, part: nn.Module, times: int) -> None:
        super().__init__()
        self.part, self.times = part, times

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.times):
            x = self.part(x)
        return x

    def extra_repr(self) -> str:
        return f"times={self.times}"


class Strands(nn.Module):
    """One part on both strands: x, and x with positions and channels turned round."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, x: Tensor) -> Tensor:
        return (self.part(x) + self.part(x.flip((1, 2))).flip(2)) / 2


class Attention(nn.Module):
    """softmax(q k^T) v over positions."""

    def __init__(self, query: nn.Module, key: nn.Module, value: nn.Module, fused: bool = False) -> None:
        super().__init__()
        self.query, self.key, self.value, self.fused = query, key, value, fused

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (part(x).transpose(1, 2) for part in (self.query, self.key, self.value))
        if self.fused:
            return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2)
        weights = torch.softmax(q @ k.transpose(1, 2) / q.shape[2] ** 0.5, dim=2)
        return (weights @ v).transpose(1, 2)

    def extra_repr(self) -> str:
        return f"fused={self.fused}"


class Positions(nn.Module):
    """A learned number for each channel and position, added or multiplied."""

    def __init__(self, channels: int, positions: int, by: str) -> None:
        super().__init__()
        self.table, self.by = nn.Parameter(torch.empty(channels, positions)), by

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table if self.by == "add" else x * self.table

    def extra_repr(self) -> str:
        return f"{tuple(self.table.shape)}, by={self.by!r}"


class Patches(nn.Module):
    """Pooling by a reshape to patches: their largest, their mean, or their mean under a softmax; a rest is cut off."""

    def __init__(self, size: int, how: str) -> None:
        super().__init__()
        self.size, self.how = size, how

    def forward(self, x: Tensor) -> Tensor:
        n, channels, positions = x.shape
        patches = positions // self.size
        x = x[:, :, : patches * self.size].reshape(n, channels, patches, self.size)
        if self.how == "softmax":
            return (x * torch.softmax(x, dim=3)).sum(3)
        return x.amax(3) if self.how == "max" else x.mean(3)

    def extra_repr(self) -> str:
        return f"size={self.size}, how={self.how!r}"


class Shuffle(nn.Module):
    """Channels of several groups, interleaved."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        n, channels, positions = x.shape
        return (
            x.view(n, self.groups, channels // self.groups, positions).transpose(1, 2).reshape(n, channels, positions)
        )

    def extra_repr(self) -> str:
        return f"groups={self.groups}"


class Pooled(nn.Module):
    """(n, features): the positions summed under a softmax of scores that the features give."""

    def __init__(self, score: nn.Module) -> None:
        super().__init__()
        self.score = score

    def forward(self, x: Tensor) -> Tensor:
        return (x * torch.softmax(self.score(x), dim=2)).sum(2)


class Codes(nn.Module):
    """Codes (n, positions) to features, by an embedding or by one-hot; padding (4) is a row of its own."""

    def __init__(self, embedding: nn.Embedding | None) -> None:
        super().__init__()
        self.embedding = embedding
        self.register_buffer("one", torch.ones(1))  # says in which floats the module computes

    def forward(self, x: Tensor) -> Tensor:
        if self.embedding is None:
            return functional.one_hot(x, 5)[:, :, :4].to(self.one.dtype).transpose(1, 2)
        return self.embedding(x).transpose(1, 2)


class Tower(nn.Module):
    """A body with one or several heads; each head answers (n, outputs)."""

    def __init__(self, body: Sequence[nn.Module], heads: Sequence[nn.Module]) -> None:
        super().__init__()
        self.body, self.heads = nn.Sequential(*body), nn.ModuleList(heads)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.body(x)
        return [head(x) for head in self.heads]


class Network(nn.Module):
    """Towers side by side on one input; their heads answered as one tensor, a tuple or a dict ("head 0", ...)."""

    def __init__(self, towers: Sequence[Tower], answer: str = "tensor") -> None:
        super().__init__()
        self.towers, self.answer = nn.ModuleList(towers), answer

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...] | dict[str, Tensor]:
        heads = [head for tower in self.towers for head in tower(x)]
        if self.answer == "tensor":
            return heads[0] if len(heads) == 1 else torch.cat(heads, 1)
        return tuple(heads) if self.answer == "tuple" else {f"head {i}": head for i, head in enumerate(heads)}

    def extra_repr(self) -> str:
        return f"answer={self.answer!r}"


def beside(answer: tuple[Tensor, ...] | dict[str, Tensor]) -> Tensor:
    """A readout: all heads in one row."""
    return torch.cat(list(answer.values()) if isinstance(answer, dict) else list(answer), 1)
