"""The catalogue of networks: name, length, source, and weights that answer as varied as trained ones do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

import seqdo as sd
from benchmarks import networks

SEED = 20261122
"""Of every random weight."""


@dataclass(frozen=True)
class Network:
    """A network of the benchmark.

    Attributes
    ----------
    name : what tables and ``--models`` call it
    length : letters it reads
    source : where its layers are described
    make : builds it
    trained : it comes with weights, which are left alone
    """

    name: str
    length: int
    source: str
    make: Callable[[], nn.Module]
    trained: bool = False

    def build(self) -> nn.Module:
        """The network in eval mode, the same weights each time."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            net = self.make().eval()
            return net if self.trained else settle(net, self.length)

    def wrap(self, net: nn.Module) -> sd.Model:
        """The network as seqdo's users ask it; RNA's letters have the codes of DNA's."""
        return sd.wrap(net, alphabet=sd.DNA, length=self.length, layout="NCL", name=self.name)


def _residualbind() -> nn.Module:
    """The first member of the ensemble that ships with seqdo."""
    call: Any = sd.zoo.load("residualbind-rncmpt00002").members[0].predict
    net: nn.Module = call.module
    return net


NETWORKS = {
    network.name: network
    for network in (
        Network("M1", 249, "DeepSTARR (de Almeida et al. 2022)", networks.deepstarr),
        Network("M2", 41, "ResidualBind (Koo et al. 2021), trained", _residualbind, trained=True),
        Network("M3", 2114, "BPNet (Avsec et al. 2021), profile 1000 + counts", partial(networks.BPNet, profile=True)),
        Network("M3c", 2114, "BPNet (Avsec et al. 2021), counts", partial(networks.BPNet, profile=False)),
        Network("M4", 10_000, "SpliceAI-10k (Jaganathan et al. 2019), one output position", networks.SpliceAI),
        Network("Basset", 600, "Kelley et al. 2016", networks.basset),
        Network("DeepSEA", 1000, "Zhou & Troyanskaya 2015", networks.deepsea),
        Network("Beluga", 2000, "Zhou et al. 2018", networks.beluga),
        Network("ChromBPNet-512", 2114, "Pampari et al. 2024, 512 filters, 8 dilated layers", networks.ChromBPNet),
        Network("Basenji-16k", 16_384, "after Kelley et al. 2018, 8 bins in the middle", networks.Basenji),
        Network("DanQ", 1000, "Quang & Xie 2016", networks.DanQ),
        Network("DeepBind", 101, "Alipanahi et al. 2015", networks.DeepBind),
    )
}
"""Name to network: the one table to extend."""


@torch.no_grad()
def settle(net: nn.Module, length: int) -> nn.Module:
    """Random weights as training leaves them: every unit varies between sequences, and norms know their input.

    In one pass over random sequences each convolution and dense layer is scaled and shifted, so that its
    units answer with mean 0 and SD 1. Without that the answers of a deep random network hardly vary, and
    rounding drowns its effects. Norms get random scales and the statistics of what they see.
    """
    hooks = []
    for module in net.modules():
        if isinstance(module, nn.Conv1d | nn.Linear):
            hooks.append(module.register_forward_hook(_standardise))
        elif isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0.0, 0.2)
            module.momentum = None  # then its running statistics are those of all it was shown
            module.train()
    letters = torch.randint(4, (max(16, min(256, 2**16 // length)), length))
    net(nn.functional.one_hot(letters, 4).transpose(1, 2).float().contiguous())
    for hook in hooks:
        hook.remove()
    return net.eval()


def _standardise(layer: nn.Conv1d | nn.Linear, _: tuple[Tensor, ...], answer: Tensor) -> Tensor:
    """Give each unit of the layer mean 0 and SD 1 over what it was just shown; the answer as it would have been."""
    others = [axis for axis in range(answer.ndim) if axis != 1]
    mean, spread = answer.mean(others, keepdim=True), answer.std(others, keepdim=True)
    layer.weight /= spread.view(-1, *[1] * (layer.weight.ndim - 1))
    layer.bias.copy_((layer.bias - mean.flatten()) / spread.flatten())
    return (answer - mean) / spread
