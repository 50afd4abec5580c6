"""Studies: one folder, whole or not at all, and the same numbers when it is run again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from golden_runs import same
from typer.testing import CliRunner

import seqdo as sd
from seqdo.cli import app
from seqdo.errors import InputError, RunError
from seqdo.specs.entry import entry
from seqdo.specs.model_keys import PythonModel
from seqdo.specs.result_folder import claim_folder
from seqdo.specs.spec import Spec, read_spec
from seqdo.study.demo import best, questions
from seqdo.study.open_background import open_background
from seqdo.study.open_model import open_model
from seqdo.study.study import Study

DESIGNS = [
    {"experiment": "embed", "pattern": "GATTACA", "at": 20, "scrambles": 2},
    {"experiment": "positions", "pattern": "GATTACA", "at": [0, 20, 40], "n": 40, "seed": 5},
]


def background(content):
    """The keys of a background, checked as those of a design."""
    return entry(DESIGNS[0] | {"background": content}).background


def study(folder: Path) -> Study:
    spec = Spec.model_validate(
        {
            "model": {"planted": {"GATTACA": 2.0}, "length": 60},
            "background": {"kind": "uniform", "length": 60},
            "n": 64,
            "designs": DESIGNS,
        }
    )
    made = Study(spec, open_model(spec.model, folder), folder)
    for design in DESIGNS:
        made.run_design(entry(design))
    return made


def test_the_folder_holds_everything_under_fixed_names(tmp_path):
    study(tmp_path).write(tmp_path / "out", "a study")
    names = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"report.html", "effects.parquet", "effects.csv", "study.yaml", "provenance.json"} <= names
    assert {"outcomes/01-embed.nc", "outcomes/02-positions.nc"} <= names
    assert [name for name in names if name.endswith(".svg")]
    assert not [path for path in tmp_path.iterdir() if path.name != "out"], "nothing temporary is left"
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text(encoding="utf-8"))
    assert len(provenance) == len(DESIGNS)
    stored = Path(__file__).parents[1] / "golden" / "study_provenance.json"
    assert same(provenance, json.loads(stored.read_text(encoding="utf-8")))


def test_the_spec_in_the_folder_gives_the_same_effects(tmp_path):
    study(tmp_path).write(tmp_path / "out", "a study")
    spec, entries = read_spec(tmp_path / "out" / "study.yaml")
    again = Study(spec, open_model(spec.model, tmp_path), tmp_path)
    for one in entries:
        again.run_design(one)
    again.write(tmp_path / "again", "a study")
    pd.testing.assert_frame_equal(*(pd.read_parquet(tmp_path / name / "effects.parquet") for name in ("out", "again")))
    assert (tmp_path / "out" / "report.html").read_bytes() == (tmp_path / "again" / "report.html").read_bytes()


def test_n_and_seed_of_an_entry_go_before_those_of_the_study(tmp_path):
    first, second = study(tmp_path).effects
    assert (first.outcomes.y.sizes["background"], second.outcomes.y.sizes["background"]) == (64, 40)
    assert first.outcomes.provenance["seed"]["entropy"] == "0"
    assert second.outcomes.provenance["seed"]["entropy"] == "5"


def test_a_balanced_and_adjusted_study_is_the_python_calls_and_runs_again_from_its_folder(tmp_path):
    """n is left to the background: 1008 here, in the folder's own spec too."""
    spec = Spec.model_validate(
        {
            "model": {"planted": {"GATTACA": 2.0}, "length": 60},
            "background": {"kind": "uniform", "length": 60, "balance": "dinucleotides"},
            "extra": 320,
            "adjust": ["prediction"],
            "designs": DESIGNS[:1],
        }
    )
    made = Study(spec, open_model(spec.model, tmp_path), tmp_path)
    effects = made.run_design(entry(DESIGNS[0]))
    null = sd.backgrounds.uniform(60, balance="dinucleotides")
    outcomes = sd.run(sd.embed("GATTACA", at=20, scrambles=2), made.model, null, n=1008, rng=0, extra=320)
    pd.testing.assert_frame_equal(effects.table, sd.estimate(outcomes, adjust="prediction").table)
    assert made.run_design(entry(DESIGNS[0] | {"adjust": [], "extra": 0})).adjusted == ()
    made.write(tmp_path / "out", "a study")
    spec, entries = read_spec(tmp_path / "out" / "study.yaml")
    again = Study(spec, open_model(spec.model, tmp_path), tmp_path)
    for before, one in zip(made.effects, entries, strict=True):
        pd.testing.assert_frame_equal(before.table, again.run_design(one).table)


def test_a_folder_with_other_results_is_never_touched(tmp_path):
    foreign = tmp_path / "mine"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("x", encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="not a study's"):
            claim_folder(foreign, overwrite=overwrite)
    study(tmp_path).write(tmp_path / "out", "a study")
    with pytest.raises(InputError, match="--overwrite"):
        claim_folder(tmp_path / "out", overwrite=False)
    claim_folder(tmp_path / "out", overwrite=True)
    assert (foreign / "thesis.tex").read_text(encoding="utf-8") == "x"
    with pytest.raises(InputError, match="it is a file"):
        claim_folder(foreign / "thesis.tex", overwrite=True)
    for out in (foreign / "thesis.tex" / "out", Path("/dev/null/a/b"), tmp_path / ("a" * 300)):
        with pytest.raises(InputError, match=r"it can't be written"):
            claim_folder(out, overwrite=False)


def test_a_study_that_breaks_while_writing_leaves_no_folder(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    made = study(tmp_path)
    monkeypatch.setattr("seqdo.study.study.report", full)
    with pytest.raises(RunError, match=r"out: it could not be written \(No space left on device\)"):
        made.write(tmp_path / "out", "a study")
    assert not list(tmp_path.iterdir())


def test_python_models_run_only_when_trusted(tmp_path):
    """MOD-26: naming code in a spec does not run it."""
    (tmp_path / "lab_model_a.py").write_text(
        "import seqdo as sd\ndef make():\n    return sd.planted.additive({'CCGG': 1.0}, length=30)\n", encoding="utf-8"
    )
    given = PythonModel(python="lab_model_a:make")
    with pytest.raises(InputError, match="--trust"):
        open_model(given, tmp_path)
    assert open_model(given, tmp_path, trust=True).length == 30
    (tmp_path / "lab_model_b.py").write_text("def make():\n    return 3\n", encoding="utf-8")
    with pytest.raises(InputError, match="returned a int: a wrapped model is needed"):
        open_model(PythonModel(python="lab_model_b:make"), tmp_path, trust=True)
    with pytest.raises(InputError, match="can't be found"):
        open_model(PythonModel(python="lab_model_c:make"), tmp_path, trust=True)


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        ({"kind": "uniform"}, 30),
        ({"kind": "profile", "sequences": "real.fa"}, 30),
        ({"kind": "markov", "sequences": "real.fa", "order": 2}, 30),
        ({"kind": "shuffled", "sequences": "real.fa", "k": 3}, 30),
        ({"kind": "gc_matched", "sequences": "real.fa"}, 30),
        ({"kind": "natural", "sequences": "real.fa"}, 30),
        ({"kind": "given", "sequences": "real.fa"}, 30),
    ],
)
def test_every_kind_of_background_can_be_written_in_a_spec(tmp_path, given, drawn):
    letters = ["ACGTACGGTCAATTGCCATGACGTTAGCCA", "TTGACCATGGCATCAGGATTACAGATCCGA", "CCGATAGGCTTAACGGATCATCGGATTCAG"]
    (tmp_path / "real.fa").write_text("".join(f">s{i}\n{s}\n" for i, s in enumerate(letters)), encoding="utf-8")
    null = open_background(background(given), sd.planted.additive({"CCGG": 1.0}, length=30), tmp_path)
    assert null.sample(3, rng=0).codes.shape == (3, drawn)


def test_a_background_of_loci_is_cut_to_the_length_of_the_model(tmp_path):
    text = "".join(np.random.default_rng(1).choice(list("ACGT"), 300))
    (tmp_path / "g.fa").write_text(f">chr1\n{text}\n", encoding="utf-8")
    (tmp_path / "peaks.bed").write_text("chr1\t100\t120\n1\t150\t190\nchr1\t290\t300\n", encoding="utf-8")
    model, keys = sd.planted.additive({"CCGG": 1.0}, length=30), {"kind": "given", "sequences": "peaks.bed"}
    with pytest.raises(InputError, match="line 3: the window chr1:280-310 reaches beyond"):
        open_background(background(keys | {"genome": "g.fa"}), model, tmp_path)
    with pytest.warns(UserWarning, match="1 of 3 loci"):
        null = open_background(background(keys | {"genome": "g.fa", "bad": "skip"}), model, tmp_path)
    assert null.sample(2, rng=0).to_strings() == [text[95:125], text[155:185]]
    with pytest.raises(InputError, match=r"peaks\.bed: `path` holds places on a genome.*genome: hg38\.fa"):
        open_background(background(keys), model, tmp_path)


def test_a_background_refuses_what_its_kind_does_not_take(tmp_path):
    model = sd.planted.additive({"CCGG": 1.0}, length=30)
    with pytest.raises(InputError, match="without numbers of real data"):
        open_background(background({"kind": "reference"}), model, tmp_path)
    for content, words in (
        ({"kind": "uniform", "order": 2}, "background.order: 'order'.*no such key; allowed are kind, length, balance"),
        ({"kind": "uniform", "n": "drop"}, "background.n: 'n'.*no such key"),
        ({"kind": "shuffled"}, "key 'sequences' is missing"),
        ({"kind": "shuffled", "sequences": "a.fa", "k": 4}, "background.k: 4"),
        ({"length": 3}, "background.kind.*key 'kind' is missing"),
        ({"kind": "custom"}, "background.kind: 'custom'.*one of uniform, .*reference is needed"),
    ):
        with pytest.raises(InputError, match=words):
            entry(DESIGNS[0] | {"background": content})


def test_the_best_kmers_are_the_largest_effects():
    model = sd.planted.additive({"ACG": 3.0, "TTT": 1.0}, length=20)
    effects = sd.estimate(sd.run(sd.kmers(3, at=8), model, sd.backgrounds.uniform(20), n=50, rng=0))
    assert best(effects, 1) == ["ACG"]  # the planted one with the largest weight


def test_the_demo_asks_questions_that_fit_the_probe():
    asked = [entry(question) for question in questions("AGACGU")]
    six = {"embed", "mutants", "positions", "copies", "spacing", "gc_context"}
    assert {one.experiment for one in asked} == six | {"controls"}
    for one in asked:
        shortest = 30 if one.background and one.background.length is None else 38
        one.design(Path()).check(sd.RNA, np.array([shortest]))
        scan = one.experiment in ("mutants", "positions", "spacing")
        assert (one.n or 1000) >= (500 if scan else 300 if one.experiment == "controls" else 1000)


def test_a_study_that_can_not_be_put_in_place_leaves_the_one_that_was_there(tmp_path, monkeypatch):
    made = study(tmp_path)
    made.write(tmp_path / "out", "the first")
    before = (tmp_path / "out" / "report.html").read_bytes()
    rename = Path.rename

    def refusing(self: Path, target: Path) -> Path:
        if self.name.endswith(".partial") and Path(target).name == "out":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(RunError, match="could not be written"):
        made.write(tmp_path / "out", "the second", replacing=True)
    assert (tmp_path / "out" / "report.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.filterwarnings("ignore:1 of 111 sequences have an N")
def test_real_sequences_are_a_file_of_the_study_or_of_a_design_and_read_as_those_of_the_background(tmp_path):
    texts = sd.backgrounds.uniform(60).sample(120, rng=3).to_strings()
    (tmp_path / "all.fa").write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(texts)), encoding="utf-8")
    masked = [*texts[:110], "N" * 60]
    (tmp_path / "some.txt").write_text("\n".join(masked) + "\n", encoding="utf-8")
    own = {"kind": "markov", "sequences": "some.txt", "n": "drop"}
    text = {
        "model": {"planted": {"GATTACA": 2.0}, "length": 60}, "background": {"kind": "uniform"}, "n": 30,
        "real": "all.fa", "designs": [DESIGNS[0], DESIGNS[0] | {"real": "some.txt", "background": own, "seed": 1}],
    }  # fmt: skip
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    spec, entries = read_spec(tmp_path / "study.yaml")
    made = Study(spec, open_model(spec.model, tmp_path), tmp_path)
    found = [made.run_design(one).outcomes.real.sequences.to_strings() for one in entries]
    assert found == [texts, masked[:-1]]
    made.write(tmp_path / "out", "a study")
    again, designs = read_spec(tmp_path / "out" / "study.yaml")
    assert (again.real, designs[0].real, designs[1].real) == ("all.fa", None, "some.txt")
    assert len(sd.Outcomes.load(tmp_path / "out" / "outcomes" / "02-embed.nc").real.sequences) == 110
    without = entry(DESIGNS[0] | {"real": "none.fa"})
    with pytest.raises(InputError, match=r"none\.fa.*there is no such file"):
        made.run_design(without)


def test_a_study_says_how_families_are_corrected_and_its_folder_says_it_again(tmp_path):
    made = study(tmp_path)
    assert {effects.multiplicity for effects in made.effects} == {"bh"}
    spec = made.spec.model_copy(update={"multiplicity": "holm"})
    strict = Study(spec, made.model, tmp_path)
    effects = strict.run_design(entry(DESIGNS[0]))
    assert effects.multiplicity == "holm"
    strict.write(tmp_path / "out", "a study")
    assert yaml.safe_load((tmp_path / "out" / "study.yaml").read_text(encoding="utf-8"))["multiplicity"] == "holm"


SEARCHED = """
model: {planted: {GAT: 2.0, CCG: -1.0}, length: 40}
background: {kind: uniform, length: 40}
designs:
  - {experiment: kmers, patterns: 3, at: 20, n: 300, search: {keep: 2, screen: 50}%s}
"""


def searched(tmp_path, more=""):
    path = tmp_path / "searched.yaml"
    path.write_text(SEARCHED % more, encoding="utf-8")
    return read_spec(path)


def test_a_searched_design_reports_what_was_kept_on_backgrounds_that_chose_nothing(tmp_path):
    """GAT and CCG are planted, and every other 3-mer does at most half as much: 50 backgrounds can't miss them."""
    spec, (asked,) = searched(tmp_path)
    study = Study(spec, open_model(spec.model, tmp_path), tmp_path)
    effects = study.run_design(asked)
    assert sorted(effects.table["kmer"]) == ["CCG", "GAT"]
    assert (effects.table["n"] == 300).all()
    assert effects.outcomes.provenance["search"]["candidates"] == 64
    study.write(tmp_path / "out", "searched")
    again, (kept,) = read_spec(tmp_path / "out" / "study.yaml")
    assert kept.search == asked.search
    assert again.designs[0]["search"]["keep"] == 2


def test_a_search_knows_of_no_early_stop(tmp_path):
    with pytest.raises(InputError, match=r"line 5.*search and until"):
        searched(tmp_path, ", until: {half_width: 0.1}")


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ("{experiment: embed, pattern: GAT, at: 99}", "99"),
        (
            "{experiment: embed, pattern: GAT, at: 3, until: {half_width: 0.1, contrast: other}}",
            "`until` with contrast: other for embed",
        ),
        ("{experiment: embed, pattern: GAT, at: 3, real: no.fa}", "no.fa"),
        ("{experiment: occlude, sequences: own.fa, sites: GAT, n: 1}", "`n` of the design occlude is 1"),
    ],
)
def test_what_a_later_design_can_not_be_asked_is_refused_before_the_first_runs(tmp_path, design, words, monkeypatch):
    (tmp_path / "own.fa").write_text(
        ">a\nGATCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC\n>b\nGATCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCA\n"
    )
    head = "model: {planted: {GAT: 2.0}, length: 40}\nbackground: {kind: uniform, length: 40}\n"
    text = f"{head}designs:\n  - {{experiment: embed, pattern: GAT, at: 3}}\n  - {design}\n"
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("seqdo.study.study.run", lambda *_, **__: pytest.fail("it ran"))
    found = CliRunner().invoke(app, ["run", str(tmp_path / "study.yaml"), "--out", str(tmp_path / "out")])
    assert isinstance(found.exception, InputError)
    assert re.search(words, str(found.exception))
    assert not (tmp_path / "out").exists()


def test_a_design_without_any_background_is_refused_by_name(tmp_path):
    path = tmp_path / "bare.yaml"
    path.write_text(
        "model: {planted: {GAT: 2.0}, length: 40}\ndesigns: [{experiment: embed, pattern: GAT, at: 3}]\n",
        encoding="utf-8",
    )
    spec, (asked,) = read_spec(path)
    with pytest.raises(InputError, match="`background` is missing in the design embed"):
        Study(spec, open_model(spec.model, tmp_path), tmp_path).run_design(asked)


def test_a_search_of_k_mers_leaves_the_motif_they_make(tmp_path):
    """GAT is planted: the motif of what was kept spells it."""
    spec, (asked,) = searched(tmp_path, "")
    study = Study(spec, open_model(spec.model, tmp_path), tmp_path)
    study.run_design(asked)
    study.write(tmp_path / "out", "searched")
    (motif,) = sd.read_motifs(tmp_path / "out" / "motifs.meme")
    assert "GAT" in motif.text
