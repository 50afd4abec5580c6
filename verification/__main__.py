"""``python -m verification``: test every claim, and write a page and a JSON file with every figure and its band."""

from __future__ import annotations

import argparse
import json
import logging
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from importlib.metadata import version
from pathlib import Path

from verification.catalog import PROTOCOLS
from verification.page import page
from verification.protocol import Draws, Protocol, Result

log = logging.getLogger("verification")

SECOND_TRIAL = 4
"""Factor of the number of replicates in a second trial, after a cell was outside its band."""


def simulate(protocol: Protocol, draws: Draws) -> Result:
    """Simulate all cells of a protocol."""
    start = time.perf_counter()
    cells = tuple(protocol.cells(draws))
    return Result(protocol, cells, time.perf_counter() - start)


def test(protocol: Protocol, release: int, share: float) -> Result:
    """The result of a protocol.

    If a cell is outside its band, the result is that of a second trial with new seeds and more replicates.
    """
    draws = Draws(protocol.key, release, share)
    first = simulate(protocol, draws)
    if not first.outside:
        return first
    for cell in first.outside:
        log.warning(
            "%s %s: %.4f is outside its band; simulated again with new seeds", protocol.key, cell.name, cell.value
        )
    return simulate(protocol, replace(draws, release=release + 1_000_000, share=SECOND_TRIAL * share))


def record(results: Sequence[Result], release: int, share: float) -> dict[str, object]:
    """Every figure and its band, for JSON."""
    return {
        "release": release,
        "share": share,
        "versions": {"python": platform.python_version()} | {p: version(p) for p in ("seqdo", "numpy", "scipy")},
        "protocols": [
            {
                "key": result.protocol.key,
                "claim": result.protocol.claim,
                "seconds": round(result.seconds, 1),
                "cells": [
                    {"name": cell.name, "value": cell.value, "claim": cell.claim, "side": cell.side}
                    | dict(zip(("low", "high"), cell.limits(len(result.cells)), strict=True))
                    | {"replicates": cell.replicates, "inside": result.inside(cell)}
                    for cell in result.cells
                ],
            }
            for result in results
        ],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen protocols; return 0 if every figure is inside its band, else 1."""
    parser = argparse.ArgumentParser(prog="verification", description=escape(__doc__ or ""))
    parser.add_argument("--only", default=",".join(PROTOCOLS), help=", ".join(PROTOCOLS))
    parser.add_argument("--share", type=float, default=1.0, help="share of the replicates: 0.1 is a tenth of them")
    parser.add_argument("--release", type=int, default=0, help="number of the release; each release has other seeds")
    parser.add_argument("--out", type=Path, default=Path("verification/results"), help="folder of the page and JSON")
    options = parser.parse_args(arguments)
    unknown = [key for key in options.only.split(",") if key not in PROTOCOLS]
    if unknown:
        parser.error(f"--only {unknown[0]}: there are {', '.join(PROTOCOLS)}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    results = []
    for key in options.only.split(","):
        result = test(PROTOCOLS[key], options.release, options.share)
        log.info("%s %s: %d of %d inside, %.0f s", key, result.protocol.claim, len(result.cells) - len(result.outside), len(result.cells), result.seconds)  # noqa: E501  # fmt: skip
        results.append(result)
    options.out.mkdir(parents=True, exist_ok=True)
    figures = record(results, options.release, options.share)
    (options.out / "verification.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    (options.out / "verification.html").write_text(page(results, figures), "utf-8")
    for result in results:
        for cell in result.outside:
            low, high = cell.limits(len(result.cells))
            log.error("%s %s: %.4f is not in %.4f to %.4f", result.protocol.key, cell.name, cell.value, low, high)
    return int(any(result.outside for result in results))


if __name__ == "__main__":
    sys.exit(main())
