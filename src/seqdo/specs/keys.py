"""Keys that a study, a design and a background share: numbers, ranges, how files are read, when to stop, what to keep.

Defaults and choices that a Python function has are taken from that function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from seqdo.effects.assay.measured import measured_effects
from seqdo.effects.statistics.control_variates import NAMES
from seqdo.effects.statistics.verdicts import METHODS
from seqdo.execution.search import BY, search
from seqdo.execution.stopping import Until
from seqdo.sequences.files.records import Masked, Unknown
from seqdo.sequences.loci.locus import Bad
from seqdo.specs.signatures import default_of

if TYPE_CHECKING:
    AdjustName = str
    Method = str
    Rank = str
else:
    AdjustName, Method, Rank = Literal[NAMES], Literal[METHODS], Literal[tuple(BY)]
"""Names of control variates, of corrections for multiple testing, and of ways to rank contrasts."""


class Strict(BaseModel):
    """A mapping whose keys are all known, and whose values are of the declared kinds."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Range(Strict):
    """Whole numbers from start up to, not including, stop."""

    start: int = 0
    stop: int
    step: Annotated[int, Field(ge=1)] = 1

    @property
    def numbers(self) -> range:
        """The numbers."""
        return range(self.start, self.stop, self.step)


class Reading(Strict):
    """How a file of sequences is read: N, lower case, and T in RNA, as in ``sd.read_sequences``.

    With ``genome``, the file names loci of this genome; ``bad`` says what to do with those that cannot be used.
    """

    n: Unknown = "error"
    masked: Masked = "upper"
    t_as_u: bool = False
    genome: str | None = None
    bad: Bad = "raise"


def _no_truth(number: Any) -> Any:  # noqa: ANN401 - what a file holds, still to be checked
    """A number, unless it is true or false; 1e-3 is text in YAML 1.1, and so text that is a number is one."""
    if isinstance(number, bool):
        raise ValueError("a number is needed")
    return number


Number = Annotated[float, Field(strict=False, allow_inf_nan=False), BeforeValidator(_no_truth)]
"""A finite number, whole or not."""

Count = Annotated[int, Field(ge=1)]
"""A whole number from 1."""


def _input_file(name: str) -> str:
    """The name of a file of rows, if it has the ending of one."""
    if not name.lower().endswith((".npy", ".npz", ".csv", ".tsv")):
        raise ValueError("a .npy or .npz file, or a .csv or .tsv table, is needed")
    return name


InputFile = Annotated[str, AfterValidator(_input_file)]
"""A file of rows of a further input."""

InputFiles = Annotated[dict[str, InputFile], Field(min_length=1)]
"""Name of a further input to a file with a row for each background."""


class Stop(Strict):
    """When a design may stop: its intervals as narrow as ``half_width``, or every effect ``decided`` by this margin.

    ``bounds`` are two numbers that every output lies between, whatever the sequence.
    """

    half_width: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] | None = None
    decided: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] | None = None
    contrast: str | None = None
    bounds: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = None

    @model_validator(mode="after")
    def _exclusive(self) -> Self:
        if (self.half_width is None) == (self.decided is None):
            raise ValueError("either half_width or decided is needed")
        if self.bounds and not self.bounds[0] < self.bounds[1]:
            raise ValueError("bounds are two numbers, the smaller first")
        return self

    @property
    def rule(self) -> Until:
        """The rule that ``run`` takes."""
        bounds = (self.bounds[0], self.bounds[1]) if self.bounds else None
        return Until(self.half_width, self.decided, self.contrast, bounds)


class Searched(Strict):
    """Keep the best of many contrasts, chosen on ``screen`` backgrounds and reported on others, as ``sd.search`` does.

    ``members`` is how many members of an ensemble screen; all members report.
    """

    keep: Count = default_of(search, "keep")
    screen: Count = default_of(search, "screen")
    members: Count | None = default_of(search, "members_screen")
    by: Rank = default_of(search, "by")
    contrast: str | None = default_of(search, "contrast")
    output: str | None = default_of(search, "output")


class Library(Strict):
    """A table (CSV or TSV) next to the study file: sequences, and what an assay measured for each of them."""

    file: str
    sequence: str
    measured: str


class Comparison(Strict):
    """Compare a design's effects with those that the study's library measured, as ``sd.measured_effects`` takes it.

    ``both_strands`` is by default what the design tests. With ``predictions: false`` the model does not predict the
    library's sequences.
    """

    positions: list[int] | Range | None = default_of(measured_effects, "positions")
    once: bool = default_of(measured_effects, "once")
    both_strands: bool | None = default_of(measured_effects, "both_strands")
    adjust: list[Literal["gc", "length", "patterns"]] = []
    predictions: bool = True
    output: str | None = None

    @property
    def edges(self) -> list[int] | None:
        """Edges of the bins of positions."""
        return list(self.positions.numbers) if isinstance(self.positions, Range) else self.positions

    @model_validator(mode="after")
    def _rising(self) -> Self:
        edges = self.edges
        if edges is not None and (len(edges) < 2 or edges != sorted(set(edges)) or edges[0] < 0):
            raise ValueError("positions are two or more edges of bins, from 0 on, that rise")
        if len(set(self.adjust)) < len(self.adjust):
            raise ValueError("adjust names each once")
        return self


def _as_list(content: Any) -> Any:  # noqa: ANN401 - what a file holds, still to be checked
    return [content] if isinstance(content, dict) else content


Compared = Annotated[
    list[Comparison],
    BeforeValidator(_as_list, json_schema_input_type=list[Comparison] | Comparison),
    Field(min_length=1),
]
"""One comparison with the library, or several."""
