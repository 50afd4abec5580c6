"""The incremental engine: backgrounds are gone through once, and each edit only as far as it reaches."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from seqdo.engine.engine import Done, ignored
from seqdo.engine.incremental.compute.backend import Scratch
from seqdo.engine.incremental.compute.program import Base, Plan, Program
from seqdo.engine.incremental.compute.vectors import LANES
from seqdo.engine.incremental.explain import explained
from seqdo.engine.incremental.memory import Memory
from seqdo.engine.incremental.schedule.row_groups import Piece, groups, pieces
from seqdo.models.model import Model
from seqdo.models.readout import as_numbers
from seqdo.sequences.edit import Edit, apply
from seqdo.sequences.sequences import Sequences

Key = tuple[int, tuple[int, ...], bytes]
"""Place, shape and letters of an edit."""

T = TypeVar("T")
S = TypeVar("S")

TOGETHER = 2**20
"""Rows whose letters are looked at before the first of them is computed."""

COPYING = 0.2
"""What copying all that is kept takes, as a part of going through everything.

Measured with one thread: .06 to .10 on DeepSTARR, ResidualBind and BPNet, .32 on DeepSTARR where its memory was new.
"""

PLANS = 2**28
"""Bytes of plans that are remembered."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A block that the networks have gone through.

    Attributes
    ----------
    codes : as the model reads them, (backgrounds, length)
    pane : backgrounds that are kept together, as many in each pane
    bases : for each member, one for each pane
    predictions : (members, backgrounds, outputs)
    """

    block: Sequences
    codes: NDArray[np.uint8]
    pane: int
    bases: tuple[tuple[Base, ...], ...]
    predictions: NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Incremental:
    """Recomputes what an edit can reach, for networks that ``programs`` were made of.

    Attributes
    ----------
    batch : rows (a background in an arm) that are computed at a time
    memory : how many backgrounds are held at a time, and what that takes
    """

    model: Model
    programs: tuple[Program, ...]
    memory: Memory
    plans: OrderedDict[tuple[int, bytes], Plan] = field(default_factory=OrderedDict)
    idle: list[Scratch] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    name: str = field(default="incremental", init=False)

    @property
    def batch(self) -> int:
        """Rows that are computed at a time."""
        return self.memory.rows

    @property
    def block(self) -> int:
        """Most backgrounds to prepare at once."""
        return self.memory.backgrounds

    @property
    def gain(self) -> float:
        """How many times fewer multiplications than a whole prediction an edit in the middle takes."""
        return min(p.everything.macs / max(self._plan(m, p.middle).macs, 1) for m, p in enumerate(self.programs))

    def macs(self, arms: Sequence[Sequence[Edit]]) -> int:
        """Multiplications for one background in these arms, where each of their letters is another than before."""
        total, apart = 0, set(range(len(arms)))
        for shared, mine in self._shared(arms, sorted(apart)):
            total += self._macs([shared]) + sum(self._macs(_without(arms[index], shared)) for index in mine)
            apart -= set(mine)
        return total + sum(self._macs(arms[index]) for index in apart)

    def explain(self) -> str:
        """What is computed how: memory, then what eight letters in the middle reach of each layer."""
        return explained(self.programs, self.memory)

    def prepare(self, block: Sequences) -> Prepared:
        """Go through the block once, pane by pane."""
        codes = self.model.arrange(block)
        pane = self._pane(len(codes))
        panes = range(0, len(codes), pane)
        tasks = [(program, codes[start : start + pane]) for program in self.programs for start in panes]
        found = list(self._all(lambda task, scratch: task[0].base(task[1], scratch), tasks))
        return self._prepared(block, codes, pane, found)

    def _moved(self, state: Prepared, block: Sequences) -> Prepared:
        """The block with an edit that many arms share, from the block without it."""
        if not self._movable:
            return self.prepare(block)
        codes = self.model.arrange(block)
        positions = np.flatnonzero((codes != state.codes).any(0)).astype(np.int32)
        tasks = [
            (member, base, codes[number * state.pane : (number + 1) * state.pane])
            for member, bases in enumerate(state.bases)
            for number, base in enumerate(bases)
        ]

        def move(task: tuple[int, Base, NDArray[np.uint8]], scratch: Scratch) -> Base:
            member, base, after = task
            return self.programs[member].moved(base, self._plan(member, positions), after, scratch)

        return self._prepared(block, codes, state.pane, list(self._all(move, tasks)))

    @property
    def _movable(self) -> bool:
        return all(program.movable for program in self.programs)

    def _prepared(self, block: Sequences, codes: NDArray[np.uint8], pane: int, found: Sequence[Base]) -> Prepared:
        """With predictions, which are looked at."""
        panes = len(found) // len(self.programs)
        bases = tuple(tuple(found[i * panes : (i + 1) * panes]) for i in range(len(self.programs)))
        predictions = []
        for number, mine in enumerate(bases):
            predictions.append(np.concatenate([self.numbers(number, base.answers, len(base.codes)) for base in mine]))
            self.model.refuse_not_finite(self.model.members[number], predictions[-1], codes)
        return Prepared(block, codes, pane, bases, np.stack(predictions))

    def _pane(self, backgrounds: int) -> int:
        """Backgrounds to a pane: as many in each, of as many panes as keep all workers busy, in whole tiles."""
        beside = -(-self.memory.workers // len(self.programs))
        panes = -(-backgrounds // (self.memory.rows * beside)) * beside
        each = -(-backgrounds // panes)
        return each if each < 2 * LANES else min(-(-each // LANES) * LANES, self.memory.rows)

    def evaluate(
        self, state: Prepared, arms: Sequence[Sequence[Edit]], done: Done = ignored
    ) -> NDArray[np.floating[Any]]:
        """Predictions of each arm; where an edit writes what stands there they are the block's own, bit for bit."""
        y = np.empty((len(arms), *state.predictions.shape), state.predictions.dtype)
        y[:] = state.predictions
        left = {index: edits for index, edits in enumerate(arms) if edits}
        done((len(arms) - len(left)) * len(self.programs) * len(state.codes))
        for edit, mine in self._shared(arms, list(left)):
            ahead = self._moved(state, apply(state.block, [edit]))
            further = {index: _without(left.pop(index), edit) for index in mine}
            self._fill(y, ahead, state, further, done)
        self._fill(y, state, state, left, done)
        return y

    def _fill(
        self,
        y: NDArray[np.floating[Any]],
        near: Prepared,
        state: Prepared,
        arms: Mapping[int, Sequence[Edit]],
        done: Done,
    ) -> None:
        """Write the predictions of some arms, as changes of ``near``: the block, or what is closer to them."""
        rows, members, mine = len(state.codes), len(self.programs), list(arms)
        step = max(1, TOGETHER // rows)
        for some in (mine[start : start + step] for start in range(0, len(mine), step)):
            if near is not state:
                y[some] = near.predictions
            offsets = self.model.offsets(state.block.lengths)
            edits = [(index, arms[index]) for index in some if arms[index]]
            work = groups(near.codes, offsets, state.block, edits, self.memory.rows)
            # Pane by pane: what was kept of a pane stays near while arm after arm reads from it.
            cut = sorted(pieces(work, near.pane, self.memory.rows), key=lambda piece: piece.pane)
            done(members * (len(some) * rows - sum(len(piece.rows) for piece in cut)))
            tasks = [(member, piece) for piece in cut for member in range(members)]
            for _, piece in zip(
                self._all(lambda task, scratch: self._answer(*task, y, near, scratch), tasks), tasks, strict=True
            ):
                done(len(piece[1].rows))

    def _answer(
        self, member: int, piece: Piece, y: NDArray[np.floating[Any]], near: Prepared, scratch: Scratch
    ) -> None:
        """Write what one member says of one piece."""
        base = near.bases[member][piece.pane]
        plan = self._plan(member, piece.positions)
        seen = np.searchsorted(piece.positions, plan.changed)
        found = self.programs[member].change(
            base, plan, piece.rows, np.ascontiguousarray(piece.letters[:, seen]), scratch
        )
        answers = self.numbers(member, found, len(piece.rows))
        if not np.isfinite(answers).all():
            codes = base.codes[piece.rows]
            codes[:, piece.positions] = piece.letters
            self.model.refuse_not_finite(self.model.members[member], answers, codes)
        y[piece.arms, member, piece.pane * near.pane + piece.rows] = answers

    def _shared(self, arms: Sequence[Sequence[Edit]], left: Sequence[int]) -> Iterator[tuple[Edit, list[int]]]:
        """Edits that so many arms share that it pays to go through the block with them once more, with those arms."""
        several = [index for index in left if len(arms[index]) > 1]
        keys = {index: {key: edit for edit in arms[index] if (key := _key(edit))} for index in several}
        having: dict[Key, list[int]] = {}
        for index, edits in keys.items():
            for key in edits:
                having.setdefault(key, []).append(index)
        for key in sorted(having, key=lambda key: (-len(having[key]), key)):
            mine = [index for index in having[key] if index in keys]
            if len(mine) > 1 and self._pays([arms[index] for index in mine], key):
                yield keys[mine[0]][key], mine
                for index in mine:
                    del keys[index]

    def _pays(self, arms: Sequence[Sequence[Edit]], shared: Key) -> bool:
        """Is the work that these arms would do less by more than that edit and a copy? As the arm in the middle says.

        It is read off the edits, not off the letters or their order, so that it is the same for every block.
        """
        middle = sorted(arms, key=lambda edits: sorted(filter(None, map(_key, edits))))[len(arms) // 2]
        near = self._macs([edit for edit in middle if _key(edit) != shared])
        once = self._macs([edit for edit in middle if _key(edit) == shared])
        whole = sum(program.everything.macs for program in self.programs)
        cost = once + COPYING * whole if self._movable else whole
        return (self._macs(middle) - near) * len(arms) > cost

    def _macs(self, edits: Sequence[Edit]) -> int:
        """Multiplications for one background with some edits, all members."""
        places = _places(edits)
        return sum(self._plan(member, places).macs for member in range(len(self.programs)))

    def _plan(self, member: int, positions: NDArray[np.int32]) -> Plan:
        key = member, positions.tobytes()
        plan = self.plans.get(key)
        if plan is None:
            plan = self.programs[member].plan(positions)
            with self.lock:  # workers make plans beside one another
                self.plans[key] = plan
                while sum(kept.bytes for kept in self.plans.values()) > PLANS and len(self.plans) > 1:
                    self.plans.popitem(last=False)
        return plan

    def numbers(self, member: int, answers: list[Any], rows: int) -> NDArray[np.floating[Any]]:
        """(rows, outputs) of what a member's program answered, through its readout."""
        one = self.model.members[member]
        return as_numbers(self.programs[member].trace.readout(answers), rows, one.name)

    def _all(self, work: Callable[[S, Scratch], T], tasks: Sequence[S]) -> Iterator[T]:
        """Do all tasks, on a CPU beside one another: one thread each, as many as torch would take for one."""

        def quietly(task: S) -> T:
            with self.lock:
                scratch = self.idle.pop() if self.idle else Scratch(self.programs[0].loops.like)
            try:
                with torch.no_grad():
                    return work(task, scratch)
            finally:
                self.idle.append(scratch)

        threads = torch.get_num_threads()
        workers = min(len(tasks), self.programs[0].loops.threads)
        if workers < 2:
            yield from map(quietly, tasks)
            return
        torch.set_num_threads(1)  # the threads of the pool begin with it
        try:
            with ThreadPoolExecutor(workers) as pool:
                yield from pool.map(quietly, tasks)
        finally:
            torch.set_num_threads(threads)


def _key(edit: Edit) -> Key | None:
    """What makes two edits the same in all backgrounds; None where its place differs from one to the next."""
    if not isinstance(edit.start, int | np.integer):
        return None
    letters = edit.letters.tobytes()
    # Letters of each background's own are many, and many arms have them.
    return int(edit.start), edit.letters.shape, letters if edit.letters.ndim == 1 else sha256(letters).digest()


def _without(edits: Sequence[Edit], shared: Edit) -> list[Edit]:
    """What is left to do of an arm once an edit that it shares has been made."""
    made = _key(shared)
    return [edit for edit in edits if _key(edit) != made]


def _places(edits: Sequence[Edit]) -> NDArray[np.int32]:
    """Positions that edits write, in the first background where they differ."""
    spans = [np.asarray(edit.start).reshape(-1)[0] + np.arange(edit.width) for edit in edits]
    return np.unique(np.concatenate([*spans, np.zeros(0, np.int64)])).astype(np.int32)
