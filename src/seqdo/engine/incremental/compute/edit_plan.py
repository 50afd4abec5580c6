"""A plan: the steps for edits at some positions, with tables in the form in which they are computed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import torch

from seqdo.engine.incremental.compute.backend import Backend, Segment
from seqdo.engine.incremental.graph.nodes import Concat, Layer, Letters, Pointwise, Recurrent
from seqdo.engine.incremental.graph.receptive_field import Positions
from seqdo.engine.incremental.schedule.steps import Step, macs

Tensor = torch.Tensor


@dataclass(frozen=True, eq=False)
class SingleNode:
    """A step of a node that is not a layer, with its tables as tensors to index with.

    Attributes
    ----------
    region : positions of the output
    base_at : (region,), their indices in what is kept of the backgrounds
    input_at : for each input, the indices (region,) in the input's region, -1 for positions that are not there
    """

    node: Letters | Pointwise | Concat | Recurrent
    step: Step
    region: Tensor
    base_at: Tensor
    input_at: tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """What to compute when letters change at some positions.

    Attributes
    ----------
    changed : those of the positions that affect the prediction
    steps : one for each node
    stages : the same steps as they are computed: segments of layers, and single nodes between them
    macs : multiply-adds for one row
    """

    changed: Positions
    steps: tuple[Step, ...]
    stages: tuple[Segment | SingleNode, ...]
    macs: int

    @cached_property
    def bytes(self) -> int:
        """About what the plan's tables take. Each is held twice: in the step and in the form of the backend."""
        tables = sum(2 * (step.tap_sources.nbytes + step.pool_inputs.nbytes) for step in self.steps)
        return tables + sum(64 * len(step.region) + 512 for step in self.steps)


class Planner:
    """Makes plans of steps.

    Attributes
    ----------
    backend : computes the layers
    readers : for each node the nodes that read it
    materialized : nodes that are read as whole tensors
    """

    def __init__(self, backend: Backend, materialized: Collection[int]) -> None:
        self.backend = backend
        self.materialized = materialized
        nodes = backend.nodes
        self.readers = [
            {reader for reader, node in enumerate(nodes) if place in node.inputs} for place in range(len(nodes))
        ]

    def plan(self, steps: Sequence[Step], *, separate: bool = False) -> Plan:
        """The plan of some steps; consecutive layers form a segment, unless each is to be ``separate``."""

        # Consecutive layers get one key and form one group; any other node has a key of its own.
        def segment_of(step: Step) -> int:
            return step.node if separate or not isinstance(self.backend.nodes[step.node], Layer) else -1

        stages = [self._stage(list(some)) for _, some in groupby(steps, segment_of)]
        return Plan(steps[0].region, tuple(steps), tuple(stages), macs(self.backend.nodes, steps))

    def index(self, numbers: Any) -> Tensor:  # noqa: ANN401
        """A tensor to index with, on the network's device."""
        return torch.as_tensor(numbers, dtype=torch.long, device=self.backend.like.device)

    @cached_property
    def last_reader(self) -> list[int]:
        """For each node the last node that reads it; none comes after what is read as a whole tensor."""
        never = len(self.backend.nodes)
        return [
            never if place in self.materialized else max(readers, default=-1)
            for place, readers in enumerate(self.readers)
        ]

    def _stage(self, steps: list[Step]) -> Segment | SingleNode:
        """Consecutive layers as a segment, or the one step of another node."""
        node = self.backend.nodes[steps[0].node]
        if isinstance(node, Layer):
            # Values between the layers of a segment stay in the cache of a core, unless they are read elsewhere.
            inside = {step.node for step in steps}
            exported = {place for place in inside if place in self.materialized or self.readers[place] - inside}
            return self.backend.segment(steps, exported)
        input_at = tuple(map(self.index, steps[0].input_at))
        return SingleNode(node, steps[0], self.index(steps[0].region), self.index(steps[0].base_at), input_at)
