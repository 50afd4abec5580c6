"""Effects as complete tables: Parquet and CSV."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqdo.effects.effects import Effects
from seqdo.reporting.text.labels import as_list, names
from seqdo.sequences.file_path import output_folder

if TYPE_CHECKING:
    import pandas as pd

PARQUET, CSV = "effects.parquet", "effects.csv"


def whole_table(effects: Effects | Sequence[Effects]) -> pd.DataFrame:
    """One row for each effect of every design, with the column ``design`` (as in ``positions-2``) before the others.

    Factors that a design does not have are missing in its rows. Names are verbatim.
    """
    import pandas as pd

    several = as_list(effects)
    parts = [each.table.assign(design=name) for name, each in zip(names(several), several, strict=True)]
    shared = [column for column in parts[0].columns if all(column in part.columns for part in parts)]
    own = list(dict.fromkeys(column for part in parts for column in part.columns if column not in shared))
    front = ["design", "output", "contrast"]
    order = front + own + [column for column in shared if column not in front]
    # As objects: an all-missing or empty part must not decide the type of a column that it lacks.
    rows = [part.reindex(columns=order).astype(object) for part in parts if len(part)]
    return (pd.concat(rows, ignore_index=True) if rows else parts[0].reindex(columns=order)).infer_objects()


def write_tables(effects: Effects | Sequence[Effects], folder: str | os.PathLike[str]) -> list[Path]:
    """Write ``effects.parquet`` and ``effects.csv`` into ``folder``; each appears only when it is complete.

    Parquet has page checksums, so that reading detects a damaged file (``pyarrow.parquet.read_table(path,
    page_checksum_verification=True)``). Names are verbatim in both files. A name that begins with =, +, - or @ is a
    plain name to statistics programs, and a formula to a spreadsheet. For a spreadsheet, open the Parquet file, or
    import the CSV with the columns of names declared as text.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table, target = whole_table(effects), output_folder(folder)

    def parquet(path: Path) -> None:
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path, write_page_checksum=True)

    def csv(path: Path) -> None:
        table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")

    written = []
    for name, write in ((PARQUET, parquet), (CSV, csv)):
        partial = target / f".{name}.partial"
        write(partial)
        written.append(partial.replace(target / name))
    return written
