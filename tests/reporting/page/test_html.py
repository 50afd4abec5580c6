"""The page: safe whatever names hold, the same bytes each time, whole without network or script, and small."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape

from seqdo.designs.design import Arm
from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.experiments import arrange, embed
from seqdo.models.reference import Reference
from seqdo.reporting.page.html import report
from seqdo.sequences.sequences import Sequences

Make = Callable[..., Effects]
Html = Callable[..., str]

EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(2)</script>",
    "{{ 7*7 }}",
]
TAGS = {
    *("a", "article", "b", "body", "button", "caption", "clippath", "code", "dd", "defs", "details", "div", "dl", "dt"),
    *("figcaption",),
    *("figure", "g", "h1", "h2", "h3", "head", "header", "html", "input", "label", "li", "main", "meta", "nav", "ol"),
    *("p", "path", "pre", "rect", "script", "section", "span", "strong", "style", "summary", "svg", "table", "tbody"),
    *("td", "text", "th", "thead", "title", "tr", "ul", "use"),
}
"""Every tag of a page: no img, no link, no iframe."""


class Reader(HTMLParser):
    """What a browser would see: tags with attributes, text outside of scripts, and the scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = "" if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts.append(data)
        elif not self.inside:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def two(make: Make) -> list[Effects]:
    return [make(embed.embed("GATTACA", at=20)), make(embed.positions("GATTACA", range(0, 50, 10), scrambles=2))]


def test_the_page_answers_first_and_in_the_order_of_a_reader(make: Make, html: Html) -> None:
    """Overview, answers with their effects, what these mean, figures, all effects, validity, how to rerun."""
    read = Reader(html(two(make)))
    words = [
        "Gray band: the margin", "GATTACA at 20 raises y.", "is the mean over backgrounds", "GATTACA at 20 raises y by",
        "In every figure", "Download CSV", "What it means, what to do", "import seqdo as sd",
    ]  # fmt: skip
    assert [read.text.index(part) for part in words] == sorted(read.text.index(part) for part in words)
    ids = [attributes.get("id") for tag, attributes in read.tags if tag in ("section", "header")]
    assert ids == ["answer", "designs", "effects", "validity", "rerun"]


def test_headings_are_in_order_and_every_fold_and_table_has_a_name(make: Make, html: Html) -> None:
    tags = Reader(html(two(make))).tags
    headings = [int(tag[1]) for tag, _ in tags if tag in ("h1", "h2", "h3", "h4")]
    assert headings.count(1) == 1
    assert headings[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(headings))
    assert sum(tag == "details" for tag, _ in tags) == sum(tag == "summary" for tag, _ in tags)
    assert all(attributes.get("scope") == "col" for tag, attributes in tags if tag == "th")


@pytest.mark.parametrize("name", EVIL)
def test_a_hostile_name_is_text_wherever_it_stands(name: str, make: Make, html: Html) -> None:
    """REP-01: in title, headings, table, figures, JSON, notes, validity and the record."""
    design = embed.embed("GATTACA", at=20, scrambles=1)
    contrasts = tuple(
        replace(contrast, name=name + contrast.name, levels={"kind": name}) for contrast in design.contrasts
    )
    evil = replace(design, experiment=name, question=name, contrasts=contrasts)
    effects = make(evil, outputs=(name,), model=name, background={"kind": name}, spec={name: name}, units={name: name})
    effects = replace(effects, notes=(*effects.notes, name), table=effects.table.assign(flag=name))
    effects.__dict__["validity"] = pd.DataFrame(
        {"check": [name], "value": [1.0], "threshold": [0.5], "result": ["fail"], "advice": [name]}
    )
    read = Reader(html([effects, effects], name))
    assert {tag for tag, _ in read.tags} <= TAGS
    assert sum(tag == "script" for tag, _ in read.tags) == 2
    assert not [a for _, attributes in read.tags for a in attributes if a.startswith("on")]
    assert name in read.text
    assert json.loads(read.scripts[0])["columns"]["output"] == {"distinct": [name]}
    assert not set("<>&") & set(read.scripts[0])


def test_nothing_is_fetched_and_the_policy_forbids_it(make: Make, html: Html) -> None:
    """REP-07: no address in any attribute that a browser follows; only this script and this style sheet may run."""
    text = html(two(make))
    read = Reader(text)
    followed = ("src", "href", "srcset", "data", "action", "poster", "background", "xlink:href", "formaction")
    for tag, attributes in read.tags:
        for name in followed:
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;")), (tag, attributes)
    assert not re.search(r"@import|url\(\s*[\"']?(?!#)", text)
    assert not [
        tag for tag, attributes in read.tags if "style" in attributes or tag in ("link", "iframe", "object", "base")
    ]
    policy = next(attributes["content"] for tag, attributes in read.tags if "http-equiv" in attributes) or ""
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    script = re.search(r"<script>(.*?)</script>", text, re.S)
    for kind, found in (("style-src", style), ("script-src", script)):
        assert found
        digest = base64.b64encode(hashlib.sha256(found.group(1).encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy


def test_the_same_effects_give_the_same_bytes(make: Make, tmp_path: Path) -> None:
    """REP-08: no time, no random ids; and nothing but the page and its data is left behind."""
    pages = [report(two(make), tmp_path / name).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a.json", "b.html", "b.json"]


def test_ids_of_a_page_are_unique_and_every_link_within_it_leads_somewhere(make: Make, html: Html) -> None:
    designs = [
        embed.positions("GAT", range(0, 9, 3)),
        embed.positions("GAT", range(0, 9, 3)),
        embed.mutants("GAT", at=3),
    ]
    tags = Reader(html([make(design) for design in designs])).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes.get("href") or attributes.get("xlink:href") for _, attributes in tags} - {None}
    assert {str(link)[1:] for link in links if str(link).startswith("#")} <= set(ids)


def test_a_design_without_rows_is_shown_as_such(make: Make, html: Html, tmp_path: Path) -> None:
    """REP-05: one design without rows, alone and next to another."""
    effects = make(embed.embed("GATTACA", at=20))
    empty = replace(effects, table=effects.table.iloc[:0])
    alone = Reader(report(empty, tmp_path / "a.html").read_text("utf-8")).text
    assert "No effect was estimated, so there is no answer." in alone
    assert "No data: no effect was estimated" in alone
    assert "No data to draw." in Reader(html([effects, empty])).text


def test_missing_numbers_are_text(make: Make, html: Html) -> None:
    """G8: text, attributes and scripts hold no nan, no infinity and no None."""
    effects = make(embed.positions("GATTACA", range(0, 12, 4)), margin=None, note=None, rate=float("inf"))
    numbers = ("estimate", "se", "low", "high", "low_adjusted", "high_adjusted", "p", "p_adjusted")
    lost = effects.table.assign(flag="constant", **dict.fromkeys(numbers, np.nan))
    lost.loc[1, "estimate"] = np.inf
    read = Reader(html([replace(effects, table=lost), effects]))
    pattern = r"(?<![\w-])(nan|inf|infinity|None|<NA>)(?![\w-])"
    assert not re.search(pattern, read.text)
    assert not re.search(pattern, read.scripts[0])
    assert not [a for _, attributes in read.tags for a in attributes.values() if a and re.search(pattern, a)]
    assert "not available" in read.text
    assert "no margin" in read.text


def test_the_page_is_complete_without_its_script(make: Make, html: Html) -> None:
    """Tables of up to 100 rows are in the page; the controls, which need the script, are hidden until it runs."""
    several = two(make)
    read = Reader(html(several))
    rows = [attributes for tag, attributes in read.tags if tag == "tr" and "data-i" in attributes]
    every = list(range(sum(len(each.table) for each in several)))
    assert [int(row["data-i"] or -1) for row in rows] == every * 2  # once in its design's table, once in that of all
    assert all(
        "hidden" in attributes for tag, attributes in read.tags if attributes.get("class") in ("controls", "save")
    )


def test_the_script_has_its_parts_and_a_column_for_each_head(make: Make, html: Html) -> None:
    """What they do is in test_script.py, in a browser."""
    read = Reader(html(two(make)))
    for part in ("aria-sort", "text/csv", "beforeprint", "clipboard"):
        assert part in read.scripts[-1]
    heads = [attributes.get("data-c") for tag, attributes in read.tags if tag == "th"]
    columns = set(json.loads(read.scripts[0])["columns"]) | {"at", None}
    assert set(heads) <= columns


def test_of_many_outputs_those_that_respond_most_are_drawn_and_a_note_counts_them(make: Make, html: Html) -> None:
    names = tuple(f"track {letter}" for letter in "ABCDEFGH")  # make divides the effect by 1 to 8 for them
    read = Reader(html([make(embed.embed("GATTACA", at=20), outputs=names, noise=0.01, n=20)]))
    labels = [attributes["aria-label"] or "" for _, attributes in read.tags if attributes.get("role") == "img"]
    assert [name for label in labels for name in names if name in label] == list(names[:6])
    assert "Figures show 6 of 8 outputs; the table has all." in read.text


def test_every_figure_has_an_alternative_text(make: Make, html: Html) -> None:
    tags = Reader(html(two(make))).tags
    drawn = [attributes for tag, attributes in tags if tag == "svg" and attributes.get("role") == "img"]
    assert len(drawn) == 4  # two panels of the overview, and a figure of each design
    assert all("GATTACA" in (attributes["aria-label"] or "") for attributes in drawn)
    assert dict(tags[0:1])["html"]["lang"] == "en"


def test_validity_shows_number_threshold_and_advice_and_warns_at_the_top(make: Make, html: Html, seed: int) -> None:
    rng = np.random.default_rng(seed)
    real = Sequences.from_codes(rng.choice(4, (200, 60), p=[0.45, 0.05, 0.05, 0.45]).astype(np.uint8))
    reference = Reference.measure(real, rng.normal(size=(200, 1)), ["y"], "held-out")
    effects = [make(embed.embed("GATTACA", at=at), reference=reference) for at in (10, 20)]
    text = Reader(html(effects)).text
    assert "fail GC" in text
    assert "up to 0.25" in text
    assert "Draw backgrounds with the GC of real sequences" in text
    assert text.count("Draw backgrounds with the GC of real sequences") == 1  # the same check of two designs is one row
    assert text.index("failed: backgrounds or edited sequences are far from real") < text.index(
        "is the mean over backgrounds"
    )


def test_a_study_of_thirty_designs_and_two_thousand_effects_is_below_five_megabytes(make: Make, tmp_path: Path) -> None:
    def wave(arm: Arm) -> float:
        return float(np.sin(arm.sites[-1].starts[0] / 5)) if arm.sites else 0.0

    curves = [embed.positions("GATTACA", range(53)) for _ in range(28)]
    many = [embed.kmers(4, at=20), arrange.spacing("GAT", "CCGGT", range(0, 90), at=5)]
    effects = [make(design, wave, n=40) for design in curves + many]
    written = report(effects, tmp_path / "report.html")
    assert sum(len(each.table) for each in effects) > 2000
    assert written.stat().st_size < 5_000_000


@pytest.mark.parametrize("given", [None, 3, "effects", pd.DataFrame(), [1, 2]])
def test_what_is_not_effects_is_refused_with_what_to_write(given: object, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the result of estimate is needed.*report\(estimate\(outcomes\)"):
        report(given, tmp_path / "a.html")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_refused_before_the_page_is_made(make: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"`path=.*does not exist.*mkdir"):
        report(make(embed.embed("GATTACA", at=20)), tmp_path / "no" / "a.html")
    with pytest.raises(InputError, match=r"`path=.*is a folder.*report\.html"):
        report(make(embed.embed("GATTACA", at=20)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_tests_of_a_whole_curve_are_shown_with_their_verdicts(make, html):
    effects = make(embed.positions("GATTACA", range(0, 50, 5)), lambda arm: 0.1 * sum(s.starts[0] for s in arm.sites))
    text = html([effects])
    assert "Tests of the whole curve" in text
    (flat,) = effects.responses["reading"].tolist()
    assert f'<td>flat</td><td>effect</td><td class="advice">{escape(flat)}</td>' in text
    assert {tag for tag, _ in Reader(text).tags} <= TAGS
    assert "Tests of the whole curve" not in html([make(embed.embed("GATTACA", at=5))])
