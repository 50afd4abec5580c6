"""FASTA files, written: read again they are the same, and a failure leaves no part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import seqdo as sd
from seqdo.errors import InputError


@pytest.mark.parametrize("alphabet", [sd.DNA, sd.RNA])
def test_names_and_letters_survive(tmp_path, seed, alphabet):
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice(list(alphabet.letters), size)) for size in (1, 79, 80, 81, 160, 500)]
    names = ["a", "GATTACA@20 + CCGG@30|background 0", "tab\there", 'with "quotes"', "chr1:1-2(+)", "größe"]
    sequences = sd.Sequences.from_strings(texts, alphabet, names)
    assert sequences.write_fasta(tmp_path / "x.fa") == tmp_path / "x.fa"
    read = sd.read_fasta(tmp_path / "x.fa", alphabet)
    assert (read.names, read.to_strings(), read.alphabet) == (tuple(names), texts, alphabet)
    assert sd.read_sequences(tmp_path / "x.fa", alphabet).names == tuple(names)
    lines = (tmp_path / "x.fa").read_text(encoding="utf-8").splitlines()
    assert max(len(line) for line in lines if not line.startswith(">")) == 80
    headers = [line.split()[0] for line in lines if line.startswith(">")]
    assert headers[:3] == [">a", ">GATTACA@20_+_CCGG@30|background_0", ">tab_here"], "what other programs read"


def test_a_description_is_no_name(tmp_path):
    (tmp_path / "x.fa").write_text('>a first name:"b"\nACGT\n>a_b name:"c d"\nAC\n>e name:"e f" more\nAC\n')
    assert sd.read_fasta(tmp_path / "x.fa").names == ("a", "a_b", "e")


def test_unnamed_sequences_codes_and_strings(tmp_path):
    path = sd.write_fasta(["ACGT", "GG"], tmp_path / "x.fa")
    assert sd.read_fasta(path).names == ("sequence_0", "sequence_1")
    sd.write_fasta(np.array([[2, 0, 3], [1, 1, 4]]), path)
    assert sd.read_fasta(path).to_strings() == ["GAT", "CC"]


def test_a_failure_leaves_the_old_file_and_no_part(tmp_path, monkeypatch):
    path = sd.write_fasta(["ACGT"], tmp_path / "x.fa")
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"`names` holds 'a\\nb'"):
        sd.Sequences.from_strings(["GG"], names=["a\nb"]).write_fasta(path)

    def failing(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(InputError, match="can't be written"):
        sd.write_fasta(["TT"], path)
    monkeypatch.undo()
    with pytest.raises(InputError, match="there is no folder"):
        sd.write_fasta(["TT"], tmp_path / "missing" / "x.fa")
    with pytest.raises(InputError, match="is a folder"):
        sd.write_fasta(["TT"], tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["x.fa"]
    assert path.read_bytes() == before
