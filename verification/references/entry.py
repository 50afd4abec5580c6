"""A stored figure: the data and the settings, the result of another implementation, and its number of digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Entry:
    """One figure, or a list of them.

    Attributes
    ----------
    topic : the analysis: "paired", "crossed", ...
    data : name of the data set; None if the analysis needs no data
    quantity : name of the figure in the result
    value : the figure
    by : the implementation
    source : version and function of the implementation; for a printed figure, where it was published
    settings : level, margin, method and the like
    digits : decimals of a printed figure; None for a float64
    tolerance : largest difference, if the figure of seqdo is simulated; else None
    computed : whether computed.py computes the figure; else it was printed elsewhere
    """

    topic: str
    data: str | None
    quantity: str
    value: float | bool | list[float]
    by: str
    source: str
    settings: Mapping[str, object] = field(default_factory=dict)
    digits: int | None = None
    tolerance: float | None = None
    computed: bool = False

    @property
    def name(self) -> str:
        """A name that differs from those of all other entries."""
        settings = (f"{name}={value}" for name, value in self.settings.items() if not isinstance(value, list))
        return " ".join([self.topic, *([self.data] if self.data else []), self.quantity, *settings, f"({self.by})"])

    def record(self) -> dict[str, object]:
        """The entry as it is stored in JSON."""
        return {"name": self.name} | asdict(self)
