"""A network that learned nothing: the same weights in another order (Adebayo et al. 2018, NeurIPS 31)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seqdo.errors import InputError
from seqdo.models.model import Member, Model
from seqdo.sequences.stream import Seed, root, stream

if TYPE_CHECKING:
    import numpy as np


def shuffled_weights(model: Model, rng: Seed = None) -> Model:
    """The model with the weights of each of its tensors in a random order: what it then finds, no training taught it.

    Each parameter keeps its numbers and loses their places. The model given is left as it is. Running means of
    normalisation stay. Of a reference the letters are kept, and not the predictions, which were the trained model's:
    the margin is then taken from this one's own.

    Raises
    ------
    InputError
        A member that is no torch module: of a function nobody knows the weights.

    Examples
    --------
    >>> import torch, seqdo as sd
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(40, 1)).eval()
    >>> model = sd.wrap(net, alphabet=sd.DNA, length=10, layout="NCL")
    >>> shuffled_weights(model, rng=0)
    <model Sequential, weights shuffled: 10 letters of DNA to output, 1 member>
    """
    seed = root(rng)
    members = [_shuffled(member, stream(seed, "shuffled weights", place)) for place, member in enumerate(model.members)]
    letters = None if model.reference is None else replace(model.reference, outputs={})
    return replace(model, name=f"{model.name}, weights shuffled", members=tuple(members), reference=letters)


def _shuffled(member: Member, rng: np.random.Generator) -> Member:
    call: Any = member.predict
    if not hasattr(call, "module"):
        raise InputError(
            f"{member.name}, which is no torch module", "only of a network are the weights known",
            "Wrap a second model that was not trained, and ask it the same",
        )  # fmt: skip
    import torch

    from seqdo.models.adapters.torch import weights_sha256

    module = deepcopy(call.module)
    with torch.no_grad():
        for tensor in module.parameters():
            order = torch.from_numpy(rng.permutation(tensor.numel())).to(tensor.device)
            tensor.copy_(tensor.reshape(-1)[order].reshape(tensor.shape))
    return replace(member, predict=replace(call, module=module), sha256=weights_sha256(module))
