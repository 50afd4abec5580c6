"""A plan refuses what a run would refuse, with the same message, and opens no model."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from seqdo.cli import app
from seqdo.errors import InputError

MODEL = "{planted: {GAT: 2.0}, length: 60}"
HEAD = f"""\
model: {MODEL}
background: {{kind: uniform, length: 60}}
n: 64
designs:
  - %s
"""
EMBED = "{experiment: embed, pattern: GATTACA, at: 20}"
SITE = "ACGTGATTACATACGTACGTAGTAGCTAGTAGCTAGCTACGTACGATCGTAGCTACGATA"

DESIGNS = {
    "{experiment: embed, pattern: GATTACA, at: -3}": ("designs.0.at", "GATTACA at -3"),
    "{experiment: embed, pattern: GATTACA, at: 54}": ("designs.0.at", "the last that fits is 53"),
    "{experiment: embed, pattern: GATXACA, at: 5}": ("designs.0.pattern", "'X' at position 3"),
    "{experiment: embed, pattern: GAUUACA, at: 5}": ("designs.0.pattern", "the model reads dna"),
    "{experiment: embed, pattern: GAT, at: 3, scrambles: -1}": ("designs.0.scrambles", "scrambles: -1"),
    "{experiment: embed, pattern: {motif: M, file: none.meme}, at: 3}": ("designs.0.pattern", "none.meme"),
    "{experiment: embed, pattern: GAT, at: 3, members: 4}": ("designs.0.members", "has 1"),
    "{experiment: embed, pattern: GAT, at: 3, weights: shuffled}": ("designs.0", "weights can't be read"),
    "{experiment: embed, pattern: GAT, at: 3, adjust: [prediction]}": ("designs.0.adjust", "Write extra: 2000"),
    "{experiment: embed, pattern: GAT, at: 3, until: {decided: 1, contrast: x}}": ("until", "Write contrast: effect"),
    "{experiment: embed, pattern: GAT, at: 3, real: none.fa}": ("designs.0.real", "none.fa"),
    "{experiment: embed, pattern: GAT, at: 3, background: {kind: uniform, length: 50}}": ("background.length", "60 bp"),
    "{experiment: embed, pattern: GAT, at: 3, background: {kind: markov, sequences: none.fa}}": (
        "designs.0.background",
        "no such file",
    ),
    "{experiment: embed, pattern: GAT, at: 3, background: {kind: reference}}": ("background.kind", "kind: reference"),
    "{experiment: embed, pattern: GAT, at: 3, n: 65, background: {kind: uniform, balance: columns}}": (
        "n",
        "Write n: ",
    ),
    "{experiment: positions, pattern: GATTACA, at: []}": ("designs.0.at", "is empty"),
    "{experiment: positions, pattern: GATTACA, at: {start: 0, stop: 70}}": ("designs.0", "GATTACA at 54"),
    "{experiment: kmers, patterns: 2, at: 3, search: {keep: 16}}": ("search.keep", "Write keep: 15"),
    "{experiment: kmers, patterns: 2, at: 3, search: {keep: 3, output: z}}": ("search.output", "output: z"),
    "{experiment: kmers, patterns: 2, at: 3, search: {keep: 3, members: 5}}": ("search.members", "members: 5"),
    "{experiment: spacing, first: GAT, second: CCG, gaps: [60], at: 5}": ("designs.0", "CCG at 68"),
    "{experiment: interaction, patterns: [GATTACA, CCGG], at: [5, 8]}": ("designs.0.at", "overlap"),
    "{experiment: swap, pattern: GAT, controls: [GAT], at: 3}": ("designs.0.controls", "the pattern GAT"),
    f"{{experiment: occlude, sequences: {{letters: [{SITE}]}}, sites: GATTACA, n: 5}}": ("designs.0.n", "Leave n out"),
    f"{{experiment: occlude, sequences: {{letters: [{SITE}A]}}, sites: GATTACA}}": ("designs.0", "length 61"),
    "{experiment: mutagenesis, sequences: none.fa}": ("designs.0.sequences", "none.fa"),
    "{experiment: embed, pattern: GAT, at: 3, measured: {}}": ("designs.0", "Add library: {file: FILE"),
}
"""A design that can't run, and what its error names: the key, and the reason."""

STUDIES = [
    ("model: " + MODEL, "model: residualbin", "Did you mean residualbind"),
    ("model: " + MODEL, "model: {name: foo}", "line 1, model.name: `name` is 'foo'"),
    ("model: " + MODEL, "model: {trained: nowhere}", "line 1, model.*no trained model"),
    ("model: " + MODEL, "model: {planted: {GAX: 1.0}, length: 60}", "line 1, model.*'X'"),
    ("model: " + MODEL, "model: {name: bpnet-oskn, weights: none.npz}", "line 1, model.weights.*none.npz"),
    ("model: " + MODEL, "model: {name: peaks-irf1, heights: {a: [1, 2]}}", "line 1, model.heights.*bpnet-oskn"),
    ("model: " + MODEL, "model: peaks-irf1", "line 2, background.length.*reads 400 bp"),
    ("n: 64", "n: 64\nextra: 7\nbackground: {kind: uniform, balance: columns}", "second time"),
    ("length: 60}\nn: 64", "length: 60, balance: dinucleotides}\nn: 70", "line 3, n: n: 70.*Write n: 80"),
    ("n: 64", "n: 64\nuntil: {half_width: 0.1}\nadjust: [gc]", "line 5, adjust.*run a fixed n"),
    ("n: 64", "n: 64\nreal: none.fa", "line 4, real.*none.fa"),
    ("background: {kind: uniform, length: 60}\n", "", "Add background: {kind: uniform}"),
]


def messages(folder, text, *options):
    """The errors of a plan and of a run of one study."""
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    commands = ["plan"], ["run", "--out", str(folder / "out"), *options]
    results = [CliRunner().invoke(app, [*command, str(folder / "study.yaml")]) for command in commands]
    for result in results:
        assert isinstance(result.exception, InputError), result.output
    assert not (folder / "out").exists()
    return [str(result.exception) for result in results]


@pytest.mark.parametrize("design", DESIGNS)
def test_a_plan_refuses_a_design_as_a_run_does(tmp_path, design):
    planned, ran = messages(tmp_path, HEAD % design)
    key, reason = DESIGNS[design]
    assert planned == ran
    assert re.search(rf"study\.yaml, line \d+, .*{re.escape(key)}.*{reason}", planned), planned
    assert not re.search(r"\bsd\.|\w=\S|\bTrue\b|\bNone\b|range\(", planned), planned


@pytest.mark.parametrize(("old", "new", "words"), STUDIES)
def test_a_plan_refuses_a_study_as_a_run_does(tmp_path, old, new, words):
    assert old in HEAD
    planned, ran = messages(tmp_path, (HEAD % EMBED).replace(old, new))
    assert planned == ran
    assert re.search(words, planned), planned


def test_an_unknown_model_is_checked_against_what_its_background_and_design_tell(tmp_path):
    """The model may be any; the pattern falls off the background in any case."""
    (tmp_path / "lab.py").write_text("raise SystemExit('it was imported')", encoding="utf-8")
    text = (HEAD % EMBED.replace("20", "55")).replace(MODEL, "{python: lab.make}")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["plan", str(tmp_path / "study.yaml")])
    assert "line 5, designs.0.at: GATTACA at 55" in str(result.exception)
    (tmp_path / "study.yaml").write_text(text.replace("55", "20"), encoding="utf-8")
    assert CliRunner().invoke(app, ["plan", str(tmp_path / "study.yaml")]).exit_code == 0
