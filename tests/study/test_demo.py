"""The main job, whole: two minutes, so it runs in make test-all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from seqdo.specs.spec import read_spec
from seqdo.study.demo import demo
from seqdo.study.open_model import open_model
from seqdo.study.study import Study

GOLDEN = Path(__file__).parents[1] / "golden" / "demo_effects.csv.gz"
"""The demo's effects.csv without ``flag``, whose wording is free."""

LABELS = ["design", "output", "contrast", "kmer", "place", "letter", "patch", "side", "unit", "verdict"]
LEVELS = ["position", "copies", "gap", "n", "members"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo's folder."""
    out = tmp_path_factory.mktemp("demo") / "results"
    demo(out, seed=0)
    return out


@pytest.mark.slow
def test_the_demo_reports_on_enough_backgrounds_and_with_the_ensemble(folder):
    table = pd.read_parquet(folder / "effects.parquet")
    n = table.groupby("design")["n"].first()
    kinds = n.index.str.replace(r"-\d+$", "", regex=True)
    assert (n[kinds.isin(["embed", "copies", "gc_context"])] >= 1000).all()
    assert (n[kinds.isin(["positions", "mutants", "spacing"])] >= 500).all()
    screen = table[table["design"] == table["design"][table["n"] == 64].iloc[0]]
    assert len(screen) == 4**6
    assert set(table.loc[table["n"] != 64, "members"]) == {5}


@pytest.mark.slow
def test_the_best_6mer_is_measured_where_it_was_not_chosen(folder):
    _, entries = read_spec(folder / "study.yaml")
    seeds = [entry.seed for entry in entries if entry.experiment == "kmers"]
    assert len(set(seeds)) == 2
    assert not set(seeds) & {entry.seed for entry in entries if entry.experiment != "kmers"}


@pytest.mark.slow
def test_the_spec_in_the_folder_gives_the_headline_again(folder):
    spec, entries = read_spec(folder / "study.yaml")
    again = Study(spec, open_model(spec.model, folder), folder).run_design(entries[0]).table
    stored = pd.read_parquet(folder / "effects.parquet").query("design == 'embed-1'")
    for column in ("estimate", "low", "high"):
        assert again[column].to_numpy() == pytest.approx(stored[column].to_numpy(dtype=float), rel=1e-5)


@pytest.mark.slow
def test_the_page_of_the_demo_opens_offline_and_is_small(folder):
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert len(page) < 2_000_000
    assert "https://" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")


@pytest.mark.slow
def test_the_figures_of_the_demo_stay_what_they_were(folder):
    """Not byte for byte: another processor rounds the float32 predictions otherwise, in the seventh digit."""
    stored, table = (pd.read_csv(file, keep_default_na=False, dtype=str) for file in (GOLDEN, folder / "effects.csv"))
    table = table.drop(columns="flag")
    pd.testing.assert_frame_equal(table[[*LABELS, *LEVELS]], stored[[*LABELS, *LEVELS]])
    numbers = [name for name in stored if name not in (*LABELS, *LEVELS)]
    assert list(table) == list(stored)
    assert numbers == [
        "estimate", "se", "low", "high", "low_adjusted", "high_adjusted", "low_band", "high_band", "p", "p_adjusted",
        "margin",
    ]  # fmt: skip
    for name in numbers:
        expected, actual = (pd.to_numeric(each[name]).to_numpy(np.float64) for each in (stored, table))
        scale = np.nanmax(np.abs(expected))
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-6 * scale, err_msg=name)
