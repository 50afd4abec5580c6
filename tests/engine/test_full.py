"""The plain engine against a loop over sequences."""

from __future__ import annotations

import numpy as np
import pytest
from blank import blank
from hypothesis import given
from hypothesis import strategies as st
from strategies import edited_blocks

from seqdo.engine.choose import choose_engine
from seqdo.engine.full import Full
from seqdo.errors import InputError
from seqdo.experiments.arrange import interaction, spacing
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA, KEEP
from seqdo.sequences.edit import Edit
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root

LENGTH = 24
WEIGHTS = np.random.default_rng(0).normal(size=(4, LENGTH)).astype(np.float32)


def scores(x):
    """Two outputs, row by row: a weighted sum and its square; padding counts nothing."""
    total = np.array([float((row * WEIGHTS).sum(dtype=np.float64)) for row in x])
    return np.stack([total, total**2], axis=1)


def other(x):
    return -scores(x)


def slow_score(text: str) -> float:
    """The same from letters, at most LENGTH of them, padded on the right."""
    return sum(float(WEIGHTS["ACGT".index(letter), place]) for place, letter in enumerate(text))


def slow_edit(text: str, edit: Edit, row: int) -> str:
    start = int(np.broadcast_to(edit.start, 100)[row]) if np.ndim(edit.start) == 0 else int(edit.start[row])
    letters = edit.letters if edit.letters.ndim == 1 else edit.letters[row]
    for place, code in enumerate(letters, start):
        text = text if code == KEEP else text[:place] + "ACGT"[code] + text[place + 1 :]
    return text


MODEL = wrap([scores, other], alphabet=DNA, length=LENGTH, outputs=["sum", "square"], pad="right")


@given(edited_blocks(), st.integers(1, 7))
def test_full_equals_a_loop_over_arms_and_sequences_whatever_the_batch(drawn, batch):
    block, edits = drawn
    arms = [[], edits, edits[:1], [], edits[1:]]
    engine = Full(MODEL, batch=batch)
    y = engine.evaluate(engine.prepare(block), arms)
    assert y.shape == (5, 2, len(block), 2)
    for a, arm in enumerate(arms):
        for row, text in enumerate(block.to_strings()):
            for edit in arm:
                text = slow_edit(text, edit, row)
            expected = slow_score(text)
            np.testing.assert_allclose(y[a, 0, row], [expected, expected**2], rtol=1e-6, atol=1e-6)
            np.testing.assert_array_equal(y[a, 1, row], -y[a, 0, row])


def test_an_arm_without_edits_is_the_prepared_predictions_bit_for_bit_and_costs_nothing():
    calls = []

    def counted(x):
        calls.append(len(x))
        return scores(x)

    model = wrap(counted, alphabet=DNA, length=LENGTH)
    engine = Full(model)
    state = engine.prepare(Sequences.from_strings(["ACGTTGCA" * 3, "TTGACGTA" * 3]))
    calls.clear()
    y = engine.evaluate(state, [[], []])
    assert calls == []
    assert y[0].tobytes() == y[1].tobytes() == state.predictions.tobytes()


def test_small_arms_fill_a_batch_and_large_ones_are_cut_into_batches():
    calls = []

    def counted(x):
        calls.append(len(x))
        return scores(x)

    model = wrap(counted, alphabet=DNA, length=LENGTH)
    edit = [Edit("G", DNA.encode("G"), 3)]
    for n, arms, batch, expected in [(4, 5, 10, [8, 8, 4]), (10, 2, 4, [4, 4, 2, 4, 4, 2]), (3, 4, 12, [12])]:
        engine = Full(model, batch=batch)
        state = engine.prepare(Sequences.from_strings(["ACGTTGCA" * 3] * n))
        calls.clear()
        engine.evaluate(state, [edit] * arms)
        assert calls == expected


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 64, 100, 500])
def test_a_network_answers_the_same_in_every_batch_to_float32_rounding_DET_01(batch):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv1d(4, 8, 5), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(160, 1))
    model = wrap(net.eval(), alphabet=DNA, length=LENGTH)
    design = interaction(["GATT", "CCG"], at=[2, 12])
    block = Sequences.from_codes(np.random.default_rng(1).integers(0, 4, (100, LENGTH)))
    arms = [arm.edits(root(0), 0, blank(100)) for arm in design.arms.values()]
    y, whole = (engine.evaluate(engine.prepare(block), arms) for engine in (Full(model, batch=batch), Full(model)))
    np.testing.assert_allclose(y, whole, rtol=1e-6, atol=1e-6 * np.abs(whole).max())


def test_the_engine_is_chosen_and_the_reason_said():
    choice = choose_engine(MODEL)
    assert choice.engine.name == "full"
    assert choice.explain().startswith("engine full: ")
    assert choose_engine(MODEL, "full").explain().startswith("engine full: it was named in the call\n")
    with pytest.raises(InputError, match="engine='fast'"):
        choose_engine(MODEL, "fast")


def test_the_block_is_left_as_it_was():
    block = Sequences.from_strings(["ACGTTGCA" * 3] * 3)
    before = block.codes.copy()
    engine = Full(MODEL)
    design = spacing("GATT", "CCG", gaps=[1, 2], at=1)
    engine.evaluate(engine.prepare(block), [arm.edits(root(0), 0, blank(3)) for arm in design.arms.values()])
    assert np.array_equal(block.codes, before)
