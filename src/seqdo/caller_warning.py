"""Warnings about a user's data: shown at the line of the user that called seqdo, however deep the reason lies."""

from __future__ import annotations

import warnings
from contextlib import __file__ as _context
from inspect import currentframe
from pathlib import Path

_PACKAGE = str(Path(__file__).parent)


def warn_caller(message: str) -> None:
    """Warn, at the innermost line outside of the package.

    Parameters
    ----------
    message : what concerns the user's data or result, and what to write to change it
    """
    frame, level = currentframe(), 1
    # Between two functions of the package may stand a context manager of the standard library.
    while frame is not None and frame.f_code.co_filename.startswith((_PACKAGE, _context)):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)
