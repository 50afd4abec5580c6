"""Loci drawn from a genome: matched, apart from one another and from what is excluded, and the same for a seed."""

from __future__ import annotations

import numpy as np
import pytest

import seqdo as sd
from seqdo.errors import InputError


def random_genome(seed, size=20_000):
    """Two contigs whose GC changes along them, one with a stretch of N, and a short one without targets."""
    rng = np.random.default_rng(seed)
    contigs = {}
    for name in ("chr1", "chr2"):
        gc = np.repeat(rng.uniform(0.45, 0.55, size // 200), 200)
        letters = np.where(rng.random(size) < gc, rng.choice(list("GC"), size), rng.choice(list("AT"), size))
        contigs[name] = "".join(letters)
    contigs["chr2"] = contigs["chr2"][:9000] + "N" * 1000 + contigs["chr2"][10_000:]
    return contigs | {"chrUn": "ACGT" * 500}


@pytest.fixture
def genome(tmp_path, seed):
    contigs = random_genome(seed)
    path = tmp_path / "g.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in contigs.items()))
    return path, contigs


def share(text):
    return (text.count("G") + text.count("C")) / len(text)


def peaks(seed, number=40, length=100):
    rng = np.random.default_rng(seed)
    starts = rng.choice(8000 // length, number, replace=False) * length
    contigs = np.where(np.arange(number) % 3 == 0, "chr2", "chr1")
    return {"chrom": contigs.tolist(), "start": starts.tolist(), "end": (starts + length).tolist()}


@pytest.mark.parametrize("tolerance", [0.03, 0.01])
def test_each_locus_matches_its_target_and_overlaps_nothing(genome, seed, tolerance):
    path, contigs = genome
    targets, excluded = peaks(seed), {"chrom": ["chr1"], "start": [10_000], "end": [15_000]}
    drawn = sd.gc_matched_loci(targets, path, n=60, rng=seed, exclude=excluded, tolerance=tolerance)
    places = list(zip(drawn.loci["chrom"], drawn.loci["start"], drawn.loci["end"], strict=True))
    assert drawn.to_strings() == [contigs[contig][start:end] for contig, start, end in places]
    assert drawn.names == tuple(f"{contig}:{start}-{end}" for contig, start, end in places)
    wanted = [contigs[c][a:b] for c, a, b in zip(*targets.values(), strict=True)]
    for i, text in enumerate(drawn.to_strings()):
        assert abs(share(text) - share(wanted[i % 40])) <= tolerance + 1e-9
        assert len(text) == len(wanted[i % 40])
    occupied = [*zip(*targets.values(), strict=True), ("chr1", 10_000, 15_000), *places]
    for i, (contig, start, end) in enumerate(occupied):
        if i > 40:
            assert not any(c == contig and a < end and start < b for c, a, b in occupied[:i])
    assert {contig for contig, _, _ in places} == {"chr1", "chr2"}, "the contigs of the targets"


def test_where_matches_run_out_they_overlap_but_never_twice_the_same(tmp_path):
    """150 bp of one GC: at most 14 loci of 10 bp are apart, and 30 are drawn."""
    path = tmp_path / "g.fa"
    path.write_text(">a\n" + "AC" * 75 + "\n")
    loci = {"chrom": ["a"], "start": [0], "end": [10]}
    with pytest.warns(UserWarning, match="of 30 drawn loci overlap another one"):
        drawn = sd.gc_matched_loci(loci, path, n=30, rng=0)
    assert len(set(drawn.names)) == 30
    assert drawn.loci["start"].min() >= 10


def test_the_same_seed_draws_the_same_and_a_longer_list_begins_with_the_shorter(genome, seed):
    path, _ = genome
    names = [sd.gc_matched_loci(peaks(seed), path, n=n, rng=seed).names for n in (10, 10, None)]
    assert names[0] == names[1] == names[2][:10]
    assert len(names[2]) == 40
    assert sd.gc_matched_loci(peaks(seed), path, n=10, rng=seed + 1).names != names[0]


def test_places_are_uniform_among_those_that_match(tmp_path, seed):
    """A genome of one GC: starts are uniform. The largest gap of a uniform distribution, by Kolmogorov: 1 in 1,000."""
    path = tmp_path / "g.fa"
    path.write_text(">a\n" + "ACGT" * 25_000 + "\n")
    loci = {"chrom": ["a"], "start": [0], "end": [8]}
    drawn = sd.gc_matched_loci(loci, path, n=1000, rng=seed)
    starts = np.sort(drawn.loci["start"].to_numpy()) / 100_000
    distance = np.abs(starts - (np.arange(1000) + 0.5) / 1000).max() + 0.5 / 1000
    assert distance < 1.95 / np.sqrt(1000)


def test_windows_of_one_length_and_the_files_of_read_loci(genome, tmp_path, seed):
    path, contigs = genome
    bed = tmp_path / "peaks.bed"
    bed.write_text("1\t500\t560\tp\t0\t-\n2\t100\t130\tq\n")
    drawn = sd.gc_matched_loci(
        bed, path, rng=seed, length=50, exclude=[bed, {"chrom": ["x"], "start": [1], "end": [2]}]
    )
    wanted = [contigs["chr1"][505:555], contigs["chr2"][90:140]]
    assert [len(text) for text in drawn.to_strings()] == [50, 50]
    for text, target in zip(drawn.to_strings(), wanted, strict=True):
        assert abs(share(text) - share(target)) <= 0.02 + 1e-9


def test_no_match_is_refused_and_bad_loci_follow_bad(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(">a\n" + "A" * 500 + "GGGGGGGGGG" + "A" * 500 + "\n")
    loci = {"chrom": ["a"], "start": [500], "end": [510]}
    with pytest.raises(InputError, match=r"no match for a:500-510 \(GC 1.00, 10 bp\).*larger tolerance"):
        sd.gc_matched_loci(loci, path, rng=0)
    both = {"chrom": ["a", "b"], "start": [10, 10], "end": [20, 20]}
    with pytest.raises(InputError, match="1 of 2 loci"):
        sd.gc_matched_loci(both, path, rng=0)
    with pytest.warns(UserWarning, match="1 of 2 loci"):
        assert len(sd.gc_matched_loci(both, path, rng=0, bad="skip")) == 1
    for options in ({"n": 0}, {"tolerance": 2}, {"n": 1.5}):
        with pytest.raises(InputError, match=next(iter(options))):
            sd.gc_matched_loci(loci, path, rng=0, **options)
