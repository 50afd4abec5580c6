"""Files of sequences: what is accepted. Errors name the file and the record."""

from __future__ import annotations

import gzip
from dataclasses import replace

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.files.fasta import read_fasta
from seqdo.sequences.sequence_file import read_sequences
from seqdo.sequences.sequences import FileRead, Sequences


@pytest.fixture
def write(tmp_path):
    """A file of this name and text."""

    def write_(name, text):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_


def test_names_letters_and_alphabet_are_those_of_the_file(write):
    block = read_fasta(write("two.fa", ">a first one\nACGT\nAC\n\n>b\r\nGG\r\n"))
    assert (block.names, block.to_strings(), block.alphabet) == (("a", "b"), ["ACGTAC", "GG"], DNA)
    assert block.lengths.tolist() == [6, 2]


def test_seq_01_lower_case_is_accepted_and_reported_once(write):
    with pytest.warns(UserWarning, match="soft mask") as caught:
        block = read_fasta(write("lc.fa", ">a\nacgtACGTacgt\nACGTacgt\n>b\nACGT\n"))
    assert block.to_strings() == ["ACGTACGTACGTACGTACGT", "ACGT"]
    assert [str(warning.message) for warning in caught] == [
        "1 of 2 sequences have lower-case letters (soft mask), which are read as upper case. "
        'To change this, write masked="error" or "N"'
    ]
    assert caught[0].filename == __file__


def test_seq_01_upper_case_is_not_reported(write, recwarn):
    read_fasta(write("uc.fa", ">a\nACGT\n"))
    assert not recwarn


def test_seq_01_masked_letters_can_be_refused_or_unknown(write):
    path = write("lc.fa", ">a\nACGT\n>b\nACgt\n")
    with pytest.raises(
        InputError,
        match=r"lc\.fa: 1 of 2 sequences have lower-case letters.*'b' first, and masked=\"error\": only upper-case",
    ):
        read_fasta(path, masked="error")
    with pytest.raises(InputError, match=r"1 of 2 sequences have an N, and n=\"error\": 'b' 2 \(50\.00%\)"):
        read_fasta(path, masked="N")
    with pytest.warns(UserWarning, match="read as N"), pytest.warns(UserWarning, match="left out"):
        assert read_fasta(path, masked="N", n="drop").names == ("a",)


def test_seq_03_t_in_an_rna_file_is_refused_with_both_ways_out(write):
    path = write("t.fa", ">a\nACG\n>b\nACGTACGT\n")
    with pytest.raises(InputError, match=r"t\.fa: record 'b' has a T at position 3.*alphabet=sd\.DNA.*t_as_u=True"):
        read_fasta(path, alphabet=RNA)


def test_seq_03_t_is_read_as_u_when_that_is_requested(write):
    path = write("t.fa", ">a\nACGTN\n")
    block = read_fasta(path, t_as_u=True, n="sample", rng=0)
    assert (block.to_strings()[0][:4], block.alphabet) == ("ACGU", RNA)
    with pytest.raises(InputError, match=r"t_as_u=True with alphabet=sd\.DNA"):
        read_fasta(path, alphabet=DNA, t_as_u=True, n="sample")


def test_seq_03_u_in_a_dna_file_and_both_in_one_are_refused(write):
    with pytest.raises(InputError, match=r"u\.fa: record 'a' has a U at position 1.*alphabet=sd\.RNA"):
        read_fasta(write("u.fa", ">a\nAUG\n"), alphabet=DNA)
    with pytest.raises(InputError, match="record 'b' has a T and record 'a' a U"):
        read_fasta(write("both.fa", ">a\nAUG\n>b\nATG\n"))


def test_seq_04_n_is_an_error_with_count_and_share_of_each_record(write):
    path = write("n.fa", ">a\nACGNNNNT\n>b\nACGT\n>c\nNACG\n")
    with pytest.raises(
        InputError, match=r"n\.fa: 2 of 3 sequences have an N, and n=\"error\": 'a' 4 \(50\.00%\), 'c' 1 \(25\.00%\)"
    ):
        read_fasta(path)


def test_seq_04_drop_leaves_the_sequences_with_n_out_and_says_so(write):
    path = write("n.fa", ">a\nACGNNNNT\n>b\nACGT\n")
    with pytest.warns(UserWarning, match="1 of 2 sequences have an N and were left out"):
        assert read_fasta(path, n="drop").names == ("b",)
    with pytest.raises(InputError, match=r"all 1 sequences have an N, and n=\"drop\": no sequence would be left"):
        read_fasta(write("all.fa", ">a\nN\n"), n="drop")


def test_seq_04_sample_fills_n_uniformly_and_the_same_for_the_same_seed(write, seed):
    """Chi-square with 3 degrees of freedom above 21.1: one seed in 10,000."""
    path = write("n.fa", ">a\n" + "N" * 4000 + "\n>b\nAC" + "N" * 3000 + "GT\n")
    block = read_fasta(path, n="sample", rng=seed)
    assert (block.codes == read_fasta(path, n="sample", rng=seed).codes).all()
    assert (block.codes != read_fasta(path, n="sample", rng=seed + 1).codes).any()
    text = block.to_strings()[1]
    assert text[:2] + text[-2:] == "ACGT"
    counts = np.bincount(np.concatenate([block.codes[0], block.codes[1, 2:3002]]), minlength=4)
    assert counts.sum() == 7000
    assert ((counts - 1750) ** 2 / 1750).sum() < 21.1


def test_seq_04_a_filled_letter_does_not_decide_the_alphabet(write):
    assert read_fasta(write("n.fa", ">a\nACG" + "N" * 99 + "\n"), n="sample", rng=0).alphabet is None


def test_seq_05_gaps_are_refused_by_place(write):
    with pytest.raises(InputError, match=r"gap\.fa: '-' at position 2 of a.*no gaps"):
        read_fasta(write("gap.fa", ">a\nAC--GT\n"))


@pytest.mark.parametrize("text", ["", "\n\n", b"\x1f\x8b" + b""])
@pytest.mark.parametrize("read", [read_fasta, read_sequences])
def test_seq_07_an_empty_file_holds_no_sequences(write, text, read):
    path = write("empty.fa", gzip.compress(b"") if text == b"\x1f\x8b" else text)
    with pytest.raises(InputError, match=r"empty\.fa holds no sequences"):
        read(path)


@pytest.mark.parametrize("text", [">a\n>b\nACGT\n", ">b\nACGT\n>a\n", ">b\nACGT\n>a\n\n"])
def test_seq_08_an_empty_record_is_refused_by_name(write, text):
    with pytest.raises(InputError, match=r"emptyrec\.fa: record 'a' is empty \(length 0\)"):
        read_fasta(write("emptyrec.fa", text))


def test_seq_09_letters_before_a_header_are_refused_by_line(write):
    with pytest.raises(InputError, match=r"nohead\.fa: line 2: 'ACGT': a header that starts with > is needed"):
        read_fasta(write("nohead.fa", "\nACGT\nACGT\n"))


def test_a_header_without_a_name_is_refused_by_line(write):
    with pytest.raises(InputError, match=r"x\.fa: line 3: a header without a name"):
        read_fasta(write("x.fa", ">a\nACGT\n> \nACGT\n"))


def test_seq_16_two_records_of_one_name_are_refused_with_both(write):
    path = write("dup.fa", ">b\nACGT\n>a x\nACGT\n>a y\nTTTT\n")
    with pytest.raises(InputError, match=r"dup\.fa: records 2 and 3 \(lines 3 and 5\) are both named 'a'"):
        read_fasta(path)


def test_plain_text_has_one_sequence_to_a_line(write):
    block = read_sequences(write("plain.txt", "ACGT\n\n  GG \r\n"))
    assert (block.names, block.to_strings()) == (("line 1", "line 3"), ["ACGT", "GG"])
    with pytest.raises(InputError, match=r"plain\.txt: 'X' at position 1 of line 2"):
        read_sequences(write("plain.txt", "ACGT\nAXG\n"))


@pytest.mark.parametrize("text", ["\ufeff>a\nACGT\n", ">a\nACGT\n"])
def test_fasta_is_known_by_its_first_letter(write, text):
    assert read_sequences(write("x", text)).names == ("a",)


@pytest.mark.parametrize("wrong", [{"n": "fill"}, {"masked": "lower"}])
def test_an_option_of_another_name_is_refused_with_those_there_are(write, wrong):
    with pytest.raises(InputError, match=r"one of \""):
        read_fasta(write("a.fa", ">a\nACGT\n"), **wrong)


def test_sequences_know_the_call_that_read_them_and_no_part_of_them_does(tmp_path):
    path = tmp_path / "two.fa"
    path.write_text(">a\nACGN\n>b\nGG\n")
    read = read_sequences(path, DNA, n="sample", rng=np.int64(3))
    assert read.file == FileRead("read_sequences", str(path), {"alphabet": "dna", "n": "sample", "rng": 3})
    again = read_sequences(read.file.path, DNA, n="sample", rng=3)
    assert again.to_strings() == read.to_strings()
    with pytest.warns(UserWarning, match="left out"):
        assert read_fasta(path, n="drop").file == FileRead("read_fasta", str(path), {"n": "drop"})
    assert read[:1].file is None
    assert replace(read, alphabet=None).file is None
    assert Sequences.from_strings(["AC"]).file is None


def test_a_seed_that_the_call_can_not_name_leaves_it_out(tmp_path):
    (tmp_path / "one.fa").write_text(">a\nACGN\n")
    seed = np.random.SeedSequence(3, spawn_key=(1,))
    assert read_fasta(tmp_path / "one.fa", n="sample", rng=seed).file is None
    drawn = read_fasta(tmp_path / "one.fa", n="sample")
    assert read_fasta(tmp_path / "one.fa", **drawn.file.options).to_strings() == drawn.to_strings()


AMBIGUOUS = {"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT",
             "V": "ACG", "N": "ACGT"}  # fmt: skip
"""Cornish-Bowden 1985, Nucleic Acids Res. 13:3021."""


@pytest.mark.parametrize("letter", AMBIGUOUS)
@pytest.mark.parametrize("alphabet", [DNA, RNA])
def test_every_ambiguous_letter_follows_n(write, seed, letter, alphabet):
    """Each base of a letter has its share: within 5 standard deviations, so one test in 10**6 fails."""
    t = alphabet.letters[3]
    path = write("x.fa", f">a\nAC{letter * 4000}{t}\n>b\nGG{t}\n")
    with pytest.raises(InputError, match=f"1 of 2 sequences have .*{letter}.*first {letter} at position 2 of 'a'"):
        read_fasta(path)
    with pytest.warns(UserWarning, match="left out"):
        assert read_fasta(path, n="drop").names == ("b",)
    read = read_fasta(path, alphabet, n="sample", rng=seed)
    assert read.alphabet is alphabet
    drawn = read.to_strings()[0][2:-1]
    bases = AMBIGUOUS[letter].replace("T", t)
    assert set(drawn) == set(bases)
    k = len(bases)
    for base in bases:
        assert abs(drawn.count(base) - 4000 / k) < 5 * np.sqrt(4000 / k * (1 - 1 / k))
    assert read.to_strings()[0][:2] == "AC"


def test_letters_of_several_codes_are_listed_and_masked_ones_count_too(write):
    path = write("x.fa", ">a\nACNRY\n>b\nACGT\n")
    with pytest.raises(InputError, match=r"have an ambiguous letter \(N, R, Y\), and n=\"error\": 'a' 3 \(60\.00%\)"):
        read_fasta(path)
    with pytest.warns(UserWarning, match="lower-case"), pytest.warns(UserWarning, match="left out"):
        assert read_sequences(write("x.txt", "acry\nACGT\n"), n="drop").names == ("line 2",)
    with pytest.raises(InputError, match="'X' at position 1 of a"):
        read_fasta(write("x.fa", ">a\nAX\n"), n="sample", rng=0)


@pytest.mark.parametrize("letter", [*AMBIGUOUS, "n", "r"])
def test_an_ambiguous_letter_in_memory_is_named_with_its_place(letter):
    with pytest.raises(InputError, match=rf"'{letter}' at position 2 of b.*read_fasta.*drop.*sample"):
        Sequences.from_strings(["ACGT", f"AC{letter}G"], names=["a", "b"])
