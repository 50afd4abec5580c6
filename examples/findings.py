"""What was published beside what the studies found: docs/findings.md, made of their outcomes.

    python -m examples.findings [--out FOLDER]

Every number on the page is read off outcomes here, and so is whether it agrees: each finding has its rule.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

import seqdo as sd

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "findings.md"
OUT = HERE.parent / "seqdo-examples"

Said = tuple[str, str]
"""What was found, and whether it agrees: "yes", "no", "in part", "open"."""


@dataclass(frozen=True)
class Finding:
    """One published finding.

    Attributes
    ----------
    published : what was said, and of what
    source : where
    study : name of the study that asks it here
    found : what its outcomes say
    """

    published: str
    source: str
    study: str
    found: Callable[[Path], Said]


@cache
def effects(path: Path, margin: float | None = None) -> sd.Effects:
    return sd.estimate(sd.Outcomes.load(path), margin=margin)


def asked(out: Path, study: str, number: int) -> sd.Effects:
    (path,) = (out / study / "outcomes").glob(f"{number:02d}-*.nc")
    return effects(path)


def tested(one: sd.Effects, contrast: str, test: str, output: str | None = None) -> pd.Series:
    table = one.responses
    rows = table[(table["contrast"] == contrast) & (table["test"] == test)]
    return rows[rows["output"] == output].iloc[0] if output else rows.iloc[0]


def span(row: pd.Series, digits: int = 3) -> str:
    low, middle, high = (f"{row[name]:.{digits}g}".replace("-", "−") for name in ("low", "estimate", "high"))
    return f"{middle} ({low} to {high})"


def row(one: sd.Effects, contrast: str, **levels: object) -> pd.Series:
    table = one.table[one.table["contrast"] == contrast]
    for name, level in levels.items():
        table = table[table[name] == level]
    return table.iloc[0]


def additive(name: str) -> Callable[[Path], Said]:
    def found(out: Path) -> Said:
        one = asked(out, f"rnacompete_{name}", 2)
        seconds = [f"{k} copies {span(row(one, 'second difference', copies=k))}" for k in (2, 3, 4)]
        steps = [float(row(one, "step", copies=k)["estimate"]) for k in (2, 3, 4)]
        first = float(row(one, "effect", copies=1)["estimate"])
        test = tested(one, "second difference", "additive")
        worst = max(abs(step / first - 1) for step in steps)
        text = f"one {first:.2f}, further ones add {', '.join(f'{step:.2f}' for step in steps)}; second differences: "
        return text + "; ".join(seconds), "no" if test["verdict"] == "present" and worst > 0.5 else "in part"

    return found


def near_sites(name: str) -> Callable[[Path], Said]:
    def found(out: Path) -> Said:
        test = tested(asked(out, f"rnacompete_{name}", 3), "interaction", "near or far")
        agrees = "yes" if test["verdict"] == "present" and test["estimate"] < 0 else "no"
        return f"interaction of near minus far sites {span(test)}: {test['verdict']}", agrees

    return found


def gc_right(name: str) -> Callable[[Path], Said]:
    def found(out: Path) -> Said:
        one = asked(out, f"rnacompete_{name}", 4)
        parts = [row(one, "interaction", patch="GC", side=side) for side in ("left", "right")]
        text = "; ".join(f"GC at the {side} {span(part)}" for side, part in zip(("5′ end", "3′ end"), parts, strict=True))
        against = row(one, "GC against AU", side="right")
        agrees = "yes" if against["verdict"] == "present" and against["estimate"] < 0 else "no"
        return f"interaction with the motif: {text}; GC against AU at the 3′ end {span(against)}", agrees

    return found


def period(curve: str) -> Callable[[Path], Said]:
    def found(out: Path) -> Said:
        one = asked(out, "bpnet_nanog", 1)
        table = one.responses
        rows = table[(table["contrast"] == "interaction") & (table["test"] == "period") & (table["output"] == "Nanog height")]
        mine = rows[rows["curve"].str.contains(curve, regex=False)].iloc[0]
        waves = table[(table["contrast"] == "interaction") & (table["test"] == "periodic") & (table["curve"] == mine["curve"])]
        p = float(waves[waves["output"] == "Nanog height"].iloc[0]["p"])
        inside = mine["low"] <= 10.5 <= mine["high"]
        return f"period {span(mine, 4)} letters, p of any wave {p:.1g}", "yes" if inside and p < 0.05 else "in part"

    return found


def directional(out: Path) -> Said:
    def gain(number: int, output: str, motif: str) -> tuple[float, float, float]:
        one = asked(out, "bpnet_nanog_sox2", number)
        table = one.table[(one.table["contrast"] == "interaction") & (one.table["output"] == output)]
        near = table[(table["orientation"] == "++") & (table["gap"] <= 100)]
        alone = one.table[(one.table["contrast"] == motif) & (one.table["output"] == output)].iloc[0]["estimate"]
        ratios = 1 + near["estimate"] / alone
        return float(ratios.mean()), float(ratios.min()), float(ratios.max())

    nanog, sox2 = gain(1, "Nanog height", "AGCCATCA"), gain(2, "Sox2 height", "GAACAATGG")
    text = [f"{who} {mean:.2f}-fold on average of gaps to 100 ({low:.2f} to {high:.2f} over gaps)"
            for who, (mean, low, high) in (("Nanog beside Sox2", nanog), ("Sox2 beside Nanog", sox2))]  # fmt: skip
    return "; ".join(text), "yes" if nanog[0] - 1 > 2 * abs(sox2[0] - 1) else "no"


def own_task(out: Path) -> Said:
    said, right = [], 0
    for number, (task, motif) in enumerate(
        (("Oct4", "TATGCAAAT"), ("Sox2", "GAACAATGG"), ("Nanog", "AGCCATCA"), ("Klf4", "CCACGCCC")), 4
    ):
        one = asked(out, "bpnet_pairs", number)
        y = one.outcomes.y.sel(output=f"{task} height").mean(("model", "background"))
        arm = next(name for name in one.outcomes.design.arms if name.startswith(motif))
        fold = float(y.sel(arm=arm) / y.sel(arm="none"))
        said.append(f"{task} {fold:.1f}-fold")
        right += row(one, "effect", output=f"{task} height")["verdict"] == "present" and fold > 2
    return "height of its own factor: " + ", ".join(said), "yes" if right == 4 else "in part"


FINDINGS = (
    Finding("Sites add up (RBFOX1: three means on a line)", "GIA paper", "rnacompete_00002", additive("00002")),
    Finding("The same, another protein", "GIA paper", "rnacompete_00001", additive("00001")),
    Finding("Sites that touch get in each other's way (RBFOX1)", "GIA paper", "rnacompete_00002", near_sites("00002")),
    Finding("The same, another protein", "GIA paper", "rnacompete_00001", near_sites("00001")),
    Finding("GC at the 3′ end weakens a motif (RNCMPT00145, 131, 112, 100)", "GIA paper", "rnacompete_00002",
            gc_right("00002")),
    Finding("The same, another protein", "GIA paper", "rnacompete_00001", gc_right("00001")),
    Finding("Each motif raises its own factor", "BPNet paper", "bpnet_pairs", own_task),
    Finding("Two Nanog motifs: about 10.5 letters (there: in contribution scores)", "BPNet paper", "bpnet_nanog",
            period("++")),
    Finding("Sox2 helps Nanog, Nanog hardly helps Sox2", "BPNet paper", "bpnet_nanog_sox2", directional),
)  # fmt: skip
"""The one table to extend."""
