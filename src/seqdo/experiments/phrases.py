"""Phrases: what a report says about the contrasts of an experiment, as data.

A phrase names a contrast and how its rows read. One row is one sentence with its estimate, interval and verdict. More
rows than ``each`` are one sentence that counts their verdicts, and one about the largest. Texts are templates: they
hold ``{pattern}`` and ``{patterns}`` (those of the design), ``{arm}`` (its first edit, as in "GATTACA at 20"),
``{output}``, each factor of a row by its name (``{gap}``), ``{levels}`` (all of them), and ``{rest}`` (the part of the
contrast's name that its ``*`` matched).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """What is common to all phrases.

    Attributes
    ----------
    contrast : name of a contrast; a ``*`` at its end matches any rest
    where : factor to the level that its rows have, with the same ``*``
    names : factor to what its levels are called in a sentence
    lead : the sentence answers the question of the design, and stands in the summary of a page
    each : rows up to which every row gets a sentence of its own
    many : subject of the sentence that counts verdicts
    group : what is counted; by default it follows from the factors, as in "positions"
    noun : what the estimate of a row is called
    largest : which row has the largest estimate, as in "at {levels}"; "" for no such sentence
    note : a sentence that follows
    """

    contrast: str
    where: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lead: bool = False
    each: int = 1
    many: str = ""
    group: str = ""
    noun: str = "difference"
    largest: str = "at {levels}"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding(Phrase):
    """What ``subject`` does to the output: "GATTACA at 20 raises y by 2.01 (95 % CI 1.98 to 2.04): present."

    Attributes
    ----------
    subject : who has the effect
    plural : the subject is plural
    screen : the largest of many was searched for, and needs a second test
    """

    subject: str
    plural: bool = False
    noun: str = "effect"
    screen: bool = False


@dataclass(frozen=True, kw_only=True)
class Comparison(Phrase):
    """How the output differs: "Compared with its scrambled versions, y is higher by 1.87 (...): present."

    Attributes
    ----------
    opening : begins the sentence
    additive : within the margin, effects add up
    nearest : opening of the sentence about the smallest of many differences, in place of the largest
    """

    opening: str
    additive: bool = False
    nearest: str = ""


@dataclass(frozen=True, kw_only=True)
class Counting(Phrase):
    """A phrase about a factor that counts things.

    Attributes
    ----------
    factor : a factor with whole numbers as levels
    thing, things : what the factor counts
    """

    factor: str
    thing: str
    things: str


@dataclass(frozen=True, kw_only=True)
class Growth(Counting):
    """The effect at the highest level of the factor, as in "4 copies of GATTACA raise y by 8.00"."""


@dataclass(frozen=True, kw_only=True)
class Additivity(Counting):
    """Whether each step of the factor adds as much as the step before it, from second differences."""


@dataclass(frozen=True, kw_only=True)
class OneSequence(Phrase):
    """The largest of the effects on a single sequence, which have no interval; for runs of one sequence only.

    Attributes
    ----------
    claim : names the row, as in "the substitution with the largest change in {output} is {letter} at {position}"
    """

    claim: str


@dataclass(frozen=True, kw_only=True)
class EachBackground(Phrase):
    """The largest effects on single backgrounds, as each background is a question of its own (a variant).

    Attributes
    ----------
    thing : what a background is
    mean : opening of the sentence about the mean over all of them
    """

    thing: str
    mean: str


SPECIFIC = Comparison(
    contrast="specific", opening="Compared with its scrambled versions",
    many="A difference from the scrambled versions", largest="",
)  # fmt: skip  # fmt: skip
"""Of every experiment with scrambled controls."""

LEAD_SPECIFIC = replace(SPECIFIC, lead=True)
"""The same, where the comparison answers the question of the design."""
