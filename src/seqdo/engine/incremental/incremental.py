"""The incremental engine: it goes through backgrounds once, and through each edit only as far as the edit reaches."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.engine.engine import Progress, no_progress
from seqdo.engine.incremental.compute.backend import Scratch
from seqdo.engine.incremental.compute.edit_plan import Plan
from seqdo.engine.incremental.compute.kernels.vectors import LANES
from seqdo.engine.incremental.compute.program import Base, Program
from seqdo.engine.incremental.compute.workers import Workers
from seqdo.engine.incremental.explain import explanation
from seqdo.engine.incremental.memory import Memory
from seqdo.engine.incremental.schedule.row_groups import Batch, batches, groups
from seqdo.engine.incremental.schedule.shared_edits import (
    EditKey,
    edit_key,
    edit_positions,
    middle_arm,
    shared_edits,
    without,
)
from seqdo.models.model import Model
from seqdo.models.readout import as_numbers
from seqdo.sequences.edit import Edit, apply
from seqdo.sequences.sequences import Sequences

Predictions = NDArray[np.floating[Any]]

GROUPED_ROWS = 2**20
"""Rows whose letters are compared before the first of them is computed; a bound on the memory for letters."""

COPY_COST = 0.2
"""The time to copy all activations, as a share of the time to go through everything.

Measured with one thread: .06 to .10 on DeepSTARR, ResidualBind and BPNet, .32 on DeepSTARR where its memory was new.
"""

PLAN_BYTES = 2**28
"""Bytes of plans that are kept."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A block that the networks have gone through.

    Attributes
    ----------
    block : the backgrounds
    codes : (backgrounds, length), as the model reads them
    chunk : backgrounds in each chunk; the last may have fewer
    bases : for each member, the base of each chunk
    predictions : (members, backgrounds, outputs)
    """

    block: Sequences
    codes: NDArray[np.uint8]
    chunk: int
    bases: tuple[tuple[Base, ...], ...]
    predictions: Predictions


@dataclass(frozen=True, eq=False)
class Incremental:
    """Computes again only what an edit can reach.

    Attributes
    ----------
    model : of PyTorch modules
    programs : one for each member
    memory : how many backgrounds and rows are held at a time
    plans : recent plans, by member and positions
    """

    model: Model
    programs: tuple[Program, ...]
    memory: Memory
    plans: OrderedDict[tuple[int, bytes], Plan] = field(default_factory=OrderedDict)
    workers: Workers = field(default_factory=Workers)
    lock: Lock = field(default_factory=Lock)
    name: str = field(default="incremental", init=False)

    @property
    def batch(self) -> int:
        """Rows (a row is a background in an arm) that are computed at a time."""
        return self.memory.rows

    @property
    def block(self) -> int:
        """The most backgrounds to prepare at once."""
        return self.memory.backgrounds

    @property
    def gain(self) -> float:
        """How many times fewer multiplications an edit in the middle takes than a whole prediction."""
        return min(
            (program.full_plan.macs + program.whole.macs)
            / max(self._plan(member, program.middle).macs + program.whole.macs, 1)
            for member, program in enumerate(self.programs)
        )

    def macs(self, arms: Sequence[Sequence[Edit]]) -> int:
        """Multiplications for one background in these arms, if each edit changes all letters that it writes."""
        total, unshared = 0, set(range(len(arms)))
        for shared, indices in shared_edits(arms, sorted(unshared), self._pays):
            total += self._macs([shared]) + sum(self._macs(without(arms[index], shared)) for index in indices)
            unshared -= set(indices)
        return total + sum(self._macs(arms[index]) for index in unshared)

    def explain(self) -> str:
        """Memory, then for each layer how much an edit of eight positions in the middle makes the engine compute."""
        return explanation(self.programs, self.memory)

    def prepare(self, block: Sequences) -> Prepared:
        """Go through the block once, chunk by chunk."""
        codes = self.model.arrange(block)
        chunk = self._chunk_size(len(codes))
        tasks = [
            (program, codes[start : start + chunk])
            for program in self.programs
            for start in range(0, len(codes), chunk)
        ]

        def base(task: tuple[Program, NDArray[np.uint8]], scratch: Scratch) -> Base:
            program, chunk_codes = task
            return program.base(chunk_codes, scratch)

        return self._prepared(block, codes, chunk, list(self.workers.map(base, tasks, self.programs[0].backend)))

    def evaluate(self, state: Prepared, arms: Sequence[Sequence[Edit]], done: Progress = no_progress) -> Predictions:
        """Predictions (arms, members, backgrounds, outputs) of each arm.

        Where an edit writes the letters that a background has already, they are those of ``prepare``, bit for bit.
        """
        y = np.empty((len(arms), *state.predictions.shape), state.predictions.dtype)
        y[:] = state.predictions
        left = {index: edits for index, edits in enumerate(arms) if edits}
        done((len(arms) - len(left)) * len(self.programs) * len(state.codes))
        for edit, indices in shared_edits(arms, list(left), self._pays):
            origin = self._with_edit(state, apply(state.block, [edit]))
            remaining = {index: without(left.pop(index), edit) for index in indices}
            self._fill(y, origin, state, remaining, done)
        self._fill(y, state, state, left, done)
        return y

    def predictions(self, member: int, outputs: list[Any], rows: int) -> Predictions:
        """(rows, outputs): a program's output tensors after the readout of its member."""
        return as_numbers(self.programs[member].trace.readout(outputs), rows, self.model.members[member].name)

    def _with_edit(self, state: Prepared, block: Sequences) -> Prepared:
        """The block with an edit that many arms share, from the block without it."""
        if not self._can_rebase:
            return self.prepare(block)
        codes = self.model.arrange(block)
        positions = np.flatnonzero((codes != state.codes).any(0)).astype(np.int32)
        tasks = [
            (member, base, codes[number * state.chunk : (number + 1) * state.chunk])
            for member, bases in enumerate(state.bases)
            for number, base in enumerate(bases)
        ]

        def rebase(task: tuple[int, Base, NDArray[np.uint8]], scratch: Scratch) -> Base:
            member, base, edited = task
            return self.programs[member].rebased(base, self._plan(member, positions), edited, scratch)

        bases = list(self.workers.map(rebase, tasks, self.programs[0].backend))
        return self._prepared(block, codes, state.chunk, bases)

    @property
    def _can_rebase(self) -> bool:
        return all(program.can_rebase for program in self.programs)

    def _prepared(self, block: Sequences, codes: NDArray[np.uint8], chunk: int, bases: Sequence[Base]) -> Prepared:
        """The block with its predictions, which must be finite; ``bases`` are those of member after member."""
        chunks = len(bases) // len(self.programs)
        by_member = tuple(tuple(bases[i * chunks : (i + 1) * chunks]) for i in range(len(self.programs)))
        predictions = []
        for member, member_bases in enumerate(by_member):
            parts = [self.predictions(member, base.outputs, len(base.codes)) for base in member_bases]
            predictions.append(np.concatenate(parts))
            self.model.refuse_not_finite(self.model.members[member], predictions[-1], codes)
        return Prepared(block, codes, chunk, by_member, np.stack(predictions))

    def _chunk_size(self, backgrounds: int) -> int:
        """Backgrounds of a chunk.

        There are as many chunks as keep all workers busy, of equal size, in whole tiles if a chunk has several.
        """
        chunks_at_once = -(-self.memory.workers // len(self.programs))
        chunks = -(-backgrounds // (self.memory.rows * chunks_at_once)) * chunks_at_once
        size = -(-backgrounds // chunks)
        return size if size < 2 * LANES else min(-(-size // LANES) * LANES, self.memory.rows)

    def _fill(
        self, y: Predictions, origin: Prepared, state: Prepared, arms: Mapping[int, Sequence[Edit]], done: Progress
    ) -> None:  # fmt: skip
        """Write the predictions of some arms into ``y``.

        Parameters
        ----------
        y : (arms, members, backgrounds, outputs)
        origin : what changes are measured from: the block, or the block with an edit that these arms share
        state : the block
        arms : from the index of an arm to the edits that are left of it
        done : receives the number of evaluations
        """
        rows, members, indices = len(state.codes), len(self.programs), list(arms)
        step = max(1, GROUPED_ROWS // rows)
        offsets = self.model.offsets(state.block.lengths)
        for some in (indices[start : start + step] for start in range(0, len(indices), step)):
            if origin is not state:
                y[some] = origin.predictions  # those of rows that the edits that are left don't change
            edits = [(index, arms[index]) for index in some if arms[index]]
            row_groups = groups(origin.codes, offsets, state.block, edits, self.memory.rows)
            # Chunk by chunk: a chunk's activations stay in the cache while arm after arm reads them.
            ordered = sorted(batches(row_groups, origin.chunk, self.memory.rows), key=lambda batch: batch.chunk)
            done(members * (len(some) * rows - sum(len(batch.rows) for batch in ordered)))
            tasks = [(member, batch) for batch in ordered for member in range(members)]

            def evaluate(task: tuple[int, Batch], scratch: Scratch) -> int:
                self._evaluate_batch(*task, y, origin, scratch)
                return len(task[1].rows)

            for evaluated in self.workers.map(evaluate, tasks, self.programs[0].backend):
                done(evaluated)

    def _evaluate_batch(self, member: int, batch: Batch, y: Predictions, origin: Prepared, scratch: Scratch) -> None:
        """Write the predictions of one member for one batch into ``y``."""
        base = origin.bases[member][batch.chunk]
        plan = self._plan(member, batch.positions)
        # The plan leaves out positions that the prediction does not depend on.
        letters = np.ascontiguousarray(batch.letters[:, np.searchsorted(batch.positions, plan.changed)])
        outputs = self.programs[member].change(base, plan, batch.rows, letters, scratch)
        predictions = self.predictions(member, outputs, len(batch.rows))
        if not np.isfinite(predictions).all():
            codes = base.codes[batch.rows]
            codes[:, batch.positions] = batch.letters
            self.model.refuse_not_finite(self.model.members[member], predictions, codes)
        # Every row of y belongs to one batch, so that threads write to different places.
        y[batch.arms, member, batch.chunk * origin.chunk + batch.rows] = predictions

    def _pays(self, arms: Sequence[Sequence[Edit]], shared: EditKey) -> bool:
        """Do these arms save more work than it takes to apply a shared edit and to copy the activations?

        The arm in the middle stands for all of them. Only edits decide, not the letters of backgrounds, so that the
        decision is the same for every block.
        """
        middle = middle_arm(arms)
        remaining = self._macs([edit for edit in middle if edit_key(edit) != shared])
        once = self._macs([edit for edit in middle if edit_key(edit) == shared])
        everything = sum(program.full_plan.macs + program.whole.macs for program in self.programs)
        cost = once + COPY_COST * everything if self._can_rebase else everything
        return (self._macs(middle) - remaining) * len(arms) > cost

    def _macs(self, edits: Sequence[Edit]) -> int:
        """Multiplications for one background with some edits, all members."""
        positions = edit_positions(edits)
        return sum(
            self._plan(member, positions).macs + program.whole.macs for member, program in enumerate(self.programs)
        )

    def _plan(self, member: int, positions: NDArray[np.int32]) -> Plan:
        """The plan for changes at some positions, made once and kept while there is room."""
        key = member, positions.tobytes()
        plan = self.plans.get(key)
        if plan is None:
            # Outside the lock, so that threads make plans at the same time. At worst two of them make the same plan.
            plan = self.programs[member].plan(positions)
            with self.lock:
                self.plans[key] = plan
                while sum(kept.bytes for kept in self.plans.values()) > PLAN_BYTES and len(self.plans) > 1:
                    self.plans.popitem(last=False)
        return plan
