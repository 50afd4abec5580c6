"""Bad records: all of them are listed at once, and the others can be read."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from motif_files import (
    as_cisbp,
    as_clusterbuster,
    as_homer,
    as_jaspar,
    as_meme,
    as_transfac,
    as_uniprobe,
    one_hot,
)

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs

GOOD, BAD = one_hot("ACGTA"), one_hot("ACGTA") - 2 * one_hot("AAAAA")
"""A motif, and the same with the value -2 or -1 for A at each position."""

WRITERS = {
    "meme": as_meme,
    "jaspar": as_jaspar,
    "transfac": as_transfac,
    "homer": as_homer,
    "cisbp": as_cisbp,
    "uniprobe": as_uniprobe,
    "clusterbuster": as_clusterbuster,
}


def of_all(writer):
    """Four motifs of which the second and the fourth are bad."""
    first, *others = [writer(name, matrix) for name, matrix in zip("abcd", (GOOD, BAD, GOOD, BAD), strict=True)]
    if writer is as_meme:
        others = [text[text.index("MOTIF") :] for text in others]
    return "".join([first, *others])


@pytest.mark.parametrize("format", WRITERS)
def test_all_bad_records_are_listed_in_one_error(format, write):
    path = write(of_all(WRITERS[format]))
    with pytest.raises(InputError, match="2 of 4 motifs can't be read") as error:
        read_motifs(path)
    lines = [line for line in str(error.value).splitlines() if line.startswith("  line ")]
    assert len(lines) == 2
    assert "motif b: -1.0 for A at position 0" in lines[0]
    assert "motif d: -1.0 for A at position 0" in lines[1]
    assert 'errors="skip" to read the other 2 motifs' in str(error.value)
    heads = [
        number
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if f"  line {number}: " in str(error.value)
    ]
    assert len(heads) == 2
    assert type(pickle.loads(pickle.dumps(error.value))) is InputError  # noqa: S301 - our own bytes


@pytest.mark.parametrize("format", WRITERS)
def test_bad_records_are_skipped_with_one_warning_that_lists_them(format, write):
    with pytest.warns(UserWarning, match="2 of 4 motifs can't be read and were skipped") as caught:
        read = read_motifs(write(of_all(WRITERS[format])), errors="skip")
    assert [(motif.name, motif.text) for motif in read] == [("a", "ACGTA"), ("c", "ACGTA")]
    (warning,) = caught
    assert "motif b: -1.0 for A" in str(warning.message)
    assert "motif d: -1.0 for A" in str(warning.message)
    assert warning.filename == __file__


def test_a_file_of_good_motifs_gives_no_warning(write):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_motifs(write(as_jaspar("a", GOOD)), errors="skip")) == 1


def test_one_bad_record_keeps_its_own_advice(write):
    text = as_jaspar("a", GOOD) + as_jaspar("b", BAD)
    with pytest.raises(
        InputError, match=r"line 6: motif b: .*sd\.Motif\.from_pwm\(name, scores\)\. Write errors"
    ) as error:
        read_motifs(write(text))
    assert "other 1 motif" in error.value.fix


def test_a_file_with_only_bad_records_gives_none_when_they_are_skipped(write):
    with pytest.warns(UserWarning, match="1 of 1 motifs can't be read"):
        assert read_motifs(write(as_jaspar("b", BAD)), errors="skip") == []


def test_motifs_without_a_matrix_are_named_whatever_errors_is(write):
    text = as_meme("a", GOOD).replace("MOTIF a", "MOTIF none\n\nMOTIF a b") + "MOTIF last\nURL http://x\n"
    for errors in ("raise", "skip"):
        with pytest.warns(UserWarning, match=r"without a matrix were skipped: none \(line 5\), last \(line 14\)"):
            assert [motif.name for motif in read_motifs(write(text), errors=errors)] == ["a b"]
    with pytest.raises(InputError, match="no matrix for none"):
        read_motifs(write("MEME version 4\nMOTIF none\n"))


@pytest.mark.parametrize("errors", ["ignore", None, True])
def test_errors_has_two_values(errors, write):
    with pytest.raises(InputError, match='"raise" or "skip"'):
        read_motifs(write(as_jaspar("a", GOOD)), errors=errors)


def test_skipped_motifs_do_not_take_a_name(write):
    text = as_jaspar("a", BAD) + as_jaspar("a", GOOD) + as_jaspar("a", np.roll(GOOD, 1, 0))
    with pytest.warns(UserWarning, match="1 of 3 motifs"), pytest.warns(UserWarning, match="is named a"):
        assert [motif.name for motif in read_motifs(write(text), errors="skip")] == ["a", "a.2"]
