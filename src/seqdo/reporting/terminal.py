"""The answer to each question, and its main effects, for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from seqdo.effects.effects import Effects
from seqdo.reporting.page.cells import effect_cells
from seqdo.reporting.page.sections import rows
from seqdo.reporting.text.answers import sentences
from seqdo.reporting.text.labels import as_list, main_contrasts, printable
from seqdo.reporting.text.numbers import MISSING, count
from seqdo.reporting.view import Row

_NARROWEST, _MOST_ROWS, _FEW_ROWS = 60, 8, 3


def summary(effects: Effects | Sequence[Effects], width: int = 100) -> str:
    """Question, answer and main effects of each design, for a terminal.

    One design gets its whole answer and at most eight rows, the largest of the contrasts that answer its question. Of
    several designs, each gets three rows. The text says how many rows there are. It has only characters that every
    terminal shows, and never a bare ``nan``.

    Parameters
    ----------
    effects : the result of ``estimate``, or a list of results
    width : columns of the terminal, at least 60
    """
    several, width = as_list(effects), max(width, _NARROWEST)
    blocks = []
    for number, each in enumerate(several, 1):
        question = f"{number}. " * (len(several) > 1) + printable(each.outcomes.design.question)
        block = _wrapped(question, width, "")
        if len(several) == 1:
            text = " ".join(sentence.text for sentence in sentences(each))
            block += [*_wrapped(text, width, "   "), ""]
        blocks.append("\n".join([*block, *_lines(each, width, _MOST_ROWS if len(several) == 1 else _FEW_ROWS)]))
    return "\n\n".join(blocks).replace("−", "-").replace("…", "...")


def _lines(effects: Effects, width: int, most: int) -> list[str]:
    """The rows of the main contrasts in columns; of many, the largest."""
    every = list(rows(effects))
    main = main_contrasts(effects)
    by_factor = any(row.levels for row in every)
    shown = [row for row in every if row.contrast in main or not by_factor]
    if not shown:
        return []
    order = sorted(range(len(shown)), key=lambda i: -abs(shown[i].numbers["estimate"] or 0.0))
    cells = [_cells(shown[i]) for i in sorted(order[:most])]
    room = width - 3 - sum(max(len(cell[i]) for cell in cells) + 2 for i in range(1, 4))
    label = min(max(len(cell[0]) for cell in cells), max(room, 16))
    sizes = [label, *(max(len(cell[i]) for cell in cells) for i in range(1, 4))]
    lines = []
    for cell in cells:
        cell[0] = cell[0] if len(cell[0]) <= label else cell[0][: label - 1] + "…"
        parts = [cell[0].ljust(sizes[0]), cell[1].rjust(sizes[1]), cell[2].ljust(sizes[2]), cell[3]]
        lines.append("   " + "  ".join(parts).rstrip())
    if len(shown) > len(cells):
        lines.append(f"   ... the {len(cells)} largest of {count(len(shown), 'effect')}")
    return lines


def _cells(row: Row) -> list[str]:
    middle, interval = effect_cells(row)
    label = [row.output, row.contrast, *([row.label] if row.label else [])]
    return ["  ".join(label), middle, f"no interval ({MISSING})" if interval == MISSING else interval, row.verdict]


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
