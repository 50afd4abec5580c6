"""A whole run in a separate process: ``python -m benchmarks.whole_run seqdo`` prints one line of JSON.

200 positions on 1,000 backgrounds of M1: ``sd.run`` at all positions, and ``marginalize`` of tangermeme at a few
positions. The time of tangermeme is extrapolated, because each position is one call with the same cost.
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
"""Positions at which tangermeme is timed."""


def seqdo(positions: int, backgrounds: int) -> dict[str, Any]:
    """A scan from the wrapped network to outcomes, with choice, compilation and checks of the engine."""
    import seqdo as sd

    network = NETWORKS["M1"]
    model = network.wrap(network.build())
    design = sd.positions(MOTIF, spread(network.length - len(MOTIF) + 1, positions))
    before, start = _peak(), time.perf_counter()
    outcomes = sd.run(design, model, sd.backgrounds.uniform(network.length), n=backgrounds, rng=0)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "measured": positions, "engine": outcomes.provenance.engine.name, "before_gib": before}


def tangermeme(positions: int, backgrounds: int) -> dict[str, Any]:
    """A few positions, and the extrapolated seconds of all positions."""
    from benchmarks.contenders.tangermeme import Tangermeme

    network = NETWORKS["M1"]
    contender = Tangermeme(network, network.build(), plain=1.0)
    work = scan(network.length).cut(min(FEW, positions), backgrounds)
    before = _peak()
    seconds = contender.evaluate_arms(work).each
    return {"seconds": seconds * positions / len(work.arms), "measured": len(work.arms), "before_gib": before}


SIDES = {"seqdo": seqdo, "tangermeme": tangermeme}


def in_its_own_process(side: str, *, quick: bool = False) -> dict[str, Any]:
    """The result of one side in a new interpreter."""
    size = ["--positions", "8", "--backgrounds", "64"] if quick else []
    command = [sys.executable, "-m", "benchmarks.whole_run", side, *size]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this very file
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def lines(results: dict[str, dict[str, Any]]) -> list[str]:
    """The comparison as Markdown."""
    first = next(iter(results.values()))
    title = f"M1, {first['positions']} positions × {first['backgrounds']} backgrounds"
    text = ["", "## The whole run", "", f"{title}, each in a separate process:", ""]
    text += ["| | seconds | positions measured | peak memory, GiB | before the run, GiB |", "|---|--:|---|--:|--:|"]
    for side, result in results.items():
        part = "all" if result["measured"] == result["positions"] else f"{result['measured']}, extrapolated"
        cells = [side, f"{result['seconds']:.1f}", part, f"{result['peak_gib']:.2f}", f"{result['before_gib']:.2f}"]
        text.append("| " + " | ".join(cells) + " |")
    return text


def _peak() -> float:
    """Largest resident memory of this process so far, GiB.

    On Linux it is read from /proc, because getrusage also counts the process that started this one.
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
    options = parser.parse_args()
    result = SIDES[options.side](options.positions, options.backgrounds)
    size = {"positions": options.positions, "backgrounds": options.backgrounds}
    print(json.dumps({**size, **result, "peak_gib": _peak()}))


if __name__ == "__main__":
    main()
