"""The motif of effects: whose estimates weigh, and of which sign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import seqdo as sd
from seqdo.effects.analyses.pattern_motif import motif_of, searched
from seqdo.models.planted.terms import Term

L, AT = 30, 12
NULL = sd.backgrounds.uniform(L)


def effects(design, weights, **more):
    model = sd.planted.combine([Term(weight, word, at=AT) for word, weight in weights.items()], L)
    return sd.estimate(sd.run(design, model, NULL, n=64, rng=1, **more), margin=0.1)


def test_a_plain_run_has_a_motif_too_after_a_file_as_well(tmp_path):
    found = effects(sd.kmers(["CCAT", "CCAG", "GGGG"], at=AT), {"CCAT": 6.0, "CCAG": 2.0, "GGGG": 1.0})
    made = motif_of(found)
    c = found.outcomes.y.sel(arm="none").mean().item()
    assert made.matrix[3] == pytest.approx(np.array([0, 0, 2 - c, 6 - c]) / (8 - 2 * c))
    assert made.matrix[:3].tolist() == sd.Motif.from_string("CCA").matrix.tolist()
    found.outcomes.save(tmp_path / "run.nc")
    again = motif_of(sd.estimate(sd.Outcomes.load(tmp_path / "run.nc"), margin=0.1))
    assert np.array_equal(again.matrix, made.matrix)


def test_rows_that_were_taken_out_of_the_table_do_not_weigh():
    found = effects(sd.kmers(["CCAT", "CCAG", "CCAA"], at=AT), {"CCAT": 6.0, "CCAG": 4.0, "CCAA": 3.0})
    found = replace(found, table=found.table[found.table["kmer"] != "CCAT"])
    assert motif_of(found).name == "motif of CCAG"
    assert motif_of(found).matrix[3, 3] == 0


@pytest.mark.parametrize(("by", "text"), [("highest", "CCAT"), ("lowest", "GGTA"), ("largest", "GGTA")])
def test_one_sign_at_a_time(by, text):
    found = effects(sd.kmers(["CCAT", "GGTA", "AAAA"], at=AT), {"CCAT": 6.0, "GGTA": -9.0})
    assert motif_of(found, by=by).text == text


def test_patterns_by_their_matrix_and_not_by_their_name():
    site = sd.Motif("my site", np.eye(4)[[2, 0, 3]])
    found = effects(sd.kmers([site, "CCG"], at=AT), {"GAT": 5.0})
    assert motif_of(found).text == "GAT"


@pytest.mark.parametrize("named", [False, True])
def test_a_search_of_words_is_shown_as_one_motif_and_one_of_motifs_is_not(named):
    words = ["GAT", "g.T", "CCG"]
    patterns = [sd.Motif.from_string(word, f"M{i}") for i, word in enumerate(words)] if named else words
    model = sd.planted.additive({"GAT": 2.0}, length=40)
    null = sd.backgrounds.uniform(40)
    found = sd.search(sd.kmers(patterns, at=AT), model, null, keep=2, screen=50, n=50, rng=1).effects
    assert (searched(found, found.outcomes.outputs[0]) is None) == named


def test_reverse_complements_are_aligned_if_asked():
    found = effects(sd.kmers(["CCATG", "CATGG", "CCATT"], at=AT), {"CCATG": 6.0, "CATGG": 5.0, "CCATT": 2.0})
    assert motif_of(found, both_strands=True).matrix[0].tolist() == [0.0, 1.0, 0.0, 0.0]
    assert motif_of(found).matrix[0, 1] < 1


@pytest.mark.parametrize(
    ("design", "more", "said"),
    [
        (sd.embed("GAT", at=AT), {}, "`effects` of embed: effects of kmers or flanks"),
        (
            sd.kmers(["GAT", "CCG"], at=AT),
            {"by": "lowest"},
            "`contrast='effect'` has 2 estimates for y, and none is below 0",
        ),
        (
            sd.kmers(["GAT", "CCG"], at=AT),
            {"contrast": "specific"},
            "`contrast='specific'` has 0 estimates for y, and none is above 0",
        ),
        (sd.kmers(["GAT", "CCG"], at=AT), {"output": "z"}, "`output='z'`: one of y"),
        (sd.kmers(["GAT", "CCG"], at=AT), {"by": "most"}, "`by='most'`: one of highest, lowest, largest"),
    ],
)
def test_what_has_no_motif_is_refused(design, more, said):
    with pytest.raises(sd.InputError, match=said):
        motif_of(effects(design, {"GAT": 5.0, "CCG": 3.0}), **more)


def test_a_motif_of_no_effects_is_refused():
    with pytest.raises(sd.InputError, match=r"NoneType.*sd\.estimate"):
        motif_of(None)
