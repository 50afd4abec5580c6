"""Letters of each background's own, and designs about sequences of their own."""

from __future__ import annotations

import numpy as np
import pytest

import seqdo as sd
from seqdo.designs.changes.per_sequence import Written
from seqdo.designs.design import NONE, Arm, Contrast, Design
from seqdo.designs.record import from_record, to_record
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, KEEP
from seqdo.sequences.edit import apply
from seqdo.sequences.stream import root

TEXTS = ["AAAAAA", "CCCCCC", "TTTTTT"]
WORDS = Written("word", np.array([DNA.encode("GAT"), DNA.encode("TTA"), DNA.encode("GGG")]), np.array([0, 3, 1]))


def design(change: Written = WORDS, sequences: sd.Sequences | None = None) -> Design:
    arms = {NONE: Arm(), "word": Arm((change,))}
    return Design("word", "?", arms, (Contrast("effect", {"word": 1.0, NONE: -1.0}),), sequences)


def own() -> sd.Sequences:
    return sd.Sequences.from_strings(TEXTS, DNA)


def test_each_background_gets_its_own_row_at_its_own_place():
    assert apply(own(), [WORDS.edit(root(0), 0, own())]).to_strings() == ["GATAAA", "CCCTTA", "TGGGTT"]


def test_backgrounds_take_turns_where_there_are_more_than_rows():
    four = sd.Sequences.from_strings([*TEXTS, TEXTS[0]], DNA)
    assert apply(four, [WORDS.edit(root(0), 0, four)]).to_strings()[3] == "GATAAA"
    assert apply(four[2:], [WORDS.edit(root(0), 2, four[2:])]).to_strings() == ["TGGGTT", "GATAAA"]


def test_kept_letters_are_not_written():
    part = Written("part", np.array([[KEEP, 2]], np.uint8), np.array([1]))
    assert part.columns.tolist() == [2]
    assert apply(own()[:1], [part.edit(root(0), 0, own()[:1])]).to_strings() == ["AAGAAA"]


@pytest.mark.parametrize(
    ("rows", "at", "message"),
    [
        (np.zeros((2, 3), np.uint8), np.array([0]), "`rows` of shape"),
        (np.zeros((0, 3), np.uint8), np.zeros(0, np.int64), "at least one"),
        (np.full((1, 2), 7, np.uint8), np.array([0]), "code 7"),
    ],
)
def test_what_does_not_go_together_is_refused(rows, at, message):
    with pytest.raises(InputError, match=message):
        Written("word", rows, at)


def test_a_row_off_its_own_sequence_is_refused_and_off_another_is_not():
    lengths = np.array([3, 6, 4])
    WORDS.check(lengths)
    with pytest.raises(InputError, match="word at 3"):
        WORDS.check(np.array([3, 5, 4]))


def test_a_stored_design_writes_the_same():
    kept = from_record(to_record(design(sequences=own())), own())
    again = apply(own(), kept.arms["word"].edits(root(0), 0, own())).to_strings()
    assert again == ["GATAAA", "CCCTTA", "TGGGTT"]
    assert kept.own_sequences is not None
    assert from_record(to_record(design()), own()).own_sequences is None


def test_a_design_about_its_own_sequences_is_run_on_them_and_on_no_others(tmp_path):
    model = sd.planted.additive({"GAT": 2.0}, length=6)
    asked = design(sequences=own())
    outcomes = sd.run(asked, model)
    assert outcomes.y.sel(arm="word").values.ravel().tolist() == [2.0, 0.0, 0.0]
    assert sd.run(asked, model, TEXTS).y.equals(outcomes.y)
    with pytest.raises(InputError, match="the design is about those sequences"):
        sd.run(asked, model, TEXTS[:2])
    with pytest.raises(InputError, match="`background` is missing for"):
        sd.run(design(), model)
    outcomes.save(tmp_path / "kept.nc")
    loaded = sd.Outcomes.load(tmp_path / "kept.nc")
    assert loaded.design.own_sequences is not None
    assert loaded.edited("word").to_strings() == ["GATAAA", "CCCTTA", "TGGGTT"]


def test_backgrounds_that_share_a_row_unbeknown_are_refused():
    """Letters of three sequences on six backgrounds that are made of none: their interval would count six."""
    model = sd.planted.additive({"GAT": 2.0}, length=6)
    with pytest.raises(InputError, match="n=6 backgrounds uniform, made of none, for word of 3 sequences"):
        sd.run(design(), model, sd.backgrounds.uniform(6), n=6, rng=0)
    assert sd.run(design(), model, sd.backgrounds.uniform(6), n=3, rng=0).y.sizes["background"] == 3
    assert (
        sd.run(design(), model, sd.backgrounds.shuffled(["ACGTAC", "CGTACG", "TTACGA"], k=1), n=6, rng=0).y.sizes["arm"]
        == 2
    )


def test_a_search_would_give_the_edits_of_some_sequences_to_others():
    model = sd.planted.additive({"GATTACA": 2.0}, length=60)
    texts = ["C" * k + "GATTACA" + "C" * 20 + "GATTACA" + "C" * (26 - k) for k in range(27)]
    asked = sd.occlude(texts, "GATTACA", number=2)
    with pytest.raises(InputError, match="belong to 27 sequences one by one"):
        sd.search(asked, model, texts, keep=2, screen=10, contrast="on the treated", rng=0)
