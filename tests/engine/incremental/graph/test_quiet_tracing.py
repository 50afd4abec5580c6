"""While a network is traced, torch prints nothing; before, afterwards and in other threads all goes on as it was."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

import pytest

from seqdo.engine.incremental.graph.quiet_tracing import quiet_tracing

BRANCH = """
import sys, torch
from torch import nn
import seqdo as sd

class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv1d(4, 8, 5), nn.Linear(8, 1)
    def forward(self, x):
        h = torch.relu(self.first(x))
        {line}
        return self.last(h.mean(2))

torch.manual_seed(0)
model = sd.wrap(Branch().eval(), alphabet=sd.DNA, length=40, layout="NCL")
outcomes = sd.run(sd.embed("GATTACA", at=5), model, sd.backgrounds.uniform(40), n=2000, rng=0)
print(sd.choose_engine(model).explain().splitlines()[0], file=sys.stdout)
import logging
logging.getLogger("torch.fx.experimental.symbolic_shapes").warning("afterwards")
"""


@pytest.mark.parametrize(
    "line",
    ["h = h * 2 if h.sum() > 3 else h", "h = h[:, :, : 30 + int(h.max().item() > 0.1)]", "assert h.max() > -1"],
)
def test_a_network_with_a_branch_prints_nothing_to_the_terminal(line):
    code = BRANCH.format(line=line)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("engine ")
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "afterwards" in done.stderr


def test_records_and_stderr_of_this_thread_alone_are_dropped_and_only_inside(caplog, capsys):
    def say(word: str) -> None:
        logging.getLogger("torch.fx.a_new_module").warning("log of %s", word)
        logging.getLogger("users").warning("own log of %s", word)
        sys.stderr.write(f"print of {word}\n")

    logger = logging.getLogger("torch.fx")
    before = (logger.level, logger.handlers[:], logger.filters[:], sys.stderr)
    logger_of_torch = logging.getLogger("torch")
    was, logger_of_torch.propagate = logger_of_torch.propagate, True
    try:
        say("before")
        with quiet_tracing():
            say("inside")
            other = threading.Thread(target=say, args=("another thread",))
            other.start()
            other.join()
            handler = logging.StreamHandler()  # as a module of torch makes one when it is imported
        say("after")
        handler.stream.write("print of a handler\n")
    finally:
        logger_of_torch.propagate = was
    logged = [message.removeprefix("log of ") for message in caplog.messages if message.startswith("log of")]
    # torch may have a handler of its own by now, and then each record is seen twice
    assert list(dict.fromkeys(logged)) == ["before", "another thread", "after"]
    assert "own log of inside" in caplog.messages, "only torch's"
    printed = [line for line in capsys.readouterr().err.splitlines() if line.startswith("print")]
    assert printed == ["print of before", "print of another thread", "print of after", "print of a handler"]
    assert before == (logger.level, logger.handlers[:], logger.filters[:], sys.stderr)


def test_a_user_who_sets_torch_logs_reads_them(monkeypatch, capsys):
    monkeypatch.setenv("TORCH_LOGS", "+dynamo")
    with quiet_tracing():
        sys.stderr.write("seen\n")
    assert capsys.readouterr().err == "seen\n"
