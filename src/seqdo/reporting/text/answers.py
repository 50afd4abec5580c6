"""The answer to a design's question, in plain sentences made from its table alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

import pandas as pd

from seqdo.designs.changes.change import Change
from seqdo.designs.design import NONE, Arm, Design
from seqdo.effects.effects import Effects
from seqdo.reporting.figures.variants import told_of_variants
from seqdo.reporting.text.hairpin import told_of_compensation, told_of_hairpin, told_of_series
from seqdo.reporting.text.labels import level, levels, outputs, printable
from seqdo.reporting.text.mutagenesis import told_of_mutagenesis, told_of_pairs
from seqdo.reporting.text.numbers import count
from seqdo.reporting.text.occlusion import told_of_occlusion, told_of_transplant
from seqdo.reporting.text.sentences import (
    because,
    comparison,
    finding,
    frame,
    largest_present,
    listed,
    of_margin,
    rows_of,
    signed,
    tally,
)

MOST_OUTPUTS = 3
"""Outputs that each get sentences of their own; of more, those of the clearest, and a count."""


def answer(effects: Effects) -> str:
    """The answer to a design's question in one to four sentences for each output.

    Every sentence comes from rows of the table: the estimate with its interval, the verdict, and where that is not
    "present" what it means. Sizes are judged against the margin, by the verdict, and by nothing else.
    """
    grey = _grey(effects)
    effects = replace(effects, table=effects.table.assign(level=effects.level))
    names = outputs(effects)
    if not names:
        return "No effect was estimated, so there is no answer."
    if len(names) <= MOST_OUTPUTS:
        return " ".join(_of_output(effects, name) for name in names) + grey
    parts = {name: effects.table[effects.table["output"].astype(str) == name] for name in names}
    reached = sum("present" in set(part["verdict"]) for part in parts.values())
    clearest = max(names, key=lambda name: _clearness(parts[name]))
    return f"An effect is present in {reached} of {len(names)} outputs. {_of_output(effects, clearest)}{grey}"


def _of_output(effects: Effects, output: str) -> str:
    table = effects.table[effects.table["output"].astype(str) == output]
    design = effects.outcomes.design
    if design.experiment == "variants":  # its answer is that of single backgrounds, which the table has not
        return " ".join(told_of_variants(effects, output))
    # an experiment of a known name can still have contrasts of its own
    sentences = _TELLERS.get(design.experiment, _in_general)(table, design) or _in_general(table, design)
    return " ".join(sentences)


def _grey(effects: Effects) -> str:
    """What is said where a pattern that is called present is not beyond its controls."""
    grey = effects.doubted
    if not grey:
        return ""
    which = "no effect is" if len(grey) == len(effects.table) else f"{len(grey)} of these effects are not"
    return f" But the controls differ among themselves as clearly, and {which} beyond them."


def _embed(table: pd.DataFrame, design: Design) -> list[str]:
    return [finding(_arm_name(design), row) for row in rows_of(table, "effect")] + _against_scrambles(
        table, design.factors
    )


def _controls(table: pd.DataFrame, design: Design) -> list[str]:
    said = _embed(table, design)
    said += [comparison("Compared with other words of its GC", row) for row in rows_of(table, "beyond k-mers")]
    said += [finding("the positive control", row) for row in rows_of(table, "positive")]
    said += [comparison("With the letters beside it drawn anew", row) for row in rows_of(table, "junctions")]
    return said + [
        comparison("Its consensus compared with letters drawn from its matrix", row)
        for row in rows_of(table, "consensus gain")
    ]


def _positions(table: pd.DataFrame, design: Design) -> list[str]:
    return _series(table, _pattern(design), "position", design) + _against_scrambles(table, design.factors)


def _copies(table: pd.DataFrame, design: Design) -> list[str]:
    effect, second = frame(table, "effect"), frame(table, "second difference")
    if not len(effect):
        return []
    most = effect.iloc[int(effect["copies"].to_numpy(float).argmax())]
    number = int(most["copies"])
    said = [finding(f"{count(number, 'copy', 'copies')} of {_pattern(design)}", most, plural=number > 1)]
    present = second[second["verdict"] == "present"]
    for sign, word in ((1, "more"), (-1, "less")):
        found = present[present["estimate"] * sign > 0]
        if len(found):
            where = listed([level(k) for k in found["copies"]])
            said.append(f"The step to {where} copies adds {word} than the step before it: present.")
    if len(second) and set(second["verdict"]) <= {"absent", "negligible"}:
        said.append("Each further copy adds as much as the one before it, within the margin.")
    elif len(second) and not len(present):
        said.append("Whether each further copy adds as much as the one before it is open: inconclusive.")
    return said + _against_scrambles(table, design.factors)


def _spacing(table: pd.DataFrame, design: Design) -> list[str]:
    said = _series(table, f"{listed(_patterns(design))} together", "gap", design)
    rows = frame(table, "interaction")
    if len(rows):
        said.append(f"A difference from the sum of each alone is {tally(rows, _levels_of('gap', rows))}.")
    top = largest_present(rows)
    if top is not None:
        said.append(comparison(f"It is largest at {levels(top, list(design.factors))}: compared with the sum", top))
    orders = frame(table, "order asymmetry")
    if len(orders):
        said.append(f"A difference between the two orders is {tally(orders, _levels_of('gap', orders))}.")
    return said + _against_scrambles(table, design.factors)


def _orientation(table: pd.DataFrame, design: Design) -> list[str]:
    strands = {"+": "forward", "-": "reverse"}
    said = [
        finding(f"{_pattern(design)} on the {strands.get(str(row['orientation']), '')} strand", row)
        for row in rows_of(table, "effect")
    ]
    same = any(contrast.identity for contrast in design.contrasts if contrast.name == "asymmetry")
    if same:
        return [*said, "It is its own reverse complement, so both strands give one sequence."]
    said += [comparison("On the forward rather than the reverse strand", row) for row in rows_of(table, "asymmetry")]
    return said + _against_scrambles(table, design.factors)


def _interaction(table: pd.DataFrame, design: Design) -> list[str]:
    said = [finding(f"{listed(_patterns(design))} together", row, plural=True) for row in rows_of(table, "effect")]
    for row in rows_of(table, "interaction"):
        said.append(comparison("Compared with the sum of each alone", row))
        if row["verdict"] in ("absent", "negligible"):
            said[-1] = f"Their effects add up, within the margin{of_margin(row)} ({signed(row)}): {row['verdict']}."
    parts = table[table["contrast"].astype(str).str.startswith("interaction:")]
    if len(parts):
        said.append(f"An interaction is {tally(parts, 'combination')}.")
    top = largest_present(parts)
    if top is not None:
        who = printable(str(top["contrast"]).split(":", 1)[1]).replace("+", " + ")
        said.append(comparison(f"It is largest for {who}: beyond what its parts do", top))
    return said + _against_scrambles(table, design.factors)


def _kmers(table: pd.DataFrame, design: Design) -> list[str]:
    return _screen(table, "kmer", "k-mer")


def _flanks(table: pd.DataFrame, design: Design) -> list[str]:
    said, rows = _screen(table, "flank", "filling"), frame(table, "relative")
    if len(rows):
        said.append(f"A difference from the mean of all fillings is {tally(rows, 'filling')}.")
    return said


def _mutants(table: pd.DataFrame, design: Design) -> list[str]:
    said = [finding(_arm_name(design), row) for row in rows_of(table, "effect")]
    rows = frame(table, "change")
    if len(rows):
        said.append(f"A change from replacing one letter is {tally(rows, 'substitution')}.")
    top = largest_present(rows)
    if top is not None:
        where = f"With {printable(str(top['letter']))} at its place {level(top['place'])} (counted from 0)"
        said.append(comparison(f"{where}, where the change is largest", top))
    return said


def _swap(table: pd.DataFrame, design: Design) -> list[str]:
    pattern, rows = _pattern(design), frame(table, "swap")
    said = [finding(pattern, row) for row in rows_of(table, "effect") if str(row["pattern"]) == pattern]
    if len(rows) == 1:
        return [
            *said,
            comparison(f"Compared with {printable(str(rows.iloc[0]['pattern']))} in its place", rows.iloc[0]),
        ]
    if len(rows):
        said.append(f"A difference from what stands in its place is {tally(rows, 'control')}.")
        nearest = rows.iloc[int(rows["estimate"].abs().fillna(math.inf).to_numpy().argmin())]
        said.append(comparison(f"Compared with the nearest, {printable(str(nearest['pattern']))}", nearest))
    return said


def _gc_context(table: pd.DataFrame, design: Design) -> list[str]:
    said = [finding(f"{_pattern(design)} alone", row) for row in rows_of(table, "effect")]
    for row in rows_of(table, "interaction"):
        if str(row["patch"]) == "GC":
            said.append(comparison(f"With a GC patch on its {row['side']}, compared with the sum of both", row))
    return said + _against_weak(table, "beside it", "side")


def _gc_scan(table: pd.DataFrame, design: Design) -> list[str]:
    said = [finding(f"{_pattern(design)} alone", row) for row in rows_of(table, "effect")]
    rows = frame(table, "interaction")
    gc = rows[rows["patch"].astype(str) == "GC"] if len(rows) else rows
    if len(gc):
        said.append(f"A difference from the sum of pattern and GC patch is {tally(gc, 'position')}.")
    top = largest_present(gc)
    if top is not None:
        said.append(comparison(f"It is largest with the patch at {level(top['position'])}: compared with the sum", top))
    return said + _against_weak(table, "at the same place", "position")


def _against_weak(table: pd.DataFrame, where: str, by: str) -> list[str]:
    """How patches of GC differ from those of A and T (or U) that control them."""
    rows = table[table["contrast"].astype(str).str.startswith("GC against ")]
    if not len(rows):
        return []
    weak = str(rows.iloc[0]["contrast"]).rpartition(" ")[2]
    return [f"A difference between GC and {weak} {where} is {tally(rows, by)}."]


def _in_general(table: pd.DataFrame, design: Design) -> list[str]:
    said = []
    for name in list(dict.fromkeys(table["contrast"].astype(str)))[:4]:
        rows, label = frame(table, name), printable(name)
        if len(rows) == 1:
            said.append(finding(f"the contrast {label}", rows.iloc[0]))
            continue
        said.append(f"The contrast {label} is {tally(rows, 'level')}.")
        top = largest_present(rows)
        if top is not None:
            where = levels(top, list(design.factors)) or "one of them"
            said.append(f"It is largest at {where}: {signed(top)}.")
    return said


_TELLERS: dict[str, Callable[[pd.DataFrame, Design], list[str]]] = {
    "embed": _embed,
    "controls": _controls,
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
    "gc_scan": _gc_scan,
    "hairpin": told_of_hairpin,
    "hairpin_series": told_of_series,
    "compensatory": told_of_compensation,
    "occlude": told_of_occlusion,
    "transplant": told_of_transplant,
    "mutagenesis": told_of_mutagenesis,
    "pairwise_mutagenesis": told_of_pairs,
}


def _series(table: pd.DataFrame, who: str, factor: str, design: Design) -> list[str]:
    """How often an effect is there along a factor, and where it is largest."""
    rows = frame(table, "effect")
    if not len(rows):
        return []
    if len(rows) == 1:
        return [finding(f"{who} at {levels(rows.iloc[0], list(design.factors))}", rows.iloc[0])]
    output = printable(str(rows.iloc[0]["output"]))
    said = [f"The effect of {who} on {output} is {tally(rows, _levels_of(factor, rows))}{_missing(rows)}."]
    top = largest_present(rows)
    if top is not None:
        said.append(f"It is largest at {levels(top, list(design.factors))}: {signed(top)}.")
    return said


def _screen(table: pd.DataFrame, factor: str, thing: str) -> list[str]:
    rows = frame(table, "effect")
    if not len(rows):
        return []
    said = [f"An effect on {printable(str(rows.iloc[0]['output']))} is {tally(rows, thing)}{_missing(rows)}."]
    top = largest_present(rows)
    if top is not None:
        said.append(f"The largest is that of {printable(str(top[factor]))}: {signed(top)}.")
        if len(rows) > 20:
            said.append("The largest of many is so partly by luck: test it again on fresh backgrounds.")
    return said


def _against_scrambles(table: pd.DataFrame, factors: Iterable[str]) -> list[str]:
    rows = frame(table, "specific")
    if len(rows) == 1:
        return [comparison("Compared with its scrambled versions", rows.iloc[0])]
    by = [name for name in rows.columns.intersection(list(factors)) if rows[name].nunique() > 1]
    things = by[0] if len(by) == 1 and by[0] != "copies" else "level"
    return [f"A difference from its scrambled versions is {tally(rows, things)}."] if len(rows) else []


def _missing(rows: pd.DataFrame) -> str:
    lost = rows[rows["estimate"].isna()]
    return f" ({len(lost)} could not be estimated{because(lost.iloc[0])})" if len(lost) else ""


def _clearness(rows: pd.DataFrame) -> float:
    """The largest effect as a multiple of its margin."""
    ratio = float((rows["estimate"].abs() / rows["margin"].where(rows["margin"] > 0)).max())
    return ratio if math.isfinite(ratio) else -1.0


def _levels_of(factor: str, rows: pd.DataFrame) -> str:
    several = any(name in rows and rows[name].nunique() > 1 for name in ("orientation", "order"))
    return "arrangement" if several else factor


def _arms(design: Design) -> list[Arm]:
    return [arm for name, arm in design.arms.items() if name != NONE and arm.sites]


def _arm_name(design: Design) -> str:
    """The first arm with an edit, as in ``GATTACA at 20``."""
    for arm in _arms(design):
        site = arm.sites[0]
        return printable(_name(site) + (f" at {site.starts[0]}" if len(site.starts) == 1 else ""))
    return "the pattern"


def _pattern(design: Design) -> str:
    return _patterns(design)[0] if _patterns(design) else "the pattern"


def _patterns(design: Design) -> list[str]:
    """Names of the patterns of the first of the arms with the most sites."""
    most = max((len(arm.sites) for arm in _arms(design)), default=0)
    for arm in _arms(design):
        if len(arm.sites) == most:
            return [printable(_name(site)) for site in arm.sites]
    return []


def _name(site: Change) -> str:
    return site.patterns[0].name if site.patterns else site.name
