"""Train networks on real data, and open them again as models."""

from seqdo.training.recipe import Recipe
from seqdo.training.weights import open_trained

__all__ = ["Recipe", "open_trained"]
