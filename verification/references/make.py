"""``python -m verification.references.make`` writes references.json; ``--check`` compares the file with new figures.

Printed figures are in published.py, and computed figures are computed again by computed.py.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from verification.references.computed import computed
from verification.references.data import DATA
from verification.references.published import published

STORED = Path(__file__).with_name("references.json")

AGREES = 1e-11
"""Relative difference between processors, or between releases of a library: a tenth of the tolerance of the tests."""


def references() -> dict[str, Any]:
    """The content of the file: the data, and an entry for each figure."""
    entries = [entry.record() for part in (published(), computed()) for entry in part]
    return {"data": DATA, "entries": entries}


def to_json(content: dict[str, Any]) -> str:
    """JSON with a line for each data set and each figure. A float64 has up to 17 digits, so that it is exact."""
    data = [f"{json.dumps(name)}: {json.dumps(numbers)}" for name, numbers in content["data"].items()]
    entries = [json.dumps(entry, ensure_ascii=False) for entry in content["entries"]]
    parts = ['{"data": {', ",\n".join(data), '},\n"entries": [', ",\n".join(entries), "]}\n"]
    return "\n".join(parts)


def differences(stored: dict[str, Any], current: dict[str, Any]) -> Iterator[str]:
    """A line for each difference between the stored file and current figures."""
    names = [*dict.fromkeys([*stored["data"], *current["data"]])]
    yield from (f"data {name} differ" for name in names if stored["data"].get(name) != current["data"].get(name))
    old, new = ({entry["name"]: entry for entry in content["entries"]} for content in (stored, current))
    for name in dict.fromkeys([*old, *new]):
        if name not in old or name not in new:
            yield f"{name}: {'not stored' if name in new else 'stored, but not computed any more'}"
        elif not _same(old[name], new[name]):
            yield f"{name}: stored {old[name]['value']}, now {new[name]['value']}"


def _same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether two entries agree: printed figures exactly, computed figures to rounding; versions may differ."""
    fixed = ("topic", "data", "quantity", "by", "settings", "digits", "computed")
    slack = AGREES if new["computed"] else 0.0
    first, second = ([*np.ravel(entry["value"]), entry["tolerance"] or 0.0] for entry in (old, new))
    close = len(first) == len(second) and np.allclose(first, second, rtol=slack, atol=0)
    return close and all(old[key] == new[key] for key in fixed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the file; return 1 if it was checked and differs, else 0."""
    parser = argparse.ArgumentParser(prog="verification.references.make", description="reference values")
    parser.add_argument("--check", action="store_true", help="compute again and compare, without writing")
    parser.add_argument("--file", type=Path, default=STORED, help="the stored file")
    options = parser.parse_args(arguments)
    current = json.loads(to_json(references()))
    if not options.check:
        options.file.write_text(to_json(current), "utf-8")
        return 0
    lines = list(differences(json.loads(options.file.read_text("utf-8")), current))
    for line in lines:
        print(line, file=sys.stderr)
    print(f"{len(current['entries'])} figures, {len(lines)} differences")
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
