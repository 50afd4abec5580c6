"""``wrap``: a user's model in, a checked :class:`~seqdo.models.model.Model` out."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.models.adapters.function import Layout, check_layout, function_member
from seqdo.models.checks import check_distinct, check_member, half_precision_warning, probe_codes
from seqdo.models.model import Member, Model, Padding, untouched_randomness
from seqdo.models.readout import Readout
from seqdo.models.reference import Reference
from seqdo.sequences.alphabet import Alphabet

ADAPTERS = {"torch": "seqdo.models.adapters.torch"}
"""Framework to the module that adapts its models: looked at only where the framework is loaded already,
since an object of it can't exist before. Each has ``claims(obj)`` and ``<framework>_member(...)``."""


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
    """A model that experiments can ask, from a network, any callable, or a list of either.

    The user's object is left as it was found: device, flags, hooks and random states. It is tried on
    eight random sequences, and one that would spoil an experiment is refused.

    Parameters
    ----------
    obj : torch.nn.Module, callable, or a list of them (an ensemble)
        A callable gets float32 one-hot (n, 4, length) and returns (n,) or (n, outputs), in anything
        that numpy can read. A Model is handed back as it is.
    alphabet : DNA or RNA
    length : letters that the model reads, padding included
    outputs : names of what it answers; by default "output", or "output 0", "output 1", ...
    readout : key, index or function that makes numbers of the answer (see ``sd.readout``)
    layout : "NCL" (n, 4, length), "NLC" (n, length, 4) or "codes" (n, length), uint8 with padding 4
        Found out for a torch module, "NCL" for a callable.
    pad : "left", "right" or "centre", where zeros go beside a shorter sequence; None refuses those
    reference : what the model says of held-out real sequences
    allow_noise : go on with a model that answers differently each time; the SD is kept in ``noise``

    Raises
    ------
    InputError
        A model in train mode, noisy, dependent on its batch, with several heads and no readout, an
        ensemble with a member twice, and the like: each says what to write instead.
    RunError
        A model that answers NaN or infinity.

    Examples
    --------
    >>> from seqdo.sequences.alphabet import DNA
    >>> wrap(lambda x: x[:, 1:3].sum((1, 2)), alphabet=DNA, length=20, outputs=["GC"]).outputs
    ('GC',)
    """
    if isinstance(obj, Model):
        return _as_it_is(obj, alphabet, length)
    alphabet, length = _checked_reading(alphabet, length)
    check_layout(layout)
    _check_choices(pad, outputs)
    given = list(obj) if isinstance(obj, list | tuple) else [obj]
    names = _member_names(given, name)
    with untouched_randomness():
        members = tuple(
            _member(item, label, probe_codes(length), layout, readout, allow_noise)
            for item, label in zip(given, names, strict=True)
        )
        labels = _output_names(members, outputs, length)
        model = Model(name or (names[0] if len(given) == 1 else "ensemble"), alphabet, length, labels, members, pad)
        checked = [check_member(model, member, allow_noise=allow_noise) for member in members]
        check_distinct(members, [answers for answers, _ in checked], length)
    for member, (answers, _) in zip(members, checked, strict=True):
        if member.half:
            warnings.warn(half_precision_warning(member, answers), stacklevel=2)
    spread = np.sqrt(np.mean([np.square(noise) for _, noise in checked], axis=0))
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
    if isinstance(obj, type):
        raise InputError(f"the class {obj.__name__}", "a model made from it is needed", f"Write {obj.__name__}(...)")
    for framework, path in ADAPTERS.items():
        if framework in sys.modules and (adapter := import_module(path)).claims(obj):
            make: Callable[..., Member] = getattr(adapter, f"{framework}_member")
            return make(obj, name, probe, layout, readout, allow_noise)
    if callable(obj):
        return function_member(obj, name, probe, layout, readout)
    raise InputError(
        f"{name} is a {type(obj).__name__}",
        "a torch.nn.Module, a callable from one-hot (n, 4, length) to numbers, or a list of them is needed",
        "Weights in a file? Build the network and load them first",
    )


def _member_names(given: list[Any], name: str | None) -> list[str]:
    """A name for each member for messages: the one given, or its function's or class's; numbered if several."""
    if not given:
        raise InputError("an empty list of models", "an ensemble has at least one member")
    for item in given:
        if isinstance(item, Model):
            raise InputError(
                f"a list with the Model {item.name!r}",
                "an ensemble is made of the networks",
                "Write wrap([net, net, ...])",
            )
    plain = [name or getattr(item, "__name__", type(item).__name__).replace("<lambda>", "lambda") for item in given]
    return plain if len(given) == 1 else [f"{label} {i}" for i, label in enumerate(plain)]


def _output_names(members: tuple[Member, ...], outputs: Sequence[str] | None, length: int) -> tuple[str, ...]:
    """The names given, or made; every member must have as many outputs."""
    counts = [member.predict(probe_codes(length)).shape[1] for member in members]
    if len(set(counts)) > 1:
        listed = ", ".join(f"{member.name} has {count}" for member, count in zip(members, counts, strict=True))
        raise InputError(
            f"members with different numbers of outputs: {listed}",
            "all members of an ensemble answer the same questions, in one order",
            "Pick the shared ones with readout=sd.readout.tasks(...), or wrap them apart",
        )
    count = counts[0]
    if outputs is None:
        return ("output",) if count == 1 else tuple(f"output {i}" for i in range(count))
    if len(outputs) != count:
        raise InputError(
            f"outputs={list(outputs)} ({len(outputs)} names)",
            f"the model answers {count} numbers for each sequence",
            "Name each of them, or pick some with readout=sd.readout.tasks(...)",
        )
    return tuple(outputs)


def _checked_reading(alphabet: Alphabet | None, length: int | None) -> tuple[Alphabet, int]:
    if not isinstance(alphabet, Alphabet):
        raise InputError(
            f"alphabet={alphabet!r}", "the letters a model reads must be said", "Write alphabet=sd.DNA or sd.RNA"
        )
    if isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 1:
        raise InputError(
            f"length={length!r}", "the number of letters a model reads must be said, at least 1", "Write length=200"
        )
    return alphabet, int(length)


def _check_choices(pad: Padding | None, outputs: Sequence[str] | None) -> None:
    if pad is not None and pad not in get_args(Padding):
        raise InputError(f"pad={pad!r}", 'None, "left", "right" or "centre" is needed', 'Write pad="centre"')
    if isinstance(outputs, str):
        raise InputError(f"outputs={outputs!r}", "a list of names is needed", f'Write outputs=["{outputs}"]')
    if outputs is not None and len(set(outputs)) < len(outputs):
        raise InputError(f"outputs={list(outputs)}", "each output has a name of its own")


def _as_it_is(model: Model, alphabet: Alphabet | None, length: int | None) -> Model:
    if (alphabet or model.alphabet) != model.alphabet or (length or model.length) != model.length:
        raise InputError(
            f"alphabet={alphabet}, length={length} for a Model that has {model.alphabet} and {model.length}",
            "a Model has these already",
            "Leave them out, or wrap the network itself",
        )
    return model
