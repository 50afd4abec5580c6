"""Mutagenesis and pairs of it: arms, contrasts, cost, and what is refused."""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import pytest

import seqdo as sd
from seqdo.designs.changes.site import edits_of
from seqdo.designs.design import NONE
from seqdo.designs.record import from_record, to_record
from seqdo.errors import InputError
from seqdo.sequences.stream import root

PROBES = sd.Sequences.from_strings(["GAUUACA", "CCUUACG"], sd.RNA, ["one", "two"])
MODEL = sd.planted.additive({"UUA": 2.0, "AC": -0.5}, length=7, alphabet=sd.RNA)


def by_name(design, name):
    return [(dict(c.levels), dict(c.weights)) for c in design.contrasts if c.name == name]


def test_every_place_has_three_arms_and_a_contrast_of_their_mean():
    design = sd.mutagenesis(PROBES, start=2, stop=5)
    assert list(design.arms) == [NONE, *(f"step {step}@{at}" for at in (2, 3, 4) for step in (1, 2, 3))]
    assert by_name(design, "substitution") == [
        ({"position": at}, {**{f"step {step}@{at}": 1 / 3 for step in (1, 2, 3)}, NONE: -1}) for at in (2, 3, 4)
    ]
    assert not by_name(design, "change")
    assert design.own_sequences is PROBES


def test_no_arm_leaves_a_sequence_as_it_is_and_all_are_different():
    outcomes = sd.run(sd.pairwise_mutagenesis(PROBES, stop=4), MODEL, rng=0)
    for row in range(2):
        made = [outcomes.edited(arm).to_strings()[row] for arm in outcomes.design.arms]
        assert len(set(made)) == len(made) == 1 + 12 + 9 * 6


def test_a_single_sequence_has_a_change_for_each_letter_by_its_name():
    design = sd.mutagenesis(sd.Sequences.from_strings(["GU"], sd.RNA))
    assert [(one["position"], one["letter"]) for one, _ in by_name(design, "change")] == [
        (0, "U"), (0, "A"), (0, "C"), (1, "A"), (1, "C"), (1, "G"),
    ]  # fmt: skip
    # without a T or a U no one can know which it is
    assert {one["letter"] for one, _ in by_name(sd.mutagenesis(["GC"]), "change")} == {"A", "C", "G", "T/U"}


def test_pairs_are_differences_in_differences_and_share_their_first_substitution_one_after_another():
    design = sd.pairwise_mutagenesis(PROBES, start=1, stop=4)
    levels = [tuple(one.values()) for one, _ in by_name(design, "interaction")]
    assert levels == list(combinations((1, 2, 3), 2))
    _, weights = by_name(design, "interaction")[0]
    both = [f"step {a}@1 + step {b}@2" for a in (1, 2, 3) for b in (1, 2, 3)]
    alone = [f"step {a}@{at}" for at in (1, 2) for a in (1, 2, 3)]
    assert weights == pytest.approx({**dict.fromkeys(both, 1 / 9), **dict.fromkeys(alone, -1 / 3), NONE: 1})
    assert [arm for arm in design.arms if " + " in arm][:9] == both
    first = [arm.split(" + ")[0] for arm in design.arms if arm.endswith("@3") and arm.startswith("step 2@1 +")]
    assert first == ["step 2@1"] * 3


def test_the_cost_is_said_before_anything_runs():
    design = sd.pairwise_mutagenesis(["ACGT" * 10] * 3)
    arms = 1 + 3 * 40 + 9 * 40 * 39 // 2
    assert len(design.arms) == arms == 7141
    assert f"{3 * arms:,} forward passes of each model member at n=3" in str(design)


@pytest.mark.parametrize(
    ("make", "given", "more", "message"),
    [
        (sd.mutagenesis, ["ACGT", "ACG"], {}, "sequence 1 is the shortest.*Write stop=3"),
        (
            sd.mutagenesis,
            sd.Sequences.from_strings(["ACGT", "ACG"], names=["a", "b"]),
            {"stop": 4},
            "`stop=4`, and b has length 3",
        ),
        (sd.mutagenesis, ["ACGT"], {"start": 3, "stop": 3}, "at least one position"),
        (sd.mutagenesis, ["ACGT"], {"start": -1}, "start=-1"),
        (sd.mutagenesis, ["ACGT"], {"stop": 2.0}, "stop=2.0"),
        (sd.mutagenesis, "ACGT", {}, "a list of sequences"),
        (sd.mutagenesis, [], {}, "no sequences"),
        (sd.pairwise_mutagenesis, ["ACGT"], {"start": 1, "stop": 2}, "`start=1` and `stop=2` leave one position"),
        (sd.pairwise_mutagenesis, ["A" * 211], {}, "211 positions make 200,029 arms.*at most 200,000.*210 positions"),
    ],
)
def test_what_can_t_be_asked_is_refused_by_name(make, given, more, message):
    with pytest.raises(InputError, match=message):
        make(given, **more)


def test_shorter_sequences_are_asked_where_all_of_them_have_letters():
    design = sd.mutagenesis(["ACGT", "ACG"], stop=3)
    model = sd.wrap(lambda codes: (codes == 2).sum(1) * 1.0, alphabet=sd.DNA, length=4, layout="codes", pad="centre")
    table = sd.estimate(sd.run(design, model, rng=0), margin=0.1).table
    # one G is lost at 2; at 0 and 1 one of three letters becomes G
    assert table["estimate"].tolist() == pytest.approx([1 / 3, 1 / 3, -1])
    assert set(table["n"]) == {2}


def test_it_survives_its_record_with_its_sequences():
    design = sd.pairwise_mutagenesis(PROBES, stop=3)
    back = from_record(to_record(design), PROBES)
    assert str(back) == str(design)
    assert back.contrasts == design.contrasts
    assert back.own_sequences is PROBES


def test_a_hundred_thousand_arms_are_made_in_seconds():
    """1.2 s alone on one core for 100,126 arms; the limit leaves room for a machine that is busy."""
    before = time.process_time()
    assert len(sd.pairwise_mutagenesis([149 * "A"]).arms) == 1 + 3 * 149 + 9 * 149 * 74
    assert time.process_time() - before < 6


def test_a_row_of_a_map_of_pairs_is_no_curve():
    effects = sd.estimate(sd.run(sd.pairwise_mutagenesis(PROBES), MODEL, rng=0), margin=0.1)
    assert effects.table[["low_band", "high_band"]].isna().all(axis=None)
    assert effects.responses.empty


def test_a_change_that_arms_share_is_made_into_an_edit_once():
    design = sd.pairwise_mutagenesis(PROBES, stop=3)
    made = edits_of(design.arms.values(), root(0), 0, PROBES)
    assert len({id(edit) for edits in made for edit in edits}) == 9
    assert [len(edits) for edits in made] == [len(arm.sites) for arm in design.arms.values()]
    assert all(arm.settled for arm in design.arms.values())


def test_engines_agree_on_pairs_of_several_sequences_and_of_one(seed):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    layers = torch.nn.Conv1d(4, 8, 5, padding="same"), torch.nn.ReLU(), torch.nn.MaxPool1d(4), torch.nn.Flatten()
    net = torch.nn.Sequential(*layers, torch.nn.Linear(40, 1)).eval()
    model = sd.wrap(net, alphabet=sd.DNA, length=20)
    codes = np.random.default_rng(seed).integers(0, 4, (6, 20))
    for rows in (codes, codes[:1]):
        design = sd.pairwise_mutagenesis(sd.Sequences.from_codes(rows, sd.DNA), start=4, stop=12)
        fast, plain = (sd.run(design, model, rng=0, engine=name).y.values for name in ("incremental", "full"))
        np.testing.assert_allclose(fast, plain, rtol=1e-5, atol=1e-6)
