"""Letters at loci: each window is cut out of the text of the genome by hand."""

from __future__ import annotations

import gzip
import importlib.util
import io
import struct
import types
import zipfile
import zlib

import numpy as np
import pandas as pd
import pytest

import seqdo as sd
from seqdo.errors import InputError

RNG = np.random.default_rng(5)
CHR1 = "".join(RNG.choice(list("ACGTacgt"), 317))
CHR2 = "".join(RNG.choice(list("ACGT"), 80))
CONTIGS = {"chr1": CHR1, "chr2": CHR2, "chrM": "ACGTACGTACGT", "chrN": "ACGTNNACGTRACGT"}
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def reverse_complement(text):
    return text.translate(COMPLEMENT)[::-1]


def fasta_text(width=50):
    parts = []
    for name, text in CONTIGS.items():
        parts.append(f">{name} assembled\n")
        parts += [text[i : i + width] + "\n" for i in range(0, len(text), width)]
    return "".join(parts)


@pytest.fixture
def genome(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(fasta_text())
    return path


@pytest.fixture
def write(tmp_path):
    def write_(name, text):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_


def upper(contig, start, stop):
    return CONTIGS[contig][start:stop].upper()


# --- formats ---


@pytest.mark.parametrize("columns", [3, 4, 5, 6, 8, 9, 12])
def test_a_bed_of_any_width_is_0_based_and_half_open(genome, write, columns):
    rows = [["chr1", 10, 25, "a", 0, "+", 10, 25, "0,0,0", 1, "15", "0"],
            ["chr2", 5, 7, "b", 0, "-", 5, 7, "0", 1, "2", "0"]]  # fmt: skip
    lines = ["track name=peaks description=x", "browser position chr1:1-100", "# a comment", ""]
    lines += ["\t".join(map(str, row[:columns])) for row in rows]
    read = sd.read_loci(write("x.bed", "\n".join(lines) + "\n"), genome)
    second = upper("chr2", 5, 7)
    assert read.to_strings() == [upper("chr1", 10, 25), reverse_complement(second) if columns >= 6 else second]
    strands = ("(+)", "(-)") if columns >= 6 else ("", "")
    named = ("a", "b") if columns >= 4 else (f"chr1:10-25{strands[0]}", f"chr2:5-7{strands[1]}")
    assert read.names == named
    assert read.alphabet is sd.DNA


def test_white_space_windows_line_ends_gzip_and_a_byte_order_mark_change_nothing(genome, write):
    text = "chrom\tstart\tend\nchr1\t3\t9\nchr2\t0\t4\n"
    expected = [upper("chr1", 3, 9), upper("chr2", 0, 4)]
    for name, content in (
        ("a.bed", text), ("b.bed", text.replace("\t", "  ")), ("c.bed", text.replace("\n", "\r\n")),
        ("d.bed.gz", gzip.compress(text.encode())), ("e.bed", "\ufeff" + text), ("f.txt", text),
    ):  # fmt: skip
        assert sd.read_loci(write(name, content), genome).to_strings() == expected, name


def narrow(*rows):
    return "".join(
        f"chr1\t{a}\t{b}\t{name}\t900\t{strand}\t7.5\t-1\t3e2\t{peak}\n" for a, b, name, strand, peak in rows
    )


def test_a_window_of_a_narrow_peak_is_around_its_summit_and_minus_1_is_none(genome, write):
    peaks = write("x.narrowPeak", narrow((100, 200, "a", ".", 20), (100, 200, "b", ".", 60), (50, 81, "c", "-", -1)))
    read = sd.read_loci(peaks, genome, length=10)
    # The summit, base 120 and then 160, is letter 5 of its window; the middle of 50 to 81 is base 65.
    expected = [upper("chr1", 115, 125), upper("chr1", 155, 165), reverse_complement(upper("chr1", 60, 70))]
    assert read.to_strings() == expected
    last = write("last.narrowPeak", narrow((50, 81, "c", "-", 3)))
    assert sd.read_loci(last, genome, length=11, center="middle", stranded=False).to_strings() == [
        upper("chr1", 60, 71)
    ]
    whole = sd.read_loci(write("one.narrowPeak", narrow((100, 200, "a", ".", 20))), genome)
    assert whole.to_strings() == [upper("chr1", 100, 200)]


def test_two_summits_of_one_peak_are_two_windows_with_names_of_their_own(genome, write):
    peaks = write("x.narrowPeak", narrow((100, 200, "a", ".", 20), (100, 200, "a", ".", 60)))
    assert sd.read_loci(peaks, genome, length=4).names == ("a chr1:118-122", "a chr1:158-162")


def test_a_broad_peak_is_a_bed_of_nine_columns(genome, write):
    peaks = write("x.broadPeak", "chr1\t30\t60\tp\t10\t.\t1.5\t2.5\t3.5\n")
    assert sd.read_loci(peaks, genome).to_strings() == [upper("chr1", 30, 60)]
    assert sd.read_loci(peaks, genome, length=50).to_strings() == [upper("chr1", 20, 70)]


GTF = """#!genome-build x
chr1\ts\tgene\t11\t40\t.\t+\t.\tgene_id "g1"; gene_name "A";
chr1\ts\texon\t11\t20\t.\t+\t.\tgene_id "g1"; transcript_id "t1"; exon_id "e1";
chr1\ts\texon\t11\t20\t.\t+\t.\tgene_id "g1"; transcript_id "t2"; exon_id "e1";
chr2\ts\tgene\t21\t60\t.\t-\t.\tgene_id "g2";
"""


def test_a_gtf_counts_from_1_and_includes_the_end(genome, write):
    path = write("x.gtf", GTF)
    read = sd.read_loci(path, genome, feature="gene")
    assert read.names == ("g1", "g2")
    assert read.to_strings() == [upper("chr1", 10, 40), reverse_complement(upper("chr2", 20, 60))]
    starts = sd.read_loci(path, genome, feature="gene", length=6, center="start")
    # The 5' ends are base 10, and base 59 of the - strand.
    assert starts.to_strings() == [upper("chr1", 7, 13), reverse_complement(upper("chr2", 56, 62))]
    with pytest.raises(InputError, match=r"x\.gtf, which holds 2 gene, 2 exon.*feature=\"gene\""):
        sd.read_loci(path, genome)
    with pytest.raises(InputError, match=r"feature='CDS'.*2 gene"):
        sd.read_loci(path, genome, feature="CDS")
    with pytest.warns(UserWarning, match="line 4: the same window as line 3"):
        assert sd.read_loci(path, genome, feature="exon", bad="skip").names == ("e1",)


def test_a_gff3_is_named_by_its_ids_and_may_end_in_letters(genome, write):
    text = "##gff-version 3\nchr2\t.\tmRNA\t1\t8\t.\t+\t.\tID=rna1;Parent=g\n##FASTA\n>chr2\nACGT\n"
    read = sd.read_loci(write("x.gff3", text), genome)
    assert (read.names, read.to_strings()) == (("rna1",), [upper("chr2", 0, 8)])


def test_tables_and_regions_of_anndata(genome, write, tmp_path):
    frame = pd.DataFrame({"chr": ["chr1", "chr2"], "start": [4, 1], "end": [8, 9], "strand": ["+", "-"], "x": [1, 2]})
    expected = [upper("chr1", 4, 8), reverse_complement(upper("chr2", 1, 9))]
    assert sd.read_loci(frame, genome).to_strings() == expected
    frame.to_csv(tmp_path / "x.csv", index=False)
    frame.to_parquet(tmp_path / "x.parquet")
    assert sd.read_loci(tmp_path / "x.csv", genome).to_strings() == expected
    assert sd.read_loci(tmp_path / "x.parquet", genome).to_strings() == expected
    assert sd.read_loci(
        {"chrom": ["chr1"], "start": [4], "end": [8], "summit": [6]}, genome, length=2
    ).to_strings() == [upper("chr1", 5, 7)]
    var = pd.DataFrame(index=["chr1:4-8", "chr2:1-9"])
    adata = types.SimpleNamespace(var=var)  # an AnnData object, as far as it is read
    read = sd.read_loci(adata, genome)
    assert read.names == ("chr1:4-8", "chr2:1-9")
    assert read.to_strings() == [upper("chr1", 4, 8), upper("chr2", 1, 9)]
    crested = frame.drop(columns="strand").set_axis(["chr1:4-8", "chr2:1-9"])
    assert sd.read_loci(types.SimpleNamespace(var=crested), genome).to_strings() == read.to_strings()
    with pytest.raises(InputError, match=r"`var` of .*columns gene and the index a, b.*chr1:100-200"):
        sd.read_loci(types.SimpleNamespace(var=pd.DataFrame({"gene": [1, 2]}, index=["a", "b"])), genome)


@pytest.mark.parametrize("columns", [True, False])
def test_an_h5ad_file_is_read_without_the_package(genome, tmp_path, columns):
    """The layout of AnnData's file format: an index named by an attribute, categories with codes."""
    import h5py

    path = tmp_path / "x.h5ad"
    with h5py.File(path, "w") as file:
        file["X"] = np.zeros((3, 2))
        var = file.create_group("var")
        var.attrs["_index"] = "region"
        var.create_dataset("region", data=["chr1:4-8", "chr2:1-9"], dtype=h5py.string_dtype())
        if columns:
            var.create_dataset("start", data=[4, 1])
            var.create_dataset("end", data=[8, 9])
            chromosomes = var.create_group("chr")
            chromosomes.create_dataset("categories", data=["chr1", "chr2"], dtype=h5py.string_dtype())
            chromosomes.create_dataset("codes", data=np.array([0, 1], np.int8))
    read = sd.read_loci(path, genome)
    assert (read.names, read.to_strings()) == (("chr1:4-8", "chr2:1-9"), [upper("chr1", 4, 8), upper("chr2", 1, 9)])
    with pytest.raises(InputError, match=r"regions.*read_loci"):
        sd.read_sequences(path)


def test_numbers_as_pandas_and_r_write_them(genome, write):
    rows = "chr1\t1e+02\t1.2e2\nchr1\t10.0\t20.0\nchr1\t10.5\t20\n"
    with pytest.warns(UserWarning, match="line 3: start '10.5'"):
        read = sd.read_loci(write("x.bed", rows), genome, bad="skip")
    assert read.to_strings() == [upper("chr1", 100, 120), upper("chr1", 10, 20)]
    frame = pd.DataFrame({"chrom": ["chr1"] * 2, "start": [10.0, np.nan], "end": [20.0, 30.0], "summit": [12.0, 15.0]})
    with pytest.warns(UserWarning, match="start ''"):
        assert sd.read_loci(frame, genome, bad="skip", length=2).to_strings() == [upper("chr1", 11, 13)]


# --- genomes ---


def bgzip(data):
    """Blocks of gzip with their size in an extra field, and an empty block at the end (the SAM specification, 4.1)."""
    blocks = []
    for chunk in [*(data[i : i + 100] for i in range(0, len(data), 100)), b""]:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = packer.compress(chunk) + packer.flush()
        size = struct.pack("<H", len(body) + 25)
        header = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + size
        blocks.append(header + body + struct.pack("<II", zlib.crc32(chunk), len(chunk)))
    return b"".join(blocks)


def two_bit(contigs):
    """A 2bit file, by UCSC's description: T C A G are 0 to 3, four to a byte; N and lower case are stretches."""

    def stretches(text, test):
        spans, start = [], None
        for i, letter in enumerate(text + "\0"):
            if test(letter) and start is None:
                start = i
            elif not test(letter) and start is not None:
                spans.append((start, i - start))
                start = None
        return struct.pack(f"<{1 + 2 * len(spans)}I", len(spans), *(s for s, _ in spans), *(n for _, n in spans))

    records = []
    for text in contigs.values():
        codes = ["TCAG".index(letter) if letter in "TCAG" else 0 for letter in text.upper()]
        codes += [0] * (-len(codes) % 4)
        packed = bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in zip(*[iter(codes)] * 4, strict=True))
        n = stretches(text, lambda letter: letter.upper() == "N")
        records.append(struct.pack("<I", len(text)) + n + stretches(text, str.islower) + bytes(4) + packed)
    offset = 16 + sum(5 + len(name) for name in contigs)
    index = b""
    for name, record in zip(contigs, records, strict=True):
        index += bytes([len(name)]) + name.encode() + struct.pack("<I", offset)
        offset += len(record)
    return struct.pack("<4I", 0x1A412743, 0, len(contigs), 0) + index + b"".join(records)


@pytest.mark.filterwarnings("ignore:genome .* is unpacked whole")
@pytest.mark.parametrize("kind", ["plain", "gzip", "bgzip", "gzip without an ending", "2bit", "in memory"])
def test_every_kind_of_genome_gives_the_same_letters(write, kind):
    if kind == "2bit":
        pytest.importorskip("py2bit")
    data = fasta_text().encode()
    # A 2bit file holds no ambiguous letter but N.
    contigs = {name: text for name, text in CONTIGS.items() if name != "chrN"} | {"chrN": "ACGTNNACGTNACGT"}
    genome = {
        "plain": lambda: write("g.fa", data),
        "gzip": lambda: write("g.fa.gz", gzip.compress(data)),
        "bgzip": lambda: write("g.fa.gz", bgzip(data)),
        "gzip without an ending": lambda: write("g.fa", bgzip(data)),
        "2bit": lambda: write("g.2bit", two_bit(contigs)),
        "in memory": lambda: sd.Sequences.from_strings([CHR1, CHR2, CONTIGS["chrM"]], names=["chr1", "chr2", "chrM"]),
    }[kind]()
    loci = {"chrom": ["chr1"] * 3 + ["chr2"], "start": [0, 49, 300, 79], "end": [317, 51, 317, 80]}
    expected = [upper(*place) for place in zip(*loci.values(), strict=True)]
    assert sd.read_loci(loci, genome).to_strings() == expected
    assert sd.read_loci(loci, genome).to_strings() == expected, "with the index of the first time"
    if kind != "in memory":
        with pytest.raises(InputError, match=r"2 of 6 bp are ambiguous letters, first N at position 1"):
            sd.read_loci({"chrom": ["chrN"], "start": [3], "end": [9]}, genome)


def test_bgzip_is_unpacked_where_its_reader_is_missing(write, monkeypatch):
    monkeypatch.setattr("seqdo.sequences.files.genome.find_spec", lambda _: None)
    path = write("g.fa.gz", bgzip(fasta_text().encode()))
    with pytest.warns(UserWarning, match="is unpacked whole") as caught:
        assert sd.read_loci({"chrom": ["chr2"], "start": [3], "end": [9]}, path).to_strings() == [upper("chr2", 3, 9)]
    assert caught[0].filename == __file__
    assert [file.name for file in path.parent.iterdir()] == ["g.fa.gz"]


@pytest.mark.skipif(importlib.util.find_spec("py2bit") is not None, reason="py2bit is installed")
def test_a_2bit_genome_without_its_reader_says_what_to_install(write):
    with pytest.raises(InputError, match=r"py2bit.*pip install 'seqdo\[genome\]'"):
        sd.read_loci({"chrom": ["chr2"], "start": [3], "end": [9]}, write("g.2bit", two_bit(CONTIGS)))


def test_a_damaged_2bit_file_is_refused(write):
    pytest.importorskip("py2bit")
    with pytest.raises(InputError, match="py2bit can't read it"):
        sd.read_loci({"chrom": ["chr2"], "start": [3], "end": [9]}, write("g.2bit", two_bit(CONTIGS)[:20]))


@pytest.mark.parametrize(("table", "contig"), [("1", "chr1"), ("CHR2", "chr2"), ("MT", "chrM"), ("chrM", "chrM")])
def test_names_of_contigs_may_differ_in_chr_and_m(genome, table, contig):
    read = sd.read_loci({"chrom": [table], "start": [2], "end": [9]}, genome)
    assert (read.names, read.to_strings()) == ((f"{table}:2-9",), [upper(contig, 2, 9)])


# --- loci that cannot be used ---

BAD = """chr1\t10\t20\tgood\t0\t+
chr9\t10\t20\tcontig\t0\t+
chr1\t310\t330\tend\t0\t+
chr1\t20\t20\tempty\t0\t+
chr1\t-5\t20\tnegative\t0\t+
chr1\tx\t20\ttext\t0\t+
chr1\t10
chrN\t2\t8\tN\t0\t+
chr1\t30\t40\tstrand\t0\tx
chr1\t10\t20\ttwin\t0\t+
chr2\t10\t20\tgood too\t0\t-
"""
REASONS = {
    2: "the genome has no sequence 'chr9'", 3: "chr1:310-330(+) ends behind the 317 bp of chr1",
    4: "the end 20 is not above the start 20", 5: "the start -5 is below 0", 6: "start 'x' and end '20' are not whole",
    7: "2 columns", 8: "2 of 6 bp are ambiguous letters, first N at position 2", 9: "strand 'x' is none of + - .",
    10: "the same window as line 1",
}  # fmt: skip


def test_every_bad_locus_is_listed_or_left_out(genome, write):
    path = write("x.bed", BAD)
    with pytest.raises(InputError, match=r"9 of 11 loci of x\.bed cannot be used.*bad=\"skip\"") as caught:
        sd.read_loci(path, genome)
    with pytest.warns(UserWarning, match=r"9 of 11 loci of x\.bed cannot be used") as warned:
        read = sd.read_loci(path, genome, bad="skip")
    for number, reason in REASONS.items():
        assert f"line {number}: {reason}" in str(caught.value)
        assert f"line {number}: {reason}" in str(warned[0].message)
        assert reason in read.loci["reason"][number - 1]
    assert read.names == ("good", "good too")
    assert read.to_strings() == [upper("chr1", 10, 20), reverse_complement(upper("chr2", 10, 20))]
    assert read.loci["reason"].eq("").tolist() == [row in (1, 11) for row in range(1, 12)]
    assert list(read.loci.columns) == ["place", "name", "chrom", "start", "end", "strand", "reason"]


def test_a_window_beyond_the_contig_and_a_summit_outside_its_peak_are_bad(genome, write):
    path = write("x.narrowPeak", narrow((3, 20, "a", ".", 1), (30, 40, "b", ".", 10), (50, 60, "c", ".", 5)))
    with pytest.warns(UserWarning, match="the window chr1:-6-14 reaches beyond chr1.*summit at offset 10 is outside"):
        read = sd.read_loci(path, genome, length=20, bad="skip")
    assert read.to_strings() == [upper("chr1", 45, 65)]
    with pytest.raises(InputError, match=r"2 of 2 loci.*their genome"):
        sd.read_loci({"chrom": ["x", "y"], "start": [1, 1], "end": [2, 2]}, genome, bad="skip")


def test_n_in_a_window_is_dropped_or_drawn_among_its_bases(genome, seed):
    loci = {"chrom": ["chrN", "chr2"], "start": [0, 0], "end": [15, 5]}
    with pytest.warns(UserWarning, match="1 of 2 sequences have an ambiguous letter"):
        read = sd.read_loci(loci, genome, n="drop")
    assert read.to_strings() == [upper("chr2", 0, 5)]
    assert read.loci["reason"].tolist() == ["ambiguous letters, and n='drop'", ""]
    drawn = {sd.read_loci(loci, genome, n="sample", rng=seed + k).to_strings()[0] for k in range(40)}
    assert all(text[:4] == "ACGT" and text[6:10] == "ACGT" and text[10] in "AG" for text in drawn)
    assert {text[10] for text in drawn} == {"A", "G"}  # R; equal draws fail once in 2**39
    assert len({text[4] for text in drawn}) == 4
    again = sd.read_loci(loci, genome, n="sample", rng=seed).to_strings()
    assert again == sd.read_loci(loci, genome, n="sample", rng=seed).to_strings()


def test_rna_is_written_with_u(genome):
    read = sd.read_loci({"chrom": ["chr2"], "start": [0], "end": [9]}, genome, alphabet=sd.RNA)
    assert (read.alphabet, read.to_strings()) == (sd.RNA, [upper("chr2", 0, 9).replace("T", "U")])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"length": 0}, "length=0"), ({"length": 2.5}, "length=2.5"), ({"length": True}, "length=True"),
        ({"center": "peak"}, "center='peak'.*'summit'"), ({"bad": "drop"}, "bad='drop'.*'skip'"),
        ({"n": "skip"}, "n='skip'.*\"sample\""), ({"alphabet": "dna"}, "alphabet='dna'.*sd.DNA"),
    ],
)  # fmt: skip
def test_options_that_are_none_are_refused(genome, options, words):
    with pytest.raises(InputError, match=words):
        sd.read_loci({"chrom": ["chr2"], "start": [0], "end": [9]}, genome, **options)


def test_what_is_no_file_of_loci_or_no_genome_is_refused(genome, write):
    loci = {"chrom": ["chr2"], "start": [0], "end": [9]}
    with pytest.raises(InputError, match=r"`path` holds letters.*loci are needed"):
        sd.read_loci(write("x.fa", ">a\nACGT\n"), genome)
    with pytest.raises(InputError, match=r"holds variants \(VCF\).*read_variants"):
        sd.read_loci(write("x.vcf", "##fileformat=VCFv4.2\n#CHROM\tPOS\n"), genome)
    with pytest.raises(InputError, match=r"x\.bed holds no loci"):
        sd.read_loci(write("x.bed", "track name=x\n"), genome)
    with pytest.raises(InputError, match="`loci` is a list"):
        sd.read_loci([("chr1", 1, 2)], genome)
    with pytest.raises(InputError, match="`genome` is a dict"):
        sd.read_loci(loci, {"chr1": "ACGT"})
    with pytest.raises(InputError, match="no such file"):
        sd.read_loci(loci, genome.with_name("missing.fa"))
    with pytest.raises(InputError, match=r"no column.*'start'"):
        sd.read_loci({"chrom": ["chr2"], "end": [9]}, genome)


# --- in place of sequences ---


def other_zip():
    """A zip file that holds no array."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("sheet.xml", "<x/>")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "text", "function"),
    [
        ("x.bed", "chr1\t10\t20\n", "read_loci"), ("x.txt", "chr1 10 20\n", "read_loci"),
        ("x.narrowPeak", narrow((100, 200, "a", ".", 20)), "read_loci"), ("x.gtf", GTF, "read_loci"),
        ("damaged.bed", "ACGT\nGG\n", "read_loci"), ("x.bed", "chr1\tx\t20\n", "read_loci"),
        ("x.csv", "chrom,start,end\nchr1,1,2\n", "read_loci"),
        ("x.vcf", "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t5\t.\tA\tG\n", "read_variants"),
        ("x.txt", "chr1\t5\trs1\tA\tG\n", "read_variants"), ("x.fq", "@a\nACGT\n+\nIIII\n", "seqtk"),
        ("x.bb", b"\xeb\xf2\x89\x87ACGT", "bigBedToBed"), ("x.2bit", two_bit(CONTIGS), "genome="),
        ("x.txt", "chr1:100-200\nchr1:300-400\n", "BED file"), ("x.xlsx", other_zip(), "arrays"),
        ("x.bam", gzip.compress(b"BAM\x01ACGT", mtime=0), "samtools"),
    ],
)  # fmt: skip
def test_other_files_are_never_read_as_letters(write, name, text, function):
    with pytest.raises(InputError, match=rf"{name}: `path` holds (?s:.)*{function}"):
        sd.read_sequences(write(name, text))
    with pytest.raises(InputError):
        sd.read_fasta(write(name, text))


def test_loci_are_read_as_sequences_where_a_genome_is_given(genome, write):
    path = write("x.bed", "chr1\t10\t20\nchr2\t30\t44\n")
    read = sd.read_sequences(path, genome=genome, length=6)
    assert read.to_strings() == [upper("chr1", 12, 18), upper("chr2", 34, 40)]
    assert read.to_strings() == sd.read_loci(path, genome, length=6).to_strings()
    with pytest.raises(InputError, match="`path` holds sequences, and genome="):
        sd.read_sequences(write("x.fa", ">a\nACGT\n"), genome=genome)
    with pytest.raises(InputError, match="length=6 without `genome`"):
        sd.read_sequences(write("x.fa", ">a\nACGT\n"), length=6)
    for given in (str(path), path, [str(path)]):
        with pytest.raises(InputError, match=r"sd\.read_loci\("):
            sd.backgrounds.natural(given)


def test_the_call_of_a_design_reads_the_loci_again(genome, write):
    path = write("x.bed", "".join(f"chr1\t{start}\t{start + 40}\n" for start in range(10, 260, 4)))
    read = sd.read_loci(path, genome, length=36, center="middle")
    design = sd.mutagenesis(read, start=0, stop=2)
    text = f'sd.read_loci("{path}", genome="{genome}", length=36, center="middle")'
    assert text in design.call
    again = eval(design.call, {"sd": sd})  # noqa: S307 - the call of our own design
    assert again.own_sequences.to_strings() == read.to_strings()
    assert again.own_sequences.names == read.names


@pytest.mark.parametrize("extra", ["", "chr1\t1\t9\n"])
def test_the_order_of_windows_is_that_of_the_file(genome, write, seed, extra):
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 270, 30)
    lengths = rng.integers(1, 40, 30)
    rows = dict.fromkeys(zip(starts.tolist(), lengths.tolist(), strict=True))
    text = "".join(f"chr1\t{start}\t{start + length}\n" for start, length in rows if start != 1)
    read = sd.read_loci(write("x.bed", text + extra), genome)
    expected = [upper("chr1", start, start + length) for start, length in rows if start != 1]
    assert read.to_strings() == expected + ([upper("chr1", 1, 9)] if extra else [])


def test_the_table_of_loci_shows_what_the_file_holds_where_it_can_not_be_read(write):
    rows = [
        "chr1 10 20 fine 0 +", "chr1 abc 20 word 0 -", "chr1 10 2.5 part 0 .", "chr1 -5 20 below 0 +",
        "chr1 10 20 strand 0 x", "chr1 10",
    ]  # fmt: skip
    path = write("bad.bed", "".join(row.replace(" ", "\t") + "\n" for row in rows))
    genome = sd.Sequences.from_strings([CHR1], names=["chr1"])
    with pytest.warns(UserWarning, match="5 of 6 loci"):
        table = sd.read_loci(path, genome, bad="skip").loci
    columns = table[["chrom", "start", "end", "name", "strand"]].astype(str).to_numpy().tolist()
    assert columns[:5] == [
        ["chr1", "10", "20", "fine", "+"], ["chr1", "abc", "20", "word", "-"], ["chr1", "10", "2.5", "part", "."],
        ["chr1", "-5", "20", "below", "+"], ["chr1", "10", "20", "strand", "x"],
    ]  # fmt: skip
    assert columns[5][:3] == ["chr1", "10", ""]
    assert table["start"][0] == 10, "a number stays a number"
    assert (table["reason"] == "").tolist() == [True, *[False] * 5]
