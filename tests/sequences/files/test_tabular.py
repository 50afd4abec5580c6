"""Tables from files and from memory: the same cells, and errors that say where."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from seqdo.errors import InputError
from seqdo.sequences.files.tabular import read_rows

CELLS = {"arm": ("a", "b, c"), "start": ("3", "14"), "why": ("", 'said "x"')}
CSV = 'arm,start,why\na,3,\n\n"b, c",14,"said ""x"""\n'
FRAME = pd.DataFrame({"arm": ["a", "b, c"], "start": [3, 14], "why": [None, 'said "x"']}, index=[7, 9])


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_every_kind_of_table_has_the_same_cells(tmp_path):
    FRAME.to_parquet(tmp_path / "t.parquet")
    given = {
        "csv": written(tmp_path, "t.csv", CSV),
        "gzipped, called otherwise": written(tmp_path, "t.txt", gzip.compress(CSV.encode())),
        "mark and CRLF": written(tmp_path, "m.csv", "\ufeff" + CSV.replace("\n", "\r\n")),
        "semicolons": written(tmp_path, "s.csv", 'arm;start;why\na;3;\nb, c;14;"said ""x"""\n'),
        "tabs": written(tmp_path, "t.tsv", 'arm\tstart\twhy\na\t3\t\nb, c\t14\tsaid "x"\n'),
        "parquet": tmp_path / "t.parquet",
        "DataFrame": FRAME,
    }
    for name, one in given.items():
        assert read_rows(one).columns == CELLS, name
    assert read_rows(given["csv"]).places == ("t.csv, line 2", "t.csv, line 4")
    assert read_rows(FRAME).places == ("the table, row 7", "the table, row 9")


def test_lines_before_the_header_and_other_columns_are_left_out(tmp_path):
    path = written(tmp_path, "v.vcf", "##fileformat=VCFv4.2\n##x\n#CHROM\tPOS\tINFO\nc\t1\ta\nc\t2\tb\n")
    rows = read_rows(path, {"chrom", "pos"})
    assert rows.columns == {"chrom": ("c", "c"), "pos": ("1", "2")}
    assert rows.places[1] == "v.vcf, line 5"


def test_whole_numbers_are_those_and_no_others():
    rows = read_rows(pd.DataFrame({"start": ["3", "3.0", "-2", "3.5", "", "x", "1e3"]}))
    assert [rows.whole(row, "start") for row in range(3)] == [3, 3, -2]
    for row in range(3, 7):
        with pytest.raises(InputError, match=f"the table, row {row}, column start: .*whole number"):
            rows.whole(row, "start")
    gaps = pd.DataFrame({"start": np.array([3, np.nan])})  # pandas makes floats of whole numbers beside a gap
    assert read_rows(gaps).whole(0, "start") == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("a,b\n1,2\n1,2,3\n", ["t.csv, line 3", "3 cells", "2 columns"], id="ragged"),
        pytest.param("a,a\n1,2\n", ["two columns 'a'"], id="column twice"),
        pytest.param(",a\n1,2\n", ["column 1 has no name"], id="column without a name"),
        pytest.param("a,b\n", ["t.csv has no rows"], id="header only"),
        pytest.param("", ["t.csv has no rows"], id="empty"),
        pytest.param(b"a,b\n\xff\xfe,1\n", ["UTF-8"], id="no text"),
        pytest.param(gzip.compress(b"BCF\2\2"), ["BCF", "bcftools"], id="BCF"),
        pytest.param(gzip.compress(b"a,b\n1,2\n" * 99)[:-9], ["cut short"], id="damaged gzip"),
    ],
)
def test_a_table_that_is_none_is_refused_with_file_and_line(tmp_path, content, words):
    with pytest.raises(InputError) as error:
        read_rows(written(tmp_path, "t.csv", content))
    assert not [word for word in words if word not in str(error.value)], str(error.value)


def test_no_file_and_no_table():
    with pytest.raises(InputError, match="no such file"):
        read_rows("nowhere.csv")
    with pytest.raises(InputError, match="of type list"):
        read_rows([1, 2])


def test_blank_lines_before_the_header_are_passed_over_and_a_cut_parquet_is_named(tmp_path):
    (tmp_path / "t.csv").write_text("\n\r\na,b\n1,2\n")
    rows = read_rows(tmp_path / "t.csv")
    assert rows.columns == {"a": ("1",), "b": ("2",)}
    assert rows.places == ("t.csv, line 4",)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:-9])
    with pytest.raises(InputError, match=r"t\.parquet.*can't be read"):
        read_rows(tmp_path / "t.parquet")


def test_columns_are_a_table_whose_cells_stay_what_they_are():
    rows = read_rows({"arm": ["a", "b"], "sites": [3, None], "dose": [1.0, 0.5]})
    assert rows.columns == {"arm": ("a", "b"), "sites": ("3", ""), "dose": ("1.0", "0.5")}
    assert rows.places == ("the table, row 0", "the table, row 1")


@pytest.mark.parametrize("columns", [{"arm": "ab"}, {"arm": ["a"], "start": [1, 2]}, {"arm": {"a": 1}}])
def test_columns_that_are_no_table_are_refused(columns):
    with pytest.raises(InputError, match=r"`table` with the columns arm.*columns are lists of one length"):
        read_rows(columns)
