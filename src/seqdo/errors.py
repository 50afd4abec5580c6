"""What can go wrong, and the three parts of an error message.

SeqdoError
├── InputError   the input cannot be used (also a ValueError; the command line exits with 2)
└── RunError     a run failed while it was under way (also a RuntimeError; exit 1)
"""

from __future__ import annotations


class SeqdoError(Exception):
    """Any error that seqdo raises on purpose.

    Attributes
    ----------
    problem : the argument (or file, line and column) by name, and what was received
    accepted : what is accepted instead
    fix : one line to copy, or what to do; "" if there is none
    """

    def __init__(self, problem: str, accepted: str, fix: str = "") -> None:
        self.problem, self.accepted, self.fix = problem, accepted, fix
        super().__init__(": ".join([problem, accepted]) + (f". {fix}" if fix else ""))

    def __reduce__(self) -> tuple[type[SeqdoError], tuple[str, str, str]]:
        """Rebuild from the three parts, so that an error survives the way back from another process."""
        return type(self), (self.problem, self.accepted, self.fix)


class InputError(SeqdoError, ValueError):
    """Input that cannot be used: what was received, what is accepted, what to write instead."""


class RunError(SeqdoError, RuntimeError):
    """A run that failed under way: where it was, what happened, how to go on."""
