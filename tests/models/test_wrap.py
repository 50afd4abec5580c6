"""One suite for every kind of model that can be wrapped, and what is refused.

All kinds in the table compute the same two numbers: a weight for each letter at each position, summed, and the
number of G and C. The first changes if letters, positions or the two axes are ever mixed up.
"""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from seqdo.errors import InputError, RunError
from seqdo.models.model import Model
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.sequences import Sequences

LENGTH = 12
# Quarters, so that sums are exact in float32 and in any order.
WEIGHTS = np.random.default_rng(5).integers(-8, 9, (LENGTH, 4)) / 4
TABLE = np.stack([WEIGHTS, np.tile([0.0, 1, 1, 0], (LENGTH, 1))])  # (outputs, length, 4)


def truth(sequences: list[str], offset: list[int]) -> np.ndarray:
    """The two numbers, letter by letter, for sequences that begin at an offset of the model's input."""
    rows = []
    for text, shift in zip(sequences, offset, strict=True):
        score = sum(WEIGHTS[shift + i]["ACGT".index(letter)] for i, letter in enumerate(text))
        rows.append([score, text.count("G") + text.count("C")])
    return np.array(rows)


def ncl(x):
    return np.einsum("ncl,olc->no", x, TABLE)


class Linear(nn.Module):
    """The two numbers from one-hot with the axes in the order given."""

    def __init__(self, axes: str, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.axes = axes
        self.table = nn.Parameter(torch.tensor(TABLE, dtype=dtype))

    def forward(self, x):
        return torch.einsum(f"n{self.axes},olc->no", x, self.table)


class FromCodes(nn.Module):
    """The two numbers from codes, through an embedding in which padding is a row of zeros."""

    def __init__(self) -> None:
        super().__init__()
        padded = np.concatenate([TABLE, np.zeros((2, LENGTH, 1))], axis=2)
        self.rows = nn.Embedding.from_pretrained(torch.tensor(padded.transpose(1, 2, 0).reshape(-1, 2)).float())

    def forward(self, codes):
        return self.rows(codes + 5 * torch.arange(LENGTH)).sum(1)


def with_graph(x):
    table = torch.tensor(TABLE, dtype=torch.float32, requires_grad=True)
    return torch.einsum("ncl,olc->no", torch.from_numpy(x), table)


class SameBuffer:
    """Answers in the same array at every call."""

    def __init__(self) -> None:
        self.buffer = np.zeros((4096, 2))

    def __call__(self, x):
        answer = self.buffer[: len(x)]
        answer[:] = ncl(x)
        return answer


def spoils_its_input(codes):
    answer = ncl(np.eye(5)[:, :4][codes].transpose(0, 2, 1))
    codes[:] = 0
    return answer


def draws_in_vain(x):
    random.random()  # noqa: S311
    np.random.random()  # noqa: NPY002
    torch.rand(1)
    return ncl(x)


KINDS = {
    "callable NCL": lambda: {"obj": ncl},
    "callable NLC": lambda: {"obj": lambda x: np.einsum("nlc,olc->no", x, TABLE), "layout": "NLC"},
    "callable of codes": lambda: {"obj": spoils_its_input, "layout": "codes"},
    "callable that answers floats": lambda: {"obj": lambda x: [[float(v) for v in row] for row in ncl(x)]},
    "callable that answers one array a sequence": lambda: {"obj": lambda x: list(ncl(x))},
    "callable that answers pandas": lambda: {"obj": lambda x: pd.DataFrame(ncl(x), columns=["a", "b"])},
    "callable that answers torch with grad": lambda: {"obj": with_graph},
    "callable with one buffer (MOD-34)": lambda: {"obj": SameBuffer()},
    "callable that draws numbers in vain (MOD-18)": lambda: {"obj": draws_in_vain},
    "torch NCL, layout found": lambda: {"obj": Linear("cl").eval()},
    "torch NLC, layout found": lambda: {"obj": Linear("lc").eval()},
    "torch NLC, declared": lambda: {"obj": Linear("lc").eval(), "layout": "NLC"},
    "torch of codes": lambda: {"obj": FromCodes().eval(), "layout": "codes"},
    "torch float64": lambda: {"obj": Linear("cl", torch.float64).eval()},
    "a head of a dict": lambda: {"obj": lambda x: {"other": x, "score": ncl(x)}, "readout": "score"},
    "a head of a tuple": lambda: {"obj": lambda x: (x, ncl(x)), "readout": 1},
}


def made(kind: str, **options) -> Model:
    return wrap(**KINDS[kind](), **{"alphabet": DNA, "length": LENGTH, "outputs": ["score", "gc"], **options})


def random_sequences(seed: int, n: int = 40, shortest: int = LENGTH) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list("ACGT"), rng.integers(shortest, LENGTH + 1))) for _ in range(n)]


@pytest.fixture(params=list(KINDS))
def kind(request) -> str:
    return request.param


def test_every_kind_answers_what_its_letters_say(kind, seed):
    texts = random_sequences(seed)
    answer = made(kind).predict(Sequences.from_strings(texts))
    assert answer.shape == (1, 40, 2)
    np.testing.assert_array_equal(answer[0], truth(texts, [0] * 40))


@pytest.mark.parametrize("pad", ["left", "right", "centre"])
def test_padding_is_never_a_letter_and_stands_where_it_is_declared(kind, pad, seed):
    texts = random_sequences(seed, shortest=7)
    offset = [{"left": LENGTH - len(t), "right": 0, "centre": (LENGTH - len(t)) // 2}[pad] for t in texts]
    answer = made(kind, pad=pad).predict(Sequences.from_strings(texts))
    np.testing.assert_array_equal(answer[0], truth(texts, offset))


def test_batches_change_nothing_and_share_no_buffer(kind, seed):
    """MOD-34."""
    model, sequences = made(kind), Sequences.from_strings(random_sequences(seed))
    whole = model.predict(sequences)
    for batch in (1, 7, 40):
        np.testing.assert_array_equal(model.predict(sequences, batch=batch), whole)


def test_a_model_can_not_spoil_the_sequences_it_is_asked_about(kind, seed):
    texts = random_sequences(seed)
    sequences = Sequences.from_strings(texts)
    made(kind).predict(sequences)
    assert sequences.to_strings() == texts


def test_the_record_of_a_model_is_json_and_knows_its_weights(kind):
    record = json.loads(json.dumps(made(kind, pad="centre").describe()))
    assert (record["alphabet"], record["length"], record["outputs"]) == ("dna", LENGTH, ["score", "gc"])
    assert record["pad"] == "centre"
    assert ("sha256" in record["members"][0]) == kind.startswith("torch")
    assert "." not in record["members"][0]["name"]


def test_random_states_are_left_as_they_were(kind, seed):
    """MOD-18: python's, numpy's and torch's, by wrapping and by predicting."""
    sequences = Sequences.from_strings(random_sequences(seed))

    def draws():
        return random.random(), np.random.random(), torch.rand(1).item()  # noqa: NPY002, S311

    def seeded():
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        torch.manual_seed(1)

    seeded()
    expected = draws()
    seeded()
    made(kind).predict(sequences)
    assert draws() == expected


def test_float64_answers_stay_float64_and_others_are_float32():
    """MOD-10: whatever the model computes in is kept."""
    assert made("torch float64").predict(Sequences.from_strings(["A" * 12])).dtype == np.float64
    assert made("torch NCL, layout found").predict(Sequences.from_strings(["A" * 12])).dtype == np.float32


def test_an_ensemble_keeps_its_members_apart_and_in_order(seed):
    doubled, shifted = Linear("cl").eval(), Linear("cl").eval()
    doubled.table.data *= 2
    shifted.table.data += 0.25
    texts = random_sequences(seed)
    model = wrap([Linear("cl").eval(), doubled, shifted], alphabet=DNA, length=LENGTH)
    expected = truth(texts, [0] * 40)
    answer = model.predict(Sequences.from_strings(texts))
    np.testing.assert_array_equal(answer, [expected, 2 * expected, expected + 0.25 * LENGTH])
    assert len({member.name for member in model.members}) == 3
    assert len({member.sha256 for member in model.members}) == 3


def test_outputs_get_names_when_none_are_given():
    assert wrap(ncl, alphabet=DNA, length=LENGTH).outputs == ("output 0", "output 1")
    assert wrap(lambda x: ncl(x)[:, 0], alphabet=DNA, length=LENGTH).outputs == ("output",)


def test_a_model_is_handed_back_and_not_wrapped_twice():
    model = made("callable NCL")
    assert wrap(model) is model
    assert wrap(model, alphabet=DNA, length=LENGTH) is model
    with pytest.raises(InputError, match=r"60.*12"):
        wrap(model, length=60)


def test_rna_letters_are_read_where_a_model_reads_rna():
    model = wrap(lambda x: x[:, 3].sum(1), alphabet=RNA, length=4, layout="NCL")
    assert model.predict(Sequences.from_strings(["UUGU", "ACCG"])).ravel().tolist() == [3, 0]


def refused(obj, *words: str, error: type[Exception] = InputError, **options) -> None:
    """Wrapping raises, and the message has all the words."""
    with pytest.raises(error) as raised:
        wrap(obj, **{"alphabet": DNA, "length": LENGTH, **options})
    for word in words:
        assert word in str(raised.value), f"{word!r} is not in: {raised.value}"


def test_noise_is_refused_with_its_size_and_the_way_to_allow_it():
    """MOD-03."""
    rng = np.random.default_rng(1)
    refused(lambda x: ncl(x) + rng.standard_normal((len(x), 1)), "identical calls", "allow_noise=True")
    global_noise = lambda x: ncl(x) + np.random.standard_normal((len(x), 1))  # noqa: E731, NPY002
    refused(global_noise, "identical calls", "allow_noise=True")


def test_allowed_noise_goes_on_and_its_sd_is_kept(seed):
    """MOD-04. 56 degrees of freedom: an SD beyond 0.65-1.4 times the true one fails 1 run in 10,000."""
    rng = np.random.default_rng(seed)
    model = wrap(
        lambda x: ncl(x) + [0.5, 2] * rng.standard_normal((len(x), 2)),
        alphabet=DNA, length=LENGTH, outputs=["a", "b"], allow_noise=True,
    )  # fmt: skip
    assert model.noise is not None
    assert 0.65 < model.noise["a"] / 0.5 < 1.4
    assert 0.65 < model.noise["b"] / 2 < 1.4
    assert model.describe()["noise"] == model.noise


def test_a_noisy_model_goes_on_drawing_from_the_global_state(seed):
    sequences = Sequences.from_strings(random_sequences(seed))
    noisy = lambda x: ncl(x) + np.random.standard_normal((len(x), 1))  # noqa: E731, NPY002
    model = wrap(noisy, alphabet=DNA, length=LENGTH, allow_noise=True)
    assert not np.array_equal(model.predict(sequences), model.predict(sequences))


def test_a_model_without_noise_has_none_even_where_it_is_allowed():
    assert wrap(ncl, alphabet=DNA, length=LENGTH, allow_noise=True).noise is None


def test_answers_that_depend_on_the_batch_are_refused():
    """MOD-02, MOD-14: scaling over the batch, sums along it, its order, its size."""
    refused(lambda x: ncl(x) - ncl(x).mean(0), "batch")
    refused(lambda x: ncl(x).cumsum(0), "batch")
    refused(lambda x: ncl(x) + np.arange(len(x))[:, None], "another order")
    refused(lambda x: ncl(x) + len(x), "smaller batch")


def test_a_small_part_that_depends_on_the_batch_is_seen_beside_a_large_constant():
    refused(lambda x: 1000 + 0.1 * (ncl(x) - ncl(x).mean(0)), "batch")


def test_state_carried_between_calls_is_refused():
    """MOD-14."""
    state = {"calls": 0}

    def counting(x):
        state["calls"] += 1
        return ncl(x) + state["calls"]

    refused(counting, "state between calls")


def test_nan_and_infinity_are_refused_when_wrapped():
    """MOD-05, MOD-06."""
    refused(lambda x: np.full(len(x), np.nan), "nan", error=RunError)
    refused(lambda x: np.full(len(x), np.inf), "inf", "float32", "log", error=RunError)


def test_several_heads_are_listed_with_shapes_and_the_readout_to_write():
    """MOD-09."""
    refused(
        lambda x: {"profile": np.zeros((len(x), 9)), "counts": ncl(x)},
        "'profile' (2, 9)",
        "'counts' (2, 2)",
        "readout=",
    )
    refused(lambda x: (ncl(x), x), "0 (2, 2)", "1 (2, 4, 12)", "readout=0")
    refused(lambda x: [ncl(x), x], "0 (2, 2)", "1 (2, 4, 12)", "readout=0")

    class Output:
        def __init__(self, logits):
            self.logits = logits

    refused(lambda x: Output(ncl(x)), "'logits' (2, 2)", "readout='logits'")
    chosen = wrap(lambda x: Output(ncl(x)), alphabet=DNA, length=LENGTH, readout="logits")
    assert chosen.outputs == ("output 0", "output 1")


def test_answers_of_the_wrong_shape_or_kind_are_refused():
    refused(lambda x: ncl(x).sum(), "float64", "one number for each sequence")
    refused(lambda x: x, "(2, 4, 12)", "window_sum")
    refused(lambda x: ncl(x)[:1], "(1, 2)", "(2,)")
    refused(lambda x: ["high"] * len(x), "real numbers")
    refused(lambda x: ncl(x) * 1j, "complex")
    refused(lambda x: None, "NoneType")
    refused(lambda x: [ncl(x)[:, 0]] * 8, "list of 8", "readout=0")  # eight heads, not a row for each of 8 sequences


def test_names_and_numbers_of_outputs_must_agree():
    refused(ncl, "['a']", "2 numbers", outputs=["a"])
    refused(ncl, 'outputs=["a"]', outputs="a")
    refused(ncl, "name of its own", outputs=["a", "a"])


def test_a_class_is_refused_before_it_is_called():
    refused(dict, "the class dict", "dict(...)")


def test_a_model_prints_as_a_line():
    model = wrap(ncl, alphabet=DNA, length=12)
    assert repr(model) == "<model ncl: 12 bp of DNA to output 0, output 1, 1 member>"
    assert repr(replace(model, outputs=tuple("abcde"))) == "<model ncl: 12 bp of DNA to 5 outputs, 1 member>"


def test_the_same_member_twice_is_refused_by_name():
    """STA-17: the same object, the same weights, the same function under another name."""
    net = Linear("cl").eval()
    refused([net, net], "Linear 0", "Linear 1", "sha256")
    refused([net, copy.deepcopy(net)], "Linear 0", "Linear 1", "sha256")
    refused([ncl, lambda x: ncl(x)], "ncl 0", "lambda 1", "same predictions")
    silent = lambda x: np.zeros(len(x))  # noqa: E731
    refused([silent, silent], "lambda 0", "lambda 1", "same predictions")


def test_members_that_only_agree_on_the_probe_are_not_called_the_same():
    """Counts of rare words are zero on both probe sequences, for any word."""
    words = [lambda x, i=i: np.prod([x[:, (i + j) % 4, j] for j in range(10)], axis=0) for i in range(2)]
    assert len(wrap(words, alphabet=DNA, length=LENGTH).members) == 2


def test_members_with_different_numbers_of_outputs_are_refused():
    """STA-18."""
    refused([ncl, lambda x: ncl(x)[:, 0]], "`ncl 0` has 2", "`lambda 1` has 1")


def test_what_can_not_be_wrapped_says_what_can():
    refused(3, "int", "torch.nn.Module", "callable")
    refused([], "empty")
    refused([made("callable NCL")], "Model")
    refused(ncl, "alphabet", "sd.DNA", alphabet=None)
    refused(ncl, "length", length=None)
    refused(ncl, "length=0", length=0)
    refused(ncl, "layout='LNC'", layout="LNC")
    refused(ncl, "pad='center'", '"centre"', pad="center")
    refused(ncl, "readout=True", readout=True)


def test_a_model_that_fails_on_its_first_input_is_told_what_it_was_handed():
    refused(lambda x: ncl(x.transpose(0, 2, 1)), "(2, 4, 12)", "NCL", 'layout="NLC"', "ValueError")
