"""``report.json``: every number of the page, unrounded, with a reason where there is none; and the page shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import seqdo as sd
from seqdo.effects.effects import Effects
from seqdo.experiments import arrange, embed
from seqdo.reporting.page.sections import NUMBERS
from seqdo.reporting.text.numbers import estimate, share
from seqdo.reporting.view import Page, Row, Section

Make = Callable[..., Effects]


def several(make: Make) -> list[Effects]:
    return [
        make(embed.embed("GATTACA", at=20, scrambles=3)),
        make(embed.positions("GATTACA", range(0, 50, 10), scrambles=2)),
        make(arrange.spacing("GATTACA", "CCGGT", range(0, 4), at=10, strand=["++", "+-"])),
    ]


def written(effects: list[Effects], folder: Path) -> tuple[dict[str, Any], str]:
    path = sd.report(effects, folder / "report.html")
    return json.loads(path.with_suffix(".json").read_text("utf-8")), path.read_text("utf-8")


def test_it_holds_every_number_of_the_table_unrounded(make: Make, tmp_path: Path) -> None:
    effects = several(make)
    record, _ = written(effects, tmp_path)
    assert record["schema"] == 1
    for section, each in zip(record["sections"], effects, strict=True):
        table = pd.DataFrame(section["rows"])
        for name in (*NUMBERS, "n", "members", *each.outcomes.design.factors):
            for value, expected in zip(table[name], each.table[name], strict=True):
                missing = expected is None or expected != expected
                assert pd.isna(value) if missing else value == expected
        for name in ("output", "contrast", "verdict"):
            assert table[name].tolist() == each.table[name].tolist()


def test_a_null_has_a_reason(make: Make, tmp_path: Path) -> None:
    effects = make(embed.positions("GATTACA", range(0, 12, 4), scrambles=1), margin=None)
    lost = effects.table.copy()
    lost["flag"] = "too few"
    lost.loc[1, ["estimate", "p"]] = np.nan
    lost.loc[2, "p"] = np.inf
    record, _ = written([replace(effects, table=lost)], tmp_path)
    section = record["sections"][0]
    assert section["missing"]["margin"] == {"no margin was set": "all"}
    assert section["missing"]["p"] == {"too few": [1, 2]}
    nulls = {name for name, values in section["rows"].items() if None in values}
    assert nulls == section["missing"].keys()
    assert "NaN" not in json.dumps(record)


def test_the_page_shows_what_the_data_holds(make: Make, tmp_path: Path) -> None:
    """Rows of the table of all effects, read off the page, are those of the data in its order."""
    record, text = written(several(make), tmp_path)
    (table,) = re.findall(r'<table class="effects" id="all".*?</table>', text, re.S)
    shown = [
        [unescape(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        for row in re.findall(r"<tr data-i[^>]*>(.*?)</tr>", table, re.S)
    ]
    expected = []
    for section in record["sections"]:
        rows = section["rows"]
        for i, name in enumerate(rows["contrast"]):
            middle, low, high = estimate(*(rows[end][i] for end in ("estimate", "low", "high")))
            cells = [section["name"], name, rows["label"][i], middle, f"{low} to {high}", rows["verdict"][i], ""]
            expected.append([*cells, share(rows["p_adjusted"][i])])
    assert shown == expected
    for section in record["sections"]:
        assert section["question"] in text
        for sentence in section["answer"]:
            start = sentence["text"].removesuffix(f" {sentence['verdict']}.")
            assert start in unescape(text)
        for figure in section["figures"]:
            assert f'data-name="{figure["name"]}"' in text


def test_leading_sentences_name_their_rows(make: Make, tmp_path: Path) -> None:
    record, _ = written(several(make), tmp_path)
    for section in record["sections"]:
        leads = [sentence for sentence in section["answer"] if sentence["lead"]]
        assert leads
        for lead in leads:
            assert lead["row"] is not None
            if lead["verdict"]:
                assert section["rows"]["verdict"][lead["row"]] == lead["verdict"]


@pytest.mark.parametrize("kind", [Page, Section])
def test_every_key_is_documented(kind: type) -> None:
    documented = set(re.findall(r"^    ([\w, ]+) : ", kind.__doc__ or "", re.M))
    names = {name for names in documented for name in names.split(", ")}
    assert {field.name for field in fields(kind)} <= names


def test_a_row_documents_its_numbers() -> None:
    assert all(re.search(rf"\b{name}\b", Row.__doc__ or "") for name in NUMBERS)
