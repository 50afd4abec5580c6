"""What is written is read again: by us, and as the format says."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.motifs.files.meme import write_motifs
from seqdo.motifs.files.motif_file import read_motifs
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, RNA


@pytest.mark.parametrize("alphabet", [DNA, RNA])
def test_motifs_come_back_to_the_last_written_digit(tmp_path, alphabet):
    rng = np.random.default_rng(0)
    given = [Motif(f"m{w}", rng.dirichlet(np.ones(4), w), alphabet, axis=1) for w in (3, 8)]
    back = read_motifs(write_motifs(given, tmp_path / "two.meme"))
    assert [motif.name for motif in back] == ["m3", "m8"]
    for one, two in zip(given, back, strict=True):
        assert two.alphabet is alphabet
        assert np.abs(one.matrix - two.matrix).max() < 2e-6
    assert [path.name for path in tmp_path.iterdir()] == ["two.meme"]


def test_no_motifs_and_two_alphabets_are_refused(tmp_path):
    for given in ([], [Motif.from_string("GAT"), Motif.from_string("GAU")]):
        with pytest.raises(InputError, match="one alphabet"):
            write_motifs(given, tmp_path / "none.meme")
    for given in ("GATTACA", ["GATTACA"], Motif.from_string("GAT"), None):
        with pytest.raises(InputError, match="a list of Motifs"):
            write_motifs(given, tmp_path / "none.meme")
    for path in (tmp_path / "absent" / "one.meme", tmp_path):
        with pytest.raises(InputError, match="folder"):
            write_motifs([Motif.from_string("GAT")], path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", " ", "two\nlines"])
def test_a_name_that_a_meme_file_can_not_hold_is_refused(tmp_path, name):
    motif = Motif(name, np.eye(4))
    with pytest.raises(InputError, match="name on one line"):
        write_motifs([motif], tmp_path / "m.meme")
    assert not list(tmp_path.iterdir())


def test_a_path_that_can_not_be_written_to_is_refused(tmp_path):
    with pytest.raises(InputError, match="can't be written"):
        write_motifs([Motif("one", np.eye(4))], tmp_path / ("m" * 300))
