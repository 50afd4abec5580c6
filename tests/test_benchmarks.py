"""The benchmark: contenders agree on predictions and on the number of evaluations, and every floor is in the table."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

sys.path.append(str(Path(__file__).parents[1]))  # benchmarks/ is next to the package and is not installed

from benchmarks.__main__ import _parsed, _usual
from benchmarks.contenders.contender import Result
from benchmarks.contenders.engine import Engine
from benchmarks.contenders.plain import Plain
from benchmarks.contenders.sizing import grown
from benchmarks.floors import FLOORS
from benchmarks.machine import machine
from benchmarks.measure import Difference, Row, Timing, measure
from benchmarks.models import NETWORKS, Network
from benchmarks.roofline import forward_macs
from benchmarks.table import report, write
from benchmarks.workloads import WORKLOADS, Workload

LENGTH = 40


def _tiny() -> nn.Module:
    return nn.Sequential(nn.Conv1d(4, 6, 5), nn.BatchNorm1d(6), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 36, 2))


TINY = Network("tiny", LENGTH, "made for the test", _tiny)


@pytest.mark.parametrize("name", list(WORKLOADS))
def test_engine_and_plain_torch_give_the_same_predictions(name):
    net = TINY.build()
    work = WORKLOADS[name](LENGTH).corners(12, 5)
    engine, plain = Engine(TINY, net, "full").evaluate_arms(work), Plain(TINY, net, batch=8).evaluate_arms(work)
    assert engine.y.shape == plain.y.shape == (*work.size, 2)
    np.testing.assert_allclose(engine.y, plain.y, rtol=0, atol=1e-5)
    assert np.abs(plain.effects).max() > 0.01  # the edits have an effect, so that the comparison is informative


@pytest.mark.parametrize("name", list(WORKLOADS))
def test_plain_torch_predicts_as_many_pairs_as_the_workload_counts(name):
    work = WORKLOADS[name](LENGTH).cut(12, 3)
    assert Plain(TINY, TINY.build(), batch=8).evaluate_arms(work).evaluations == work.evaluations


def test_mutagenesis_has_three_mutants_for_each_position_and_sequence():
    assert WORKLOADS["W3"](LENGTH).evaluations == 3 * LENGTH * 20
    assert WORKLOADS["W3-1"](LENGTH).evaluations == 3 * LENGTH


def test_a_window_of_mutagenesis_has_neighboring_positions_with_all_four_letters():
    arms = WORKLOADS["W3"](LENGTH).cut(12, 1).arms
    first = int(arms[0][0].start)
    assert [int(edit.start) - first for (edit,) in arms] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    assert [edit.letters.tolist() for (edit,) in arms] == [[0], [1], [2], [3]] * 3


def test_corners_have_the_first_and_the_last_position():
    starts = [int(edit.start) for (edit,) in WORKLOADS["W1"](LENGTH).corners(5, 1).arms]
    assert (starts[0], starts[-1]) == (0, LENGTH - 8)


def test_time_for_each_job_is_divided_over_the_whole_workload():
    whole = WORKLOADS["W1"](LENGTH)  # 33 positions on 1000 backgrounds
    part = whole.cut(11, 10)
    result = Result(part, np.zeros((11, 10, 1)), np.zeros((10, 1)), once=66.0, shared=3.3, each=2.2, evaluations=110)
    # 66 s over 33,000 evaluations, 3.3 s over 10 backgrounds of 33 evaluations, 2.2 s over the 110 that were made
    assert result.per_evaluation == pytest.approx(0.002 + 0.01 + 0.02)


def test_a_part_grows_until_it_fills_the_round():
    def evaluate(work: Workload) -> Result:  # a millisecond for each evaluation
        return Result(work, np.zeros(0), np.zeros(0), 0.0, 0.0, 1e-3 * work.evaluations, work.evaluations)

    whole = WORKLOADS["W4"](LENGTH)
    part = grown(evaluate, whole, 1.0, backgrounds=16)
    assert 0.5 <= evaluate(part).seconds <= 1.0
    assert len(part.backgrounds) == 16
    assert grown(evaluate, whole, 1e6, backgrounds=16).size == whole.size


def test_every_network_has_its_floors():
    assert set(FLOORS) <= {(network, work) for network in NETWORKS for work in WORKLOADS}
    of_issue = {network: sorted(work for name, work in FLOORS if name == network) for network in NETWORKS}
    for network, works in of_issue.items():
        assert works == (["W1", "W2", "W3", "W4"] if network.startswith("M") else ["W1"]), network
    assert {str(FLOORS[name, "W1"]) for name in ("Basset", "DeepSEA", "Beluga", "ChromBPNet-512")} == {"≥ 15× plain"}


@pytest.mark.parametrize(
    ("seconds", "off", "own", "met"),
    [(40.0, 1e-6, 0.0, True), (39.0, 1e-6, 0.0, False), (40.0, 2e-5, 0.0, False), (40.0, 2e-5, 3e-5, True)],
)
def test_a_floor_is_met_by_the_ratio_and_by_effects_as_exact_as_float32(seconds, off, own, met):
    timings = {"seqdo": Timing([1.0], 1, 1, 0.0, ""), "tangermeme": Timing([seconds], 1, 1, 0.0, "")}
    row = Row("M1", "W1", "scan", 1, "full", 0.0, timings, Difference(off, off, own), floor=FLOORS["M1", "W1"])
    assert row.met is met


def test_multiply_adds_are_counted_by_hand():
    assert forward_macs(TINY.build(), LENGTH) == 4 * 6 * 5 * 36 + 6 * 36 * 2


def test_random_weights_give_predictions_with_sd_1():
    predictions = TINY.build()(_random_one_hot(400))
    # means and SDs of 400 predictions: more than five standard errors off with probability 1e-6
    assert torch.allclose(predictions.std(0), torch.ones(2), atol=0.25)
    assert torch.allclose(predictions.mean(0), torch.zeros(2), atol=0.35)


def test_the_quick_path_measures_prints_and_writes(tmp_path):
    rows = measure(TINY, ["W1"], rounds=2, seconds=0.01, engine="full")
    page = report(rows, machine())
    path = write(rows, machine(), page, {}, tmp_path)
    assert rows[0].difference.exact
    assert rows[0].met is None  # no floor for it
    assert "| tiny    | W1 position scan |" in path.read_text(encoding="utf-8")
    numbers = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert [len(timing["rounds"]) for timing in numbers["rows"][0]["timings"].values()] == [2, 2]


def test_names_are_read_in_either_case_and_an_unknown_name_is_reported(capsys):
    assert _parsed(["--models", "m3c,basset"]).models == ["M3c", "Basset"]
    with pytest.raises(SystemExit):
        _parsed(["--models", "M9"])
    assert "'m9' is none of M1" in capsys.readouterr().err


def test_tangermeme_is_run_on_networks_with_a_floor_for_it():
    assert _usual("M1") == list(WORKLOADS)
    assert _usual("DanQ") == ["W1"]


def _random_one_hot(n: int) -> torch.Tensor:
    letters = torch.randint(4, (n, LENGTH), generator=torch.Generator().manual_seed(1))
    return nn.functional.one_hot(letters, 4).transpose(1, 2).float()
