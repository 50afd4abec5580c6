"""Effects as tables: a short one for a terminal, and whole ones as Parquet and CSV."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqdo.effects.effects import Effects
from seqdo.reporting.text.answers import answer
from seqdo.reporting.text.labels import as_list, factors, levels, main_contrasts, names, printable
from seqdo.reporting.text.numbers import MISSING, count, estimate

if TYPE_CHECKING:
    import pandas as pd

PARQUET, CSV = "effects.parquet", "effects.csv"

_NARROWEST, _MOST_ROWS, _FEW_ROWS = 60, 8, 3


def summary(effects: Effects | Sequence[Effects], width: int = 100) -> str:
    """What was asked and found, for a terminal of so many columns: question, effect with interval, verdict.

    One design also gets its answer in words, and at most eight rows, the largest of the contrasts that answer its
    question; of several each gets three. The rest is in the tables and the report, and the text says how many. Only
    characters that every terminal has, and never a bare ``nan``.
    """
    several, width = as_list(effects), max(width, _NARROWEST)
    blocks = []
    for number, each in enumerate(several, 1):
        question = f"{number}. " * (len(several) > 1) + printable(each.outcomes.design.question)
        lines = _wrapped(question, width, "")
        if len(several) == 1:
            lines += [*_wrapped(answer(each), width, "   "), ""]
        blocks.append("\n".join([*lines, *_rows(each, width, _MOST_ROWS if len(several) == 1 else _FEW_ROWS)]))
    return "\n\n".join(blocks).replace("−", "-").replace("…", "...")


def whole_table(effects: Effects | Sequence[Effects]) -> pd.DataFrame:
    """One row for each effect of every design, with the column ``design`` (as in ``positions-2``) before the others.

    Factors that a design does not have are missing in its rows. Names are verbatim.
    """
    import pandas as pd

    several = as_list(effects)
    parts = [each.table.assign(design=name) for name, each in zip(names(several), several, strict=True)]
    shared = [column for column in parts[0].columns if all(column in part.columns for part in parts)]
    own = list(dict.fromkeys(column for part in parts for column in part.columns if column not in shared))
    front = ["design", "output", "contrast"]
    order = front + own + [column for column in shared if column not in front]
    # as objects, for an all-missing or empty part must not decide the type of a column it lacks
    rows = [part.reindex(columns=order).astype(object) for part in parts if len(part)]
    return (pd.concat(rows, ignore_index=True) if rows else parts[0].reindex(columns=order)).infer_objects()


def write_tables(effects: Effects | Sequence[Effects], folder: str | os.PathLike[str]) -> list[Path]:
    """Write ``effects.parquet`` and ``effects.csv`` into ``folder``; each appears only when it is whole.

    Parquet has page checksums, so that a damaged file can be told when it is read (``pyarrow.parquet.read_table(path,
    page_checksum_verification=True)``). Names are verbatim in both: a name that begins with =, +, - or @ is one to
    statistics programs, and a formula to a spreadsheet. For a spreadsheet, open the Parquet file, or import the CSV
    with the columns of names declared as text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table, target = whole_table(effects), Path(folder)
    target.mkdir(parents=True, exist_ok=True)

    def parquet(path: Path) -> None:
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path, write_page_checksum=True)

    def csv(path: Path) -> None:
        table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")

    written = []
    for name, write in ((PARQUET, parquet), (CSV, csv)):
        partial = target / f".{name}.partial"
        write(partial)
        written.append(partial.replace(target / name))
    return written


def _rows(effects: Effects, width: int, most: int) -> list[str]:
    """The rows of the main contrasts in columns; of many, the largest."""
    table = effects.table
    shown = table[table["contrast"].isin(main_contrasts(effects))]
    if not factors(effects, table):
        shown = table
    if not len(shown):
        return []
    largest = shown.loc[shown["estimate"].abs().sort_values(ascending=False, kind="stable").index[:most]]
    cells = [_cells(effects, row) for _, row in largest.sort_index().iterrows()]
    room = width - 3 - sum(max(len(cell[i]) for cell in cells) + 2 for i in range(1, 4))
    label = min(max(len(cell[0]) for cell in cells), max(room, 16))
    sizes = [label, *(max(len(cell[i]) for cell in cells) for i in range(1, 4))]
    lines = []
    for cell in cells:
        cell[0] = cell[0] if len(cell[0]) <= label else cell[0][: label - 1] + "…"
        parts = [cell[0].ljust(sizes[0]), cell[1].rjust(sizes[1]), cell[2].ljust(sizes[2]), cell[3]]
        lines.append("   " + "  ".join(parts).rstrip())
    if len(shown) > len(largest):
        lines.append(f"   ... the {len(largest)} largest of {count(len(shown), 'effect')}")
    return lines


def _cells(effects: Effects, row: Any) -> list[str]:  # noqa: ANN401
    at = levels(row, list(effects.outcomes.design.factors))
    what = [str(row["output"]), str(row["contrast"]), *([at] if at else [])]
    middle, low, high = estimate(float(row["estimate"]), float(row["low"]), float(row["high"]))
    interval = f"no interval ({MISSING})" if MISSING in (low, high) else f"{low} to {high}"
    return [printable("  ".join(what)), middle, interval, str(row["verdict"])]


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
