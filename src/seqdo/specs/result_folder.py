"""The folder of a study's results: claimed before anything runs, and given its name when all is in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from seqdo.errors import InputError

SPEC, REPORT, PROVENANCE, MOTIFS = "study.yaml", "report.html", "provenance.json", "motifs.meme"
"""Fixed names in a study's folder, beside effects.parquet, effects.csv, figures/ and outcomes/."""


def put(made: Path, out: Path, *, replacing: bool) -> None:
    """Give the folder its name; what it replaces is deleted only when it stands there, and is back if it can't."""
    old = out.with_name(f".{out.name}.old")
    if not (replacing and out.exists()):
        made.rename(out)
        return
    shutil.rmtree(old, ignore_errors=True)
    out.rename(old)
    try:
        made.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old)


def claim_folder(out: Path, *, overwrite: bool) -> None:
    """Refuse, before anything runs, a folder that holds something else or can't be written."""
    try:
        if out.exists() and not out.is_dir():
            raise InputError(f"{out}", "it is a file; a folder is needed", "Give another --out")
        if out.is_dir() and any(out.iterdir()):
            ours = (out / SPEC).is_file() and (out / PROVENANCE).is_file()
            if not ours:
                raise InputError(f"folder {out}", "it holds files that are not a study's", "Give another --out")
            if not overwrite:
                raise InputError(
                    f"folder {out}", "it holds the results of a study", "Add --overwrite, or give another --out"
                )
        out.parent.mkdir(parents=True, exist_ok=True)
        probe = out.with_name(f".{out.name}.partial")
        probe.mkdir(exist_ok=True)
        probe.rmdir() if not any(probe.iterdir()) else None
    except OSError as error:
        raise InputError(f"folder {out}", f"it can't be written ({error.strerror})", "Give another --out") from error
