"""Networks that read ids of tokens, given without the tokenizer that decides which ids the letters have."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from torch import nn

from seqdo.errors import InputError
from seqdo.models.input_layout import encode
from seqdo.models.network import Codes, Network

LETTERS = 6
"""The most entries of an embedding of letters: A, C, G, T, padding and N. A larger one has ids of a tokenizer."""


def check_token_ids(network: Network, module: nn.Module, probe: Codes) -> None:
    """Refuse or warn where letters would reach an embedding with ids that no tokenizer confirmed.

    Parameters
    ----------
    network : the network, with its layout
    module : its module
    probe : codes (n, length) on which it is tried

    Raises
    ------
    InputError
        An embedding that receives one-hot input, or a network of transformers with ids of a tokenizer.

    Warns
    -----
    UserWarning
        ``layout="codes"`` for an embedding with more entries than letters.
    """
    embeddings = [(path, part) for path, part in module.named_modules() if isinstance(part, nn.Embedding)]
    if not embeddings:
        return
    inputs, failed = _received(network, embeddings, probe)
    if network.layout != "codes" and failed and not _of_further_inputs(network, inputs, probe):
        path, part, _ = next((row for row in inputs if row[2].is_floating_point()), (*embeddings[0], None))
        raise InputError(
            f"`{network.name}` reads ids of tokens (its embedding {path!r} has {part.num_embeddings}), not one-hot",
            "the tokenizer decides which ids A, C, G and T have",
            "Write sd.wrap(sd.token_model(net, tokenizer), ...). If the network was trained with A, C, G, T as "
            '0, 1, 2, 3, write layout="codes"',
        )
    direct = [row for row in inputs if row[2].shape == probe.shape and np.array_equal(row[2].cpu().numpy(), probe)]
    if network.layout != "codes" or not direct or direct[0][1].num_embeddings <= LETTERS:
        return
    path, part, _ = direct[0]
    problem = f'`layout="codes"` sends A, C, G, T to `{network.name}` as the ids 0, 1, 2, 3'
    accepted = f"its embedding {path!r} has {part.num_embeddings} entries, as those of a tokenizer have"
    if hasattr(module, "get_input_embeddings"):  # a network of transformers, which has a tokenizer
        raise InputError(problem, accepted, "Write sd.wrap(sd.token_model(net, tokenizer), ...)")
    warnings.warn(
        f"{problem}, and {accepted}. With a tokenizer write sd.wrap(sd.token_model(net, tokenizer), ...)",
        stacklevel=7,  # the line that calls wrap
    )


def _of_further_inputs(network: Network, inputs: list[tuple[str, nn.Embedding, torch.Tensor]], probe: Codes) -> bool:
    """Are the embeddings those of further inputs, such as cell types? Then none receives the one-hot."""
    has_others = bool(network.inputs) or bool(network.parameters and network.parameters.needed)
    shape = encode(probe, network.layout).shape
    return has_others and not any(tensor.shape == shape for _, _, tensor in inputs)


def _received(
    network: Network, embeddings: list[tuple[str, nn.Embedding]], probe: Codes
) -> tuple[list[tuple[str, nn.Embedding, torch.Tensor]], bool]:
    """What embeddings receive in one call of the network, and whether the call failed."""
    inputs: list[tuple[str, nn.Embedding, torch.Tensor]] = []

    def keep(path: str) -> Any:  # noqa: ANN401 - a hook
        return lambda part, args: inputs.append((path, part, args[0])) if args else None

    handles = [part.register_forward_pre_hook(keep(path)) for path, part in embeddings]
    try:
        network.raw(probe)
    except Exception:
        return inputs, True
    finally:
        for handle in handles:
            handle.remove()
    return inputs, False
