"""``python -m benchmarks``: measure, print the table, write it to ``benchmarks/results/``."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from benchmarks import roofline, whole_run
from benchmarks.contenders.answer import Contender
from benchmarks.floors import FLOORS
from benchmarks.machine import machine
from benchmarks.measure import Row, measure
from benchmarks.models import NETWORKS, Network
from benchmarks.table import report, write
from benchmarks.workloads import WORKLOADS

AGAINST_TANGERMEME = {name for (name, _), floor in FLOORS.items() if floor.against == "tangermeme"}
"""Networks that tangermeme is timed on; the others are compared with plain torch alone."""


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parsed(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    rounds, seconds = (2, 0.2) if given.quick else (given.rounds, given.seconds)
    about = machine()
    rows: list[Row] = []
    for name in given.models:
        rival = _tangermeme if name in AGAINST_TANGERMEME and not given.no_tangermeme else None
        works = given.workloads or _usual(name)
        rows += measure(NETWORKS[name], works, rounds=rounds, seconds=seconds, engine=given.engine, rival=rival)
    runs = {}
    if given.whole_run:
        sides = ["seqdo"] if given.no_tangermeme else list(whole_run.SIDES)
        runs = {side: whole_run.in_its_own_process(side, quick=given.quick) for side in sides}
    more = [*(whole_run.lines(runs) if runs else []), *(roofline.lines(rows) if given.roofline else [])]
    page = report(rows, about, more)
    print(page)
    settings: dict[str, Any] = {"rounds": rounds, "seconds": seconds, "engine": given.engine}
    path = write(rows, about, page, {"whole_run": runs, "settings": settings}, given.out)
    logging.getLogger("benchmarks").info("written to %s", path)


def _usual(name: str) -> list[str]:
    """What a network is asked unless workloads are named: all, or those with a floor if tangermeme is left out."""
    return [work for work in WORKLOADS if name in AGAINST_TANGERMEME or (name, work) in FLOORS]


def _tangermeme(network: Network, net: nn.Module, plain: float) -> Contender:
    """Imported here and nowhere else: without it, everything but its column can be had."""
    from benchmarks.contenders.tangermeme import Tangermeme

    return Tangermeme(network, net, plain)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--models", type=_some(NETWORKS), default=list(NETWORKS), help=", ".join(NETWORKS))
    parser.add_argument("--workloads", type=_some(WORKLOADS), help=", ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=5, help="of which medians are taken")
    parser.add_argument("--seconds", type=float, default=2.0, help="that a round of one contender takes at most")
    parser.add_argument("--engine", default="auto", help="auto, or the name of one")
    parser.add_argument("--quick", action="store_true", help="two rounds of 0.2 s: to see that it runs")
    parser.add_argument("--no-tangermeme", action="store_true", help="seqdo and plain torch alone")
    parser.add_argument("--roofline", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--whole-run", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder of the results")
    return parser.parse_args(arguments)


def _some(table: dict[str, Any]) -> Callable[[str], list[str]]:
    """A reader of comma-separated names of a table, in either case."""
    names = {name.lower(): name for name in table}

    def names_in(text: str) -> list[str]:
        try:
            return [names[part.strip().lower()] for part in text.split(",")]
        except KeyError as error:
            raise argparse.ArgumentTypeError(f"{error.args[0]!r} is none of {', '.join(table)}") from error

    return names_in


if __name__ == "__main__":
    main()
