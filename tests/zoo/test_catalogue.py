"""The models that ship: whole, described, and predicting what they predicted when they were made."""

from __future__ import annotations

import contextlib
import json
import re

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.zoo import CATALOGUE, load
from seqdo.zoo.catalogue import check_golden


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_model_loads_with_its_members_reference_and_card(name):
    entry = CATALOGUE[name]
    model = load(name)
    assert len(model.members) == entry.members
    assert model.reference is not None
    assert model.reference.n == 30_000
    assert set(model.reference.lengths) == {30, 35, 38, 39, 40, 41} & set(model.reference.lengths)
    assert model.reference.lengths[38] == pytest.approx(0.59, abs=0.02)  # as the data's description says
    for word in ("RNAcompete", "MIT", "Pearson", "ensemble"):
        assert word in entry.card


def test_the_card_states_an_accuracy_that_the_task_asks_for():
    members = [
        float(r)
        for r in re.findall(
            r"^\| \d+ \| \d+ \| [\d.]+ \| ([\d.]+) \|$", CATALOGUE["residualbind-rncmpt00002"].card, re.M
        )
    ]
    ensemble = float(re.search(r"ensemble.*\| ([\d.]+) \|", CATALOGUE["residualbind-rncmpt00002"].card)[1])
    assert len(members) == 5
    assert min(members) >= 0.78
    assert ensemble >= 0.79


def test_all_probes_begin_as_the_data_say():
    profile = load("residualbind-rncmpt00002").reference.profiles[38]
    assert np.allclose(profile[:2], [[1, 0, 0, 0], [0, 0, 1, 0]])  # AG, then A or G
    assert profile[2, [0, 2]].sum() == pytest.approx(1)


def test_an_unknown_name_lists_the_choices():
    with pytest.raises(InputError, match="Did you mean residualbind-rncmpt00002"):
        load("residualbind-rncmpt0002")


@pytest.mark.parametrize(("off", "refused"), [(0.0, False), (0.01, True)])
def test_weights_that_predict_something_else_are_refused(off, refused):
    """MOD-31: letters in another order, or a damaged file, would show in the stored predictions."""
    model = load("residualbind-rncmpt00002")
    entry = CATALOGUE["residualbind-rncmpt00002"]
    golden = json.loads((entry.folder / "reference.json").read_text(encoding="utf-8"))["golden"]
    golden["predictions"][0][0] += off
    with pytest.raises(InputError, match="off the stored values") if refused else contextlib.nullcontext():
        check_golden(model, golden)
