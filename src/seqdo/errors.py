"""What can go wrong, and the three parts of saying so.

SeqdoError
├── InputError   what was given can't be used (also a ValueError; the command line exits with 2)
└── RunError     a run broke while it was under way (also a RuntimeError; exit 1)
"""

from __future__ import annotations


class SeqdoError(Exception):
    """Anything that seqdo raises on purpose."""

    def __init__(self, given: str, needed: str, write: str = "") -> None:
        self.given, self.needed, self.write = given, needed, write
        super().__init__(": ".join([given, needed]) + (f". {write}" if write else ""))

    def __reduce__(self) -> tuple[type[SeqdoError], tuple[str, str, str]]:
        """Made again from its three parts: an error must come back whole from another process."""
        return type(self), (self.given, self.needed, self.write)


class InputError(SeqdoError, ValueError):
    """Input that can't be used: what was given, what is needed, what to write instead."""


class RunError(SeqdoError, RuntimeError):
    """A run that broke under way: where it was, what happened, how to go on."""
