"""The table of results, and the file with all measurements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.floors import EXACT
from benchmarks.machine import file_stem
from benchmarks.measure import SPREAD_OVER, Row, Timing

HEAD = (
    "network", "workload", "evaluations", "seqdo µs", "plain µs", "tangermeme µs", "× plain", "× tangermeme", "floor",
    "met", "from float32", "from float64", "plain's own", "opening s",
)  # fmt: skip

BUSY = 0.5
"""Load above which other processes slow the threads of torch, because these wait for each other."""

LEGEND = f"""\
- µs are for each evaluation (one edit on one background) of the whole workload: medians of rounds in which contenders
  alternate. A round is a part of the workload. Time for each background, and for each call, is divided over the whole.
- ISM counts the whole call: capture and check of tangermeme, and the choice of engine of seqdo for a known model. The
  time of a first call, on a new model, is listed with the rounds.
- "Opening" is the choice of engine for a new model: tracing, self-check, compilation.
- Differences are the largest differences of effects, in SDs of the output over {SPREAD_OVER} backgrounds: seqdo from
  plain torch in float32, seqdo from plain torch in float64, and plain float32 from float64. "Met" requires the floor,
  and a difference of at most {EXACT:g}, or at most the difference of plain float32, which no float32 engine can avoid.
"""


def report(rows: Sequence[Row], about: dict[str, object], more: Sequence[str] = ()) -> str:
    """The page as Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in dict(about["versions"]).items())  # type: ignore[call-overload]
    machine = f"{about['cpu']}, {about['cores']} cores, {about['threads']} threads, {about['instructions']}"
    lines = [f"# Benchmark of {about['date']}", "", f"{machine}, {about['memory_gib']} GiB. {versions}.", ""]
    if float(str(about["load"])) > BUSY:
        lines += [f"**The machine was busy at the start (load {about['load']}): do not cite these times.**", ""]
    lines += [*_aligned([HEAD, *(_cells(row) for row in rows)]), "", LEGEND]
    return "\n".join([*lines, *_notes(rows), *more]).rstrip() + "\n"


def write(rows: Sequence[Row], about: dict[str, object], page: str, more: dict[str, Any], folder: Path) -> Path:
    """Write the page and its numbers as ``<date>-<cpu>.md`` and ``.json``; return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{file_stem(about)}.md"
    path.write_text(page, encoding="utf-8")
    numbers = {"machine": about, "rows": [{**asdict(row), "met": row.met} for row in rows], **more}
    path.with_suffix(".json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    return path


def _cells(row: Row) -> tuple[str, ...]:
    difference = row.difference
    return (
        row.network, f"{row.workload} {row.title}", f"{row.evaluations:,}",
        *(_micro(row.timings.get(name)) for name in ("seqdo", "plain", "tangermeme")),
        _ratio(row.ratio("plain")), _ratio(row.ratio("tangermeme")),
        str(row.floor or ""), _met(row),
        f"{difference.float32:.1e}", f"{difference.float64:.1e}", f"{difference.plain:.1e}", f"{row.opening:.2f}",
    )  # fmt: skip


def _met(row: Row) -> str:
    """Yes, or the requirements that are not met."""
    missing = [name for name, met in (("speed", row.fast), ("difference", row.difference.exact)) if not met]
    return "" if row.met is None else "yes" if row.met else "NO: " + ", ".join(missing)


def _micro(timing: Timing | None) -> str:
    return "" if timing is None else f"{timing.seconds * 1e6:,.1f}"


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f}"


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Markdown with aligned columns for a terminal: text to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    left = {0, 1, 8, 9}
    lines = []
    for row in table:
        cells = zip(row, widths, strict=True)
        padded = [cell.ljust(w) if i in left else cell.rjust(w) for i, (cell, w) in enumerate(cells)]
        lines.append("| " + " | ".join(padded) + " |")
    rule = "|" + "|".join("-" * (w + 2) if i in left else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return [lines[0], rule, *lines[1:]]


def _notes(rows: Sequence[Row]) -> list[str]:
    """The size of a round in each row, so that readers can see the basis of an extrapolation."""
    lines = ["## Rounds", "", "Arms × backgrounds of a round, and notes on the contender.", ""]
    for row in rows:
        notes = [_round(name, timing) for name, timing in row.timings.items()]
        notes += [f"first call of seqdo {row.first_call * 1e6:,.1f} µs"] if row.first_call else []
        lines.append(f"- {row.network} {row.workload}: {'; '.join(notes)}")
    return lines


def _round(name: str, timing: Timing) -> str:
    once = f", {timing.once:.1f} s for each call" if timing.once else ""
    note = f" ({timing.note})" if timing.note else ""
    return f"{name} {timing.arms} × {timing.backgrounds}{once}{note}"
