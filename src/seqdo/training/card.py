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
    recipe = trained.recipe
    dropped = trained.data.dropped | {"letters of another part, or near them": trained.split.doubled}
    text: str = made.from_string(template).render(
        recipe=recipe,
        unit=UNITS[recipe.target],
        members=len(trained.nets),
        parameters=sum(each.numel() for each in trained.nets[0].parameters() if each.requires_grad),
        sums=trained.data.sha256,
        dropped={why: number for why, number in dropped.items() if number},
        split=_how(trained),
        sizes=trained.split.sizes,
        constants=_constants(trained),
        versions=versions(),
        name=trained.ensemble[0].name,
        tested=_tested(trained),
        method="Hanley and McNeil" if recipe.classifies else "Fisher's z",
        rows=_rows(trained),
    )
    return text


def versions() -> dict[str, str]:
    """Versions of what numbers depend on."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES}


def _tested(trained: Trained) -> str:
    """How many sequences each output was tested on, and in how many clusters they came."""
    told = []
    for name, score in zip(trained.recipe.network.outputs, trained.ensemble, strict=True):
        said = [name] if len(trained.ensemble) > 1 else []
        said += [f"in {score.clusters:,} clusters"] if score.clusters < score.n else []
        told.append(f"{score.n:,}" + (f" ({', '.join(said)})" if said else ""))
    return " and ".join(told)


def _constants(trained: Trained) -> str:
    """What the transform of each output took off and divided by, in words; nothing where it did neither."""
    told = []
    for name, target in zip(trained.recipe.network.outputs, trained.targets, strict=True):
        said = {"min": target.low, "mean": target.mean, "SD": target.sd}
        if target.kind == "zscore":
            del said["min"]
        numbers = ", ".join(f"{key} {value:.6g}" for key, value in said.items())
        told.append(f"{name}: {numbers}" if len(trained.targets) > 1 else numbers)
    return "" if trained.recipe.target in ("none", "binary") else "; ".join(told)


def _how(trained: Trained) -> str:
    """The split in words; a file that brings its own validation part needs no share and no seed."""
    how = trained.recipe.split.model_dump()
    by = HOW[how.pop("by")]
    drawn = trained.data.part is None or VALIDATION not in trained.data.part
    return f"{by} ({', '.join(f'{key} {value}' for key, value in how.items())})" if drawn else by


def _rows(trained: Trained) -> list[list[str]]:
    rows = []
    for fitted, scores in zip(trained.fitted, trained.scores, strict=True):
        best, minutes = fitted.history[fitted.best], sum(epoch.seconds for epoch in fitted.history) / 60
        head = [str(fitted.seed), str(len(fitted.history)), str(fitted.best + 1), f"{minutes:.1f}"]
        rows += _each_output(trained, [*head, f"{best.validation:.4f}"], scores)
    rows += _each_output(trained, ["ensemble (mean)", "", "", "", ""], trained.ensemble)
    return [*rows, *_each_output(trained, ["G and C alone", "", "", "", ""], trained.gc)]


def _each_output(trained: Trained, head: list[str], scores: list[Score]) -> list[list[str]]:
    """A row for each output; where there is one its name is left out."""
    names = trained.recipe.network.outputs
    rows = []
    for name, score in zip(names, scores, strict=True):
        row = [*head, *([name] if len(names) > 1 else []), f"{score.value:.4f}", f"{score.low:.3f} to {score.high:.3f}"]
        rows.append(row if score.precision is None else [*row, f"{score.precision:.4f}"])
    return rows
