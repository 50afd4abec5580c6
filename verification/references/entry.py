"""A stored figure: what was asked of which numbers, what another implementation says, and how many digits it gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Entry:
    """One figure, or a list of them.

    Attributes
    ----------
    topic : which question: "paired", "crossed", ...
    data : name of the numbers; None where the question needs none
    quantity : which figure of the answer
    value : the figure
    by : the implementation
    source : with its version and function; for a figure that is not computed here, where it is published
    given : what else was asked: a level, a margin, a method
    digits : decimals of a figure that was printed; None where it is a whole float64
    tolerance : where ours is simulated, how far it may be off; None elsewhere
    computed : does make.py compute it? Else it was printed elsewhere
    """

    topic: str
    data: str | None
    quantity: str
    value: float | bool | list[float]
    by: str
    source: str
    given: Mapping[str, object] = field(default_factory=dict)
    digits: int | None = None
    tolerance: float | None = None
    computed: bool = False

    @property
    def name(self) -> str:
        """What tells it from the others."""
        asked = (f"{name}={value}" for name, value in self.given.items() if not isinstance(value, list))
        return " ".join([self.topic, *([self.data] if self.data else []), self.quantity, *asked, f"({self.by})"])

    def record(self) -> dict[str, object]:
        """As it is stored."""
        return {"name": self.name} | asdict(self)
