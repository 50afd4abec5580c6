"""Provenance: a record whose JSON is what format 4 wrote, and that reads the same JSON back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golden_runs import RUNS, same

GOLDEN = Path(__file__).parents[1] / "golden"
STORED = json.loads((GOLDEN / "provenance.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", RUNS)
def test_the_json_of_a_run_has_the_keys_and_values_that_it_had(name):
    assert same(json.loads(json.dumps(RUNS[name]().provenance)), STORED[name])
