"""``wrap``: a user's model in, a checked :class:`~seqdo.models.model.Model` out."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pkgutil import resolve_name
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.adapters.function import FunctionNetwork
from seqdo.models.batch_limit import BatchLimit, checked_batch
from seqdo.models.checks import check_distinct, check_member, first_probe, half_precision_warning
from seqdo.models.first_output import first_output
from seqdo.models.further_inputs import FurtherInputs
from seqdo.models.input_layout import Layout, check_layout
from seqdo.models.letter_order import LETTERS, checked_letters
from seqdo.models.member import Member
from seqdo.models.model import Model, Padding
from seqdo.models.model_file import adapter_of_file
from seqdo.models.network import Network
from seqdo.models.output_names import Names, checked_names, output_names, with_track_names
from seqdo.models.peak_model import peak_model
from seqdo.models.random_states import untouched_randomness
from seqdo.models.readout import Readout, as_readout, is_half
from seqdo.models.reference import Reference
from seqdo.models.reference_peak import FirstProfile, first_profile
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
    outputs: Names | None = None,
    readout: Readout = None,
    layout: Layout | None = None,
    pad: Padding | None = None,
    reference: Reference | None = None,
    allow_noise: bool = False,
    name: str | None = None,
    batch: int | None = None,
    device: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    letters: str = LETTERS,
) -> Model:
    """A model that designs can run on, from a network, any callable, or a list of either.

    The user's object stays as it is: device, flags, hooks and random states. ``wrap`` tries it on two random
    sequences, and refuses a model that would spoil an experiment.

    Parameters
    ----------
    obj : torch.nn.Module, callable, or a list of them (an ensemble)
        A callable receives float32 one-hot (n, 4, length) and returns (n,) or (n, outputs), in anything
        that numpy can read. A Model is returned as it is.
    alphabet : sd.DNA or sd.RNA
    length : number of positions that the model reads, padding included (bp for DNA, nt for RNA)
    outputs : names of the model's outputs, in order; by default "output", or "output 0", "output 1", ...
        A list; or a DataFrame or the path of a .csv or .tsv table with a column "name". Where the readout selects
        tracks by name, these are the names of all tracks, and the outputs have those that are left.
    readout : key, index or function that turns what the model returns into numbers (see ``sd.readout``)
    layout : "NCL" (n, 4, length), "NLC" (n, length, 4) or "codes" (n, length), uint8 with padding 4
        Detected for a torch module, "NCL" for a callable.
    pad : "left", "right" or "centre", where a shorter sequence gets zeros; None refuses shorter sequences
    reference : the model's predictions on held-out real sequences, and their letters (``sd.Reference.measure``)
    allow_noise : go on with a model whose predictions differ from call to call; the SD is kept in ``noise``
    name : name of the model in tables, pages and messages; by default that of the function or class
    batch : the largest number of sequences in one call, never exceeded; None leaves the number to seqdo
        Where memory runs out, the batch is halved, and a warning says so once.
    device : "cpu", "cuda", "cuda:1" or "mps", for a torch module: a copy on that device predicts
        None uses the module itself, where it is.
    inputs : further inputs, by the name of the model's parameter; every sequence gets the same row
        A tuple is the shape of one row of zeros; an array has the shape (1, ...); a function of n returns n equal rows.
        Inputs of ONNX and of functional Keras models have the names that the model declares.
        Rows that differ between backgrounds are given to ``run(inputs=)``.
    letters : the letters in the order of the model's channels (or codes): "ACGT" (with U for T in RNA) unless declared

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
    _check_choices(pad)
    track_names = checked_names(outputs)
    read = with_track_names(as_readout(readout), track_names)
    profile = first_profile(read)
    call = Call(
        layout, profile or read, allow_noise, checked_letters(letters), FurtherInputs.of(inputs),
        checked_batch(batch), device,
    )  # fmt: skip
    objects = list(obj) if isinstance(obj, list | tuple) else [obj]
    names = _member_names(objects, name)
    probe = first_probe(length)
    with untouched_randomness():
        adapted = [_member(item, label, probe, call) for item, label in zip(objects, names, strict=True)]
        members = tuple(member for member, _ in adapted)
        peak = profile.peak() if profile else None
        adapted = [(member, peak.own(first) if peak else first) for member, first in adapted]
        labels = output_names([(member.name, first.shape[1]) for member, first in adapted], track_names, read)
        label = name or (names[0] if len(objects) == 1 else "ensemble")
        model = peak_model(peak, Model(label, alphabet, length, labels, members, pad))
        checks = [check_member(model, member, first, allow_noise=allow_noise) for member, first in adapted]
        check_distinct(members, [first for _, first in adapted], length)
    for (member, predictions), checked in zip(adapted, checks, strict=True):
        if member.half:
            warnings.warn(half_precision_warning(member, predictions), stacklevel=2)
        if checked.warning is not None:
            warnings.warn(checked.warning, stacklevel=2)
    spread = np.sqrt(np.mean([np.square(checked.spread) for checked in checks], axis=0))
    noise = dict(zip(labels, map(float, spread), strict=True)) if allow_noise and spread.any() else None
    return replace(model, reference=reference, noise=noise)


@dataclass(frozen=True)
class Call:
    """How a user's object is called: the arguments of ``wrap`` that an adapter needs, checked."""

    layout: Layout | None
    readout: Callable[[Any], Any]
    allow_noise: bool
    letters: str
    inputs: FurtherInputs
    batch: int | None
    device: str | None


def _member(
    obj: Any,  # noqa: ANN401
    name: str,
    probe: NDArray[np.uint8],
    call: Call,
) -> tuple[Member, NDArray[np.floating[Any]]]:
    """A member of a user's object, and its predictions for the probe."""
    if isinstance(obj, type):
        raise InputError(
            f"`{obj.__name__}` is the class {obj.__name__}", "an instance is needed", f"Write {obj.__name__}(...)"
        )
    network = _network(obj, name, probe, call)
    raw, first, precisions = first_output(network, probe, call.layout)
    if type(network) is FunctionNetwork:
        network = _by_output(network, raw, probe, call)
    if isinstance(call.readout, FirstProfile):
        network = replace(network, readout=call.readout.settle())
    half = is_half(raw)
    inside = not half and bool(precisions & {"float16", "bfloat16"})
    member = Member(name, network, network.weights_sha256(), network.reading, half or inside, half_inside=inside)
    return member, first


def _network(obj: Any, name: str, probe: NDArray[np.uint8], call: Call) -> Network:  # noqa: ANN401
    """The network of a user's object, with everything that the call declares."""
    network = _declared(_adapter(obj).adapt(obj, name, probe, call.layout, call.readout, call.allow_noise), call)
    if call.device is not None:
        network = network.on_device(call.device)
    network = network.as_called(probe[:1], call.layout)
    network = network if call.layout else network.with_accepted_layout(probe[:1])
    network.check_first_call(probe)
    return network


def _declared(network: Network, call: Call) -> Network:
    """The network with the order of letters, the further inputs and the batch of the call."""
    if call.inputs and not network.takes_inputs:
        raise InputError(
            f"`inputs` of `{network.name}`", "a model that reads text, such as tokens, takes no further inputs",
            "Wrap a function that adds them: sd.wrap(lambda x: model(x, control), ...)",
        )  # fmt: skip
    network = replace(network, letters=call.letters, inputs=call.inputs, limit=BatchLimit(call.batch))
    network.check_inputs()
    return network


def _by_output(
    network: FunctionNetwork,
    output: Any,  # noqa: ANN401 - any framework's array
    probe: NDArray[np.uint8],
    call: Call,
) -> Network:
    """The network of a plain function: its output alone shows the framework that computes it."""
    for adapter in _loaded_adapters():
        if adapter.claims_output(output) and (adapter.takes_inputs or not call.inputs):
            adapted = adapter.adapt(
                network.function, network.name, probe, network.layout, call.readout, call.allow_noise
            )
            return replace(adapted, letters=network.letters, inputs=network.inputs, limit=network.limit)
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


def _checked_input(alphabet: Alphabet | None, length: int | None) -> tuple[Alphabet, int]:
    if not isinstance(alphabet, Alphabet):
        problem = "`alphabet` is required" if alphabet is None else f"`alphabet={alphabet!r}`"
        raise InputError(problem, "pass `sd.DNA` or `sd.RNA`")
    if isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 1:
        problem = "`length` is required" if length is None else f"`length={length!r}`"
        raise InputError(problem, "pass the number of positions that the model reads, at least 1", "Write length=200")
    return alphabet, int(length)


def _check_choices(pad: Padding | None) -> None:
    if pad is not None and pad not in get_args(Padding):
        raise InputError(f"`pad={pad!r}`", 'None, "left", "right" or "centre" is needed', 'Write pad="centre"')


def _unchanged(model: Model, alphabet: Alphabet | None, length: int | None) -> Model:
    """A model that is wrapped already; ``alphabet`` and ``length`` may only repeat its own."""
    if (alphabet or model.alphabet) != model.alphabet or (length or model.length) != model.length:
        raise InputError(
            f"`alphabet={alphabet}` and `length={length}` for a Model of {model.alphabet} and length {model.length}",
            "a Model has an alphabet and a length already",
            "Leave them out, or wrap the network itself",
        )
    return model
