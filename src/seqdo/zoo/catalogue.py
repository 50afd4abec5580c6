"""Models that ship with seqdo: what they are, and how they are opened."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

import numpy as np

from seqdo.errors import InputError
from seqdo.models.model import Model
from seqdo.models.reference import Reference
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import RNA
from seqdo.sequences.sequence import Sequences

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Entry:
    """One model of the catalogue.

    Attributes
    ----------
    name : what :func:`load` takes
    claim : one line for a list
    members : number of networks in the ensemble
    make : builds one untrained network; called when the model is loaded, and not before
    """

    name: str
    claim: str
    members: int
    make: Callable[[], nn.Module]

    @property
    def folder(self) -> Traversable:
        """Weights, reference and model card."""
        return files("seqdo.zoo") / "weights" / self.name

    @property
    def card(self) -> str:
        """The model card: data, licence, recipe, seeds, accuracy."""
        return (self.folder / "card.md").read_text(encoding="utf-8")


def _residualbind() -> nn.Module:
    from seqdo.zoo.residualbind import ResidualBind

    return ResidualBind()


CATALOGUE = {
    entry.name: entry
    for entry in (
        Entry("residualbind-rncmpt00002", "RNCMPT00002 binding RNA probes of 30-41 nt (RNAcompete)", 5, _residualbind),
        Entry("residualbind-rncmpt00001", "RNCMPT00001 binding RNA probes of 30-41 nt (RNAcompete)", 3, _residualbind),
    )
}  # fmt: skip
"""Name to entry: the one table to extend."""


def load(name: str) -> Model:
    """The model of this name, its weights checked against predictions made when it was trained.

    Raises
    ------
    InputError
        No such name; torch is not installed; weights that do not predict what they should.
    """
    if name not in CATALOGUE:
        near = difflib.get_close_matches(name, CATALOGUE, 1)
        hint = f"Did you mean {near[0]}?" if near else ""
        raise InputError(f"model {name!r}", f"the models are {', '.join(CATALOGUE)}", hint)
    entry = CATALOGUE[name]
    try:
        from safetensors.torch import load as parse
    except ImportError as error:
        raise InputError(f"model {name}", "it needs torch and safetensors", "Run pip install 'seqdo[torch]'") from error
    nets = []
    for member in range(1, entry.members + 1):
        net = entry.make().eval()
        net.load_state_dict(parse((entry.folder / f"{member}.safetensors").read_bytes()))
        nets.append(net)
    facts = json.loads((entry.folder / "reference.json").read_text(encoding="utf-8"))
    model = wrap(
        nets, alphabet=RNA, length=41, outputs=["binding"], layout="NCL", pad="centre",
        reference=Reference.from_json(facts["reference"]), name=name,
    )  # fmt: skip
    check_golden(model, facts["golden"])
    return model


def check_golden(model: Model, golden: dict[str, list[object]]) -> None:
    """Refuse weights that were damaged, or letters in another order, before they answer anything."""
    probes = Sequences.from_strings([str(probe) for probe in golden["sequences"]], model.alphabet)
    off = float(np.abs(model.predict(probes)[:, :, 0] - np.array(golden["predictions"], np.float64)).max())
    if off > 1e-5:
        raise InputError(
            f"the weights of {model.name} predict {off:.2g} off the stored values",
            "they agree to 1e-5",
            "Install seqdo again",
        )
