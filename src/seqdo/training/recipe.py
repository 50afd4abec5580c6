"""The recipe of a training: what its YAML file may say. Nothing here opens a file or imports a framework."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Share = Annotated[float, Field(gt=0, lt=1)]
Rate = Annotated[float, Field(gt=0, lt=1, strict=False)]
"""A number between 0 and 1; not strict, since YAML 1.1 reads 1e-3 as text."""


def _one_line(name: str) -> str:
    """Names stand in tables of the model card, and in messages."""
    if not name.strip() or set(name) & set("|`<>\n\r"):
        raise ValueError("a name of one line is needed, without | ` < >")
    return name


Output = Annotated[str, AfterValidator(_one_line)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Probes(_Strict):
    """RNAcompete: one line for each probe, its intensity and its letters; a file to train on, another to test on."""

    reader: Literal["rnacompete"]
    train: str
    test: str


class Selected(_Strict):
    """FASTA files of sequences that were selected (1) and that were not (0).

    Records that tell nothing are left out: other than ``letters`` long, fewer than 3 kinds of letters, one letter in
    more than 60 % of the places, or there before.
    """

    reader: Literal["fasta"]
    positives: str
    negatives: str
    letters: Count
    t_as_u: bool = False


class Columns(_Strict):
    """A CSV file, its column of sequences and that of measurements, or the column of each output that it measures."""

    file: str
    sequence: str
    measured: str | Annotated[dict[Output, str], Field(min_length=1)]

    @property
    def columns(self) -> dict[str, str]:
        """Columns of measurements by output; the only output has no name here."""
        return {"": self.measured} if isinstance(self.measured, str) else self.measured


class Another(Columns):
    """A further CSV file: of its rows some are ``held_out``, as of the first file's, or all are there to train on."""

    held_out: bool = False


class Table(Columns):
    """A CSV file with a column of sequences and columns of measurements.

    ``also`` are further ones: of the same assay, or of others, whose outputs are then known of some sequences only.
    """

    reader: Literal["csv"]
    also: list[Another] = []

    @property
    def files(self) -> dict[str, tuple[Columns, bool]]:
        """Each file, by what stands before its keys, and whether some of its rows are held out."""
        return {"": (self, True)} | {f"also.{number}.": (each, each.held_out) for number, each in enumerate(self.also)}

    @property
    def outputs(self) -> list[str]:
        """What the files measure, in the order in which they come."""
        return list(dict.fromkeys(name for each, _ in self.files.values() for name in each.columns))

    @model_validator(mode="after")
    def _each_once_and_held_out(self) -> Self:
        names = [each.file for each, _ in self.files.values()]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"also names {twice[0]} again, of which each row would count twice")
        tested = {name for each, held_out in self.files.values() if held_out for name in each.columns}
        if never := [name for name in self.outputs if name not in tested]:
            raise ValueError(f"no file that measures {never[0] or 'an output'} is held out: write held_out: true")
        return self


class OneHot(_Strict):
    """An HDF5 file with one-hot ``X_train``, ``X_valid``, ``X_test`` (n, 4, letters) and labels ``Y_...`` (n, 1)."""

    reader: Literal["onehot"]
    file: str


class RandomSplit(_Strict):
    """Each sequence goes where chance sends it."""

    by: Literal["random"]
    validation: Share = 0.1
    test: Share = 0.2
    seed: Seed = 0

    @model_validator(mode="after")
    def _some_left(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test are shares, and leave nothing to train on")
        return self


class ClusterSplit(RandomSplit):
    """Sequences that differ in at most so many letters, directly or through others, go the same way."""

    by: Literal["cluster"]  # type: ignore[assignment]
    differences: Annotated[int, Field(ge=0)]


class FileSplit(_Strict):
    """The parts that the data come in; without a part for validation, a random share of the training part."""

    by: Literal["file"]
    validation: Share = 0.1
    seed: Seed = 0


class Network(_Strict):
    """A network of the zoo, the arguments it is made with, and what it reads and answers.

    ``length`` is the letters it reads; ``pad`` says where zeros go beside a shorter sequence; ``output`` is what it
    answers, or a list of what.
    """

    name: str
    arguments: dict[str, int | float] = {}
    length: Count
    pad: Literal["left", "right", "centre"] | None = None
    output: Output | Annotated[list[Output], Field(min_length=1)]

    @property
    def outputs(self) -> list[str]:
        """Names of all that it answers."""
        return [self.output] if isinstance(self.output, str) else self.output


class Licence(_Strict):
    """What may be done with the data, and with the weights that came of them; in words, for the model card."""

    data: str
    weights: str


class Recipe(_Strict):
    """A whole training.

    Attributes
    ----------
    name : what the model is called
    claim : one line: what its output says of which sequences
    source : where the data are from, in words
    data : a reader, its files and what it needs to know of them
    target : what is done to a measurement before it is learned: "binary" makes it a classification
        Constants are fitted on the training part alone.
    seeds : one member for each: initial weights, order of batches, dropout
    batch, learning_rate, weight_decay, epochs : of Adam
    decay, decay_patience : the learning rate is multiplied by ``decay`` after so many epochs without a better
        validation score
    patience : epochs without a better validation score after which training stops
    strands : "both" shows the network either strand of each sequence, as chance wants (DNA)
    """

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    claim: str
    source: str
    licence: Licence
    alphabet: Literal["dna", "rna"]
    data: Annotated[Probes | Selected | Table | OneHot, Field(discriminator="reader")]
    split: Annotated[RandomSplit | ClusterSplit | FileSplit, Field(discriminator="by")]
    target: Literal["log_norm", "zscore", "none", "binary"]
    network: Network
    seeds: Annotated[list[Seed], Field(min_length=1)]
    batch: Annotated[int, Field(ge=2)] = 100
    learning_rate: Rate = 1e-3
    weight_decay: Annotated[float, Field(ge=0, lt=1, strict=False)] = 0.0
    epochs: Count = 300
    decay: Rate = 0.3
    decay_patience: Count = 7
    patience: Count = 20
    strands: Literal["one", "both"] = "one"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("a seed is given twice, and would make the same member twice")
        if self.strands == "both" and self.alphabet == "rna":
            raise ValueError("strands: both is for DNA; RNA has one strand")
        if self.strands == "both" and self.network.pad:
            raise ValueError("strands: both is for sequences of one length, without pad")
        if isinstance(self.data, Table) and self.data.also and not isinstance(self.split, ClusterSplit):
            raise ValueError("data.also needs split: {by: cluster}: no near twin of a held-out sequence is trained on")
        if twice := [name for name in self.network.outputs if self.network.outputs.count(name) > 1]:
            raise ValueError(f"network.output names {twice[0]} twice")
        measured = self.data.outputs if isinstance(self.data, Table) else [""]
        if measured != self.network.outputs and not (measured == [""] and len(self.network.outputs) == 1):
            said = ", ".join(name or "one, without a name" for name in measured)
            raise ValueError(f"network.output is {', '.join(self.network.outputs)}, and the data measure {said}")
        return self

    @property
    def classifies(self) -> bool:
        """Is the answer the log odds of a label, rather than a measurement?"""
        return self.target == "binary"
