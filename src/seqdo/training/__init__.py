"""Networks trained on real data, and opened again as models that can be asked."""

from seqdo.training.recipe import Recipe
from seqdo.training.weights import open_trained

__all__ = ["Recipe", "open_trained"]
