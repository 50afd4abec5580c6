"""Motif files: what is written can be read, and both formats give the same motifs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motif_files import as_jaspar, as_meme
from strategies import motifs

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs, write_motifs
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, RNA

SHARED = Path(__file__).parents[3] / ".." / "shared" / "data" / "motifs" / "JASPAR_CORE_2016_vertebrates.meme"
needs_data = pytest.mark.skipif(
    not SHARED.parents[1].is_dir(), reason="the real motifs are in ../shared/data, which is not beside this clone"
)


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


@pytest.mark.parametrize("alphabet", [DNA, RNA])
def test_motifs_come_back_to_the_last_written_digit(tmp_path, alphabet):
    rng = np.random.default_rng(0)
    written = [Motif(f"m{w}", rng.dirichlet(np.ones(4), w), alphabet, axis=1) for w in (3, 8)]
    back = read_motifs(write_motifs(written, tmp_path / "two.meme"))
    assert [motif.name for motif in back] == ["m3", "m8"]
    for before, after in zip(written, back, strict=True):
        assert after.alphabet is alphabet
        assert np.abs(before.matrix - after.matrix).max() < 2e-6
    assert [path.name for path in tmp_path.iterdir()] == ["two.meme"]


def test_no_motifs_and_two_alphabets_are_refused(tmp_path):
    for wrong, problem in (
        ([], "is empty"),
        ([Motif.from_string("GAT"), Motif.from_string("GAU")], "of DNA and of RNA"),
    ):
        with pytest.raises(InputError, match=f"`motifs` .*{problem}.*one alphabet"):
            write_motifs(wrong, tmp_path / "none.meme")
    for wrong, problem in (
        ("GATTACA", "is of type str"),
        (["GATTACA"], "has items of type str"),
        (Motif.from_string("GAT"), "is of type Motif"),
        (None, "is of type NoneType"),
    ):
        with pytest.raises(InputError, match=f"`motifs` .*{problem}: a list of Motifs"):
            write_motifs(wrong, tmp_path / "none.meme")
    for path in (tmp_path / "absent" / "one.meme", tmp_path):
        with pytest.raises(InputError, match=r"path=.*folder"):
            write_motifs([Motif.from_string("GAT")], path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", " ", "two\nlines"])
def test_a_name_that_a_meme_file_can_not_hold_is_refused(tmp_path, name):
    motif = Motif(name, np.eye(4))
    with pytest.raises(InputError, match="name on one line"):
        write_motifs([motif], tmp_path / "m.meme")
    assert not list(tmp_path.iterdir())


def test_a_path_that_can_not_be_written_to_is_refused(tmp_path):
    with pytest.raises(InputError, match="File name too long"):
        write_motifs([Motif("one", np.eye(4))], tmp_path / ("m" * 300))
