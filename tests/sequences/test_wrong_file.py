"""A file of another kind than the one that is needed is refused in three parts, and leaves no index behind."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqdo as sd

PACKED = gzip.compress(b">chr1\n" + bytes(np.random.default_rng(0).choice([65, 67, 71, 84], 4000).tolist()) + b"\n")
FILES: dict[str, str | bytes] = {
    "loci.bed": "chr1\t10\t20\nchr1\t30\t50\n",
    "variants.vcf": "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t10\trs1\tC\tG\n",
    "genes.gtf": 'chr1\tx\tgene\t11\t20\t.\t+\t.\tgene_id "a"\n', "scores.csv": "name,score\na,1\n",
    "words.txt": "hello world\nthis is text\n", "empty.fa": "", "blank.fa": "\n\n \n", "cut.fa.gz": PACKED[:-400],
    "plain.fa.gz": "no gzip", "text.2bit": "hello", "cut.2bit": b"\x43\x27\x41\x1a\0\0\0\0\1\0\0\0",
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(99)), "archive.zip": b"PK\x03\x04" + bytes(range(99)),
    "motifs.meme": "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF M\nletter-probability matrix: w= 1\n 1 0 0 0\n",
    "page.html": "<!DOCTYPE html><html>404</html>", "record.json": '{"a": 1}', "study.yaml": "model: x\n",
    "pointer.fa": "version https://git-lfs.github.com/spec/v1\noid sha256:abc\nsize 12\n",
    "reads.fastq": "@a\nACGT\n+\nIIII\n", "wide.fa": ">a\nACGT\n".encode("utf-16"), "protein.fa": ">a\nMKVLAAGIV\n",
    "alignment.fa": ">a\nAC--GT\n", "genome.fa": ">chr1\n" + "ACGT" * 50 + "\n",
}  # fmt: skip
READERS: dict[str, tuple[Callable[[str], Any], set[str]]] = {
    "genome of loci": (lambda path: sd.read_loci("loci.bed", path), {"genome.fa"}),
    "genome of sequences": (lambda path: sd.read_sequences("loci.bed", genome=path), {"genome.fa"}),
    "genome of variants": (lambda path: sd.variants("variants.vcf", path, length=8), {"genome.fa"}),
    "genome of matched loci": (lambda path: sd.gc_matched_loci("loci.bed", path, rng=0), {"genome.fa"}),
    "loci": (lambda path: sd.read_loci(path, "genome.fa"), {"loci.bed", "genes.gtf"}),
    "variants": (sd.read_variants, {"variants.vcf"}),
    "fasta": (sd.read_fasta, {"genome.fa"}),
    "sequences": (sd.read_sequences, {"genome.fa"}),
    "motifs": (sd.read_motifs, {"motifs.meme"}),
    "one-hot": (sd.read_one_hot, set()),
    "outcomes": (sd.Outcomes.load, set()),
    "design": (sd.design_from_table, set()),
}
"""What is read, and the files that hold it."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore:genome .* is unpacked whole")
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("kind", READERS)
def test_a_file_of_another_kind_is_refused_in_three_parts(kind, file, folder):
    read, fitting = READERS[kind]
    if file in fitting:
        read(file)
        return
    with pytest.raises(sd.InputError) as error:
        read(file)
    assert file in error.value.problem or "cannot be used" in error.value.problem
    assert error.value.accepted
    assert error.value.fix
    indices = {path.name for path in folder.iterdir()} - set(FILES) - {"genome.fa.fai", "protein.fa.fai"}
    assert not indices - {"alignment.fa.fai"}, "only of files that are FASTA"


@pytest.mark.parametrize(
    ("file", "words"),
    [("loci.bed", "these loci lie on"), ("genes.gtf", "these loci"), ("variants.vcf", "these variants lie on")],
)
@pytest.mark.parametrize("kind", [kind for kind in READERS if kind.startswith("genome")])
def test_loci_or_variants_in_place_of_their_genome_are_recognized(kind, file, words, folder):
    with pytest.raises(sd.InputError, match=f"which holds .*{words}"):
        READERS[kind][0](file)


INDICES = ["", "garbage", "chr1\t999\t6\t60\t61\n", "other\t40\t6\t60\t61\n", "chr1\t9\tx\t60\t61\n"]


@pytest.mark.parametrize("index", INDICES)
def test_a_damaged_index_is_no_error_of_another_library(index, folder):
    (folder / "genome.fa.fai").write_text(index, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fix, letters = "", sd.read_loci("loci.bed", "genome.fa").to_strings()
        except sd.InputError as error:
            fix, letters = error.fix, []
    assert fix or letters == [("ACGT" * 50)[10:20], ("ACGT" * 50)[30:50]]
