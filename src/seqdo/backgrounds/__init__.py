"""Backgrounds by kind: the null models on which patterns are embedded."""

from seqdo.backgrounds import catalog as _catalog
from seqdo.backgrounds.catalog import *  # noqa: F403

__all__ = _catalog.__all__
