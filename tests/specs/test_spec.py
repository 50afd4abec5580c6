"""Specs: what they allow, and how they refuse."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest

import seqdo as sd
from seqdo.errors import InputError
from seqdo.experiments.catalog import EXPERIMENTS
from seqdo.specs.entry import entry
from seqdo.specs.spec import read_spec, schema
from seqdo.study.open_model import open_model
from seqdo.study.plan import planned
from seqdo.study.study import Study

GOOD = """\
model: {planted: {GATTACA: 2.0}, length: 60}
background: {kind: uniform, length: 60}
n: 64
seed: 0
designs:
  - {experiment: embed, pattern: GATTACA, at: 20}
"""


def spoiled(tmp_path: Path, old: str, new: str) -> Path:
    """GOOD with one thing changed."""
    assert old in GOOD
    path = tmp_path / "study.yaml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    return path


def test_a_good_spec_is_read(tmp_path):
    spec, (design,) = read_spec(spoiled(tmp_path, "n: 64", "n: 64"))
    assert (spec.n, spec.seed, design.experiment) == (64, 0, "embed")
    assert list(design.design(tmp_path).arms) == ["none", "GATTACA@20"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param("background:", "bakground:", ["line 2", "bakground", "background"], id="SPC-04 unknown key"),
        pytest.param(
            "at: 20", "att: 20", ["line 6", "designs.0", "'att'", "Did you mean at?"], id="SPC-04 in a design"
        ),
        pytest.param("at: 20", "at: 20.5", ["line 6", "designs.0.at", "20.5"], id="POS-03 float"),
        pytest.param("at: 20", "at: true", ["designs.0.at: true", "a whole number"], id="POS-03 bool"),
        pytest.param(", at: 20", "", ["line 6", "'at' is missing"], id="missing argument"),
        pytest.param(
            "experiment: embed", "experiment: embedd", ["embedd", "Did you mean embed?", "gc_context"], id="experiment"
        ),
        pytest.param("n: 64", "n: 0", ["line 3", "n"], id="BKG-01 zero"),
        pytest.param("n: 64", "n: -5", ["line 3", "n"], id="BKG-01 negative"),
        pytest.param("n: 64", "n: '1e3'", ["line 3", "1e3"], id="BKG-01 text"),
        pytest.param("seed: 0", "seed: -1", ["line 4", "seed"], id="BKG-17 negative"),
        pytest.param("seed: 0", "seed: abc", ["line 4", "abc"], id="BKG-17 text"),
        pytest.param("seed: 0", "until: {half_width: 0}", ["line 4", "until.half_width"], id="until nothing"),
        pytest.param("seed: 0", "until: {}", ["line 4", "either half_width or decided"], id="until no rule"),
        pytest.param(
            "seed: 0", "until: {width: 1}", ["line 4", "until.width", "half_width, decided"], id="until another key"
        ),
        pytest.param("uniform,", "uniform, lenght: 3,", ["line 2", "lenght", "Did you mean length"], id="nested key"),
        pytest.param(
            "seed: 0", "library: {file: a, seqence: b}", ["line 4", "Did you mean sequence"], id="key of a library"
        ),
        pytest.param(
            "seed: 0",
            "until: {decided: 1, bounds: [1, 0]}",
            ["line 4", "the smaller first"],
            id="until reversed bounds",
        ),
        pytest.param(
            "seed: 0",
            "until: {decided: 1, bounds: [0, yes]}",
            ["line 4", "until.bounds", "a number"],
            id="until no bounds",
        ),
        pytest.param("seed: 0", "until: {decided: 1, bounds: [0]}", ["line 4", "until.bounds"], id="until one bound"),
        pytest.param(
            "seed: 0", "until: {decided: 1, bounds: [0, .inf]}", ["line 4", "until.bounds", "finite"], id="until no end"
        ),
        pytest.param("seed: 0", "margin: -1", ["line 4", "margin"], id="STA-12 negative margin"),
        pytest.param(
            "kind: uniform", "kind: unifrom", ["line 2", "background.kind", "uniform"], id="kind of background"
        ),
        pytest.param("uniform,", "uniform, balance: rows,", ["line 2", "background.balance", "'rows'"], id="balance"),
        pytest.param("n: 64", "adjust: [predictions]", ["line 3", "adjust", "'predictions'"], id="adjust"),
        pytest.param("n: 64", "extra: -1", ["line 3", "extra", "-1"], id="extra"),
        pytest.param("n: 64", "n: 64\nn: 65", ["line 4", "second time"], id="duplicate key"),
        pytest.param("n: 64", "a: &x [1]\nb: *x", ["line 3", "alias"], id="SPC-01 alias"),
        pytest.param("n: 64", "n: !!python/object:os.system 1", ["line 3"], id="tag"),
        pytest.param("n: 64", "n: 64\n---\nn: 2", ["2 documents"], id="SPC-13 two documents"),
        pytest.param("n: 64", "schema_version: 99", ["99", "1"], id="SPC-15 newer"),
        pytest.param("n: 64", "n: [", ["line"], id="not YAML"),
        pytest.param(GOOD, "# nothing\n", ["nothing in it"], id="SPC-13 empty"),
        pytest.param(GOOD, "- 1\n", ["no mapping"], id="SPC-13 list"),
        pytest.param(GOOD, "[" * 3000, ["nested"], id="SPC-03 deep"),
    ],
)
def test_a_spoiled_spec_is_refused_with_file_place_and_choices(tmp_path, old, new, words):
    with pytest.raises(InputError) as error:
        read_spec(spoiled(tmp_path, old, new))
    assert not [word for word in [*words, "study.yaml"] if word not in str(error.value)], str(error.value)


def test_a_missing_spec_is_named_by_its_whole_path(tmp_path):
    with pytest.raises(InputError, match=str(tmp_path)):
        read_spec(tmp_path / "nope.yaml")


def test_ranges_lists_and_motif_files_become_what_the_functions_take(tmp_path):
    (tmp_path / "m.jaspar").write_text(">M1 one\nA [ 8 0 ]\nC [ 0 8 ]\nG [ 0 0 ]\nT [ 0 0 ]\n", encoding="utf-8")
    scan = entry({"experiment": "positions", "pattern": "AC", "at": {"start": 0, "stop": 9, "step": 4}})
    assert scan.design(tmp_path).factors == {"position": (0, 4, 8)}
    known = entry({"experiment": "embed", "pattern": {"motif": "M1 one", "file": "m.jaspar"}, "at": 3})
    assert known.design(tmp_path).arms["M1 one@3"].sites[0].motif.text == "AC"
    every = entry({"experiment": "kmers", "patterns": {"motifs": "m.jaspar"}, "at": 3})
    assert every.design(tmp_path).factors == {"kmer": ("M1 one",)}
    unknown = entry({"experiment": "embed", "pattern": {"motif": "M2", "file": "m.jaspar"}, "at": 3})
    with pytest.raises(InputError, match="no such motif"):
        unknown.design(tmp_path)


def test_every_public_experiment_can_be_written_in_a_spec():
    public = {
        name
        for name in sd.__all__
        if inspect.isfunction(getattr(sd, name)) and inspect.signature(getattr(sd, name)).return_annotation == "Design"
    }
    assert public == set(EXPERIMENTS)


def test_the_schema_names_every_argument_and_is_json():
    whole = json.loads(json.dumps(schema()))
    for name, row in EXPERIMENTS.items():
        assert set(inspect.signature(row.function).parameters) <= set(whole["$defs"][f"design_{name}"]["properties"])


BALANCED = "{kind: uniform, length: 60, balance: dinucleotides}\nextra: 320\nadjust: [prediction]"


def test_balance_adjust_and_extra_are_keys_of_a_study_and_of_a_design(tmp_path):
    text = GOOD.replace("{kind: uniform, length: 60}", BALANCED).replace("n: 64\n", "")
    (tmp_path / "study.yaml").write_text(text.replace("at: 20", "at: 20, extra: 0, adjust: []"), encoding="utf-8")
    spec, (design,) = read_spec(tmp_path / "study.yaml")
    assert (spec.background.balance, spec.extra, spec.adjust) == ("dinucleotides", 320, ["prediction"])
    assert (design.extra, design.adjust) == (0, [])
    assert "(2 arms × 1,008 backgrounds + 1,000 for the margin) × 1 member = 3,016" in planned(spec, [design], tmp_path)


def test_plan_counts_extra_backgrounds_and_refuses_a_part_of_a_set(tmp_path):
    spec, entries = read_spec(spoiled(tmp_path, "{kind: uniform, length: 60}", BALANCED))
    assert "(2 arms × 64 backgrounds + 320 extra + 1,000 for the margin) × 1 member = 1,448" in planned(
        spec, entries, tmp_path
    )
    (tmp_path / "study.yaml").write_text(
        GOOD.replace("{kind: uniform, length: 60}", BALANCED).replace("n: 64", "n: 1000"), encoding="utf-8"
    )
    with pytest.raises(InputError, match="Write n: 1008"):
        planned(*read_spec(tmp_path / "study.yaml"), tmp_path)


def test_plan_counts_arms_and_passes_without_opening_the_model(tmp_path, monkeypatch):
    path = spoiled(tmp_path, "model: {planted: {GATTACA: 2.0}, length: 60}", "model: {python: 'evil:make'}")
    (tmp_path / "evil.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    text = planned(*read_spec(path), tmp_path)
    # none and GATTACA@20, on n = 64, and the most that a pilot takes
    assert "(2 arms × 64 backgrounds + 1,000 for the margin) × 1 member = 1,128" in text
    with_margin = spoiled(tmp_path, "seed:", "margin: 0.1\nseed:")
    assert "2 arms × 64 backgrounds × 1 member = 128" in planned(*read_spec(with_margin), tmp_path)
    assert "evil:make" in text


def test_a_design_may_stop_and_its_plan_says_what_it_costs_at_most(tmp_path):
    spec, entries = read_spec(spoiled(tmp_path, "n: 64", "until: {half_width: 0.05, contrast: effect}"))
    assert spec.until.rule == sd.half_width(0.05, "effect")
    text = planned(spec, entries, tmp_path)
    assert "2 arms × 10,000 backgrounds" in text
    assert "until      95 % intervals of contrast effect" in text
    own, designs = read_spec(spoiled(tmp_path, "at: 20", "at: 20, until: {decided: 0.2}"))
    assert own.until is None
    assert designs[0].until.rule == sd.decided(0.2)


def test_a_study_says_what_outputs_lie_between_and_its_record_says_it_again(tmp_path):
    text = spoiled(tmp_path, "n: 64", "until: {half_width: 0.2, bounds: [0, 1e+1]}")
    spec, entries = read_spec(text)
    assert spec.until.rule == sd.half_width(0.2, bounds=(0, 10))
    assert "of outputs from 0 to 10 over backgrounds" in planned(spec, entries, tmp_path)
    study = Study(spec, open_model(spec.model, tmp_path), tmp_path)
    assert study.run_design(entries[0]).outcomes.provenance["until"]["bounds"] == [0, 10]
    study.write(tmp_path / "out", "t")
    again, _ = read_spec(tmp_path / "out" / "study.yaml")
    assert again.until == spec.until


def test_a_folder_and_a_picture_are_no_study(tmp_path):
    (tmp_path / "picture.yaml").write_bytes(b"\x89PNG")
    for path, words in ((tmp_path, "is a folder"), (tmp_path / "picture.yaml", "not text in UTF-8")):
        with pytest.raises(InputError, match=words) as error:
            read_spec(path)
        assert error.value.fix
