"""``token_model``: a network that reads tokens, with the tokenizer that turns letters into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, Alphabet

Pool = Literal["mean", "first"]


@dataclass(frozen=True, eq=False)
class TokenModel:
    """A network and how letters reach it; made by :func:`token_model`, and accepted by ``sd.wrap``.

    Attributes
    ----------
    model : the network
    tokenizer : from texts to tokens
    pool : how the hidden states of a sequence's tokens become one vector; None takes the network's own output
    head : from pooled vectors (n, hidden) to numbers; None takes the vectors themselves
    text : from the letters of a sequence to the text that the tokenizer reads
    alphabet : DNA or RNA, the letters that the tokenizer knows
    """

    model: Any
    tokenizer: Any
    pool: Pool | None
    head: Callable[[Any], Any] | None
    text: Callable[[str], str]
    alphabet: Alphabet


def token_model(
    model: Any,  # noqa: ANN401 - a network of PyTorch
    tokenizer: Any,  # noqa: ANN401 - a tokenizer of transformers, or a function
    *,
    pool: Pool | None = None,
    head: Callable[[Any], Any] | None = None,
    text: Callable[[str], str] | None = None,
    alphabet: Alphabet = DNA,
) -> TokenModel:
    """A network that reads tokens, ready for ``sd.wrap``: the tokenizer decides which ids the letters have.

    Each sequence reaches the tokenizer as text, so tokenizers of letters, k-mers and byte pairs all work. The tokenizer
    adds its own special tokens, such as [CLS] and [SEP].

    Parameters
    ----------
    model : a network of Hugging Face, or any torch.nn.Module that reads ids
        By default its ``logits`` are the outputs.
    tokenizer : the tokenizer with which the network was trained, of transformers
        Or a function from a list of texts to ids (n, tokens).
    pool : "mean" averages the last hidden states over the tokens of a sequence, without special tokens and padding
        "first" takes the first token, such as [CLS]. None takes the output of the network.
    head : module or function from pooled vectors (n, hidden) to numbers, where ``pool`` is set
    text : function from letters to the text that the tokenizer reads, such as k-mers with spaces between them
    alphabet : sd.DNA or sd.RNA, whose letters the tokenizer knows (T or U)

    Raises
    ------
    InputError
        A tokenizer that can't be called, another pool, a head without ``pool``.

    Examples
    --------
    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Embedding(9, 3), torch.nn.Flatten(), torch.nn.Linear(12, 1)).eval()
    >>> ids = {"A": 5, "C": 6, "G": 7, "T": 8}
    >>> network = token_model(net, lambda texts: [[ids[letter] for letter in text] for text in texts])
    >>> import seqdo as sd
    >>> sd.wrap(network, alphabet=sd.DNA, length=4)
    <model Sequential: 4 bp of DNA to output, 1 member>
    """
    if not callable(tokenizer):
        raise InputError(
            f"`tokenizer` is of type {type(tokenizer).__name__}",
            "a tokenizer of transformers, or a function from texts to ids is needed",
            "Write transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer)",
        )
    if pool is not None and pool not in get_args(Pool):
        raise InputError(f"`pool={pool!r}`", 'None, "mean" or "first" is needed', 'Write pool="mean"')
    if head is not None and pool is None:
        raise InputError("`head` without `pool`", "a head receives pooled vectors (n, hidden)", 'Write pool="mean"')
    return TokenModel(model, tokenizer, pool, head, text or str, alphabet)
