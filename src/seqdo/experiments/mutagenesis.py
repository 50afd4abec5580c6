"""Mutagenesis of real sequences: every letter, or every pair of letters, replaced by every other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from seqdo.designs.call import recorded
from seqdo.designs.changes.site import place
from seqdo.designs.changes.substitution import LETTERS, STEPS, Substitution
from seqdo.designs.design import NONE, Arm, Contrast, Design
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences, SequencesLike, as_sequences

MOST_ARMS = 200_000
"""Arms of a design: pairs of 210 places. Their names and contrasts take some 200 MB."""

PAIRS = len(STEPS) ** 2
"""Ways to replace two letters."""


@recorded
def mutagenesis(sequences: SequencesLike, *, start: int = 0, stop: int | None = None) -> Design:
    """What does each letter of these sequences contribute? Each of them replaced by the three others.

    Contrasts: ``substitution`` at each level of ``position``, the mean of the three less the sequence as it is; of a
    single sequence also ``change``, each substitution by ``position`` and ``letter`` (the new one). Letters differ from
    sequence to sequence, so what each substitution does to each of them is a map beside the table, ``effects.maps``,
    and n counts sequences. Individual causal effects (methods of Koo & Ploenzke 2020).

    Parameters
    ----------
    sequences : real sequences; exactly these are asked about
    start, stop : the places from start up to, not including, stop; by default all of sequences of one length

    Raises
    ------
    InputError
        Places that a sequence does not have: it is named.

    Examples
    --------
    >>> print(mutagenesis(["GATTACA", "GATTTCA"], start=1))
    mutagenesis: What does each letter of 2 sequences contribute?
      arms       19: none, step 1@1, step 2@1, step 3@1, step 1@2, …, step 3@6
      factor     position: 1, 2, 3, 4, 5, 6
      contrasts  substitution (6)
      cost       38 forward passes of each model member at n=2
    """
    asked, at = _asked(sequences, start, stop)
    singles = _singles(at)
    arms = {NONE: Arm()} | {label: Arm((change,)) for label, change in singles.items()}
    contrasts = [
        Contrast(
            "substitution", {change.label: 1 / len(STEPS) for change in _steps(singles, where)} | {NONE: -1.0},
            {"position": where},
        )
        for where in at
    ]  # fmt: skip
    if len(asked) == 1:
        contrasts += _changes(asked, singles)
    return Design("mutagenesis", f"What does each letter of {_named(asked)} contribute?", arms, tuple(contrasts), asked)


@recorded
def pairwise_mutagenesis(sequences: SequencesLike, *, start: int = 0, stop: int | None = None) -> Design:
    """Which two letters of these sequences work together? Both replaced, each by the three others, in every pair.

    Contrast: ``interaction`` at each level of ``position`` and ``position 2``, the mean over the 9 ways of
    Y_ab − Y_a − Y_b + Y_0 (second-order in-silico mutagenesis, as a difference in differences); 0 where effects add.
    ``effects.maps`` has it for each sequence. L places make 9 L (L − 1) / 2 arms of pairs.

    Parameters
    ----------
    sequences, start, stop : as for :func:`mutagenesis`

    Raises
    ------
    InputError
        As for :func:`mutagenesis`; one place, which makes no pair; more than 200,000 arms.

    Examples
    --------
    >>> print(pairwise_mutagenesis(["GATTACA"]))
    pairwise_mutagenesis: Which two letters of 1 sequence work together?
      arms       211: none, step 1@0, step 2@0, step 3@0, step 1@1, …, step 3@5 + step 3@6
      factor     position: 0, 1, 2, 3, 4, 5
      factor     position 2: 1, 2, 3, 4, 5, 6
      contrasts  interaction (21)
      cost       211 forward passes of each model member at n=1
    """
    asked, at = _asked(sequences, start, stop)
    _refuse_size(len(at))
    singles = _singles(at)
    arms = {NONE: Arm()} | {label: Arm((change,)) for label, change in singles.items()}
    contrasts = []
    for one, two in combinations(at, 2):
        # Arms that share their first substitution follow one another: an engine may go on from there.
        pairs = {f"{a.label} + {b.label}": Arm((a, b)) for a, b in product(_steps(singles, one), _steps(singles, two))}
        arms |= pairs
        alone = {change.label: -1 / len(STEPS) for where in (one, two) for change in _steps(singles, where)}
        weights = dict.fromkeys(pairs, 1 / PAIRS) | alone | {NONE: 1.0}
        contrasts.append(Contrast("interaction", weights, {"position": one, "position 2": two}))
    question = f"Which two letters of {_named(asked)} work together?"
    return Design("pairwise_mutagenesis", question, arms, tuple(contrasts), asked)


def _singles(at: range) -> dict[str, Substitution]:
    """Every substitution by its label, place by place."""
    return {change.label: change for change in (Substitution(where, step) for where in at for step in STEPS)}


def _steps(singles: Mapping[str, Substitution], where: int) -> list[Substitution]:
    return [singles[f"step {step}@{where}"] for step in STEPS]


def _changes(asked: Sequences, singles: Mapping[str, Substitution]) -> Iterator[Contrast]:
    """Each substitution of a single sequence, by the letter that it writes."""
    letters = tuple(asked.alphabet.letters) if asked.alphabet else ("A", "C", "G", "T/U")
    for label, change in singles.items():
        new = letters[(int(asked.codes[0, change.at]) + change.step) % LETTERS]
        yield Contrast("change", {label: 1.0, NONE: -1.0}, {"position": change.at, "letter": new})


def _asked(given: SequencesLike, start: int, stop: int | None) -> tuple[Sequences, range]:
    """The sequences, and the places that are asked of all of them."""
    asked = as_sequences(given)
    shortest, longest = int(asked.lengths.min()), int(asked.lengths.max())
    if stop is None and shortest < longest:
        raise InputError(
            f"sequences of {shortest} to {longest} letters; {_name(asked, shortest)} is the shortest",
            "the places asked about are in all of them", f"Write stop={shortest}, or leave short sequences out",
        )  # fmt: skip
    first, last = place(start, "start", 0), place(longest if stop is None else stop, "stop", 1)
    if last > shortest:
        raise InputError(
            f"stop={last}: {_name(asked, shortest)} has {shortest} letters",
            "every place is in every sequence", f"Write stop={shortest}, or leave short sequences out",
        )  # fmt: skip
    if first >= last:
        raise InputError(f"start={first} and stop={last}", "at least one place lies between them", "Write start=0")
    return asked, range(first, last)


def _refuse_size(places: int) -> None:
    arms = 1 + LETTERS * places - places + PAIRS * places * (places - 1) // 2
    if places < 2:
        raise InputError("pairs of one place", "two places make a pair", "Leave start and stop out")
    if arms > MOST_ARMS:
        raise InputError(
            f"{places} places make {arms:,} arms", f"at most {MOST_ARMS:,} arms are made at a time: 210 places",
            "Write start and stop around what mutagenesis(...) found to matter",
        )  # fmt: skip


def _name(asked: Sequences, length: int) -> str:
    """What the first sequence of this length is called."""
    row = int((asked.lengths == length).argmax())
    return f"sequence {row}" if asked.names is None else asked.names[row]


def _named(asked: Sequences) -> str:
    return f"{len(asked)} sequence{'s' if len(asked) > 1 else ''}"
