"""Names, commands and links in the README and the pages of docs/ lead to things that exist."""

from __future__ import annotations

import importlib
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import seqdo as sd
from seqdo.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINKED = [*sorted(ROOT.glob("*.md")), *PAGES[1:], ROOT / "verification" / "references" / "README.md"]

FILES = ("csv", "html", "json", "md", "nc", "parquet", "py", "svg", "yaml")
"""Endings of file names: `effects.csv` is a file and not a name of the package."""


def code(page: Path) -> str:
    """Code blocks and code in backticks of a page, one below the other."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
    return "\n".join([*blocks, *inline])


def test_code_is_read_from_blocks_and_backticks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("A `sd.run` b.\n\n```python\nsd.wrap(net)\n```\n\nsd.plain `seqdo plan` `effects.csv`\n", "utf-8")
    assert code(page) == "sd.wrap(net)\n\nsd.run\nseqdo plan\neffects.csv"
    assert names(page) == ["sd.run", "sd.wrap"]


# --- names ---


def names(page: Path) -> list[str]:
    """Dotted names in the code of a page that begin with the package or with one of ``OBJECTS``; imports as such."""
    text = code(page)
    starts = "|".join(("sd", "seqdo", *OBJECTS))
    dotted = re.findall(rf"(?<![\w./-])((?:{starts})(?:\.[A-Za-z_]\w*)+)(?!\w*/)", text)
    imports = re.findall(r"^from (seqdo[\w.]*) import ([\w, ]+)", text, re.MULTILINE)
    dotted += [f"{module}.{name.strip()}" for module, members in imports for name in members.split(",")]
    return sorted({name for name in dotted if name.rpartition(".")[2] not in FILES})


def embedded() -> sd.Outcomes:
    """Outcomes that most analyses accept: scrambled controls, real sequences, 300 backgrounds."""
    null = sd.backgrounds.uniform(40)
    return sd.run(sd.embed("GATTACA", at=20, scrambles=20), planted(), null, n=300, rng=0, real=null.sample(200, rng=1))


def planted() -> sd.Model:
    """A model that comes with a reference of real sequences."""
    model = sd.planted.additive({"GATTACA": 2.0, "CCG": 1.0}, length=40)
    real = sd.backgrounds.uniform(40).sample(200, rng=3)
    return replace(model, reference=sd.Reference.measure(real, model.predict(real)[0], model.outputs, "200 sequences"))


def mutated() -> sd.Outcomes:
    """Outcomes of real sequences."""
    return sd.run(sd.mutagenesis(sd.backgrounds.uniform(40).sample(3, rng=2), stop=4), planted())


def together() -> sd.Outcomes:
    """Outcomes of a haplotype."""
    rows = [("s", 1, "G", "C"), ("s", 3, "T", "A")]
    table = pd.DataFrame(rows, columns=["chrom", "pos", "ref", "alt"])
    return sd.run(sd.haplotypes(table, sd.Sequences.from_strings(["GATTACA" * 5 + "GATTA"], names=["s"])), planted())


def searched() -> object:
    return sd.search(sd.kmers(3, at=20), planted(), sd.backgrounds.uniform(40), keep=5, n=300, rng=0)


def compared() -> object:
    """Effects of six k-mers in a model, compared with the same in a library that the model itself measured."""
    kmers = ["GATTAC", "CCGGTA", "TTTCAG", "ACGTCC", "GGGATA", "CTCTCA"]
    model = sd.planted.additive(dict(zip(kmers, (2.0, 1.0, 0.5, -1.0, 0.0, 1.5), strict=True)), 60)
    null = sd.backgrounds.uniform(60)
    library = null.sample(20000, rng=1)
    assay = sd.measured_effects(library, model.predict(library)[0, :, 0], kmers, both_strands=False)
    return sd.compare_with_assay(assay, sd.estimate(sd.run(sd.kmers(kmers, at=20), model, null, n=300, rng=0)))


OBJECTS = {
    "effects": lambda: [sd.estimate(outcomes) for outcomes in objects("outcomes")],
    "outcomes": lambda: [embedded(), mutated(), together()],
    "design": lambda: [outcomes.design for outcomes in objects("outcomes")],
    "model": lambda: [planted()],
    "search": lambda: [searched()],
    "comparison": lambda: [compared()],
}
"""Names of objects that the pages use, and how to make examples of each: a name exists if one of them has it."""


@cache
def objects(name: str) -> list[object]:
    """Examples of an object, made once."""
    return list(OBJECTS[name]())


def resolve(name: str) -> object:
    """The thing that a dotted name leads to.

    Raises
    ------
    AttributeError, ImportError
        There is no such thing.
    sd.InputError
        No example of the object has it, although it is an attribute.
    """
    start, *attributes = name.split(".")
    if start == "seqdo":
        for end in range(len(attributes), -1, -1):  # the longest part of the name that is a module
            try:
                return follow(importlib.import_module(".".join([start, *attributes[:end]])), attributes[end:])
            except ModuleNotFoundError:
                continue
    if start == "sd":
        return follow(sd, attributes)
    *others, last = objects(start)
    for example in others:
        try:
            return follow(example, attributes)
        except sd.InputError:  # what needs another kind of design
            continue
    return follow(last, attributes)


def follow(thing: object, attributes: list[str]) -> object:
    for attribute in attributes:
        thing = getattr(thing, attribute)
    return thing


@pytest.mark.parametrize(("page", "name"), [(page, name) for page in PAGES for name in names(page)],
                         ids=lambda value: value if isinstance(value, str) else value.stem)  # fmt: skip
def test_a_dotted_name_exists(page, name):
    resolve(name)


def test_a_wrong_name_is_noticed():
    for name in ("sd.embbed", "sd.backgrounds.unifrom", "seqdo.no_module.x", "effects.contexts.honest", "design.armz"):
        with pytest.raises(AttributeError):
            resolve(name)
    assert resolve("effects.maps").dims  # only outcomes of mutagenesis have maps
    assert resolve("seqdo.errors.InputError") is sd.InputError


# --- commands ---


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_command_exists(page):
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert set(re.findall(r"(?:^|(?<=\n)|-m )seqdo ([a-z]+)", code(page))) <= commands


# --- links ---


def headings(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken(page: Path) -> list[str]:
    """Relative links of a page that lead to no file, or to no heading of it."""
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if re.match(r"https?:|mailto:", target):
            continue
        if not file.exists() or (anchor and anchor not in headings(file)):
            wrong.append(target)
    return wrong


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert broken(page) == []


def test_a_broken_link_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A title, *here*\n[a](#a-title-here) [b](page.md) [c](#b) [d](no.md) [e](https://x.org)\n", "utf-8"
    )
    assert broken(page) == ["#b", "no.md"]
