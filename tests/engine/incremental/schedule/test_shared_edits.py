"""Which edits are applied once for several arms."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from seqdo.engine.incremental.schedule.shared_edits import edit_key, edit_positions, middle_arm, shared_edits, without
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.edit import Edit


def edit(text: str, start) -> Edit:
    return Edit(text, DNA.encode(text), start)


SITE, OTHER = edit("GATTACA", 4), edit("TTT", 60)
ARMS = [[SITE, edit("CCG", start)] for start in (20, 30, 40)] + [[OTHER, edit("CCG", 50)], [SITE], []]


def always(arms, key) -> bool:
    return True


def test_an_edit_of_several_arms_is_shared_and_an_edit_of_one_arm_is_not():
    ((shared, indices),) = shared_edits(ARMS, range(len(ARMS)), always)
    # An arm with the site alone has nothing left to carry, so that it gains nothing.
    assert (shared.start, indices) == (4, [0, 1, 2])
    assert [[e.start for e in without(ARMS[index], shared)] for index in indices] == [[20], [30], [40]]
    assert list(shared_edits(ARMS, [0, 3], always)) == []


def test_nothing_is_shared_that_does_not_pay():
    questions = []

    def never(arms, key) -> bool:
        questions.append((len(arms), key[0]))
        return False

    assert list(shared_edits(ARMS, range(len(ARMS)), never)) == []
    assert questions == [(3, 4)]


def test_an_arm_is_used_for_one_edit():
    """Two edits of three arms each, with one arm in common: the second edit gets the two that are left."""
    arms = [[SITE, edit("A", 20)], [SITE, edit("A", 21)], [SITE, OTHER], [OTHER, edit("A", 22)], [OTHER, edit("A", 23)]]
    chosen = [(shared.start, indices) for shared, indices in shared_edits(arms, range(5), always)]
    assert chosen == [(4, [0, 1, 2]), (60, [3, 4])]


def test_the_choice_does_not_depend_on_the_order_of_arms():
    arms = [[SITE, OTHER], [SITE, edit("A", 20)], [OTHER, edit("A", 21)]]
    for order in permutations(range(3)):
        ((shared, indices),) = shared_edits([arms[i] for i in order], range(3), always)
        assert shared.start == 4
        assert sorted(order[i] for i in indices) == [0, 1]
        assert middle_arm([arms[i] for i in order]) is arms[0]


def test_edits_are_equal_that_write_the_same_in_all_backgrounds():
    rows = np.tile(DNA.encode("GATTACA"), (3, 1))
    assert edit_key(SITE) == edit_key(Edit("another name", DNA.encode("GATTACA"), 4))
    assert edit_key(SITE) != edit_key(edit("GATTACA", 5))
    assert edit_key(Edit("rows", rows, 4)) == edit_key(Edit("rows", rows.copy(), 4))
    assert edit_key(Edit("rows", rows, 4)) != edit_key(SITE)  # the shapes of the letters differ
    assert edit_key(edit("GATTACA", np.array([4, 4, 5]))) is None


def test_positions_are_those_that_the_edits_write():
    assert edit_positions([OTHER, edit("CC", np.array([3, 9]))]).tolist() == [3, 4, 60, 61, 62]
    assert edit_positions([]).tolist() == []
