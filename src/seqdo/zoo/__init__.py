"""Models from papers, trained and ready to be asked."""

from seqdo.zoo.catalogue import CATALOGUE, Entry, load

__all__ = ["CATALOGUE", "Entry", "load"]
