"""Alleles: each background gets those of its row, whichever block it is in."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.designs.changes.alleles import Allele, Alleles, Altered
from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.edit import apply
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root

TEXTS = ["ACGTACGT", "TTTTGGGG", "CCAATTGG"]


def altered(alleles, before="", after="", cut=0, span=(0, 8)):
    coded = [Allele(start, removed, DNA.encode(letters)) for start, removed, letters in alleles]
    return Altered(coded, DNA.encode(before), DNA.encode(after), cut, span)


def change():
    """A deletion filled from the right, nothing, and an insertion that pushes two letters out on the left."""
    rows = [altered([(1, 2, "")], after="TA"), altered([], span=(0, 0)), altered([(4, 0, "AA")], cut=2, span=(0, 6))]
    return Alleles.of("alt", rows)


def written(first, texts):
    block = Sequences.from_strings(texts, DNA)
    return apply(block, [change().edit(root(0), first, block)]).to_strings()


def test_rows_by_hand():
    assert written(0, TEXTS) == ["ATACGTTA", "TTTTGGGG", "AAAATTGG"]


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_block_has_the_rows_of_its_backgrounds(first):
    assert written(first, TEXTS[first:]) == written(0, TEXTS)[first:]


def test_backgrounds_cycle_through_the_rows():
    assert written(3, TEXTS) == written(0, TEXTS)


def test_columns_are_those_of_the_spans():
    spans = [altered([(1, 1, "A")], span=(1, 2)), altered([(5, 2, "CC")], span=(5, 7))]
    own = Alleles.of("alt", spans)
    assert own.columns.tolist() == [1, 5, 6]
    assert own.starts == (1, 5)
    assert own.width == 2


def test_a_sequence_that_is_too_short_for_its_own_row_is_refused():
    with pytest.raises(InputError, match="alt"):
        change().check(np.array([8, 2, 5]))
    change().check(np.array([8, 2, 8]))


def test_no_rows_are_refused():
    with pytest.raises(InputError, match="no rows"):
        Alleles.of("alt", [])
