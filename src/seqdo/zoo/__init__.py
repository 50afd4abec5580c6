"""Trained models from papers, ready for ``sd.run``."""

from seqdo.zoo.published import CATALOG, CATALOGUE, Entry, load

__all__ = ["CATALOG", "CATALOGUE", "Entry", "load"]
