"""Networks of PyTorch that read tokens. The tokenizer decides which ids letters have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from seqdo.errors import InputError, SeqdoError
from seqdo.models.adapters.torch import TorchNetwork, placement, weights_sha256
from seqdo.models.adapters.torch_refusals import refuse_train_mode, refuse_without_values
from seqdo.models.input_layout import Layout
from seqdo.models.network import Codes, Network
from seqdo.models.readout import select, whole
from seqdo.models.token_model import TokenModel

BATCH = 32
"""Sequences in one call: attention keeps a number for each pair of tokens."""


@dataclass(frozen=True)
class TokenNetwork(Network):
    """A network with its tokenizer.

    Attributes
    ----------
    tokens : the network, the tokenizer, and how both are used
    noisy : may the network draw random numbers?
    """

    tokens: TokenModel
    noisy: bool = False

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object what ``sd.token_model`` returns?"""
        return isinstance(obj, TokenModel)

    @classmethod
    def label(cls, obj: TokenModel) -> str:
        """The class of the network."""
        return type(obj.model).__name__

    @classmethod
    def adapt(
        cls,
        obj: TokenModel,
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network, once the tokenizer knows the letters and the network reads its tokens."""
        if not isinstance(obj.model, nn.Module):
            raise InputError(
                f"`model` of token_model is of type {type(obj.model).__name__}",
                "a network of PyTorch is needed",
                "Write sd.token_model(net, tokenizer)",
            )
        if layout not in (None, "codes"):
            raise InputError(f'`layout="{layout}"` of a token model', "its input is text", "Leave layout out")
        network = cls(name, "codes", readout, obj, allow_noise)
        for part in network._modules():
            refuse_without_values(part, name)
            refuse_train_mode(part, name, allow_noise, any_part=True)
        network._check_tokens(probe)
        return network._with_output(probe)

    def check_first_call(self, probe: Codes) -> None:
        """Refuse another order of letters: the input is text."""
        if getattr(self, "letters", "ACGT") != "ACGT":
            raise InputError("`letters` of a token model", "its input is text", "Leave letters out")

    @property
    def source(self) -> Any:  # noqa: ANN401 - the user's network
        """The user's network; two heads on one network are two sources."""
        return self.tokens.model if self.tokens.head is None else self.tokens

    @property
    def reading(self) -> str:
        """The tokenizer, how hidden states are pooled, and the readout."""
        tokenizer = getattr(self.tokens.tokenizer, "__name__", type(self.tokens.tokenizer).__name__)
        pool = f"pool={self.tokens.pool}" if self.tokens.pool else ""
        readout = super().reading.removeprefix("codes").strip()
        return " ".join(filter(None, ["tokens", f"of {tokenizer}", pool, readout]))

    @property
    def device(self) -> str:
        """The device of the first parameter."""
        return str(placement(self.tokens.model)[0])

    @property
    def batch(self) -> int:
        """Fewer sequences than for a convolutional network."""
        return BATCH

    def raw(self, codes: Codes) -> Any:  # noqa: ANN401 - a network may return anything
        """What the readout makes of the network's output, or of the head's."""
        for part in self._modules():
            refuse_train_mode(part, self.name, self.noisy, any_part=True)
        inputs, counted = self._inputs(codes)
        with torch.no_grad():
            output = self.tokens.model(*inputs.values()) if "" in inputs else self.tokens.model(**inputs)
            if self.tokens.pool is None:
                return self.readout(output)
            pooled = _pooled(_hidden(output, self.name), counted, self.tokens.pool)
            return self.readout(self.tokens.head(pooled) if self.tokens.head is not None else pooled)

    def weights_sha256(self) -> str:
        """Hash of all weights, those of the head included."""
        hashes = [weights_sha256(part) for part in self._modules()]
        return hashes[0] if len(hashes) == 1 else sha256(" ".join(hashes).encode()).hexdigest()

    def with_shuffled_weights(self, rng: np.random.Generator) -> Self:
        """A copy in which the values of each parameter stand in a random order, in the network and in its head."""
        parts = [
            TorchNetwork(self.name, "codes", whole, part).with_shuffled_weights(rng).module for part in self._modules()
        ]
        head = parts[1] if len(parts) > 1 else self.tokens.head
        return replace(self, tokens=replace(self.tokens, model=parts[0], head=head))

    @property
    def gradient_error(self) -> InputError:
        """Tokens are whole numbers."""
        return InputError(
            f"`{self.name}` reads tokens, and whole numbers have no gradient",
            "gradients need a network with real-valued one-hot input",
            "Use sd.mutagenesis, which needs predictions only",
        )

    def _modules(self) -> list[nn.Module]:
        return [part for part in (self.tokens.model, self.tokens.head) if isinstance(part, nn.Module)]

    def _texts(self, codes: Codes) -> list[str]:
        return [self.tokens.text(self.tokens.alphabet.decode(row)) for row in codes]

    def _inputs(self, codes: Codes) -> tuple[dict[str, Any], Any]:
        """Keyword arguments of the network, and which tokens are of the sequence: neither special nor padding.

        The only key is "" where a function made the ids: they are the first argument.
        """
        device, _ = placement(self.tokens.model)
        tokenizer, texts = self.tokens.tokenizer, self._texts(codes)
        if not hasattr(tokenizer, "all_special_ids"):
            ids = torch.as_tensor(np.asarray(tokenizer(texts)), device=device).long()
            return {"": ids}, torch.ones_like(ids, dtype=torch.bool)
        # A tokenizer without a padding token works too, where all rows have the same number of tokens.
        padding = tokenizer.pad_token_id is not None
        encoded = tokenizer(texts, return_tensors="pt", padding=padding, return_special_tokens_mask=True)
        encoded = {key: values.to(device) for key, values in encoded.items()}
        special = encoded.pop("special_tokens_mask").bool()
        present = encoded.get("attention_mask", torch.ones_like(encoded["input_ids"])).bool()
        return encoded, present & ~special

    def _check_tokens(self, probe: Codes) -> None:
        """Refuse a tokenizer that does not know the letters, or makes more tokens than the network reads."""
        try:
            inputs, _ = self._inputs(probe)
        except Exception as error:
            raise InputError(
                f"`tokenizer` of `{self.name}` failed on its first sequences: {type(error).__name__}: {error}",
                "a tokenizer of transformers, or a function from texts to ids (n, tokens), is needed",
                "Sequences of different numbers of tokens need tokenizer.pad_token",
            ) from error
        ids = inputs["input_ids"] if "input_ids" in inputs else inputs[""]
        unknown = getattr(self.tokens.tokenizer, "unk_token_id", None)
        share = 0.0 if unknown is None else float((ids == unknown).float().mean())
        if share or len(ids.unique(dim=0)) < len(np.unique(probe, axis=0)):
            raise InputError(
                f"`tokenizer` of `{self.name}` turns {100 * share:.0f} % of the tokens into unknown ones"
                if share
                else f"`tokenizer` of `{self.name}` makes the same ids of different sequences",
                f"it must know the letters {self.tokens.alphabet.letters} as it receives them: "
                f"{self._texts(probe[:1])[0][:12]!r}...",
                'Write text=..., such as text=str.lower, or text=lambda s: " ".join(s) for single letters',
            )
        most = getattr(getattr(self.tokens.model, "config", None), "max_position_embeddings", None) or ids.shape[1]
        if ids.shape[1] > most:
            raise InputError(
                f"`length={probe.shape[1]}` is {ids.shape[1]} tokens for `{self.name}`",
                f"it reads {most} tokens",
                "Wrap it with a smaller length",
            )

    def _with_output(self, probe: Codes) -> Self:
        """The network with a readout of ``logits`` where nothing else is declared; tried once."""
        trial = replace(self, readout=whole)
        try:
            output = trial.raw(probe)
        except SeqdoError:
            raise
        except Exception as error:
            raise InputError(
                f"`{self.name}` failed on its first tokens: {type(error).__name__}: {error}",
                "the network must read what the tokenizer returns, and the head (n, hidden)",
                "Check that the tokenizer is the network's own",
            ) from error
        if self.tokens.pool is not None or self.readout is not whole or not isinstance(output, Mapping):
            return self
        if "logits" in output:
            return replace(self, readout=select("logits"))
        raise InputError(
            f"`{self.name}` returns hidden states and no `logits`: {', '.join(output)}",
            "numbers for each sequence are needed",
            'Write sd.token_model(net, tokenizer, pool="mean", head=head), with the head that was trained',
        )


def _hidden(output: Any, name: str) -> Any:  # noqa: ANN401 - a network may return anything
    """The last hidden states (n, tokens, hidden)."""
    if isinstance(output, Mapping):
        states = output.get("hidden_states")
        hidden = output.get("last_hidden_state", states[-1] if states else None)
    else:
        hidden = output[0] if isinstance(output, tuple) else output
    if not isinstance(hidden, torch.Tensor) or hidden.ndim != 3:
        shown = ", ".join(output) if isinstance(output, Mapping) else tuple(getattr(hidden, "shape", ()))
        raise InputError(
            f"`pool` for `{name}`, which returns {shown}",
            "hidden states (n, tokens, hidden) are needed",
            "Wrap the encoder alone, or set model.config.output_hidden_states = True",
        )
    return hidden


def _pooled(hidden: Any, counted: Any, pool: str) -> Any:  # noqa: ANN401 - tensors
    """One vector (n, hidden) for each sequence."""
    if pool == "first":
        return hidden[:, 0]
    weights = counted.to(hidden.dtype)[..., None]
    return (hidden * weights).sum(1) / weights.sum(1)
