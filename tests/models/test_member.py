"""A member's batches, and the error that says which of them failed."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.errors import InputError, RunError
from seqdo.models.adapters.function import FunctionNetwork
from seqdo.models.member import Member
from seqdo.models.readout import whole

MEMBER = Member("net", FunctionNetwork("net", "codes", whole, lambda codes: codes.sum(1)))
CODES = np.arange(10, dtype=np.uint8).reshape(5, 2)


def test_a_member_is_called_by_its_predict():
    assert MEMBER.predict is MEMBER.network
    assert MEMBER.predict(CODES).ravel().tolist() == [1, 5, 9, 13, 17]


def test_batches_are_consecutive_and_the_last_may_be_smaller():
    batches = list(MEMBER.in_batches(CODES, 2, lambda network, codes: network.predict(codes)))
    assert [start for start, _, _ in batches] == [0, 2, 4]
    assert [len(rows) for _, rows, _ in batches] == [2, 2, 1]
    assert np.concatenate([part for _, _, part in batches]).ravel().tolist() == [1, 5, 9, 13, 17]
    assert list(MEMBER.in_batches(CODES[:0], 2, lambda network, codes: network.predict(codes))) == []


def test_a_failure_is_named_with_its_sequences_and_an_error_of_ours_goes_through():
    def breaks(network, rows):
        raise KeyError(int(rows[0, 0]))

    def refuses(network, rows):
        raise InputError("`x`", "y")

    with pytest.raises(RunError, match="`net` failed on sequences 0 to 1: KeyError: 0"):
        next(MEMBER.in_batches(CODES, 2, breaks))
    with pytest.raises(InputError, match="`x`: y"):
        next(MEMBER.in_batches(CODES, 2, refuses))
