"""Tables: what a terminal shows, and what is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seqdo.effects.effects import Effects
from seqdo.errors import InputError
from seqdo.experiments import arrange, embed
from seqdo.reporting.tables import summary, whole_table, write_tables

Make = Callable[..., Effects]


def test_the_summary_says_question_answer_and_rows(make: Make) -> None:
    """The estimate is within 0.05 of 2, five standard errors."""
    lines = summary(make(embed.embed("GATTACA", at=20)), 100).splitlines()
    assert lines[0] == "What is the effect of GATTACA at position 20?"
    assert re.fullmatch(
        r"   GATTACA at 20 raises y by [12]\.\d\d \(95 % interval 1\.9\d to 2\.0\d\): present\.", lines[1]
    )
    assert re.fullmatch(r"   y  effect  [12]\.\d\d  1\.9\d to 2\.0\d  present", lines[3])


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_the_summary_keeps_to_the_width_of_the_terminal(width: int, make: Make) -> None:
    """Below 60 columns it is that of 60."""
    designs = [embed.positions("GATTACA" * 3, range(0, 30, 3), scrambles=2), embed.kmers(3, at=20)]
    lines = summary([make(design) for design in designs], width).splitlines()
    assert max(map(len, lines)) <= max(width, 60)


def test_of_many_rows_the_largest_are_shown_and_counted(make: Make) -> None:
    text = summary(make(embed.kmers(3, at=20)))
    assert "... the 8 largest of 64 effects" in text


def test_the_summary_is_plain_text_without_nan(make: Make) -> None:
    """G8; and characters that every terminal's encoding has."""
    effects = make(embed.positions("GATTACA", range(0, 12, 4)), lambda arm: -2.0 * len(arm.sites))
    numbers = ("estimate", "low", "high", "low_adjusted", "high_adjusted", "p", "p_adjusted")
    lost = effects.table.assign(flag="n = 1", verdict="inconclusive", **dict.fromkeys(numbers, np.nan))
    for each in (effects, replace(effects, table=lost), replace(effects, table=effects.table.iloc[:0])):
        text = summary(each)
        assert not re.search(r"\b(nan|inf|None|<NA>)\b", text, re.I)
        text.encode("cp1252")


def test_anything_but_effects_is_refused() -> None:
    with pytest.raises(InputError, match="DataFrame given to a report: the result of estimate is needed"):
        summary(pd.DataFrame())  # type: ignore[arg-type]
    with pytest.raises(InputError, match="an empty list: a report needs the effects of at least one design"):
        summary([])


def test_the_whole_table_has_the_design_first_and_a_row_for_each_effect(make: Make) -> None:
    several = [
        make(embed.embed("GATTACA", at=20)),
        make(arrange.copies("GATTACA", [2, 14])),
        make(embed.kmers(1, at=3)),
    ]
    table = whole_table(several)
    assert list(table.columns[:5]) == ["design", "output", "contrast", "copies", "kmer"]
    assert table["design"].unique().tolist() == ["embed-1", "copies-2", "kmers-3"]
    assert len(table) == sum(len(each.table) for each in several)
    for name, each in zip(table["design"].unique(), several, strict=True):
        mine = table[table["design"] == name]
        assert mine["estimate"].tolist() == each.table["estimate"].tolist()
    assert table.loc[table["design"] == "embed-1", ["copies", "kmer"]].isna().all(axis=None)


def test_what_is_written_reads_back_the_same(make: Make, tmp_path: Path) -> None:
    several = [make(embed.embed("GATTACA", at=20)), make(arrange.copies("GATTACA", [2, 14]))]
    paths = write_tables(several, tmp_path / "new")
    assert [path.name for path in paths] == ["effects.parquet", "effects.csv"]
    assert sorted((tmp_path / "new").iterdir()) == sorted(paths)
    read = pq.read_table(paths[0], page_checksum_verification=True).to_pandas()
    pd.testing.assert_frame_equal(read, whole_table(several), check_dtype=False)
    csv = pd.read_csv(paths[1], keep_default_na=False, na_values=[""])
    assert csv["estimate"].tolist() == pytest.approx(whole_table(several)["estimate"].tolist(), rel=1e-14)


def test_writing_twice_gives_the_same_bytes(make: Make, tmp_path: Path) -> None:
    """REP-08."""
    effects = make(embed.embed("GATTACA", at=20))
    first = [path.read_bytes() for path in write_tables(effects, tmp_path)]
    assert [path.read_bytes() for path in write_tables(effects, tmp_path)] == first


@pytest.mark.parametrize("name", ["=1+1", "+A", "-A", "@SUM(A1)", 'a,"b"\nc', "<script>alert(1)</script>"])
def test_names_are_verbatim_in_both_files(name: str, make: Make, tmp_path: Path) -> None:
    """REP-02: documented at write_tables; a name is data, whatever a spreadsheet makes of it."""
    parquet, csv = write_tables(make(embed.embed("GATTACA", at=20), outputs=(name,)), tmp_path)
    assert pq.read_table(parquet)["output"].to_pylist() == [name]
    assert pd.read_csv(csv, keep_default_na=False)["output"].tolist() == [name]
    assert "verbatim" in (write_tables.__doc__ or "")


def test_a_flipped_bit_in_the_parquet_file_is_found(make: Make, tmp_path: Path) -> None:
    """Calibration 0.8: the checksum tells, where a plain read would give a wrong number."""
    parquet, _ = write_tables(make(embed.kmers(3, at=20)), tmp_path)
    whole = parquet.read_bytes()
    column = pq.ParquetFile(parquet).metadata.row_group(0)
    place = next(column.column(i) for i in range(column.num_columns) if column.column(i).path_in_schema == "estimate")
    start, found = place.data_page_offset, 0
    middle = range(start + place.total_compressed_size // 3, start + place.total_compressed_size // 3 + 40)
    for at in middle:
        parquet.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        try:
            pq.read_table(parquet, page_checksum_verification=True)
        except (OSError, pa.ArrowInvalid):
            found += 1
    assert found == len(middle)


def test_no_rows_give_tables_with_columns_only(make: Make, tmp_path: Path) -> None:
    """REP-05."""
    effects = make(embed.embed("GATTACA", at=20))
    parquet, _ = write_tables(replace(effects, table=effects.table.iloc[:0]), tmp_path)
    assert pq.read_table(parquet).num_rows == 0
    assert "estimate" in pq.read_table(parquet).column_names
