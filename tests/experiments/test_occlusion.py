"""Occlusion, swaps and transplants against planted models whose effects are enumerated."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pandas as pd
import pytest

import seqdo as sd
from seqdo.backgrounds.flanking_chain import PSEUDO
from seqdo.designs.record import from_record, to_record
from seqdo.errors import InputError
from seqdo.experiments.occlusion import ENOUGH, occlude, transplant
from seqdo.models.planted.terms import Capped
from seqdo.sequences.edit import apply
from seqdo.sequences.stream import root
from seqdo.specs.entry import entry

SITE = "GATTACAGATT"
"""Of so many letters that none of some thousand replacements is the site again (4^-11 each)."""


def texts(*words, n=5, length=100, at=(20, 50, 75), seed=0):
    """Random sequences with these words, without G so that no site comes about by chance."""
    made = ["".join(row) for row in np.random.default_rng(seed).choice(list("ACT"), (n, length))]
    for word, start in zip(words, at, strict=False):
        made = [text[:start] + word + text[start + len(word) :] for text in made]
    return made


def effects_of(design, model):
    """(contrast, level) to (mean, n) of the design's table."""
    table = sd.estimate(sd.run(design, model, rng=0)).table
    return {(row["contrast"], row.get("occluded")): (row["estimate"], row["n"]) for _, row in table.iterrows()}


def law(text, start, stop):
    """Every filling of a span with its probability, counted by hand over the 50 letters on either side."""
    sides = text[max(start - 50, 0) : start], text[stop : stop + 50]
    letters = np.array([sum(side.count(letter) for side in sides) for letter in "ACGT"])
    mean = (letters + PSEUDO / 4) / (letters.sum() + PSEUDO)
    after = {}
    for one in "ACGT":
        seen = np.array(
            [sum(side[i : i + 2] == one + two for side in sides for i in range(len(side) - 1)) for two in "ACGT"]
        )
        after[one] = (seen + PSEUDO * mean) / (seen.sum() + PSEUDO)
    for word in map("".join, product("ACGT", repeat=stop - start)):
        chances = [after[one]["ACGT".index(two)] for one, two in zip(text[start - 1] + word, word, strict=False)]
        yield word, float(np.prod(chances))


def test_occluding_one_site_takes_away_its_weight_less_what_chance_makes_again(seed):
    """Enumerated over the 16 fillings of GA, junctions included. 1,000 draws: |z| > 4.5 in 7 of a million seeds."""
    text = texts("GA", "GC", n=1, seed=3)[0]
    model = sd.planted.additive({"GA": 2.0, "GC": -1.0}, 100)

    def answer(sequence):
        return 2.0 * sequence.count("GA") - sequence.count("GC")

    values = {word: answer(text[:20] + word + text[22:]) for word, _ in law(text, 20, 22)}
    chances = dict(law(text, 20, 22))
    assert sum(chances.values()) == pytest.approx(1)
    mean = sum(chances[word] * value for word, value in values.items())
    spread = np.sqrt(sum(chances[word] * (value - mean) ** 2 for word, value in values.items()) / 1000)
    sites = pd.DataFrame({"sequence": [0], "start": [20], "stop": [22]})
    outcomes = sd.run(occlude([text], sites, replicates=1000), model, rng=seed)
    found = outcomes.y.sel(arm="none").item() - outcomes.y.sel(arm=outcomes.y["arm"] != "none").mean().item()
    assert 0.5 < answer(text) - mean < 2  # the site comes again so often that it shows
    assert abs(found - (answer(text) - mean)) < 4.5 * spread


def test_sites_that_know_nothing_of_one_another_add_up():
    model = sd.planted.additive({SITE: 2.0}, 100)
    design = occlude(texts(SITE, SITE, SITE), SITE, number=3, replicates=8)
    found = effects_of(design, model)
    level = "on the treated"
    assert found[level, "all"] == (pytest.approx(6), 5)
    assert [found[level, f"site {k}"][0] for k in (1, 2, 3)] == pytest.approx([2, 2, 2])
    assert [found[level, f"all but site {k}"][0] for k in (1, 2, 3)] == pytest.approx([4, 4, 4])
    (beyond,) = (mean for (name, _), (mean, _) in found.items() if name == "beyond the sum")
    assert beyond == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("cap", "every", "single", "beyond"), [(1, 1, 0, 1), (2, 2, 0, 2), (3, 3, 1, 0)])
def test_sites_that_saturate_do_more_together_than_the_sum_of_each(cap, every, single, beyond):
    model = sd.planted.combine([Capped(SITE, cap)], 100)
    found = effects_of(occlude(texts(SITE, SITE, SITE), SITE, number=3, replicates=4), model)
    assert found["on the treated", "all"][0] == pytest.approx(every)
    assert found["on the treated", "site 2"][0] == pytest.approx(single)
    assert next(mean for (name, _), (mean, _) in found.items() if name == "beyond the sum") == pytest.approx(beyond)


def test_sequences_without_a_site_are_left_out_and_counted():
    some = [*texts(SITE, n=3), *texts(n=2, seed=1), *texts(SITE, SITE, n=1, seed=2)]
    design = occlude(some, SITE, replicates=ENOUGH)
    assert design.own_sequences.to_strings() == [*some[:3], some[5]]
    assert "4 of 6 sequences" in design.question
    assert "replicates" not in design.question
    one = occlude(some, SITE, number=1, replicates=2)
    assert len(one.own_sequences) == 3
    assert "Each site has only 2 replicates" in one.question
    assert one.factors == {"occluded": ("all",)}
    assert [contrast.name for contrast in one.contrasts] == ["on the treated"]
    assert set(occlude(some, SITE, number=2, replicates=1).factors["occluded"]) == {"all", "site 1", "site 2"}


def test_a_pattern_finds_both_strands_and_a_table_says_which():
    other = SITE.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    some = [*texts(SITE, n=1), *texts(other, n=1)]
    assert len(occlude(some, SITE).own_sequences) == 2
    table = sd.find_sites(some, SITE)
    assert len(occlude(some, table[table["strand"] == "-"]).own_sequences) == 1


def test_a_motif_in_place_stands_on_the_strand_of_the_site_and_once_where_nothing_is_drawn():
    other = SITE.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    some = [*texts(SITE, n=1), *texts(other, n=1)]
    swap = "CCCCCGGGAAA"
    design = occlude(some, SITE, replicates=3, by=[swap, "TTT"])
    assert [arm for arm in design.arms if "in place" in arm] == [
        f"{swap} in place (1)",
        *(f"TTT in place ({k})" for k in (1, 2, 3)),
    ]
    made = apply(
        design.own_sequences, design.arms[f"{swap} in place (1)"].edits(root(0), 0, design.own_sequences)
    ).to_strings()
    assert [text[20:31] for text in made] == [swap, "TTTCCCGGGGG"]
    assert [text[:20] + text[31:] for text in made] == [text[:20] + text[31:] for text in some]
    assert "TTT (3)" in design.question
    model = sd.planted.additive({SITE: 2.0, swap: 0.5}, 100)
    table = sd.estimate(sd.run(occlude(texts(SITE), SITE, by=[swap]), model, rng=0)).table
    assert table.loc[table["contrast"] == "swap", "estimate"].tolist() == pytest.approx([1.5])
    assert table.loc[table["contrast"] == "on the treated", "estimate"].tolist() == pytest.approx([2.0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"sites": "GGGGGGG"}, "none has a site of GGGGGGG"),
        ({"sites": SITE * 20}, "`sequences` has 2 sequences of up to 100 positions, and none"),
        ({"number": 2}, "exactly 2 sites.*the largest number is 1"),
        ({"number": 0}, "number=0"),
        ({"number": "2"}, r"number='2' \(str\): a whole number is needed$"),
        ({"sites": "NNN"}, "not N"),
        ({"by": ["NNN"]}, "not N"),
        ({"by": None}, "`by=None`: a list of motifs"),
        (
            {"sites": pd.DataFrame({"sequence": [], "start": [], "stop": []}, dtype=int)},
            "`sites` is a table without rows",
        ),
        ({"replicates": 0}, "replicates=0"),
        ({"window": 0}, "window=0"),
        ({"by": "GATT"}, "a list of motifs"),
        ({"by": ["GATT", "GATT"]}, "`by` holds GATT twice"),
        ({"by": ["C" * 60]}, "at -5"),
        ({"sites": pd.DataFrame({"sequence": [0], "start": [95], "stop": [103]})}, "from 95 to 103"),
        ({"sites": pd.DataFrame({"sequence": [0], "start": [95], "stop": [95]})}, "from 95 to 95"),
        ({"sites": pd.DataFrame({"sequence": [0], "start": [0], "stop": [100]})}, "all 100 positions of sequence 0"),
    ],
)
def test_what_can_not_be_occluded_is_refused_with_numbers_DES_12(call, words):
    with pytest.raises(InputError, match=words):
        occlude(**{"sequences": texts(SITE, n=2), "sites": SITE} | call)


def test_a_site_that_is_longer_than_another_sequence_is_refused_by_both_names():
    some = sd.Sequences.from_strings(["C" * 60, "C" * 30], sd.DNA, ["one", "two"])
    table = pd.DataFrame({"name": ["one", "two"], "start": [5, 3], "stop": [45, 10]})
    with pytest.raises(InputError, match="a site of 40 positions in one, and two has length 30"):
        occlude(some, table)


def test_motifs_that_would_reach_the_next_site_are_refused():
    with pytest.raises(InputError, match=r"at two sites of sequence 0 \(starts 20 and 33; so in 2 of 2"):
        occlude(texts(SITE, SITE, n=2, at=(22, 35)), SITE, by=["C" * 15])


def test_a_stored_design_writes_the_same_letters(tmp_path):
    some = [*texts(SITE, SITE), *texts(SITE, seed=4)]
    for design in (occlude(some, SITE, replicates=2, by=["RYC"]), occlude(some, SITE, number=2, replicates=2)):
        back = from_record(json.loads(json.dumps(to_record(design))), design.own_sequences)
        assert back.contrasts == design.contrasts
        for arm in design.arms:
            ours, theirs = (
                apply(made.own_sequences, made.arms[arm].edits(root(5), 0, made.own_sequences)).to_strings()
                for made in (design, back)
            )
            assert ours == theirs
    outcomes = sd.run(design, sd.planted.additive({SITE: 1.0}, 100), rng=0, block=2)
    outcomes.save(tmp_path / "kept.nc")
    loaded = sd.Outcomes.load(tmp_path / "kept.nc")
    assert loaded.edited("all (2)").to_strings() == outcomes.edited("all (2)").to_strings()
    assert sd.run(design, sd.planted.additive({SITE: 1.0}, 100), rng=0).y.equals(outcomes.y)


def test_replicates_are_no_controls_and_occluded_arms_are_what_is_looked_at():
    model = sd.planted.additive({SITE: 2.0}, 100)
    effects = sd.estimate(sd.run(occlude(texts(SITE, n=30), SITE), model, rng=0))
    assert effects.calibration.empty
    assert effects.outcomes.treated == tuple(f"all ({k})" for k in range(1, 26))
    results = effects.validity.set_index("check")["result"]
    assert results["sequences asked about"] == "pass"
    assert "reference" not in results


# --- transplants


def test_sites_go_to_their_own_places_in_the_background_of_their_own_number():
    some = texts(SITE, SITE, n=2)
    some[1] = some[1][:70].replace(SITE, "C" * len(SITE), 1)
    design = transplant(some, SITE, flank=2)
    blank = sd.Sequences.from_strings(["C" * 100, "T" * 70, "C" * 100], sd.DNA)
    made = apply(blank, design.arms["sites"].edits(root(0), 0, blank)).to_strings()
    assert made[0] == made[2] == "C" * 18 + some[0][18:33] + "C" * 15 + some[0][48:63] + "C" * 37
    assert made[1] == "T" * 48 + some[1][48:63] + "T" * 7
    assert design.own_sequences is None


@pytest.mark.parametrize("flank", [0, 2, 30])
def test_sites_go_along_however_short_another_sequence_is(flank):
    """Letters within the flank of a site, counted by hand; one sequence spans 60 letters, and two have 9 and 30."""
    some = ["GATTACA" + "C" * 46 + "GATTACA", "CCC" + "GATTACA" + "C" * 20, "CGATTACAC"]
    sites = pd.DataFrame({"sequence": [0, 0, 1, 2], "start": [0, 20, 3, 1], "stop": [7, 60, 10, 8]})
    design = transplant(some, sites, flank=flank)
    blank = sd.Sequences.from_strings(["G" * len(text) for text in some] * 2, sd.DNA)
    design.check(sd.DNA, blank.lengths)
    made = apply(blank, design.arms["sites"].edits(root(0), 0, blank)).to_strings()
    for row, text in enumerate(some * 2):
        spans = sites.loc[sites["sequence"] == row % 3, ["start", "stop"]].to_numpy().tolist()
        kept = [any(start - flank <= at < stop + flank for start, stop in spans) for at in range(len(text))]
        assert made[row] == "".join(letter if own else "G" for letter, own in zip(text, kept, strict=True))
    back = from_record(json.loads(json.dumps(to_record(design))))
    assert apply(blank, back.arms["sites"].edits(root(0), 0, blank)).to_strings() == made


def test_flanks_end_where_the_sequence_does():
    some = ["GATTACACCC", "CCCGATTACA"]
    design = transplant(some, "GATTACA", flank=2)
    blank = sd.Sequences.from_strings(["T" * 10] * 2, sd.DNA)
    made = apply(blank, design.arms["sites"].edits(root(0), 0, blank)).to_strings()
    assert made == ["GATTACACCT", "TCCGATTACA"]


def test_sites_are_enough_where_the_model_asks_for_nothing_else():
    """In shuffles a site of 11 letters comes about in none of 64: 64 * 90 / 4^11 = 0.001 expected."""
    some = texts(SITE, SITE, n=8)
    design = transplant(some, SITE)
    outcomes = sd.run(design, sd.planted.additive({SITE: 2.0}, 100), sd.backgrounds.shuffled(some), n=64, rng=0)
    (row,) = sd.estimate(outcomes).table.to_dict("records")
    assert (row["contrast"], row["estimate"]) == ("effect", pytest.approx(4))
    gated = sd.planted.combine([Capped("TGGGGGGGGGA", 1)], 100)
    assert sd.estimate(sd.run(design, gated, sd.backgrounds.shuffled(some), n=64, rng=0)).table["estimate"].item() == 0
    assert isinstance(sd.estimate(outcomes).validity, pd.DataFrame)


def test_a_transplant_of_sequences_without_a_site_says_how_to_leave_them_out():
    some = [*texts(SITE, n=2), *texts(n=1)]
    with pytest.raises(
        InputError, match=r"`sequences` has 3 sequences, and 1 has no site.*occlude\(sequences, sites\)\.own_sequences"
    ):
        transplant(some, SITE)
    assert transplant(occlude(some, SITE).own_sequences, SITE).arms.keys() == {"none", "sites"}


def test_a_study_can_ask_with_a_pattern_or_with_a_table(tmp_path):
    some = [*texts(SITE, SITE, n=2), *texts(SITE, n=2, seed=1)]
    (tmp_path / "some.fa").write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(some)))
    table = sd.find_sites(sd.read_fasta(tmp_path / "some.fa"), SITE)
    table[table["start"] == 20].drop(columns="sequence").to_csv(tmp_path / "sites.tsv", sep="\t", index=False)
    asked = {"experiment": "occlude", "sequences": "some.fa", "replicates": 2}
    by_pattern = entry(asked | {"sites": SITE, "number": 2, "by": ["CCC"]}).design(tmp_path)
    assert len(by_pattern.own_sequences) == 2
    by_table = entry(asked | {"sites": {"table": "sites.tsv"}}).design(tmp_path)
    assert len(by_table.own_sequences) == 4
    assert by_table.arms["all (1)"].sites[0].starts == (20,)
    moved = entry({"experiment": "transplant", "sequences": "some.fa", "sites": SITE, "flank": 1}).design(tmp_path)
    assert moved.arms["sites"].sites[0].starts == (19,)


@pytest.mark.parametrize(
    ("sites_of_each", "number", "question"),
    [
        ((1,), None, "What is the effect of the sites of {} in the 1 sequence that has them?"),
        ((1, 0), 1, "What is the effect of the site of {} in the 1 of 2 sequences that has it?"),
        ((2, 2, 1), 2, "What is the effect of the 2 sites of {} in the 2 of 3 sequences that have them?"),
    ],
)
def test_the_question_counts_sites_and_sequences(sites_of_each, number, question):
    some = [text for row, count in enumerate(sites_of_each) for text in texts(*[SITE] * count, n=1, seed=row)]
    assert occlude(some, SITE, number=number).question == question.format(SITE)
