"""The view of a page, put together from effects: everything that a report shows, and nothing drawn yet."""

from __future__ import annotations

from collections.abc import Sequence

from seqdo.effects.assay.comparison import AssayComparison
from seqdo.effects.effects import Effects
from seqdo.reporting.figures.overview import panels
from seqdo.reporting.page.measured_section import measurements
from seqdo.reporting.page.rerun import facts, rerun
from seqdo.reporting.page.sections import flags_of_all, robust, sections, shared_notes
from seqdo.reporting.page.validity_section import validity
from seqdo.reporting.text.labels import VERDICTS, printable
from seqdo.reporting.text.numbers import count
from seqdo.reporting.text.sentences import listed
from seqdo.reporting.view import Page, Section


def page_view(
    effects: Sequence[Effects], title: str | None = None, comparisons: Sequence[AssayComparison] = ()
) -> Page:
    """The view of a page about these effects.

    Parameters
    ----------
    effects : of one or several designs, in the order of the page
    title : by default the question of the only design, or how many questions there are
    comparisons : of some of these effects with an assay
    """
    designs = sections(effects)
    question = effects[0].outcomes.design.question if len(effects) == 1 else f"{len(effects)} questions"
    return Page(
        title=printable(title or question),
        count=_count(designs),
        level=effects[0].level,
        facts=facts(effects),
        overview=tuple(panels(effects, [design.answer for design in designs])),
        sections=tuple(designs),
        measurements=tuple(measurements(comparisons)),
        robustness=tuple(robust(effects)),
        notes=tuple(printable(note) for note in shared_notes(effects)),
        flags=tuple(printable(flag) for flag in sorted(flags_of_all(effects))),
        validity=validity(effects),
        rerun=rerun(effects),
    )


def _count(designs: Sequence[Section]) -> str:
    """How many questions and effects there are, and the verdicts, in one sentence."""
    totals = {name: sum(design.counts.get(name, 0) for design in designs) for name in VERDICTS}
    verdicts = [f"{size:,} {name}" for name, size in totals.items() if size]
    size = sum(len(design.rows) for design in designs)
    text = f"{count(len(designs), 'question')}, {count(size, 'effect')}"
    return f"{text}: {listed(verdicts)}." if verdicts else f"{text}: there is nothing to show."
