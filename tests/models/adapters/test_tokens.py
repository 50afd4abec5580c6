"""Networks that read tokens: the tokenizer decides the ids of letters, and never the order of the alphabet."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from frameworks import LENGTH, OUTPUTS, VOCABULARY, Bert
from torch import nn

import seqdo as sd
from seqdo.errors import InputError

IDS = {"A": 9, "C": 7, "G": 5, "T": 6, "U": 6}


def wrapped(obj, **options) -> sd.Model:
    return sd.wrap(obj, **{"alphabet": sd.DNA, "length": LENGTH, **options})


def letters(texts: list[str]) -> list[list[int]]:
    """A tokenizer that is a function: one id a letter."""
    return [[IDS[letter] for letter in text] for text in texts]


class Sums(nn.Module):
    """The sum of the values of tokens."""

    def __init__(self, entries: int = 12) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.embedding = nn.Embedding(entries, 3)
        self.last = nn.Linear(3, 2)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.last(self.embedding(ids).sum(1))


def truth(net: Sums, ids: np.ndarray) -> np.ndarray:
    values = net.embedding.weight.detach().double().numpy()[ids].sum(1)
    return values @ net.last.weight.detach().double().numpy().T + net.last.bias.detach().double().numpy()


def drawn(seed: int, n: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8)


# --- without a tokenizer


@pytest.mark.parametrize("entries", [6, 12])
def test_an_embedding_without_a_tokenizer_is_refused_with_what_to_write(entries):
    with pytest.raises(
        InputError, match=r"`Sums` reads ids of tokens \(its embedding 'embedding' has .*token_model.*codes"
    ):
        wrapped(Sums(entries).eval())
    with pytest.raises(InputError, match="reads ids of tokens"):
        wrapped(Sums(entries).eval(), layout="NCL")


def test_letters_as_codes_are_for_networks_that_were_trained_so(seed, recwarn):
    net, codes = Sums(6).eval(), drawn(seed)
    model = wrapped(net, layout="codes")
    np.testing.assert_allclose(model.predict(sd.Sequences.from_codes(codes))[0], truth(net, codes), rtol=1e-5)
    assert not recwarn.list


def test_codes_for_an_embedding_of_many_tokens_are_warned_about():
    with pytest.warns(
        UserWarning, match=r"A, C, G, T to `Sums` as the ids 0, 1, 2, 3.*12 entries.*token_model"
    ) as caught:
        wrapped(Sums().eval(), layout="codes")
    assert caught[0].filename.endswith(("test_tokens.py", "wrap.py"))


def test_an_embedding_of_positions_is_no_embedding_of_tokens(seed, recwarn):
    class Convolution(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.places = nn.Embedding(LENGTH, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x + self.places(torch.arange(x.shape[2])).T).pow(2).sum((1, 2))

    wrapped(Convolution().eval(), layout="NCL")
    assert not recwarn.list


# --- a tokenizer that is a function


def test_a_function_decides_the_ids(seed):
    net, codes = Sums().eval(), drawn(seed)
    model = wrapped(sd.token_model(net, letters))
    ids = np.array([IDS[letter] for letter in "ACGT"])[codes]
    np.testing.assert_allclose(model.predict(sd.Sequences.from_codes(codes))[0], truth(net, ids), rtol=1e-5)
    assert model.members[0].reading == "tokens of letters"


def test_text_makes_kmers_and_rna_has_u(seed):
    def kmers(text: str) -> str:
        return " ".join(text[i : i + 3] for i in range(0, len(text), 3))

    def tokenize(texts: list[str]) -> list[list[int]]:
        return [
            [sum(4**i * "ACGU".index(letter) for i, letter in enumerate(kmer)) for kmer in text.split()]
            for text in texts
        ]

    net, codes = Sums(64).eval(), drawn(seed)
    tokens = sd.token_model(net, tokenize, text=kmers, alphabet=sd.RNA)
    model = sd.wrap(tokens, alphabet=sd.RNA, length=LENGTH)
    ids = (codes.reshape(len(codes), -1, 3) * np.array([1, 4, 16])).sum(2)
    np.testing.assert_allclose(model.predict(sd.Sequences.from_codes(codes, sd.RNA))[0], truth(net, ids), rtol=1e-5)


@pytest.mark.parametrize(
    ("tokenize", "problem"),
    [
        (lambda texts: [[5] * len(text) for text in texts], "same ids of different sequences"),
        (lambda texts: [[5] * (1 + text.index("T")) for text in texts], "failed on its first sequences"),
        (
            lambda texts: [[999 if letter == "A" else 5 for letter in text] for text in texts],
            "failed on its first tokens",
        ),
        (lambda texts: 1 / 0, "failed on its first sequences: ZeroDivisionError"),
    ],
)
def test_a_tokenizer_that_does_not_fit_is_refused(tokenize, problem):
    with pytest.raises(InputError, match=problem):
        wrapped(sd.token_model(Sums().eval(), tokenize))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"tokenizer": 3}, "`tokenizer` is of type int"),
        ({"pool": "max"}, "`pool='max'`"),
        ({"head": nn.Linear(3, 1)}, "`head` without `pool`"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, problem):
    with pytest.raises(InputError, match=problem):
        sd.token_model(Sums(), **{"tokenizer": letters, **arguments})


def test_train_mode_a_layout_and_what_is_no_network_are_refused():
    with pytest.raises(InputError, match="train mode"):
        wrapped(sd.token_model(Sums(), letters))
    with pytest.raises(InputError, match=r'`layout="NCL"` of a token model'):
        wrapped(sd.token_model(Sums().eval(), letters), layout="NCL")
    with pytest.raises(InputError, match="a network of PyTorch is needed"):
        wrapped(sd.token_model(lambda ids: ids, letters))


def test_pooling_and_a_head_of_a_plain_network(seed):
    net, head = nn.Embedding(12, 5).eval(), nn.Linear(5, 2).eval()
    codes = drawn(seed)
    values = net.weight.detach().double().numpy()[np.array([IDS[letter] for letter in "ACGT"])[codes]]
    for pool, pooled in (("mean", values.mean(1)), ("first", values[:, 0])):
        expected = pooled @ head.weight.detach().double().numpy().T + head.bias.detach().double().numpy()
        model = wrapped(sd.token_model(net, letters, pool=pool, head=head))
        np.testing.assert_allclose(model.predict(sd.Sequences.from_codes(codes))[0], expected, rtol=1e-4, atol=1e-6)
        if pool == "mean":
            other = nn.Linear(5, 2).eval()
            assert (
                wrapped(sd.token_model(net, letters, pool=pool, head=other)).members[0].sha256
                != model.members[0].sha256
            )
    with pytest.raises(InputError, match="train mode"):
        wrapped(sd.token_model(net, letters, pool="mean", head=nn.Linear(5, 2)))


# --- Hugging Face


def transformers_only():
    pytest.importorskip("transformers", reason="transformers is not installed: make test-frameworks")
    from frameworks import bert, tokenizer

    return bert, tokenizer()


def test_a_model_of_transformers_without_its_tokenizer_is_refused():
    bert, _ = transformers_only()
    for layout in (None, "NCL", "codes"):
        with pytest.raises(InputError, match=r"token_model\(net, tokenizer\)"):
            wrapped(bert(), layout=layout, readout="logits")


def test_an_encoder_needs_a_pool_and_the_mean_leaves_out_special_tokens(seed):
    bert, tokenizer = transformers_only()
    codes, encoder = drawn(seed), bert("BertModel")
    with pytest.raises(InputError, match=r"hidden states and no `logits`.*pool="):
        wrapped(sd.token_model(encoder, tokenizer))
    reference = Bert(encoder)
    reference.weights = {f"bert.{name}": values for name, values in reference.weights.items()}
    hidden = reference.hidden(np.eye(4)[codes].transpose(0, 2, 1))
    for pool, expected in (("mean", hidden[:, 1:-1].mean(1)), ("first", hidden[:, 0])):
        model = wrapped(sd.token_model(encoder, tokenizer, pool=pool))
        np.testing.assert_allclose(model.predict(sd.Sequences.from_codes(codes))[0], expected, atol=1e-5)


def test_shorter_sequences_are_shorter_texts(seed):
    """Padding has no letters: the tokenizer pads, and the attention mask leaves the padding out."""
    bert, tokenizer = transformers_only()
    net = bert()
    model = sd.wrap(sd.token_model(net, tokenizer), alphabet=sd.DNA, length=LENGTH, pad="right")
    short, long = drawn(seed, 1)[:, :9], drawn(seed, 1)
    texts = [sd.DNA.decode(short[0]), sd.DNA.decode(long[0])]
    together = model.predict(sd.Sequences.from_strings(texts))[0]
    for row, codes in zip(together, (short, long), strict=True):
        expected = Bert(net)(np.eye(4)[codes].transpose(0, 2, 1))[0]
        np.testing.assert_allclose(row, expected, atol=1e-4)
    assert len(model.outputs) == OUTPUTS


def test_unknown_tokens_and_too_many_tokens_are_refused():
    bert, tokenizer = transformers_only()
    with pytest.raises(InputError, match=r"turns 92 % of the tokens into unknown ones.*text="):
        wrapped(sd.token_model(bert(), tokenizer, text=str.lower))
    with pytest.raises(InputError, match=r"`length=60` is 62 tokens .*reads 40 tokens"):
        wrapped(sd.token_model(bert(), tokenizer), length=60)


def test_byte_pairs_of_different_numbers_work(seed):
    bert, _ = transformers_only()
    import transformers
    from tokenizers import Tokenizer, models

    merges = [("A", "C"), ("G", "T"), ("AC", "GT"), ("T", "T")]
    vocabulary = {token: i for i, token in enumerate([*VOCABULARY[:5], *"TGCA", "AC", "GT", "ACGT", "TT"])}
    inner = Tokenizer(models.BPE(vocabulary, merges, unk_token="[UNK]"))
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="[PAD]", unk_token="[UNK]")
    net = bert()
    net.resize_token_embeddings(len(vocabulary))
    model = wrapped(sd.token_model(net.eval(), tokenizer))
    codes = drawn(seed, 3)
    for row, code in zip(model.predict(sd.Sequences.from_codes(codes))[0], codes, strict=True):
        ids = torch.tensor([inner.encode(sd.DNA.decode(code)).ids])
        with torch.no_grad():
            np.testing.assert_allclose(row, net(input_ids=ids).logits[0].numpy(), atol=1e-5)
