"""Edits that many arms share. They are applied to the backgrounds once, and the arms carry only what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from seqdo.sequences.edit import Edit

EditKey = tuple[int, tuple[int, ...], bytes]
"""Start, shape of the letters, and the letters (or their hash) of an edit."""

Arms = Sequence[Sequence[Edit]]


def edit_key(edit: Edit) -> EditKey | None:
    """Equal for two edits that write the same in all backgrounds; None if the start differs between backgrounds."""
    if not isinstance(edit.start, int | np.integer):
        return None
    letters = edit.letters.tobytes()
    # Letters of each background's own are a whole block of them, and many arms have them: only a hash is kept.
    return int(edit.start), edit.letters.shape, letters if edit.letters.ndim == 1 else sha256(letters).digest()


def without(edits: Sequence[Edit], shared: Edit) -> list[Edit]:
    """The edits of an arm that are left once a shared edit has been applied."""
    key = edit_key(shared)
    return [edit for edit in edits if edit_key(edit) != key]


def edit_positions(edits: Sequence[Edit]) -> NDArray[np.int32]:
    """Positions that edits write; those of the first background if they differ between backgrounds."""
    spans = [np.asarray(edit.start).reshape(-1)[0] + np.arange(edit.width) for edit in edits]
    return np.unique(np.concatenate([*spans, np.zeros(0, np.int64)])).astype(np.int32)


def shared_edits(
    arms: Arms, candidates: Sequence[int], pays: Callable[[Arms, EditKey], bool]
) -> Iterator[tuple[Edit, list[int]]]:
    """Each edit that is worth applying once, and the indices of the arms that it is applied for.

    An arm is used for one edit at most.

    Parameters
    ----------
    arms : the edits of each arm
    candidates : indices of the arms to look at
    pays : whether it saves work to apply an edit, given by its key, once for these arms
    """
    several = [index for index in candidates if len(arms[index]) > 1]
    keys = {index: {key: edit for edit in arms[index] if (key := edit_key(edit))} for index in several}
    arms_of: dict[EditKey, list[int]] = {}
    for index, edits in keys.items():
        for key in edits:
            arms_of.setdefault(key, []).append(index)
    # The edit of most arms first; ties by the edit itself, so that the choice does not depend on the order of arms.
    for key in sorted(arms_of, key=lambda key: (-len(arms_of[key]), key)):
        unused = [index for index in arms_of[key] if index in keys]
        if len(unused) > 1 and pays([arms[index] for index in unused], key):
            yield keys[unused[0]][key], unused
            for index in unused:
                del keys[index]


def middle_arm(arms: Arms) -> Sequence[Edit]:
    """The arm in the middle of the arms, in the order of their edits: an example that depends on no order of arms."""
    return sorted(arms, key=lambda edits: sorted(filter(None, map(edit_key, edits))))[len(arms) // 2]
