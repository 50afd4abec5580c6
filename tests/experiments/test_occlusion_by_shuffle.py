"""Occlusion by shuffles of a site's own letters: the composition is the null, and the mean has a closed form."""

from __future__ import annotations

import json
from collections import Counter
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

import seqdo as sd
from seqdo.designs.record import from_record, to_record
from seqdo.errors import InputError
from seqdo.experiments.occlusion import occlude
from seqdo.sequences.edit import apply
from seqdo.sequences.stream import root
from seqdo.specs.entry import entry

LENGTH = 60


def sequences(seed, n=6):
    return ["".join(row) for row in np.random.default_rng(seed).choice(list("ACGT"), (n, LENGTH))]


def table(*rows):
    return pd.DataFrame(rows, columns=["sequence", "start", "stop"])


def weighted(weights):
    """y = the sum of a weight for each position and letter, weights (length, 4)."""

    def predict(x):
        return np.einsum("ncl,lc->n", np.asarray(x, np.float64), weights)

    return sd.wrap(predict, alphabet=sd.DNA, length=LENGTH, outputs=["y"])


def written(design, seed=0):
    """Arm to the sequences that it makes."""
    return {
        name: apply(design.own_sequences, arm.edits(root(seed), 0, design.own_sequences)).to_strings()
        for name, arm in design.arms.items()
    }


def codes(text):
    return np.array(["ACGT".index(letter) for letter in text])


def test_the_mean_over_shuffles_has_a_closed_form_under_a_position_weight_model(seed):
    """Each place gets each letter of the site equally often; the variance is that of Hoeffding's (1951) statistic."""
    texts, replicates = sequences(3), 400
    weights = np.random.default_rng(1).normal(size=(LENGTH, 4))
    spans = [(20, 28), (5, 12), (40, 49), (0, 6), (54, 60), (10, 30)]
    sites = table(*[(row, *span) for row, span in enumerate(spans)])
    outcomes = sd.run(occlude(texts, sites, replace="shuffle", replicates=replicates), weighted(weights), rng=seed)
    shuffled = outcomes.y.sel(arm=outcomes.y["arm"] != "none").mean("arm").values.ravel()
    for text, (start, stop), mean in zip(texts, spans, shuffled, strict=True):
        letters = codes(text)
        outside = sum(weights[place, letters[place]] for place in range(LENGTH) if not start <= place < stop)
        scores = weights[start:stop][:, letters[start:stop]]  # (places, letters) of the site
        width = stop - start
        centered = scores - scores.mean(0) - scores.mean(1)[:, None] + scores.mean()
        error = np.sqrt((centered**2).sum() / (width - 1) / replicates)
        assert abs(mean - (outside + scores.sum() / width)) < 5 * error


def test_every_order_of_the_letters_is_equally_likely(seed):
    """12 orders of AACG; |z| > 5 in less than one of a million seeds."""
    text = "T" * 20 + "AACG" + "T" * 36
    design = occlude([text], table((0, 20, 24)), replace="shuffle", replicates=2400)
    counts = Counter(arm[0][20:24] for name, arm in written(design, seed).items() if name != "none")
    assert set(counts) == {"".join(order) for order in permutations("AACG")}
    expected = 2400 / 12
    assert max(abs(count - expected) for count in counts.values()) < 5 * np.sqrt(expected * 11 / 12)


def test_letters_and_their_numbers_stay_and_so_does_everything_outside_the_site():
    texts = sequences(5)
    sites = table(*[(row, start, start + 7) for row in range(6) for start in (10, 17, 40)])  # two sites touch
    for name, arm in written(occlude(texts, sites, number=3, replace="shuffle", replicates=3)).items():
        for text, other in zip(texts, arm, strict=True):
            for start in (10, 17, 40):
                assert Counter(other[start : start + 7]) == Counter(text[start : start + 7]), name
            assert other[:10] + other[24:40] + other[47:] == text[:10] + text[24:40] + text[47:]


def test_a_model_of_composition_has_no_effect_of_order_and_one_of_the_motif_has():
    site = "GATTACA"
    texts = [text[:20] + site + text[27:] for text in sequences(7, n=40)]
    sites = table(*[(row, 20, 27) for row in range(40)])
    gc = sd.wrap(lambda x: x[:, 1:3].sum((1, 2)), alphabet=sd.DNA, length=LENGTH, outputs=["GC"])
    design = occlude(texts, sites, replace="shuffle")
    assert sd.estimate(sd.run(design, gc, rng=0)).table["estimate"].tolist() == [0.0]
    flanks = sd.estimate(sd.run(occlude(texts, sites), gc, rng=0)).table["estimate"].item()
    assert flanks < -0.5, "the letters next to the site have more GC than GATTACA, so that null changes the GC"
    weights = np.zeros((LENGTH, 4))
    weights[np.arange(20, 27), codes(site)] = 1.0
    # 7 places match; of a random order place i matches with the share of its letter: (1 + 3*3 + 2*2 + 1) / 7
    assert sd.estimate(sd.run(design, weighted(weights), rng=0)).table["estimate"].item() == pytest.approx(
        7 - (1 + 9 + 4 + 1) / 7, abs=5 * np.sqrt(2 / (25 * 40))
    )


def test_a_motif_in_place_stands_over_the_shuffled_letters():
    text = "C" * 20 + "GATTACAGA" + "C" * 31
    design = occlude([text], table((0, 20, 29)), replace="shuffle", replicates=8, by=["TNT"])
    for name, (other,) in written(design).items():
        if "in place" in name:
            assert (other[23], other[25]) == ("T", "T")
            assert set(other[20:29]) <= set("GATC"), name
            assert other[:20] + other[29:] == "C" * 51


def test_a_shuffle_needs_no_letters_next_to_the_site_and_is_stored():
    text = "GATTACA" * 3
    design = occlude([text, text], table((0, 0, 21), (1, 0, 21)), replace="shuffle", replicates=2)
    with pytest.raises(InputError, match="all 21 positions"):
        occlude([text, text], table((0, 0, 21), (1, 0, 21)))
    back = from_record(json.loads(json.dumps(to_record(design))), design.own_sequences)
    assert written(back, 3) == written(design, 3)
    assert written(design, 3) != written(design, 4)
    first, second = (written(design, 3)[f"all ({k})"] for k in (1, 2))
    assert first[0] != first[1], "equal sequences are shuffled apart"
    assert first != second


def test_the_question_names_the_null_and_the_sites_that_no_shuffle_changes():
    texts = ["C" * 20 + "AAAA" + "C" * 36, "C" * 20 + "GATT" + "C" * 36]
    sites = table((0, 20, 24), (1, 20, 24))
    question = occlude(texts, sites, replace="shuffle").question
    assert "The letters of each site are shuffled, so its composition stays." in question
    assert "1 of 2 sites have one repeated letter" in question
    assert "shuffled" not in occlude(texts, sites).question
    with pytest.raises(InputError, match=r"1 site, each of one repeated letter.*replace=\"flanks\""):
        occlude(texts[:1], sites[:1], replace="shuffle")


@pytest.mark.parametrize("kind", ["shuffel", "", None, "dinucleotide"])
def test_another_kind_of_replacement_is_refused(kind):
    with pytest.raises(InputError, match=r'`replace=.*"flanks" or "shuffle" is needed'):
        occlude(sequences(0), table((0, 3, 9)), replace=kind)


def test_a_study_can_ask_for_shuffles(tmp_path):
    (tmp_path / "some.fa").write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(sequences(2))))
    (tmp_path / "sites.csv").write_text("sequence,start,stop\n0,3,11\n2,30,41\n")
    keys = {"experiment": "occlude", "sequences": "some.fa", "sites": {"table": "sites.csv"}, "replace": "shuffle"}
    design = entry(keys).design(tmp_path)
    assert len(design.own_sequences) == 2
    assert 'replace="shuffle"' in design.call
    with pytest.raises(InputError, match="replace"):
        entry(keys | {"replace": "shuffel"})
