"""A reference describes real sequences, survives its file, and makes backgrounds."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.models.reference import LEVELS, Reference, spectrum
from seqdo.sequences.sequences import Sequences

TEXTS = ["ACGTA", "ACG", "GGG", "TTTTT", "CAC"]


def measured(texts=TEXTS, predictions=None) -> Reference:
    values = np.arange(2.0 * len(texts)).reshape(-1, 2) if predictions is None else predictions
    return Reference.measure(Sequences.from_strings(texts), values, ["a", "b"], "five invented sequences")


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_spectrum_counts_the_k_mers_of_the_true_lengths(k):
    counts = Counter(text[i : i + k] for text in TEXTS for i in range(len(text) - k + 1))
    expected = np.array([counts["".join(kmer)] for kmer in product("ACGT", repeat=k)])
    np.testing.assert_allclose(spectrum(Sequences.from_strings(TEXTS), k), expected / expected.sum())


def test_a_spectrum_leaves_out_sequences_shorter_than_k_and_refuses_k_beyond_all():
    assert spectrum(Sequences.from_strings(TEXTS), 5).max() == 0.5
    with pytest.raises(InputError, match=r"k=6.*from 1 to 5"):
        spectrum(Sequences.from_strings(TEXTS), 6)


def test_profiles_are_of_each_length_and_aligned_at_the_start():
    reference = measured()
    assert reference.lengths == {3: 0.6, 5: 0.4}
    np.testing.assert_allclose(
        reference.profiles[3], [[1 / 3, 1 / 3, 1 / 3, 0], [1 / 3, 1 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3, 0]]
    )
    assert reference.profiles[5].shape == (5, 4)
    assert reference.profiles[5][0].tolist() == [0.5, 0, 0, 0.5]


def test_gc_and_predictions_are_summarized_for_each_output():
    reference = measured()
    gc = [2 / 5, 2 / 3, 1, 0, 2 / 3]
    assert reference.gc["mean"] == pytest.approx(np.mean(gc))
    assert reference.gc["sd"] == pytest.approx(np.std(gc, ddof=1))
    assert reference.outputs["b"]["mean"] == 5
    assert reference.outputs["b"]["levels"] == list(LEVELS)
    assert [reference.outputs["b"]["quantiles"][i] for i in (0, 4, -1)] == [1, 5, 9]


def test_predictions_of_another_shape_or_not_finite_are_refused():
    with pytest.raises(InputError, match=r"\(1, 5, 2\).*mean\(0\)"):
        measured(predictions=np.zeros((1, 5, 2)))
    with pytest.raises(InputError, match="NaN"):
        measured(predictions=np.full((5, 2), np.nan))


def test_one_sequence_has_no_spread():
    assert measured(["ACGTACGT"]).gc["sd"] == 0


def test_the_file_keeps_the_reference_to_six_digits_and_is_small(seed):
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice(list("ACGT"), length)) for length in rng.integers(35, 42, 3000)]
    first = measured(texts, rng.normal(size=(3000, 2)))
    text = first.to_json()
    second = Reference.from_json(text)
    assert len(text) < 150_000
    assert second.to_json() == text
    assert (second.n, second.source) == (first.n, first.source)
    for k in range(1, 7):
        np.testing.assert_allclose(second.spectra[k], first.spectra[k], rtol=5e-6)
    for length, profile in first.profiles.items():
        np.testing.assert_allclose(second.profiles[length], profile, rtol=5e-6)
    assert second.outputs["a"]["quantiles"] == pytest.approx(first.outputs["a"]["quantiles"], rel=5e-6)


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"n": 1, "source": "", "lengths": 3}'])
def test_a_text_that_is_no_reference_is_refused(text):
    with pytest.raises(InputError, match="is no reference"):
        Reference.from_json(text)


def test_the_background_of_a_stored_reference_has_its_lengths_and_letters(seed):
    """Shares within 5 standard errors: about 1 run in 10,000 fails over all cells."""
    reference = Reference.from_json(measured(["ACG", "ACT", "GCA", "TTTTT", "CACAC", "TCGCA", "TCGCG"] * 3).to_json())
    n = 4000
    sample = reference.background().sample(n, rng=seed)
    assert set(np.unique(sample.lengths)) == {3, 5}
    assert abs((sample.lengths == 3).mean() - 3 / 7) < 5 * np.sqrt(0.25 / n)
    for length in (3, 5):
        codes = sample.codes[sample.lengths == length, :length]
        shares = np.stack([(codes == code).mean(0) for code in range(4)], 1)
        assert np.abs(shares - reference.profiles[length]).max() < 5 * np.sqrt(0.25 / len(codes))
    single = reference.background(3).sample(50, rng=seed)
    assert set(single.lengths.tolist()) == {3}
    with pytest.raises(InputError, match=r"length=4.*3, 5"):
        reference.background(4)


def test_shares_that_were_rounded_to_six_digits_still_make_a_background(seed):
    """Six times 0.166667 is 1.000002."""
    reference = Reference.from_json(measured(["A" * length for length in range(1, 7)]).to_json())
    assert sum(reference.lengths.values()) > 1.000001
    assert len(reference.background().sample(10, rng=seed)) == 10


def test_the_file_is_plain_json():
    content = json.loads(measured().to_json())
    assert content["lengths"] == {"3": 0.6, "5": 0.4}
