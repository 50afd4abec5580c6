"""Effects measured in libraries whose truth is planted, enumerated, or worked out another way."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import ttest_ind

import seqdo as sd


def library(rng, n, length, letters="ACGT"):
    return ["".join(row) for row in np.array(list(letters))[rng.integers(0, len(letters), (n, length))]]


def places(text, *words):
    """Starts of any of the words, those that overlap included."""
    return {i for word in words for i in range(len(text) - len(word) + 1) if text[i : i + len(word)] == word}


def test_planted_effects_are_found_without_bias_and_covered():
    """200 libraries: the mean estimate within 3 of its errors (fails in 0.3 % of seeds), 181 to 198 of 200 intervals
    at 95 % cover (0.4 %). Noise is larger with the pattern, and arms differ in size: Student's would not do."""
    rng = np.random.default_rng(20261123)
    estimates, covered = [], 0
    for _ in range(200):
        texts = library(rng, 250, 20)
        count = np.array([text.count("GAC") for text in texts])
        y = 1.5 * count + rng.normal(size=250) * (0.5 + 2 * count)
        (row,) = sd.measured_effects(texts, y, "GAC", both_strands=False).table.to_dict("records")
        estimates.append(row["estimate"])
        covered += row["low"] <= 1.5 <= row["high"]
    assert abs(np.mean(estimates) - 1.5) < 3 * np.std(estimates) / np.sqrt(200)
    assert 181 <= covered <= 198


def test_it_is_welchs_t_of_scipy():
    rng = np.random.default_rng(1)
    texts, y = library(rng, 300, 15), rng.gamma(2, size=300)
    count = np.array([len(places(text, "CA")) for text in texts])
    row = sd.measured_effects(texts, y, "CA", both_strands=False, level=0.9).table.iloc[0]
    want = ttest_ind(y[count == 1], y[count == 0], equal_var=False)
    assert row["p"] == pytest.approx(want.pvalue)
    assert row["df"] == pytest.approx(want.df)
    assert (row["low"], row["high"]) == pytest.approx(tuple(want.confidence_interval(0.9)))


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize("span", [None, (1, 3)])
def test_every_sequence_of_five_letters(once, span):
    """All 1024, on both strands, counted by hand."""
    texts = ["".join(letters) for letters in product("ACGT", repeat=5)]
    y = np.random.default_rng(2).normal(size=len(texts))
    table = sd.measured_effects(texts, y, ["GA", "ACGT", "AY"], positions=span, once=once).table
    for pattern, words in (("GA", ("GA", "TC")), ("ACGT", ("ACGT",)), ("AY", ("AC", "AT", "GT"))):
        found = [places(text, *words) for text in texts]
        holds = [
            any(span is None or span[0] <= at < span[1] for at in at_all) and (len(at_all) == 1 or not once)
            for at_all in found
        ]
        lacks = [not at_all for at_all in found]
        (row,) = table[table["pattern"] == pattern].to_dict("records")
        assert (row["n_with"], row["n_without"]) == (sum(holds), sum(lacks))
        if sum(holds) >= 5:
            assert row["estimate"] == pytest.approx(y[holds].mean() - y[lacks].mean())
        else:
            assert np.isnan(row["estimate"])


def test_one_strand_of_rna_and_two_of_dna():
    dna = ["GATTCC", "GGAATC", "CCCCCC"] * 5
    rna = [text.replace("T", "U") for text in dna]
    y = np.arange(15.0)
    assert sd.measured_effects(dna, y, "GATT").table["n_with"].item() == 10
    assert sd.measured_effects(rna, y, "GAUU").table["n_with"].item() == 5
    assert sd.measured_effects(dna, y, "GATT", both_strands=False).table["n_with"].item() == 5


def test_a_confounder_is_taken_out():
    """y counts G and C alone: sequences with GCGC have more of them outside it too, as composition differs."""
    rng = np.random.default_rng(3)
    share = rng.uniform(0.2, 0.8, 1500)
    codes = np.where(
        rng.random((1500, 30)) < share[:, None], rng.integers(1, 3, (1500, 30)), 3 * rng.integers(0, 2, (1500, 30))
    )
    texts = sd.Sequences.from_codes(codes.astype(np.uint8), sd.DNA)
    inside = np.array([len(places(text, "GCGC")) for text in texts.to_strings()]) * 4
    y = (np.isin(codes, (1, 2)).sum(1) - inside) / (30 - inside) * 10 + rng.normal(size=1500)
    plain = sd.measured_effects(texts, y, "GCGC").table.iloc[0]
    adjusted = sd.measured_effects(texts, y, "GCGC", adjust="gc").table.iloc[0]
    assert plain["low"] > 0.5
    assert adjusted["low"] < 0 < adjusted["high"]
    assert adjusted["se"] < plain["se"]


def test_the_regression_is_ols_with_hc3():
    rng = np.random.default_rng(4)
    texts = [text[: rng.integers(12, 19)] for text in library(rng, 120, 18)]
    y = rng.normal(size=120)
    count = np.array([len(places(text, "CA")) for text in texts])
    row = sd.measured_effects(
        texts, y, ["CA", "GGT"], both_strands=False, adjust=("gc", "length", "patterns")
    ).table.iloc[0]
    kept = count <= 1
    columns = []
    for text, own in zip(texts, count, strict=True):
        at = min(places(text, "CA"), default=None)
        rest = text if at is None else text[:at] + "--" + text[at + 2 :]
        outside = rest.replace("-", "")
        columns.append([1, own, sum(map(outside.count, "GC")) / len(outside), len(text), "GGT" in rest])
    x = np.array(columns, float)[kept]
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y[kept]
    scaled = (y[kept] - x @ beta) / (1 - np.einsum("ij,jk,ik->i", x, inverse, x))
    robust = inverse @ (x.T * scaled**2) @ x @ inverse
    assert row["estimate"] == pytest.approx(beta[1])
    assert row["se"] == pytest.approx(np.sqrt(robust[1, 1]))
    assert row["df"] == kept.sum() - 5


def test_a_pattern_that_the_covariates_predict_has_no_estimate():
    texts = ["GACGG"] * 10 + ["TTTT"] * 10
    row = sd.measured_effects(texts, np.arange(20.0), "GAC", adjust="length").table.iloc[0]
    assert np.isnan(row["estimate"])
    assert row["flag"] == "the covariates predict which sequences have the pattern"


def test_predictions_say_whether_the_model_or_the_backgrounds_differ():
    rng = np.random.default_rng(5)
    texts = library(rng, 2000, 15)
    one, two = (np.array([len(places(text, word)) for text in texts]) for word in ("GAC", "TTC"))
    y = 1.0 * one + 1.0 * two + rng.normal(size=2000) * 0.5
    table = sd.measured_effects(texts, y, ["GAC", "TTC"], both_strands=False, predictions=1.0 * one).table.set_index(
        "pattern"
    )
    assert np.allclose(table["missed"], table["estimate"] - table["predicted"])
    assert table.loc["GAC", "missed_low"] < 0 < table.loc["GAC", "missed_high"]
    assert table.loc["TTC", "missed_p_adjusted"] < 1e-6
    assert table.loc["GAC", "predicted"] == pytest.approx(1, abs=0.1)


def test_few_sequences_give_no_number():
    texts = ["GATTACA"] * 4 + ["CCCCCCC"] * 30
    table = sd.measured_effects(texts, np.arange(34.0), ["GATTACA", "CCC", "TTTT"]).table
    assert table[["estimate", "se", "low", "high", "p"]].isna().all(axis=None)
    assert table["flag"].tolist() == [
        "only 4 sequences with the pattern",
        "only 0 sequences with the pattern and only 4 sequences without the pattern",
        "only 0 sequences with the pattern",
    ]


def test_arms_that_do_not_vary_have_no_interval():
    row = sd.measured_effects(["GAC"] * 10 + ["TTT"] * 10, np.repeat([2.0, 1.0], 10), "GAC").table.iloc[0]
    assert row["estimate"] == 1
    assert np.isnan([row["low"], row["high"], row["p"]]).all()
    assert "no variance" in row["flag"]


@pytest.mark.parametrize("adjust", [(), "gc", ("gc", "patterns")])
def test_what_never_varies_has_no_p_from_rounding(adjust):
    """The mean of 600 times 1.1 is not 1.1, so that deviations from it are not 0."""
    library = sd.backgrounds.uniform(30).sample(600, rng=0)
    found = sd.measured_effects(library, np.full(600, 1.1), ["GAT", "CCG"], adjust=adjust).table
    assert found["estimate"].tolist() == pytest.approx([0, 0], abs=1e-12)
    assert found["se"].tolist() == [0, 0]
    assert found[["low", "high", "p", "p_adjusted", "df"]].isna().all(axis=None)
    assert found["flag"].str.startswith("constant").all()


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"y": [np.nan, np.inf] + [1.0] * 8}, "`y` has 2 of 10 values"),
        ({"y": [1.0] * 9}, r"`y` has shape \(9,\) for 10 sequences"),
        ({"y": ["a"] * 10}, "`y` is not all numbers"),
        ({"predictions": np.ones((2, 10, 1))}, r"`predictions` has shape .* model\.predict"),
        ({"patterns": []}, "empty list"),
        ({"patterns": ["GA", "GA"]}, "twice"),
        ({"patterns": "GAUU"}, "is rna"),
        ({"patterns": "NN"}, "pattern NN has no letter"),
        ({"patterns": "GATTACAGATTACA"}, "14 positions wide: the longest sequence has only 8 positions"),
        ({"positions": [5, 3]}, "edges"),
        ({"positions": [0.5, 3]}, "edges"),
        ({"positions": 10}, r"positions=\[10\]: edges"),
        ({"adjust": "age"}, "gc, length, patterns"),
        ({"adjust": None}, "adjust=None: some of gc, length, patterns"),
        ({"adjust": [["gc"]]}, "gc, length, patterns"),
        ({"both_strands": "yes"}, "both_strands='yes'"),
        ({"y": np.arange(10) * 1j}, "not all numbers"),
        ({"level": 95}, "share"),
    ],
)
def test_refusals(more, problem):
    arguments = {"sequences": ["GATTACCA"] * 10, "y": np.arange(10.0), "patterns": "GAT"} | more
    with pytest.raises(sd.InputError, match=f"(?i){problem}"):
        sd.measured_effects(**arguments)
