"""The pass of ``kernels.py`` as operations on whole tensors: readable, slower on a CPU, and at home on any device."""

from __future__ import annotations

import torch

Tensor = torch.Tensor


def layer(
    terms: Tensor, key: Tensor, first: int, taps: Tensor, scale: Tensor, bias: Tensor, skip: Tensor, skip_at: Tensor,
    base: Tensor, base_at: Tensor, row_of: Tensor, keep: Tensor, slope: float, members: Tensor, share: Tensor,
    largest: bool, after: Tensor, after_at: Tensor, fresh: bool, out: Tensor,
) -> None:  # fmt: skip
    """Fill ``out`` (positions, rows, features) with a layer's values (``fresh``) or with their changes.

    ``terms`` are (entries, used taps, features), the products having been made; the rest is as in ``kernels.layer``.
    """
    total = _total(terms, key, taps, first, out)
    if scale.shape[0]:
        total = total * scale
    total = _added(total, skip, skip_at)
    if fresh:
        total = total + bias if bias.shape[0] else total
        if keep.shape[0]:
            keep.copy_(total)
    was = base[base_at][:, row_of] if base.shape[0] else None
    new = _rectified(total if was is None else was + total, slope)
    if largest:
        found = _largest(new, members)
        out.copy_(found if was is None else found - _largest(_rectified(was, slope), members))
    else:
        change = new if was is None else new - _rectified(was, slope)
        there = (members >= 0).to(change.dtype)[:, :, None, None]
        out.copy_((change[members.clamp(min=0)] * there).sum(1) * share[:, None, None])
    _added(out, after, after_at)


def collected(source: Tensor, taps: Tensor, first: int, used: int) -> Tensor:
    """What each output reads, side by side, (outputs, rows, used, features); zero where a tap reads nothing."""
    at = taps[:, first : first + used]
    return (source[at.clamp(min=0)] * (at >= 0)[:, :, None, None]).transpose(1, 2)


def _total(terms: Tensor, key: Tensor, taps: Tensor, first: int, out: Tensor) -> Tensor:
    """What all taps bring to each position before the pool, (positions, rows, features)."""
    rows = out.shape[1]
    total = out.new_zeros(taps.shape[0], rows, out.shape[2])
    for tap in range(terms.shape[1]):
        at = torch.nonzero(taps[:, first + tap] >= 0)[:, 0]
        source = taps[at, first + tap]
        entry = key[source] if key.shape[0] else source[:, None] * rows + torch.arange(rows, device=source.device)
        total[at] += terms[:, tap][entry.clamp(min=0)] * (entry >= 0)[:, :, None]
    return total


def _added(total: Tensor, other: Tensor, at: Tensor) -> Tensor:
    if at.shape[0]:
        some = torch.nonzero(at >= 0)[:, 0]
        total[some] += other[at[some]]
    return total


def _rectified(values: Tensor, slope: float) -> Tensor:
    return torch.maximum(values, slope * values)


def _largest(values: Tensor, members: Tensor) -> Tensor:
    """The largest of each output's members; 0 for an output without any."""
    found = values[members.clamp(min=0)].masked_fill((members < 0)[:, :, None, None], -torch.inf).amax(1)
    return found.masked_fill((members < 0).all(1)[:, None, None], 0)
