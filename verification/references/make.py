"""``python -m verification.references.make`` writes references.json; ``--check`` says whether the file still agrees.

Figures that were printed elsewhere are in published.py; those of computed.py are computed again.
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
"""Relative difference that another processor or release of a library may make: a tenth of what tests allow."""


def made() -> dict[str, Any]:
    """What is stored: the data, and an entry for each figure."""
    entries = [entry.record() for part in (published(), computed()) for entry in part]
    return {"data": DATA, "entries": entries}


def written(references: dict[str, Any]) -> str:
    """JSON with a line for each data set and each figure; a float64 needs 17 digits at most, and gets them."""
    data = [f"{json.dumps(name)}: {json.dumps(one)}" for name, one in references["data"].items()]
    entries = [json.dumps(entry, ensure_ascii=False) for entry in references["entries"]]
    parts = ['{"data": {', ",\n".join(data), '},\n"entries": [', ",\n".join(entries), "]}\n"]
    return "\n".join(parts)


def differences(stored: dict[str, Any], anew: dict[str, Any]) -> Iterator[str]:
    """What of the stored is no longer so, in words."""
    names = [*dict.fromkeys([*stored["data"], *anew["data"]])]
    yield from (f"data {name} differ" for name in names if stored["data"].get(name) != anew["data"].get(name))
    old, new = ({entry["name"]: entry for entry in one["entries"]} for one in (stored, anew))
    for name in dict.fromkeys([*old, *new]):
        if name not in old or name not in new:
            yield f"{name}: {'not stored' if name in new else 'stored, and no longer made'}"
        elif not _same(old[name], new[name]):
            yield f"{name}: stored {old[name]['value']}, now {new[name]['value']}"


def _same(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """All but the version of a library; what was printed exactly, what is computed to rounding."""
    fixed = ("topic", "data", "quantity", "by", "given", "digits", "computed")
    slack = AGREES if new["computed"] else 0.0
    first, second = ([*np.ravel(one["value"]), one["tolerance"] or 0.0] for one in (old, new))
    alike = len(first) == len(second) and np.allclose(first, second, rtol=slack, atol=0)
    return alike and all(old[key] == new[key] for key in fixed)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if the file was written, or agrees; 1 if it does not."""
    parser = argparse.ArgumentParser(prog="verification.references.make", description="reference values")
    parser.add_argument("--check", action="store_true", help="compute again and compare; write nothing")
    parser.add_argument("--file", type=Path, default=STORED, help="the stored file")
    given = parser.parse_args(arguments)
    anew = json.loads(written(made()))
    if not given.check:
        given.file.write_text(written(anew), "utf-8")
        return 0
    found = list(differences(json.loads(given.file.read_text("utf-8")), anew))
    for one in found:
        print(one, file=sys.stderr)
    print(f"{len(anew['entries'])} figures, {len(found)} differences")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
