"""Tasks in threads: results in order, scratch memory used again, torch's threads as they were."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Barrier

import pytest
import torch

from seqdo.engine.incremental.compute.workers import Workers


@dataclass
class Threads:
    """All of a backend that workers use."""

    threads: int
    like: torch.Tensor


@pytest.mark.parametrize("threads", [1, 2])
def test_results_come_in_order_and_scratch_memory_is_used_again(threads):
    workers, backend = Workers(), Threads(threads, torch.zeros(0))
    before = torch.get_num_threads()

    def work(task, scratch):
        assert not torch.is_grad_enabled()
        scratch.take(task + 1)
        return 10 * task

    for _ in range(2):
        assert list(workers.map(work, range(7), backend)) == [10 * task for task in range(7)]
        assert torch.get_num_threads() == before
    # At most one for each thread, however many tasks there were.
    assert 1 <= len(workers.idle) <= threads


def test_two_tasks_run_at_the_same_time_with_memory_of_their_own():
    workers, together = Workers(), Barrier(2, timeout=60)
    scratches = []

    def work(task, scratch):
        scratches.append(scratch)
        together.wait()  # breaks unless both tasks wait
        return torch.get_num_threads()

    assert list(workers.map(work, range(2), Threads(2, torch.zeros(0)))) == [1, 1]
    assert scratches[0] is not scratches[1]


def test_an_error_leaves_threads_and_memory_as_they_were():
    workers, before = Workers(), torch.get_num_threads()

    def work(task, scratch):
        raise ValueError(task)

    for threads in (1, 2):
        with pytest.raises(ValueError, match="0"):
            list(workers.map(work, range(3), Threads(threads, torch.zeros(0))))
        assert torch.get_num_threads() == before
        assert workers.idle
