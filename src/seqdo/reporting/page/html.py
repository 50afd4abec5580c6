"""The report: one HTML page that opens offline, and the same content as data next to it.

Page and data are pure functions of the effects: no time, no host, no random ids. The page fetches nothing, and a
policy says so to the browser (Content-Security-Policy: nothing may be fetched; only this style sheet and this script
may run).
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdo.effects.assay.comparison import AssayComparison
from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.reporting.figures.figure import draw
from seqdo.reporting.figures.kinds.measured import measured_figure
from seqdo.reporting.figures.overview import draw_panel
from seqdo.reporting.figures.style import to_svg
from seqdo.reporting.page import cells
from seqdo.reporting.page.assembly import page_view
from seqdo.reporting.page.packed import packed
from seqdo.reporting.report_json import as_json
from seqdo.reporting.tables import whole_table
from seqdo.reporting.text.labels import VERDICTS, as_list
from seqdo.reporting.view import Page, Sentence
from seqdo.sequences.file_path import file_path
from seqdo.sequences.whole_file import whole_file

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
    """Write the report of one or several designs as one HTML page, and its data as JSON; returns the path of the page.

    The page shows, in this order: an overview figure, the answer to each question, the figures, tests and notes of each
    design, all effects (sort, filter, download), the validity of the backgrounds, and how to rerun. Next to the page,
    under its name with the ending ``.json``, is the same content for programs: every number of the page unrounded, with
    its unit, and null with a reason where a number could not be had. The format is documented in
    :mod:`seqdo.reporting.report_json`. The same effects give the same bytes in both files.

    Parameters
    ----------
    effects : the result of ``estimate``, or a list of results
    path : file to write; it appears there only when it is complete
    title : by default the question of the only design, or the number of questions
    measured : result of ``sd.compare_with_assay`` for some of the effects, or a list of results

    Raises
    ------
    InputError
        Something other than effects; a path that is a folder, or in a folder that does not exist.
    """
    several, target = as_list(effects), file_path(path)
    if not target.parent.is_dir():
        raise InputError(
            f"`path={str(target)!r}` is in the folder {target.parent}, which does not exist",
            "an existing folder is needed",
            f'Make the folder first: Path("{target.parent}").mkdir(parents=True)',
        )  # fmt: skip
    if target.is_dir():
        raise InputError(f"`path={str(target)!r}` is a folder", "a file", f'Write "{target / "report.html"}"')
    compared = [measured] if isinstance(measured, AssayComparison) else list(measured)
    if not all(isinstance(each, AssayComparison) for each in compared):
        raise InputError(
            f"`measured={measured!r}`"[:200], "the result of sd.compare_with_assay, or a list of results",
            "Write measured=sd.compare_with_assay(sd.measured_effects(...), effects)",
        )  # fmt: skip
    view = page_view(several, title, compared)
    texts = {target: page(view, drawings(view, several, compared), whole_table(several)), twin(target): as_json(view)}
    with ExitStack() as whole:  # both files are complete before either appears
        for file, text in texts.items():
            whole.enter_context(whole_file(file, file.name)).write_bytes(text.encode("utf-8", "replace"))
    return target


def twin(path: Path) -> Path:
    """Where the data of a page is written: next to it, as JSON.

    >>> twin(Path("results/report.html")).as_posix()
    'results/report.json'
    """
    return path.with_name(path.name + ".json") if path.suffix == ".json" else path.with_suffix(".json")


def drawings(view: Page, effects: Sequence[Effects], comparisons: Sequence[AssayComparison] = ()) -> dict[str, str]:
    """Every figure of a page as SVG, by its name."""
    svgs = {}
    for panel in view.overview:
        svgs[panel.name] = to_svg(draw_panel(effects, panel).figure, panel.name, panel.alt)  # type: ignore[arg-type]
    for section, each in zip(view.sections, effects, strict=True):
        for figure in section.figures:
            svgs[figure.name] = to_svg(draw(each, figure).figure, figure.name, figure.alt)  # type: ignore[arg-type]
    for measurement, comparison in zip(view.measurements, comparisons, strict=True):
        name, alt = measurement.figure.name, measurement.figure.alt
        svgs[name] = to_svg(measured_figure(comparison).figure, name, alt)  # type: ignore[arg-type]
    return svgs


def page(view: Page, svgs: Mapping[str, str], table: pd.DataFrame) -> str:
    """The page as text.

    Parameters
    ----------
    view : what it shows
    svgs : its figures, by name
    table : the effects of all designs, for the download and for sorting
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    folder = files("seqdo.reporting.page")
    template, style, script = ((folder / f"report.{end}").read_text("utf-8") for end in ("html.j2", "css", "js"))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    # Marked as safe are package data, JSON and SVG, which were escaped when they were made. All else is escaped here.
    environment.filters |= {
        "svg": lambda name: Markup(svgs[name]), "number": cells.number_cell, "value": cells.value_cell,  # noqa: S704
        "p": cells.p_cell, "unmarked": _unmarked,
    }  # fmt: skip
    lines = cells.lines(view.sections, view.flags)
    every = [line for section in lines for line in section]
    own = {"style": Markup(style), "script": Markup(script), "data": Markup(packed(table, every))}  # noqa: S704
    context = {"page": view, "policy": _policy(style, script), "lines": every, "section_lines": lines} | own
    return environment.from_string(template).render(context | _flags(view, lines, every)) + "\n"


def _flags(view: Page, lines: Sequence[Sequence[cells.Line]], every: Sequence[cells.Line]) -> dict[str, Any]:
    """What decides which columns, keys and folds a page has."""
    return {
        "single": len(view.sections) == 1,
        "answers": [cells.answers(section) for section in view.sections],
        "usual": cells.usual(every),
        "section_usual": [cells.usual(section) for section in lines],
        "many_outputs": len({line.output for line in every}) > 1,
        "many_n": len({line.n for line in every}) > 1,
        "has_levels": any(line.at for line in every),
        "has_flags": any(line.flag for line in every),
        "doubted": any(line.doubted for line in every),
        "verdicts": [name for name in VERDICTS if any(line.verdict == name for line in every)],
        "level": f"{100 * view.level:.4g} %",
        "open_rows": OPEN_ROWS,
        "first_rows": FIRST_ROWS,
    }


def _unmarked(sentence: Sentence) -> str:
    """A sentence without the verdict at its end, which the page marks."""
    return sentence.text.removesuffix(f" {sentence.verdict}.") if sentence.verdict else sentence.text


def _policy(style: str, script: str) -> str:
    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
