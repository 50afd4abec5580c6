"""The sequences of arms: backgrounds with the edits of each arm, as a run predicts them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

import numpy as np

from seqdo.backgrounds.background import Background
from seqdo.backgrounds.given import as_background
from seqdo.designs.changes.site import Arm, edits_of
from seqdo.errors import InputError
from seqdo.sequences.edit import apply
from seqdo.sequences.sequences import Sequences, SequencesLike


def background_of(background: Background | SequencesLike | None, own: Sequences | None, experiment: str) -> Background:
    """The background of a design: the null model that a user passes, or the sequences that the design is about.

    Parameters
    ----------
    background : what the user passes
    own : the sequences that the design is about, those and no others; None if it is about none
    experiment : name of the experiment, for errors

    Raises
    ------
    InputError
        There is no background, or another one than the sequences of the design.
    """
    if background is None:
        if own is None:
            raise InputError(
                f"`background` is missing for {experiment}", "a null model, or sequences, are needed",
                "Pass a background, such as sd.backgrounds.uniform(length)",
            )  # fmt: skip
        return as_background(own)
    null = as_background(background)
    if own is not None and null.describe() != as_background(own).describe():
        raise InputError(
            f"`background` {null.name} for {experiment} of {len(own)} sequences",
            "the design is about those sequences", "Leave the background out",
        )  # fmt: skip
    return null


def chosen_arms(arms: Mapping[str, Arm], names: Iterable[str] | None) -> dict[str, Arm]:
    """The arms of these names, in their order; all arms if there are no names.

    Parameters
    ----------
    arms : the arms of a design
    names : names that a user passes

    Raises
    ------
    InputError
        There is no such arm, or a name occurs twice.
    """
    if names is None:
        return dict(arms)
    listed = [names] if isinstance(names, str) else list(names)
    for name in listed:
        if name not in arms:
            near = difflib.get_close_matches(str(name), arms, 1)
            raise InputError(
                f"`arms` holds {name!r}", f"names of arms of the design are needed; it has {len(arms)}",
                f"Did you mean {near[0]!r}?" if near else "Print the design to see them",
            )  # fmt: skip
    if not listed or len(set(listed)) < len(listed):
        raise InputError(f"arms={listed!r}", "one arm or more are needed, each once", "Leave `arms` out for all arms")
    return {name: arms[name] for name in listed}


def edited_sequences(arms: Mapping[str, Arm], backgrounds: Sequences, seed: np.random.SeedSequence) -> Sequences:
    """The backgrounds with the edits of each arm, one arm after the other.

    Parameters
    ----------
    arms : name to arm
    backgrounds : from the first of the run
    seed : of the run, which letters and places are drawn from
    """
    edits = edits_of(arms.values(), seed, 0, backgrounds)
    codes = [apply(backgrounds, arm_edits).codes for arm_edits in edits]
    names = tuple(f"{arm}|background {i}" for arm in arms for i in range(len(backgrounds)))
    lengths = np.tile(backgrounds.lengths, len(arms))
    return Sequences(np.concatenate(codes), lengths, backgrounds.alphabet, names)
