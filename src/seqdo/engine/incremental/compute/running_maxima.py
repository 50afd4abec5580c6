"""Wide pools from both ends: the largest of what an edit leaves alone is read off, instead of gone through again."""

from __future__ import annotations

from itertools import pairwise

import torch

from seqdo.engine.incremental.graph.nodes import Layer

Tensor = torch.Tensor

WIDE = 16
"""Positions that one output pools from which on this pays; most edits reach all of a narrower pool's."""


def swept(layer: Layer) -> bool:
    """Does a layer end in a maximum over many positions, hardly any of which is in two of them?"""
    pool = layer.pool
    return (
        pool is not None
        and pool.kind == "max"
        and pool.field.taps >= WIDE
        and pool.field.table.size <= 2 * pool.field.inputs
    )


def rectified(values: Tensor, slope: float | None) -> Tensor:
    """What a rectifier makes of values; themselves, without one."""
    return values if slope is None else torch.maximum(values, slope * values)


def running(values: Tensor, members: Tensor, dim: int) -> list[Tensor]:
    """The largest of each output's members up to each of them, and from each of them on.

    Parameters
    ----------
    values : rectified, with the positions before the pool along ``dim``
    members : (outputs, reads), positions before the pool, -1 for none

    Returns
    -------
    Twice the values with (outputs · reads) along ``dim`` instead.
    """
    none = (members < 0).flatten().view(-1, *[1] * (values.ndim - dim - 1))
    up_to = values.index_select(dim, members.clamp(min=0).flatten()).masked_fill_(none, -torch.inf)
    onwards = up_to.clone()
    reads = members.shape[1]
    for found, order in ((up_to, range(reads)), (onwards, range(reads - 1, -1, -1))):
        each = found.view(*found.shape[:dim], *members.shape, *found.shape[dim + 1 :]).unbind(dim + 1)
        for last, read in pairwise(order):
            torch.maximum(each[last], each[read], out=each[read])
    return [up_to, onwards]
