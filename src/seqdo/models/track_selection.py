"""A selection or a grouping of tracks, which may have to wait for the names of a head's tracks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from seqdo.errors import InputError
from seqdo.models.readout_steps import Average, Step, Tracks

Choice = str | int | re.Pattern[str] | Callable[[str], bool]
"""A track: its name, its number, a pattern that names match, or a function of names."""


@dataclass(frozen=True)
class Waiting:
    """A selection of tracks, which may need the names of the head's tracks.

    Attributes
    ----------
    which : names, numbers, patterns or functions
    groups : group to names, or a group for each track; None for a selection
    """

    which: tuple[Choice, ...]
    groups: Mapping[str, Sequence[str]] | tuple[str, ...] | None = None

    @property
    def needs_names(self) -> bool:
        """Does it need names of tracks?"""
        if self.groups is not None:
            return isinstance(self.groups, Mapping)
        return not all(isinstance(each, int) and not isinstance(each, bool) for each in self.which)

    def settled(self, names: Sequence[str] | None, of: int | None) -> Step:
        """The step, with numbers of tracks."""
        if self.groups is None:
            numbers = tuple(number for each in self.which for number in self._numbers(each, names))
            return Tracks(numbers, ", ".join(map(_shown, self.which)), of)
        if isinstance(self.groups, Mapping):
            members = {
                str(group): [self._numbers(name, names)[0] for name in own] for group, own in self.groups.items()
            }
            count = len(names or ())
        else:
            count = len(self.groups)
            members = {group: [i for i, own in enumerate(self.groups) if own == group] for group in self.groups}
        return Average(tuple((group, tuple(numbers)) for group, numbers in members.items()), count)

    def __str__(self) -> str:
        if self.groups is not None:
            return f"average({', '.join(dict.fromkeys(self.groups))})"
        return f"tracks({', '.join(map(_shown, self.which))})"

    def _numbers(self, each: Choice, names: Sequence[str] | None) -> list[int]:
        if isinstance(each, int) and not isinstance(each, bool):
            if each < 0:
                raise InputError(f"`tracks({each})`", "tracks are counted from 0", "Write tracks(0) for the first")
            return [each]
        labels = list(names or ())
        if isinstance(each, str):
            if each not in labels:
                raise InputError(
                    f"`tracks({each!r})`", _near(each, labels), f"Write tracks({labels[0]!r})" if labels else ""
                )
            return [number for number, name in enumerate(labels) if name == each]
        matches: Callable[[str], object] = each.search if isinstance(each, re.Pattern) else each  # type: ignore[assignment]
        numbers = [number for number, name in enumerate(labels) if matches(name)]
        if not numbers:
            raise InputError(
                f"`tracks({_shown(each)})`", f"no name of {len(labels)} tracks matches", "Change the pattern"
            )
        return numbers


def _shown(each: Choice) -> str:
    if isinstance(each, re.Pattern):
        return f"re.compile({each.pattern!r})"
    return str(getattr(each, "__name__", "function")) if callable(each) else repr(each)


def _near(name: str, names: Sequence[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, names, 3)
    shown = ", ".join(map(repr, close or names[:3]))
    return f"it is none of the {len(names)} tracks" + (
        f"; {'near' if close else 'the first'} are {shown}" if shown else ""
    )
