"""The table: printed, and written with everything behind it."""

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
"""Load at which other work slows torch's threads, which wait for one another, much more than a single one."""

LEGEND = f"""\
- µs are for each evaluation (one edit on one background) of the whole workload, medians of rounds in turn. A round is a
  cut of it; what is paid once for each background, or once for each call, is shared out over the whole.
- ISM counts the whole call: tangermeme's capture and check, seqdo's choice of engine on a model that it has met. What a
  first call takes, on a model that it has not, is among the rounds.
- "Opening" is that choice on a model that was never seen: tracing, self-check, compilation.
- Differences are the largest of effects, in SDs of the output over {SPREAD_OVER} backgrounds: seqdo from plain torch
  in float32, from plain torch in float64, and plain float32 from float64. "Met" asks for the ratio, and for {EXACT:g}
  from either, or for no more than plain float32's own, which no engine in float32 can be asked to be better than.
"""


def report(rows: Sequence[Row], about: dict[str, object], more: Sequence[str] = ()) -> str:
    """The page as Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in dict(about["versions"]).items())  # type: ignore[call-overload]
    machine = f"{about['cpu']}, {about['cores']} cores, {about['threads']} threads, {about['instructions']}"
    lines = [f"# Benchmark of {about['date']}", "", f"{machine}, {about['memory_gib']} GiB. {versions}.", ""]
    if float(str(about["load"])) > BUSY:
        lines += [f"**The machine was busy when this began (load {about['load']}): not for the record.**", ""]
    lines += [*_aligned([HEAD, *(_cells(row) for row in rows)]), "", LEGEND]
    return "\n".join([*lines, *_notes(rows), *more]).rstrip() + "\n"


def write(rows: Sequence[Row], about: dict[str, object], page: str, more: dict[str, Any], folder: Path) -> Path:
    """The page and the numbers behind it, as ``<date>-<cpu>.md`` and ``.json``; the page's path."""
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
    """Yes, or what is missing."""
    missing = [name for name, there in (("speed", row.fast), ("difference", row.difference.exact)) if not there]
    return "" if row.met is None else "yes" if row.met else "NO: " + ", ".join(missing)


def _micro(timing: Timing | None) -> str:
    return "" if timing is None else f"{timing.seconds * 1e6:,.1f}"


def _ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f}"


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Markdown that reads as a table in a terminal too: words to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    words = {0, 1, 8, 9}
    lines = []
    for row in table:
        cells = zip(row, widths, strict=True)
        padded = [cell.ljust(w) if i in words else cell.rjust(w) for i, (cell, w) in enumerate(cells)]
        lines.append("| " + " | ".join(padded) + " |")
    rule = "|" + "|".join("-" * (w + 2) if i in words else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return [lines[0], rule, *lines[1:]]


def _notes(rows: Sequence[Row]) -> list[str]:
    """What a round was, for each row: the reader sees what was extrapolated from how much."""
    lines = ["## Rounds", "", "Arms × backgrounds of a round, and what the contender says of itself.", ""]
    for row in rows:
        asked = [_round(name, timing) for name, timing in row.timings.items()]
        asked += [f"seqdo's first call {row.first_call * 1e6:,.1f} µs"] if row.first_call else []
        lines.append(f"- {row.network} {row.workload}: {'; '.join(asked)}")
    return lines


def _round(name: str, timing: Timing) -> str:
    once = f", {timing.once:.1f} s once a call" if timing.once else ""
    note = f" ({timing.note})" if timing.note else ""
    return f"{name} {timing.arms} × {timing.backgrounds}{once}{note}"
