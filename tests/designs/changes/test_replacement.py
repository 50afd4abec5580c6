"""Letters in place of sites: their law, which draws are whose, and that block sizes change nothing."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from scipy.stats import chisquare

import seqdo as sd
from seqdo.backgrounds.flanking_chain import PSEUDO
from seqdo.designs.changes.replacement import Replaced
from seqdo.errors import InputError
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import KEEP
from seqdo.sequences.edit import apply
from seqdo.sequences.stream import root


def column(*values):
    return np.array(values, np.int64)[:, None]


def written(change, sequences, seed=0, first=0):
    return apply(sequences, [change.edit(root(seed), first, sequences)]).to_strings()


def random_texts(n, length, seed, p=None):
    return ["".join(row) for row in np.random.default_rng(seed).choice(list("ACGT"), (n, length), p=p)]


def test_only_the_site_is_written_and_a_sequence_without_it_stays():
    texts = ["A" * 12, "C" * 12, "G" * 9]
    given = sd.Sequences.from_strings(texts, sd.DNA)
    change = Replaced(column(4, -1, 6), column(8, -1, 9), 0, 0)
    edit = change.edit(root(0), 0, given)
    assert (edit.letters[1] == KEEP).all()
    made = written(change, given)
    assert made[1] == texts[1]
    assert (made[0][:4], made[0][8:]) == ("AAAA", "AAAA")
    assert made[2][:6] == "GGGGGG"
    assert change.columns.tolist() == [4, 5, 6, 7, 8]
    assert change.starts == (4, 6)


def test_a_narrow_site_at_the_end_is_written_where_it_is_though_another_is_wider():
    given = sd.Sequences.from_strings(["A" * 10, "C" * 10], sd.DNA)
    edit = Replaced(column(2, 8), column(8, 10), 0, 0).edit(root(0), 0, given)
    assert edit.start.tolist() == [2, 4]
    assert (edit.letters[1] == KEEP).tolist() == [True] * 4 + [False] * 2


@pytest.mark.parametrize("by", [None, "GAN", "RY"])
def test_the_size_of_blocks_changes_no_letter(by, seed):
    given = sd.Sequences.from_strings(random_texts(600, 30, seed), sd.DNA)
    begins = np.full((600, 1), 10)
    begins[::7] = -1
    change = Replaced(begins, np.where(begins < 0, -1, begins + 5), 0, 3, 50, by and Motif.from_string(by))
    whole = written(change, given)
    parts = [written(change, given[a:b], first=a) for a, b in ((0, 100), (100, 256), (256, 511), (511, 600))]
    assert [text for part in parts for text in part] == whole
    assert written(change, given, seed=1) != whole


def test_replicates_and_sequences_are_drawn_apart(seed):
    """600 replicates of three equal sequences: no draw tells of another. A right one fails once in 10,000 seeds."""
    given = sd.Sequences.from_strings(["ACGT" * 5] * 3, sd.DNA)
    spans = column(8, 8, 8), column(12, 12, 12)
    drawn = np.array([[text[8:12] for text in written(Replaced(*spans, 0, r), given, seed)] for r in range(600)])
    first = np.array([[word[0] == "A" for word in row] for row in drawn], float)
    pairs = [*np.corrcoef(first.T)[np.triu_indices(3, 1)], *[np.corrcoef(one[1:], one[:-1])[0, 1] for one in first.T]]
    assert np.abs(pairs).max() < 4.3 / np.sqrt(600)  # P(|z| > 4.3) = 1.7e-5, six times
    assert len({*drawn.ravel()}) > 100


def test_a_site_gets_the_same_letters_whichever_others_are_replaced():
    given = sd.Sequences.from_strings(random_texts(50, 40, 0), sd.DNA)
    begins, ends = np.tile([5, 12, 30], (50, 1)), np.tile([12, 18, 35], (50, 1))  # the first two touch
    sites = [Replaced(begins, ends, k, 0) for k in range(3)]
    alone = [written(site, given) for site in sites]
    joint = apply(given, [site.edit(root(0), 0, given) for site in sites]).to_strings()
    for row, text in enumerate(joint):
        for k, (a, b) in enumerate([(5, 12), (12, 18), (30, 35)]):
            assert text[a:b] == alone[k][row][a:b]


def test_letters_are_those_of_the_flanks(seed):
    """3,000 sites of one letter between other letters, by chi-square: fails once in a million seeds."""
    texts = random_texts(3000, 41, seed, p=[0.45, 0.05, 0.05, 0.45])
    given = sd.Sequences.from_strings([text[:20] + "G" + text[21:] for text in texts], sd.DNA)
    spans = np.full((3000, 1), 20), np.full((3000, 1), 21)
    drawn = Counter(text[20] for text in written(Replaced(*spans, 0, 0, window=20), given, seed))
    expected = np.zeros(4)
    for text in texts:
        near = text[:20] + text[21:]
        mean = np.array([(near.count(letter) + PSEUDO / 4) / (40 + PSEUDO) for letter in "ACGT"])
        after = [
            sum(side[i : i + 2] == text[19] + letter for side in (text[:20], text[21:]) for i in range(19))
            for letter in "ACGT"
        ]
        expected += (np.array(after) + PSEUDO * mean) / (sum(after) + PSEUDO)
    assert chisquare([drawn[letter] for letter in "ACGT"], expected).pvalue > 1e-6
    assert drawn["A"] + drawn["T"] > 0.75 * 3000  # 90 % of what is counted, and half of the 16 of 56 added to it


def test_a_motif_is_written_in_the_middle_on_the_strand_of_the_site():
    given = sd.Sequences.from_strings(["A" * 20] * 3, sd.DNA)
    spans, minus = (column(5, 5, -1), column(12, 12, -1)), np.array([[False], [True], [False]])
    narrow, wide = (Replaced(*spans, 0, 0, 50, Motif.from_string(text), minus) for text in ("CCG", "CCCCCCCGGG"))
    made = written(narrow, given)
    assert [made[0][7:10], made[1][7:10], made[2]] == ["CCG", "CGG", "A" * 20]
    assert written(wide, given) == ["A" * 3 + "CCCCCCCGGG" + "A" * 7, "A" * 3 + "CCCGGGGGGG" + "A" * 7, "A" * 20]
    assert narrow.stranded
    assert not Replaced(*spans, 0, 0, minus=minus).stranded


def test_beside_a_narrow_motif_and_where_it_has_n_letters_are_drawn():
    given = sd.Sequences.from_strings(["T" * 30] * 200, sd.DNA)
    spans = np.full((200, 1), 10), np.full((200, 1), 15)
    made = written(Replaced(*spans, 0, 0, 50, Motif.from_string("CNC")), given)
    assert {text[11] + text[13] for text in made} == {"CC"}
    assert all(len({text[place] for text in made}) == 4 for place in (10, 12, 14))


@pytest.mark.parametrize(("begin", "end", "by", "words"), [(8, 13, None, "site 1 at 8"), (0, 2, "GATTACA", "at -3")])
def test_a_span_off_the_end_is_refused(begin, end, by, words):
    change = Replaced(column(begin), column(end), 0, 0, 50, by and Motif.from_string(by))
    with pytest.raises(InputError, match=words):
        change.check(np.array([12]))


def test_every_word_can_come_of_two_letters():
    given = sd.Sequences.from_strings(["ACGT" * 10] * 2000, sd.DNA)
    spans = np.full((2000, 1), 20), np.full((2000, 1), 22)
    found = {text[20:22] for text in written(Replaced(*spans, 0, 0), given)}
    assert found == {"".join(word) for word in product("ACGT", repeat=2)}


def test_sites_of_one_sequence_are_drawn_apart(seed):
    """Two sites of one letter with the same flanks in 2,000 sequences: |z| > 4.5 in 7 of a million seeds."""
    given = sd.Sequences.from_strings(["ACGT" * 10] * 2000, sd.DNA)
    begins = np.tile([9, 25], (2000, 1))  # far enough apart, and at one place of the repeat
    one, two = (written(Replaced(begins, begins + 1, k, 0, window=4), given, seed) for k in (0, 1))
    same = np.mean([a[9] == b[25] for a, b in zip(one, two, strict=True)])
    shares = [
        np.mean([text[place] == letter for text in some]) for letter in "ACGT" for some, place in ((one, 9), (two, 25))
    ]
    expected = sum(a * b for a, b in zip(shares[::2], shares[1::2], strict=True))
    assert abs(same - expected) < 4.5 * np.sqrt(expected * (1 - expected) / 2000)


def test_no_letter_of_a_site_has_a_say_in_what_is_drawn_for_one_that_touches_it():
    pair = [sd.Sequences.from_strings(["CATA" * 5 + word + "CATA" * 5] * 300, sd.DNA) for word in ("GGGGCC", "TTTTCC")]
    begins, ends = np.tile([20, 24], (300, 1)), np.tile([24, 26], (300, 1))
    one, two = (written(Replaced(begins, ends, 1, 0), given) for given in pair)
    assert [text[24:26] for text in one] == [text[24:26] for text in two]
