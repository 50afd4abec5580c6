"""Draw the picture of the README from the folder that ``seqdo demo`` wrote: python docs/picture.py seqdo-demo"""

from __future__ import annotations

import sys
from pathlib import Path

import seqdo as sd
from seqdo.reporting.figures.figure import figure
from seqdo.reporting.figures.style import house_style, new_figure, to_svg


def main(folder: Path) -> None:
    """Position and interaction, side by side."""
    designs = [sd.Outcomes.load(path) for path in sorted((folder / "outcomes").glob("*.nc"))]
    scan = next(outcomes for outcomes in designs if outcomes.design.experiment == "positions")
    pair = next(outcomes for outcomes in designs if outcomes.design.experiment == "spacing")
    with house_style():
        drawing = new_figure(11, 4.2)
        left, right = drawing.subplots(1, 2)
        figure(sd.estimate(scan), ax=left)
        figure(sd.estimate(pair), "interaction", ax=right)
        left.set_title(scan.design.question, pad=52)
        right.set_title(pair.design.question, pad=52)
    svg = to_svg(
        drawing, "demo", "Effect by position, and interaction of two sites by the gap between them, with intervals"
    )
    (Path(__file__).parent / "demo.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
