"""``python -m benchmarks``: measure, print the table, and write it to ``benchmarks/results/``."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from benchmarks import first_answer, roofline, whole_run
from benchmarks.contenders.contender import Contender
from benchmarks.floors import FLOORS
from benchmarks.machine import machine
from benchmarks.measure import Row, measure
from benchmarks.models import NETWORKS, Network
from benchmarks.table import report, write
from benchmarks.workloads import WORKLOADS

AGAINST_TANGERMEME = {name for (name, _), floor in FLOORS.items() if floor.against == "tangermeme"}
"""Networks on which tangermeme is timed. The others are compared with plain torch alone."""


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parsed(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    rounds, seconds = (2, 0.2) if options.quick else (options.rounds, options.seconds)
    about = machine()
    rows: list[Row] = []
    for name in options.models:
        rival = _tangermeme if name in AGAINST_TANGERMEME and not options.no_tangermeme else None
        works = options.workloads or _usual(name)
        rows += measure(NETWORKS[name], works, rounds=rounds, seconds=seconds, engine=options.engine, rival=rival)
    runs = {}
    if options.whole_run:
        sides = ["seqdo"] if options.no_tangermeme else list(whole_run.SIDES)
        runs = {side: whole_run.in_its_own_process(side, quick=options.quick) for side in sides}
    answers = first_answer.measured(first_answer.QUESTIONS, options.rounds) if options.first_answer else []
    more = [
        *(first_answer.lines(answers) if answers else []),
        *(whole_run.lines(runs) if runs else []),
        *(roofline.lines(rows) if options.roofline else []),
    ]
    page = report(rows, about, more)
    print(page)
    settings: dict[str, Any] = {"rounds": rounds, "seconds": seconds, "engine": options.engine}
    path = write(rows, about, page, {"whole_run": runs, "first_answer": answers, "settings": settings}, options.out)
    logging.getLogger("benchmarks").info("written to %s", path)


def _usual(name: str) -> list[str]:
    """The default workloads of a network: all if tangermeme is timed on it, else those with a floor."""
    return [work for work in WORKLOADS if name in AGAINST_TANGERMEME or (name, work) in FLOORS]


def _tangermeme(network: Network, net: nn.Module, plain: float) -> Contender:
    """The import is here, so that everything except this column works without tangermeme."""
    from benchmarks.contenders.tangermeme import Tangermeme

    return Tangermeme(network, net, plain)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--models", type=_some(NETWORKS), default=list(NETWORKS), help=", ".join(NETWORKS))
    parser.add_argument("--workloads", type=_some(WORKLOADS), help=", ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the table has their medians")
    parser.add_argument("--seconds", type=float, default=2.0, help="longest time of a round of one contender")
    parser.add_argument("--engine", default="auto", help="auto, or the name of an engine")
    parser.add_argument("--quick", action="store_true", help="two rounds of 0.2 s, to check that the benchmark runs")
    parser.add_argument("--no-tangermeme", action="store_true", help="compare seqdo with plain torch only")
    parser.add_argument("--roofline", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--whole-run", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--first-answer", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="folder of the results")
    return parser.parse_args(arguments)


def _some(table: dict[str, Any]) -> Callable[[str], list[str]]:
    """A parser of comma-separated names of a table; upper and lower case are the same."""
    names = {name.lower(): name for name in table}

    def names_in(text: str) -> list[str]:
        try:
            return [names[part.strip().lower()] for part in text.split(",")]
        except KeyError as error:
            raise argparse.ArgumentTypeError(f"{error.args[0]!r} is none of {', '.join(table)}") from error

    return names_in


if __name__ == "__main__":
    main()
