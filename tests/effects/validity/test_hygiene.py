"""Sites that edits create and destroy next to what they write, compared with plain strings."""

from __future__ import annotations

import re

import numpy as np
import pytest

import seqdo as sd
from seqdo.effects.validity.hygiene import BEFORE, BESIDE, COLUMNS, MOST, hits, hygiene
from seqdo.motifs.motif import Motif

LENGTH = 14


def starts(text, pattern):
    return {match.start() for match in re.finditer(f"(?={pattern})", text)}


def by_strings(backgrounds, pattern, turned, at):
    """The four shares, by looking at strings; ``turned`` is the pattern on the other strand."""
    width, found = len(pattern), []
    for before in backgrounds:
        after = before[:at] + pattern + before[at + width :]
        was, now = (starts(text, pattern) | starts(text, turned) for text in (before, after))
        near = {start for start in now - was if start < at + width and start + width > at and start != at}
        found.append((bool(was), at in was, bool(near), bool(was - now)))
    return np.mean(found, 0)


@pytest.mark.parametrize(("pattern", "turned"), [("TAT", "ATA"), ("AT", "AT"), ("AA", "TT")])
@pytest.mark.parametrize("at", [0, 5, 11])
def test_shares_are_those_of_strings_on_both_strands(pattern, turned, at, seed):
    rng = np.random.default_rng(seed)
    backgrounds = ["".join(rng.choice(list("ATATATC"), LENGTH)) for _ in range(60)]
    model = sd.planted.additive({"GG": 1.0}, LENGTH)
    (row,) = hygiene(sd.run(sd.embed(pattern, at=at), model, backgrounds, rng=0)).to_dict("records")
    assert list(row) == COLUMNS
    expected = by_strings(backgrounds, pattern, turned, at)
    assert [row[name] for name in COLUMNS[2:]] == pytest.approx(expected)


def test_rna_has_one_strand_and_padding_is_no_letter():
    model = sd.planted.additive({"GG": 1.0}, 8, alphabet=sd.RNA)
    outcomes = sd.run(sd.embed("UAU", at=2), model, ["AUACCCCC", "CCCCCUAU"], rng=0)
    assert hygiene(outcomes)["already"].tolist() == [0.5]
    codes = np.array([[3, 0, 4, 4], [3, 0, 3, 0]], np.uint8)
    assert hits(codes, Motif.from_string("TAN")).tolist() == [[False, False], [True, False]]


def test_another_motif_may_be_looked_for_and_sampled_places_are_those_of_the_run(seed):
    model = sd.planted.additive({"GG": 1.0}, 40)
    outcomes = sd.run(sd.copies("GATTACA", [3, 20, 30]), model, sd.backgrounds.uniform(40), n=200, rng=seed)
    table = hygiene(outcomes, ["GATTACA", "AG"])
    assert len(table) == 6
    # "AG" is made where a copy begins after an A, in 1 of 4 backgrounds a site: up to three sites.
    made = table[table["motif"] == "AG"]["created"].to_numpy()
    assert 0.1 < made[0] < 0.4
    assert made[0] < made[2]


def test_a_motif_by_its_matrix_counts_its_likely_letters():
    motif = Motif("half", np.array([[0.6, 0.4, 0, 0], [0.8, 0.1, 0.1, 0]]))
    assert hits(np.array([[0, 0, 1, 0, 2, 0]], np.uint8), motif).tolist() == [[True, False, True, False, False]]


def test_of_many_arms_some_are_looked_at():
    model = sd.planted.additive({"GG": 1.0}, 30)
    outcomes = sd.run(sd.kmers(4, at=10), model, sd.backgrounds.uniform(30), n=5, rng=0)
    assert MOST / 2 < len(hygiene(outcomes)) <= MOST
    assert sd.estimate(outcomes, margin=0.1).hygiene.equals(hygiene(outcomes))


def test_outcomes_without_a_seed_are_refused(make):
    with pytest.raises(sd.InputError, match="without the seed"):
        hygiene(make(np.zeros((1, 5, 2, 1))))


def test_the_table_of_validity_reports_sites_before_and_next_to_the_edit():
    """Of the doctest's four backgrounds: two hold TATA before; one gains a second, one loses its own."""
    backgrounds = ["CCCCCCTACCCCCCCCCCCC", "CCCCCCCCCCCCCCCCCCCC", "CCCCCTATACCCCCCCCCCC", "CCTATACCCCCCCCCCCCCC"]
    model = sd.planted.additive({"TATA": 1.0}, length=20)
    table = sd.estimate(sd.run(sd.embed("TATA", at=8), model, backgrounds, rng=0), margin=0.1).validity
    rows = table.set_index("check")
    assert rows.loc[BEFORE, "value"] == 0.5
    assert rows.loc[BESIDE, "value"] == 0.25
    assert rows.loc[[BEFORE, BESIDE], "result"].tolist() == ["caution", "caution"]
    assert "50.0% of backgrounds have TATA" in rows.loc[BEFORE, "advice"]
    clean = sd.estimate(sd.run(sd.embed("TATA", at=8), model, ["C" * 20] * 4, rng=0), margin=0.1).validity
    assert clean.set_index("check").loc[[BEFORE, BESIDE], "result"].tolist() == ["pass", "pass"]
