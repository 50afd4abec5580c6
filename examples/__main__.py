"""Run the studies, put their figures into the documents, and what was found beside what was published.

    python -m examples [--data DATA] [--out FOLDER] [NAME ...]

Each study is a file in ``examples/`` that ``seqdo run`` runs as it is, and a page in ``docs/studies``. The figures that
the page shows are copied from the study's folder; ``docs/studies/times.md`` says how long each took, and on what.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from examples.data import prepare

HERE = Path(__file__).parent
PAGES, FIGURES = HERE.parent / "docs" / "studies", HERE.parent / "docs" / "figures"
TIMES = PAGES / "times.md"


def studies() -> list[str]:
    """Names of the files, in the order of the alphabet."""
    return sorted(path.stem for path in HERE.glob("*.yaml"))


def run(name: str, out: Path, data: Path) -> float:
    """Run one study as a user would; seconds."""
    mirror = {"SEQDO_MIRROR": str((data / "bpnet_oskn").resolve())}
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "seqdo", "run", str(HERE / f"{name}.yaml"), "--out", str(out / name), "--overwrite"],
        check=True, env={**os.environ, **mirror},
    )  # fmt: skip
    return time.perf_counter() - began


def shown(name: str) -> list[str]:
    """Figures of a study that a page shows, as the study's folder calls them."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES.glob("*.md"))
    return sorted(set(re.findall(rf"\.\./figures/{name}-([\w-]+\.svg)", text)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("names", nargs="*", help="studies to run; all by default")
    parser.add_argument("--data", type=Path, default=HERE.parents[1] / "shared" / "data", help="folder of the data")
    parser.add_argument("--out", type=Path, default=HERE.parent / "seqdo-examples", help="folder of the results")
    args = parser.parse_args()
    missing = prepare(args.data, HERE / "sequences")
    seconds: dict[str, float] = {}
    for name in args.names or studies():
        if name in missing:
            print(f"{name}: left out, for want of {missing[name]}")
            continue
        print(f"\n=== {name}", flush=True)
        seconds[name] = run(name, args.out, args.data)
        for figure in shown(name):
            FIGURES.mkdir(exist_ok=True)
            shutil.copyfile(args.out / name / "figures" / figure, FIGURES / f"{name}-{figure}")
    print("\n" + "\n".join(f"{name:24}{taken:8.0f} s" for name, taken in seconds.items()))
    if not args.names:
        TIMES.write_text(_table(seconds), encoding="utf-8")


def _table(seconds: dict[str, float]) -> str:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    rows = "\n".join(f"| [{name}](../../examples/{name}.yaml) | {taken:.0f} |" for name, taken in seconds.items())
    total = sum(seconds.values()) / 60
    return (
        f"# How long the studies take\n\n`make examples` on {machine}: {total:.0f} minutes in all.\n\n"
        f"| study | seconds |\n|---|--:|\n{rows}\n"
    )


if __name__ == "__main__":
    main()
