"""What is known of a background, against plain strings and enumerations."""

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


def counted(effects, pattern, stay, both=True):
    """Sites all of whose letters are at places that stay, by regular expressions."""
    ways = {pattern, pattern.translate(TURNED)[::-1]} if both else {pattern}
    found = []
    for text in effects.outcomes.backgrounds.to_strings():
        spelled = ["".join(CODES.get(letter, letter) for letter in way) for way in ways]
        starts = {match.start() for way in spelled for match in re.finditer(f"(?={way})", text)}
        found.append(sum(set(range(start, start + len(pattern))) <= set(stay) for start in starts))
    return found


DESIGNS = {
    "one place": (sd.embed(MOTIF, at=10), {*range(10), *range(17, 30)}),
    "N writes nothing": (sd.embed("GANNNNACT", at=10), {*range(10), *range(12, 16), *range(19, 30)}),
    "nor on the other strand": (
        sd.orientation("GNNNNAC", at=10, scrambles=0),
        {*range(10), *range(12, 15), *range(17, 30)},
    ),
    "all places of any arm": (sd.positions("GATC", [0, 6, 20]), {4, 5, *range(10, 20), *range(24, 30)}),
    "wherever slots may be": (sd.copies("GATC", [0, 6, 20]), {4, 5, *range(10, 20), *range(24, 30)}),
}


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("pattern", ["GA", "AT", "TNG", "RA", "CCA"])
def test_sites_beside_the_edits_are_those_of_strings_on_both_strands(name, pattern, seed):
    design, stay = DESIGNS[name]
    effects = effects_of(design, ["".join(row) for row in np.random.default_rng(seed).choice(list("GATC"), (60, 30))])
    found = presence(effects, pattern)
    assert found.dtype == np.float64
    assert found.tolist() == counted(effects, pattern, stay)
    assert found.any()
    assert presence(effects, Motif.from_string(pattern)).tolist() == found.tolist()  # its letters are as likely


def words(after, letters="ACGT"):
    """Every word of six letters, each before the same letters."""
    return ["".join(word) + after for word in product(letters, repeat=6)]


def test_the_slope_on_the_sites_that_an_effect_counts_is_that_of_all_words():
    """The effect is the number of CC before the pattern, c₊; presence is that of CC and GG, c = c₊ + c₋.

    Over all words of six letters c₊ and c₋ are alike, so the slope of c₊ on c is 1/2, and for one SD SD(c)/2. Each of
    five places holds one of them with 1/8; at two neighbours both do with 2/64; so Var c = 5 · 7/64 + 8/64 = 43/64.
    The seventh letter is a C: a site that overlaps the edit would be counted in a quarter of the words.
    """
    model = sd.planted.combine([Pairs("CC", MOTIF, (1.0,) * 7)], 13)
    effects = effects_of(sd.embed(MOTIF, at=6), words("CAAAAAA"), model)
    sites = presence(effects, "CC")
    assert sites.mean() == 5 / 8
    row = context(effects, {"CC": sites}).iloc[0]
    assert row["slope"] == pytest.approx(np.sqrt(43 / 64 * 4096 / 4095) / 2, rel=1e-9)
    # Var c₊ = 5 · 15/256 + 8 (1/64 - 1/256) = 99/256, and r2 = (Var c / 2)² / (Var c · Var c₊)
    assert row["r2"] == pytest.approx(43 / 64 / 4 / (99 / 256), rel=1e-9)


def test_the_slope_of_an_effect_that_is_there_only_beside_a_motif_is_that_of_all_words():
    """Effect 1 where c > 0, on c: cov = E c P(c = 0), by the enumeration of all words of six letters."""

    def model(codes):
        whole = (codes[:, 6:] == sd.DNA.encode(MOTIF)).all(1)
        texts = [sd.DNA.decode(row) for row in codes[:, :6]]
        return whole * np.array([bool(re.search("CA|TG", text)) for text in texts])

    model = sd.wrap(model, alphabet=sd.DNA, length=13, layout="codes")
    effects = effects_of(sd.embed(MOTIF, at=6), words("AAAAAAA"), model)
    counts = np.array([len(re.findall("(?=CA|TG)", word)) for word in words("")])
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


def test_what_has_no_place_or_other_letters_is_refused():
    effects = effects_of(sd.embed(MOTIF, at=3), ["ACGTACGTACGTT", "CCGTACGTACGTT"])
    assert sorted(presence(effects, "ACG")) == [0, 1]
    with pytest.raises(sd.InputError, match=r"presence of ACGT \(4 letters\).*no place is left"):
        presence(effects, "ACGT")
    with pytest.raises(sd.InputError, match="no place is left"):
        presence(effects, "A" * 14)
    with pytest.raises(sd.InputError, match=r"presence of GAU, which is RNA.*backgrounds are DNA"):
        presence(effects, "GAU")


def test_shares_of_dinucleotides_are_those_of_strings(seed):
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice(list("ACGU"), size)) for size in (1, 2, 9, 30)]
    shares = dinucleotides(sd.Sequences.from_strings(texts, sd.RNA))
    assert len(shares) == 16
    for name, share in shares.items():
        pair = name.removeprefix("share of ")
        expected = [len(re.findall(f"(?={pair})", text)) / max(len(text) - 1, 1) for text in texts]
        assert share.tolist() == pytest.approx(expected)
    assert sum(shares.values()).tolist() == pytest.approx([0, 1, 1, 1])
