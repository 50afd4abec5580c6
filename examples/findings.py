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

import numpy as np
import pandas as pd

import seqdo as sd

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "findings.md"
OUT = HERE.parent / "seqdo-examples"

Said = tuple[str, str]
"""What was found, and whether it agrees: "yes", "no" or "in part"."""


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
def effects(path: Path) -> sd.Effects:
    return sd.estimate(sd.Outcomes.load(path))


def asked(out: Path, study: str, number: int) -> sd.Effects:
    (path,) = (out / study / "outcomes").glob(f"{number:02d}-*.nc")
    return effects(path)


def curve_of(one: sd.Effects, contrast: str, test: str, output: str | None = None) -> pd.Series:
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
        test = curve_of(one, "second difference", "additive")
        worst = max(abs(step / first - 1) for step in steps)
        text = f"one {first:.2f}, further ones add {', '.join(f'{step:.2f}' for step in steps)}; second differences: "
        return text + "; ".join(seconds), "no" if test["verdict"] == "present" and worst > 0.5 else "in part"

    return found


def near_sites(name: str) -> Callable[[Path], Said]:
    def found(out: Path) -> Said:
        test = curve_of(asked(out, f"rnacompete_{name}", 3), "interaction", "near or far")
        agrees = "yes" if test["verdict"] == "present" and test["estimate"] < 0 else "no"
        return f"interaction of near minus far sites {span(test)}: {test['verdict']}", agrees

    return found


def gc_right(name: str) -> Callable[[Path], Said]:
    def found(out: Path) -> Said:
        one = asked(out, f"rnacompete_{name}", 4)
        parts = [row(one, "interaction", patch="GC", side=side) for side in ("left", "right")]
        text = "; ".join(
            f"GC at the {side} {span(part)}" for side, part in zip(("5′ end", "3′ end"), parts, strict=True)
        )
        against = row(one, "GC against AU", side="right")
        agrees = "yes" if against["verdict"] == "present" and against["estimate"] < 0 else "no"
        return f"interaction with the motif: {text}; GC against AU at the 3′ end {span(against)}", agrees

    return found


def period(out: Path) -> Said:
    one = asked(out, "bpnet_nanog", 1)
    table = one.responses
    mine = table[(table["contrast"] == "interaction") & (table["output"] == "Nanog height")].set_index(
        ["curve", "test"]
    )
    curves = mine.index.unique("curve")
    said = [f"{curve.removeprefix('orientation ')}: {span(mine.loc[curve, 'period'], 4)}" for curve in curves]
    close = all(
        mine.loc[(curve, "period"), "low"] >= 10 and mine.loc[(curve, "period"), "high"] <= 11 for curve in curves
    )
    sure = all(mine.loc[(curve, "periodic"), "p"] < 0.001 for curve in curves)
    return "period in letters, by strands " + "; ".join(said), "yes" if close and sure else "in part"


def taken_away(out: Path) -> Said:
    """The second site's effect on the treated by distance: the wave that leaves least unexplained, beside a trend."""
    one = asked(out, "bpnet_nanog_occluded", 1)
    rows = one.individual
    rows = rows[
        (rows["output"] == "Nanog height") & (rows["contrast"] == "on the treated") & (rows["occluded"] == "site 2")
    ]
    distance = rows["background"].astype(str).str.rpartition("_")[2].to_numpy(float)
    low, best, high = wave(distance, rows["estimate"].to_numpy(float))
    return f"period {best:.2f} letters ({low:.2f} to {high:.2f})", "yes" if low >= 10 and high <= 11 else "in part"


PERIODS = np.arange(5.0, 25.0, 0.02)


def wave(distance: np.ndarray, effect: np.ndarray, draws: int = 300) -> tuple[float, float, float]:
    """The period of the wave that explains most beside a trend that falls off; 95 % by resampling."""
    trend = np.stack([np.ones_like(distance), 1 / distance, 1 / distance**2, distance], 1)
    angles = 2 * np.pi * distance[:, None] / PERIODS
    waves = np.stack([np.cos(angles), np.sin(angles)], 2) / distance[:, None, None]
    rng = np.random.default_rng(0)

    def strongest(rows: np.ndarray) -> float:
        left, right = np.linalg.qr(trend[rows])[0], waves[rows]
        rest = effect[rows] - left @ (left.T @ effect[rows])
        bare = right - np.einsum("nk,kpj->npj", left, np.einsum("nk,npj->kpj", left, right))
        gram, moment = np.einsum("npi,npj->pij", bare, bare), np.einsum("npi,n->pi", bare, rest)
        return float(PERIODS[np.einsum("pi,pi->p", moment, np.linalg.solve(gram, moment[..., None])[..., 0]).argmax()])

    everyone = np.arange(len(distance))
    found = [strongest(rng.choice(everyone, len(everyone))) for _ in range(draws)]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), strongest(everyone), float(high)


def best_gap(out: Path) -> Said:
    one = asked(out, "bpnet_nanog", 1)
    table = one.table
    mine = table[
        (table["contrast"] == "interaction") & (table["output"] == "Nanog height") & (table["orientation"] == "++")
    ]
    near = mine[mine["gap"] <= 20]
    most, least = near.loc[near["estimate"].idxmax()], near.loc[near["estimate"].idxmin()]
    text = f"most at gap {most['gap']:.0f}, {span(most)}; least at gap {least['gap']:.0f}, {span(least)}"
    return text, "yes" if (most["gap"], least["gap"]) == (3, 6) else "no"


def fold(one: sd.Effects, output: str, motif: str, last: int) -> tuple[float, float, float]:
    """1 + mean interaction of gaps up to ``last`` over the motif's own effect; 95 % by the delta method."""
    table = one.table[one.table["output"] == output]
    pairs = table[(table["contrast"] == "interaction") & (table["orientation"] == "++") & (table["gap"] <= last)]
    alone = table[(table["contrast"] == motif) & (table["orientation"] == "++") & table["gap"].isna()]
    gain = np.mean([one.values(row)[0] for row in pairs.index], axis=0)
    own = one.values(alone.index[0])[0]
    ratio = gain.mean() / own.mean()
    error = 1.96 * np.std(gain - ratio * own, ddof=1) / np.sqrt(len(own)) / own.mean()
    return 1 + ratio - error, 1 + ratio, 1 + ratio + error


def directional(out: Path) -> Said:
    asks = (("Nanog beside Sox2", "bpnet_nanog_sox2", "Nanog height", "AGCCATCA", 100),
            ("Sox2 beside Nanog", "bpnet_sox2_nanog", "Sox2 height", "GAACAATGG", 100))  # fmt: skip
    folds = [fold(asked(out, study, 1), output, motif, last) for _, study, output, motif, last in asks]
    said = [
        f"{who} {mean:.2f}-fold ({low:.2f} to {high:.2f})"
        for (who, *_), (low, mean, high) in zip(asks, folds, strict=True)
    ]
    (nanog, *_), (*_, sox2) = folds
    return "height, mean of gaps to 100: " + "; ".join(said), "yes" if nanog - 1 > 2 * abs(sox2 - 1) else "in part"


def own_task(out: Path) -> Said:
    said, right = [], 0
    motifs = (("Oct4", "TATGCAAAT"), ("Sox2", "GAACAATGG"), ("Nanog", "AGCCATCA"), ("Klf4", "CCACGCCC"))
    for number, (task, motif) in enumerate(motifs, 4):
        one = asked(out, "bpnet_pairs", number)
        y = one.outcomes.y.sel(output=f"{task} height").mean(("model", "background"))
        arm = next(name for name in one.outcomes.design.arms if name.startswith(f"{motif}@"))
        raised = float(y.sel(arm=arm) / y.sel(arm="none"))
        said.append(f"{task} {raised:.1f}-fold")
        right += row(one, "specific", output=f"{task} height")["verdict"] == "present" and raised > 2
    return "height of its own factor: " + ", ".join(said), "yes" if right == 4 else "in part"


def in_loop(study: str) -> Callable[[Path], Said]:
    def found(out: Path) -> Said:
        hairpin, broken = asked(out, study, 1), asked(out, study, 2)
        by = [
            f"{name} {row(hairpin, 'effect', structure=name)['estimate']:.2f}"
            for name in ("loop", "stem", "unstructured")
        ]
        rows = hairpin.table[hairpin.table["contrast"] == "structure"]
        pairing = row(broken, "interaction")
        agrees = pairing["verdict"] == "present" and pairing["estimate"] > 0 and (rows["estimate"] > 0).all()
        text = f"effect in {', '.join(by)}; interaction of both arms broken {span(pairing)}: {pairing['verdict']}"
        return text, "yes" if agrees else "no"

    return found


SITES = {"Rsc3": "CGCG", "Reb1": "TTACCCGG", "Rap1": "TGTATGGGTG", "Abf1": "RTCRYNNNNNACG", "Cbf1": "TCACGTGA"}


def promoters(out: Path) -> Said:
    one = asked(out, "yeast", 3)
    said, there = [], 0
    for output in one.outcomes.outputs:
        words = one.outcomes.design.factors["kmer"]
        rows = [row(one, "specific", kmer=word, output=output) for word in words]
        said.append(f"{output} medium: " + "; ".join(map(told, SITES, rows)))
        there += sum(each["verdict"] == "present" for each in rows)
    most = len(said) * len(SITES)
    return "by name, beyond scrambles, in SD. " + ". ".join(said), "yes" if there == most else "in part"


def told(name: str, each: pd.Series) -> str:
    return f"{name} {span(each)}" + ("" if each["verdict"] == "present" else f" ({each['verdict']})")


def of_database(out: Path) -> Said:
    """Places of the five factors among all motifs of the database, by their effects beyond scrambles."""
    one = asked(out, "yeast", 2)
    table = one.table[one.table["contrast"] == "specific"].sort_values("estimate", ascending=False)
    said, there = [], 0
    for output in one.outcomes.outputs:
        rows = table[table["output"] == output].reset_index(drop=True)
        factors = rows["kmer"].str.split(" / ").explode().str.split(" ").str[-1]
        places = [factors.index[factors == name.upper()][0] for name in SITES]
        raised = (rows["verdict"] == "present") & (rows["estimate"] > 0)
        found = "; ".join(f"{told(name, rows.loc[at])}, at {at + 1}" for name, at in zip(SITES, places, strict=True))
        said.append(f"{output} medium: {raised.sum()} of {len(rows)} motifs raise it beyond scrambles. {found}")
        there += raised[places].sum()
    return ". ".join(said), "yes" if there == len(said) * len(SITES) else "in part"


def screened(out: Path) -> Said:
    """Kept words that share 5 letters in a row (of Rsc3's short core all) with a site, on either strand."""
    words = [str(word) for word in asked(out, "yeast", 1).outcomes.design.factors["kmer"]]
    found = {}
    for name, site in SITES.items():
        read = [site, sd.Motif.from_string(site).reverse_complement().text]
        k = min(5, len(site))
        parts = {text[i : i + k] for text in read for i in range(len(text) - k + 1)}
        found[name] = sum(any(part in word for part in parts) for word in words)
    said = ", ".join(f"{count} of {name}" for name, count in found.items())
    return f"of the {len(words)} words that a screen of all 6-mers keeps: {said}", "yes" if all(
        found.values()
    ) else "in part"


def beside(study: str, number: int, least: float) -> Callable[[Path], Said]:
    """Slope and rank correlation of what was measured and the model's effects, of the study's own table."""

    def found(out: Path) -> Said:
        line = pd.read_csv(out / study / f"measured-{number}-line.csv").set_index("of")
        table = pd.read_csv(out / study / f"measured-{number}.csv")
        slope, ranks = line.loc["slope"], line.loc["spearman"]
        text = f"{table['measured_se'].gt(0).sum():,} patterns: Spearman {span(ranks)}, slope {span(slope)}"
        same = slope["low"] < 1.25 and slope["high"] > 0.8
        return text, "yes" if ranks["low"] > least and same else "in part" if ranks["low"] > 0 else "no"

    return found


FINDINGS = (
    Finding("Sites add up (RBFOX1: three means on a line)", "GIA paper", "rnacompete_00002", additive("00002")),
    Finding("The same, another protein", "GIA paper", "rnacompete_00001", additive("00001")),
    Finding("Sites that touch get in each other's way (RBFOX1)", "GIA paper", "rnacompete_00002", near_sites("00002")),
    Finding("The same, another protein", "GIA paper", "rnacompete_00001", near_sites("00001")),
    Finding("Effect follows affinity (RBFOX1: seven 7-mers against K_D, r −0.94); here a word and its 18 mutants "
            "against what held-out probes measured", "GIA paper", "measured_00002", beside("measured_00002", 4, 0.5)),
    Finding("The same, another protein", "GIA paper", "measured_00001", beside("measured_00001", 4, 0.5)),
    Finding("A model's effect stands for the average causal effect (eq. 2): all 6-mers against held-out probes",
            "GIA paper", "measured_00002", beside("measured_00002", 1, 0.5)),
    Finding("The same, another protein", "GIA paper", "measured_00001", beside("measured_00001", 1, 0.5)),
    Finding("The same, all 6-mers in random yeast promoters", "GIA paper", "measured_yeast",
            beside("measured_yeast", 1, 0.5)),
    Finding("GC at the 3′ end weakens a motif (RNCMPT00145, 131, 112)", "GIA paper", "rnacompete_00002",
            gc_right("00002")),
    Finding("The same, another protein", "GIA paper", "rnacompete_00001", gc_right("00001")),
    Finding("The motif works in the loop of a hairpin (VTS1, RNAcompete 2009)", "GIA paper", "hairpin_vts1",
            in_loop("hairpin_vts1")),
    Finding("Each motif raises its own factor", "BPNet paper", "bpnet_pairs", own_task),
    Finding("Two Nanog motifs: waves of about 10.5 letters (there: of contribution scores)", "BPNet paper",
            "bpnet_nanog", period),
    Finding("The same, by taking sites away", "GIA paper", "bpnet_nanog_occluded", taken_away),
    Finding("The best distance of two Nanog motifs is NNN, the worst NNNNNN", "BPNet paper", "bpnet_nanog", best_gap),
    Finding("Sox2 helps Nanog, Nanog hardly helps Sox2", "BPNet paper", "bpnet_nanog_sox2", directional),
    Finding("Rsc3, Reb1, Rap1, Abf1 and Cbf1 move expression in yeast", "yeast literature", "yeast", promoters),
    Finding("The same, by a screen of the motifs of all factors", "yeast literature", "yeast", of_database),
    Finding("The same, by a screen of words that is told of none of them", "yeast literature", "yeast", screened),
)  # fmt: skip
"""The one table to extend."""

READS = {"yes": "agrees", "no": "differs", "in part": "in part"}

HEAD = """# What was published, and what was found here

Made by `python -m examples.findings` from the outcomes of the studies; intervals are of 95 %. "GIA paper" is Koo et
al., PLoS Comput Biol 17(5):e1008925 (2021), "BPNet paper" Avsec et al., Nature Genetics 53:354 (2021). The proteins of
the GIA paper's own figures can't be asked here: their data are not at hand (below). Where another protein is asked
instead, a difference is no contradiction.

| published | found here | | study |
|---|---|---|---|
"""


def page(out: Path) -> str:
    """The whole page."""
    rows = []
    for each in FINDINGS:
        if not (out / each.study / "outcomes").is_dir():
            rows.append(f"| {each.published} ({each.source}) | not run here | | {each.study} |")
            continue
        text, agrees = each.found(out)
        link = f"[{each.study}](../examples/{each.study}.yaml)"
        rows.append(f"| {each.published} ({each.source}) | {text} | {READS[agrees]} | {link} |")
    return HEAD + "\n".join(rows) + "\n\n" + (HERE / "not_asked.md").read_text(encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.findings")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the studies' results")
    PAGE.write_text(page(parser.parse_args().out), encoding="utf-8")


if __name__ == "__main__":
    main()
