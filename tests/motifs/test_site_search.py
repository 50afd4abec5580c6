"""Sites found in sequences, against plain strings and against memelite."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import seqdo as sd
from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.motifs.site_search import METHODS, find_sites
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.sequences import Sequences

OTHER = str.maketrans("ACGT", "TGCA")


def spans(table):
    return list(table[["sequence", "start", "stop", "strand"]].itertuples(index=False, name=None))


@given(st.lists(st.text("ACGT", min_size=4, max_size=40), min_size=1, max_size=4))
def test_sites_are_matches_on_either_strand_that_do_not_overlap_and_nothing_more_would_fit(texts):
    found = spans(find_sites(sd.Sequences.from_strings(texts, sd.DNA), "GWA"))
    every = [
        (row, match.start(), match.start() + 3, strand)
        for row, text in enumerate(texts)
        for strand, pattern in (("+", "(?=G[AT]A)"), ("-", "(?=T[AT]C)"))
        for match in re.finditer(pattern, text)
    ]
    assert set(found) <= set(every)
    clash = {one: [two for two in found if one[0] == two[0] and one[1] < two[2] and two[1] < one[2]] for one in every}
    assert all(clash[one] == [one] for one in found)
    # all have one score, so what gives way does so to one that is further left, or on + where both start together
    assert all(any(two[1] < one[1] or two[3] < one[3] for two in clash[one]) for one in set(every) - set(found))


def test_of_hits_that_overlap_the_better_score_stays_and_then_the_leftmost():
    assert spans(find_sites(["CATATATATC"], "ATAT")) == [(0, 1, 5, "+"), (0, 5, 9, "+")]
    motif = Motif("m", np.array([[0.5, 0.5, 0, 0], [1, 0, 0, 0], [0.6, 0.4, 0, 0]]))
    table = find_sites(sd.Sequences.from_strings(["TCACAT"], sd.DNA), motif)
    # CAC from 1 has 1/2 * 1 * 2/5, ACA no A in the middle, and CAT no C or A at the end
    assert spans(table) == [(0, 1, 4, "+")]
    assert table["score"].tolist() == pytest.approx([np.log2(0.5 * 4) + 2 + np.log2(0.4 * 4)])
    table = find_sites(sd.Sequences.from_strings(["TCAAAT"], sd.DNA), motif)  # CAA and AAA overlap: both 1/2 * 1 * 3/5
    assert spans(table) == [(0, 1, 4, "+")]
    uneven = Motif("m", np.array([[0.6, 0.4, 0, 0], [1, 0, 0, 0], [0.6, 0.4, 0, 0]]))
    assert spans(find_sites(sd.Sequences.from_strings(["TCAAAT"], sd.DNA), uneven)) == [(0, 2, 5, "+")]


def test_a_palindrome_is_one_site_and_rna_has_one_strand():
    assert spans(find_sites(["TTCACGTGTT"], "CACGTG")) == [(0, 2, 8, "+")]
    assert spans(find_sites(["CCUGUAAUC"], "GAUUACA")) == []
    assert spans(find_sites(["CCTGTAATC"], "GATTACA")) == [(0, 2, 9, "-")]


def test_a_table_names_sequences_and_motif_and_has_its_columns_where_nothing_is_found():
    named = sd.Sequences.from_strings(["GATTACA", "CCCCCCC"], names=["one", "two"])
    table = find_sites(named, Motif.from_string("GATTACA", "site"))
    assert table[["name", "motif"]].to_numpy().tolist() == [["one", "site"]]
    none = find_sites(["CCCC"], "GATTACA")
    assert list(none) == ["sequence", "name", "start", "stop", "strand", "motif", "score"]
    assert none.dtypes.astype(str).to_dict() == table.dtypes.astype(str).to_dict()


@pytest.mark.parametrize("text", ["TGA.TCA", "TGAC{0,2}TCA", "(TG)A|CC"])
def test_an_expression_matches_from_every_start_of_both_strands(text, seed):
    drawn = ["".join(row) for row in np.random.default_rng(seed).choice(list("ACGT"), (20, 60), p=[0.3, 0.2, 0.2, 0.3])]
    drawn[0] = "AATGACTCATTGATCACC" + drawn[0]
    found = spans(find_sites(drawn, text, method="regex"))
    assert found
    for row, start, stop, strand in found:
        site = drawn[row][start:stop]
        assert re.fullmatch(text, site if strand == "+" else site.translate(OTHER)[::-1])
    for row, sequence in enumerate(drawn):
        for match in re.finditer(f"(?=({text}))", sequence):
            assert any(one == row and a < match.end(1) and match.start(1) < b for one, a, b, _ in found)


def test_fimo_finds_what_consensus_finds_where_only_the_consensus_is_rare_enough(seed):
    """Of 4^10 words one has p = 9.5e-7, and 31 have it or differ in one letter: 3.0e-5, above the threshold."""
    word = "GATTACAGGC"
    matrix = np.eye(4)[["ACGT".index(letter) for letter in word]] * 0.96 + 0.01
    texts = ["".join(row) for row in np.random.default_rng(seed).choice(list("ACGT"), (40, 50))]
    texts = [
        text[: 3 + i] + (word if i % 2 else word.translate(OTHER)[::-1]) + text[13 + i :]
        for i, text in enumerate(texts)
    ]
    texts[0] = texts[0][:43]  # one is shorter, and padded
    ours, theirs = (
        find_sites(texts, Motif(word, matrix), method=name, threshold=1e-5) for name in ("consensus", "fimo")
    )
    assert len(ours) >= 40
    assert spans(ours) == spans(theirs)


def test_fimo_does_not_read_padding():
    """Zeros score as well as uniform letters would: GATTACAGG and no letter more has p below 1e-4."""
    table = find_sites(["AAAGATTACAGG", "A" * 20], "GATTACAGGC", method="fimo", threshold=1e-3)
    assert spans(table) == []


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"method": "meme"}, "consensus, regex, fimo"),
        ({"motif": "GA(", "method": "regex"}, "regular expression"),
        ({"motif": "A*", "method": "regex"}, "matches the empty string: a site has at least one letter"),
        ({"motif": Motif.from_string("GA"), "method": "regex"}, "a Motif as `motif`"),
        ({"motif": "GAUU"}, "`motif` GAUU is RNA and `sequences` are DNA"),
        ({"motif": "GATTAC", "method": "fimo"}, "threshold=.* above 0.00024"),
        ({"method": "fimo", "threshold": 2.0}, "threshold=2.0"),
        ({"method": "fimo", "threshold": "x"}, "threshold='x'"),
        ({"motif": "NN."}, "pattern NN. has no letter"),
    ],
)
def test_what_can_not_be_found_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        find_sites(**{"sequences": ["GATTACATT"], "motif": "GATTACA"} | call)
    assert list(METHODS) == ["consensus", "regex", "fimo"]


def test_an_expression_is_read_in_the_letters_of_the_sequences():
    dna, rna = Sequences.from_strings(["CCTGACTCACC"], DNA), Sequences.from_strings(["CCUGACUCACC"], RNA)
    assert find_sites(dna, "tga.tca", method="regex")["start"].tolist() == [2]
    with pytest.raises(InputError, match=r"with U.*Write it in ACGT"):
        find_sites(dna, "UGA.UCA", method="regex")
    with pytest.raises(InputError, match=r"with T.*Write it in ACGU"):
        find_sites(rna, "TGA.TCA", method="regex")
