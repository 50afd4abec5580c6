"""Mutagenesis of real sequences: every base, or every pair of bases, replaced by every other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from seqdo.designs.call import recorded
from seqdo.designs.changes.site import place
from seqdo.designs.changes.substitution import LETTERS, STEPS, Substitution
from seqdo.designs.design import NONE, Arm, Contrast, Design
from seqdo.errors import InputError
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.phrases import Comparison, OneSequence
from seqdo.sequences.sequences import Sequences, SequencesLike, as_sequences

MOST_ARMS = 200_000
"""Largest number of arms of a design, reached by pairs of 210 positions. Names and contrasts take about 200 MB."""

PAIRS = len(STEPS) ** 2
"""Ways to replace two bases."""


@recorded
def mutagenesis(sequences: SequencesLike, *, start: int = 0, stop: int | None = None) -> Design:
    """Effect of replacing each base of real sequences by the three others.

    The sequences differ in the base at a position, so the effects of single substitutions are a map for each sequence:
    ``effects.maps``. They are individual causal effects (Koo & Ploenzke 2020, methods). In the table, n counts
    sequences.

    Parameters
    ----------
    sequences : real sequences; the design runs on exactly these
    start, stop : 0-based span of the positions to replace, without ``stop``; by default the whole sequence

    Returns
    -------
    Design
        Contrast ``substitution`` by the factor ``position`` (mean of the three substitutions − the sequence as it is).
        A single sequence also has ``change``: each substitution by ``position`` and ``letter``, the new base.

    Raises
    ------
    InputError
        A position is not in every sequence; the error names the shortest.

    Examples
    --------
    >>> print(mutagenesis(["GATTACA", "GATTTCA"], start=1))
    mutagenesis: What does each base of 2 sequences contribute?
      arms       19: none, step 1@1, step 2@1, step 3@1, step 1@2, …, step 3@6
      factor     position: 1, 2, 3, 4, 5, 6
      contrasts  substitution (6)
      cost       38 forward passes of each model member at n=2, and up to 2 for a default margin
    """
    originals, at = _sequences_and_span(sequences, start, stop)
    singles = _singles(at)
    arms = {NONE: Arm()} | {label: Arm((change,)) for label, change in singles.items()}
    contrasts = [
        Contrast(
            "substitution", {change.label: 1 / len(STEPS) for change in _steps(singles, where)} | {NONE: -1.0},
            {"position": where},
        )
        for where in at
    ]  # fmt: skip
    if len(originals) == 1:
        contrasts += _changes(originals, singles)
    question = f"What does each base of {_count(originals)} contribute?"
    return Design("mutagenesis", question, arms, tuple(contrasts), originals)


@recorded
def pairwise_mutagenesis(sequences: SequencesLike, *, start: int = 0, stop: int | None = None) -> Design:
    """Interaction of each pair of bases of real sequences, both replaced by the three others.

    ``effects.maps`` has the interaction for each sequence. L positions make 9 L (L − 1) / 2 arms of pairs.

    Parameters
    ----------
    sequences, start, stop : as for :func:`mutagenesis`

    Returns
    -------
    Design
        Contrast ``interaction`` by the factors ``position`` and ``position 2``: the mean over 9 ways to replace both
        bases of Y_ab − Y_a − Y_b + Y_0. This is second-order in-silico mutagenesis, and 0 where effects add.

    Raises
    ------
    InputError
        A position is not in every sequence, there is only one position, or the design would have more than 200,000
        arms.

    Examples
    --------
    >>> print(pairwise_mutagenesis(["GATTACA"]))
    pairwise_mutagenesis: Which pairs of bases of 1 sequence interact?
      arms       211: none, step 1@0, step 2@0, step 3@0, step 1@1, …, step 3@5 + step 3@6
      factor     position: 0, 1, 2, 3, 4, 5
      factor     position 2: 1, 2, 3, 4, 5, 6
      contrasts  interaction (21)
      cost       211 forward passes of each model member at n=1, and up to 1 for a default margin
    """
    originals, at = _sequences_and_span(sequences, start, stop)
    _refuse_size(at)
    singles = _singles(at)
    arms = {NONE: Arm()} | {label: Arm((change,)) for label, change in singles.items()}
    contrasts = []
    for i, j in combinations(at, 2):
        # Arms with the same first substitution are neighbors: an engine can continue from its state.
        pairs = {f"{a.label} + {b.label}": Arm((a, b)) for a, b in product(_steps(singles, i), _steps(singles, j))}
        arms |= pairs
        alone = {change.label: -1 / len(STEPS) for where in (i, j) for change in _steps(singles, where)}
        weights = dict.fromkeys(pairs, 1 / PAIRS) | alone | {NONE: 1.0}
        contrasts.append(Contrast("interaction", weights, {"position": i, "position 2": j}))
    question = f"Which pairs of bases of {_count(originals)} interact?"
    return Design("pairwise_mutagenesis", question, arms, tuple(contrasts), originals)


def _singles(at: range) -> dict[str, Substitution]:
    """Label to substitution, position by position."""
    return {change.label: change for change in (Substitution(where, step) for where in at for step in STEPS)}


def _steps(singles: Mapping[str, Substitution], where: int) -> list[Substitution]:
    return [singles[f"step {step}@{where}"] for step in STEPS]


def _changes(originals: Sequences, singles: Mapping[str, Substitution]) -> Iterator[Contrast]:
    """Each substitution of a single sequence, with the new base as a level."""
    letters = tuple(originals.alphabet.letters) if originals.alphabet else ("A", "C", "G", "T/U")
    for label, change in singles.items():
        new = letters[(int(originals.codes[0, change.at]) + change.step) % LETTERS]
        yield Contrast("change", {label: 1.0, NONE: -1.0}, {"position": change.at, "letter": new})


def _sequences_and_span(sequences: SequencesLike, start: int, stop: int | None) -> tuple[Sequences, range]:
    """The sequences, and the positions to replace, which every sequence has."""
    originals = as_sequences(sequences)
    shortest, longest = int(originals.lengths.min()), int(originals.lengths.max())
    name = _name(originals, shortest)
    if stop is None and shortest < longest:
        raise InputError(
            f"`sequences` have lengths from {shortest} to {longest}, and {name} is the shortest",
            "each position to replace must be in every sequence",
            f"Write stop={shortest}, or leave out the short sequences",
        )  # fmt: skip
    first, last = place(start, "start", 0), place(longest if stop is None else stop, "stop", 1)
    if last > shortest:
        raise InputError(
            f"`stop={last}`, and {name} has length {shortest}", "each position to replace must be in every sequence",
            f"Write stop={shortest}, or leave out the short sequences",
        )  # fmt: skip
    if first >= last:
        raise InputError(
            f"`start={first}` and `stop={last}`", "at least one position from start to stop is needed", "Write start=0"
        )
    return originals, range(first, last)


def _refuse_size(at: range) -> None:
    positions = len(at)
    arms = 1 + LETTERS * positions - positions + PAIRS * positions * (positions - 1) // 2
    if positions < 2:
        raise InputError(
            f"`start={at.start}` and `stop={at.stop}` leave one position", "a pair needs two positions",
            "Leave out start and stop",
        )  # fmt: skip
    if arms > MOST_ARMS:
        raise InputError(
            f"`start={at.start}` and `stop={at.stop}`: {positions} positions make {arms:,} arms",
            f"at most {MOST_ARMS:,} arms are possible, from 210 positions",
            "Write start and stop around the positions that matter in mutagenesis(...)",
        )  # fmt: skip


def _name(originals: Sequences, length: int) -> str:
    """Name of the first sequence of this length."""
    row = int((originals.lengths == length).argmax())
    return f"sequence {row}" if originals.names is None else originals.names[row]


def _count(originals: Sequences) -> str:
    return f"{len(originals)} sequence{'s' if len(originals) > 1 else ''}"


_CHANGE = "A change from replacing one letter"
_DIFFERS = "What matters at one position differs from sequence to sequence: the maps show single sequences."

ROWS = (
    Experiment(
        mutagenesis, main=("substitution",), phrases=(
            OneSequence(
                contrast="change", lead=True,
                claim="the substitution with the largest change in {output} is {letter} at position {position}",
            ),
            Comparison(
                contrast="substitution", opening="With the letter at position {position} replaced", noun="change",
                many=f"{_CHANGE} (mean of the three substitutions)", note=_DIFFERS, lead=True,
            ),
        ),
    ),
    Experiment(
        pairwise_mutagenesis, main=("interaction",), phrases=(
            OneSequence(
                contrast="interaction", lead=True,
                claim="the largest interaction for {output} (mean of nine double substitutions) is at {levels}",
            ),
            Comparison(
                contrast="interaction",
                opening="With both letters replaced, compared with the sum of the single changes",
                many="An interaction of two replaced letters (mean of nine double substitutions)", noun="interaction",
                note=_DIFFERS, lead=True,
            ),
        ),
    ),
)  # fmt: skip
"""The experiments of this file, with what a report says of each. The catalog reads them."""
