"""What torch prints while it traces a network stays off the terminal. The reason is kept in the error of the trace."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import TextIOBase
from threading import get_ident
from typing import Any


@contextmanager
def quiet_tracing() -> Iterator[None]:
    """Within the context, drop the log of torch and what goes to stderr, of this thread alone.

    No level of a logger is changed. Where a user sets ``TORCH_LOGS`` to read torch's log, nothing is dropped.

    Examples
    --------
    >>> with quiet_tracing():
    ...     logging.getLogger("torch.fx").warning("this line is dropped")
    """
    if os.environ.get("TORCH_LOGS"):
        yield
        return
    # Imported here, since they make loggers and handlers of their own, and cost seconds that no other path needs.
    import torch._dynamo
    import torch.export._trace  # noqa: F401

    silence, stderr = _OfThisThread(), _Stderr()
    # A filter of a logger does not see the records of loggers below it, but one of a handler does.
    loggers = [logging.getLogger(), *_torch_loggers()]
    handlers = [handler for logger in loggers for handler in logger.handlers]
    handlers += [logging.lastResort] if logging.lastResort else []
    for handler in handlers:
        handler.addFilter(silence)
    try:
        # torch.export prints the calls up to its failure, too.
        with redirect_stderr(stderr):
            yield
    finally:
        stderr.thread = None  # a handler that was made in between may keep this stream
        for handler in handlers:
            handler.removeFilter(silence)


def _torch_loggers() -> list[logging.Logger]:
    """The loggers of torch that exist."""
    names = [name for name in list(logging.root.manager.loggerDict) if name.partition(".")[0] == "torch"]
    return [logging.getLogger(name) for name in names]


class _OfThisThread(logging.Filter):
    """Drops the records of torch that come from the thread that made the filter."""

    def __init__(self) -> None:
        super().__init__()
        self.thread = get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self.thread or record.name.partition(".")[0] != "torch"


class _Stderr(TextIOBase):
    """Passes on what other threads write to stderr."""

    def __init__(self) -> None:
        self.thread: int | None = get_ident()
        self.stream = sys.stderr

    def write(self, text: str) -> int:
        return len(text) if get_ident() == self.thread else self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - such as isatty of a progress bar
        return getattr(self.stream, name)
