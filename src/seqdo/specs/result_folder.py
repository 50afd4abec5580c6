"""The folder of a study's results: claimed before anything runs, and named when it is complete."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqdo.errors import InputError
from seqdo.specs.folder_lock import locked

SPEC, REPORT, PROVENANCE, MOTIFS = "study.yaml", "report.html", "provenance.json", "motifs.meme"
"""Fixed names in a study's folder, next to effects.parquet, effects.csv, figures/ and outcomes/."""


def put(folder: Path, out: Path, *, replacing: bool) -> None:
    """Rename the folder; the folder that it replaces is deleted only after that, and restored if renaming fails."""
    old = out.with_name(f".{out.name}.old")
    if not (replacing and out.exists()):
        folder.rename(out)
        return
    shutil.rmtree(old, ignore_errors=True)
    out.rename(old)
    try:
        folder.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old)


@contextmanager
def claimed(out: Path, *, overwrite: bool) -> Iterator[None]:
    """Keep a folder for one run, from its start to its end: a second run into the folder is refused.

    Parameters
    ----------
    out : the folder
    overwrite : may it hold the results of a study?

    Raises
    ------
    InputError
        As :func:`claim_folder`; another run is writing to the folder.
    """
    claim_folder(out, overwrite=overwrite)
    with locked(out):
        claim_folder(out, overwrite=overwrite)  # a run that ended in between may have filled the folder
        yield


def claim_folder(out: Path, *, overwrite: bool) -> None:
    """Refuse, before anything runs, a folder that holds something else or can't be written."""
    try:
        if out.exists() and not out.is_dir():
            raise InputError(f"`--out` {out}", "it is a file; a folder is needed", "Pass another --out")
        if out.is_dir() and any(out.iterdir()):
            ours = (out / SPEC).is_file() and (out / PROVENANCE).is_file()
            if not ours:
                raise InputError(f"`--out` {out}", "it holds files that are not a study's", "Pass another --out")
            if not overwrite:
                raise InputError(
                    f"`--out` {out}", "it holds the results of a study", "Add --overwrite, or pass another --out"
                )
        out.parent.mkdir(parents=True, exist_ok=True)
        probe = out.with_name(f".{out.name}.partial")
        probe.mkdir(exist_ok=True)
        probe.rmdir() if not any(probe.iterdir()) else None
    except OSError as error:
        raise InputError(f"`--out` {out}", f"it can't be written ({error.strerror})", "Pass another --out") from error
