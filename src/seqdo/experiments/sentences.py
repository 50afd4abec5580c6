"""The phrases of every experiment: the one table to extend. An experiment that is not in it gets general phrases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from seqdo.experiments.phrases import (
    Additivity,
    Comparison,
    EachBackground,
    Finding,
    Growth,
    OneSequence,
    Phrase,
)

SPECIFIC = Comparison(
    contrast="specific", opening="Compared with its scrambled versions",
    many="A difference from the scrambled versions", largest="",
)  # fmt: skip
"""Of every experiment with scrambled controls."""

_LEAD_SPECIFIC = replace(SPECIFIC, lead=True)

_CHANGE = "A change from replacing one letter"
_AGAINST_WEAK = Comparison(
    contrast="GC against *", opening="With a GC patch rather than an {rest} patch next to it",
    many="A difference between GC and {rest} patches", largest="",
)  # fmt: skip
_DIFFERS = "What matters at one position differs from sequence to sequence: the maps show single sequences."

_PLACES = {
    "stem": "in the stem of a hairpin",
    "unstructured": "unpaired and in no hairpin",
    "unconstrained": "in backgrounds as they are",
}
_BROKEN = {
    "5'": "the 5' arm broken",
    "3'": "the 3' arm broken",
    "both": "both arms broken, which restores their pairing",
}
_ORDINALS = {"site 1": "first site", "site 2": "second site", "site 3": "third site"}

SENTENCES: Mapping[str, tuple[Phrase, ...]] = {
    "embed": (Finding(contrast="effect", subject="{arm}", lead=True), _LEAD_SPECIFIC),
    "controls": (
        Finding(contrast="effect", subject="{arm}"),
        _LEAD_SPECIFIC,
        Comparison(contrast="beyond k-mers", opening="Compared with other k-mers of the same GC content"),
        Finding(contrast="positive", subject="the positive control"),
        Comparison(contrast="junctions", opening="With the flanks resampled"),
        Comparison(contrast="consensus gain", opening="Its consensus compared with letters drawn from its matrix"),
    ),
    "positions": (Finding(contrast="effect", subject="{pattern}", lead=True), SPECIFIC),
    "orientation": (
        Finding(
            contrast="effect", subject="{pattern} on the {orientation} strand", each=2,
            names={"orientation": {"+": "forward", "-": "reverse"}},
        ),
        Comparison(contrast="asymmetry", opening="On the forward rather than the reverse strand", lead=True),
        SPECIFIC,
    ),
    "kmers": (
        Finding(
            contrast="effect", subject="{kmer}", many="An effect on {output}", largest="that of {kmer}", lead=True,
            screen=True,
        ),
        SPECIFIC,
    ),
    "flanks": (
        Finding(
            contrast="effect", subject="{flank}", many="An effect on {output}", largest="that of {flank}", lead=True,
            screen=True,
        ),
        Comparison(
            contrast="relative", opening="With {flank}, compared with the mean of all fillings",
            many="A difference from the mean of all fillings", largest="",
        ),
    ),
    "mutants": (
        Finding(contrast="effect", subject="{arm}"),
        Comparison(
            contrast="change", opening="With {letter} at place {place} of the pattern", many=_CHANGE, noun="change",
            largest="with {letter} at place {place} (counted from 0)", lead=True,
        ),
    ),
    "copies": (
        Growth(contrast="effect", factor="copies", thing="copy of {pattern}", things="copies of {pattern}", lead=True),
        Additivity(contrast="second difference", factor="copies", thing="copy", things="copies", lead=True),
        SPECIFIC,
    ),
    "spacing": (
        Finding(contrast="effect", subject="{patterns} together", plural=True),
        Comparison(
            contrast="interaction", opening="Compared with the sum of the single effects", noun="interaction",
            many="An interaction (a difference from the sum of the single effects)", lead=True,
        ),
        Comparison(
            contrast="order asymmetry", opening="In the order AB rather than BA",
            many="A difference between the two orders", largest="",
        ),
        SPECIFIC,
    ),
    "interaction": (
        Finding(contrast="effect", subject="{patterns} together", plural=True),
        Comparison(
            contrast="interaction", opening="Compared with the sum of the single effects", additive=True, lead=True
        ),
        Comparison(
            contrast="interaction:*", opening="With {rest}, compared with the sum of the parts", many="An interaction",
            group="combination", noun="interaction", largest="that of {rest}", lead=True,
        ),
        SPECIFIC,
    ),
    "swap": (
        Finding(contrast="effect", subject="{pattern}", where={"pattern": "{pattern}"}),
        Comparison(
            contrast="swap", opening="Compared with {pattern} in its place",
            many="A difference from the controls in its place", group="control",
            nearest="Compared with the most similar control, {pattern}", lead=True,
        ),
    ),
    "gc_context": (
        Finding(contrast="effect", subject="{pattern} alone"),
        Comparison(
            contrast="interaction", where={"patch": "GC"}, each=2, lead=True,
            opening="With a GC patch on its {side}, compared with the sum of both effects",
        ),
        _AGAINST_WEAK,
    ),
    "gc_scan": (
        Finding(contrast="effect", subject="{pattern} alone"),
        Comparison(
            contrast="interaction", where={"patch": "GC"}, lead=True, largest="with the patch at {position}",
            opening="With a GC patch at {position}, compared with the sum of both effects",
            noun="interaction",
            many="An interaction (a difference from the sum of the effects of pattern and GC patch)",
        ),
        _AGAINST_WEAK,
    ),
    "hairpin": (
        Finding(
            contrast="effect", where={"structure": "loop"}, subject="{pattern} in the loop of a hairpin", lead=True
        ),
        Comparison(
            contrast="structure", opening="In the loop rather than {against}", names={"against": _PLACES}, each=3,
            lead=True,
        ),
    ),
    "hairpin_series": (
        Finding(contrast="effect", subject="{pattern} in the loop of a hairpin", group="level", lead=True),
    ),
    "compensatory": (
        Comparison(contrast="break", opening="With {broken}", names={"broken": _BROKEN}, each=3),
        Comparison(
            contrast="interaction", lead=True,
            opening="With both arms broken, compared with the sum of the two breaks (the expectation without pairing)",
        ),
        Comparison(contrast="specific interaction", opening="In the same comparison, minus that of the scrambles"),
    ),
    "occlude": (
        Finding(
            contrast="on the treated", where={"occluded": "all"}, subject="the sites, where they stand,", plural=True,
            note="This is the effect on the treated (ATT): of sites in the sequences that have them.", lead=True,
        ),
        Finding(
            contrast="on the treated", where={"occluded": "site *"}, names={"occluded": _ORDINALS}, each=3,
            subject="the {occluded} from the left, by itself,", group="site", largest="",
            many="An effect of a single site, with the others kept,",
        ),
        Comparison(
            contrast="beyond the sum", opening="With all sites, compared with the sum of the single effects",
            additive=True,
        ),
        Comparison(
            contrast="swap", opening="Compared with {pattern} in their place", each=3,
            many="A difference from other motifs in their place", group="motif", largest="from {pattern}",
        ),
    ),
    "transplant": (
        Finding(contrast="effect", subject="the sites alone, in other sequences,", plural=True, lead=True),
    ),
    "mutagenesis": (
        OneSequence(
            contrast="change", lead=True,
            claim="the substitution with the largest change in {output} is {letter} at position {position}",
        ),
        Comparison(
            contrast="substitution", opening="With the letter at position {position} replaced", noun="change",
            many=f"{_CHANGE} (mean of the three substitutions)", note=_DIFFERS, lead=True,
        ),
    ),
    "pairwise_mutagenesis": (
        OneSequence(
            contrast="interaction", lead=True,
            claim="the largest interaction for {output} (mean of nine double substitutions) is at {levels}",
        ),
        Comparison(
            contrast="interaction", opening="With both letters replaced, compared with the sum of the single changes",
            many="An interaction of two replaced letters (mean of nine double substitutions)", noun="interaction",
            note=_DIFFERS, lead=True,
        ),
    ),
    "variants": (
        EachBackground(
            contrast="variant", thing="variant", mean="With the alternative alleles, on average over all variants",
            lead=True,
        ),
    ),
}  # fmt: skip
"""Name of an experiment to its phrases, in the order in which a report shows them."""
