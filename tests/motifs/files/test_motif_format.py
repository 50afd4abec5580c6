"""Formats: any motif comes back from each, from its content alone and by name; other files are told what they are."""

from __future__ import annotations

import gzip
import warnings
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import assume, given, settings
from motif_files import (
    MEME,
    as_cisbp,
    as_clusterbuster,
    as_homer,
    as_jaspar,
    as_log_odds,
    as_meme,
    as_transfac,
    as_uniprobe,
    matches_or_ambiguous,
)
from strategies import motifs

from seqdo.errors import InputError
from seqdo.motifs.files.motif_file import read_motifs
from seqdo.motifs.files.motif_format import FORMATS
from seqdo.motifs.motif import Motif

# How each format is written, and how far a probability may be off: half of its last digit, before and after rescaling.
WRITERS = {
    "meme": (as_meme, 3e-6),
    "jaspar": (as_jaspar, 1e-12),
    "transfac": (as_transfac, 1e-12),
    "homer": (as_homer, 3e-3),
    "cisbp": (as_cisbp, 1e-12),
    "uniprobe": (as_uniprobe, 1e-12),
    "clusterbuster": (as_clusterbuster, 1e-12),
    "hocomoco": (lambda name, matrix: as_log_odds(name, matrix, np.log), 1e-12),
}


def test_each_format_of_the_table_has_a_law():
    assert {kind.name for kind in FORMATS} == set(WRITERS)


@pytest.mark.parametrize("format", WRITERS)
@settings(max_examples=25, deadline=None)
@given(motif=motifs())
def test_any_motif_comes_back_from_each_format(tmp_path_factory, format, motif):
    """By name always; from the content unless that is refused as ambiguous, which labels and headers exclude."""
    writer, tolerance = WRITERS[format]
    matrix = (motif.matrix + 1e-3) / (1 + 4e-3) if format == "hocomoco" else motif.matrix
    assume(format != "hocomoco" or np.ptp(matrix) > 0)  # equal letters have the score 0 to any base
    path = tmp_path_factory.mktemp("motifs") / "m.txt"
    path.write_text(writer("a name", matrix))
    (read,) = read_motifs(path, format=format)
    assert read.name == "a name"
    np.testing.assert_allclose(read.matrix, matrix, atol=tolerance)
    if format in ("clusterbuster", "hocomoco") and motif.width == 4:
        assert matches_or_ambiguous(path, matrix, tolerance)
    else:
        np.testing.assert_allclose(read_motifs(path)[0].matrix, matrix, atol=tolerance)


@pytest.mark.parametrize("format", WRITERS)
def test_gzip_windows_newlines_and_a_byte_order_mark_change_nothing(format, write):
    matrix = np.array([[0.5, 0.25, 0.125, 0.125], [0.125, 0.625, 0.125, 0.125], [0.25, 0.25, 0.375, 0.125]])
    text = WRITERS[format][0]("a name", matrix)
    for data in (text.replace("\n", "\r\n").encode(), gzip.compress(text.encode()), ("\ufeff" + text).encode()):
        (motif,) = read_motifs(write(data))
        assert motif.name == "a name"
        np.testing.assert_allclose(motif.matrix, matrix, atol=1e-12)


@pytest.mark.parametrize("name", ["MEME", "meme", "me-me"])
def test_a_format_is_named_in_any_case(name, write):
    assert len(read_motifs(write(MEME), format=name)) == 1


@pytest.mark.parametrize("name", ["pfm", "", "cb", 4])
def test_an_unknown_format_is_refused_with_those_that_exist(name, write):
    with pytest.raises(InputError, match=r"format=.*meme, transfac, cisbp"):
        read_motifs(write(MEME), format=name)


@pytest.mark.parametrize("format", sorted(set(WRITERS) - {"meme"}))
def test_a_file_of_another_format_is_refused_by_its_name(format, write):
    with pytest.raises(InputError, match=rf"format='{format}': .*looks like meme"):
        read_motifs(write(MEME), format=format)


def test_motifs_of_one_file_are_equal_in_all_formats(write):
    """MA0004.1 (Arnt): 20 sites."""
    counts = np.array([[4, 16, 0, 0], [19, 0, 1, 0], [0, 20, 0, 0], [0, 0, 20, 0], [0, 0, 0, 20], [0, 0, 20, 0]])
    expected = Motif.from_counts("Arnt", counts)
    for format, (writer, _) in WRITERS.items():
        if format != "hocomoco":
            table = counts if format in ("jaspar", "transfac", "clusterbuster") else expected.matrix
            (motif,) = read_motifs(write(writer("Arnt", table)))
            np.testing.assert_allclose(motif.matrix, expected.matrix, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "content", "fix"),
    [
        (">s1\nACGTACGT\n>s2\nAAA\n", "FASTA", "read_sequences"),
        (">p1 kinase\nMKVLAAGIT*\n", "FASTA", "read_sequences"),
        (">MA0001\tAGL3\t1\nccatATATAG\n", "FASTA", "from_string"),
        ("chr1\t100\t200\tpeak1\t5\t+\n", "BED", "motif file"),
        ("chr2 5 10\n", "BED", "motif file"),
        ("chrom\tstart\tend\nchr1\t1\t2\n", "BED", "motif file"),
        ("track name=x\nchr1\t1\t2\n", "BED", "motif file"),
        ("# peaks\nchr1\t100\t200\t.\t0\t.\t5.1\t2\t3\t50\n", "BED", "motif file"),
        ("##fileformat=VCFv4.2\n#CHROM\tPOS\n", "VCF", "read_variants"),
        ("chr1\tHAVANA\tgene\t11869\t14409\t.\t+\t.\tx\n", "GTF", "motif file"),
        ("##gff-version 3\n", "GFF", "motif file"),
        ("@r1\nACGT\n+\nIIII\n", "FASTQ", "motif file"),
        ("motif_id\tmotif_alt_id\tsequence_name\tstart\tstop\n", "FIMO", "motif file"),
        ("<?xml version='1.0'?>\n<MEME version='5'>\n", "XML", "text output"),
        ("<!DOCTYPE HTML>\n<html>\n", "HTML", "text output"),
        ('{"name": "x"}\n', "JSON", "motif file"),
        ("TGASTCA\nGATTACA\n", "pattern", "from_string"),
        ("hello, world\n", "hello, world", "from_counts"),
        ("# only a comment\n", "only a comment", "from_counts"),
    ],
)
def test_another_kind_of_file_is_told_what_it_is(text, content, fix, write):
    for errors in ("raise", "skip"):
        with pytest.raises(InputError, match=r"line .*MEME version") as error:
            read_motifs(write(text), errors=errors)
        assert content in error.value.problem
        assert fix in error.value.fix


@pytest.mark.parametrize("format", WRITERS)
def test_a_damaged_file_gives_motifs_or_an_error_of_ours(format, write, seed):
    """Lines are lost, repeated and replaced at random. Any other exception fails the test."""
    rng = np.random.default_rng(seed)
    matrix = np.array([[0.5, 0.25, 0.125, 0.125], [0.125, 0.625, 0.125, 0.125], [0.25, 0.25, 0.375, 0.125]])
    lines = (2 * WRITERS[format][0]("a", matrix)).splitlines()
    damage = [
        "nan",
        "-1 2 x",
        ">",
        "MOTIF",
        "//",
        "P0 A C G T",
        "A C G T",
        "A:",
        "0.1\t0.2",
        "\t1 1 1 1",
        "w= 9",
        "[",
        "#",
    ]
    for _ in range(60):
        kept = [line for line in lines if rng.random() > 0.1]
        for place in rng.integers(0, len(kept) + 1, 2):
            kept.insert(place, str(rng.choice([*damage, *lines])))
        with warnings.catch_warnings(), suppress(InputError):
            warnings.simplefilter("ignore")
            read_motifs(write("\n".join(kept)), format=rng.choice([None, format]), errors=rng.choice(["raise", "skip"]))
