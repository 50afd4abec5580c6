"""The facts that phrases are filled with: what a design writes, and the rows of one output of its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqdo.designs.changes.change import Change
from seqdo.designs.design import NONE, Arm, Design
from seqdo.effects.effects import Effects
from seqdo.experiments.phrases import Phrase
from seqdo.reporting.text.labels import has_level, level, levels, printable
from seqdo.reporting.text.sentences import CONFIDENCE, Row, listed

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
        return len(self.effects.outcomes.backgrounds) == 1 and self.design.own_sequences is not None

    def of(self, phrase: Phrase) -> list[dict[str, Any]]:
        """The rows that a phrase is about."""
        exact = [row for row in self.rows if str(row["contrast"]) == phrase.contrast]
        rows = exact or [row for row in self.rows if _matches(phrase.contrast, str(row["contrast"]))]
        for factor, wanted in phrase.where.items():
            pattern = wanted.format_map(self.entries)
            rows = [row for row in rows if has_level(row.get(factor)) and _matches(pattern, level(row[factor]))]
        return rows

    def text(self, template: str, phrase: Phrase, row: Row) -> str:
        """A template filled with the entries of the design, and with the levels of a row."""
        by = [name for name in self.design.factors if name in row and has_level(row[name])]
        own = {name: phrase.names.get(name, {}).get(level(row[name]), level(row[name])) for name in by}
        own |= {"levels": levels(row, by) or "one of them", "rest": _rest(phrase, row)}
        return template.format_map(_Entries({**self.entries, **own}))

    def about_all(self, template: str, phrase: Phrase, rows: Sequence[Row]) -> str:
        """A template filled with the entries of the design, for a sentence about several rows of one contrast."""
        return template.format_map(_Entries({**self.entries, "rest": _rest(phrase, rows[0])}))

    def group(self, phrase: Phrase, rows: Sequence[Row]) -> str:
        """What the rows differ in, as a noun."""
        if phrase.group:
            return phrase.group
        by = [name for name in self.design.factors if name in rows[0] and name not in phrase.where]
        varying = tuple(name for name in by if len({row[name] for row in rows if has_level(row[name])}) > 1)
        if {"orientation", "order"} & set(varying) and len(varying) > 1:
            return "arrangement"
        return _GROUPS.get(varying, printable(varying[0]) if len(varying) == 1 else "level")

    def elsewhere(self, phrase: Phrase, template: str, row: Row) -> str:
        """The levels of a row that a template does not name, as in " at position 5"."""
        by = [name for name in self.design.factors if name in row and name not in phrase.where]
        text = levels(row, [name for name in by if f"{{{name}}}" not in template])
        return f" at {text}" if text else ""

    def identity(self, row: Row) -> str:
        """Why the contrast of a row is 0 by construction; "" of another."""
        reasons = [each.identity for each in self.design.contrasts if each.name == row["contrast"] and each.identity]
        return printable(reasons[0]) if reasons and row["verdict"] == "absent" and row["estimate"] == 0 else ""

    def treated(self, contrast: str) -> list[str]:
        """Names of the patterns of the arms that a contrast treats; none where its arms have different patterns."""
        arms = [
            self.design.arms[arm]
            for each in self.design.contrasts
            if each.name == contrast
            for arm, weight in each.weights.items()
            if weight > 0 and self.design.arms[arm].sites
        ]
        several = {tuple(printable(_name(site)) for site in arm.sites) for arm in arms}
        return list(several.pop()) if len(several) == 1 else []


def rows_of(effects: Effects, output: str) -> list[dict[str, Any]]:
    """The rows of an output, each with its number in the table and the level of its interval."""
    records: list[dict[str, Any]] = effects.table.to_dict("records")  # type: ignore[assignment]
    return [
        record | {ROW: i, CONFIDENCE: effects.level}
        for i, record in enumerate(records)
        if str(record["output"]) == output
    ]


_GROUPS = {
    ("place", "letter"): "substitution", ("position", "letter"): "substitution", ("position", "position 2"): "pair",
    ("kmer",): "k-mer", ("flank",): "filling", ("copies",): "copy number",
}  # fmt: skip
"""What the combinations of some factors are called where they are counted."""


def _matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _rest(phrase: Phrase, row: Row) -> str:
    """What the ``*`` of a phrase's contrast matched, as in "A + B" of "interaction:A+B"."""
    rest = str(row["contrast"])[len(phrase.contrast) - 1 :] if phrase.contrast.endswith("*") else ""
    return printable(rest).replace("+", " + ")


class _Entries(dict[str, str]):
    """Entries of a template; a factor that a row lacks reads as its name."""

    def __missing__(self, key: str) -> str:
        return key


def entries_of(design: Design, output: str) -> dict[str, str]:
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
