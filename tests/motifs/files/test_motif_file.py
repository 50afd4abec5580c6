"""Motif files are read to the matrix they hold, or refused with file and line."""

from __future__ import annotations

import gzip
import logging
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import motifs

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_jaspar, read_meme, read_motifs
from seqdo.sequences.alphabet import DNA, RNA

MEME = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF MA0001.1 AGL3

letter-probability matrix: alength= 4 w= 3 nsites= 8 E= 0
  0.500000\t0.250000\t0.125000\t0.125000
  0.000000\t1.000000\t0.000000\t0.000000
  0.250000\t0.250000\t0.500000\t0.000000

URL http://example.org/AGL3
"""
MATRIX = [[0.5, 0.25, 0.125, 0.125], [0, 1, 0, 0], [0.25, 0.25, 0.5, 0]]
JASPAR = ">MA0001.1 AGL3\nA [ 4 0 2 ]\nC [ 2 8 2 ]\nG [ 1 0 4 ]\nT [ 1 0 0 ]\n"

SHARED = Path(__file__).parents[3] / ".." / "shared" / "data" / "motifs" / "JASPAR_CORE_2016_vertebrates.meme"
needs_data = pytest.mark.skipif(
    not SHARED.parents[1].is_dir(), reason="the real motifs are in ../shared/data, which is not beside this clone"
)


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="motifs.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_file


def as_jaspar(name, counts):
    rows = [
        f"{letter} [ {' '.join(str(number) for number in row)} ]" for letter, row in zip("ACGT", counts.T, strict=True)
    ]
    return "\n".join([f">{name}", *rows, ""])


def as_meme(name, probabilities):
    rows = [" ".join(f"{number:.6f}" for number in row) for row in probabilities]
    head = f"letter-probability matrix: alength= 4 w= {len(rows)} nsites= 20 E= 0"
    return "\n".join(["MEME version 5", "", "ALPHABET= ACGT", "", f"MOTIF {name}", head, *rows, ""])


def test_a_meme_file_is_read(write):
    (motif,) = read_meme(write(MEME))
    assert (motif.name, motif.alphabet) == ("MA0001.1 AGL3", DNA)
    np.testing.assert_array_equal(motif.matrix, MATRIX)


@pytest.mark.parametrize(
    "text",
    [
        JASPAR,
        JASPAR.lower().replace(">ma0001.1 agl3", ">MA0001.1 AGL3"),
        JASPAR.replace(" ", "\t"),
        JASPAR.replace("[ ", "[").replace(" ]", "]"),
        JASPAR.replace("A [", "A  [").replace("4 0 2", "4.0  0.0 2.00"),
        JASPAR.replace("[", "").replace("]", ""),
        re.sub(r"(?m)^[ACGT] \[(.*)\]$", r"\1", JASPAR),
        JASPAR.replace("\n", "\r\n"),
        "\ufeff" + JASPAR,
        ">MA0001.1 AGL3\nT [ 1 0 0 ]\nG [ 1 0 4 ]\nC [ 2 8 2 ]\nA [ 4 0 2 ]\n",
    ],
    ids=["plain", "lower", "tabs", "tight", "floats", "labels", "bare", "crlf", "bom", "rows in another order"],
)  # fmt: skip
def test_a_jaspar_file_equals_its_meme_file_mot_12(text, write):
    (motif,) = read_jaspar(write(text))
    (same,) = read_meme(write(MEME, "same.meme"))
    assert motif.name == same.name
    np.testing.assert_array_equal(motif.matrix, same.matrix)


@settings(max_examples=40)
@given(motifs(), st.integers(1, 500))
def test_any_motif_comes_back_from_both_formats_mot_12(tmp_path_factory, motif, sites):
    """JASPAR's counts hold every digit here; MEME's six decimals are right to 1e-6."""
    folder = tmp_path_factory.mktemp("motifs")
    (folder / "m.jaspar").write_text(as_jaspar("m", motif.matrix * sites))
    (folder / "m.meme").write_text(as_meme("m", motif.matrix))
    np.testing.assert_allclose(read_motifs(folder / "m.jaspar")[0].matrix, motif.matrix, rtol=1e-12)
    np.testing.assert_allclose(read_motifs(folder / "m.meme")[0].matrix, motif.matrix, atol=3e-6)


def test_a_motif_of_width_4_is_not_taken_for_its_transpose(write):
    """GATC is a 4 x 4 matrix that reads as a motif both ways (MOT-10); a file says which."""
    matrix = np.eye(4)[[2, 0, 3, 1]]
    assert read_motifs(write(as_meme("m", matrix)))[0].text == "GATC"
    assert read_motifs(write(as_jaspar("m", 9 * matrix)))[0].text == "GATC"


@pytest.mark.parametrize("text", [MEME, JASPAR])
def test_gzip_is_known_by_its_bytes_not_its_name(text, write):
    plain, zipped = write(text), write(gzip.compress(text.encode()), "lying.txt")
    np.testing.assert_array_equal(read_motifs(plain)[0].matrix, read_motifs(zipped)[0].matrix)


@pytest.mark.parametrize(
    ("said", "alphabet"),
    [
        ("ALPHABET= ACGU", RNA),
        ("ALPHABET=ACGT", DNA),
        ('ALPHABET "RNA" RNA-LIKE', RNA),
        ("ALPHABET DNA", DNA),
        ("", None),
    ],
)
def test_the_alphabet_line_says_the_alphabet(said, alphabet, write):
    assert read_meme(write(MEME.replace("ALPHABET= ACGT", said)))[0].alphabet == alphabet


def test_rows_of_u_make_a_jaspar_motif_rna(write):
    assert read_jaspar(write(JASPAR.replace("T [", "U [")))[0].alphabet == RNA
    assert read_jaspar(write(JASPAR))[0].alphabet == DNA


def test_the_full_output_of_meme_is_read(write):
    stars = "*" * 60
    text = (
        f"{stars}\nMEME - Motif discovery tool\n{stars}\nMEME version 5.5.5 (Release date: Thu Sep 7 2023)\n"
        "ALPHABET= ACGT\nCommand line: meme x.fa\n"
        f"{stars}\nMOTIF GATA MEME-1\twidth =   2  sites =  20  llr = 200  E-value = 1.0e-010\n{stars}\n"
        "\tMotif GATA MEME-1 position-specific scoring matrix\n"
        "log-odds matrix: alength= 4 w= 2 n= 900 bayes= 5.4 E= 1.0e-010\n  -1000 -1000 200 -1000\n"
        "  200 -1000 -1000 -1000\n"
        "\tMotif GATA MEME-1 position-specific probability matrix\n"
        "letter-probability matrix: alength= 4 w= 2 nsites= 20 E= 1.0e-010\n 0.0 0.0 1.0 0.0\n 1.0 0.0 0.0 0.0\n"
        "-------------------\n\tMotif GATA MEME-1 regular expression\n"
    )
    (motif,) = read_motifs(write(text))
    assert (motif.name, motif.text) == ("GATA MEME-1", "GA")


def test_probabilities_printed_with_two_decimals_are_rescaled(write):
    (motif,) = read_meme(write(as_meme("m", np.array([[0.33, 0.33, 0.33, 0.0]]))))
    np.testing.assert_allclose(motif.matrix, [[1 / 3, 1 / 3, 1 / 3, 0]])


def test_motifs_of_one_name_are_all_kept_and_told_apart_mot_13(write, caplog):
    names = ["GATA", "GATA", "GATA.2", "GATA", "SOX2"]
    with caplog.at_level(logging.WARNING):
        read = read_jaspar(write("".join(as_jaspar(name, np.eye(4)[[0, 1]]) for name in names)))
    assert [motif.name for motif in read] == ["GATA", "GATA.3", "GATA.2", "GATA.4", "SOX2"]
    assert len(caplog.records) == 1
    assert "named GATA" in caplog.text


FIRST, LAST = "0.500000\t0.250000\t0.125000\t0.125000", "  0.250000\t0.250000\t0.500000\t0.000000\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (MEME.replace(FIRST, "0.5 0.3 -0.1 0.3"), 10, r"motif MA0001.1 AGL3: -0.1 for G at position 0"),
        (MEME.replace(FIRST, "0.5 nan 0.3 0.2"), 10, r"AGL3: nan for C at position 0"),
        (MEME.replace(FIRST, "inf 0 0 0"), 10, r"AGL3: inf for A at position 0"),
        (MEME.replace(FIRST, "1.2 -3.1 -2 0.4"), 10, r"-3.1 for C at position 0.*Motif.from_pwm"),
        (MEME.replace(FIRST, "40 20 10 10"), 10, r"position 0 sum to 80.*Motif.from_counts"),
        (MEME.replace(FIRST, "0 0 0 0"), 13, r"only zeros at position 0"),
        (MEME.replace(FIRST, "0.5 0.5 0.0"), 13, r"'0.5 0.5 0.0' as position 0 of motif MA0001.1 AGL3"),
        (MEME.replace(FIRST, "0.5 0.5 0.0 x"), 13, r"'0.5 0.5 0.0 x' as position 0"),
        (MEME.replace(LAST, ""), 12, r"AGL3 says w= 3 and has 2 rows"),
        (MEME.replace(LAST, 2 * LAST), 12, r"AGL3 says w= 3 and has 4 rows"),
        (MEME.replace("alength= 4", "alength= 20"), 12, r"alength= 20"),
        (MEME.replace("letter-probability", "log-odds"), 10, r"no letter-probability matrix.*Motif.from_pwm"),
        (MEME.replace("ACGT", "ACDEFGHIKLMNPQRSTVWY"), 3, r"alphabet 'ACDEF"),
        (MEME[: MEME.index("MOTIF")], None, "holds no motifs"),
        (JASPAR.replace("4 0 2", "4 0 -2"), 1, r"motif MA0001.1 AGL3: -2.0 for A at position 2"),
        (JASPAR.replace("2 8 2", "2 nan 2"), 1, r"AGL3: nan for C at position 1"),
        (JASPAR.replace("2 8 2", "2 8"), 3, r"has 2 counts in this row and 3 in the first"),
        (JASPAR.replace("2 8 2", "2 x 2"), 3, r"'C \[ 2 x 2 \]' in motif MA0001.1 AGL3"),
        (JASPAR.replace("2 8 2", ""), 3, r"'C \[  \]' in motif"),
        (JASPAR.replace("2 8 2", "2 0 2"), 1, r"all counts at position 1 are 0"),
        (JASPAR.replace("T [ 1 0 0 ]\n", ""), 1, r"has 3 rows"),
        (JASPAR.replace("T [", "G ["), 1, r"has rows A, C, G, G"),
        ("A [ 1 2 ]\n", 1, r"a JASPAR file starts with '>identifier name', a MEME file with"),
    ],
)  # fmt: skip
def test_an_error_names_file_line_and_what_stands_there_mot_08_mot_09(text, line, said, write):
    path = write(text)
    where = re.escape(str(path)) + (f", line {line}: " if line else "")
    with pytest.raises(InputError, match=where + ".*" + said):
        read_motifs(path)


def test_a_jaspar_file_given_as_meme_gets_advice(write):
    with pytest.raises(InputError, match="use read_jaspar"):
        read_meme(write(JASPAR))


def test_a_meme_file_given_as_jaspar_is_refused(write):
    with pytest.raises(InputError, match="line 1: 'MEME version 4'"):
        read_jaspar(write(MEME))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (gzip.compress(MEME.encode())[:-20], "gzip data that is cut short or damaged"),
        (b"\x1f\x8b\x08damaged all through", "gzip data that is cut short or damaged"),
        (b"\x89PNG\xff\xfe", "not a text file"),
    ],
)
def test_a_file_that_is_no_motif_file_is_refused(data, said, write):
    with pytest.raises(InputError, match=said):
        read_motifs(write(data))


def test_a_missing_file_is_named_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=re.escape(str(tmp_path.resolve() / "no.meme")) + ": no such file"):
        read_motifs("no.meme")


@needs_data
def test_all_motifs_of_jaspar_are_read():
    """The file's own MOTIF lines and w= values are counted by plain text search."""
    text = SHARED.read_text()
    read = read_motifs(SHARED)
    assert [motif.name for motif in read] == re.findall(r"(?m)^MOTIF (.*\S)", text)
    assert [motif.width for motif in read] == [int(w) for w in re.findall(r"\bw= (\d+)", text)]
    np.testing.assert_allclose([motif.matrix.sum() / motif.width for motif in read], 1)


@needs_data
def test_jaspars_motifs_written_as_counts_are_the_same_motifs_mot_12(tmp_path):
    read = read_motifs(SHARED)
    (tmp_path / "all.jaspar").write_text("".join(as_jaspar(motif.name, 1000 * motif.matrix) for motif in read))
    again = read_motifs(tmp_path / "all.jaspar")
    assert [motif.name for motif in again] == [motif.name for motif in read]
    for one, other in zip(read, again, strict=True):
        np.testing.assert_allclose(one.matrix, other.matrix, atol=1e-12)
