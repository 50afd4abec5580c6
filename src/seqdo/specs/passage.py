"""A passage of a study file: errors about it name the file, the line and the key, and speak YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from seqdo.errors import InputError
from seqdo.specs.validation import where_of
from seqdo.specs.yaml_reader import Place
from seqdo.specs.yaml_words import NAMES, advice_in_yaml, in_yaml

SHARED = ("n", "seed", "background", "extra", "until", "adjust", "real", "inputs", "library", "margin", "multiplicity")
"""Keys of a whole study that a design without a key of that name takes over."""


@dataclass(frozen=True)
class Passage:
    """A mapping in a study file. Any two are equal: where a mapping was read is no part of what it holds.

    Attributes
    ----------
    path : the file
    lines : place in the file to line
    at : place of the mapping in the file
    """

    path: Path = field(compare=False)
    lines: Mapping[Place, int] = field(compare=False, repr=False)
    at: Place = field(default=(), compare=False)

    def within(self, *keys: str | int) -> Passage:
        """The passage of a key, or of an item of a list."""
        return replace(self, at=(*self.at, *keys))

    def nearest(self, key: str) -> Passage:
        """The passage of a key of the mapping, or of the whole study where the mapping lacks it."""
        return self.within(key) if (*self.at, key) in self.lines else replace(self, at=(key,))

    @contextmanager
    def errors(self, *, python: bool = False) -> Iterator[None]:
        """Raise errors about input as errors of this passage.

        Parameters
        ----------
        python : leave Python as it is, in errors of a user's own code

        Raises
        ------
        InputError
            What was raised inside, with the file, the line and the key in front, and in YAML.
        """
        try:
            yield
        except InputError as error:
            raise self.located(error, python=python) from error

    def located(self, error: InputError, *, python: bool = False) -> InputError:
        """The error with the file, the line and the key in front, and in YAML.

        Parameters
        ----------
        error : raised by a function that knows nothing of files; an error that names the file stays as it is
        python : leave Python as it is, in errors of a user's own code
        """
        if error.problem.startswith(str(self.path)):
            return error
        where = where_of(self.path, self.lines, self._place(error.problem))
        if python:
            return InputError(f"{where}: {error.problem}", error.accepted, error.fix)
        problem, accepted = in_yaml(error.problem), in_yaml(error.accepted)
        return InputError(f"{where}: {problem}", accepted, advice_in_yaml(error.fix))

    def _place(self, problem: str) -> Place:
        """The place of the key that an error names; the mapping's own if it names none."""
        named = re.findall(r"`(\w+)[`=.\[]", problem) + re.findall(r"(?<![\w.])(\w+)=", problem)
        valued = re.findall(r"\b([a-z_]+) -?\d", problem) + re.findall(r"^(\w+) ", problem)
        words = [word for word in re.findall(r"\b[a-z_]+\b", problem) if len(word) > 2]
        drawn = (*self.at, "sequences") not in self.lines  # a design with sequences of its own draws no background
        for name in (NAMES.get(each, each) for each in named):
            backgrounds = [(*self.at, "background", name), ("background", name)] if drawn else []
            shared = [(name,)] if name in SHARED and self.at[:1] == ("designs",) else []
            places = [(*self.at, name), *backgrounds, *shared]
            if place := next(filter(self.lines.__contains__, places), None):
                return place
        return next((place for name in (*valued, *words) if (place := (*self.at, name)) in self.lines), self.at)


@contextmanager
def errors_of(passage: Passage | None, *, python: bool = False) -> Iterator[None]:
    """Raise errors about input as errors of a passage; as they are where there is none.

    Parameters
    ----------
    passage : what the errors are about
    python : leave Python as it is, in errors of a user's own code
    """
    if passage is None:
        yield
        return
    with passage.errors(python=python):
        yield
