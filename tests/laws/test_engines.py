"""Laws of engines, over drawn networks, blocks and arms of edits: every engine predicts what Full predicts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from agreement import answers, assert_close, assert_equals_full, engine_of
from architectures import LAYERS, READS, TOWER, Architecture, architecture, architectures, ensemble
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from strategies import Arm, choices, treated

from seqdo.engine.engine import Engine
from seqdo.engine.full import Full
from seqdo.models.adapters.torch import weights_sha256
from seqdo.models.checks import probe_codes
from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.edit import Edit
from seqdo.sequences.sequences import Sequences


@dataclass(frozen=True)
class Case:
    """Drawn networks (several form an ensemble), backgrounds, and arms of edits."""

    networks: tuple[Architecture, ...]
    block: Sequences
    arms: list[Arm]


@st.composite
def cases(draw: st.DrawFn, towers: int = 1, members: int = 1) -> Case:
    """A network of up to ``towers`` side by side, or an ensemble of ``members``, with a block and arms."""
    c = choices(draw, 64 + members * (16 + towers * TOWER))
    if members == 1:
        networks = (architecture(c, towers),)
    else:
        shape = {"outputs": c.whole(1, 3), "length": c.whole(8, 60), "layout": c.pick("NCL", "NLC", "codes")}
        networks = tuple(architecture(c, **shape, member=member) for member in range(members))
    first = networks[0]
    return Case(networks, *treated(c, first.length, first.shortest, first.alphabet))


def drawn(examples: int) -> settings:
    """So many examples, the same in every run. The first fault alone is made small, which takes minutes."""
    return settings(
        max_examples=examples,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


def check(case: Case, dtype: torch.dtype) -> None:
    model = ensemble(case.networks, dtype)
    y = answers(engine_of(model), case.block, case.arms)
    assert_equals_full(y, model, lambda: ensemble(case.networks, torch.float64), case.block, case.arms)


@drawn(60)
@given(cases())
def test_the_engine_equals_full_to_rounding(case):
    check(case, torch.float32)


@drawn(60)
@given(cases())
def test_the_engine_equals_full_in_float64_where_no_fault_can_hide_among_roundings(case):
    check(case, torch.float64)


@drawn(12)
@given(cases(members=2))
def test_an_ensemble_is_its_members_side_by_side(case):
    check(case, torch.float32)


@pytest.mark.slow
@drawn(1500)
@given(cases(towers=3), st.sampled_from([torch.float32, torch.float64]))
def test_the_engine_equals_full_on_three_thousand_networks_one_to_three_side_by_side(case, dtype):
    check(case, dtype)


def test_the_drawn_networks_have_every_kind_of_layer_and_most_predictions_differ_between_sequences():
    """Otherwise the laws would test little: of 300, each layer at least 3 times, and 9 of 10 distinguish sequences."""
    kinds, distinguishing = Counter[str](), list[bool]()

    @drawn(300)
    @given(architectures())
    def collect(network: Architecture) -> None:
        kinds.update(set(network.kinds))
        y = network.wrapped().predict(Sequences.from_codes(probe_codes(network.length)))[0]
        distinguishing.append(bool((y.std(0) > 0.01 * np.abs(y).max()).any()))

    collect()
    assert np.mean(distinguishing) > 0.9
    named = {layer.__name__ for layer in LAYERS} | {f"{head} head" for head in READS}
    assert not {name: kinds[name] for name in named if kinds[name] < 3}


@drawn(12)
@given(cases())
def test_arms_that_change_no_letter_predict_the_background_bit_for_bit(case):
    """No edits, letters that are there already, letters that are kept: among arms that change letters."""
    block, shortest = case.block, int(case.block.lengths.min())
    wide = min(8, shortest)
    ends = block.lengths - wide
    there = np.take_along_axis(block.codes, ends[:, None] + np.arange(wide), 1)
    same = [
        [],
        [Edit("first letters", block.codes[:, :wide], 0)],
        [Edit("last letters", there, ends)],
        [Edit("kept", np.full(wide, KEEP, np.uint8), shortest - wide)],
    ]
    engine = engine_of(ensemble(case.networks))
    y = answers(engine, block, [[], *case.arms, *same])
    for arm in y[-len(same) :]:
        assert_same_bits(engine, arm, y[0])


@drawn(12)
@given(cases())
def test_an_arm_predicts_the_same_in_any_order_again_and_by_itself(case):
    """In any order and alone to rounding; evaluated again, bit for bit: the prepared block is not changed."""
    model = ensemble(case.networks)
    weights = weights_sha256(model.members[0].predict.module)
    engine = engine_of(model)
    state = engine.prepare(case.block)
    y = engine.evaluate(state, case.arms)
    order = np.random.default_rng(0).permutation(len(case.arms))
    shuffled = engine.evaluate(state, [case.arms[i] for i in order])
    assert_close(shuffled, y[order], case.block, [case.arms[i] for i in order])
    alone = np.concatenate([engine.evaluate(state, [arm]) for arm in case.arms])
    assert_close(alone, y, case.block, case.arms)
    assert_same_bits(engine, engine.evaluate(state, case.arms), y)
    assert weights_sha256(model.members[0].predict.module) == weights


@drawn(12)
@given(cases())
def test_a_background_predicts_the_same_whatever_else_is_in_its_block(case):
    engine = engine_of(ensemble(case.networks))
    y = answers(engine, case.block, case.arms)
    for row in range(len(case.block)):
        alone = case.block[row : row + 1]
        arms = [[of_row(edit, row) for edit in arm] for arm in case.arms]
        assert_close(answers(engine, alone, arms), y[:, :, row : row + 1], alone, arms)


def of_row(edit: Edit, row: int) -> Edit:
    """The edit of one background."""
    start = edit.start if np.ndim(edit.start) == 0 else int(edit.start[row])
    return Edit(edit.name, edit.letters if edit.letters.ndim == 1 else edit.letters[row], start, edit.agree)


def assert_same_bits(engine: Engine, a: np.ndarray, b: np.ndarray) -> None:
    """Full predicts an edited block again, in other batches, so that its predictions may round differently."""
    if isinstance(engine, Full):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
    else:
        assert a.tobytes() == b.tobytes()
