"""What the documents show runs as it is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import seqdo as sd
from examples.findings import FINDINGS, HEAD
from seqdo.specs.spec import read_spec

ROOT = Path(__file__).parents[1]


def printed_by(page: str, folder: Path) -> str:
    """What the Python blocks of a page print, run one after another in one process; every warning is an error."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_runs_word_for_word(tmp_path):
    assert "interaction" in printed_by("README.md", tmp_path)
    assert (tmp_path / "report.html").is_file()


@pytest.mark.parametrize(
    ("page", "output"),
    [("experiments", "GAT\n"), ("effects", "p_calibrated"), ("speed", "full"), ("files", "GATTACA@20|background 0")],
)
def test_a_page_runs_word_for_word(page, output, tmp_path):
    assert output in printed_by(f"docs/{page}.md", tmp_path)


def test_the_study_of_the_command_line_page_is_the_first_design_of_the_example():
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "cli.md").read_text(encoding="utf-8"), re.DOTALL)
    block = next(block for block in blocks if "designs" in yaml.safe_load(block))
    example = yaml.safe_load((ROOT / "examples" / "study.yaml").read_text(encoding="utf-8"))
    assert yaml.safe_load(block) == example | {"designs": example["designs"][:1]}


def test_the_example_study_runs(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "seqdo", "run", str(ROOT / "examples" / "study.yaml"), "--out", "out"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "100"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").is_file()


STUDIES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_says_what_a_spec_may_say_and_has_a_page(path):
    spec, entries = read_spec(path)
    assert len(entries) == len(spec.designs)
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "studies").glob("*.md"))
    assert path.stem == "study" or f"examples/{path.stem}.yaml" in pages


def test_every_finding_is_of_a_study_that_is_there():
    text = (ROOT / "examples" / "findings.py").read_text(encoding="utf-8")
    named = set(re.findall(r'"((?:bpnet|hairpin|yeast|rnacompete)[a-z0-9_]*)"', text))
    assert named <= {path.stem for path in STUDIES}


def test_the_page_of_findings_has_the_texts_of_its_generator():
    """Its numbers come from outcomes that are not part of the project; all other text must be what a rerun writes."""
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    assert page.startswith(HEAD)
    assert page.endswith("\n\n" + (ROOT / "examples" / "not_asked.md").read_text(encoding="utf-8"))
    rows = page.removeprefix(HEAD).partition("\n\n")[0].splitlines()
    for row, finding in zip(rows, FINDINGS, strict=True):
        assert row.startswith(f"| {finding.published} ({finding.source}) | ")
        assert row.endswith(f" | [{finding.study}](../examples/{finding.study}.yaml) |")


def test_the_first_page_of_the_design_runs_and_recovers_its_truth():
    """Every call that is promised to others, on a planted model whose truth is exact.

    99 gaps, each within 5 standard errors (or, where all backgrounds agree, within the share that they can't exclude):
    by chance it fails once in 20,000 times.
    """
    model = sd.planted.additive({"TATCGATA": 2.0, "CCGG": 1.0}, length=249)
    null = sd.backgrounds.uniform(249)
    design = sd.spacing("TATCGATA", "TATCGATA", gaps=range(2, 101), at=100)
    assert "200,000 forward passes" in str(design)  # 99 pairs, 99 + 1 single sites, none; 1000 backgrounds
    outcomes = sd.run(design, model, null, n=1000, rng=0)
    effects = sd.estimate(outcomes)
    rows = effects.table[effects.table["contrast"] == "effect"].set_index("gap")
    without = model.expected()
    for gap in range(2, 101):
        truth = model.expected([(100, "TATCGATA"), (108 + gap, "TATCGATA")]) - without
        assert abs(rows["estimate"][gap] - truth) <= 5 * rows["se"][gap] + 3 / 1000 * 4, gap
    assert effects.table["contrast"].eq("interaction").sum() == 99
