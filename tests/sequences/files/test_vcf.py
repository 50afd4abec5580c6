"""Variants of VCFs and tables."""

from __future__ import annotations

import gzip
import re

import pandas as pd
import pytest

from seqdo.errors import InputError
from seqdo.sequences.files.vcf import read_variants

HEAD = "##fileformat=VCFv4.3\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\n"
LINES = (
    "chr1\t1\trs1\tA\tg\t.\tPASS\tAC=1\tGT\t0|1\n"
    "chr1\t9\t.\tC\tT,G\t50\t.\t.\tGT\t1/2\n"
    "2\t20\trs3\tAT\tA\t.\t.\t.\tGT\t./.\n"
    "2\t30\trs4\tA\tC\t.\t.\t.\tGT\t.\n"
    "2\t30\trs4\tA\tG\t.\t.\t.\tGT\t.\n"
)
TRUTH = [  # positions of a VCF less 1; names as the docstring says
    ("rs1", "chr1", 0, "A", "G"),
    ("chr1:8:C:T", "chr1", 8, "C", "T"),
    ("chr1:8:C:G", "chr1", 8, "C", "G"),
    ("rs3", "2", 19, "AT", "A"),
    ("rs4 2:29:A:C", "2", 29, "A", "C"),
    ("rs4 2:29:A:G", "2", 29, "A", "G"),
]


def rows(table):
    assert list(table) == ["id", "chromosome", "position", "ref", "alt"]
    return list(table.itertuples(index=False, name=None))


@pytest.mark.parametrize("packed", [False, True])
def test_a_vcf_is_read_an_allele_to_a_row_and_counted_from_0(tmp_path, packed):
    path = tmp_path / "v.vcf"
    text = (HEAD + LINES).encode()
    # bgzip writes several gzip members one after another
    path.write_bytes(gzip.compress(text[:90]) + gzip.compress(text[90:]) if packed else text)
    assert rows(read_variants(path)) == TRUTH


@pytest.mark.parametrize("names", [("CHROM", "POS", 1), ("chromosome", "position", 0), ("sequence", "Pos", 1)])
def test_a_table_says_by_its_column_what_it_counts_from(tmp_path, names):
    chromosome, start, first = names
    table = pd.DataFrame(TRUTH, columns=["id", chromosome, start, "ref", "alt"]).iloc[[0, 3]]
    table[start] += first
    for name, write in (("t.csv", table.to_csv), ("t.parquet", table.to_parquet)):
        write(tmp_path / name, index=False)
        assert rows(read_variants(tmp_path / name)) == [TRUTH[0], TRUTH[3]]
    table.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    assert rows(read_variants(tmp_path / "t.tsv")) == rows(read_variants(table)) == [TRUTH[0], TRUTH[3]]


SYMBOLS = ["<DEL>", "*", "G]17:198982]", "[13:123457[C", ".", "G.", "<NON_REF>"]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_an_allele_without_letters_is_refused_by_name_or_left_out_with_a_count(tmp_path, symbol):
    path = tmp_path / "v.vcf"
    path.write_text(HEAD + f"chr1\t5\tsv\tA\tC,{symbol}\t.\t.\t.\tGT\t.\n" + LINES)
    with pytest.raises(
        InputError, match=r"`table` has 1 of 8 variants that.*first sv chr1:5 A>.*v\.vcf, line 4.*symbolic=\"drop\""
    ):
        read_variants(path)
    with pytest.warns(UserWarning, match="1 of 8 variants were left out: ALT is ") as caught:
        variants = rows(read_variants(path, symbolic="drop"))
    assert variants == [("sv", "chr1", 4, "A", "C"), *TRUTH]
    assert [warning.filename for warning in caught] == [__file__]


def test_nothing_but_symbols_can_not_be_left_out(tmp_path):
    path = tmp_path / "v.vcf"
    path.write_text(HEAD + "chr1\t5\tsv\tA\t<DEL>\t.\t.\t.\tGT\t.\n")
    with pytest.raises(InputError, match=r"all 1 variants are left out: ALT is not letters"):
        read_variants(path, symbolic="drop")


GOOD = {"id": "v1", "chromosome": "c", "position": 3, "ref": "A", "alt": "G"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param(
            [{"alt": "a"}], ["1 of 1 variants", "first v1 c:4 A>a", "REF and ALT are the same"], id="ref is alt"
        ),
        pytest.param(
            [{}, {"id": "v2"}], ["first v2", "1 of 2", "occurs in an earlier row (the table, row 0)"], id="twice"
        ),
        pytest.param([{"alt": "X"}], ["v1", "A, C, G, T or U"], id="letter"),
        pytest.param([{}, {"id": "v2", "ref": "N"}], ["v2", "1 of 2"], id="N in ref"),
        pytest.param([{"alt": "-"}], ["v1", "letter before it"], id="no anchor"),
        pytest.param([{"ref": ""}], ["v1", "letter before it"], id="empty"),
        pytest.param([{"position": -1}], ["row 0)", "column position: '-1'", "counts from 0"], id="before the first"),
        pytest.param([{"position": 2.5}], ["row 0)", "column position: '2.5'", "whole number"], id="half"),
        pytest.param([{"pos": 4}], ["'position' and 'pos'", "only one of them is needed"], id="both"),
    ],
)
def test_invalid_variants_are_counted_and_the_first_is_named(changes, words):
    with pytest.raises(InputError) as error:
        read_variants(pd.DataFrame([GOOD | change for change in changes]))
    assert not [word for word in words if word not in str(error.value)], str(error.value)


@pytest.mark.parametrize(
    ("column", "words"),
    [("position", "'position' or 'pos'.*counts from 0"), ("ref", "'ref'"), ("chromosome", "'chrom'")],
)
def test_a_missing_column_is_named(column, words):
    with pytest.raises(InputError, match=words):
        read_variants(pd.DataFrame([GOOD]).drop(columns=column))


def test_a_vcf_counts_from_1_so_that_0_is_refused(tmp_path):
    (tmp_path / "v.vcf").write_text(HEAD + "chr1\t0\tt\tA\tC\t.\t.\t.\tGT\t.\n")
    with pytest.raises(InputError, match=r"line 4\): .*column pos: '0'\): pos counts from 1"):
        read_variants(tmp_path / "v.vcf")


def test_another_value_of_symbolic_is_refused():
    with pytest.raises(InputError, match="symbolic='skip'"):
        read_variants(pd.DataFrame([GOOD]), symbolic="skip")


UNUSABLE = {  # a line of a VCF to the reason in its row of the table
    "chr1\tx\tb1\tA\tC\t.\t.\t.\tGT\t.": "position is not a whole number",
    "chr1\t-4\tb2\tA\tC\t.\t.\t.\tGT\t.": "before the first letter",
    "chr1\t5\tb3\tN\tC\t.\t.\t.\tGT\t.": "contains N",
    "chr1\t5\tb4\tA\tNN\t.\t.\t.\tGT\t.": "contains N",
    "chr1\t5\tb5\tA\tR\t.\t.\t.\tGT\t.": "not A, C, G, T or U",
    "chr1\t5\tb6\tA\t-\t.\t.\t.\tGT\t.": "not A, C, G, T or U",
    "chr1\t5\tb7\tA\t.\t.\t.\t.\tGT\t.": "no alternative allele",
    "chr1\t5\tb8\tA\t*\t.\t.\t.\tGT\t.": "not letters",
    "chr1\t5\tb9\tA\t<DEL>\t.\t.\t.\tGT\t.": "not letters",
    "chr1\t5\tb10\tA\tA[chr2:8[\t.\t.\t.\tGT\t.": "not letters",
    "chr1\t5\tb11\tA\ta\t.\t.\t.\tGT\t.": "the same",
    "chr1\t1\tb12\ta\tG\t.\t.\t.\tGT\t.": "occurs in an earlier row (v.vcf, line 4)",
    "chr1\t5\tb13\tA\tC": "another number of cells",
    ".\t5\tb14\tA\tC\t.\t.\t.\tGT\t.": "names no chromosome",
}


def test_unusable_rows_are_listed_together_or_skipped_and_a_table_has_all_of_them(tmp_path):
    path = tmp_path / "v.vcf"
    path.write_text(HEAD + LINES + "\n".join(UNUSABLE) + "\n")
    with pytest.raises(InputError) as error:
        read_variants(path)
    names = [line.split("\t")[2] for line in UNUSABLE]
    assert f"`table` has {len(UNUSABLE)} of {len(UNUSABLE) + 6} variants" in str(error.value)
    assert not [name for name in names if f"{name} " not in str(error.value)]
    assert 'bad="skip"' in str(error.value)
    with pytest.warns(UserWarning, match=r"14 of 20 variants.*REF or ALT contains N \(2\)"):
        variants = read_variants(path, bad="skip")
    assert rows(variants) == TRUTH
    table = pd.DataFrame(variants.attrs["rows"])
    assert table["status"].tolist() == ["used"] * 6 + ["skipped"] * len(UNUSABLE)
    assert table["row"].tolist()[:2] == ["v.vcf, line 4", "v.vcf, line 5"]
    for reason, part in zip(table["reason"][6:], UNUSABLE.values(), strict=True):
        assert part in reason


def test_an_error_lists_twenty_rows_and_at_least_one_for_each_reason(tmp_path):
    path = tmp_path / "v.vcf"
    wrong = "".join(f"chr1\t{at}\tx{at}\tA\tA\t.\t.\t.\tGT\t.\n" for at in range(100, 150))
    path.write_text(HEAD + LINES + wrong + "chr1\t5\tlast\tA\tN\t.\t.\t.\tGT\t.\n")
    with pytest.raises(InputError) as error:
        read_variants(path)
    assert "(50): x100 " in error.value.fix
    assert "and 31 more" in error.value.fix  # 19 of these, and the last of the other reason
    assert "last chr1:5 A>N" in error.value.fix


def test_rows_that_are_all_bad_are_refused_even_where_bad_rows_are_skipped():
    with pytest.raises(InputError, match="2 of 2 variants"):
        read_variants(pd.DataFrame([GOOD | {"ref": "N"}, GOOD | {"alt": "A"}]), bad="skip")


def test_a_table_joins_with_that_of_the_user_by_its_own_letters():
    """Positions count from 1 and alleles are those of the table, whatever case they have."""
    users = pd.DataFrame(
        {"CHROM": ["c", "c"], "POS": [4, 9], "REF": ["a", "G"], "ALT": ["g", "T"], "score": [0.5, 0.7]}
    )
    table = pd.DataFrame(read_variants(users).attrs["rows"])
    joined = users.merge(table, left_on=["CHROM", "POS", "REF", "ALT"], right_on=["chrom", "pos", "ref", "alt"])
    assert joined["score"].tolist() == [0.5, 0.7]


def test_a_value_of_bad_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="`bad='drop'`"):
        read_variants(pd.DataFrame([GOOD]), bad="drop")


def test_a_vcf_of_five_columns_is_whole_and_one_without_its_header_is_not(tmp_path):
    path = tmp_path / "v.vcf"
    path.write_text("##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t1\trs1\tA\tg\n")
    assert rows(read_variants(path)) == [("rs1", "chr1", 0, "A", "G")]
    path.write_text("##fileformat=VCFv4.3\nchr1\t1\trs1\tA\tg\nchr1\t2\trs2\tA\tg\n")
    with pytest.raises(InputError, match="the line that begins with #CHROM"):
        read_variants(path)


@pytest.mark.parametrize("cell", ["abc", "-5", "0", "12,5", "1e3", "", "5.5", "chr1"])
@pytest.mark.parametrize("column", ["POS", "position"])
def test_the_table_of_rows_shows_the_position_that_the_file_holds(tmp_path, cell, column):
    if (column, cell) == ("position", "0"):
        pytest.skip("the first letter")
    path = tmp_path / "v.tsv"
    path.write_text(f"chrom\t{column}\tid\tref\talt\nchr1\t{cell}\tbad\tg\tA,T\nchr1\t7\tgood\tC\tG\n")
    with pytest.warns(UserWarning, match="2 of 3 variants"):
        table = pd.DataFrame(read_variants(path, bad="skip").attrs["rows"])
    assert table[["id", "chrom", "ref", "alt"]].to_numpy().tolist() == [
        ["bad", "chr1", "g", "A"], ["bad", "chr1", "g", "T"], ["good", "chr1", "C", "G"]
    ]  # fmt: skip
    assert table["pos"].tolist() == [cell, cell, 7 if column == "POS" else 8]
    with pytest.raises(InputError, match=re.escape(f"bad chr1:{cell or '?'} g>A (v.tsv, line 2)")):
        read_variants(path)
