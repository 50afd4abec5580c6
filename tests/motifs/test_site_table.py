"""Tables of sites of a user: what is filled in, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import seqdo as sd
from seqdo.errors import InputError
from seqdo.motifs.site_search import find_sites
from seqdo.motifs.site_table import checked, read_sites
from seqdo.sequences.sequences import Sequences

PAIR = sd.Sequences.from_strings(["GATTACACCC", "CCCCC"], names=["one", "two"])


def table(**columns):
    return pd.DataFrame({"sequence": [0, 1, 0], "start": [7, 0, 0], "stop": [10, 2, 7]} | columns)


def test_a_table_is_sorted_and_what_is_missing_filled_in():
    sites = checked(table(strand=[".", "-", None]), PAIR)
    assert sites.to_numpy().tolist() == [[0, 0, 7, "+", "site"], [0, 7, 10, "+", "site"], [1, 0, 2, "-", "site"]]


def test_sequences_can_be_named_instead_of_numbered():
    named = table().drop(columns="sequence").assign(name=["one", "two", "one"])
    pd.testing.assert_frame_equal(checked(named, PAIR), checked(table(), PAIR))


def test_what_find_sites_returns_passes_and_comes_back_from_a_file(tmp_path):
    sites = sd.find_sites(PAIR, "CC")
    sites.to_csv(tmp_path / "sites.tsv", sep="\t", index=False)
    pd.testing.assert_frame_equal(checked(read_sites(tmp_path / "sites.tsv"), PAIR), checked(sites, PAIR))


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"start": [7.0, 0.0, 0.0]}, "column `start` .* float64"),
        ({"sequence": ["a", "b", "c"]}, "column `sequence`"),
        ({"sequence": [0, 2, 0]}, "`sequence` 2"),
        ({"sequence": [0, -1, 0]}, "`sequence` -1"),
        ({"stop": [11, 2, 7]}, "from 7 to 11 of one, which has length 10 .1 of 3"),
        ({"stop": [10, 0, 7]}, "from 0 to 0 of two"),
        ({"start": [-1, 0, 0]}, "from -1"),
        ({"stop": [10, 2, 8]}, "from 0 to 8 and from 7 to 10 of one"),
        ({"strand": ["+", "*", "-"]}, "`strand` '[*]'"),
        ({"motif": ["GATT", None, float("nan")]}, "`motif` is missing for 2 of 3"),
    ],
)
def test_a_wrong_table_is_refused_with_numbers(columns, words):
    with pytest.raises(InputError, match=words):
        checked(table(**columns), PAIR)


def test_a_file_may_have_tabs_or_commas(tmp_path):
    for mark in ("\t", ","):
        table().to_csv(tmp_path / "sites", sep=mark, index=False)
        assert read_sites(tmp_path / "sites").equals(table())


def test_missing_columns_unknown_names_and_files_are_refused(tmp_path):
    for name in ("start", "sequence"):
        with pytest.raises(InputError, match="table of sites has the columns"):
            checked(table().drop(columns=name), PAIR)
    with pytest.raises(InputError, match="'three'"):
        checked(table().drop(columns="sequence").assign(name=["one", "two", "three"]), PAIR)
    with pytest.raises(InputError, match=r"absent\.tsv"):
        read_sites(tmp_path / "absent.tsv")
    (tmp_path / "empty.tsv").write_text("")
    with pytest.raises(InputError, match=r"empty\.tsv"):
        read_sites(tmp_path / "empty.tsv")


def test_a_table_of_these_sequences_in_another_order_is_refused_unless_it_goes_by_name():
    sequences = Sequences.from_strings(["CCGATTACA", "GATTACACC"])
    named = replace(sequences, names=("one", "two"))
    table = find_sites(named, "GATTACA")
    other = named[np.array([1, 0])]
    with pytest.raises(InputError, match=r"sequence 0, called one.*here sequence 0 is called two"):
        checked(table, other)
    assert checked(table.drop(columns="sequence"), other)["start"].tolist() == [0, 2]


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_a_table_of_a_regular_expression_and_odd_names_comes_back_from_a_file(tmp_path, ending):
    sequences = replace(Sequences.from_strings(["CCTGACTCACC", "TGATCACCCCC"]), names=("chr1:1,000-1,010", "007"))
    table = find_sites(sequences, "TGA.{0,3}TCA", method="regex")
    path = tmp_path / f"sites.{ending}"
    table.to_csv(path, index=False, sep="," if ending == "csv" else "\t")
    pd.testing.assert_frame_equal(checked(read_sites(path), sequences), checked(table, sequences))


def test_a_row_with_one_cell_too_many_is_named_and_so_is_a_column_there_twice(tmp_path):
    (tmp_path / "sites.csv").write_text("sequence,start,stop\n0,2,9,5\n")
    with pytest.raises(InputError, match=r"sites\.csv, line 2 has 4 cells"):
        read_sites(tmp_path / "sites.csv")
    twice = pd.DataFrame([[0, 2, 3, 9]], columns=["sequence", "start", "start", "stop"])
    with pytest.raises(InputError, match="two columns 'start'"):
        checked(twice, Sequences.from_strings(["CCGATTACACC"]))
