"""The answer to a design's question: the phrases of its experiment, filled with rows of its table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seqdo.designs.changes.change import Change
from seqdo.designs.design import NONE, Arm, Design
from seqdo.effects.analyses.calibration import doubted
from seqdo.effects.effects import Effects
from seqdo.experiments.phrases import (
    Additivity,
    Comparison,
    EachBackground,
    Finding,
    Growth,
    OneSequence,
    Phrase,
)
from seqdo.experiments.sentences import SENTENCES, SPECIFIC
from seqdo.reporting.text.labels import has_level, level, levels, outputs, printable
from seqdo.reporting.text.numbers import count, number
from seqdo.reporting.text.sentences import (
    CONFIDENCE,
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

MOST_OUTPUTS = 3
"""Outputs that each get sentences of their own; of more, those of the clearest, and a count."""

MOST_CONTRASTS = 4
"""Contrasts of an experiment without phrases that each get sentences."""

MANY = 20
"""Rows of a screen above which the largest is partly due to chance."""

ROW = "row number"
"""Key of a row's number in its table."""


@dataclass(frozen=True)
class Facts:
    """What the phrases of a design are filled with, for one output.

    Attributes
    ----------
    effects : of the design
    output : its name in the table
    rows : those of the output
    entries : what templates hold of the design
    """

    effects: Effects
    output: str
    rows: Sequence[dict[str, Any]]
    entries: Mapping[str, str]

    @property
    def design(self) -> Design:
        """The design that was run."""
        return self.effects.outcomes.design

    @property
    def one_sequence(self) -> bool:
        """Is the design about a single sequence, whose effects have no interval?"""
        return len(self.effects.outcomes.backgrounds) == 1 and self.design.sequences is not None

    def of(self, phrase: Phrase) -> tuple[list[dict[str, Any]], str]:
        """The rows that a phrase is about, and what the ``*`` of their contrast matched."""
        rows = [row for row in self.rows if _matches(phrase.contrast, str(row["contrast"]))]
        for factor, wanted in phrase.where.items():
            pattern = wanted.format_map(self.entries)
            rows = [row for row in rows if has_level(row.get(factor)) and _matches(pattern, level(row[factor]))]
        rest = str(rows[0]["contrast"])[len(phrase.contrast) - 1 :] if rows and phrase.contrast.endswith("*") else ""
        return rows, rest

    def text(self, template: str, phrase: Phrase, row: Row | None = None, rest: str = "") -> str:
        """A template filled with the entries of the design and, if there is one, the levels of a row."""
        entries = {**self.entries, "rest": _parts(rest)}
        if row is not None:
            by = [name for name in self.design.factors if name in row and has_level(row[name])]
            entries |= {name: phrase.names.get(name, {}).get(level(row[name]), level(row[name])) for name in by}
            entries |= {"levels": levels(row, by) or "one of them", "rest": _parts(_rest(phrase, row))}
        return template.format_map(_Entries(entries))


def answer(effects: Effects) -> str:
    """The answer to a design's question as text."""
    return " ".join(sentence.text for sentence in sentences(effects))


def sentences(effects: Effects) -> tuple[Sentence, ...]:
    """The answer to a design's question, sentence by sentence.

    Every sentence comes from rows of the table: the estimate with its interval, and the verdict. Sizes are judged by
    the verdict, which compares them with the margin, and by nothing else.
    """
    every = outputs(effects)
    if not every:
        return (Sentence("No effect was estimated, so there is no answer.", lead=True),)
    if len(every) <= MOST_OUTPUTS:
        several = [sentence for output in every for sentence in _of_output(effects, output)]
        return (*several, *_doubts(effects))
    verdicts = {output: _rows(effects, output) for output in every}
    reached = sum(any(row["verdict"] == "present" for row in rows) for rows in verdicts.values())
    clearest = max(every, key=lambda output: _clearness(verdicts[output]))
    first = Sentence(f"An effect is present in {reached} of {len(every)} outputs.", lead=True)
    return (first, *_of_output(effects, clearest), *_doubts(effects))


def _of_output(effects: Effects, output: str) -> list[Sentence]:
    rows = _rows(effects, output)
    facts = Facts(effects, output, rows, _entries(effects.outcomes.design, output))
    phrases = SENTENCES.get(effects.outcomes.design.experiment, ())
    several = [sentence for phrase in phrases for sentence in _read(facts, phrase)]
    # an experiment with phrases can still have contrasts of its own
    several = several or [sentence for phrase in _general(facts) for sentence in _read(facts, phrase)]
    if several and not any(sentence.lead for sentence in several):
        several[0] = replace(several[0], lead=True)
    return [replace(sentence, output=printable(output)) for sentence in several]


def _read(facts: Facts, phrase: Phrase) -> Iterator[Sentence]:
    """The sentences of one phrase; none where the design has no rows for it."""
    rows, rest = facts.of(phrase)
    if not rows or isinstance(phrase, OneSequence) != (facts.one_sequence and _has_one_sequence(facts)):
        return
    for sentence in RENDERERS[type(phrase)](facts, phrase, rows, rest):
        yield replace(sentence, lead=phrase.lead and bool(sentence.claim))
    if phrase.note:
        yield Sentence(phrase.note)


def _has_one_sequence(facts: Facts) -> bool:
    return any(isinstance(phrase, OneSequence) for phrase in SENTENCES.get(facts.design.experiment, ()))


def _finding(facts: Facts, phrase: Finding, rows: Sequence[Row], rest: str) -> Iterator[Sentence]:
    if len(rows) <= phrase.each:
        for row in rows:
            subject = facts.text(phrase.subject, phrase, row) + _elsewhere(facts, phrase, phrase.subject, row)
            yield replace(finding(subject, row, plural=phrase.plural), row=row[ROW])
        return
    many = phrase.many or f"The effect of {phrase.subject} on {{output}}"
    yield from _counted(facts, phrase, facts.text(many, phrase, None, rest), rows)
    if phrase.screen and len(rows) > MANY and _largest(rows) is not None:
        yield Sentence("The largest of many effects is partly due to chance: test it again on new backgrounds.")


def _comparison(facts: Facts, phrase: Comparison, rows: Sequence[Row], rest: str) -> Iterator[Sentence]:
    if len(rows) > phrase.each:
        many = phrase.many or f"The contrast {printable(phrase.contrast)}"
        yield from _counted(facts, phrase, facts.text(many, phrase, None, rest), rows)
        if phrase.nearest:
            row = min(rows, key=lambda row: abs(row["estimate"]) if math.isfinite(row["estimate"]) else math.inf)
            yield replace(comparison(facts.text(phrase.nearest, phrase, row), row), row=row[ROW])
        return
    for row in rows:
        opening = capitalized(facts.text(phrase.opening, phrase, row)) + _elsewhere(facts, phrase, phrase.opening, row)
        if identity := _identity(facts.design, row):
            verdict = str(row["verdict"])
            claim = f"{opening}, {printable(str(row['output']))} is the same by construction"
            yield Sentence(f"{claim} ({printable(identity)}): {verdict}.", f"{claim}.", verdict, row=row[ROW])
        elif phrase.additive and row["verdict"] in ("absent", "negligible"):
            yield replace(sum_of_effects(row), row=row[ROW])
        else:
            yield replace(comparison(opening, row), row=row[ROW])


def _counted(facts: Facts, phrase: Finding | Comparison, subject: str, rows: Sequence[Row]) -> Iterator[Sentence]:
    """The verdicts of many rows, and the largest of those that are present."""
    group = phrase.group or _group(facts, phrase, rows)
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


def _growth(facts: Facts, phrase: Growth, rows: Sequence[Row], rest: str) -> Iterator[Sentence]:
    highest = max(rows, key=lambda row: row[phrase.factor])
    size = int(highest[phrase.factor])
    things = (facts.text(text, phrase, None, rest) for text in (phrase.thing, phrase.things))
    yield replace(finding(count(size, *things), highest, plural=size > 1), row=highest[ROW])


def _additivity(facts: Facts, phrase: Additivity, rows: Sequence[Row], rest: str) -> Iterator[Sentence]:
    present = [row for row in rows if row["verdict"] == "present"]
    verdicts = {str(row["verdict"]) for row in rows}
    for sign, word in ((1, "more"), (-1, "less")):
        steps = [row for row in present if row["estimate"] * sign > 0]
        if steps:
            where = listed([level(row[phrase.factor]) for row in steps])
            claim = f"The step to {where} {phrase.things} adds {word} than the step before it"
            yield Sentence(f"{claim}: present.", f"{claim}.", "present", row=_largest(steps)[ROW])  # type: ignore[index]
    each = f"each further {phrase.thing} adds as much as the {phrase.thing} before it"
    if verdicts <= {"absent", "negligible"}:
        text = f"{_capital(each)}, within the margin."
        yield Sentence(text, text, counts=counted(str(row["verdict"]) for row in rows))
    elif not present:
        yield Sentence(f"Whether {each} is open: inconclusive.", f"Whether {each} is open.", "inconclusive")


def _capital(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[0].upper() + text[1:]


def _one_sequence(facts: Facts, phrase: OneSequence, rows: Sequence[Row], rest: str) -> Iterator[Sentence]:
    top = max(rows, key=lambda row: abs(row["estimate"]))
    claim = f"In this sequence, {facts.text(phrase.claim, phrase, top, rest)}"
    yield Sentence(f"{claim}: {number(float(top['estimate']))}.", f"{claim}.", row=top[ROW])
    yield Sentence("A single sequence has no interval, because there are no others to compare it with.")


def _each_background(facts: Facts, phrase: EachBackground, rows: Sequence[Row], rest: str) -> Iterator[Sentence]:
    yield from each_background(facts.effects, facts.output, rows[0], phrase)


RENDERERS: Mapping[type[Phrase], Callable[..., Iterator[Sentence]]] = {
    Finding: _finding, Comparison: _comparison, Growth: _growth, Additivity: _additivity,
    OneSequence: _one_sequence, EachBackground: _each_background,
}  # fmt: skip
"""Kind of phrase to how it reads: the one table to extend."""


def _general(facts: Facts) -> Iterator[Phrase]:
    """Phrases of an experiment that has none of its own, from its contrasts."""
    every = list(dict.fromkeys(str(row["contrast"]) for row in facts.rows))
    for name in every[:MOST_CONTRASTS]:
        if name == "specific":
            yield SPECIFIC
        elif name == "interaction":
            yield Comparison(
                contrast=name, opening="Compared with the sum of the single effects", additive=True,
                many="A difference from the sum of the single effects",
            )  # fmt: skip
        else:
            subject = f"the contrast {printable(name)}".replace("{", "{{").replace("}", "}}")
            yield Finding(contrast=name, subject=subject, many=capitalized(subject))


def _doubts(effects: Effects) -> Iterator[Sentence]:
    """What qualifies effects that are called present although their controls differ as clearly."""
    rows = doubted(effects)
    if rows:
        some = f"{len(rows)} of these effects do not exceed"
        which = "no effect exceeds" if len(rows) == len(effects.table) else some
        yield Sentence(f"However, the controls differ from each other as clearly, and {which} them.")


def _rows(effects: Effects, output: str) -> list[dict[str, Any]]:
    """The rows of an output, each with its number in the table and the level of its interval."""
    records: list[dict[str, Any]] = effects.table.to_dict("records")  # type: ignore[assignment]
    return [
        record | {ROW: i, CONFIDENCE: effects.level}
        for i, record in enumerate(records)
        if str(record["output"]) == output
    ]


def _largest(rows: Sequence[Row]) -> Row | None:
    """The row with the largest effect among those whose verdict is "present"."""
    present = [row for row in rows if row["verdict"] == "present"]
    return max(present, key=lambda row: abs(row["estimate"]), default=None)


def _clearness(rows: Sequence[Row]) -> float:
    """The largest effect as a multiple of its margin."""
    ratios = [abs(row["estimate"]) / row["margin"] for row in rows if row["margin"] > 0]
    return max((ratio for ratio in ratios if math.isfinite(ratio)), default=-1.0)


_GROUPS = {
    ("place", "letter"): "substitution", ("position", "letter"): "substitution", ("position", "position 2"): "pair",
    ("kmer",): "k-mer", ("flank",): "filling", ("copies",): "copy number",
}  # fmt: skip
"""What the combinations of some factors are called where they are counted."""


def _group(facts: Facts, phrase: Phrase, rows: Sequence[Row]) -> str:
    """What the rows differ in, as a noun."""
    by = [name for name in facts.design.factors if name in rows[0] and name not in phrase.where]
    varying = tuple(name for name in by if len({row[name] for row in rows if has_level(row[name])}) > 1)
    if {"orientation", "order"} & set(varying) and len(varying) > 1:
        return "arrangement"
    return _GROUPS.get(varying, printable(varying[0]) if len(varying) == 1 else "level")


def _elsewhere(facts: Facts, phrase: Phrase, template: str, row: Row) -> str:
    """The levels of a row that a template does not name, as in " at position 5"."""
    by = [name for name in facts.design.factors if name in row and name not in phrase.where]
    text = levels(row, [name for name in by if f"{{{name}}}" not in template])
    return f" at {text}" if text else ""


def _identity(design: Design, row: Row) -> str:
    """Why the contrast of a row is 0 by construction; "" of another."""
    reasons = [each.identity for each in design.contrasts if each.name == row["contrast"] and each.identity]
    return reasons[0] if reasons and row["verdict"] == "absent" and row["estimate"] == 0 else ""


def _matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _rest(phrase: Phrase, row: Row) -> str:
    return str(row["contrast"])[len(phrase.contrast) - 1 :] if phrase.contrast.endswith("*") else ""


def _parts(rest: str) -> str:
    return printable(rest).replace("+", " + ")


class _Entries(dict[str, str]):
    """Entries of a template; a factor that a row lacks reads as its name."""

    def __missing__(self, key: str) -> str:
        return key


def _entries(design: Design, output: str) -> dict[str, str]:
    """What templates hold of a design."""
    arms = [arm for name, arm in design.arms.items() if name != NONE and arm.sites]
    patterns = _patterns(arms) or ["the pattern"]
    first = arms[0].sites[0] if arms else None
    place = f" at {first.starts[0]}" if first and len(first.starts) == 1 else ""
    arm = printable(_name(first)) + place if first else "the pattern"
    return {"arm": arm, "pattern": patterns[0], "patterns": listed(patterns), "output": printable(output)}


def _patterns(arms: Sequence[Arm]) -> list[str]:
    """Names of the patterns of the first of the arms with the most sites."""
    most = max((len(arm.sites) for arm in arms), default=0)
    return next(([printable(_name(site)) for site in arm.sites] for arm in arms if len(arm.sites) == most), [])


def _name(site: Change) -> str:
    return site.patterns[0].name if site.patterns else site.name
