"""Moderators, compared with regular expressions on strings and with enumerations."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest

import seqdo as sd
from seqdo.effects.heterogeneity.heterogeneity import context
from seqdo.effects.heterogeneity.moderators import dinucleotides, presence
from seqdo.models.planted.terms import Pairs
from seqdo.motifs.motif import Motif

MOTIF = "GATTACA"
TURNED = str.maketrans("ACGTRY", "TGCAYR")
CODES = {"N": ".", "R": "[AG]", "Y": "[CT]"}


def effects_of(design, texts, model=None):
    model = model or sd.planted.additive({MOTIF: 1.0}, len(texts[0]))
    return sd.estimate(sd.run(design, model, texts, rng=0), margin=0.1)


def counted(effects, pattern, unedited, both=True):
    """Number of sites at unedited positions, by regular expressions."""
    strands = {pattern, pattern.translate(TURNED)[::-1]} if both else {pattern}
    numbers = []
    for text in effects.outcomes.backgrounds.to_strings():
        expressions = ["".join(CODES.get(letter, letter) for letter in strand) for strand in strands]
        starts = {match.start() for expression in expressions for match in re.finditer(f"(?={expression})", text)}
        numbers.append(sum(set(range(start, start + len(pattern))) <= set(unedited) for start in starts))
    return numbers


DESIGNS = {
    "one position": (sd.embed(MOTIF, at=10), {*range(10), *range(17, 30)}),
    "N writes nothing": (sd.embed("GANNNNACT", at=10), {*range(10), *range(12, 16), *range(19, 30)}),
    "N writes nothing on the other strand": (
        sd.orientation("GNNNNAC", at=10, scrambles=0),
        {*range(10), *range(12, 15), *range(17, 30)},
    ),
    "positions of every arm": (sd.positions("GATC", [0, 6, 20]), {4, 5, *range(10, 20), *range(24, 30)}),
    "all slots": (sd.copies("GATC", [0, 6, 20]), {4, 5, *range(10, 20), *range(24, 30)}),
}


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("pattern", ["GA", "AT", "TNG", "RA", "CCA"])
def test_sites_outside_the_edits_equal_regular_expressions_on_both_strands(name, pattern, seed):
    design, unedited = DESIGNS[name]
    effects = effects_of(design, ["".join(row) for row in np.random.default_rng(seed).choice(list("GATC"), (60, 30))])
    sites = presence(effects, pattern)
    assert sites.dtype == np.float64
    assert sites.tolist() == counted(effects, pattern, unedited)
    assert sites.any()
    assert presence(effects, Motif.from_string(pattern)).tolist() == sites.tolist()  # its letters are equally likely


def hexamers(after, letters="ACGT"):
    """Every 6-mer, each followed by the same letters."""
    return ["".join(kmer) + after for kmer in product(letters, repeat=6)]


def test_the_slope_on_the_sites_that_an_effect_counts_equals_the_enumeration():
    """The effect is c₊, the number of CC before the pattern; ``presence`` counts CC and GG, c = c₊ + c₋.

    Over all 6-mers c₊ and c₋ have the same distribution: the slope of c₊ on c is 1/2, and SD(c)/2 for one SD. Each of
    five positions has one of the two with probability 1/8, and two neighboring positions both have one with 2/64: Var c
    = 5 · 7/64 + 8/64 = 43/64. The seventh letter is a C: a site that overlaps the edit would be counted in a quarter of
    the 6-mers.
    """
    model = sd.planted.combine([Pairs("CC", MOTIF, (1.0,) * 7)], 13)
    effects = effects_of(sd.embed(MOTIF, at=6), hexamers("CAAAAAA"), model)
    sites = presence(effects, "CC")
    assert sites.mean() == 5 / 8
    row = context(effects, {"CC": sites}).iloc[0]
    assert row["slope"] == pytest.approx(np.sqrt(43 / 64 * 4096 / 4095) / 2, rel=1e-9)
    # Var c₊ = 5 · 15/256 + 8 (1/64 - 1/256) = 99/256, and r2 = (Var c / 2)² / (Var c · Var c₊)
    assert row["r2"] == pytest.approx(43 / 64 / 4 / (99 / 256), rel=1e-9)


def test_the_slope_of_an_effect_that_needs_a_second_motif_equals_the_enumeration():
    """The effect is 1 where c > 0: its covariance with c is E c P(c = 0), from the enumeration of all 6-mers."""

    def model(codes):
        whole = (codes[:, 6:] == sd.DNA.encode(MOTIF)).all(1)
        texts = [sd.DNA.decode(row) for row in codes[:, :6]]
        return whole * np.array([bool(re.search("CA|TG", text)) for text in texts])

    model = sd.wrap(model, alphabet=sd.DNA, length=13, layout="codes")
    effects = effects_of(sd.embed(MOTIF, at=6), hexamers("AAAAAAA"), model)
    counts = np.array([len(re.findall("(?=CA|TG)", kmer)) for kmer in hexamers("")])
    covariance = counts.mean() * (counts == 0).mean()
    row = context(effects, {"CA": presence(effects, "CA")}).iloc[0]
    assert row["slope"] == pytest.approx(covariance / counts.var() * counts.std(ddof=1), rel=1e-9)


def test_rna_has_one_strand_and_shorter_sequences_have_fewer_sites():
    model = sd.planted.additive({"GG": 1.0}, 8, alphabet=sd.RNA)
    effects = effects_of(sd.embed("GG", at=6), ["CUCUAGCC", "AGAGCCCC"], model)
    assert sorted(presence(effects, "CU")) == [0, 2]
    shorter = sd.wrap(lambda codes: (codes == 0).sum(1), alphabet=sd.DNA, length=8, layout="codes", pad="right")
    effects = effects_of(sd.embed("TT", at=0), ["GGACACAC", "GGAC"], shorter)
    lengths = effects.outcomes.backgrounds.lengths
    assert presence(effects, "AC").tolist() == np.where(lengths == 8, 3, 1).tolist()


def test_a_motif_that_does_not_fit_or_has_another_alphabet_is_refused():
    effects = effects_of(sd.embed(MOTIF, at=3), ["ACGTACGTACGTT", "CCGTACGTACGTT"])
    assert sorted(presence(effects, "ACG")) == [0, 1]
    with pytest.raises(sd.InputError, match=r"`motif` is ACGT \(4 positions long\).*has to fit between the edits"):
        presence(effects, "ACGT")
    with pytest.raises(sd.InputError, match="has to fit between the edits"):
        presence(effects, "A" * 14)
    with pytest.raises(sd.InputError, match=r"`motif` is GAU, which is RNA.*backgrounds are DNA"):
        presence(effects, "GAU")


def test_shares_of_dinucleotides_equal_counts_in_strings(seed):
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice(list("ACGU"), size)) for size in (1, 2, 9, 30)]
    shares = dinucleotides(sd.Sequences.from_strings(texts, sd.RNA))
    assert len(shares) == 16
    for name, share in shares.items():
        pair = name.removeprefix("share of ")
        expected = [len(re.findall(f"(?={pair})", text)) / max(len(text) - 1, 1) for text in texts]
        assert share.tolist() == pytest.approx(expected)
    assert sum(shares.values()).tolist() == pytest.approx([0, 1, 1, 1])
