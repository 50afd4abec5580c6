"""The run that users see, in a process of its own: ``python -m benchmarks.whole_run seqdo`` prints one line of JSON.

200 positions on 1000 backgrounds, M1: ``sd.run`` whole, and tangermeme's ``marginalize`` at a few positions, from
which all are extrapolated: each position is one call that costs the same.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.models import NETWORKS
from benchmarks.workloads import BACKGROUNDS, MOTIF, POSITIONS, scan, spread

FEW = 3
"""Positions that tangermeme is asked."""


def seqdo(positions: int, backgrounds: int) -> dict[str, Any]:
    """A scan from the wrapped network to outcomes: choice of the engine, its compilation and its checks included."""
    import seqdo as sd

    network = NETWORKS["M1"]
    model = network.wrap(network.build())
    design = sd.positions(MOTIF, spread(network.length - len(MOTIF) + 1, positions))
    before, start = _peak(), time.perf_counter()
    outcomes = sd.run(design, model, sd.backgrounds.uniform(network.length), n=backgrounds, rng=0)
    taken = time.perf_counter() - start
    return {"seconds": taken, "asked": positions, "engine": outcomes.provenance.engine.name, "before_gib": before}


def tangermeme(positions: int, backgrounds: int) -> dict[str, Any]:
    """A few positions, and the seconds that all of them would take."""
    from benchmarks.contenders.tangermeme import Tangermeme

    network = NETWORKS["M1"]
    contender = Tangermeme(network, network.build(), plain=1.0)
    work = scan(network.length).cut(min(FEW, positions), backgrounds)
    before = _peak()
    taken = contender.ask(work).each
    return {"seconds": taken * positions / len(work.arms), "asked": len(work.arms), "before_gib": before}


SIDES = {"seqdo": seqdo, "tangermeme": tangermeme}


def in_its_own_process(side: str, *, quick: bool = False) -> dict[str, Any]:
    """What a fresh interpreter says of one side."""
    size = ["--positions", "8", "--backgrounds", "64"] if quick else []
    command = [sys.executable, "-m", "benchmarks.whole_run", side, *size]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this very file
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def lines(answers: dict[str, dict[str, Any]]) -> list[str]:
    """The comparison as Markdown."""
    first = next(iter(answers.values()))
    title = f"M1, {first['positions']} positions × {first['backgrounds']} backgrounds"
    text = ["", "## The whole run", "", f"{title}, each in a process of its own:", ""]
    text += ["| | seconds | of which measured | peak memory, GiB | before the run, GiB |", "|---|--:|---|--:|--:|"]
    for side, answer in answers.items():
        part = "all" if answer["asked"] == answer["positions"] else f"{answer['asked']} positions, extrapolated"
        cells = [side, f"{answer['seconds']:.1f}", part, f"{answer['peak_gib']:.2f}", f"{answer['before_gib']:.2f}"]
        text.append("| " + " | ".join(cells) + " |")
    return text


def _peak() -> float:
    """Largest resident memory of this process so far, GiB.

    Linux's getrusage would count the process that started this one, so its own account is read there.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="ascii"))[0]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("--positions", type=int, default=POSITIONS)
    parser.add_argument("--backgrounds", type=int, default=BACKGROUNDS)
    given = parser.parse_args()
    answer = SIDES[given.side](given.positions, given.backgrounds)
    size = {"positions": given.positions, "backgrounds": given.backgrounds}
    print(json.dumps({**size, **answer, "peak_gib": _peak()}))


if __name__ == "__main__":
    main()
