"""Effects in words: what was found, for each kind of experiment, in plain sentences made from the numbers alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from seqdo.experiments.design import NONE, Arm, Design
from seqdo.reporting.designs import VERDICTS, Effects, levels, outputs, printable
from seqdo.reporting.numbers import MISSING, count, estimate, rounded

Row = Any
"""A row of the table (a Series)."""

MOST_OUTPUTS = 3
"""Outputs that each get sentences of their own; of more, those of the clearest, and a count."""


def answer(effects: Effects) -> str:
    """The answer to a design's question in one to three sentences for each output.

    Every sentence comes from rows of the table: the estimate with its interval, the verdict, and where that is not
    "present" what it means. Nothing is claimed that the verdict does not say.
    """
    names = outputs(effects)
    if not names:
        return "No effect was estimated, so there is no answer."
    if len(names) <= MOST_OUTPUTS:
        return " ".join(_of_output(effects, name) for name in names)
    clearest = max(names, key=lambda name: _clearness(effects.table[effects.table["output"].astype(str) == name]))
    reached = sum("present" in set(effects.table.loc[effects.table["output"].astype(str) == name, "verdict"]) for name in names)
    return f"An effect is present in {reached} of {len(names)} outputs. {_of_output(effects, clearest)}"


def _of_output(effects: Effects, output: str) -> str:
    table = effects.table[effects.table["output"].astype(str) == output]
    design = effects.outcomes.design
    sentences = _TELLERS.get(design.experiment, _in_general)(table, design)
    if not sentences:  # an experiment of that name whose contrasts are not the ones known here
        sentences = _in_general(table, design)
    return " ".join(sentences)


def _embed(table: pd.DataFrame, design: Design) -> list[str]:
    found = [finding(_arm_name(design), row) for row in rows_of(table, "effect")]
    return found + _against_scrambles(table)


def _positions(table: pd.DataFrame, design: Design) -> list[str]:
    return _series(table, f"The effect of {_pattern(design)} on {{output}}", "position", "{pattern} at {level}", design)


def _copies(table: pd.DataFrame, design: Design) -> list[str]:
    pattern, effect, second = _pattern(design), rows_of(table, "effect"), frame(table, "second difference")
    if not effect:
        return []
    most = max(effect, key=lambda row: float(row["copies"]))
    said = [finding(f"{count(int(most['copies']), 'copy', 'copies')} of {pattern}", most, ("raise", "lower"))]
    if not most["copies"] == 1:
        said[0] = said[0].replace(" has no effect", " have no effect").replace(" changes ", " change ", 1)
    if len(second):
        verdicts = set(second["verdict"])
        if verdicts == {"absent"} or verdicts == {"absent", "negligible"}:
            said.append("Each further copy adds as much as the one before, within the margin.")
        elif "present" in verdicts:
            present = second[second["verdict"] == "present"]
            up, down = bool((present["estimate"] > 0).any()), bool((present["estimate"] < 0).any())
            kind = "more in some places and less in others" if up and down else "more" if up else "less"
            where = listed([str(int(k)) for k in present["copies"]])
            said.append(f"Copies do not simply add up: a further copy adds {kind} than the one before (at copy {where}).")
        else:
            said.append("Whether further copies add as much as the first is open: inconclusive.")
    return said + _against_scrambles(table)


def _spacing(table: pd.DataFrame, design: Design) -> list[str]:
    first, second = _patterns(design)[:2] if len(_patterns(design)) > 1 else (_pattern(design), "its partner")
    said = _series(table, f"The joint effect of {first} and {second} on {{output}}", "gap", "The pair at {level}", design)
    rows = frame(table, "interaction")
    if len(rows):
        said.append(f"What the pair does beyond the sum of both alone is {tally(rows, _things('gap', rows))}.")
        if (rows["verdict"] == "present").any():
            top = largest(rows[rows["verdict"] == "present"])
            size, interval = size(top)
            kind = "more" if float(top["estimate"]) > 0 else "less"
            said.append(f"It differs most from the sum at {levels(top, _names(design))}: {kind} by {size} ({interval}).")
    return said


def _orientation(table: pd.DataFrame, design: Design) -> list[str]:
    pattern = _pattern(design)
    said = [
        finding(f"{pattern} on the {'forward' if row['orientation'] == '+' else 'reverse'} strand", row)
        for row in rows_of(table, "effect")
    ]
    for row in rows_of(table, "asymmetry"):
        if _identity(design, "asymmetry"):
            said.append("It is its own reverse complement, so both orientations are one sequence.")
        elif row["verdict"] == "absent":
            said.append(f"The strand makes no difference beyond the margin {margin(row)}: absent.")
        else:
            said.append(finding("Standing forward rather than reverse", row))
    return said


def _interaction(table: pd.DataFrame, design: Design) -> list[str]:
    names = _patterns(design)
    said = [finding(f"{listed(names)} together", row, ("raise", "lower")) for row in rows_of(table, "effect")]
    pair = rows_of(table, "interaction")
    for row in pair:
        size, interval = size(row)
        if row["verdict"] == "present":
            kind = "more" if float(row["estimate"]) > 0 else "less"
            said.append(f"Together they do {kind} than the sum of each alone, by {size} ({interval}): interaction present.")
        elif row["verdict"] in ("absent", "negligible"):
            said.append(f"Their effects add up, within the margin {margin(row)}: interaction {row['verdict']}.")
        else:
            said.append(f"Whether their effects add up is open{why_open(row)}: interaction inconclusive.")
    parts = table[table["contrast"].astype(str).str.startswith("interaction:")]
    if len(parts):
        said.append(f"Of the {len(parts)} interactions between them, {verdict_counts(parts)}.")
        if (parts["verdict"] == "present").any():
            top = largest(parts[parts["verdict"] == "present"])
            name = printable(str(top["contrast"]).split(":", 1)[1])
            said.append(f"The largest is that of {name}: {' to '.join(interval(top))}.")
    return said


def _kmers(table: pd.DataFrame, design: Design) -> list[str]:
    return _screen(table, "effect", "kmer", "k-mer", ("raises", "lowers"))


def _flanks(table: pd.DataFrame, design: Design) -> list[str]:
    said = _screen(table, "effect", "flank", "filling", ("raises", "lowers"))
    rows = frame(table, "relative")
    if len(rows):
        said.insert(1, f"Compared with the mean of all fillings, a difference is {tally(rows, 'filling')}.")
    return said


def _mutants(table: pd.DataFrame, design: Design) -> list[str]:
    said = [finding(_arm_name(design), row) for row in rows_of(table, "effect")]
    rows = frame(table, "change")
    if len(rows):
        said.append(f"A change from replacing one letter is {tally(rows, 'substitution')}.")
        if (rows["verdict"] == "present").any():
            top = largest(rows[rows["verdict"] == "present"])
            said.append(finding(f"The largest: {printable(str(top['letter']))} at place {int(top['place'])}", top))
    return said


def _swap(table: pd.DataFrame, design: Design) -> list[str]:
    pattern = _pattern(design)
    said = [finding(pattern, row) for row in rows_of(table, "effect") if str(row["pattern"]) == pattern]
    rows = frame(table, "swap")
    if len(rows):
        said.append(f"A difference between {pattern} and the control in its place is {tally(rows, 'control')}.")
        if len(rows) == 1 or (rows["verdict"] == "present").all():
            nearest = rows.iloc[int(rows["estimate"].abs().to_numpy().argmin())]
            more = ("more", "less")[float(nearest["estimate"]) < 0]
            size, interval = size(nearest)
            if nearest["verdict"] == "present":
                said.append(f"The nearest control is {printable(str(nearest['pattern']))}: {pattern} gives {size} {more} ({interval}).")
    return said


def _gc_context(table: pd.DataFrame, design: Design) -> list[str]:
    pattern = _pattern(design)
    said = [finding(f"{pattern} alone", row) for row in rows_of(table, "effect")]
    for row in rows_of(table, "interaction"):
        if str(row["patch"]) == "GC":
            said.append(finding(f"A GC patch on its {row['side']}", row, ("strengthens its effect on", "weakens its effect on")))
    against = frame(table, "GC against AT")
    if len(against):
        said.append(f"That GC acts otherwise than AT of the same length is {tally(against, 'side')}.")
    return said


def _in_general(table: pd.DataFrame, design: Design) -> list[str]:
    said = []
    for name in dict.fromkeys(table["contrast"].astype(str)):
        rows = frame(table, name)
        by = [factor for factor in _names(design) if factor in rows and rows[factor].notna().any()]
        if len(rows) == 1:
            said.append(finding(f"The contrast {printable(name)}", rows.iloc[0]))
        elif len(said) < 3:
            top = largest(rows)
            said.append(f"The contrast {printable(name)} is {tally(rows, 'level')}; the largest is at {levels(top, by)}: "
                        f"{' to '.join(interval(top))}.")  # fmt: skip
    return said[:4]


_TELLERS: dict[str, Callable[[pd.DataFrame, Design], list[str]]] = {
    "embed": _embed,
    "positions": _positions,
    "copies": _copies,
    "spacing": _spacing,
    "orientation": _orientation,
    "interaction": _interaction,
    "kmers": _kmers,
    "flanks": _flanks,
    "mutants": _mutants,
    "swap": _swap,
    "gc_context": _gc_context,
}


def _series(table: pd.DataFrame, what: str, factor: str, subject: str, design: Design) -> list[str]:
    """How often the effect is there along a factor, where it is largest, and what of it the scrambles share."""
    rows = frame(table, "effect")
    if not len(rows):
        return []
    said = [f"{what.format(output=printable(str(rows.iloc[0]['output'])))} is {tally(rows, _things(factor, rows))}."]
    if (rows["verdict"] == "present").any():
        top = largest(rows[rows["verdict"] == "present"])
        at = levels(top, _names(design)) if factor != "position" else f"position {levels(top, [factor]).split(' ')[-1]}"
        said.append("It is largest there: " + finding(subject.format(pattern=_pattern(design), level=at), top))
        if len(rows) > 1:
            said[-1] = f"It is largest at {at}: {_sign(top)} {' to '.join(interval(top))}."
    return said + _against_scrambles(table)


def _screen(table: pd.DataFrame, contrast: str, factor: str, thing: str, verb: tuple[str, str]) -> list[str]:
    rows = frame(table, contrast)
    if not len(rows):
        return []
    said = [f"An effect on {printable(str(rows.iloc[0]['output']))} is {tally(rows, thing)}."]
    if (rows["verdict"] == "present").any():
        top = largest(rows[rows["verdict"] == "present"])
        said.append(finding(f"The strongest, {printable(str(top[factor]))},", top, verb))
        if len(rows) > 20:
            said.append("The strongest of many is so partly by luck: test it again on fresh backgrounds.")
    return said


def _against_scrambles(table: pd.DataFrame) -> list[str]:
    rows = frame(table, "specific")
    if not len(rows):
        return []
    if len(rows) == 1:
        row = rows.iloc[0]
        if row["verdict"] == "present":
            size, interval = size(row)
            more = "more" if float(row["estimate"]) > 0 else "less"
            return [f"That is {size} {more} than its scrambled versions give ({interval}): specific to the pattern."]
        return [f"A difference from its scrambled versions is {row['verdict']}."]
    return [f"A difference from its scrambled versions is {tally(rows, 'level')}."]


def _clearness(rows: pd.DataFrame) -> float:
    ratio = (rows["estimate"].abs() / rows["margin"].where(rows["margin"] > 0)).max()
    return float(ratio) if math.isfinite(float(ratio)) else -1.0


def _names(design: Design) -> list[str]:
    return list(design.factors)


def _things(factor: str, rows: pd.DataFrame) -> str:
    others = [name for name in ("orientation", "order") if name in rows and rows[name].nunique() > 1]
    return "arrangement" if others else factor


def _arms(design: Design) -> list[Arm]:
    return [arm for name, arm in design.arms.items() if name != NONE and arm.sites]


def _arm_name(design: Design) -> str:
    """The first arm that has an edit, as in ``GATTACA at 20``."""
    for arm in _arms(design):
        site = arm.sites[0]
        return printable(f"{site.motif.name} at {site.at}" if isinstance(site.at, int) else site.motif.name)
    return "The pattern"


def _pattern(design: Design) -> str:
    return _patterns(design)[0] if _patterns(design) else "the pattern"


def _patterns(design: Design) -> list[str]:
    """Names of the patterns of the first arm with the most sites that is not a scramble."""
    arms = [arm for arm in _arms(design) if not any("~" in site.motif.name for site in arm.sites)]
    most = max((len(arm.sites) for arm in arms), default=0)
    for arm in arms:
        if len(arm.sites) == most:
            return list(dict.fromkeys(printable(site.motif.name) for site in arm.sites))
    return []


def _identity(design: Design, contrast: str) -> str:
    return next((found.identity for found in design.contrasts if found.name == contrast), "")
