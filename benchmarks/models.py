"""Networks of the benchmark: name, length, source, and weights whose predictions vary as those of trained networks."""

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
"""Seed of every random weight."""


@dataclass(frozen=True)
class Network:
    """A network of the benchmark.

    Attributes
    ----------
    name : name in tables and in ``--models``
    length : length of the input in bp or nt
    source : publication that describes the layers
    make : builds the network
    trained : whether the network has trained weights, which are not changed
    """

    name: str
    length: int
    source: str
    make: Callable[[], nn.Module]
    trained: bool = False

    def build(self) -> nn.Module:
        """The network in eval mode, with the same weights each time."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            net = self.make().eval()
            return net if self.trained else settle(net, self.length)

    def wrap(self, net: nn.Module) -> sd.Model:
        """The network as users of seqdo wrap it; letters of RNA have the codes of DNA."""
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
        Network("Enformer-16k", 16_384, "after Avsec et al. 2021, 192 channels", networks.Enformer),
        Network("DanQ", 1000, "Quang & Xie 2016", networks.DanQ),
        Network("DeepBind", 101, "Alipanahi et al. 2015", networks.DeepBind),
    )
}
"""Name to network. A new network needs a row here."""


@torch.no_grad()
def settle(net: nn.Module, length: int) -> nn.Module:
    """Give random weights the properties of trained weights: every unit varies, and norms have fitting statistics.

    In one pass over random sequences each convolution and dense layer is scaled and shifted, so that its units have
    mean 0 and SD 1. Otherwise the predictions of a deep random network hardly vary, and effects are smaller than
    rounding errors. Batch norms get random scales and the statistics of their inputs.
    """
    hooks = []
    for module in net.modules():
        if isinstance(module, nn.Conv1d | nn.Linear):
            hooks.append(module.register_forward_hook(_standardize))
        elif isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0.0, 0.2)
            module.momentum = None  # running statistics are then averages over all inputs
            module.train()
    letters = torch.randint(4, (max(16, min(256, 2**16 // length)), length))
    net(nn.functional.one_hot(letters, 4).transpose(1, 2).float().contiguous())
    for hook in hooks:
        hook.remove()
    return net.eval()


def _standardize(layer: nn.Conv1d | nn.Linear, _: tuple[Tensor, ...], output: Tensor) -> Tensor:
    """Scale and shift the weights so that each unit has mean 0 and SD 1; return the output of the changed layer."""
    units = output.ndim - 1 if isinstance(layer, nn.Linear) else 1
    others = [axis for axis in range(output.ndim) if axis != units]
    mean, spread = output.mean(others, keepdim=True), output.std(others, keepdim=True)
    layer.weight /= spread.view(-1, *[1] * (layer.weight.ndim - 1))
    layer.bias.copy_((layer.bias - mean.flatten()) / spread.flatten())
    return (output - mean) / spread
