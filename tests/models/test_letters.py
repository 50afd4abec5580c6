"""The order of letters: every path gives what the same network gives with its channels in A, C, G, T."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch
from torch import nn

import seqdo as sd
from seqdo.errors import InputError
from seqdo.models.letter_order import channel_order, checked_letters, code_table

LENGTH = 30
ORDERS = ["ACTG", "TGCA", "GATC", "CGTA"]


def conv(letters: str = "ACGT", layout: str = "NCL") -> nn.Module:
    """The same network with its channels in an order."""
    torch.manual_seed(0)
    first = nn.Conv1d(4, 8, 5, padding=2)
    first.weight.data = first.weight.data[:, channel_order(letters)]
    body = [first, nn.ReLU(), nn.Conv1d(8, 8, 3), nn.ReLU(), nn.AdaptiveMaxPool1d(4), nn.Flatten(), nn.Linear(32, 2)]
    return nn.Sequential(*([Transpose()] if layout == "NLC" else []), *body).eval()


class Transpose(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2)


def drawn(seed: int, n: int = 12) -> sd.Sequences:
    return sd.Sequences.from_codes(np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8))


def wrapped(net, **more):
    return sd.wrap(net, **{"alphabet": sd.DNA, "length": LENGTH, "outputs": ["a", "b"], "layout": "NCL", **more})


@pytest.mark.parametrize("letters", ORDERS)
@pytest.mark.parametrize("layout", ["NCL", "NLC"])
def test_predictions_gradients_and_the_last_layer_do_not_depend_on_the_order(letters, layout, seed):
    plain, other = wrapped(conv()), wrapped(conv(letters, layout), layout=layout, letters=letters)
    sequences = drawn(seed)
    np.testing.assert_allclose(other.predict(sequences), plain.predict(sequences), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(other.gradients(sequences, "b"), plain.gradients(sequences, "b"), rtol=1e-5, atol=1e-6)
    one_hot = np.random.default_rng(seed).normal(size=(3, 4, LENGTH))
    first, second = (model.members[0].network.gradients_at(one_hot) for model in (plain, other))
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)
    first, second = (model.members[0].network.last_layer_input(sequences.codes).values for model in (plain, other))
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)
    wrong = wrapped(conv(letters, layout), layout=layout)
    assert not np.allclose(wrong.predict(sequences), plain.predict(sequences), rtol=1e-3)


@pytest.mark.parametrize("letters", ORDERS)
@pytest.mark.parametrize("engine", ["incremental", "full"])
def test_a_run_does_not_depend_on_the_order_whichever_engine(letters, engine, seed):
    design, null = sd.spacing("GATTACA", "CCGT", gaps=[1, 4], at=8), sd.backgrounds.uniform(LENGTH)
    plain, other = (
        sd.run(design, model, null, n=30, rng=seed, engine=engine).y
        for model in (wrapped(conv()), wrapped(conv(letters), letters=letters))
    )
    np.testing.assert_allclose(other, plain, rtol=1e-4, atol=1e-5)


def test_padding_is_no_letter_in_any_order(seed):
    plain, other = (wrapped(conv(order), letters=order, pad="left") for order in ("ACGT", "GATC"))
    sequences = drawn(seed)
    short = sd.Sequences.from_strings([text[:20] for text in sequences.to_strings()])
    np.testing.assert_allclose(other.predict(short), plain.predict(short), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("letters", ORDERS)
def test_functions_and_codes_are_in_the_order(letters, seed):
    seen = []
    for layout in ("NCL", "NLC", "codes"):
        model = wrapped(lambda x: seen.append(x.copy()) or np.ones((len(x), 2)), layout=layout, letters=letters)
        seen.clear()
        sequences = drawn(seed, 3)
        model.predict(sequences)
        texts = sequences.to_strings()
        channels = seen[0] if layout == "codes" else seen[0].argmax(1 if layout == "NCL" else 2)
        assert ["".join(letters[code] for code in row) for row in channels] == texts
    assert f"letters={letters}" in model.describe()["members"][0]["reading"]


def test_rna_orders_may_be_written_with_u():
    model = sd.wrap(lambda x: x[:, 0].sum(1), alphabet=sd.RNA, length=4, layout="NCL", letters="UACG")
    assert model.predict(sd.Sequences.from_strings(["UUGA"])).item() == 2


@pytest.mark.parametrize("letters", ["ACG", "ACGG", "ACGTN", "", None, 4])
def test_anything_but_the_four_letters_is_refused(letters):
    with pytest.raises(InputError, match=r"`letters=.*the four letters.*ACTG"):
        wrapped(conv(), letters=letters)


def test_tables_of_codes_and_channels_are_inverse():
    for order in permutations("ACGT"):
        letters = "".join(order)
        assert [checked_letters(letters)[code] for code in code_table(letters)[:4]] == list("ACGT")
        assert [("ACGT")[place] for place in channel_order(letters)] == list(letters)


# --- a network that is the same on both strands


class BothStrands(nn.Module):
    """The mean of a network over a sequence and its reverse complement, for channels in an order."""

    def __init__(self, letters: str) -> None:
        super().__init__()
        self.net = conv(letters)
        self.partner = [letters.index("TGCA"["ACGT".index(letter)]) for letter in letters]

    def forward(self, x):
        return self.net(x) + self.net(x[:, self.partner].flip(2))


@pytest.mark.parametrize("letters", ["ACTG", "AGTC", "ATCG", "CGAT"])
def test_a_symmetric_network_in_another_order_is_noticed(letters, recwarn):
    wrapped(BothStrands(letters).eval(), letters=letters)
    assert not recwarn
    with pytest.warns(UserWarning, match='same for both strands.*letters="ACGT", such as letters="') as warned:
        wrapped(BothStrands(letters).eval())
    advice = str(warned[0].message).split('such as letters="')[1][:4]
    wrapped(BothStrands(letters).eval(), letters=advice)  # which does not warn: A and T, C and G are partners there


@pytest.mark.parametrize("net", [conv(), BothStrands("ACGT"), BothStrands("TGCA"), BothStrands("CATG")])
def test_no_other_network_is_doubted(net, recwarn):
    """Not symmetric; symmetric as stated; or in an order with the same partners, which no symmetry can show."""
    wrapped(net.eval())
    assert not recwarn


def test_a_model_that_rarely_predicts_anything_is_not_doubted(recwarn):
    def rare(x):
        return np.repeat(np.prod([x[:, i % 4, i] for i in range(10)], axis=0)[:, None], 2, 1)

    wrapped(rare)
    wrapped(lambda x: np.ones((len(x), 2)))
    wrapped(lambda x: np.stack([x.sum((1, 2)), x[:, 1:3].sum((1, 2))], 1))
    assert not recwarn
