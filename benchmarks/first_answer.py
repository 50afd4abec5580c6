"""From a command to a first number, each side in a new process: ``python -m benchmarks.first_answer seqdo M3 100``.

One motif on n backgrounds, with everything that a first question costs: imports, wrapping, the choice of an engine, its
preparation, predictions, statistics. The other side is ``marginalize`` of tangermeme and the mean of its differences.
With a number of positions, a scan: ``sd.positions``, and one call of ``marginalize`` for each position, extrapolated
from a few. To build the network, and on the other side to draw the backgrounds, is the benchmark's work: its seconds
are left out, after each side has imported what it needs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

MOTIF = "TATCGATA"
FEW = 2
"""Positions at which tangermeme is timed in a scan."""


@dataclass(frozen=True)
class Question:
    """A network, a number of backgrounds, and a number of positions.

    Attributes
    ----------
    goal : the largest time of seqdo, as a share of that of tangermeme
    """

    network: str
    backgrounds: int
    positions: int
    goal: float

    def __str__(self) -> str:
        what = "one motif" if self.positions == 1 else f"a motif at {self.positions} positions"
        return f"{self.network}, {what}, n = {self.backgrounds:,}"


QUESTIONS = (
    *(Question(name, 100, 1, 1.0) for name in ("M1", "M2", "M3", "Basenji-16k")),
    *(Question(name, 1000, 1, 0.5) for name in ("M1", "M2", "M3")),
    *(Question(name, 1000, positions, 0.1) for name, positions in (("M1", 200), ("M2", 34))),
    Question("M3", 100, 100, 0.1),
)


def seqdo(network: str, backgrounds: int, positions: int) -> dict[str, Any]:
    """``run`` and ``estimate``."""
    import torch  # noqa: F401 - a user's network needs it

    import seqdo as sd

    begin = time.perf_counter()
    from benchmarks.models import NETWORKS

    chosen = NETWORKS[network]
    net, start = chosen.build(), time.perf_counter()
    model = chosen.wrap(net)
    places = _places(chosen.length, positions)
    design = sd.embed(MOTIF, at=places[0]) if positions == 1 else sd.positions(MOTIF, at=places)
    outcomes = sd.run(design, model, sd.backgrounds.uniform(chosen.length), n=backgrounds, rng=0)
    effects = sd.estimate(outcomes)
    answer = float(effects.table["estimate"].iloc[0])
    inner = time.perf_counter() - start
    return {"answer": answer, "inner": inner, "engine": outcomes.provenance.engine.name, "added": begin - start}


def tangermeme(network: str, backgrounds: int, positions: int) -> dict[str, Any]:
    """``marginalize`` with its defaults, on the CPU."""
    import torch
    from tangermeme.marginalize import marginalize

    begin = time.perf_counter()
    import seqdo as sd
    from benchmarks.models import NETWORKS

    chosen = NETWORKS[network]
    net = chosen.build()
    codes = torch.from_numpy(sd.backgrounds.uniform(chosen.length).sample(backgrounds, rng=0).codes)
    x = (codes[:, None] == torch.arange(4)[:, None]).to(torch.int8)
    places = _places(chosen.length, positions)
    start = time.perf_counter()
    differences = []
    for place in places[:FEW]:
        result = marginalize(net, x, MOTIF, start=place, device="cpu")
        differences.append((result.y_after - result.y_before).mean(0))
    inner = time.perf_counter() - start
    rest = inner / len(differences) * (len(places) - len(differences))
    answer = float(differences[0].reshape(-1)[0])
    return {"answer": answer, "inner": inner + rest, "added": rest + begin - start}


SIDES: dict[str, Callable[[str, int, int], dict[str, Any]]] = {"seqdo": seqdo, "tangermeme": tangermeme}


def seconds(side: str, question: Question) -> dict[str, Any]:
    """Seconds from the start of a new interpreter to its end, with what it prints.

    ``added`` are the seconds of positions that were extrapolated, less those of the benchmark's own work.
    """
    sizes = [question.network, str(question.backgrounds), str(question.positions)]
    command = [sys.executable, "-m", "benchmarks.first_answer", side, *sizes]
    # Installed packages have their byte code; a source tree has it too, unless the shell forbids to write it.
    shell = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=shell)  # noqa: S603 - this file
    result: dict[str, Any] = json.loads(done.stdout)
    return {**result, "seconds": time.perf_counter() - start + result["added"]}


def measured(questions: Iterable[Question], rounds: int) -> list[dict[str, Any]]:
    """Each question by both sides in turns; medians. One run of each side goes before, since it may write byte code."""
    rows = []
    for side in SIDES:
        seconds(side, QUESTIONS[0])
    for question in questions:
        results: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
        for _ in range(rounds):
            for side, some in results.items():
                some.append(seconds(side, question))
        both = {side: median(result["seconds"] for result in some) for side, some in results.items()}
        inner = {side: median(result["inner"] for result in some) for side, some in results.items()}
        rows.append(
            {
                "question": str(question), "goal": question.goal, "engine": results["seqdo"][0]["engine"], **both,
                "ratio": both["seqdo"] / both["tangermeme"], "inner ratio": inner["seqdo"] / inner["tangermeme"],
                "inner": inner,
            }
        )  # fmt: skip
    return rows


def lines(rows: list[dict[str, Any]]) -> list[str]:
    """The comparison as Markdown."""
    text = ["", "## The first answer", "", "A new process for each side, from its start to the number:", ""]
    text += [
        "| question | seqdo s | tangermeme s | ratio | without imports and network | goal | met | engine |",
        "|---|--:|--:|--:|--:|--:|---|---|",
    ]
    for row in rows:
        met = "yes" if row["ratio"] <= row["goal"] else "without imports" if row["inner ratio"] <= row["goal"] else "no"
        cells = [
            row["question"], f"{row['seqdo']:.1f}", f"{row['tangermeme']:.1f}", f"{row['ratio']:.2f}",
            f"{row['inner']['seqdo']:.2f} / {row['inner']['tangermeme']:.2f} = {row['inner ratio']:.2f}",
            f"≤ {row['goal']:g}", met, row["engine"],
        ]  # fmt: skip
        text.append("| " + " | ".join(cells) + " |")
    return text


def _places(length: int, positions: int) -> list[int]:
    if positions == 1:
        return [(length - len(MOTIF)) // 2]
    last = length - len(MOTIF)
    return sorted({round(i * last / (positions - 1)) for i in range(positions)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("network")
    parser.add_argument("backgrounds", type=int)
    parser.add_argument("positions", type=int, nargs="?", default=1)
    options = parser.parse_args()
    print(json.dumps(SIDES[options.side](options.network, options.backgrounds, options.positions)))


if __name__ == "__main__":
    main()
