"""Provenance: a record whose JSON is what format 4 wrote, and that reads the same JSON back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from golden_runs import LENGTH, REAL, RUNS, same

import seqdo as sd
from seqdo.outcomes.provenance import EngineRecord, Provenance, RunSeed, Stopping

GOLDEN = Path(__file__).parents[1] / "golden"
STORED = json.loads((GOLDEN / "provenance.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", RUNS)
def test_the_json_of_a_run_has_the_keys_and_values_that_format_4_had(name):
    assert same(json.loads(json.dumps(RUNS[name]().provenance.to_json())), STORED[name])


@pytest.mark.parametrize("name", RUNS)
def test_a_record_read_back_from_json_is_the_record(name):
    record = RUNS[name]().provenance
    again = Provenance.from_json(json.loads(json.dumps(record.to_json())))
    fields = ("seed", "n", "engine", "versions", "stopping", "real", "search", "background_name", "units", "others")
    for field in fields:
        assert getattr(again, field) == getattr(record, field), field
    assert (again.background.dependence, again.background.conditioning) == (
        record.background.dependence, record.background.conditioning,
    )  # fmt: skip
    assert again.model.noise == record.model.noise
    assert json.dumps(again.to_json()) == json.dumps(record.to_json())
    assert not record.others


def test_what_decides_inference_is_read_from_the_json_of_format_4():
    """The numbers are those that each run of golden_runs was given."""
    records = {name: Provenance.from_json(record) for name, record in STORED.items()}
    sets = records["balanced"].background.dependence
    assert (sets.set_size, sets.balance, sets.independent, sets.in_turn) == (16, "dinucleotides", 12, 0)
    assert records["shuffled"].background.dependence.in_turn == 6
    assert records["shuffled"].background_name == "first"
    assert records["pooled"].background.dependence.in_turn == 100
    assert records["pooled"].background.targets == records["pooled"].real
    assert records["pooled"].background.sources.number == 120
    stopping = records["stopped"].stopping
    assert (stopping.bounds, stopping.most, stopping.met) == ((0.0, 50.0), 500, True)
    assert [n for n, _ in stopping.analyses] == [100, 200, 300]
    assert stopping.saved == (500 - 300) * 4  # arms: none, the pattern and two scrambles
    assert (records["asymptotic"].stopping.bounds, records["asymptotic"].stopping.met) == (None, False)
    search = records["searched"].search
    assert (search.candidates, search.kept, search.screen, search.by) == (16, 3, 20, "highest")
    assert search.seed == RunSeed("0")
    conditioning = records["searched"].background.conditioning
    assert (conditioning.on, conditioning.outcome, conditioning.quantile) == ("outcome", "y", (0.1, 0.9))
    conditioning = records["scored"].background.conditioning
    assert (conditioning.on, conditioning.outcome, conditioning.scores) == ("scores", "", (3.0, 6.0))
    assert records["noisy"].model.noise == {"y": 0.25}
    assert records["pooled"].seed == RunSeed("5", (1,))
    assert records["balanced"].engine.name == "full"


def test_the_seed_of_a_record_draws_what_the_run_drew():
    seed = np.random.SeedSequence(5).spawn(2)[1]
    assert RunSeed.of(seed).sequence.generate_state(4).tolist() == seed.generate_state(4).tolist()


def test_a_file_of_format_4_opens_with_its_record(tmp_path):
    outcomes = sd.Outcomes.load(GOLDEN / "searched.nc")
    assert same(outcomes.provenance.to_json(), STORED["searched"])
    assert outcomes.provenance.search.candidates == 16
    again = RUNS["searched"]()
    np.testing.assert_allclose(outcomes.y.values, again.y.values, rtol=1e-6)
    assert outcomes.edited("TA@9").to_strings() == again.edited("TA@9").to_strings()
    notes = " ".join(sd.estimate(outcomes).notes)
    assert "chosen among 16" in notes
    assert "Conditioned on outcome" in notes
    outcomes.save(tmp_path / "again.nc")
    assert same(sd.Outcomes.load(tmp_path / "again.nc").provenance.to_json(), STORED["searched"])


def test_a_record_of_before_there_were_bounds_still_opens():
    record = dict(STORED["stopped"]["until"])
    del record["bounds"]
    assert Stopping.from_json(record).bounds is None


def test_a_record_reads_like_the_mapping_that_it_was():
    provenance = RUNS["stopped"]().provenance
    assert provenance["seed"] == {"entropy": "0", "spawn_key": []}
    assert provenance["until"]["most"] == 500
    assert ("until" in provenance, "search" in provenance) == (True, False)
    assert provenance.get("search") is None
    assert list(provenance) == list(STORED["stopped"])
    texts = {"versions": dict(provenance.versions), "engine_because": provenance.engine.reason}  # not the numbers
    assert provenance == Provenance.from_json(STORED["stopped"] | texts)
    with pytest.raises(TypeError, match="does not support item assignment"):
        provenance["seed"] = 3


def test_json_follows_the_fields():
    provenance = RUNS["balanced"]().provenance
    background = provenance.background
    changed = replace(background, dependence=replace(background.dependence, set_size=8, balance="columns"))
    record = replace(provenance, background=changed, spec="designs: []").to_json()
    assert (record["background"]["set"], record["background"]["balance"]) == (8, "columns")
    assert list(record["background"]) == list(STORED["balanced"]["background"])
    assert list(record)[-1] == "spec"


def test_a_record_that_a_user_wrote_keeps_what_has_no_field():
    record = {"seed": 0, "model": "planted", "background": "uniform(60)", "engine": "full", "note": [1, 2]}
    provenance = Provenance.from_json(record)
    assert provenance == record
    assert (provenance.seed, provenance.others) == (None, {"seed": 0, "note": [1, 2]})
    assert (provenance.background.kind, provenance.background.dependence.in_turn) == ("uniform(60)", 0)
    assert (provenance.model.noise, provenance.engine) == ({}, EngineRecord("full"))
    assert dict(Provenance.from_json({})) == {}


def test_outcomes_take_plain_json_and_record_more():
    outcomes = RUNS["balanced"]()
    plain = replace(outcomes, provenance={"units": {"y": "log2"}, "background": STORED["balanced"]["background"]})
    assert set(sd.estimate(plain).table["unit"]) == {"log2"}
    assert plain.provenance.background.dependence == outcomes.provenance.background.dependence
    named = plain.recording(background_name="mine")
    assert (named.provenance["background_name"], plain.provenance.background_name) == ("mine", "")


def test_typed_fields_of_a_background_are_its_own(seed):
    """What inference needs does not depend on what a background writes into its description."""
    null = sd.backgrounds.shuffled(REAL[:4], k=1)
    outcomes = sd.run(sd.embed("GAT", at=2), sd.planted.additive({"GAT": 1.0}, LENGTH), null, n=8, rng=seed)
    record = outcomes.provenance.background
    assert (record.dependence.in_turn, record.dependence.set_size, record.k) == (null.in_turn, null.set_size, 1)
    assert record.to_json() == null.describe()
