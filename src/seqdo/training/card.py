"""The model card: what was trained on what, how, and how good it is. A pure function of what was trained."""

from __future__ import annotations

import importlib.metadata
import platform
from importlib.resources import files

from seqdo.training.evaluate import Score
from seqdo.training.split import VALIDATION
from seqdo.training.target import UNITS
from seqdo.training.train import Trained

PACKAGES = ("seqdo", "torch", "numpy", "scipy", "scikit-learn")
"""Packages whose versions the card names."""

HOW = {"random": "at random", "cluster": "by clusters of near duplicates", "file": "as the files have it"}
"""Kinds of split, in words."""


def card(trained: Trained) -> str:
    """The card as Markdown: every number in it is taken from what was trained."""
    from jinja2 import Environment, StrictUndefined

    template = (files("seqdo.training") / "card.md.j2").read_text(encoding="utf-8")
    made = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - Markdown
    recipe, target = trained.recipe, trained.target
    constants = {"min": target.low, "mean": target.mean, "SD": target.sd}
    if target.kind == "zscore":
        del constants["min"]
    dropped = trained.data.dropped | {"letters of another part, or near them": trained.split.doubled}
    text: str = made.from_string(template).render(
        recipe=recipe,
        unit=UNITS[target.kind],
        members=len(trained.nets),
        parameters=sum(each.numel() for each in trained.nets[0].parameters() if each.requires_grad),
        sums=trained.data.sha256,
        dropped={why: number for why, number in dropped.items() if number},
        split=_how(trained),
        sizes=trained.split.sizes,
        target=target,
        constants=", ".join(f"{key} {value:.6g}" for key, value in constants.items()) if target.sd != 1 else "",
        versions=versions(),
        name=trained.ensemble.name,
        n=trained.ensemble.n,
        method="Hanley and McNeil" if recipe.classifies else "Fisher's z",
        rows=_rows(trained),
    )
    return text


def versions() -> dict[str, str]:
    """Versions of what numbers depend on."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES}


def _how(trained: Trained) -> str:
    """The split in words; a file that brings its own validation part needs no share and no seed."""
    how = trained.recipe.split.model_dump()
    by = HOW[how.pop("by")]
    drawn = trained.data.part is None or VALIDATION not in trained.data.part
    return f"{by} ({', '.join(f'{key} {value}' for key, value in how.items())})" if drawn else by


def _rows(trained: Trained) -> list[list[str]]:
    rows = []
    for fitted, score in zip(trained.fitted, trained.scores, strict=True):
        best, minutes = fitted.history[fitted.best], sum(epoch.seconds for epoch in fitted.history) / 60
        validation = f"{best.validation:.4f}"
        head = [str(fitted.seed), str(len(fitted.history)), str(fitted.best + 1), f"{minutes:.1f}", validation]
        rows.append([*head, *_cells(score)])
    rows.append(["ensemble (mean)", "", "", "", "", *_cells(trained.ensemble)])
    return [*rows, ["G and C alone", "", "", "", "", *_cells(trained.gc)]]


def _cells(score: Score) -> list[str]:
    cells = [f"{score.value:.4f}", f"{score.low:.3f} to {score.high:.3f}"]
    return cells if score.precision is None else [*cells, f"{score.precision:.4f}"]
