"""The model card: what was trained, on which data, how, and how accurate it is."""

from __future__ import annotations

import importlib.metadata
import platform
from importlib.resources import files

from seqdo.training.evaluate import Score
from seqdo.training.split import VALIDATION
from seqdo.training.target import UNITS
from seqdo.training.train import Trained

PACKAGES = ("seqdo", "torch", "numpy", "scipy", "scikit-learn")
"""Packages whose versions the card states."""

SPLITS = {
    "random": "at random",
    "cluster": "by clusters of near duplicates",
    "file": "into the parts that the files state",
}
"""Kinds of split, as text for the card."""


def card(trained: Trained) -> str:
    """The card as Markdown. It depends on the training alone: every number in it is read from ``trained``."""
    from jinja2 import Environment, StrictUndefined

    template = (files("seqdo.training") / "card.md.j2").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - Markdown
    recipe = trained.recipe
    dropped = trained.data.dropped | {"the same or a near sequence is in another part": trained.split.doubled}
    text: str = environment.from_string(template).render(
        recipe=recipe,
        unit=UNITS[recipe.target],
        members=len(trained.nets),
        parameters=sum(weights.numel() for weights in trained.nets[0].parameters() if weights.requires_grad),
        sums=trained.data.sha256,
        dropped={why: number for why, number in dropped.items() if number},
        split=_split(trained),
        sizes=trained.split.sizes,
        constants=_constants(trained),
        versions=versions(),
        name=trained.ensemble[0].name,
        tested=_test_sizes(trained),
        method="Hanley and McNeil" if recipe.classifies else "Fisher's z",
        rows=_rows(trained),
    )
    return text


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that the numbers depend on."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES}


def _test_sizes(trained: Trained) -> str:
    """Number of test sequences of each output, and of their clusters where there are near duplicates."""
    texts = []
    for name, score in zip(trained.recipe.network.outputs, trained.ensemble, strict=True):
        details = [name] if len(trained.ensemble) > 1 else []
        details += [f"in {score.clusters:,} clusters"] if score.clusters < score.n else []
        texts.append(f"{score.n:,}" + (f" ({', '.join(details)})" if details else ""))
    return " and ".join(texts)


def _constants(trained: Trained) -> str:
    """Constants of each output's transform, as text; "" for a target without constants."""
    texts = []
    for name, target in zip(trained.recipe.network.outputs, trained.targets, strict=True):
        constants = {"min": target.low, "mean": target.mean, "SD": target.sd}
        if target.kind == "zscore":
            del constants["min"]
        numbers = ", ".join(f"{key} {value:.6g}" for key, value in constants.items())
        texts.append(f"{name}: {numbers}" if len(trained.targets) > 1 else numbers)
    return "" if trained.recipe.target in ("none", "binary") else "; ".join(texts)


def _split(trained: Trained) -> str:
    """The split as text. Its share and seed are left out where the files state a validation part."""
    settings = trained.recipe.split.model_dump()
    by = SPLITS[settings.pop("by")]
    drawn = trained.data.part is None or VALIDATION not in trained.data.part
    return f"{by} ({', '.join(f'{key} {value}' for key, value in settings.items())})" if drawn else by


def _rows(trained: Trained) -> list[list[str]]:
    """Cells of the table: a row for each member and output, then the ensemble and GC content alone."""
    rows = []
    for fitted, scores in zip(trained.fitted, trained.scores, strict=True):
        best, minutes = fitted.history[fitted.best], sum(epoch.seconds for epoch in fitted.history) / 60
        cells = [str(fitted.seed), str(len(fitted.history)), str(fitted.best + 1), f"{minutes:.1f}"]
        rows += _each_output(trained, [*cells, f"{best.validation:.4f}"], scores)
    rows += _each_output(trained, ["ensemble (mean)", "", "", "", ""], trained.ensemble)
    return [*rows, *_each_output(trained, ["GC content alone", "", "", "", ""], trained.gc)]


def _each_output(trained: Trained, cells: list[str], scores: list[Score]) -> list[list[str]]:
    """A row for each output; the name of a single output is left out."""
    names = trained.recipe.network.outputs
    rows = []
    for name, score in zip(names, scores, strict=True):
        shown = [name] if len(names) > 1 else []
        row = [*cells, *shown, f"{score.value:.4f}", f"{score.low:.3f} to {score.high:.3f}"]
        rows.append(row if score.precision is None else [*row, f"{score.precision:.4f}"])
    return rows
