"""Lines of motif files: gzip, names that occur twice, and files that hold no motifs."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest
from motif_files import JASPAR, MEME, as_jaspar

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs


@pytest.mark.parametrize("text", [MEME, JASPAR])
def test_gzip_is_known_by_its_bytes_not_its_name(text, write):
    plain, zipped = write(text), write(gzip.compress(text.encode()), "lying.txt")
    np.testing.assert_array_equal(read_motifs(plain)[0].matrix, read_motifs(zipped)[0].matrix)


def test_motifs_of_one_name_are_all_kept_and_told_apart_mot_13(write):
    names = ["GATA", "GATA", "GATA.2", "GATA", "SOX2"]
    with pytest.warns(UserWarning, match="named GATA") as caught:
        read = read_motifs(write("".join(as_jaspar(name, np.eye(4)[[0, 1]]) for name in names)))
    assert [motif.name for motif in read] == ["GATA", "GATA.3", "GATA.2", "GATA.4", "SOX2"]
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (gzip.compress(MEME.encode())[:-20], "its gzip data are damaged or cut short"),
        (b"\x1f\x8b\x08damaged all through", "its gzip data are damaged or cut short"),
        (b"\x89PNG\xff\xfe", "not a text file"),
    ],
)
def test_a_file_that_is_no_motif_file_is_refused(data, problem, write):
    with pytest.raises(InputError, match=problem):
        read_motifs(write(data))


def test_names_of_authors_in_latin_1_do_not_matter(write):
    text = "MEME version 4\n# Köhler, Müller\n" + MEME[MEME.index("\n") :]
    np.testing.assert_array_equal(
        read_motifs(write(text.encode("latin-1")))[0].matrix, read_motifs(write(MEME))[0].matrix
    )


def test_a_missing_file_is_named_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=re.escape(str(tmp_path.resolve() / "no.meme")) + ".*: there is no such file"):
        read_motifs("no.meme")
