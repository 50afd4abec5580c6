"""What the keys of a study may hold: files, backgrounds, models, when to stop. Nothing here opens a file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from seqdo.execution.stopping import Until


class Strict(BaseModel):
    """A mapping of which every key is known, and every value is of its kind."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Range(Strict):
    """Whole numbers from start up to, not including, stop."""

    start: int = 0
    stop: int
    step: Annotated[int, Field(ge=1)] = 1


class MotifFile(Strict):
    """A motif of a MEME or JASPAR file, by name; the file is sought beside the spec."""

    motif: str
    file: str


class MotifFiles(Strict):
    """All motifs of a MEME or JASPAR file, sought beside the spec."""

    motifs: str


class SequenceFile(Strict):
    """A file of sequences, sought beside the spec; ``n``, ``masked`` and ``t_as_u`` as for a background."""

    file: str
    n: Literal["error", "drop", "sample"] = "error"
    masked: Literal["upper", "error", "N"] = "upper"
    t_as_u: bool = False


class SiteFile(Strict):
    """A table of sites, with a header as ``sd.find_sites`` names its columns, sought beside the spec."""

    table: str


class Genome(Strict):
    """A FASTA file too large for memory, sought beside the spec; windows of the design's ``length`` are cut out."""

    genome: str


class Background(Strict):
    """A null model. ``sequences`` and ``pool`` are files of sequences, sought beside the spec.

    ``reference`` is what ships with the model: letters by position, at one length or over the mixture of lengths.
    ``n`` (what becomes of N), ``masked`` (of lower case) and ``t_as_u`` say how files are read, as in
    ``sd.read_sequences``; letters for N are drawn by the design's seed.
    """

    kind: Literal["uniform", "profile", "markov", "shuffled", "gc_matched", "natural", "given", "reference"]
    length: Annotated[int, Field(ge=1)] | None = None
    sequences: str | None = None
    order: Annotated[int, Field(ge=0)] | None = None
    k: Literal[1, 2, 3] | None = None
    fixed_limit: Annotated[float, Field(ge=0, le=1)] | None = None
    pool: str | None = None
    balance: Literal["columns", "dinucleotides"] | None = None
    n: Literal["error", "drop", "sample"] = "error"
    masked: Literal["upper", "error", "N"] = "upper"
    t_as_u: bool = False


def _no_truth(number: Any) -> Any:  # noqa: ANN401 - what a file says, still to be checked
    """A number, unless it is true or false; 1e-3 is text in YAML 1.1, and so text that is a number is one."""
    if isinstance(number, bool):
        raise ValueError("a number is needed")
    return number


Number = Annotated[float, Field(strict=False, allow_inf_nan=False), BeforeValidator(_no_truth)]


class Stop(Strict):
    """When a design may stop: its intervals as narrow as ``half_width``, or every effect ``decided`` by this margin.

    ``bounds`` are two numbers that every output lies between, whatever the sequence.
    """

    half_width: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] | None = None
    decided: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] | None = None
    contrast: str | None = None
    bounds: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
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

    ``members`` of an ensemble screen, all report.
    """

    keep: Annotated[int, Field(ge=1)] = 10
    screen: Annotated[int, Field(ge=1)] = 100
    members: Annotated[int, Field(ge=1)] | None = None
    by: Literal["largest", "highest", "lowest"] = "largest"
    contrast: str | None = None
    output: str | None = None


class Library(Strict):
    """A table (CSV or TSV) of sequences and of what an assay measured of each, sought beside the spec."""

    file: str
    sequence: str
    measured: str


class Measured(Strict):
    """Compare a design's effects with those that the study's library measured, as ``sd.measured_effects`` takes it.

    ``both_strands`` is by default what the design asks. ``predictions: false`` does not ask the model of the library's
    sequences.
    """

    positions: list[int] | Range | None = None
    once: bool = True
    both_strands: bool | None = None
    adjust: list[Literal["gc", "length", "patterns"]] = []
    predictions: bool = True
    output: str | None = None

    @model_validator(mode="after")
    def _rises(self) -> Self:
        given = self.positions
        edges = list(range(given.start, given.stop, given.step)) if isinstance(given, Range) else given
        if edges is not None and (len(edges) < 2 or edges != sorted(set(edges)) or edges[0] < 0):
            raise ValueError("positions are two or more edges of bins, from 0 on, that rise")
        if len(set(self.adjust)) < len(self.adjust):
            raise ValueError("adjust names each once")
        return self


def _as_list(given: Any) -> Any:  # noqa: ANN401 - what a file says, still to be checked
    return [given] if isinstance(given, dict) else given


Compared = Annotated[
    list[Measured],
    BeforeValidator(_as_list, json_schema_input_type=list[Measured] | Measured),
    Field(min_length=1),
]
"""One comparison with the library, or several."""


Adjust = list[Literal["prediction", "gc", "letters"]]
"""What contrasts are adjusted for, as in ``sd.estimate``."""


class PythonModel(Strict):
    """A function of yours that returns ``sd.wrap(...)``: code, so ``--trust`` must be said on the command line."""

    python: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")]


class PlantedModel(Strict):
    """A model with a known effect, for trying things out: weights of patterns that it counts."""

    planted: Annotated[dict[str, float], Field(min_length=1)]
    length: Annotated[int, Field(ge=1)]


Peak = Annotated[list[int], Field(min_length=2, max_length=2)]
"""Positions on the forward and on the reverse strand."""


class FetchedModel(Strict):
    """A model of the catalogue whose weights do not ship: ``weights`` is a copy of them, sought beside the spec.

    Without it they are fetched, as ``sd.zoo.load`` says. ``heights`` asks BPNet for the profile of a factor at its
    peak, and for all its reads: factor to two positions, of the forward and of the reverse strand, or to the motif
    that has its peak there when it is alone in the middle.
    """

    name: str
    weights: str | None = None
    heights: Annotated[dict[str, str | Peak], Field(min_length=1)] | None = None


class TrainedModel(Strict):
    """A folder that ``seqdo train`` wrote, sought beside the spec."""

    trained: str


GivenModel = str | PlantedModel | PythonModel | FetchedModel | TrainedModel
"""What a spec may say of its model; a text is the name of one that ships."""
