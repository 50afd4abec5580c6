"""The recipe of a training: what its YAML file may say. Nothing here opens a file or imports a framework."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Share = Annotated[float, Field(gt=0, lt=1)]
Rate = Annotated[float, Field(gt=0, lt=1, strict=False)]
"""A number between 0 and 1; not strict, since YAML 1.1 reads 1e-3 as text."""


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
    """A CSV file, its column of sequences and that of measurements."""

    file: str
    sequence: str
    measured: str


class Table(Columns):
    """A CSV file with a column of sequences and one of measurements.

    ``also`` is another one of the same assay, to train on only: all that is held out comes of the first.
    """

    reader: Literal["csv"]
    also: Columns | None = None

    @model_validator(mode="after")
    def _another(self) -> Self:
        if self.also and self.also.file == self.file:
            raise ValueError("also.file is the same file, of which each row would count twice")
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

    ``length`` is the letters it reads; ``pad`` says where zeros go beside a shorter sequence.
    """

    name: str
    arguments: dict[str, int | float] = {}
    length: Count
    pad: Literal["left", "right", "centre"] | None = None
    output: str


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
        return self

    @property
    def classifies(self) -> bool:
        """Is the answer the log odds of a label, rather than a measurement?"""
        return self.target == "binary"
