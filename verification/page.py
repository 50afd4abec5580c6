"""A page with every figure and its band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from verification.protocol import FAMILY, Cell, Result

TEMPLATE = Path(__file__).with_name("page.html.j2")

WIDTH = 160
"""Width of the drawing of a cell, in pixels."""


def page(results: Sequence[Result], figures: Mapping[str, object]) -> str:
    """The page as HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    cells = [(result, cell) for result in results for cell in result.cells]
    versions = figures["versions"]
    assert isinstance(versions, dict)
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        results=results,
        figures=figures,
        inside=sum(result.inside(cell) for result, cell in cells),
        total=len(cells),
        family=f"one in {1 / FAMILY:,.0f}",
        minutes=f"{sum(result.seconds for result in results) / 60:.0f}",
        versions=", ".join(f"{name} {number}" for name, number in versions.items()),
        places=places,
        width=WIDTH,
    )


def places(cell: Cell, low: float, high: float) -> tuple[str, str, str]:
    """Start and width of the band, and position of the mark, in pixels. Half a band is shown on either side."""
    span = max(high - low, abs(cell.value - cell.claim), 1e-6)
    first, scale = low - span / 2, WIDTH / (high - low + span)
    mark = min(max((cell.value - first) * scale, 1.0), WIDTH - 1.0)
    return f"{(low - first) * scale:.1f}", f"{(high - low) * scale:.1f}", f"{mark:.1f}"
