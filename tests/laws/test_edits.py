"""Laws of edits, over drawn blocks of sequences and drawn edits."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import blocks, edited_blocks

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, KEEP, PAD
from seqdo.sequences.edit import Edit, apply, apply_each
from seqdo.sequences.sequences import Sequences


def of_row(edit: Edit, row: int) -> tuple[int, str]:
    """Start and letters ("." where the background's stays) of an edit in one sequence."""
    start = edit.start if isinstance(edit.start, int) else int(edit.start[row])
    letters = edit.letters if edit.letters.ndim == 1 else edit.letters[row]
    return start, "".join("." if code == KEEP else "ACGT"[code] for code in letters)


def by_hand(text: str, start: int, letters: str) -> str:
    for place, letter in enumerate(letters, start):
        text = text if letter == "." else text[:place] + letter + text[place + 1 :]
    return text


@given(edited_blocks())
def test_an_edit_writes_its_letters_at_its_start_in_each_sequence_and_nothing_else(drawn):
    """Against string slicing: KEEP leaves letters, starts and letters may differ per sequence."""
    block, edits = drawn
    expected = block.to_strings()
    for row, text in enumerate(expected):
        for edit in edits:
            text = by_hand(text, *of_row(edit, row))
        expected[row] = text
    assert apply(block, edits).to_strings() == expected


@given(blocks(), st.data())
def test_an_edit_that_writes_what_stands_there_changes_nothing(block, data):
    width = data.draw(st.integers(1, int(block.lengths.min())))
    start = np.array([data.draw(st.integers(0, int(length) - width)) for length in block.lengths])
    there = np.stack([row[at : at + width] for row, at in zip(block.codes, start, strict=True)])
    assert np.array_equal(apply(block, [Edit("same", there, start)]).codes, block.codes)


@given(edited_blocks(least=2))
def test_edits_at_separate_places_commute(drawn):
    block, edits = drawn
    made = [apply(block, order).codes for order in permutations(edits)]
    assert all(np.array_equal(codes, made[0]) for codes in made)
    one_by_one = block
    for edit in edits:
        one_by_one = apply(one_by_one, [edit])
    assert np.array_equal(one_by_one.codes, made[0])


@given(edited_blocks())
def test_nothing_outside_the_spans_changes_and_padding_stays_padding(drawn):
    block, edits = drawn
    before = block.codes.copy()
    after = apply(block, edits)
    inside = np.zeros(before.shape, bool)
    for row in range(len(block)):
        for edit in edits:
            start, letters = of_row(edit, row)
            inside[row, start : start + len(letters)] = True
    assert np.array_equal(after.codes[~inside], before[~inside])
    assert np.array_equal(after.codes == PAD, np.arange(before.shape[1]) >= block.lengths[:, None])
    assert np.array_equal(after.lengths, block.lengths)
    assert np.array_equal(block.codes, before), "the background itself was written to"


@given(blocks(), st.data())
def test_an_edit_off_the_end_is_refused_with_pattern_position_and_last_start_POS_01(block, data):
    shortest = int(block.lengths.min())
    width = data.draw(st.integers(1, shortest))
    start = data.draw(st.one_of(st.integers(-5, -1), st.integers(shortest - width + 1, shortest + 40)))
    with pytest.raises(InputError) as caught:
        apply(block, [Edit("GATTACA", np.zeros(width, np.uint8), start)])
    assert f"GATTACA at {start} would" in str(caught.value)
    assert f"the last that fits is {shortest - width} " in str(caught.value)


@given(st.integers(0, 20), st.integers(1, 5), st.integers(1, 5), st.data())
def test_overlapping_edits_are_refused_and_both_named_POS_05(start, first, second, data):
    block = Sequences.from_strings(["ACGTACGTACGTACGTACGTACGTACGTACGT"])
    other = data.draw(st.integers(max(0, start - second + 1), start + first - 1))
    edits = [Edit("ONE", np.zeros(first, np.uint8), start), Edit("TWO", np.zeros(second, np.uint8), other)]
    with pytest.raises(InputError, match=f"ONE at {start} and TWO at {other} overlap"):
        apply(block, edits)


def test_the_count_of_affected_sequences_is_named_where_only_some_are_too_short_POS_09():
    block = Sequences.from_strings(["ACGTACGT", "ACGTAC", "ACGTACG"])
    with pytest.raises(InputError, match="GATT at 4 would end at 8 of a sequence of length 6, in 2 of 3") as caught:
        apply(block, [Edit("GATT", DNA.encode("GATT"), 4)])
    assert "the last that fits is 2 " in str(caught.value)


def test_rows_of_their_own_may_end_in_KEEP_beyond_their_sequence_and_only_where_another_has_letters():
    block = Sequences.from_strings(["ACGTACGT", "ACGTAC"])
    letters = np.full((2, 6), KEEP, np.uint8)
    letters[0, 1:], letters[1, :4] = 3, 2
    assert apply(block, [Edit("own", letters, 2)]).to_strings() == ["ACGTTTTT", "ACGGGG"]
    for refused in (Edit("own", letters, 3), Edit("own", np.full(6, KEEP, np.uint8), 2)):
        with pytest.raises(InputError, match="own at"):
            apply(block, [refused])
    letters[1, 4] = 2
    with pytest.raises(InputError, match="own at 2 would end at 8 of a sequence of length 6, in 1 of 2"):
        apply(block, [Edit("own", letters, 2)])


def test_one_row_that_overlaps_is_enough_to_refuse():
    block = Sequences.from_strings(["ACGTACGT"] * 3)
    edits = [Edit("GA", DNA.encode("GA"), np.array([0, 1, 2])), Edit("CC", DNA.encode("CC"), 3)]
    with pytest.raises(InputError, match="GA at 2 and CC at 3 overlap"):
        apply(block, edits)


def test_agreeing_edits_may_overlap_where_both_write_one_letter_and_only_there():
    block = Sequences.from_strings(["A" * 12], DNA)

    def made(second: str, first_agrees: bool = True, second_agrees: bool = True) -> str:
        letters = np.where(np.array(list(second)) == ".", KEEP, DNA.encode(second)).astype(np.uint8)
        edits = [Edit("a", DNA.encode("TGCATG"), 0, agree=first_agrees), Edit("b", letters, 4, agree=second_agrees)]
        return apply(block, edits).to_strings()[0]

    assert made("TGCAT") == "TGCATGCATAAA"
    assert made("..C") == "TGCATGCAAAAA"
    for refused in [("TGCAT", True, False), ("TGCAT", False, True), ("CCCC",), ("T.C", False, False)]:
        with pytest.raises(InputError, match="a at 0 and b at 4 overlap"):
            made(*refused)


@pytest.mark.parametrize("start", [3.7, "17", True, np.array([1.0, 2.0]), np.array([[1], [2]])])
def test_a_start_that_is_no_whole_number_is_refused_POS_03(start):
    with pytest.raises(InputError, match="whole number"):
        Edit("GA", DNA.encode("GA"), start)


def test_a_numpy_start_is_a_start_POS_03():
    block = Sequences.from_strings(["AAAA"])
    assert apply(block, [Edit("GA", DNA.encode("GA"), np.int64(1))]).to_strings() == ["AGAA"]


@pytest.mark.parametrize(
    "letters", [np.array([0, PAD], np.uint8), DNA.encode("GAX"), np.zeros(0, np.uint8), np.zeros(3)]
)
def test_an_edit_writes_at_least_one_letter_and_nothing_that_is_none_MOT_07(letters):
    with pytest.raises(InputError, match="letters"):
        Edit("strange", letters, 0)


@pytest.mark.parametrize(("letters", "start"), [((2,), np.array([0, 1])), ((2, 2), 0)])
def test_starts_and_letters_for_another_number_of_sequences_are_refused_POS_08(letters, start):
    edit = Edit("GA", np.zeros(letters, np.uint8), start)
    with pytest.raises(InputError, match=r"2 .*3 "):
        apply(Sequences.from_strings(["AAAA"] * 3), [edit])


@given(edited_blocks(), st.integers(1, 4), st.data())
def test_arms_written_together_are_the_arms_written_one_by_one(drawn, copies, data):
    """Arms of one form, which are stacked, and of several, which are not."""
    block, edits = drawn
    arms = [
        edits[: data.draw(st.integers(0, len(edits)))] if data.draw(st.booleans()) else edits for _ in range(copies)
    ]
    together = apply_each(block, arms)
    expected = [text for arm in arms for text in apply(block, arm).to_strings()]
    assert together.to_strings() == expected


@pytest.mark.parametrize("arms", [[0, 99], [99, 0], [99]])
def test_of_arms_written_together_the_one_that_does_not_fit_is_named(arms):
    block = Sequences.from_strings(["ACGTACGT"])
    edits = [[Edit(f"GG at {start}", DNA.encode("GG"), start)] for start in arms]
    with pytest.raises(InputError, match="GG at 99 at 99 would end at 101"):
        apply_each(block, edits)


def test_a_pattern_for_all_sequences_may_not_end_in_kept_letters_beyond_one_of_them():
    block = Sequences.from_strings(["ACGTACGT", "ACGTAC"])
    letters = np.array([2, 2, KEEP], np.uint8)
    with pytest.raises(InputError, match="would end at 7"):
        apply_each(block, [[Edit("GG", letters, 0)], [Edit("GG", letters, 4)]])
