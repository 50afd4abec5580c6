"""Memory that is used again: fresh pages cost more than the numbers that are written to them."""

from __future__ import annotations

import math

import torch


class Buffers:
    """Tensors taken for a while, of one dtype and device, by one thread at a time."""

    def __init__(self, like: torch.Tensor) -> None:
        self.like = like
        self.free: list[torch.Tensor] = []
        self.taken: dict[int, torch.Tensor] = {}

    def take(self, *shape: int) -> torch.Tensor:
        """A tensor of any content: in the buffer given back last of those that are large enough."""
        size = math.prod(shape)
        for place in range(len(self.free) - 1, -1, -1):
            if self.free[place].numel() >= size:
                flat = self.free.pop(place)
                break
        else:
            # The largest of the free ones is too small: it makes room for a larger one.
            if self.free:
                self.free.pop(max(range(len(self.free)), key=lambda i: self.free[i].numel()))
            flat = self.like.new_empty(max(size, 1))
        self.taken[flat.data_ptr()] = flat
        return flat[:size].view(shape)

    def give(self, tensor: torch.Tensor) -> None:
        """Take a tensor back, if it came from here."""
        flat = self.taken.pop(tensor.data_ptr(), None)
        if flat is not None:
            self.free.append(flat)
