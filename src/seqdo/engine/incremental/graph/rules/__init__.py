"""The rule of each kind of traced call. A call of any other kind is made on whole tensors."""

from seqdo.engine.incremental.graph.lower import Rule
from seqdo.engine.incremental.graph.rules import arithmetic, convolving, pooling, recurring, shaping

RULES: dict[str, Rule] = shaping.RULES | convolving.RULES | pooling.RULES | arithmetic.RULES | recurring.RULES
"""Kind of call, by torch's name without a trailing underscore, to its rule."""
