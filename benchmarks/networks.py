"""Published networks, written from the descriptions in the papers. Each reads one-hot (n, 4, length)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn


def _scan(inputs: int, filters: int, width: int, pool: int) -> list[nn.Module]:
    """Convolution, batch norm, ReLU, and a max-pool whose stride is its width."""
    layers = [nn.Conv1d(inputs, filters, width, padding="same"), nn.BatchNorm1d(filters), nn.ReLU()]
    return [*layers, nn.MaxPool1d(pool)]


def _dense(inputs: int, units: int, dropout: float) -> list[nn.Module]:
    return [nn.Linear(inputs, units), nn.BatchNorm1d(units), nn.ReLU(), nn.Dropout(dropout)]


class Headed(nn.Module):
    """A body and a last layer, followed by a sigmoid if the network predicts probabilities."""

    def __init__(self, body: list[nn.Module], head: nn.Module, probabilities: bool) -> None:
        super().__init__()
        self.body, self.head = nn.Sequential(*body), head
        self.end = nn.Sigmoid() if probabilities else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.head(self.body(x)))


def deepstarr() -> nn.Module:
    scans = [*_scan(4, 256, 7, 2), *_scan(256, 60, 3, 2), *_scan(60, 60, 5, 2), *_scan(60, 120, 3, 2)]
    dense = [nn.Flatten(), *_dense(120 * 15, 256, 0.4), *_dense(256, 256, 0.4)]
    return Headed([*scans, *dense], nn.Linear(256, 2), probabilities=False)


def basset() -> nn.Module:
    body: list[nn.Module] = []
    for inputs, filters, width, pool in ((4, 300, 19, 3), (300, 200, 11, 4), (200, 200, 7, 4)):
        body += [nn.Conv1d(inputs, filters, width), nn.BatchNorm1d(filters), nn.ReLU(), nn.MaxPool1d(pool)]
    body += [nn.Flatten(), *_dense(200 * 10, 1000, 0.3), *_dense(1000, 1000, 0.3)]
    return Headed(body, nn.Linear(1000, 164), probabilities=True)


def deepsea() -> nn.Module:
    body: list[nn.Module] = []
    for inputs, filters, dropout in ((4, 320, 0.2), (320, 480, 0.2)):
        body += [nn.Conv1d(inputs, filters, 8), nn.ReLU(), nn.MaxPool1d(4), nn.Dropout(dropout)]
    body += [nn.Conv1d(480, 960, 8), nn.ReLU(), nn.Dropout(0.5)]
    body += [nn.Flatten(), nn.Linear(960 * 53, 925), nn.ReLU()]
    return Headed(body, nn.Linear(925, 919), probabilities=True)


def beluga() -> nn.Module:
    body: list[nn.Module] = []
    for inputs, filters, last in ((4, 320, nn.MaxPool1d(4)), (320, 480, nn.MaxPool1d(4)), (480, 640, nn.Flatten())):
        body += [nn.Conv1d(inputs, filters, 8), nn.ReLU(), nn.Conv1d(filters, filters, 8), nn.ReLU()]
        body += [nn.Dropout(0.2), last]
    body += [nn.Linear(640 * 106, 2003), nn.ReLU()]
    return Headed(body, nn.Linear(2003, 2002), probabilities=True)


class DeepBind(nn.Module):
    """Motif detectors that extend beyond both ends, their largest and mean value, one hidden layer."""

    def __init__(self, detectors: int = 16, width: int = 24) -> None:
        super().__init__()
        self.detect = nn.Conv1d(4, detectors, width, padding=width - 1)
        self.hidden, self.head = nn.Linear(2 * detectors, 32), nn.Linear(32, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.detect(x))
        return self.head(torch.relu(self.hidden(torch.cat([x.amax(2), x.mean(2)], 1))))


class DanQ(nn.Module):
    """Convolution, a long pool, an LSTM in both directions, dense layers."""

    def __init__(self) -> None:
        super().__init__()
        self.scan = nn.Sequential(nn.Conv1d(4, 320, 26), nn.ReLU(), nn.MaxPool1d(13), nn.Dropout(0.2))
        self.lstm = nn.LSTM(320, 320, batch_first=True, bidirectional=True)
        self.dense = nn.Sequential(nn.Dropout(0.5), nn.Flatten(), nn.Linear(75 * 640, 925), nn.ReLU())
        self.head = nn.Linear(925, 919)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.lstm(self.scan(x).transpose(1, 2))
        return torch.sigmoid(self.head(self.dense(states)))


class BPNet(nn.Module):
    """Dilated residual layers with padding; profile logits and log counts of the middle.

    Nine layers with dilation 1 to 256 reach 511 bp to each side. An input of 2,114 bp has 557 bp on each side of the
    middle 1,000 bp.
    """

    def __init__(self, *, profile: bool, filters: int = 64, layers: int = 9, trim: int = 557) -> None:
        super().__init__()
        self.stem = nn.Conv1d(4, filters, 21, padding=10)
        dilations = [2**layer for layer in range(layers)]
        self.residual = nn.ModuleList(nn.Conv1d(filters, filters, 3, padding=d, dilation=d) for d in dilations)
        self.head_profile = nn.Conv1d(filters, 1, 75) if profile else None
        self.head_counts = nn.Linear(filters, 1)
        self.trim = trim - 37  # half of the profile's kernel, which has no padding

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.stem(x))
        for layer in self.residual:
            x = x + torch.relu(layer(x))
        x = x[:, :, self.trim : -self.trim]
        counts = self.head_counts(x.mean(2))
        return counts if self.head_profile is None else torch.cat([self.head_profile(x).flatten(1), counts], 1)


class ChromBPNet(nn.Module):
    """BPNet without padding: each layer is shorter than the last, and the residual is cropped to its length."""

    def __init__(self, filters: int = 512, layers: int = 8) -> None:
        super().__init__()
        self.stem = nn.Conv1d(4, filters, 21)
        self.residual = nn.ModuleList(nn.Conv1d(filters, filters, 3, dilation=2**i) for i in range(1, layers + 1))
        self.head_profile, self.head_counts = nn.Conv1d(filters, 1, 75), nn.Linear(filters, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.stem(x))
        for layer in self.residual:
            crop = layer.dilation[0]
            x = x[:, :, crop:-crop] + torch.relu(layer(x))
        return torch.cat([self.head_profile(x).flatten(1), self.head_counts(x.mean(2))], 1)


class Residual(nn.Module):
    """The unit of SpliceAI: batch norm, ReLU and a dilated convolution, twice, added to the input."""

    def __init__(self, filters: int, width: int, dilation: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(2):
            layers += [nn.BatchNorm1d(filters), nn.ReLU()]
            layers += [nn.Conv1d(filters, filters, width, dilation=dilation, padding="same")]
        self.branch = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


class SpliceAI(nn.Module):
    """Four groups of four units, summed through skip connections; three probabilities of the middle position."""

    def __init__(self, length: int = 10_000, filters: int = 32) -> None:
        super().__init__()
        self.stem, self.middle = nn.Conv1d(4, filters, 1), length // 2
        groups = ((11, 1), (11, 4), (21, 10), (41, 25))
        self.groups = nn.ModuleList(nn.Sequential(*(Residual(filters, w, d) for _ in range(4))) for w, d in groups)
        self.skips = nn.ModuleList(nn.Conv1d(filters, filters, 1) for _ in range(5))
        self.head = nn.Conv1d(filters, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        total = self.skips[0](x)
        for group, skip in zip(self.groups, self.skips[1:], strict=True):
            x = group(x)
            total = total + skip(x)
        return torch.softmax(self.head(total[:, :, self.middle : self.middle + 1]).flatten(1), 1)


class Basenji(nn.Module):
    """Convolutions and pools down to bins of 128 bp, densely connected dilated layers, and the bins in the middle."""

    def __init__(self, length: int = 16_384, bins: int = 8, tracks: int = 32) -> None:
        super().__init__()
        scans = ((4, 196, 21, 2), (196, 196, 5, 4), (196, 235, 5, 4), (235, 282, 5, 4))
        self.scan = nn.Sequential(*(layer for scan in scans for layer in _scan(*scan)))
        widths = [282 + 32 * layer for layer in range(8)]
        self.dilated = nn.ModuleList(
            nn.Sequential(nn.Conv1d(width, 32, 3, padding="same", dilation=2**i), nn.BatchNorm1d(32), nn.ReLU())
            for i, width in enumerate(widths[:-1])
        )
        self.final = nn.Sequential(nn.Conv1d(widths[-1], 384, 1), nn.BatchNorm1d(384), nn.ReLU())
        self.head = nn.Conv1d(384, tracks, 1)
        self.first, self.bins = (length // 128 - bins) // 2, bins

    def forward(self, x: Tensor) -> Tensor:
        x = self.scan(x)
        for layer in self.dilated:
            x = torch.cat([x, layer(x)], 1)
        x = self.final(x[:, :, self.first : self.first + self.bins])
        return nn.functional.softplus(self.head(x)).flatten(1)


class Enformer(nn.Module):
    """Enformer (Avsec et al. 2021) with fewer channels and a shorter input, in the same proportions of work.

    A stem and six blocks of convolutions with attention pools, eleven transformer layers on bins of 128 bp, a crop, and
    a head. Attention has torch's own form, without Enformer's relative positions.
    """

    def __init__(self, channels: int = 192, layers: int = 11, crop: int = 40, tracks: int = 32) -> None:
        super().__init__()
        half = channels // 2
        self.stem = nn.Conv1d(4, half, 15, padding=7)
        self.stem_residual = nn.Sequential(*_normed(half, half, 1))
        widths = [half, *(round(half * 2 ** (i / 5) / 8) * 8 for i in range(6))]
        self.blocks = nn.ModuleList(nn.Sequential(*_normed(a, b, 5)) for a, b in pairwise(widths))
        self.residuals = nn.ModuleList(nn.Sequential(*_normed(b, b, 1)) for b in widths[1:])
        self.pools = nn.ModuleList(AttentionPool(width) for width in widths)
        self.transformer = nn.ModuleList(
            nn.TransformerEncoderLayer(
                widths[-1], 8, 2 * widths[-1], batch_first=True, norm_first=True, activation="relu"
            )
            for _ in range(layers)
        )
        self.final = nn.Linear(widths[-1], 2 * widths[-1])
        self.head, self.crop = nn.Linear(2 * widths[-1], tracks), crop

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = self.pools[0](x + self.stem_residual(x))
        for block, residual, pool in zip(self.blocks, self.residuals, self.pools[1:], strict=True):
            x = block(x)
            x = pool(x + residual(x))
        x = x.transpose(1, 2)
        for layer in self.transformer:
            x = layer(x)
        x = nn.functional.gelu(self.final(x[:, self.crop : -self.crop]))
        return nn.functional.softplus(self.head(x)).mean(1)


class AttentionPool(nn.Module):
    """The mean of every two positions, weighted by a softmax of scores."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.score = nn.Conv2d(channels, channels, 1, bias=False)
        nn.init.dirac_(self.score.weight)
        with torch.no_grad():
            self.score.weight *= 2

    def forward(self, x: Tensor) -> Tensor:
        n, channels, length = x.shape
        windows = x.view(n, channels, length // 2, 2)
        return (windows * self.score(windows).softmax(-1)).sum(-1)


def _normed(inputs: int, outputs: int, width: int) -> list[nn.Module]:
    """Batch norm, GELU, convolution."""
    return [nn.BatchNorm1d(inputs), nn.GELU(), nn.Conv1d(inputs, outputs, width, padding=width // 2)]
