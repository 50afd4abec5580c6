"""Phrases as sentences: one renderer for each kind of phrase."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from seqdo.experiments.phrases import (
    Additivity,
    Comparison,
    EachBackground,
    Finding,
    Growth,
    OneSequence,
    Phrase,
)
from seqdo.reporting.text.facts import ROW, Facts
from seqdo.reporting.text.labels import has_level, level, printable
from seqdo.reporting.text.numbers import count, number
from seqdo.reporting.text.sentences import (
    Row,
    because,
    capitalized,
    comparison,
    counted,
    finding,
    listed,
    signed,
    sum_of_effects,
    tally,
)
from seqdo.reporting.text.single_backgrounds import each_background
from seqdo.reporting.view import Sentence

MANY = 20
"""Rows of a screen above which the largest is partly due to chance."""


def rendered(facts: Facts, phrase: Phrase) -> Iterator[Sentence]:
    """The sentences of a phrase, with its note; none where the design has no rows for it."""
    rows = facts.of(phrase)
    if not rows:
        return
    for sentence in RENDERERS[type(phrase)](facts, phrase, rows):
        yield replace(sentence, lead=phrase.lead and bool(sentence.claim))
    if phrase.note:
        yield Sentence(phrase.note)


def _finding(facts: Facts, phrase: Finding, rows: Sequence[Row]) -> Iterator[Sentence]:
    if len(rows) <= phrase.each:
        for row in rows:
            subject = facts.text(phrase.subject, phrase, row) + facts.elsewhere(phrase, phrase.subject, row)
            yield replace(finding(subject, row, plural=phrase.plural), row=row[ROW])
        return
    many = phrase.many or f"The effect of {phrase.subject} on {{output}}"
    yield from _counted(facts, phrase, facts.about_all(many, phrase, rows), rows)
    if phrase.screen and len(rows) > MANY and _largest(rows) is not None:
        yield Sentence("The largest of many effects is partly due to chance: test it again on new backgrounds.")


def _comparison(facts: Facts, phrase: Comparison, rows: Sequence[Row]) -> Iterator[Sentence]:
    if len(rows) > phrase.each:
        many = phrase.many or f"The contrast {printable(phrase.contrast)}"
        yield from _counted(facts, phrase, facts.about_all(many, phrase, rows), rows)
        if phrase.nearest:
            row = min(rows, key=lambda row: abs(row["estimate"]) if math.isfinite(row["estimate"]) else math.inf)
            yield replace(comparison(facts.text(phrase.nearest, phrase, row), row), row=row[ROW])
        return
    for row in rows:
        opening = capitalized(facts.text(phrase.opening, phrase, row)) + facts.elsewhere(phrase, phrase.opening, row)
        if identity := facts.identity(row):
            verdict = str(row["verdict"])
            claim = f"{opening}, {printable(str(row['output']))} is the same by construction"
            yield Sentence(f"{claim} ({identity}): {verdict}.", f"{claim}.", verdict, row=row[ROW])
        elif phrase.additive and row["verdict"] in ("absent", "negligible"):
            yield replace(sum_of_effects(row), row=row[ROW])
        else:
            yield replace(comparison(opening, row), row=row[ROW])


def _counted(facts: Facts, phrase: Finding | Comparison, subject: str, rows: Sequence[Row]) -> Iterator[Sentence]:
    """The verdicts of many rows, and the largest of those that are present."""
    group = facts.group(phrase, rows)
    verdicts = [str(row["verdict"]) for row in rows]
    lost = [row for row in rows if not math.isfinite(row["estimate"])]
    missing = f" ({len(lost)} could not be estimated{because(lost[0])})" if lost else ""
    top = _largest(rows)
    text = f"{subject} is {tally(verdicts, group)}{missing}."
    finite = [row for row in rows if math.isfinite(row["estimate"])]
    shown = top or max(finite, key=lambda row: abs(row["estimate"]), default=None)
    largest = ""
    if top is not None and phrase.largest and not getattr(phrase, "nearest", ""):
        largest = f"The largest {phrase.noun} is {facts.text(phrase.largest, phrase, top)}"
    claim = f"{largest}." if largest else text
    yield Sentence(text, claim, counts=counted(verdicts), row=None if shown is None else shown[ROW])
    if largest:
        yield Sentence(f"{largest}: {signed(top)}.")  # type: ignore[arg-type]


def _growth(facts: Facts, phrase: Growth, rows: Sequence[Row]) -> Iterator[Sentence]:
    rows = [row for row in rows if has_level(row.get(phrase.factor))]
    if not rows:
        return
    highest = max(rows, key=lambda row: row[phrase.factor])
    size = int(highest[phrase.factor])
    things = (facts.about_all(text, phrase, rows) for text in (phrase.thing, phrase.things))
    yield replace(finding(count(size, *things), highest, plural=size > 1), row=highest[ROW])


def _additivity(facts: Facts, phrase: Additivity, rows: Sequence[Row]) -> Iterator[Sentence]:
    rows = [row for row in rows if has_level(row.get(phrase.factor))]
    present = [row for row in rows if row["verdict"] == "present"]
    verdicts = {str(row["verdict"]) for row in rows}
    for sign, word in ((1, "more"), (-1, "less")):
        steps = [row for row in present if row["estimate"] * sign > 0]
        if steps:
            where = listed([level(row[phrase.factor]) for row in steps])
            claim = f"The step to {where} {phrase.things} adds {word} than the step before it"
            yield Sentence(f"{claim}: present.", f"{claim}.", "present", row=_largest(steps)[ROW])  # type: ignore[index]
    each = f"ach further {phrase.thing} adds as much as the {phrase.thing} before it"
    if rows and verdicts <= {"absent", "negligible"}:
        text = f"E{each}, within the margin."
        yield Sentence(text, text, counts=counted(str(row["verdict"]) for row in rows))
    elif rows and not present:
        claim = f"It is undecided whether e{each}"
        yield Sentence(f"{claim}: inconclusive.", f"{claim}.", "inconclusive")


def _one_sequence(facts: Facts, phrase: OneSequence, rows: Sequence[Row]) -> Iterator[Sentence]:
    top = max(rows, key=lambda row: abs(row["estimate"]))
    claim = f"In this sequence, {facts.text(phrase.claim, phrase, top)}"
    yield Sentence(f"{claim}: {number(float(top['estimate']))}.", f"{claim}.", row=top[ROW])
    yield Sentence("A single sequence has no interval, because there are no others to compare it with.")


def _each_background(facts: Facts, phrase: EachBackground, rows: Sequence[Row]) -> Iterator[Sentence]:
    yield from each_background(facts.effects, facts.output, rows[0], phrase)


RENDERERS: Mapping[type[Phrase], Callable[..., Iterator[Sentence]]] = {
    Finding: _finding, Comparison: _comparison, Growth: _growth, Additivity: _additivity,
    OneSequence: _one_sequence, EachBackground: _each_background,
}  # fmt: skip
"""Kind of phrase to how it reads: the one table to extend."""


def _largest(rows: Sequence[Row]) -> Row | None:
    """The row with the largest effect among those whose verdict is "present"."""
    present = [row for row in rows if row["verdict"] == "present"]
    return max(present, key=lambda row: abs(row["estimate"]), default=None)
