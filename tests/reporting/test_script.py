"""The page's script in a browser: it shows, sorts, filters and saves all rows of the page."""

from __future__ import annotations

import html as escaped
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqdo.designs.design import Arm
from seqdo.effects.effects import Effects
from seqdo.experiments import embed
from seqdo.reporting.page import html as html_module
from seqdo.reporting.page import sections
from seqdo.reporting.tables import whole_table

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to run the page's script in")

Make = Callable[..., Effects]

PROBE = """
const all = document.getElementById("all"), scroll = all.parentNode, found = {};
const rows = () => [...all.tBodies[0].rows].map((row) => Number(row.dataset.i));
const end = () => { scroll.scrollTop = scroll.scrollHeight; scroll.dispatchEvent(new Event("scroll")); };
const type = (text) => { filter.value = text; filter.dispatchEvent(new Event("input")); };
found.first = rows();
found.note = document.querySelectorAll(".first").length;
end();
found.whole = rows();
const looks = (where) => [...where.querySelectorAll("tr[data-i]")].map((row) => ({
  cells: [...row.cells].map((cell) => [cell.className, cell.textContent, cell.firstChild?.className ?? ""].join("|")),
  links: [...row.querySelectorAll("a")].map((link) => link.getAttribute("href")),
  bar: [...row.querySelectorAll("svg *")].map((one) => one.outerHTML).join(""),
}));
found.ours = looks(all);
found.theirs = looks(expected.content);
const head = [...all.tHead.rows[0].cells].find((head) => head.dataset.c === "estimate").firstChild;
head.click(); head.click();
found.falling = rows();
document.querySelector(".pick input[value=present]").click();
type("kmer aac");
found.kept = rows();
found.shown = shown.textContent;
URL.createObjectURL = (blob) => { found.saved = blob; return "#"; };
csv.click();
found.saved.text().then((text) => {
  found.saved = text;
  document.body.innerHTML = "<pre></pre>";
  document.body.firstChild.textContent = JSON.stringify(found);
});
"""


FILTER = """
const rows = () => [...document.getElementById("all").tBodies[0].rows].map((row) => Number(row.dataset.i));
const found = {};
for (const text of queries) {
  filter.value = text;
  filter.dispatchEvent(new Event("input"));
  found[text] = rows();
}
document.body.innerHTML = "<pre></pre>";
document.body.firstChild.textContent = JSON.stringify(found);
"""


def planted(arm: Arm) -> float:
    """As many answers as there are 4-mers, of either sign; ends at 0.3, so that some are beyond the margin."""
    return float(np.sin(sum(map(ord, arm.label)) * 7.3)) * 0.3 if arm.sites else 0.0


def opened(path: Path) -> str:
    """What the browser makes of a page."""
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom"]
    return subprocess.run([*command, path.as_uri()], capture_output=True, text=True, check=True, timeout=60).stdout


def probed(text: str, rows: str, path: Path, script: str = PROBE) -> dict[str, Any]:
    """The result of a script in a page, next to the rows that it expects; the page's policy would forbid the script."""
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    added = f'<template id="expected">{rows}</template><script>{script}</script></body>'
    path.write_text(free.replace("</body>", added), encoding="utf-8")
    (found,) = re.findall(r"<pre>(.*)</pre>", opened(path), re.S)
    return dict(json.loads(escaped.unescape(found)))


@pytest.fixture
def effects(make: Make, monkeypatch: pytest.MonkeyPatch) -> list[Effects]:
    monkeypatch.setattr(sections, "selected", lambda effects: [])  # figures play no role here, and take a second
    return [make(embed.kmers(4, at=20), planted, n=40), make(embed.positions("GATTACA", [1, 10, 11]), n=40)]


def test_rows_of_the_script_are_those_of_the_page_and_all_are_found_sorted_and_saved(
    effects, html, tmp_path, monkeypatch
):
    """259 rows, of which 100 are in the page and 200 are shown at first; the others when the reader comes to them."""
    table, text = whole_table(effects), html(effects)
    monkeypatch.setattr(html_module, "FIRST_ROWS", 10**6)
    (every,) = re.findall(r'<table class="effects" id="all".*?</table>', html(effects), re.S)
    some = probed(text, every, tmp_path / "some.html")
    assert len(table) == 259
    assert (some["first"], some["whole"]) == (list(range(200)), list(range(259)))
    assert some["note"] == 0
    for ours, theirs in zip(some["ours"], some["theirs"], strict=True):
        drawn = [np.array(re.findall(r"[\d.]+", one["bar"]), float) for one in (ours, theirs)]
        np.testing.assert_allclose(*drawn, atol=0.11)  # numbers of the script have 5 digits, and bars one decimal
        for one in (ours, theirs):
            one["bar"] = re.sub(r"[\d.]+", "", one["bar"])
        assert ours == theirs

    def estimates(rows):
        return [float(f"{table['estimate'][i]:.5g}") for i in rows]

    assert estimates(some["falling"]) == sorted(estimates(range(259)), reverse=True)[:200]
    wanted = table["kmer"].astype(str).str.contains("AAC") & (table["verdict"] != "present")
    assert sorted(some["kept"]) == np.flatnonzero(wanted).tolist()
    assert some["shown"] == f"{wanted.sum()} of 259 rows"
    lines = some["saved"].splitlines()
    assert lines[0].split(",") == list(table.columns)
    assert [line.split(",")[3] for line in lines[1:]] == [table["kmer"][i] for i in some["kept"]]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("position 1", [256]),  # not positions 10 and 11
        ("1", [256]),  # no number inside another, and no number of an estimate or an interval
        ("positions-2", [256, 257, 258]),
        ("position -1", []),
        ("effect kmer AACC", [5]),
        ("aacc", [5]),
        ("KMERS-1 aac", "AAC"),  # any k-mer that holds it
        ("kmers-1 position", []),
        ("position (", []),
    ],
)
def test_the_filter_finds_whole_numbers_next_to_their_word_and_parts_of_other_words(
    query, rows, effects, html, tmp_path
):
    table = whole_table(effects)
    if isinstance(rows, str):
        rows = np.flatnonzero(table["kmer"].astype(str).str.contains(rows)).tolist()
        assert len(rows) > 1
    script = f"const queries = {json.dumps([query])};{FILTER}"
    assert probed(html(effects), "", tmp_path / "page.html", script)[query] == rows


def test_the_policy_lets_the_script_run_and_without_it_the_first_rows_and_a_note_are_there(effects, html, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(html(effects), encoding="utf-8")
    seen = opened(path)
    assert seen.count("<tr data-i") == 200 + 100 + 3  # of all, and of each design, whose others come when scrolled to
    assert 'class="how first"' not in seen
    assert path.read_text("utf-8").count("<tr data-i") == 100 + 100 + 3
    assert path.read_text("utf-8").count("The first 100 of 25") == 2
