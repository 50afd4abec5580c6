"""PyTorch modules that are refused before they are called: weights without values, quantization, train mode."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, FunctionType

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from seqdo.errors import InputError


def refuse_unfit(module: nn.Module, name: str, noisy: bool) -> None:
    """Refuse a module whose predictions would not be those of trained weights, or would depend on the batch.

    Parameters
    ----------
    module : the user's module
    name : how messages refer to it
    noisy : may it draw random numbers?

    Raises
    ------
    InputError
        Weights without values, weights of lazy layers without a shape, dynamic quantization, train mode.
    """
    refuse_without_values(module, name)
    _refuse_quantized(module, name)
    refuse_train_mode(module, name, noisy)


def refuse_without_values(module: nn.Module, name: str) -> None:
    """Refuse a module that has shapes and no values, or lazy layers that have no shapes yet."""
    for path, tensor in (*module.named_parameters(), *module.named_buffers()):
        if is_lazy(tensor):
            part = type(module.get_submodule(path.rpartition(".")[0])).__name__
            raise InputError(
                f"`{name}` has {path!r} of a lazy layer ({part}), which has no shape yet",
                "weights are drawn in the first call, so that these are not trained",
                "Call net(x) once, with one-hot x of one sequence, then net.load_state_dict(...)",
            )
        if tensor.device.type == "meta":
            raise InputError(
                f"`{name}` has {path!r} on the device meta", "weights on that device have no values",
                'Load them: net.to_empty(device="cpu"), then net.load_state_dict(...)',
            )  # fmt: skip


def refuse_train_mode(module: nn.Module, name: str, noisy: bool, *, any_part: bool = False) -> None:
    """Refuse a module with a part in train mode that then computes something else; nothing is switched.

    A module that is noisy on purpose may have dropout on, but never a normalization that learns from its input:
    predictions would change the user's model.

    Parameters
    ----------
    module, name, noisy : as in :func:`refuse_unfit`
    any_part : refuse every part in train mode, also one that has no other mode
    """
    training = [(path, part) for path, part in module.named_modules() if getattr(part, "training", False)]
    if noisy:
        training = [(path, part) for path, part in training if getattr(part, "track_running_stats", False)]
    elif not any_part:
        training = [(path, part) for path, part in training if _has_modes(part)]
    if not training:
        return
    path, part = training[0]
    where = f"its part {path!r} ({type(part).__name__})" if path else type(part).__name__
    raise InputError(
        f"`{name}` is in train mode ({where})",
        "dropout would draw random numbers and batch norm would learn from the backgrounds",
        "Call net.eval() first" + ("" if noisy else "; for dropout on purpose write allow_noise=True"),
    )


def _has_modes(part: nn.Module) -> bool:
    """Whether a part, apart from the parts in it, can compute something else in train mode than in eval mode."""
    if isinstance(part, torch.jit.ScriptModule) or part._forward_pre_hooks or part._forward_hooks:
        return True  # its code is not Python's; or a hook may read the mode, as that of spectral norm does
    rate = getattr(part, "p", None) if isinstance(part, nn.modules.dropout._DropoutNd) else None
    if rate is None and isinstance(part, nn.RNNBase | nn.MultiheadAttention):
        rate = part.dropout
    if rate is not None:
        return bool(rate)
    functions = [
        function
        for kind in type(part).__mro__[: type(part).__mro__.index(nn.Module)]
        for member in vars(kind).values()
        if isinstance(function := getattr(member, "fget", getattr(member, "__func__", member)), FunctionType)
    ]
    return any(_reads_mode(function.__code__) for function in functions)


def _reads_mode(code: CodeType) -> bool:
    """Whether code, or a function in it, has the name of the mode: ``self.training``."""
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return "training" in (*code.co_names, *code.co_consts) or any(map(_reads_mode, inner))


def _refuse_quantized(module: nn.Module, name: str) -> None:
    """Refuse a module whose numbers are rounded to steps that depend on all sequences of a batch."""
    for path, kind in _quantized(module):
        raise InputError(
            f"`{name}` is quantized to 8 bits or fewer while it runs (its part {path!r} ({kind}))",
            "the size of a step depends on all sequences of a batch, so that predictions do too, and small effects are "
            "rounded away",
            "Wrap the network as it was before quantization. For one sequence at a time write "
            "sd.wrap(lambda x: net(torch.from_numpy(x)).numpy(), batch=1, ...)",
        )  # fmt: skip


def _quantized(module: nn.Module) -> Iterator[tuple[str, str]]:
    """Path and class of each part that is quantized dynamically by PyTorch, or at all by torchao."""
    for path, part in module.named_modules():
        if ".quantized.dynamic" in type(part).__module__:
            yield path, type(part).__name__
    for path, tensor in (*module.named_parameters(), *module.named_buffers()):
        kinds = {type(tensor), type(getattr(tensor, "data", tensor))}
        if any(kind.__module__.partition(".")[0] == "torchao" for kind in kinds):
            yield path, type(tensor).__name__
