"""The three layouts of one sequence, letter by letter."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.models.input_layout import check_layout, encode
from seqdo.sequences.alphabet import RNA

CODES = np.array([[0, 1, 2, 3, 4]], np.uint8)


def test_channels_are_a_c_g_t_and_padding_is_zeros():
    first, last = encode(CODES, "NCL"), encode(CODES, "NLC")
    assert first.dtype == last.dtype == np.float32
    assert first[0].tolist() == [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]
    np.testing.assert_array_equal(last, first.transpose(0, 2, 1))
    np.testing.assert_array_equal(encode(RNA.encode("ACGU")[None], "NCL")[0], np.eye(4))


def test_codes_are_a_copy():
    codes = encode(CODES, "codes")
    assert np.array_equal(codes, CODES)
    assert not np.shares_memory(codes, CODES)


def test_a_layout_is_one_of_three_or_not_declared():
    for layout in (None, "NCL", "NLC", "codes"):
        check_layout(layout)
    with pytest.raises(InputError, match=r"`layout='LNC'`.*NCL is one-hot"):
        check_layout("LNC")
