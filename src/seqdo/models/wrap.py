"""``wrap``: a user's model in, a checked :class:`~seqdo.models.model.Model` out."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pkgutil import resolve_name
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.adapters.function import FunctionNetwork
from seqdo.models.checks import check_distinct, check_member, half_precision_warning, probe_codes
from seqdo.models.input_layout import Layout, check_layout
from seqdo.models.member import Member
from seqdo.models.model import Model, Padding
from seqdo.models.model_file import adapter_of_file
from seqdo.models.network import Network, first_output
from seqdo.models.random_states import untouched_randomness
from seqdo.models.readout import Readout, as_readout, is_half
from seqdo.models.reference import Reference
from seqdo.sequences.alphabet import Alphabet

ADAPTERS = {
    "seqdo.models.remote": "seqdo.models.adapters.remote_network:RemoteNetwork",
    "torch.nn": "seqdo.models.adapters.tokens:TokenNetwork",
    "keras": "seqdo.models.adapters.keras:KerasNetwork",
    "lightning.pytorch": "seqdo.models.adapters.lightning:LightningNetwork",
    "pytorch_lightning": "seqdo.models.adapters.lightning:LightningNetwork",
    "torch.jit": "seqdo.models.adapters.torchscript:TorchScriptNetwork",
    "torch": "seqdo.models.adapters.torch:TorchNetwork",
    "flax": "seqdo.models.adapters.flax:FlaxNetwork",
    "equinox": "seqdo.models.adapters.equinox:EquinoxNetwork",
    "jax": "seqdo.models.adapters.jax:JaxNetwork",
    "onnx": "seqdo.models.adapters.onnx:OnnxNetwork",
    "onnxruntime": "seqdo.models.adapters.onnx:OnnxNetwork",
}
"""Module to the class that adapts its objects, after :class:`seqdo.models.network.Network`; the first that claims one.

The class is imported only where the framework is loaded already: before, no model of the framework can exist. A Keras
model on torch and a Lightning module are torch modules too, so their rows come first."""


def wrap(
    obj: Any,  # noqa: ANN401 - a module, a callable, a list of them
    *,
    alphabet: Alphabet | None = None,
    length: int | None = None,
    outputs: Sequence[str] | None = None,
    readout: Readout = None,
    layout: Layout | None = None,
    pad: Padding | None = None,
    reference: Reference | None = None,
    allow_noise: bool = False,
    name: str | None = None,
) -> Model:
    """A model that designs can run on, from a network, any callable, or a list of either.

    The user's object stays as it is: device, flags, hooks and random states. ``wrap`` tries it on eight random
    sequences, and refuses a model that would spoil an experiment.

    Parameters
    ----------
    obj : torch.nn.Module, callable, or a list of them (an ensemble)
        A callable receives float32 one-hot (n, 4, length) and returns (n,) or (n, outputs), in anything
        that numpy can read. A Model is returned as it is.
    alphabet : sd.DNA or sd.RNA; the channels of one-hot are A, C, G, T (or U), in this order
    length : number of positions that the model reads, padding included (bp for DNA, nt for RNA)
    outputs : names of the model's outputs, in order; by default "output", or "output 0", "output 1", ...
    readout : key, index or function that turns what the model returns into numbers (see ``sd.readout``)
    layout : "NCL" (n, 4, length), "NLC" (n, length, 4) or "codes" (n, length), uint8 with padding 4
        Detected for a torch module, "NCL" for a callable.
    pad : "left", "right" or "centre", where a shorter sequence gets zeros; None refuses shorter sequences
    reference : the model's predictions on held-out real sequences, and their letters (``sd.Reference.measure``)
    allow_noise : go on with a model whose predictions differ from call to call; the SD is kept in ``noise``
    name : name of the model in tables, pages and messages; by default that of the function or class

    Returns
    -------
    A Model; ``predict`` and ``gradients`` are its methods

    Raises
    ------
    InputError
        A model in train mode, noisy, dependent on its batch, with several heads and no readout, an
        ensemble with a member twice, and the like: each message has what to write instead.
    RunError
        A model that predicts NaN or infinity.

    Examples
    --------
    >>> from seqdo.sequences.alphabet import DNA
    >>> wrap(lambda x: x[:, 1:3].sum((1, 2)), alphabet=DNA, length=20, outputs=["GC"]).outputs
    ('GC',)
    """
    if isinstance(obj, Model):
        return _unchanged(obj, alphabet, length)
    alphabet, length = _checked_input(alphabet, length)
    check_layout(layout)
    _check_choices(pad, outputs)
    objects = list(obj) if isinstance(obj, list | tuple) else [obj]
    names = _member_names(objects, name)
    with untouched_randomness():
        members = tuple(
            _member(item, label, probe_codes(length), layout, readout, allow_noise)
            for item, label in zip(objects, names, strict=True)
        )
        labels = _output_names(members, outputs, length)
        model = Model(name or (names[0] if len(objects) == 1 else "ensemble"), alphabet, length, labels, members, pad)
        checks = [check_member(model, member, allow_noise=allow_noise) for member in members]
        check_distinct(members, [predictions for predictions, _ in checks], length)
    for member, (predictions, _) in zip(members, checks, strict=True):
        if member.half:
            warnings.warn(half_precision_warning(member, predictions), stacklevel=2)
    spread = np.sqrt(np.mean([np.square(noise) for _, noise in checks], axis=0))
    noise = dict(zip(labels, map(float, spread), strict=True)) if allow_noise and spread.any() else None
    return replace(model, reference=reference, noise=noise)


def _member(
    obj: Any,  # noqa: ANN401
    name: str,
    probe: NDArray[np.uint8],
    layout: Layout | None,
    readout: Readout,
    allow_noise: bool,
) -> Member:
    """A member of a user's object: its network, tried once."""
    if isinstance(obj, type):
        raise InputError(
            f"`{obj.__name__}` is the class {obj.__name__}", "an instance is needed", f"Write {obj.__name__}(...)"
        )
    network = _network(obj, name, probe, layout, as_readout(readout), allow_noise)
    output = first_output(network, probe)
    if type(network) is FunctionNetwork:
        network = _by_output(network, output, probe, layout, allow_noise)
    return Member(name, network, network.weights_sha256(), network.reading, is_half(output))


def _network(
    obj: Any,  # noqa: ANN401
    name: str,
    probe: NDArray[np.uint8],
    layout: Layout | None,
    readout: Callable[[Any], Any],
    allow_noise: bool,
) -> Network:
    """The network of a user's object, with a layout that it accepts."""
    network = _adapter(obj).adapt(obj, name, probe, layout, readout, allow_noise)
    network = network if layout else network.with_accepted_layout(probe)
    network.check_first_call(probe)
    return network


def _by_output(
    network: FunctionNetwork,
    output: Any,  # noqa: ANN401 - any framework's array
    probe: NDArray[np.uint8],
    layout: Layout | None,
    allow_noise: bool,
) -> Network:
    """The network of a plain function: its output alone shows the framework that computes it."""
    for adapter in _loaded_adapters():
        if adapter.claims_output(output):
            return adapter.adapt(network.function, network.name, probe, layout, network.readout, allow_noise)
    return network


def _adapter(obj: Any) -> type[Network]:  # noqa: ANN401
    """The class that adapts an object: of its framework, or of functions."""
    if isinstance(obj, str | os.PathLike):
        opener: type[Network] = resolve_name(adapter_of_file(obj))
        return opener
    for adapter in _loaded_adapters():
        if adapter.claims(obj):
            return adapter
    if FunctionNetwork.claims(obj):
        return FunctionNetwork
    raise InputError(
        f"`obj` is of type {type(obj).__name__}",
        "a torch.nn.Module or a network of another framework, a callable from one-hot (n, 4, length) to numbers, or "
        "a list of them is needed",
        "Weights in a file? Build the network and load them first",
    )


def _loaded_adapters() -> Iterator[type[Network]]:
    """The classes whose frameworks are loaded, in the order of the table."""
    for framework, path in ADAPTERS.items():
        if framework in sys.modules:
            adapter: type[Network] = resolve_name(path)
            yield adapter


def _member_names(objects: list[Any], name: str | None) -> list[str]:
    """A name for each member: ``name``, or its function's or class's; numbered if there are several members."""
    if not objects:
        raise InputError("`obj` is an empty list", "an ensemble has at least one member", "Write wrap([net, net, ...])")
    for item in objects:
        if isinstance(item, Model):
            raise InputError(
                f"`obj` is a list with the Model {item.name!r}",
                "an ensemble is a list of networks",
                "Write wrap([net, net, ...])",
            )
    plain = [name or _adapter(item).label(item) for item in objects]
    return plain if len(objects) == 1 else [f"{label} {i}" for i, label in enumerate(plain)]


def _output_names(members: tuple[Member, ...], outputs: Sequence[str] | None, length: int) -> tuple[str, ...]:
    """``outputs``, or default names; every member must have as many outputs."""
    counts = [member.network.predict(probe_codes(length)).shape[1] for member in members]
    if len(set(counts)) > 1:
        listed = ", ".join(f"`{member.name}` has {count}" for member, count in zip(members, counts, strict=True))
        raise InputError(
            f"members of `obj` differ in their numbers of outputs: {listed}",
            "all members of an ensemble predict the same outputs, in one order",
            "Pick the shared outputs with readout=sd.readout.tasks(...), or wrap the members separately",
        )
    count = counts[0]
    if outputs is None:
        return ("output",) if count == 1 else tuple(f"output {i}" for i in range(count))
    if len(outputs) != count:
        raise InputError(
            f"`outputs={list(outputs)}` ({len(outputs)} names)",
            f"the model predicts {count} numbers for each sequence",
            "Name each of them, or pick some with readout=sd.readout.tasks(...)",
        )
    return tuple(outputs)


def _checked_input(alphabet: Alphabet | None, length: int | None) -> tuple[Alphabet, int]:
    if not isinstance(alphabet, Alphabet):
        problem = "`alphabet` is required" if alphabet is None else f"`alphabet={alphabet!r}`"
        raise InputError(problem, "pass `sd.DNA` or `sd.RNA`")
    if isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 1:
        problem = "`length` is required" if length is None else f"`length={length!r}`"
        raise InputError(problem, "pass the number of positions that the model reads, at least 1", "Write length=200")
    return alphabet, int(length)


def _check_choices(pad: Padding | None, outputs: Sequence[str] | None) -> None:
    if pad is not None and pad not in get_args(Padding):
        raise InputError(f"`pad={pad!r}`", 'None, "left", "right" or "centre" is needed', 'Write pad="centre"')
    if isinstance(outputs, str):
        raise InputError(f"`outputs={outputs!r}`", "a list of names is needed", f'Write outputs=["{outputs}"]')
    if outputs is not None and len(set(outputs)) < len(outputs):
        raise InputError(f"`outputs={list(outputs)}`", "each output has a name of its own", "Make the names different")


def _unchanged(model: Model, alphabet: Alphabet | None, length: int | None) -> Model:
    """A model that is wrapped already; ``alphabet`` and ``length`` may only repeat its own."""
    if (alphabet or model.alphabet) != model.alphabet or (length or model.length) != model.length:
        raise InputError(
            f"`alphabet={alphabet}` and `length={length}` for a Model of {model.alphabet} and length {model.length}",
            "a Model has an alphabet and a length already",
            "Leave them out, or wrap the network itself",
        )
    return model
