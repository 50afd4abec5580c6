"""Run the studies, copy their figures into the documents, and compare their results with published results.

    python -m examples [--data DATA] [--out FOLDER] [NAME ...]

A study is a file in ``examples/`` that ``seqdo run`` runs as it is, and a page in ``docs/studies``. A few studies are
scripts in ``recipes/``. The figures of a page are copied from the folder of the study. docs/studies/times.md lists the
time of each study, and docs/findings.md the results.
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

from examples import findings
from examples.data import prepare

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGES, FIGURES = ROOT / "docs" / "studies", ROOT / "docs" / "figures"
TIMES = PAGES / "times.md"

TRAINED = {"hairpin_vts1": "vts1"}
"""Study -> recipe of its model, which may not be redistributed. The model is trained if it does not exist yet."""

SCRIPTS = {
    "kmer_motif": "recipes/kmer_motif/rnacompete.py docs/figures/kmer-motif-rncmpt00002.svg",
}
"""Name -> script and arguments, for studies that no study file can express. They write the figures of their pages."""


def commands(name: str, out: Path, data: Path) -> list[list[str]]:
    """The commands that a user would type."""
    if name in SCRIPTS:
        return [[part.format(data=data) for part in SCRIPTS[name].split()]]
    study = ["-m", "seqdo", "run", str(HERE / f"{name}.yaml"), "--out", str(out / name), "--overwrite"]
    recipe = TRAINED.get(name)
    if recipe is None or (HERE / recipe).is_dir():
        return [study]
    config = str(ROOT / "recipes" / "configs" / f"{recipe}.yaml")
    return [["-m", "seqdo", "train", config, "--data", str(data), "--out", str(HERE / recipe)], study]


def run(name: str, out: Path, data: Path) -> float:
    """Run one study; return the seconds that it took."""
    environment = {**os.environ, "SEQDO_MIRROR": str((data / "bpnet_oskn").resolve())}
    began = time.perf_counter()
    for command in commands(name, out, data):
        subprocess.run([sys.executable, *command], check=True, env=environment, cwd=ROOT)
    return time.perf_counter() - began


def show(name: str, out: Path) -> None:
    """Copy the figures of a study that appear on the pages."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES.glob("*.md"))
    FIGURES.mkdir(exist_ok=True)
    for figure in sorted(set(re.findall(rf"\.\./figures/{name}-([\w-]+\.svg)", text))):
        shutil.copyfile(out / name / "figures" / figure, FIGURES / f"{name}-{figure}")


def table(seconds: dict[str, float]) -> str:
    """The page of times."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    rows = "\n".join(f"| {name} | {taken:.0f} |" for name, taken in seconds.items())
    total = sum(seconds.values()) / 60
    return (
        f"# How long the studies take\n\n`make examples` on {machine}: {total:.0f} minutes in all.\n\n"
        f"| study | seconds |\n|---|--:|\n{rows}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m examples", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("names", nargs="*", help="studies to run; all by default")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the data")
    parser.add_argument("--out", type=Path, default=ROOT / "seqdo-examples", help="folder of the results")
    args = parser.parse_args()
    data, out = args.data.resolve(), args.out.resolve()
    missing = prepare(data, HERE / "sequences")
    every = [*sorted(path.stem for path in HERE.glob("*.yaml")), *SCRIPTS]
    seconds: dict[str, float] = {}
    for name in args.names or every:
        if name in missing:
            print(f"=== {name}: left out, because {missing[name]} is missing", flush=True)
            continue
        print(f"\n=== {name}", flush=True)
        seconds[name] = run(name, out, data)
        show(name, out)
        print(f"=== {name}: {seconds[name]:.0f} s", flush=True)
    if not args.names and not missing:
        TIMES.write_text(table(seconds), encoding="utf-8")
        findings.PAGE.write_text(findings.page(out), encoding="utf-8")


if __name__ == "__main__":
    main()
