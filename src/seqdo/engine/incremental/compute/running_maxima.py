"""Running maxima of wide pools: the maximum over what an edit leaves alone is read off and not computed again."""

from __future__ import annotations

from itertools import pairwise

import torch

Tensor = torch.Tensor


def rectified(values: Tensor, slope: float | None) -> Tensor:
    """The values after a (leaky) rectifier; the values themselves if the slope is None."""
    return values if slope is None else torch.maximum(values, slope * values)


def running_maxima(values: Tensor, pool_inputs: Tensor, dim: int) -> list[Tensor]:
    """The maximum of each window from its first position to each one, and from each one to its last.

    Parameters
    ----------
    values : rectified, with the positions before the pool along ``dim``
    pool_inputs : (outputs, window), positions before the pool, -1 for none
    dim : 0 for (positions, rows, features), 1 for (rows, positions, features)

    Returns
    -------
    Both maxima, each with the shape of the values but (outputs · window) along ``dim``.
    """
    missing = (pool_inputs < 0).flatten().view(-1, *[1] * (values.ndim - dim - 1))
    prefix = values.index_select(dim, pool_inputs.clamp(min=0).flatten()).masked_fill_(missing, -torch.inf)
    suffix = prefix.clone()
    width = pool_inputs.shape[1]
    for maxima, order in ((prefix, range(width)), (suffix, range(width - 1, -1, -1))):
        # A view for each place in the window, of all outputs: each maximum is written over the value at its place.
        places = maxima.view(*maxima.shape[:dim], *pool_inputs.shape, *maxima.shape[dim + 1 :]).unbind(dim + 1)
        for previous, place in pairwise(order):
            torch.maximum(places[previous], places[place], out=places[place])
    return [prefix, suffix]
