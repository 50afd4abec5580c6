"""Planted models: predictions against counts of substrings, exact means against enumeration."""

from __future__ import annotations

import json
import pickle
import re
from itertools import product

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.models import planted
from seqdo.models.planted import additive
from seqdo.models.planted.terms import Capped, Term
from seqdo.models.wrap import wrap
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.sequences import Sequences

LENGTH = 8
ALL = np.array(list(product(range(4), repeat=LENGTH)), np.uint8)  # all 65,536 sequences of 8 bp
TEXTS = Sequences.from_codes(ALL, DNA).to_strings()


def count(pattern: str, text: str) -> int:
    """Number of matches, overlapping matches included, counted with a regular expression."""
    expression = "".join(
        {"S": "[CG]", "W": "[AT]", "R": "[AG]", "Y": "[CT]", "N": "."}.get(letter, letter) for letter in pattern
    )
    return len(re.findall(f"(?=({expression}))", text))


def pairs(first: str, second: str, text: str, weight) -> float:
    return sum(
        weight(j - i - len(first))
        for i in range(len(text))
        for j in range(i + len(first), len(text))
        if text.startswith(first, i) and text.startswith(second, j)
    )


SCORE = np.random.default_rng(0).integers(-2, 3, (LENGTH, 4))


def logistic(score):
    return 1 / (1 + np.exp(-score))


def loop(text: str) -> float:
    pairing = {"AT", "TA", "CG", "GC"}
    return float(text[3:5] == "GA" and text[2] + text[5] in pairing and text[1] + text[6] in pairing)


PLANTED = {
    "additive": (
        planted.additive({"ACA": 2.0, "GNR": -0.5}, LENGTH),
        lambda t: 2 * count("ACA", t) - 0.5 * count("GNR", t),
    ),
    "term at one start": (planted.combine([Term(3.0, "ACY", at=2)], LENGTH), lambda t: 3 * count("ACY", t[2:5])),
    "saturating": (planted.saturating("AA", LENGTH, 2), lambda t: min(count("AA", t), 2)),
    "saturating, overlaps with IUPAC": (planted.saturating("RNA", LENGTH, 3), lambda t: min(count("RNA", t), 3)),
    "steric": (planted.steric("AC", "G", LENGTH, 2), lambda t: pairs("AC", "G", t, lambda gap: gap >= 2)),
    "periodic": (
        planted.periodic("AC", "AC", LENGTH, 3.5),
        lambda t: pairs("AC", "AC", t, lambda gap: (1 + np.cos(2 * np.pi * gap / 3.5)) / 2),
    ),
    "context flip": (planted.context_flip("ACA", LENGTH), lambda t: (1 if t[0] in "CG" else -1) * count("ACA", t[1:])),
    "GC biased": (
        planted.gc_biased("TAG", LENGTH, 3.0),
        lambda t: count("TAG", t) + 3 * (t.count("G") + t.count("C")) / LENGTH,
    ),
    "hairpin gated": (planted.hairpin_gated("GA", LENGTH, 3, 2), loop),
    "letter score": (
        planted.letter_score(SCORE, logistic),
        lambda t: logistic(sum(SCORE[i]["ACGT".index(c)] for i, c in enumerate(t))),
    ),
    "a sum of parts": (
        planted.combine([Capped("AA", 2), Term(1.0, "AC")], LENGTH),
        lambda t: min(count("AA", t), 2) + count("AC", t),
    ),
}


@pytest.fixture(scope="module")
def profile():
    weights = np.random.default_rng(4).dirichlet(np.ones(4), LENGTH)
    weights[6] = [0, 0.5, 0.5, 0]
    return weights


@pytest.fixture(scope="module")
def predictions():
    """Predictions of each model for every sequence."""
    return {name: model.predict(Sequences.from_codes(ALL), batch=8192)[0, :, 0] for name, (model, _) in PLANTED.items()}


@pytest.fixture(params=list(PLANTED))
def name(request) -> str:
    return request.param


def test_predictions_follow_from_the_letters(name, predictions):
    """Every 13th of all sequences. 13 and 4 have no common factor, so that each letter occurs at each position."""
    expected = [PLANTED[name][1](text) for text in TEXTS[::13]]
    np.testing.assert_allclose(predictions[name][::13], expected, atol=1e-12)


EDITS = {
    "no edit": [],
    "letters": [(1, "ACA")],
    "two patterns": [(0, "GA"), (4, "ACG")],
    "IUPAC, and N, which keeps a letter": [(2, "RNAY")],
    "a motif's matrix": [(3, Motif("m", np.array([[0.7, 0.1, 0.1, 0.1], [0, 0, 0, 0], [0.25, 0, 0.75, 0]])))],
}


def chance(edits, profile) -> np.ndarray:
    """Probability of each sequence, from the letters that are written and the background's profile."""
    letters = profile.copy()
    for start, pattern in edits:
        matrix = pattern.matrix if isinstance(pattern, Motif) else Motif.from_string(pattern).matrix
        for place, row in enumerate(matrix):
            if row.sum():
                letters[start + place] = row
    return letters[np.arange(LENGTH), ALL].prod(1)


@pytest.mark.parametrize("edit", list(EDITS))
def test_expected_is_the_mean_over_all_sequences(name, edit, predictions, profile):
    weights = chance(EDITS[edit], profile)
    assert weights.sum() == pytest.approx(1)
    expected = PLANTED[name][0].expected(EDITS[edit], profile)
    assert expected == pytest.approx(float(weights @ predictions[name]), abs=1e-11)
    assert isinstance(expected, float)


def test_the_default_profile_is_uniform(name, predictions):
    assert PLANTED[name][0].expected() == pytest.approx(predictions[name].mean(), abs=1e-11)
    assert PLANTED[name][0].expected(profile=np.full(4, 0.25)) == PLANTED[name][0].expected()


def test_a_planted_model_passes_the_checks_of_wrap_and_can_be_pickled(name):
    model = PLANTED[name][0]
    call = model.members[0].predict.function
    again = wrap(call, alphabet=DNA, length=LENGTH, layout="codes")
    sequences = Sequences.from_codes(ALL[::997])
    np.testing.assert_array_equal(again.predict(sequences), model.predict(sequences))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(sequences), model.predict(sequences))  # noqa: S301
    assert "0x" not in json.dumps(model.describe())
    assert len(model.describe()["parts"]) == len(model.parts)


def test_steric_sites_exclude_each_other_when_closer_than_reach():
    model = planted.steric("GATTACA", "CCGGCC", 60, reach=6)
    means = [model.expected([(5, "GATTACA"), (12 + gap, "CCGGCC")]) for gap in range(12)]
    np.testing.assert_allclose(np.array(means) > 0.5, np.arange(12) >= 6)


def test_periodic_sites_are_best_at_whole_turns():
    model = planted.periodic("GATTACA", "CCGGCC", 100)
    means = np.array([model.expected([(5, "GATTACA"), (12 + gap, "CCGGCC")]) for gap in range(64)])
    np.testing.assert_allclose(means, (1 + np.cos(2 * np.pi * np.arange(64) / 10.5)) / 2, atol=0.02)


def test_rna_patterns_need_a_model_of_rna():
    model = planted.additive({"UGCAUG": 1.0}, 20, alphabet=RNA)
    assert model.predict(Sequences.from_strings(["A" * 5 + "UGCAUG" + "A" * 9])).item() == 1
    with pytest.raises(InputError, match=r"UGCAUG.*dna.*sd.RNA"):
        planted.additive({"UGCAUG": 1.0}, 20)


@pytest.mark.parametrize(
    ("weights", "length", "message"),
    [
        (["GATTACA"], 60, "a dict of pattern to weight is needed"),
        ({"GATTACA": "2"}, 60, "`weight` is '2' for GATTACA"),
        ({"GATTACA": float("nan")}, 60, "`weight` is nan for GATTACA"),
        ({"GATTACA": 2.0}, "60", "length='60'"),
    ],
)
def test_unusable_weights_and_lengths_are_refused(weights, length, message):
    with pytest.raises(InputError, match=message):
        additive(weights, length=length)


def test_parts_that_do_not_fit_are_refused():
    for build, message in [
        (lambda: planted.additive({"ACGTACGTA": 1.0}, 8), r"ACGTACGTA is 9 positions wide.*only 8 positions"),
        (lambda: planted.additive({}, 8), "`parts` .* is empty"),
        (lambda: planted.combine([Term(1.0, "ACG", at=6)], 8), "ACG at 6.*fits is 5"),
        (lambda: planted.steric("ACGT", "ACGTA", 8, 1), r"ACGTACGTA is 9 positions wide.*only 8 positions"),
        (lambda: planted.saturating("AC", 8, 0), "cap=0"),
        (lambda: planted.hairpin_gated("GA", 8, 3, 4), r"NNNNGANNNN is 10 positions wide.*only 8 positions"),
        (lambda: planted.letter_score(np.ones((8, 4)), np.exp), "float64.*whole numbers"),
        (lambda: PLANTED["additive"][0].expected([(6, "ACG")]), "ACG at 6.*5"),
        (lambda: PLANTED["additive"][0].expected(profile=np.ones((8, 4))), "sums from 4 to 4"),
        (lambda: PLANTED["additive"][0].expected(profile=np.full((7, 4), 0.25)), r"\(7, 4\).*\(8, 4\)"),
    ]:
        with pytest.raises(InputError, match=message):
            build()
