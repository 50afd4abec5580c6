"""The recipe of a training: the keys and values of its YAML file.

Nothing here opens a file or imports a deep-learning framework.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Share = Annotated[float, Field(gt=0, lt=1)]
Rate = Annotated[float, Field(gt=0, lt=1, strict=False)]
"""A number between 0 and 1. It is not strict, because YAML 1.1 reads 1e-3 as text."""


def _one_line(name: str) -> str:
    """Accept a name that fits into a table of the model card and into a message."""
    if not name.strip() or set(name) & set("|`<>\n\r"):
        raise ValueError("an output needs a name of one line without the characters | ` < >")
    return name


Output = Annotated[str, AfterValidator(_one_line)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Probes(_Strict):
    """RNAcompete files: each line has the intensity of a probe and its sequence.

    Attributes
    ----------
    train : the file whose probes are trained on
    test : the file whose probes are held out
    """

    reader: Literal["rnacompete"]
    train: str
    test: str


class Selected(_Strict):
    """FASTA files of sequences that were selected (label 1) and of sequences that were not (label 0).

    Uninformative records are left out: another length than ``letters``, fewer than 3 different letters, one letter at
    more than 60 % of the positions, or a sequence that occurred before.

    Attributes
    ----------
    positives, negatives : FASTA files of the selected sequences and of the others
    letters : length of a sequence in bp or nt
    t_as_u : read T as U
    """

    reader: Literal["fasta"]
    positives: str
    negatives: str
    letters: Count
    t_as_u: bool = False


class Columns(_Strict):
    """The columns of a CSV file that are read.

    Attributes
    ----------
    file : the CSV file
    sequence : column of sequences
    measured : column of measurements, or the column of each output that the file measures
    """

    file: str
    sequence: str
    measured: str | Annotated[dict[Output, str], Field(min_length=1)]

    @property
    def columns(self) -> dict[str, str]:
        """Output to its column of measurements. A single output without a name has the key ""."""
        return {"": self.measured} if isinstance(self.measured, str) else self.measured


class Another(Columns):
    """A further CSV file.

    Attributes
    ----------
    held_out : some rows are held out, as in the first file; by default all rows are for training only
    """

    held_out: bool = False


class Table(Columns):
    """A CSV file with a column of sequences and columns of measurements.

    Attributes
    ----------
    also : further files, of the same assay or of others
        An output of another assay is then measured for some sequences only.
    """

    reader: Literal["csv"]
    also: list[Another] = []

    @property
    def files(self) -> dict[str, tuple[Columns, bool]]:
        """Prefix of a file's keys in the recipe to the file, and whether some of its rows are held out."""
        first: dict[str, tuple[Columns, bool]] = {"": (self, True)}
        return first | {f"also.{number}.": (file, file.held_out) for number, file in enumerate(self.also)}

    @property
    def outputs(self) -> list[str]:
        """Outputs that the files measure, in the order in which they first occur."""
        return list(dict.fromkeys(output for file, _ in self.files.values() for output in file.columns))

    @model_validator(mode="after")
    def _each_once_and_held_out(self) -> Self:
        names = [file.file for file, _ in self.files.values()]
        if repeated := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"`also` names {repeated[0]} again, so that each of its rows would count twice")
        held_out = {output for file, held_out in self.files.values() if held_out for output in file.columns}
        if untested := [output for output in self.outputs if output not in held_out]:
            raise ValueError(f"no file that measures {untested[0] or 'an output'} is held out: write held_out: true")
        return self


class OneHot(_Strict):
    """An HDF5 file with one-hot sequences and their labels, divided into training, validation and test parts.

    ``X_train``, ``X_valid`` and ``X_test`` have the shape (n, 4, length); ``Y_train``, ``Y_valid`` and ``Y_test``
    have the shape (n, 1).
    """

    reader: Literal["onehot"]
    file: str


class RandomSplit(_Strict):
    """Each sequence is assigned to a part at random.

    Attributes
    ----------
    validation, test : share of the sequences in these parts
    seed : seed of the assignment
    """

    by: Literal["random"]
    validation: Share = 0.1
    test: Share = 0.2
    seed: Seed = 0

    @model_validator(mode="after")
    def _some_left(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError(
                f"`validation` {self.validation:g} and `test` {self.test:g} are shares and leave nothing to train on: "
                "their sum has to be below 1"
            )
        return self


class ClusterSplit(RandomSplit):
    """Near duplicates are assigned to the same part.

    Attributes
    ----------
    differences : two sequences that differ at no more positions than this are in one cluster
        Clusters are joined by single linkage.
    """

    by: Literal["cluster"]  # type: ignore[assignment]
    differences: Annotated[int, Field(ge=0)]


class FileSplit(_Strict):
    """The parts in which the data come.

    Attributes
    ----------
    validation : share of the training part that becomes the validation part, if the files have none
    seed : seed of that choice
    """

    by: Literal["file"]
    validation: Share = 0.1
    seed: Seed = 0


class Network(_Strict):
    """A network of the zoo, what it reads and what it predicts.

    Attributes
    ----------
    name : one of the networks that can be trained
    arguments : keyword arguments of the network
    length : length of its input in bp or nt
    pad : side on which a shorter sequence is padded with zeros
    output : name of the output, or a list of names
    """

    name: str
    arguments: dict[str, int | float] = {}
    length: Count
    pad: Literal["left", "right", "centre"] | None = None
    output: Output | Annotated[list[Output], Field(min_length=1)]

    @property
    def outputs(self) -> list[str]:
        """Names of all outputs."""
        return [self.output] if isinstance(self.output, str) else self.output


class Licence(_Strict):
    """Licences of the data and of the trained weights, as text for the model card."""

    data: str
    weights: str


class Recipe(_Strict):
    """A whole training.

    Attributes
    ----------
    name : name of the model
    claim : one line that states what the model predicts, and for which sequences
    source : a sentence that states where the data are from
    data : a reader, its files and its options
    target : transform of a measurement before training; "binary" trains a classification
        Constants of the transform are fitted on the training part alone.
    seeds : one member is trained for each seed (initial weights, order of batches, dropout)
    batch, learning_rate, weight_decay, epochs : settings of Adam, and the largest number of epochs
    decay, decay_patience : the learning rate is multiplied by ``decay`` after ``decay_patience`` epochs without a
        better validation score
    patience : training stops after this many epochs without a better validation score
    strands : "both" trains on a random strand of each sequence (DNA only)
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
            raise ValueError("in `seeds` a seed is given twice, which would train the same member twice")
        if self.strands == "both" and self.alphabet == "rna":
            raise ValueError("`strands: both` is for DNA, and RNA has one strand: write strands: one")
        if self.strands == "both" and self.network.pad:
            raise ValueError("`strands: both` needs sequences of one length, without `network.pad`")
        if isinstance(self.data, Table) and self.data.also and not isinstance(self.split, ClusterSplit):
            raise ValueError(
                "data.also needs split: {by: cluster}, so that no near duplicate of a held-out sequence is trained on"
            )
        outputs = self.network.outputs
        if repeated := [name for name in outputs if outputs.count(name) > 1]:
            raise ValueError(f"`network.output` names {repeated[0]} twice: each output needs a name of its own")
        measured = self.data.outputs if isinstance(self.data, Table) else [""]
        if measured != outputs and not (measured == [""] and len(outputs) == 1):
            in_data = ", ".join(name or "one output without a name" for name in measured)
            raise ValueError(
                f"`network.output` is {', '.join(outputs)}, but the data measure {in_data}: "
                "both need the same names in the same order"
            )
        return self

    @property
    def classifies(self) -> bool:
        """Whether the model predicts the log odds of a label instead of a measurement."""
        return self.target == "binary"
