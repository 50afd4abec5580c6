"""The answer to a design's question: the phrases of its experiment, filled with rows of its table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from seqdo.effects.effects import Effects
from seqdo.experiments.catalog import EXPERIMENTS
from seqdo.experiments.phrases import SPECIFIC, Comparison, Finding, OneSequence, Phrase
from seqdo.reporting.text.facts import Facts, entries_of, rows_of
from seqdo.reporting.text.labels import outputs, printable
from seqdo.reporting.text.renderers import rendered
from seqdo.reporting.text.sentences import Row, capitalized, listed
from seqdo.reporting.text.shown_outputs import shown_outputs
from seqdo.reporting.view import Sentence

MOST_OUTPUTS = 3
"""Outputs that each get sentences of their own; of more, those of the clearest that is drawn, and a count."""

MOST_CONTRASTS = 4
"""Contrasts of an experiment without phrases that each get sentences."""


def answer(effects: Effects) -> str:
    """The answer to a design's question as text."""
    return " ".join(sentence.text for sentence in sentences(effects))


def sentences(effects: Effects) -> tuple[Sentence, ...]:
    """The answer to a design's question, sentence by sentence.

    Every sentence comes from rows of the table: the estimate with its interval, and the verdict. Sizes are judged by
    the verdict, which compares them with the margin, and by nothing else.
    """
    every = outputs(effects)
    if not every:
        return (Sentence("No effect was estimated, so there is no answer.", lead=True),)
    if len(every) <= MOST_OUTPUTS:
        several = [sentence for output in every for sentence in _of_output(effects, output)]
        return (*several, *_doubts(effects))
    reached = effects.table.loc[effects.table["verdict"] == "present", "output"].nunique()
    clearest = max(shown_outputs(effects), key=lambda output: _clearness(rows_of(effects, output)))
    first = Sentence(f"An effect is present in {reached} of {len(every)} outputs.", lead=True)
    return (first, *_of_output(effects, clearest), *_doubts(effects))


def _of_output(effects: Effects, output: str) -> list[Sentence]:
    facts = Facts(effects, output, rows_of(effects, output), entries_of(effects.outcomes.design, output))
    own = _own(facts)
    several = [sentence for phrase in own for sentence in rendered(facts, phrase)]
    # An experiment with phrases can still have only contrasts that no phrase is about.
    several = several or [sentence for phrase in _general(facts) for sentence in rendered(facts, phrase)]
    if several and not any(sentence.lead for sentence in several):
        several[0] = replace(several[0], lead=True)
    return [replace(sentence, output=printable(output)) for sentence in several]


def _own(facts: Facts) -> list[Phrase]:
    """The phrases of the experiment: of a single sequence those that claim no interval, if it has such."""
    experiment = EXPERIMENTS.get(facts.design.experiment)
    phrases = experiment.phrases if experiment else ()
    single: list[Phrase] = [phrase for phrase in phrases if isinstance(phrase, OneSequence)]
    return single if single and facts.one_sequence else [phrase for phrase in phrases if phrase not in single]


def _general(facts: Facts) -> Iterator[Phrase]:
    """Phrases of an experiment that has none of its own, from its contrasts."""
    every = dict.fromkeys(str(row["contrast"]) for row in facts.rows)
    first = [name for name in ("effect", "specific", "interaction") if name in every]
    for name in list(dict.fromkeys([*first, *every]))[:MOST_CONTRASTS]:
        if name == "specific":
            yield SPECIFIC
        elif name == "interaction":
            yield Comparison(
                contrast=name, opening="Compared with the sum of the single effects", additive=True,
                many="An interaction (a difference from the sum of the single effects)", noun=name,
            )  # fmt: skip
        elif name == "effect" and (patterns := facts.treated(name)):
            together = " together" * (len(patterns) > 1)
            yield Finding(contrast=name, subject=_literal(listed(patterns) + together), plural=len(patterns) > 1)
        else:
            subject = _literal(f"the contrast {printable(name)}")
            yield Finding(contrast=name, subject=subject, many=capitalized(subject))


def _literal(text: str) -> str:
    """A text as a template that is filled with nothing."""
    return text.replace("{", "{{").replace("}", "}}")


def _doubts(effects: Effects) -> Iterator[Sentence]:
    """What qualifies effects that are called present although their controls differ as clearly."""
    rows = effects.doubted
    if rows:
        some = f"{len(rows)} of these effects do not exceed"
        which = "no effect exceeds" if len(rows) == len(effects.table) else some
        yield Sentence(f"However, the controls differ from each other as clearly, and {which} them.")


def _clearness(rows: Sequence[Row]) -> float:
    """The largest effect as a multiple of its margin."""
    ratios = [abs(row["estimate"]) / row["margin"] for row in rows if row["margin"] > 0]
    return max((ratio for ratio in ratios if math.isfinite(ratio)), default=-1.0)
