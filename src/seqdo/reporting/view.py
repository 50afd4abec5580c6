"""The view of a page: one plain record of everything that a report shows, which every rendering reads.

The HTML page, the summary in a terminal, the figures and ``report.json`` show what these records hold and compute
nothing else. A number that could not be had is None here; the flag of its row, or the text next to it, is the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Cell = str | int | float | None
"""A value of a row."""


@dataclass(frozen=True)
class Sentence:
    """One sentence of an answer.

    Attributes
    ----------
    text : the whole sentence; with a ``verdict`` it ends with ": " and the verdict
    claim : the sentence in short, for a table that has its numbers in columns; "" where it only adds to another
    verdict : of the one row that the sentence is about; "" of others
    counts : verdict to rows, of a sentence that counts
    row : number of the row, within its section, that the sentence is about or that has the largest effect; None of none
    lead : the sentence answers the question
    output : of its rows
    """

    text: str
    claim: str = ""
    verdict: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    row: int | None = None
    lead: bool = False
    output: str = ""


@dataclass(frozen=True)
class Row:
    """One effect: a row of the table of effects.

    Attributes
    ----------
    contrast, output : of the effect
    levels : factor to level; only the factors that the contrast has
    label : the levels as text, as in "gap 5, orientation ++"
    numbers : estimate, se, low, high, low_adjusted, high_adjusted, low_band, high_band, p, p_adjusted and margin, in
        the unit of the output; None where there is none
    n, members : backgrounds, and members of the model
    unit : of the output; "" if none was named
    verdict : present, negligible, absent or inconclusive
    flag : what qualifies the row
    doubted : called present, although its controls differ as clearly
    """

    contrast: str
    output: str
    levels: Mapping[str, Cell]
    label: str
    numbers: Mapping[str, float | None]
    n: int
    members: int
    unit: str
    verdict: str
    flag: str
    doubted: bool


@dataclass(frozen=True)
class Figure:
    """A figure, and what is needed to draw it.

    Attributes
    ----------
    kind : how it is drawn: a key of ``figures.figure.DRAWINGS`` or ``figures.overview.PANELS``
    contrast, output : what it shows; no contrast where all are side by side
    item : which of several: number of a row or of a sequence, or the levels of a curve
    name : of the file, without its ending
    caption : what it shows, in a sentence or two
    alt : the same for readers who cannot see it
    main : shown at once; other figures are details
    section : number of its design on the page
    """

    kind: str
    contrast: str
    output: str
    item: int | str = 0
    name: str = ""
    caption: str = ""
    alt: str = ""
    main: bool = True
    section: int = 0


@dataclass(frozen=True)
class Assessment:
    """A test of a whole curve, or of a contrast against its controls.

    Attributes
    ----------
    test : its name
    subject : the contrast and the curve
    answer : a sentence
    p : adjusted p-value; None where there is none
    verdict : of the test; "" where it has none
    doubted : controls differ as clearly as the pattern
    """

    test: str
    subject: str
    answer: str
    p: float | None
    verdict: str
    doubted: bool = False


@dataclass(frozen=True)
class Section:
    """One design of a page.

    Attributes
    ----------
    number : from 1, in the order of the page
    name : its experiment and number, as in "positions-8"
    experiment : the function that made the design
    question : what it asks
    answer : sentences
    counts : verdict to rows
    figures, rows : those of the design
    factors : names of its factors
    tests : of whole curves
    controls : contrasts against their controls
    notes : what qualifies its numbers
    margins : output to its margin and the rule that set it
    """

    number: int
    name: str
    experiment: str
    question: str
    answer: tuple[Sentence, ...]
    counts: Mapping[str, int]
    figures: tuple[Figure, ...]
    rows: tuple[Row, ...]
    factors: tuple[str, ...]
    tests: tuple[Assessment, ...]
    controls: tuple[Assessment, ...]
    notes: tuple[str, ...]
    margins: Mapping[str, Margin]

    @property
    def anchor(self) -> str:
        """Id of the section in a page."""
        return f"design-{self.number}"


@dataclass(frozen=True)
class Margin:
    """The smallest effect size of interest of an output; ``value`` is None where there is none."""

    value: float | None
    unit: str
    rule: str


@dataclass(frozen=True)
class Check:
    """One validity check of one or several designs.

    Attributes
    ----------
    check : its name
    result : pass, caution, fail or not checked
    value : the worst over these designs; None where it was not checked
    allowed : the largest value that passes
    advice : what the value means, and what to do
    designs : names of the designs; "all designs" of all
    """

    check: str
    result: str
    value: float | None
    allowed: float | None
    advice: str
    designs: str


@dataclass(frozen=True)
class Validity:
    """All checks, the worst result of them, and the conclusion in a sentence."""

    checks: tuple[Check, ...]
    result: str
    sentence: str


@dataclass(frozen=True)
class Deviation:
    """A pattern whose measured effect deviates from the fitted line."""

    pattern: str
    where: str
    effect: float | None
    measured: float | None
    low: float | None
    high: float | None
    predicted: float | None
    n: int


@dataclass(frozen=True)
class Measurement:
    """Measured effects compared with those of the model.

    Attributes
    ----------
    number : from 1
    question : of the design
    where : which sequences of the library count
    summary : one sentence
    sentences : what the comparison shows
    figure : measured against predicted effects
    deviations : patterns that deviate from the line, the furthest first
    predicted : the library's own sequences were predicted too
    """

    number: int
    question: str
    where: str
    summary: str
    sentences: tuple[str, ...]
    figure: Figure
    deviations: tuple[Deviation, ...]
    predicted: bool


@dataclass(frozen=True)
class Estimated:
    """A contrast as it was estimated on one background."""

    background: str
    estimate: float | None
    verdict: str


@dataclass(frozen=True)
class Robustness:
    """A contrast that was estimated on several backgrounds."""

    contrast: str
    estimates: tuple[Estimated, ...]
    robust: bool
    conclusion: str


@dataclass(frozen=True)
class Rerun:
    """How to run it again: the spec of a study, Python code, and what was recorded of each run."""

    spec: str
    code: str
    records: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Page:
    """Everything that a report shows.

    Attributes
    ----------
    title : of the page
    count : how many questions and effects, and their verdicts
    level : confidence level of the intervals
    facts : name to text: model, background, and the like
    overview : small figures of the main designs
    sections : one for each design
    measurements : comparisons with an assay
    robustness : contrasts on several backgrounds
    notes : those that all designs share
    flags : those that all rows share
    validity : checks of the backgrounds and edits
    rerun : how to run it again
    """

    title: str
    count: str
    level: float
    facts: Mapping[str, str]
    overview: tuple[Figure, ...]
    sections: tuple[Section, ...]
    measurements: tuple[Measurement, ...]
    robustness: tuple[Robustness, ...]
    notes: tuple[str, ...]
    flags: tuple[str, ...]
    validity: Validity
    rerun: Rerun
