"""Targets: the formulae, with constants of the training part and of no other."""

from __future__ import annotations

import numpy as np
import pytest
from training.planted import counts, recipe, write_csv

from seqdo.errors import InputError
from seqdo.training.data import read
from seqdo.training.split import split_rows
from seqdo.training.target import Target, check_values
from seqdo.training.train import train


def test_log_norm_is_the_formula_of_the_paper():
    y = np.array([-3.0, 0.0, 4.0, 12.0])
    logs = np.log(y - y.min() + 1)
    assert Target.fitted("log_norm", y)(y) == pytest.approx((logs - logs.mean()) / logs.std())


def test_a_measurement_below_the_training_part_counts_as_its_lowest():
    target = Target.fitted("log_norm", np.array([1.0, 2.0, 5.0]))
    assert target(np.array([-10.0]))[0] == target(np.array([1.0]))[0]


def test_zscore_has_mean_0_and_sd_1_on_the_training_part():
    y = np.random.default_rng(0).normal(4, 3, 50)
    scaled = Target.fitted("zscore", y)(y)
    assert (scaled.mean(), scaled.std()) == pytest.approx((0, 1))


@pytest.mark.parametrize("kind", ["none", "binary"])
def test_labels_and_untransformed_measurements_stay_the_same(kind):
    y = np.array([0.0, 1.0, 1.0])
    assert Target.fitted(kind, y)(y).tolist() == y.tolist()


@pytest.mark.parametrize(
    ("kind", "y", "message"),
    [
        ("binary", [[0, 1], [1, 2]], "measurement of 2.*labels are 0 and 1"),
        ("none", [[1, 2], [np.nan, np.nan]], "1 of 2"),
        ("none", [[1, np.nan], [np.inf, 3]], "1 of 2"),
    ],
)
def test_measurements_that_cannot_be_learned_are_refused(kind, y, message):
    with pytest.raises(InputError, match=message):
        check_values(kind, np.array(y, float))


def test_measurements_that_are_all_the_same_have_no_scale():
    with pytest.raises(InputError, match=r"from 3 to 3: measurements have to differ"):
        Target.fitted("zscore", np.array([3.0, np.nan, 3.0]))
    with pytest.raises(InputError, match="differ"):
        Target.fitted("none", np.array([3.0, 3.0]))
    with pytest.raises(InputError, match="SD has to be finite"):
        Target.fitted("zscore", np.array([-1e200, 1e200]))


def test_constants_are_fitted_on_measured_values():
    y = np.array([1.0, np.nan, 3.0])
    check_values("zscore", np.column_stack([y, [np.nan, 1.0, 2.0]]))
    target = Target.fitted("zscore", y)
    assert (target.mean, target.sd) == (2.0, 1.0)
    assert target(y) == pytest.approx([-1.0, np.nan, 1.0], nan_ok=True)


@pytest.mark.parametrize(("kind", "value", "message"), [("zscore", np.inf, "1 of 400"), ("binary", 2.0, "0 and 1")])
def test_measurements_of_every_part_are_checked_before_training(tmp_path, kind, value, message, monkeypatch):
    texts, y = counts()
    y = np.minimum(y, 1)
    y[split_rows(read_planted(tmp_path, texts, y), recipe().split).test[0]] = value
    write_csv(tmp_path / "planted.csv", texts, y)
    monkeypatch.setattr("seqdo.training.train.fit", lambda *_, **__: pytest.fail("training began"))
    with pytest.raises(InputError, match=message):
        train(recipe(target=kind), tmp_path)


def read_planted(folder, texts, y):
    write_csv(folder / "planted.csv", texts, y)
    return read(recipe(), folder)
