"""The page: safe whatever names hold, the same bytes each time, whole without network or script, and small."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
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
from seqdo.reporting.page.html import page, report
from seqdo.sequences.sequences import Sequences

Make = Callable[..., Effects]

EVIL = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(2)</script>",
    "{{ 7*7 }}",
]
TAGS = {
    *("a", "article", "body", "button", "clippath", "code", "dd", "defs", "details", "div", "dl", "dt", "figcaption"),
    *("figure", "g", "h1", "h2", "h3", "head", "header", "html", "input", "label", "li", "main", "meta", "nav", "ol"),
    *("p", "path", "pre", "rect", "script", "section", "span", "strong", "style", "summary", "svg", "table", "tbody"),
    *("td", "text", "th", "thead", "title", "tr", "ul", "use"),
}
"""All that a page is made of; no img, no link, no iframe."""


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


def test_the_page_answers_first_and_in_the_order_of_a_reader(make: Make) -> None:
    read = Reader(page(two(make)))
    words = ["GATTACA at 20 raises y by", "An effect is the mean", "the grey band is the margin", "import seqdo as sd"]
    assert [read.text.index(part) for part in words] == sorted(read.text.index(part) for part in words)
    ids = [attributes.get("id") for tag, attributes in read.tags if tag in ("section", "header")]
    assert ids == ["answer", "effects", "designs", "validity", "rerun"]


@pytest.mark.parametrize("name", EVIL)
def test_a_hostile_name_is_text_wherever_it_stands(name: str, make: Make) -> None:
    """REP-01: in title, headings, table, figures, JSON, notes, validity and the record."""
    design = embed.embed("GATTACA", at=20, scrambles=1)
    contrasts = tuple(
        replace(contrast, name=name + contrast.name, levels={"kind": name}) for contrast in design.contrasts
    )
    evil = replace(design, experiment=name, question=name, contrasts=contrasts)
    effects = make(evil, outputs=(name,), model=name, background={"kind": name}, spec={name: name}, units={name: name})
    effects = replace(effects, notes=(*effects.notes, name), table=effects.table.assign(flag=name))
    effects.__dict__["validity"] = pd.DataFrame(
        {"check": [name], "value": [1.0], "threshold": [0.5], "light": ["red"], "advice": [name]}
    )
    read = Reader(page([effects, effects], name))
    assert {tag for tag, _ in read.tags} <= TAGS
    assert sum(tag == "script" for tag, _ in read.tags) == 2
    assert not [a for _, attributes in read.tags for a in attributes if a.startswith("on")]
    assert name in read.text
    assert json.loads(read.scripts[0])["columns"]["output"] == {"words": [name]}
    assert not set("<>&") & set(read.scripts[0])


def test_nothing_is_fetched_and_the_policy_says_so(make: Make) -> None:
    """REP-07: no address in any attribute that a browser follows; only this script and this style sheet may run."""
    text = page(two(make))
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
    """REP-08: no time, no random ids; and nothing but the page is left behind."""
    pages = [report(two(make), tmp_path / name).read_bytes() for name in ("a.html", "b.html")]
    assert pages[0] == pages[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_ids_of_a_page_are_unique_and_every_link_within_it_leads_somewhere(make: Make) -> None:
    designs = [
        embed.positions("GAT", range(0, 9, 3)),
        embed.positions("GAT", range(0, 9, 3)),
        embed.mutants("GAT", at=3),
    ]
    tags = Reader(page([make(design) for design in designs])).tags
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes.get("href") or attributes.get("xlink:href") for _, attributes in tags} - {None}
    assert {str(link)[1:] for link in links if str(link).startswith("#")} <= set(ids)


def test_no_rows_say_so(make: Make, tmp_path: Path) -> None:
    """REP-05: one design without rows, alone and beside another."""
    effects = make(embed.embed("GATTACA", at=20))
    empty = replace(effects, table=effects.table.iloc[:0])
    alone = Reader(report(empty, tmp_path / "a.html").read_text("utf-8")).text
    assert "No effect was estimated, so there is no answer." in alone
    assert "No data: no effect was estimated" in alone
    assert "No data to draw." in Reader(page([effects, empty])).text


def test_missing_numbers_are_words(make: Make) -> None:
    """G8: text, attributes and scripts hold no nan, no infinity and no None."""
    effects = make(embed.positions("GATTACA", range(0, 12, 4)), margin=None, note=None, rate=float("inf"))
    numbers = ("estimate", "se", "low", "high", "low_adjusted", "high_adjusted", "p", "p_adjusted")
    lost = effects.table.assign(flag="constant", **dict.fromkeys(numbers, np.nan))
    lost.loc[1, "estimate"] = np.inf
    read = Reader(page([replace(effects, table=lost), effects]))
    pattern = r"(?<![\w-])(nan|inf|infinity|None|<NA>)(?![\w-])"
    assert not re.search(pattern, read.text)
    assert not re.search(pattern, read.scripts[0])
    assert not [a for _, attributes in read.tags for a in attributes.values() if a and re.search(pattern, a)]
    assert "not available" in read.text
    assert "no margin" in read.text


def test_the_page_is_whole_without_its_script(make: Make) -> None:
    """Tables of up to 100 rows are in the page; the controls, which need the script, are hidden until it runs."""
    several = two(make)
    read = Reader(page(several))
    rows = [attributes for tag, attributes in read.tags if tag == "tr" and "data-i" in attributes]
    every = list(range(sum(len(each.table) for each in several)))
    assert [int(row["data-i"] or -1) for row in rows] == every * 2  # once in the table of all, once in its design's
    assert all(
        "hidden" in attributes for tag, attributes in read.tags if attributes.get("class") in ("controls", "save")
    )


def test_the_script_has_its_parts_and_a_column_for_each_head(make: Make) -> None:
    """What they do is in test_script.py, in a browser."""
    read = Reader(page(two(make)))
    for part in ("aria-sort", "text/csv", "beforeprint", "clipboard"):
        assert part in read.scripts[-1]
    heads = [attributes.get("data-c") for tag, attributes in read.tags if tag == "th"]
    columns = set(json.loads(read.scripts[0])["columns"]) | {"at", None}
    assert set(heads) <= columns


def test_of_many_outputs_the_first_are_drawn_and_it_says_so(make: Make) -> None:
    read = Reader(page([make(embed.embed("GATTACA", at=20), outputs=tuple("abcdefgh"), n=20)]))
    assert sum(attributes.get("role") == "img" for _, attributes in read.tags) == 6
    assert "Figures show the first 6 of 8 outputs; the table has all." in read.text


def test_every_figure_has_words_for_those_who_cannot_see_it(make: Make) -> None:
    tags = Reader(page(two(make))).tags
    drawn = [attributes for tag, attributes in tags if tag == "svg" and attributes.get("role") == "img"]
    assert len(drawn) == 2
    assert all("GATTACA" in (attributes["aria-label"] or "") for attributes in drawn)
    assert dict(tags[0:1])["html"]["lang"] == "en"


def test_validity_shows_number_threshold_and_advice_and_warns_at_the_top(make: Make, seed: int) -> None:
    rng = np.random.default_rng(seed)
    real = Sequences.from_codes(rng.choice(4, (200, 60), p=[0.45, 0.05, 0.05, 0.45]).astype(np.uint8))
    reference = Reference.measure(real, rng.normal(size=(200, 1)), ["y"], "held-out")
    effects = [make(embed.embed("GATTACA", at=at), reference=reference) for at in (10, 20)]
    text = Reader(page(effects)).text
    assert "not fit GC" in text
    assert "up to 0.25" in text
    assert "Draw backgrounds with the GC of real sequences" in text
    assert text.count("Draw backgrounds with the real GC") == 1  # the same check of two designs is one row
    assert text.index("say that backgrounds or edits are far from real") < text.index("An effect is the mean")


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
    with pytest.raises(InputError, match="does not exist"):
        report(make(embed.embed("GATTACA", at=20)), tmp_path / "no" / "a.html")
    with pytest.raises(InputError, match=r"it is a folder.*report\.html"):
        report(make(embed.embed("GATTACA", at=20)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_a_whole_curve_says_is_told_with_its_verdict(make):
    effects = make(embed.positions("GATTACA", range(0, 50, 5)), lambda arm: 0.1 * sum(s.starts[0] for s in arm.sites))
    text = page([effects])
    assert "What the curve says as a whole" in text
    (flat,) = effects.responses["reading"].tolist()
    assert f'<td>flat</td><td>effect</td><td class="advice">{escape(flat)}</td>' in text
    assert {tag for tag, _ in Reader(text).tags} <= TAGS
    assert "What the curve says" not in page([make(embed.embed("GATTACA", at=5))])
