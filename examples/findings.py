"""Published findings compared with the results of the studies: writes docs/findings.md from their outcomes.

    python -m examples.findings [--out FOLDER]

Every number on the page comes from stored outcomes. Each finding has a rule that decides whether its result agrees.
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

Result = tuple[str, str]
"""The result as text, and whether it agrees with the published finding: "yes", "no" or "in part"."""


@dataclass(frozen=True)
class Finding:
    """One published finding.

    Attributes
    ----------
    published : the finding as text
    source : the paper
    study : name of the study that tests it here
    result : function from the folder of all results to the result of that study
    """

    published: str
    source: str
    study: str
    result: Callable[[Path], Result]


@cache
def effects_in(path: Path) -> sd.Effects:
    return sd.estimate(sd.Outcomes.load(path))


def effects_of(out: Path, study: str, number: int) -> sd.Effects:
    """The effects of one design of a study, counted from 1."""
    (path,) = (out / study / "outcomes").glob(f"{number:02d}-*.nc")
    return effects_in(path)


def curve_test(effects: sd.Effects, contrast: str, test: str, output: str | None = None) -> pd.Series:
    table = effects.responses
    rows = table[(table["contrast"] == contrast) & (table["test"] == test)]
    return rows[rows["output"] == output].iloc[0] if output else rows.iloc[0]


def span(row: pd.Series, digits: int = 3) -> str:
    low, middle, high = (f"{row[name]:.{digits}g}".replace("-", "−") for name in ("low", "estimate", "high"))
    return f"{middle} ({low} to {high})"


def row(effects: sd.Effects, contrast: str, **levels: object) -> pd.Series:
    table = effects.table[effects.table["contrast"] == contrast]
    for name, level in levels.items():
        table = table[table[name] == level]
    return table.iloc[0]


def additive(name: str) -> Callable[[Path], Result]:
    def result(out: Path) -> Result:
        effects = effects_of(out, f"rnacompete_{name}", 2)
        seconds = [f"{k} copies {span(row(effects, 'second difference', copies=k))}" for k in (2, 3, 4)]
        steps = [float(row(effects, "step", copies=k)["estimate"]) for k in (2, 3, 4)]
        first = float(row(effects, "effect", copies=1)["estimate"])
        test = curve_test(effects, "second difference", "additive")
        worst = max(abs(step / first - 1) for step in steps)
        added = ", ".join(f"{step:.2f}" for step in steps)
        text = f"one copy {first:.2f}, further copies add {added}; second differences: {'; '.join(seconds)}"
        return text, "no" if test["verdict"] == "present" and worst > 0.5 else "in part"

    return result


def near_sites(name: str) -> Callable[[Path], Result]:
    def result(out: Path) -> Result:
        test = curve_test(effects_of(out, f"rnacompete_{name}", 3), "interaction", "near or far")
        agrees = "yes" if test["verdict"] == "present" and test["estimate"] < 0 else "no"
        return f"interaction of near sites minus far sites {span(test)}: {test['verdict']}", agrees

    return result


def gc_right(name: str) -> Callable[[Path], Result]:
    def result(out: Path) -> Result:
        effects = effects_of(out, f"rnacompete_{name}", 4)
        parts = [row(effects, "interaction", patch="GC", side=side) for side in ("left", "right")]
        text = "; ".join(
            f"GC at the {side} {span(part)}" for side, part in zip(("5′ end", "3′ end"), parts, strict=True)
        )
        against = row(effects, "GC against AU", side="right")
        agrees = "yes" if against["verdict"] == "present" and against["estimate"] < 0 else "no"
        return f"interaction with the motif: {text}; GC against AU at the 3′ end {span(against)}", agrees

    return result


def period(out: Path) -> Result:
    table = effects_of(out, "bpnet_nanog", 1).responses
    tests = table[(table["contrast"] == "interaction") & (table["output"] == "Nanog height")].set_index(
        ["curve", "test"]
    )
    curves = tests.index.unique("curve")
    periods = [f"{curve.removeprefix('orientation ')}: {span(tests.loc[curve, 'period'], 4)}" for curve in curves]
    close = all(
        tests.loc[(curve, "period"), "low"] >= 10 and tests.loc[(curve, "period"), "high"] <= 11 for curve in curves
    )
    sure = all(tests.loc[(curve, "periodic"), "p"] < 0.001 for curve in curves)
    return "period in bp, by pair of strands " + "; ".join(periods), "yes" if close and sure else "in part"


def period_by_occlusion(out: Path) -> Result:
    """The second site's effect on the treated over distance: the wave that explains most of it next to a trend."""
    rows = effects_of(out, "bpnet_nanog_occluded", 1).individual
    rows = rows[
        (rows["output"] == "Nanog height") & (rows["contrast"] == "on the treated") & (rows["occluded"] == "site 2")
    ]
    distance = rows["background"].astype(str).str.rpartition("_")[2].to_numpy(float)
    low, best, high = wave(distance, rows["estimate"].to_numpy(float))
    return f"period {best:.2f} bp ({low:.2f} to {high:.2f})", "yes" if low >= 10 and high <= 11 else "in part"


PERIODS = np.arange(5.0, 25.0, 0.02)


def wave(distance: np.ndarray, effect: np.ndarray, draws: int = 300) -> tuple[float, float, float]:
    """The period of the wave that explains most next to a decreasing trend; 95 % interval by resampling."""
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
    resampled = [strongest(rng.choice(everyone, len(everyone))) for _ in range(draws)]
    low, high = np.quantile(resampled, [0.025, 0.975])
    return float(low), strongest(everyone), float(high)


def best_gap(out: Path) -> Result:
    table = effects_of(out, "bpnet_nanog", 1).table
    forward = table[
        (table["contrast"] == "interaction") & (table["output"] == "Nanog height") & (table["orientation"] == "++")
    ]
    near = forward[forward["gap"] <= 20]
    most, least = near.loc[near["estimate"].idxmax()], near.loc[near["estimate"].idxmin()]
    text = f"largest at gap {most['gap']:.0f}, {span(most)}; smallest at gap {least['gap']:.0f}, {span(least)}"
    return text, "yes" if (most["gap"], least["gap"]) == (3, 6) else "no"


def fold(effects: sd.Effects, output: str, motif: str, last: int) -> tuple[float, float, float]:
    """1 + mean interaction of gaps up to ``last`` / the motif's own effect; 95 % interval by the delta method."""
    table = effects.table[effects.table["output"] == output]
    pairs = table[(table["contrast"] == "interaction") & (table["orientation"] == "++") & (table["gap"] <= last)]
    alone = table[(table["contrast"] == motif) & (table["orientation"] == "++") & table["gap"].isna()]
    gain = np.mean([effects.values(row)[0] for row in pairs.index], axis=0)
    own = effects.values(alone.index[0])[0]
    ratio = gain.mean() / own.mean()
    error = 1.96 * np.std(gain - ratio * own, ddof=1) / np.sqrt(len(own)) / own.mean()
    return 1 + ratio - error, 1 + ratio, 1 + ratio + error


def directional(out: Path) -> Result:
    pairs = (("Nanog with Sox2", "bpnet_nanog_sox2", "Nanog height", "AGCCATCA", 100),
             ("Sox2 with Nanog", "bpnet_sox2_nanog", "Sox2 height", "GAACAATGG", 100))  # fmt: skip
    folds = [fold(effects_of(out, study, 1), output, motif, last) for _, study, output, motif, last in pairs]
    texts = [
        f"{pair} {mean:.2f}-fold ({low:.2f} to {high:.2f})"
        for (pair, *_), (low, mean, high) in zip(pairs, folds, strict=True)
    ]
    (nanog, *_), (*_, sox2) = folds
    text = "height, mean over gaps up to 100: " + "; ".join(texts)
    return text, "yes" if nanog - 1 > 2 * abs(sox2 - 1) else "in part"


def own_task(out: Path) -> Result:
    folds, right = [], 0
    motifs = (("Oct4", "TATGCAAAT"), ("Sox2", "GAACAATGG"), ("Nanog", "AGCCATCA"), ("Klf4", "CCACGCCC"))
    for number, (task, motif) in enumerate(motifs, 4):
        effects = effects_of(out, "bpnet_pairs", number)
        y = effects.outcomes.y.sel(output=f"{task} height").mean(("model", "background"))
        arm = next(name for name in effects.outcomes.design.arms if name.startswith(f"{motif}@"))
        raised = float(y.sel(arm=arm) / y.sel(arm="none"))
        folds.append(f"{task} {raised:.1f}-fold")
        right += row(effects, "specific", output=f"{task} height")["verdict"] == "present" and raised > 2
    return "height of its own factor: " + ", ".join(folds), "yes" if right == 4 else "in part"


def in_loop(study: str) -> Callable[[Path], Result]:
    def result(out: Path) -> Result:
        hairpin, broken = effects_of(out, study, 1), effects_of(out, study, 2)
        by = [
            f"{name} {row(hairpin, 'effect', structure=name)['estimate']:.2f}"
            for name in ("loop", "stem", "unstructured")
        ]
        rows = hairpin.table[hairpin.table["contrast"] == "structure"]
        pairing = row(broken, "interaction")
        agrees = pairing["verdict"] == "present" and pairing["estimate"] > 0 and (rows["estimate"] > 0).all()
        text = f"effect in {', '.join(by)}; interaction of both arms broken {span(pairing)}: {pairing['verdict']}"
        return text, "yes" if agrees else "no"

    return result


SITES = {"Rsc3": "CGCG", "Reb1": "TTACCCGG", "Rap1": "TGTATGGGTG", "Abf1": "RTCRYNNNNNACG", "Cbf1": "TCACGTGA"}


def promoters(out: Path) -> Result:
    effects = effects_of(out, "yeast", 3)
    media, present = [], 0
    for output in effects.outcomes.outputs:
        kmers = effects.outcomes.design.factors["kmer"]
        rows = [row(effects, "specific", kmer=kmer, output=output) for kmer in kmers]
        media.append(f"{output} medium: " + "; ".join(map(factor_text, SITES, rows)))
        present += sum(factor["verdict"] == "present" for factor in rows)
    most = len(media) * len(SITES)
    return "by name, beyond scrambles, in SD. " + ". ".join(media), "yes" if present == most else "in part"


def factor_text(name: str, effect: pd.Series) -> str:
    return f"{name} {span(effect)}" + ("" if effect["verdict"] == "present" else f" ({effect['verdict']})")


def of_database(out: Path) -> Result:
    """Ranks of the five factors among all motifs of the database, by their effects beyond scrambles."""
    effects = effects_of(out, "yeast", 2)
    table = effects.table[effects.table["contrast"] == "specific"].sort_values("estimate", ascending=False)
    media, present = [], 0
    for output in effects.outcomes.outputs:
        rows = table[table["output"] == output].reset_index(drop=True)
        factors = rows["kmer"].str.split(" / ").explode().str.split(" ").str[-1]
        ranks = [factors.index[factors == name.upper()][0] for name in SITES]
        raised = (rows["verdict"] == "present") & (rows["estimate"] > 0)
        sites = "; ".join(
            f"{factor_text(name, rows.loc[rank])}, rank {rank + 1}" for name, rank in zip(SITES, ranks, strict=True)
        )
        media.append(
            f"{output} medium: {raised.sum()} of {len(rows)} motifs raise expression beyond scrambles. {sites}"
        )
        present += raised[ranks].sum()
    return ". ".join(media), "yes" if present == len(media) * len(SITES) else "in part"


def screened(out: Path) -> Result:
    """Kept 6-mers that share 5 bp in a row (all 4 bp of Rsc3's short core) with a site, on either strand."""
    kmers = [str(kmer) for kmer in effects_of(out, "yeast", 1).outcomes.design.factors["kmer"]]
    counts = {}
    for name, site in SITES.items():
        strands = [site, sd.Motif.from_string(site).reverse_complement().text]
        k = min(5, len(site))
        parts = {text[i : i + k] for text in strands for i in range(len(text) - k + 1)}
        counts[name] = sum(any(part in kmer for part in parts) for kmer in kmers)
    factors = ", ".join(f"{count} of {name}" for name, count in counts.items())
    text = f"of the {len(kmers)} 6-mers that a screen of all 6-mers keeps: {factors}"
    return text, "yes" if all(counts.values()) else "in part"


def compared_with_assay(study: str, number: int, least: float) -> Callable[[Path], Result]:
    """Slope and rank correlation of measured effects and the model's effects, from the study's own tables."""

    def result(out: Path) -> Result:
        line = pd.read_csv(out / study / f"measured-{number}-line.csv").set_index("of")
        table = pd.read_csv(out / study / f"measured-{number}.csv")
        slope, ranks = line.loc["slope"], line.loc["spearman"]
        text = f"{table['measured_se'].gt(0).sum():,} patterns: Spearman {span(ranks)}, slope {span(slope)}"
        same = slope["low"] < 1.25 and slope["high"] > 0.8
        return text, "yes" if ranks["low"] > least and same else "in part" if ranks["low"] > 0 else "no"

    return result


FINDINGS = (
    Finding("Effects of sites add up (RBFOX1: three means on a line)", "GIA paper", "rnacompete_00002",
            additive("00002")),
    Finding("The same for another protein", "GIA paper", "rnacompete_00001", additive("00001")),
    Finding("Adjacent sites interfere with each other (RBFOX1)", "GIA paper", "rnacompete_00002", near_sites("00002")),
    Finding("The same for another protein", "GIA paper", "rnacompete_00001", near_sites("00001")),
    Finding("The effect follows affinity (RBFOX1: seven 7-mers against K_D, r −0.94). Here: a k-mer and its 18 mutants "
            "against measurements of held-out probes", "GIA paper", "measured_00002",
            compared_with_assay("measured_00002", 4, 0.5)),
    Finding("The same for another protein", "GIA paper", "measured_00001",
            compared_with_assay("measured_00001", 4, 0.5)),
    Finding("A model's effect estimates the average causal effect (eq. 2): all 6-mers against held-out probes",
            "GIA paper", "measured_00002", compared_with_assay("measured_00002", 1, 0.5)),
    Finding("The same for another protein", "GIA paper", "measured_00001",
            compared_with_assay("measured_00001", 1, 0.5)),
    Finding("The same for all 6-mers in random yeast promoters", "GIA paper", "measured_yeast",
            compared_with_assay("measured_yeast", 1, 0.5)),
    Finding("GC at the 3′ end weakens a motif (RNCMPT00145, 131, 112)", "GIA paper", "rnacompete_00002",
            gc_right("00002")),
    Finding("The same for another protein", "GIA paper", "rnacompete_00001", gc_right("00001")),
    Finding("The motif works in the loop of a hairpin (VTS1, RNAcompete 2009)", "GIA paper", "hairpin_vts1",
            in_loop("hairpin_vts1")),
    Finding("Each motif raises its own factor", "BPNet paper", "bpnet_pairs", own_task),
    Finding("Two Nanog motifs: waves of about 10.5 bp (in the paper, of contribution scores)", "BPNet paper",
            "bpnet_nanog", period),
    Finding("The same, by removing sites", "GIA paper", "bpnet_nanog_occluded", period_by_occlusion),
    Finding("The best distance of two Nanog motifs is NNN, the worst NNNNNN", "BPNet paper", "bpnet_nanog", best_gap),
    Finding("Sox2 helps Nanog, and Nanog hardly helps Sox2", "BPNet paper", "bpnet_nanog_sox2", directional),
    Finding("Rsc3, Reb1, Rap1, Abf1 and Cbf1 change expression in yeast", "yeast literature", "yeast", promoters),
    Finding("The same, by a screen of the motifs of all factors", "yeast literature", "yeast", of_database),
    Finding("The same, by a screen of all 6-mers without known motifs", "yeast literature", "yeast", screened),
)  # fmt: skip
"""Every row of the page. To add a finding, add a row here."""

AGREEMENT = {"yes": "agrees", "no": "differs", "in part": "in part"}

HEAD = """# Published findings and the results here

`python -m examples.findings` writes this page from the outcomes of the studies. Intervals are 95 % CI. "GIA paper" is
Koo et al., PLoS Comput Biol 17(5):e1008925 (2021). "BPNet paper" is Avsec et al., Nature Genetics 53:354 (2021). The
proteins of the GIA paper's own figures cannot be tested here, because their data are not available (see below). Where
another protein is tested instead, a difference does not contradict the paper. The [glossary](glossary.md) explains the
terms.

| published | result here | | study |
|---|---|---|---|
"""


def page(out: Path) -> str:
    """The whole page."""
    rows = []
    for finding in FINDINGS:
        if not (out / finding.study / "outcomes").is_dir():
            rows.append(f"| {finding.published} ({finding.source}) | not run here | | {finding.study} |")
            continue
        text, agrees = finding.result(out)
        link = f"[{finding.study}](../examples/{finding.study}.yaml)"
        rows.append(f"| {finding.published} ({finding.source}) | {text} | {AGREEMENT[agrees]} | {link} |")
    return HEAD + "\n".join(rows) + "\n\n" + (HERE / "not_asked.md").read_text(encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples.findings")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the studies' results")
    PAGE.write_text(page(parser.parse_args().out), encoding="utf-8")


if __name__ == "__main__":
    main()
