"""The report: one HTML page that holds all it shows, opens offline, and can be made again from what was stored.

A page is a pure function of the effects: no time, no host, no random ids. It asks nothing of the network, and says so
to the browser (Content-Security-Policy: nothing may be fetched; only this style sheet and this script may run).
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdo.effects.assay.comparison import AssayComparison
from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.reporting.page.measured_section import comparisons
from seqdo.reporting.page.packed import packed
from seqdo.reporting.page.rerun import rerun
from seqdo.reporting.page.sections import flags_of_all, moved, sections
from seqdo.reporting.page.validity_section import fitness
from seqdo.reporting.tables import whole_table
from seqdo.reporting.text.labels import VERDICTS, as_list, printable
from seqdo.reporting.text.numbers import count

if TYPE_CHECKING:
    import pandas as pd

OPEN_ROWS = 20
"""Rows of a design's own table up to which it is shown unfolded."""

FIRST_ROWS = 100
"""Rows of a table that are in the page without its script, which shows the others."""


def report(
    effects: Effects | Sequence[Effects], path: str | os.PathLike[str], title: str | None = None,
    measured: AssayComparison | Sequence[AssayComparison] = (),
) -> Path:  # fmt: skip
    """Write the report of one or several designs as one HTML page; returns its path.

    The page holds, in this order: the answer in words, the table of effects (sort, filter, download), a figure and the
    notes of each design, how fit the backgrounds are, and how to run it again. The same effects give the same bytes.

    Parameters
    ----------
    effects : the result of ``estimate``, or a list of them
    path : where to write; it appears there only when it is whole
    title : by default the question of the only design, or how many there are
    measured : what ``sd.compare_with_assay`` found of some of them

    Raises
    ------
    InputError
        Something other than effects; a path that is a folder, or in one that does not exist.
    """
    several, target = as_list(effects), Path(path)
    if not target.parent.is_dir():
        raise InputError(f"path {target}", f"the folder {target.parent} does not exist", "Make it first")
    if target.is_dir():
        raise InputError(f"path {target}", "it is a folder; a file is needed", f'Write "{target / "report.html"}"')
    compared = [measured] if isinstance(measured, AssayComparison) else list(measured)
    if not all(isinstance(one, AssayComparison) for one in compared):
        raise InputError(f"measured={measured!r}"[:200], "what sd.compare_with_assay found is needed, or a list of it")
    text = page(several, title, compared)
    partial = target.with_name(target.name + ".partial")
    partial.write_bytes(text.encode("utf-8", "replace"))
    partial.replace(target)
    return target


def page(effects: Sequence[Effects], title: str | None = None, measured: Sequence[AssayComparison] = ()) -> str:
    """The report as text."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    folder = files("seqdo.reporting.page")
    template, style, script = ((folder / f"report.{end}").read_text("utf-8") for end in ("html.j2", "css", "js"))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    # what is marked as safe is ours: package data, JSON and SVG that were escaped when made; all else is escaped here
    environment.filters["svg"] = Markup
    table = whole_table(effects)
    context = _context(effects, table, title)
    data = packed(table, context["lines"])
    ours = {"style": Markup(style), "script": Markup(script), "data": Markup(data)}  # noqa: S704
    context |= {"compared": comparisons(measured)} | ours | {"policy": _policy(style, script)}
    return environment.from_string(template).render(context) + "\n"


def _context(effects: Sequence[Effects], table: pd.DataFrame, title: str | None) -> dict[str, Any]:
    everywhere = flags_of_all(table)
    designs = sections(effects, everywhere)
    lines = [line for design in designs for line in design.lines]
    shared = [note for note in effects[0].notes if all(note in each.notes for each in effects)]
    question = effects[0].outcomes.design.question if len(effects) == 1 else f"{len(effects)} questions"
    return {
        "title": printable(title or question),
        "sections": designs,
        "single": len(designs) == 1,
        "lines": lines,
        "headline": _headline(effects, table),
        "many_outputs": len({line.output for line in lines}) > 1,
        "many_n": len({line.n for line in lines}) > 1,
        "everywhere": printable("; ".join(sorted(everywhere))),
        "has_flags": any(line.flag for line in lines),
        "doubted": any(line.doubted for line in lines),
        "verdicts": [name for name in VERDICTS if any(line.verdict == name for line in lines)],
        "shared": [printable(note) for note in shared] if len(effects) > 1 else [],
        "level": f"{100 * effects[0].level:.4g} %",
        "open_rows": OPEN_ROWS,
        "first_rows": FIRST_ROWS,
        "fitness": fitness(effects),
        "moved": moved(effects),
        "rerun": rerun(effects),
    }


def _headline(effects: Sequence[Effects], table: pd.DataFrame) -> str:
    """How much was asked, and how it was answered, in one sentence."""
    counts = table["verdict"].astype(str).value_counts()
    parts = [f"{int(counts[name]):,} {name}" for name in VERDICTS if name in counts]
    asked = f"{count(len(effects), 'question')}, {count(len(table), 'effect')}"
    return f"{asked}: {', '.join(parts)}." if parts else f"{asked}: there is nothing to show."


def _policy(style: str, script: str) -> str:
    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
