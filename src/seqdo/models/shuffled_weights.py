"""A control network that has learned nothing: the same weights in another order (Adebayo et al. 2018, NeurIPS 31)."""

from __future__ import annotations

from dataclasses import replace

from seqdo.models.model import Model
from seqdo.sequences.stream import Seed, root, stream


def shuffled_weights(model: Model, rng: Seed = None) -> Model:
    """The model with the values of each weight tensor in a random order: a control that has learned nothing.

    Each parameter keeps its values and loses their places. An effect of this model does not come from training.
    The original model stays as it is. Running means of normalization layers stay. A reference keeps its letters and
    loses its predictions, which were the trained model's. So the margin comes from predictions of the shuffled model.

    Parameters
    ----------
    model : a model whose members are all networks with readable weights, such as PyTorch modules
    rng : seed of the order, or a generator; None draws a seed

    Returns
    -------
    A Model with copies of the networks, named "..., weights shuffled"

    Raises
    ------
    InputError
        A member without readable weights, such as a function.

    Examples
    --------
    >>> import torch, seqdo as sd
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(40, 1)).eval()
    >>> model = sd.wrap(net, alphabet=sd.DNA, length=10, layout="NCL")
    >>> shuffled_weights(model, rng=0)
    <model Sequential, weights shuffled: 10 bp of DNA to output, 1 member>
    """
    seed = root(rng)
    members = []
    for number, member in enumerate(model.members):
        network = member.network.with_shuffled_weights(stream(seed, "shuffled weights", number))
        members.append(replace(member, network=network, sha256=network.weights_sha256()))
    letters = None if model.reference is None else replace(model.reference, outputs={})
    return replace(model, name=f"{model.name}, weights shuffled", members=tuple(members), reference=letters)
