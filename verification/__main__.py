"""``python -m verification``: try every claim, write one page and one JSON with every figure and its band."""

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

from verification.catalogue import PROTOCOLS
from verification.page import page
from verification.protocol import Draws, Protocol, Result

log = logging.getLogger("verification")

AGAIN = 4
"""Times as many replicates for the second trial of a protocol that a cell of which fell out of its band."""


def tried(protocol: Protocol, draws: Draws) -> Result:
    """What a protocol gives."""
    begun = time.perf_counter()
    cells = tuple(protocol.cells(draws))
    return Result(protocol, cells, time.perf_counter() - begun)


def judged(protocol: Protocol, release: int, share: float) -> Result:
    """The result; where a cell is outside its band, that of a second trial with new seeds and more replicates."""
    draws = Draws(protocol.key, release, share)
    found = tried(protocol, draws)
    if not found.outside:
        return found
    for cell in found.outside:
        log.warning("%s %s: %.4f is out of its band; tried again with new seeds", protocol.key, cell.name, cell.value)
    return tried(protocol, replace(draws, release=release + 1_000_000, share=AGAIN * share))


def record(results: Sequence[Result], release: int, share: float) -> dict[str, object]:
    """Every figure and its band."""
    return {
        "release": release,
        "share": share,
        "versions": {"python": platform.python_version()} | {p: version(p) for p in ("seqdo", "numpy", "scipy")},
        "protocols": [
            {
                "key": one.protocol.key,
                "claim": one.protocol.claim,
                "seconds": round(one.seconds, 1),
                "cells": [
                    {"name": cell.name, "value": cell.value, "claim": cell.claim, "side": cell.side}
                    | dict(zip(("low", "high"), cell.limits(len(one.cells)), strict=True))
                    | {"replicates": cell.replicates, "inside": one.inside(cell)}
                    for cell in one.cells
                ],
            }
            for one in results
        ],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every figure is inside its band, else 1."""
    parser = argparse.ArgumentParser(prog="verification", description=escape(__doc__ or ""))
    parser.add_argument("--only", default=",".join(PROTOCOLS), help=", ".join(PROTOCOLS))
    parser.add_argument("--share", type=float, default=1.0, help="of the replicates: 0.1 is a tenth of them")
    parser.add_argument("--release", type=int, default=0, help="other seeds for another release")
    parser.add_argument("--out", type=Path, default=Path("verification/results"), help="folder of the page and JSON")
    given = parser.parse_args(arguments)
    unknown = [key for key in given.only.split(",") if key not in PROTOCOLS]
    if unknown:
        parser.error(f"--only {unknown[0]}: there are {', '.join(PROTOCOLS)}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    results = []
    for key in given.only.split(","):
        found = judged(PROTOCOLS[key], given.release, given.share)
        log.info("%s %s: %d of %d inside, %.0f s", key, found.protocol.claim, len(found.cells) - len(found.outside), len(found.cells), found.seconds)  # noqa: E501  # fmt: skip
        results.append(found)
    given.out.mkdir(parents=True, exist_ok=True)
    figures = record(results, given.release, given.share)
    (given.out / "verification.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    (given.out / "verification.html").write_text(page(results, figures), "utf-8")
    for one in results:
        for cell in one.outside:
            low, high = cell.limits(len(one.cells))
            log.error("%s %s: %.4f is not in %.4f to %.4f", one.protocol.key, cell.name, cell.value, low, high)
    return int(any(one.outside for one in results))


if __name__ == "__main__":
    sys.exit(main())
