"""What a study file tells of its model, without opening the model: enough to refuse what a run would refuse.

No weights are read, no framework is imported, and no code of the user runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from seqdo.backgrounds.background import Background
from seqdo.designs.design import Design
from seqdo.errors import InputError
from seqdo.execution.example_inputs import Rows
from seqdo.models.further_inputs import FurtherInputs
from seqdo.models.head_readout import HeadReadout
from seqdo.models.input_layout import Layout
from seqdo.models.member import Member
from seqdo.models.model import Model, Padding
from seqdo.models.network import Codes, Network
from seqdo.models.reference import Reference
from seqdo.sequences.alphabet import ALPHABETS, DNA, Alphabet
from seqdo.specs.model_keys import AnyModel, FetchedModel, PlantedModel, PythonModel, TrainedModel
from seqdo.specs.readout_keys import ComposedReadout
from seqdo.study.input_files import one_row_each
from seqdo.study.open_model import check_heights, open_model, outputs_of
from seqdo.study.python_model import check_files
from seqdo.training.weights import trained_recipe, trained_reference
from seqdo.zoo.published import catalog_entry


@dataclass(frozen=True)
class Outline:
    """What is known of a model; None for what only the opened model tells.

    Attributes
    ----------
    name : of the model
    alphabet, length, outputs, members, pad : as of a Model; members are counted
    reference : numbers of real data that come with the model
    inputs : its further inputs; None where only the opened model tells
    opened : the model itself, where it is made of what the file holds
    """

    name: str
    alphabet: Alphabet | None = None
    length: int | None = None
    outputs: tuple[str, ...] | None = None
    members: int | None = None
    pad: Padding | None = None
    reference: Reference | None = None
    inputs: FurtherInputs | None = field(default_factory=FurtherInputs)
    opened: Model | None = None

    @property
    def whole(self) -> bool:
        """Are the alphabet and the length known?"""
        return self.alphabet is not None and self.length is not None

    def fitted(
        self, design: Design, null: Background | None, outputs: tuple[str, ...], members: int, rows: Rows
    ) -> Model:
        """A model as outlined; what is unknown of it fits the design and its backgrounds.

        Parameters
        ----------
        design : to run
        null : its background; None for a design that brings its sequences
        outputs, members : the outputs and the number of members that the design names
        rows : name of a further input to the rows that the design names
        """
        if self.opened is not None:
            return self.opened
        longest = (
            null.longest if null is not None else int(design.own_sequences.lengths.max()) if design.own_sequences else 1
        )
        pad = self.pad if self.length is not None else "right"
        count = self.members or members
        # What a function of the user wraps shows later, and until then any row fits.
        inputs = self.inputs
        if inputs is None:
            inputs = FurtherInputs({name: array[:1] for name, array in rows.items() if array.ndim and len(array)})
        network = Unopened(self.name, "codes", _nothing, inputs=inputs)
        return Model(
            self.name, self.alphabet or _alphabet(design, null), self.length or longest,
            self.outputs or outputs or ("output",), tuple(Member(f"member {i}", network) for i in range(count)), pad,
            self.reference,
        )  # fmt: skip


def outline(keys: AnyModel, folder: Path) -> Outline:
    """What a study file, and the files next to it, tell of the model.

    Parameters
    ----------
    keys : what the study holds of its model
    folder : where the study file is

    Raises
    ------
    InputError
        An unknown name; files that are missing or are not the model's.
    """
    if isinstance(keys, PlantedModel):
        model = open_model(keys, folder)
        return replace(_of(model), opened=model)
    if isinstance(keys, PythonModel):
        return _declared(keys, folder)
    if isinstance(keys, TrainedModel):
        path = folder / keys.trained
        recipe = trained_recipe(path)
        network = recipe.network
        return Outline(
            recipe.name, ALPHABETS[recipe.alphabet], network.length, tuple(network.outputs), len(recipe.seeds),
            network.pad, trained_reference(path),
        )  # fmt: skip
    entry = catalog_entry(keys if isinstance(keys, str) else keys.name)
    outputs, reference = entry.outputs, entry.reference
    if isinstance(keys, FetchedModel):
        entry.check_weights(folder / keys.weights if keys.weights else None)
        check_heights(keys)
        outputs, reference = (tuple(outputs_of(keys)), None) if keys.heights else (outputs, reference)
    return Outline(entry.name, entry.alphabet, entry.length, outputs, entry.members, entry.pad, reference)


def _of(model: Model) -> Outline:
    return Outline(
        model.name, model.alphabet, model.length, model.outputs, len(model.members), model.pad, model.reference
    )


def _declared(keys: PythonModel, folder: Path) -> Outline:
    """What the file declares of a model that a function makes; its files are only looked for."""
    check_files(keys, folder)
    members = len(keys.files) if isinstance(keys.weights, list) else None
    outputs = tuple(keys.outputs) if keys.outputs else None
    if isinstance(keys.readout, ComposedReadout):
        outputs = _left(keys.readout.readout(), outputs)
    return Outline(
        keys.python, ALPHABETS[keys.alphabet] if keys.alphabet else None, keys.length, outputs, members, keys.pad,
        inputs=FurtherInputs.of(one_row_each(keys.inputs, folder)) if keys.inputs else None,
    )  # fmt: skip


def _left(readout: HeadReadout, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The outputs that a readout leaves, for names of outputs or of all tracks; None if only the model tells."""
    if names is None:
        return readout.output_names
    left = readout.with_names(names).output_names or names
    as_named = not readout.waits_for_names and names != readout.names
    return names if as_named and len(left) == len(names) else left


def _alphabet(design: Design, null: Background | None) -> Alphabet:
    """The alphabet of the backgrounds, else of the design; DNA where both fit any."""
    sites = [site.alphabet for arm in design.arms.values() for site in arm.sites]
    own = design.own_sequences.alphabet if design.own_sequences is not None else None
    return next(filter(None, [null.alphabet if null is not None else None, own, *sites]), DNA)


def _nothing(raw: Any) -> Any:  # noqa: ANN401 - a readout
    return raw


@dataclass(frozen=True)
class Unopened(Network):
    """A network of which only the model's outline is known: it predicts nothing."""

    @classmethod
    def claims(cls, obj: object) -> bool:
        """No object of a user is one."""
        return False

    @classmethod
    def adapt(
        cls,
        obj: Any,  # noqa: ANN401 - the framework's own type
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """No object of a user becomes one."""
        raise InputError(f"`{name}` has not been opened", "an opened model is needed")

    @property
    def source(self) -> object:
        """Itself."""
        return self

    def raw(self, codes: Codes) -> Any:  # noqa: ANN401 - never returns
        """No predictions."""
        raise InputError(f"`{self.name}` has not been opened", "a plan predicts nothing", "Run the study")

    def with_shuffled_weights(self, rng: np.random.Generator) -> Self:
        """Itself: it has no weights."""
        return self
