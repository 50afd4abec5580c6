"""Tasks in threads: each computes with one thread, and there are as many as torch would use for one operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

import torch

from seqdo.engine.incremental.compute.backend import Backend, Scratch

Task = TypeVar("Task")
Result = TypeVar("Result")


class Workers:
    """Runs tasks, and keeps the scratch memory of their threads for the next tasks."""

    def __init__(self) -> None:
        self.idle: list[Scratch] = []
        self.lock = Lock()

    def map(
        self, work: Callable[[Task, Scratch], Result], tasks: Sequence[Task], backend: Backend
    ) -> Iterator[Result]:  # fmt: skip
        """The result of each task, in order.

        Parameters
        ----------
        work : from a task and scratch memory to its result
        tasks : the tasks
        backend : its threads and dtype are used
        """

        def run(task: Task) -> Result:
            with self.lock:
                scratch = self.idle.pop() if self.idle else Scratch(backend.like)
            try:
                with torch.no_grad():  # of each thread by itself
                    return work(task, scratch)
            finally:
                self.idle.append(scratch)

        threads = torch.get_num_threads()
        workers = min(len(tasks), backend.threads)
        if workers < 2:
            yield from map(run, tasks)
            return
        # Threads of the pool begin with this number. Otherwise each would start as many threads of its own.
        torch.set_num_threads(1)
        try:
            with ThreadPoolExecutor(workers) as pool:
                yield from pool.map(run, tasks)
        finally:
            torch.set_num_threads(threads)
