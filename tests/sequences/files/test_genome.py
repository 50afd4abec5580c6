"""Letters by name and position."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.sequences.files.genome import genome_letters, sequence_letters
from seqdo.sequences.sequences import Sequences

TEXT = "".join(np.random.default_rng(0).choice(list("ACGTacgtN"), 217))


def fasta(tmp_path, width=10):
    path = tmp_path / "g.fa"
    lines = "\n".join(TEXT[i : i + width] for i in range(0, len(TEXT), width))
    path.write_text(f">chr1 assembled\n{lines}\n>chr2\nTTTT\n")
    return path


def test_every_stretch_of_a_genome_is_that_of_the_text(tmp_path):
    path = fasta(tmp_path)
    with genome_letters(path) as letters:
        assert letters.lengths == {"chr1": 217, "chr2": 4}
        for start, stop in ((0, 0), (0, 1), (9, 11), (7, 135), (210, 217), (215, 230), (0, 217)):
            assert letters.read("chr1", start, stop) == TEXT[start:stop].upper()
    named = Sequences.from_strings(["ACGU", "GG"], names=["a", "b"])
    assert sequence_letters(named).lengths == {"a": 4, "b": 2}
    assert sequence_letters(named).read("a", 1, 9) == "CGU"


def test_a_genome_that_changed_gets_a_new_index(tmp_path):
    path = fasta(tmp_path)
    with genome_letters(path):
        pass
    path.write_text(">chr9\nACGTA\n")
    later = (tmp_path / "g.fa.fai").stat().st_mtime + 10
    os.utime(path, (later, later))
    with genome_letters(path) as letters:
        assert letters.lengths == {"chr9": 5}


def test_a_folder_that_can_not_be_written_keeps_no_index(tmp_path, monkeypatch):
    path = fasta(tmp_path)
    monkeypatch.setattr("seqdo.sequences.files.genome.access", lambda *_: False)
    with genome_letters(path) as letters:
        assert letters.read("chr2", 0, 4) == "TTTT"
    assert not (tmp_path / "g.fa.fai").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.fa", "", "can't read it"),
        ("plain.fa", "ACGT\n", "can't read it.*line 1"),
        ("ragged.fa", ">a\nACG\nACGTT\nA\n", "can't read it.*line 3"),
        ("twice.fa", ">a\nA\n>a\nC\n", "can't read it.*Duplicate"),
        ("packed.fa", b"\x1f\x8b\x08", "gzip data are damaged"),
        ("packed.zip", b"PK", "can't read it.*BGZF"),
    ],
)
def test_a_file_that_is_no_genome_is_refused(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=words), genome_letters(path):
        pass


def test_no_file_no_names_and_no_reader(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no such file"), genome_letters(tmp_path / "no.fa"):
        pass
    with pytest.raises(InputError, match="1 `sequences` without names"):
        sequence_letters(Sequences.from_strings(["ACG"]))
    monkeypatch.setitem(sys.modules, "pyfaidx", None)
    with (
        pytest.raises(InputError, match=r"`pyfaidx` is not installed.*pip install 'seqdo\[genome\]'"),
        genome_letters(fasta(tmp_path)),
    ):
        pass
