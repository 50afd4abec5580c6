"""Names of contigs, matched with those of a genome."""

from __future__ import annotations

import pytest

from seqdo.sequences.files.contigs import contig_advice, matched_contigs

GENOME = ["chr1", "chr2", "chrX", "chrM", "scaffold_7", "10", "chr10"]


@pytest.mark.parametrize(
    ("name", "match"),
    [("chr1", "chr1"), ("1", "chr1"), ("Chr2", "chr2"), ("x", "chrX"), ("MT", "chrM"), ("scaffold_7", "scaffold_7"),
     ("chr10", "chr10"), ("10", "10"), ("Chr10", None), ("chr3", None), ("", None)],
)  # fmt: skip
def test_a_name_is_matched_only_where_one_contig_can_be_meant(name, match):
    assert matched_contigs([name, name], GENOME) == ({name: match} if match else {})


def test_the_advice_names_what_is_near():
    assert contig_advice("Chr10", GENOME) == "it has '10' and 'chr10'"
    assert contig_advice("scaffold7", GENOME) == "it has 'scaffold_7'"
    assert contig_advice("zzz", GENOME) == "it has '10' and 'chr1' and 'chr10'"
