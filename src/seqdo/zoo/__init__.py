"""Models from papers, trained and ready to be asked."""

from seqdo.zoo.published import CATALOGUE, Entry, load

__all__ = ["CATALOGUE", "Entry", "load"]
