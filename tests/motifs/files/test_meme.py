"""MEME files: the matrix that they hold, or an error with file and line."""

from __future__ import annotations

import re

import numpy as np
import pytest
from motif_files import JASPAR, MATRIX, MEME, as_meme

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs
from seqdo.sequences.alphabet import DNA, RNA


def test_a_meme_file_is_read(write):
    (motif,) = read_motifs(write(MEME))
    assert (motif.name, motif.alphabet) == ("MA0001.1 AGL3", DNA)
    np.testing.assert_array_equal(motif.matrix, MATRIX)


@pytest.mark.parametrize(
    ("declared", "alphabet"),
    [
        ("ALPHABET= ACGU", RNA),
        ("ALPHABET=ACGT", DNA),
        ('ALPHABET "RNA" RNA-LIKE', RNA),
        ("ALPHABET DNA", DNA),
        ("", None),
    ],
)
def test_the_alphabet_line_sets_the_alphabet(declared, alphabet, write):
    assert read_motifs(write(MEME.replace("ALPHABET= ACGT", declared)))[0].alphabet == alphabet


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
    (motif,) = read_motifs(write(as_meme("m", np.array([[0.33, 0.33, 0.33, 0.0]]))))
    np.testing.assert_allclose(motif.matrix, [[1 / 3, 1 / 3, 1 / 3, 0]])


FIRST, LAST = "0.500000\t0.250000\t0.125000\t0.125000", "  0.250000\t0.250000\t0.500000\t0.000000\n"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (MEME.replace(FIRST, "0.5 0.3 -0.1 0.3"), 10, r"motif MA0001.1 AGL3: -0.1 for G at position 0"),
        (MEME.replace(FIRST, "0.5 nan 0.3 0.2"), 10, r"AGL3: nan for C at position 0"),
        (MEME.replace(FIRST, "inf 0 0 0"), 10, r"AGL3: inf for A at position 0"),
        (MEME.replace(FIRST, "1.2 -3.1 -2 0.4"), 10, r"-3.1 for C at position 0.*Motif.from_pwm"),
        (MEME.replace(FIRST, "40 20 10 10"), 10, r"position 0 sum to 80.*Motif.from_counts"),
        (MEME.replace(FIRST, "0 0 0 0"), 13, r"has only zeros at position 0"),
        (MEME.replace(FIRST, "0.5 0.5 0.0"), 13, r"'0.5 0.5 0.0' as position 0 of motif MA0001.1 AGL3"),
        (MEME.replace(FIRST, "0.5 0.5 0.0 x"), 13, r"'0.5 0.5 0.0 x' as position 0"),
        (MEME.replace(LAST, ""), 12, r"AGL3 declares w= 3 and has 2 rows"),
        (MEME.replace(LAST, 2 * LAST), 12, r"AGL3 declares w= 3 and has 4 rows"),
        (MEME.replace("alength= 4", "alength= 20"), 12, r"alength= 20"),
        (MEME.replace("letter-probability", "log-odds"), 10, r"no letter-probability matrix.*Motif.from_pwm"),
        (MEME.replace("ACGT", "ACDEFGHIKLMNPQRSTVWY"), 3, r"alphabet 'ACDEF"),
        (MEME[: MEME.index("MOTIF")], None, "holds no motifs"),
    ],
)  # fmt: skip
def test_an_error_in_a_meme_file_names_file_line_and_value_mot_08_mot_09(text, line, problem, write):
    path = write(text)
    where = re.escape(str(path)) + (f", line {line}: " if line else "")
    with pytest.raises(InputError, match=where + ".*" + problem):
        read_motifs(path)


def test_a_jaspar_file_given_as_meme_gets_advice(write):
    with pytest.raises(InputError, match=r"format='meme': .*holds no motifs.*looks like jaspar"):
        read_motifs(write(JASPAR), format="meme")


STARS = "*" * 80
ROWS = " 0.000000 0.000000 0.000000 1.000000\n 0.0 0.0 1.0 0.0\n 0 0 0 1\n 1e0 0 0 0.\n"
DREME = (
    "# DREME 5.1.1\n#     command: dreme -dna\n#        host: node\n#        when: today\n\nMEME version 5.1.1\n\n"
    'ALPHABET "DNA" DNA-LIKE\nA "Adenine" CC0000 ~ T "Thymine" 008000\nC "Cytosine" 0000CC ~ G "Guanine" FFB300\n'
    'N "Any base" = ACGT\nX = ACGT\n. = ACGT\nV "Not T" = ACG\nU = T\nEND ALPHABET\n\nstrands: + -\n\n'
    "Background letter frequencies (from dataset):\nA 0.267 C 0.232 G 0.234 T 0.267\n\n\nMOTIF TGTA DREME-1\n\n"
    "#             Word    RC Word        Pos        Neg    P-value    E-value\n"
    "# BEST      TGTA     TACA    922   464\n\n"
    f"letter-probability matrix: alength= 4 w= 4 nsites= 1977 E= 3.0e-066\n{ROWS}\n\n# Stopping reason: target\n"
)
STREME = (
    f"{STARS}\nSTREME - Sensitive, Thorough, Rapid, Enriched Motif Elicitation\n{STARS}\n"
    f"MEME version 5.5.6 (Release date: Wed Jun 19 13:59:04 2024 -0700)\n\nFor further information\n{STARS}\n\n\n"
    f"{STARS}\nREFERENCE\n{STARS}\nIf you use this program in your research, please cite:\n{STARS}\n\n"
    "ALPHABET= ACGT\n\nstrands: + -\n\nBackground letter frequencies\nA 0.25 C 0.25 G 0.25 T 0.25 \n\n"
    f"MOTIF 1-TGTA STREME-1\nletter-probability matrix: alength= 4 w= 4 nsites= 120 P= 1.0e-003\n{ROWS}\n"
    f"MOTIF 2-TGTA STREME-2\nletter-probability matrix: alength= 4 w= 4 nsites= 20 P= 1.0e-001\n{ROWS}\n"
    f"{STARS}\nCOMMAND:\tstreme --p x.fa\n{STARS}\nCPU:\t\tnode\n{STARS}\nFINALTIME:\t1.9 seconds\n{STARS}\n"
)
OLD_MEME = (
    f"{STARS}\nMEME - Motif discovery tool\n{STARS}\nMEME version 4.9.1\n\n{STARS}\nTRAINING SET\n{STARS}\n"
    "DATAFILE= INO.fasta\nALPHABET= ACGT\nSequence name            Weight Length\n-------------\n1  1.0000  11\n"
    f"{STARS}\nMOTIF  1\twidth =    4   sites =  20   llr = 200   E-value = 1.9e-009\n{STARS}\n"
    "\tMotif 1 in BLOCKS format\nBL   MOTIF 1 width=4 seqs=2\n1  (    3) TGTA  1 \n//\n"
    f"log-odds matrix: alength= 4 w= 4 n= 900 bayes= 5.4 E= 1.9e-009 \n{ROWS.replace('1', '-1000')}"
    f"letter-probability matrix: alength= 4 w= 4 nsites= 20 E= 1.9e-009 \n{ROWS}"
    f"{'-' * 80}\n\tMotif 1 regular expression\n"
    f"{STARS}\nSUMMARY OF MOTIFS\n{STARS}\nSEQUENCE NAME            COMBINED P-VALUE  MOTIF DIAGRAM\n1   1.44e-03  11\n"
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (DREME, ["TGTA DREME-1"]),
        (STREME, ["1-TGTA STREME-1", "2-TGTA STREME-2"]),
        (OLD_MEME, ["1"]),
        (STREME.replace("\n", "\r\n"), ["1-TGTA STREME-1", "2-TGTA STREME-2"]),
    ],
    ids=["DREME", "STREME", "MEME 4", "crlf"],
)
def test_the_output_of_each_program_is_read(text, names, write):
    read = read_motifs(write(text))
    assert [motif.name for motif in read] == names
    assert [(motif.text, motif.alphabet) for motif in read] == [("TGTA", DNA)] * len(names)


@pytest.mark.parametrize(
    "head",
    [
        "letter-probability matrix:",
        "letter-probability matrix",
        "  letter-probability matrix: w= 4",
        "letter-probability matrix: nsites= 20 w=4 E=1e-3 alength=4",
        "letter-probability matrix:alength= 4 w = 4 nw= 9 odd= x",
        "letter-probability matrix: alength= 4 w= 4 nsites= 20 E= 0\n# a comment\n",
    ],
)
def test_attributes_of_a_matrix_may_be_missing_and_in_any_order(head, write):
    text = f"MEME version 4\n\n  MOTIF\ta  b\n\n{head}\n{ROWS.replace('0 1.000', '0     1.000')}URL http://x\n"
    (motif,) = read_motifs(write(text))
    assert (motif.name, motif.text, motif.alphabet) == ("a b", "TGTA", None)


@pytest.mark.parametrize("width", ["w=5", "w = 5", "w= 5"])
def test_a_declared_width_is_checked_however_it_is_spaced(width, write):
    with pytest.raises(InputError, match="line 3: motif a declares w= 5 and has 4 rows"):
        read_motifs(write(f"MEME version 4\nMOTIF a\nletter-probability matrix: {width}\n{ROWS}"))


@pytest.mark.parametrize(
    ("block", "alphabet"),
    [
        ('ALPHABET "my letters" DNA-LIKE\nA ~ T\nC ~ G\nN = ACGT\nEND ALPHABET', DNA),
        ('ALPHABET "RNA" RNA-LIKE\nA "Adenine" CC0000\nC "C" 0000CC\nG "G" FFB300\nU "U" 008000\nN = ACGU', RNA),
        (f'{STARS}\nALPHABET "DNA"\n{STARS}\nA "A" 660000 ~ T "T" 000066\nC "C" 666600 ~ G "G" 006600\n{STARS}', DNA),
        ("  ALPHABET=  acgu", RNA),
        (f'ALPHABET "mine" DNA-LIKE\n{STARS}\nA ~ T\nC ~ G\n{STARS}', DNA),
    ],
)
def test_a_block_that_defines_the_alphabet_is_read(block, alphabet, write):
    text = f"MEME version 5\n\n{block}\n\nMOTIF a\nletter-probability matrix: alength= 4 w= 4\n{ROWS}"
    assert read_motifs(write(text))[0].alphabet == alphabet


@pytest.mark.parametrize(
    ("preamble", "problem"),
    [
        ("ALPHABET= ACDEFGHIKLMNPQRSTVWY", "line 3: the alphabet 'ACDEF.*of proteins"),
        ('ALPHABET "Protein" PROTEIN-LIKE', "line 3: the alphabet .*of proteins"),
        (
            'ALPHABET "M" DNA-LIKE\nA ~ T\nC ~ G\nM "mC" 006666 ~ m\nN = ACGMTm',
            r"line 3: the alphabet 'ACGMTm': [^.]*accepted$",
        ),
        ("strands: +", "line 6: motif a has alength= 20.*of proteins"),
    ],
)
def test_motifs_of_proteins_and_of_other_letters_are_refused(preamble, problem, write):
    row = " ".join(["0.05"] * 20)
    text = f"MEME version 5\n\n{preamble}\n\nMOTIF a\nletter-probability matrix: alength= 20 w= 1\n{row}\n"
    for errors in ("raise", "skip")[: 1 if preamble.startswith("strands") else 2]:
        with pytest.raises(InputError, match=problem):
            read_motifs(write(text), errors=errors)
