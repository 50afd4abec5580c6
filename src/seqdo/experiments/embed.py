"""One site: what a pattern does at a place, at every place, on the other strand, with each letter changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from seqdo.designs.builder import Builder, places, spelling
from seqdo.designs.call import recorded
from seqdo.designs.changes.site import NONE, Site, Slot, place
from seqdo.designs.design import Design
from seqdo.errors import InputError
from seqdo.motifs.kmers import kmers as all_kmers
from seqdo.motifs.motif import Motif, as_motif, distinct
from seqdo.motifs.scramble import mutants as mutants_of
from seqdo.sequences.alphabet import RNA

Pattern = str | Motif
"""IUPAC letters, or a Motif; N and . leave the background's letter."""


@recorded
def embed(pattern: Pattern, at: int, *, sample: bool = False, scrambles: int = 0) -> Design:
    """What does the pattern do at one place?

    Parameters
    ----------
    at : 0-based start on the unpadded sequence
    sample : draw a Motif's letters per background, instead of writing its consensus
    scrambles : number of scrambled controls; with any, a ``specific`` contrast appears

    Contrasts: ``effect`` (pattern − none), Koo & Ploenzke 2020 eq. 1; ``specific`` (pattern − mean of scrambles).

    Examples
    --------
    >>> print(embed("GATTACA", at=20))
    embed: What does GATTACA do at 20?
      arms       2: none, GATTACA@20
      contrasts  effect (1)
      cost       2,000 forward passes of each model member at n=1000
    """
    build, motif = Builder(), as_motif(pattern, sample=sample)
    build.effect(build.arm(Site(motif, place(at))))
    build.scrambled(scrambles)
    return build.design("embed", f"What does {motif} do at {at}?")


@recorded
def positions(pattern: Pattern, starts: Iterable[int], *, sample: bool = False, scrambles: int = 0) -> Design:
    """Where does the pattern work?

    Contrasts: ``effect`` and ``specific`` at each level of the factor ``position`` (0-based start).
    """
    build, motif = Builder(), as_motif(pattern, sample=sample)
    for start in places(starts, "starts"):
        build.effect(build.arm(Site(motif, start)), {"position": start})
    build.scrambled(scrambles)
    return build.design("positions", f"Where does {motif} work?")


@recorded
def orientation(pattern: Pattern, at: int, *, sample: bool = False, scrambles: int = 0) -> Design:
    """Does it matter on which strand the pattern stands? DNA only.

    Contrasts: ``effect`` at each level of ``orientation`` (+, −) and ``asymmetry`` (+ minus −), which is
    exactly 0 for a palindrome and for a model that treats both strands alike by construction.
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
    return build.design("orientation", f"Does the strand of {motif} matter?")


@recorded
def mutants(pattern: Pattern, at: int, *, alphabet: str = "dna", scrambles: int = 0) -> Design:
    """What does each letter of the pattern contribute?

    Contrasts: ``effect`` of the pattern as it is, and ``change`` (mutant − pattern) for each
    substitution, with the factors ``place`` (0-based in the pattern) and ``letter`` (the new one, spelled
    in ``alphabet``, "dna" or "rna", where the pattern has neither T nor U to tell).
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
    return build.design("mutants", f"What does each letter of {motif} contribute?")


@recorded
def kmers(
    patterns: int | Sequence[Pattern], at: int | Iterable[int], *, gap: int = 0,
    strands: Literal["one", "both"] = "one", alphabet: str = "dna", scrambles: int = 0,
) -> Design:  # fmt: skip
    """Which k-mers matter? All 4^k of a length, or those of a list.

    Parameters
    ----------
    patterns : letters of a word, or a list of patterns, or of motifs (:func:`seqdo.read_motifs`), each as its consensus
        Motifs that read the same, on either strand where both are asked about, are one, named by all of them; those
        that no scramble is unlike have no ``specific``, as of all words.
    at : 0-based start; or several, of which each background draws one, the same for all patterns, as libraries of
        random sequences hold them
    gap : so many letters of the background stand in the middle of each word, for sites that are bound by two domains
    strands : "both" takes the mean over a pattern's two strands, and of all words one of each pair that is the same on
        the other strand (DNA)
    alphabet : letters of all words, "dna" or "rna"
    scrambles : number of scrambled controls

    Contrasts: ``effect`` and ``specific`` at each level of ``kmer``. A screen of all words by ``specific`` asks for
    those that do more than their composition does; its scrambles are words of the screen and cost nothing. The best of
    many is best partly by luck: report it on fresh backgrounds (another ``rng``), as ``seqdo demo`` does.

    Examples
    --------
    >>> print(kmers(6, at=range(3, 33), strands="both"))
    kmers: Which of 2080 k-mers matter at one of 30 places from 3 on, on either strand?
      arms       4097: none, AAAAAA@slot 1, AAAAAA(rc)@slot 1, AAAAAC@slot 1, AAAAAC(rc)@slot 1, …, TTTAAA@slot 1
      factor     kmer: AAAAAA, AAAAAC, AAAAAG, AAAAAT, …, TTTAAA
      contrasts  effect (2080)
      cost       4,097,000 forward passes of each model member at n=1000
    """
    if strands not in ("one", "both"):
        raise InputError(f"strands={strands!r}", '"one" or "both" is needed')
    build, start = Builder(), _start(at)
    motifs = _asked(patterns, place(gap, "gap", 0), alphabet, both=strands == "both")
    if strands == "both" and RNA in (spelling(alphabet), *(motif.alphabet for motif in motifs)):
        raise InputError("strands='both' of RNA", "RNA has one strand", "Leave strands out")
    screen = isinstance(patterns, int | np.integer) or not any(isinstance(each, str) for each in patterns)
    for motif in motifs:
        sites = [Site(motif, start)]
        if strands == "both" and not motif.palindromic:
            sites.append(Site(motif, start, strand="-"))
        weights = {build.arm(site): 1.0 / len(sites) for site in sites}
        build.contrast("effect", weights | {NONE: -1.0}, {"kmer": motif.name})
    build.scrambled(scrambles, screen=screen, both=strands == "both")
    where = f"one of {len(start.places)} places from {start.places[0]} on" if isinstance(start, Slot) else start
    either = ", on either strand" if strands == "both" else ""
    return build.design("kmers", f"Which of {len(motifs)} k-mers matter at {where}{either}?")


def _start(at: int | Iterable[int]) -> int | Slot:
    """One start, or a place that each background draws of several."""
    at = at.item() if isinstance(at, np.ndarray) and at.ndim == 0 else at
    if isinstance(at, str) or not isinstance(at, Iterable):
        return place(at)
    starts = places(at, "at")
    return starts[0] if len(starts) == 1 else Slot(starts, 0)


def _asked(patterns: int | Sequence[Pattern], gap: int, alphabet: str, *, both: bool) -> list[Motif]:
    """The patterns: all words of a length, or those of a list."""
    if isinstance(patterns, int | np.integer):
        words = all_kmers(place(patterns, "k"), spelling(alphabet), gap)
        if both:  # of words with halves of different lengths and a gap, the other strand's is none of the list
            other = {word: Motif.from_string(word).reverse_complement().text for word in words}
            words = [word for word in words if word <= other[word] or other[word] not in other]
        return [as_motif(word) for word in words]
    if isinstance(patterns, str | Motif) or not isinstance(patterns, Iterable):
        raise InputError(f"{patterns!r} given to kmers", "a number of letters, or a list of patterns, is needed")
    if gap:
        raise InputError(f"gap={gap} of a list of patterns", "a gap is of all words of a length", "Write N in patterns")
    return _apart(list(patterns), both=both)


def _apart(patterns: list[Pattern], *, both: bool) -> list[Motif]:
    """Motifs that read differently: those of a file that read the same are one, words that do on both strands refused.

    On one strand two words of the same letters are two arms, of which a run says that they are the same.
    """
    motifs = distinct([as_motif(pattern) for pattern in patterns], "k-mer")
    words = {motif.name for motif, given in zip(motifs, patterns, strict=True) if isinstance(given, str)}
    alike: dict[str, list[Motif]] = {}
    for motif in motifs:
        read = min(motif.text, motif.reverse_complement().text) if both else motif.text
        alike.setdefault(read if both or motif.name not in words else f"word {motif.name}", []).append(motif)
    for same in alike.values():
        if len(twins := [motif.name for motif in same if motif.name in words]) > 1:
            raise InputError(f"k-mers {twins[0]} and {twins[1]} on both strands", "they are the same", "Leave one out")
    return [
        Motif(" / ".join(motif.name for motif in same), same[0].matrix, same[0].alphabet, axis=1)
        for same in alike.values()
    ]
