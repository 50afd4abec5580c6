"""One site: the effect of a pattern by its position, by its strand, and by each of its letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from seqdo.designs.builder import Builder, places, spelling
from seqdo.designs.call import recorded
from seqdo.designs.changes.site import NONE, Site, Slot, place
from seqdo.designs.design import Design, Level
from seqdo.errors import InputError
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.phrases import LEAD_SPECIFIC, SPECIFIC, Comparison, Finding
from seqdo.motifs.kmers import kmers as all_kmers
from seqdo.motifs.motif import Motif, as_motif, distinct
from seqdo.motifs.scramble import mutants as mutants_of
from seqdo.sequences.alphabet import RNA

Pattern = str | Motif
"""IUPAC letters, or a Motif. ``N`` and ``.`` keep the letter of the background."""


Strand = Literal["+", "-", "both"]
"""The strand on which a pattern is written: as given, as its reverse complement, or the mean over both (DNA only)."""


@recorded
def embed(pattern: Pattern, at: int, *, strand: Strand = "+", sample: bool = False, scrambles: int = 0) -> Design:
    """Effect of a pattern at one position.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif; ``N`` and ``.`` keep the letter of the background
    at : 0-based start of the pattern in the sequence, without padding
    strand : "+", "-" for its reverse complement, or "both" for the mean over both strands (DNA only)
    sample : whether each background draws the letters of a Motif from its matrix; otherwise its consensus is written
    scrambles : number of scrambled controls

    Returns
    -------
    Design
        Contrasts: ``effect`` (pattern − none; Koo & Ploenzke 2020, eq. 1). With scrambles also ``specific`` (pattern −
        mean of the scrambles).

    Examples
    --------
    >>> print(embed("GATTACA", at=20))
    embed: What is the effect of GATTACA at position 20?
      arms       2: none, GATTACA@20
      contrasts  effect (1)
      cost       2,000 forward passes of each model member at n=1000, and up to 1,000 for a default margin
    """
    build, motif = Builder(), as_motif(pattern, sample=sample)
    _effect(build, motif, place(at), strand)
    build.scrambled(scrambles, both=strand == "both")
    return build.design("embed", f"What is the effect of {motif} at position {at}{_ON[strand]}?")


@recorded
def positions(
    pattern: Pattern, at: Iterable[int], *, strand: Strand = "+", sample: bool = False, scrambles: int = 0
) -> Design:
    """Effect of a pattern at each of several positions.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif; ``N`` and ``.`` keep the letter of the background
    at : 0-based starts of the pattern
    strand : "+", "-" for its reverse complement, or "both" for the mean over both strands (DNA only)
    sample : whether each background draws the letters of a Motif from its matrix; otherwise its consensus is written
    scrambles : number of scrambled controls at each position

    Returns
    -------
    Design
        Contrasts by the factor ``position``: ``effect`` (pattern − none), and with scrambles ``specific`` (pattern −
        mean of the scrambles).
    """
    build, motif = Builder(), as_motif(pattern, sample=sample)
    for start in places(at, "at"):
        _effect(build, motif, start, strand, {"position": start})
    build.scrambled(scrambles, both=strand == "both")
    return build.design("positions", f"At which positions does {motif} have an effect{_ON[strand]}?")


_ON = {"+": "", "-": " on the reverse strand", "both": " on either strand"}
"""Strand to the text of it in a question."""


def _effect(
    build: Builder, motif: Motif, start: int | Slot, strand: str, levels: dict[str, Level] | None = None
) -> None:
    """Add the contrast of a pattern with none: on a strand, or the mean over both."""
    arms = [build.arm(site) for site in _sites(motif, start, strand)]
    build.contrast("effect", dict.fromkeys(arms, 1.0 / len(arms)) | {NONE: -1.0}, levels)


def _sites(motif: Motif, start: int | Slot, strand: str) -> list[Site]:
    """The site on each strand; one site for a palindrome, which is the same on both."""
    if strand not in _ON:
        raise InputError(f"`strand={strand!r}`", '"+", "-" or "both" is needed', 'Write strand="both"')
    if strand != "+" and motif.alphabet is RNA:
        raise InputError(f"`strand={strand!r}` of RNA", "RNA has one strand", 'Write strand="+"')
    if strand == "-":
        return [Site(motif, start, strand="-")]
    other = [Site(motif, start, strand="-")] if strand == "both" and not motif.palindromic else []
    return [Site(motif, start), *other]


@recorded
def orientation(pattern: Pattern, at: int, *, sample: bool = False, scrambles: int = 0) -> Design:
    """Effect of a pattern on each strand. DNA only.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif
    at : 0-based start of the pattern, on either strand
    sample : whether each background draws the letters of a Motif from its matrix; otherwise its consensus is written
    scrambles : number of scrambled controls on each strand

    Returns
    -------
    Design
        Contrasts: ``effect`` by the factor ``orientation`` (+, -), and ``asymmetry`` (+ minus -). The asymmetry is
        exactly 0 for a palindrome, and for a model that treats both strands alike by construction. With scrambles also
        ``specific``.
    """
    build, motif = Builder(), as_motif(pattern, sample=sample)
    if motif.certain and motif.palindromic:
        build.effect(build.arm(Site(motif, place(at))), {"orientation": "+"})
        build.contrast("asymmetry", {}, identity="palindrome: both orientations are the same sequence")
    else:
        arms = {strand: build.arm(Site(motif, place(at), strand=strand)) for strand in "+-"}
        for strand, arm in arms.items():
            build.effect(arm, {"orientation": strand})
        build.contrast("asymmetry", {arms["+"]: 1.0, arms["-"]: -1.0})
    build.scrambled(scrambles)
    return build.design("orientation", f"Does the effect of {motif} depend on its strand?")


@recorded
def mutants(pattern: Pattern, at: int, *, alphabet: str = "dna", scrambles: int = 0) -> Design:
    """Effect of each substitution in a pattern.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif, which is written as its consensus
    at : 0-based start of the pattern
    alphabet : "dna" or "rna": spells the new letters if the pattern has neither T nor U
    scrambles : number of scrambled controls of the pattern

    Returns
    -------
    Design
        Contrasts: ``effect`` (pattern − none), and ``change`` (mutant − pattern) by the factors ``place`` (0-based
        position in the pattern) and ``letter`` (the new letter). With scrambles also ``specific``.
    """
    build, motif, start = Builder(), as_motif(pattern), place(at)
    spelled = replace(motif, alphabet=motif.alphabet or spelling(alphabet), axis=1)
    wild_type = build.arm(Site(motif, start))
    build.effect(wild_type)
    for where, letter, mutant in mutants_of(spelled):
        mutant = replace(mutant, alphabet=motif.alphabet, axis=1)
        build.contrast(
            "change", {build.arm(Site(mutant, start)): 1.0, wild_type: -1.0}, {"place": where, "letter": letter}
        )
    build.scrambled(scrambles)
    return build.design("mutants", f"What does each base of {motif} contribute to its effect?")


@recorded
def kmers(
    patterns: int | Sequence[Pattern], at: int | Iterable[int], *, gap: int = 0,
    strand: Strand = "+", alphabet: str = "dna", scrambles: int = 0,
) -> Design:  # fmt: skip
    """Effects of many k-mers: all 4^k of one length, or a list.

    The best of many k-mers is partly the best by chance. Report it on other backgrounds, as :func:`seqdo.search` does.

    Parameters
    ----------
    patterns : the length k of all k-mers, or a list of patterns or motifs (:func:`seqdo.read_motifs`)
        A motif is written as its consensus. Motifs with the same consensus are one level, with the names of all of
        them. With ``strand="both"`` this includes a motif whose reverse complement is the consensus of another.
    at : 0-based start of the k-mer
        With several starts, each background draws one of them, the same for all k-mers, as in a random library.
    gap : number of positions in the middle of each k-mer that keep the letters of the background
        Two-domain proteins bind such k-mers. Only for all k-mers of one length.
    strand : "+", "-" for the reverse complements, or "both" for the mean over both strands (DNA only)
        Of all k-mers of one length, "both" keeps one of each pair of reverse complements.
    alphabet : "dna" or "rna": spells all k-mers of one length
    scrambles : number of scrambled controls of each k-mer
        In a screen of all k-mers or of motifs, a k-mer without a scramble (one repeated letter) has no ``specific``.

    Returns
    -------
    Design
        Contrasts by the factor ``kmer``: ``effect`` (k-mer − none), and with scrambles ``specific`` (k-mer − mean of
        the scrambles). In a screen of all k-mers the scrambles are k-mers of the screen, and cost nothing.

    Raises
    ------
    InputError
        ``patterns`` is no length and no list, two k-mers are the same, or RNA is tested on both strands.

    Examples
    --------
    >>> print(kmers(6, at=range(3, 33), strand="both"))
    kmers: Which of 2080 k-mers have an effect at one of 30 positions (3 to 32), on either strand?
      arms       4097: none, AAAAAA@slot 1, AAAAAA(rc)@slot 1, AAAAAC@slot 1, AAAAAC(rc)@slot 1, …, TTTAAA@slot 1
      factor     kmer: AAAAAA, AAAAAC, AAAAAG, AAAAAT, …, TTTAAA
      contrasts  effect (2080)
      cost       4,097,000 forward passes of each model member at n=1000, and up to 1,000 for a default margin
    """
    build, start, both = Builder(), _start(at), strand == "both"
    motifs = _motifs(patterns, place(gap, "gap", 0), alphabet, both=both)
    if strand != "+" and RNA in (spelling(alphabet), *(motif.alphabet for motif in motifs)):
        raise InputError(f"`strand={strand!r}` of RNA", "RNA has one strand", 'Write strand="+"')
    screen = isinstance(patterns, int | np.integer) or not any(isinstance(each, str) for each in patterns)
    for motif in motifs:
        _effect(build, motif, start, strand, {"kmer": motif.name})
    build.scrambled(scrambles, screen=screen, both=both)
    return build.design("kmers", _question(motifs, start, _ON[strand].strip()))


def _question(motifs: list[Motif], start: int | Slot, strand: str) -> str:
    where = f"position {start}"
    if isinstance(start, Slot):
        where = f"one of {len(start.places)} positions ({start.places[0]} to {start.places[-1]})"
    where += f", {strand}" * bool(strand)
    if len(motifs) == 1:
        return f"Does {motifs[0]} have an effect at {where}?"
    return f"Which of {len(motifs)} k-mers have an effect at {where}?"


def _start(at: int | Iterable[int]) -> int | Slot:
    """One start, or a slot: each background draws one of several starts."""
    at = at.item() if isinstance(at, np.ndarray) and at.ndim == 0 else at
    if isinstance(at, str) or not isinstance(at, Iterable):
        return place(at)
    starts = places(at, "at")
    return starts[0] if len(starts) == 1 else Slot(starts, 0)


def _motifs(patterns: int | Sequence[Pattern], gap: int, alphabet: str, *, both: bool) -> list[Motif]:
    """All k-mers of one length, or the distinct motifs of a list."""
    if isinstance(patterns, int | np.integer):
        texts = all_kmers(place(patterns, "k"), spelling(alphabet), gap)
        if both:
            # With halves of different lengths around a gap, no reverse complement is itself in the list: all stay.
            other = {text: Motif.from_string(text).reverse_complement().text for text in texts}
            texts = [text for text in texts if text <= other[text] or other[text] not in other]
        return [as_motif(text) for text in texts]
    if isinstance(patterns, str | Motif) or not isinstance(patterns, Iterable):
        raise InputError(
            f"`patterns` is {patterns if isinstance(patterns, Motif) else repr(patterns)}",
            "a length (a whole number), or a list of patterns, is needed",
            'Write kmers(6, at=20) or kmers(["GATTACA"], at=20)',
        )  # fmt: skip
    if gap:
        raise InputError(
            f"`gap={gap}` with a list of patterns", "a gap applies to all k-mers of one length",
            "Write N in the patterns for positions that keep the background",
        )  # fmt: skip
    return _merged(list(patterns), both=both)


def _merged(patterns: list[Pattern], *, both: bool) -> list[Motif]:
    """The patterns as motifs, where motifs with the same consensus are one.

    Strings are never merged. On both strands, two strings that are the same are refused. On one strand they are two
    arms, and the design warns that both make the same edit.
    """
    motifs = distinct([as_motif(pattern) for pattern in patterns], "k-mer")
    texts = {motif.name for motif, pattern in zip(motifs, patterns, strict=True) if isinstance(pattern, str)}
    groups: dict[str, list[Motif]] = {}
    for motif in motifs:
        content = min(motif.text, motif.reverse_complement().text) if both else motif.text
        groups.setdefault(content if both or motif.name not in texts else f"text {motif.name}", []).append(motif)
    for same in groups.values():
        if len(twins := [motif.name for motif in same if motif.name in texts]) > 1:
            raise InputError(
                f"`patterns` holds {twins[0]} and {twins[1]}", "on both strands they are the same k-mer", "Omit one"
            )
    return [
        Motif(" / ".join(motif.name for motif in same), same[0].matrix, same[0].alphabet, axis=1)
        for same in groups.values()
    ]


_CHANGE = "A change from replacing one letter"

ROWS = (
    Experiment(
        embed, phrases=(Finding(contrast="effect", subject="{arm}", lead=True), LEAD_SPECIFIC),
    ),
    Experiment(
        positions, phrases=(Finding(contrast="effect", subject="{pattern}", lead=True), SPECIFIC),
    ),
    Experiment(
        orientation, main=("effect", "asymmetry"), phrases=(
            Finding(
                contrast="effect", subject="{pattern} on the {orientation} strand", each=2,
                names={"orientation": {"+": "forward", "-": "reverse"}},
            ),
            Comparison(contrast="asymmetry", opening="On the forward rather than the reverse strand", lead=True),
            SPECIFIC,
        ),
    ),
    Experiment(
        mutants, main=("change",), phrases=(
            Finding(contrast="effect", subject="{arm}"),
            Comparison(
                contrast="change", opening="With {letter} at place {place} of the pattern", many=_CHANGE, noun="change",
                largest="with {letter} at place {place} (counted from 0)", lead=True,
            ),
        ),
    ),
    Experiment(
        kmers, phrases=(
            Finding(
                contrast="effect", subject="{kmer}", many="An effect on {output}", largest="that of {kmer}", lead=True,
                screen=True,
            ),
            SPECIFIC,
        ),
    ),
)  # fmt: skip
"""The experiments of this file, with what a report says of each. The catalog reads them."""
