"""Models from papers: what they are, where their weights are, and how they are opened."""

from __future__ import annotations

import difflib
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdo.errors import InputError
from seqdo.models.input_layout import Layout
from seqdo.models.model import Model, Padding
from seqdo.models.readout import Readout
from seqdo.models.reference import Reference
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA, RNA, Alphabet
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root, stream
from seqdo.zoo.fetch import Source

if TYPE_CHECKING:
    from torch import Tensor, nn

GOLDEN = 1e-5
"""Most that a prediction may be off the stored one, as a share of it where it is above 1."""


def _safetensors(content: bytes) -> dict[str, Tensor]:
    from safetensors.torch import load as parse

    tensors: dict[str, Tensor] = parse(content)
    return tensors


@dataclass(frozen=True)
class Entry:
    """One model of the catalogue.

    Attributes
    ----------
    name : what :func:`load` takes
    claim : one line for a list
    members : number of networks in the ensemble
    make : builds one untrained network; called when the model is loaded, and not before
    alphabet, length, outputs, layout, pad : as :func:`seqdo.wrap` takes them
    readout : makes the readout of ``outputs``; called when the model is loaded
    source : where the weights are from; None if they ship with seqdo, as 1.safetensors, 2.safetensors, ...
    state : weights by the network's names, from a file's bytes
    """

    name: str
    claim: str
    members: int
    make: Callable[[], nn.Module]
    alphabet: Alphabet
    length: int
    outputs: tuple[str, ...]
    layout: Layout = "NCL"
    pad: Padding | None = None
    readout: Callable[[], Readout] = lambda: None
    source: Source | None = None
    state: Callable[[bytes], Mapping[str, Tensor]] = _safetensors

    def __str__(self) -> str:
        members = f"{self.members} member{'s' if self.members > 1 else ' '}"
        return f"{self.name:28}{members}  {self.claim}" + ("; weights are fetched" if self.source else "")

    @property
    def folder(self) -> Traversable:
        """Model card, reference and, where they ship, weights."""
        return files("seqdo.zoo") / "weights" / self.name

    @property
    def card(self) -> str:
        """The model card: data, licence, recipe, seeds, accuracy."""
        return (self.folder / "card.md").read_text(encoding="utf-8")

    def networks(self, weights: str | os.PathLike[str] | None) -> list[nn.Module]:
        """The trained networks."""
        if self.source:
            contents = [self.source.read(self.name, weights)]
        elif weights is not None:
            raise InputError(f"weights={os.fspath(weights)!r}", f"those of {self.name} ship with seqdo", "Leave it out")
        else:
            contents = [(self.folder / f"{member}.safetensors").read_bytes() for member in range(1, self.members + 1)]
        nets = []
        for content in contents:
            net = self.make().eval()
            try:
                net.load_state_dict(self.state(content))
            except (KeyError, RuntimeError) as error:  # a layer that is not there, or of another shape
                raise InputError(f"weights of {self.name}: {error}"[:300], "they are of another network") from error
            nets.append(net)
        return nets

    def wrapped(self, nets: list[nn.Module], **how: Any) -> Model:  # noqa: ANN401 - as wrap takes them
        """The networks as one model."""
        return wrap(
            nets, alphabet=self.alphabet, length=self.length, layout=self.layout, pad=self.pad, name=self.name, **how
        )  # fmt: skip


def _residualbind() -> nn.Module:
    from seqdo.zoo.residualbind import ResidualBind

    return ResidualBind()


def _promoter() -> nn.Module:
    from seqdo.zoo.promoter import Promoter

    return Promoter(outputs=2)


def _peaks() -> nn.Module:
    from seqdo.zoo.peaks import Peaks

    return Peaks()


def _bpnet() -> nn.Module:
    from seqdo.zoo.bpnet import BPNet

    return BPNet()


def _bpnet_totals() -> Readout:
    from seqdo.zoo.bpnet import totals

    return totals


def _bpnet_state(content: bytes) -> Mapping[str, Tensor]:
    from seqdo.zoo.bpnet import from_keras, read_keras

    if content[:4] == b"\x89HDF":
        return from_keras(read_keras(content))
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return from_keras(arrays)


_OSKN = Source(
    file="bpnet_oskn_weights.npz",
    sha256="0ae53d65f7bef2f78e2431c108fbea8e7102d67c54933b4c9f039281d0fcb4ca",
    origin="https://github.com/evanseitz/squid-manuscript at commit e3cbd56, exported from its file "
    "examples/examples_BPNet/a_model_assets/calibrated_seqmodel.pkl",
    licence="MIT",
    address="https://zenodo.org/record/4294904/files/bpnet.model.h5",
    checksum="md5:bbe883baef261877bfad07d05feb627d",
)

CATALOGUE = {
    entry.name: entry
    for entry in (
        Entry("residualbind-rncmpt00002", "RNCMPT00002 binding RNA probes of 30-41 nt (RNAcompete)", 5, _residualbind,
              RNA, 41, ("binding",), pad="centre"),
        Entry("residualbind-rncmpt00001", "RNCMPT00001 binding RNA probes of 30-41 nt (RNAcompete)", 3, _residualbind,
              RNA, 41, ("binding",), pad="centre"),
        Entry("promoter-yeast", "expression in yeast, in two media, from 110 letters of promoter (GPRA)", 3, _promoter,
              DNA, 110, ("defined", "complex")),
        Entry("peaks-irf1", "IRF1 bound to 400 letters of the human genome or not, as a logit (ChIP-seq)", 3, _peaks,
              DNA, 400, ("IRF1",)),
        Entry("peaks-zbed2", "ZBED2 bound to 400 letters of the human genome or not, as a logit (ChIP-seq)", 3, _peaks,
              DNA, 400, ("ZBED2",)),
        Entry("bpnet-oskn", "Oct4, Sox2, Nanog and Klf4 on 1000 bp of DNA (ChIP-nexus)", 1, _bpnet,
              DNA, 1000, ("Oct4 counts", "Sox2 counts", "Nanog counts", "Klf4 counts"),
              readout=_bpnet_totals, source=_OSKN, state=_bpnet_state),
    )
}  # fmt: skip
"""Name to entry: the one table to extend."""


def load(
    name: str,
    *,
    weights: str | os.PathLike[str] | None = None,
    readout: Readout = None,
    outputs: Sequence[str] | None = None,
) -> Model:
    """The model of this name, its weights checked against predictions that are stored with it.

    Parameters
    ----------
    weights : a local copy of the weights, for models whose weights do not ship with seqdo
        By default they are fetched into SEQDO_CACHE: from SEQDO_MIRROR, a URL or a folder, or from a public archive.
    readout, outputs : another readout than the model's own, and names for what it reads, as ``sd.wrap`` takes them

    Raises
    ------
    InputError
        No such name; torch is not installed; no weights, or damaged ones; weights that do not predict what they should.
    """
    if name not in CATALOGUE:
        near = difflib.get_close_matches(name, CATALOGUE, 1)
        hint = f"Did you mean {near[0]}?" if near else ""
        raise InputError(f"model {name!r}", f"the models are {', '.join(CATALOGUE)}", hint)
    entry = CATALOGUE[name]
    try:
        nets = entry.networks(weights)
    except ImportError as error:
        raise InputError(f"model {name}", "it needs torch and safetensors", "Run pip install 'seqdo[torch]'") from error
    facts = json.loads((entry.folder / "reference.json").read_text(encoding="utf-8"))
    reference = Reference.from_json(facts["reference"]) if "reference" in facts else None
    model = entry.wrapped(nets, readout=entry.readout(), outputs=entry.outputs, reference=reference)
    try:
        check_golden(model, facts["golden"])
    except InputError as error:
        if entry.source is None:
            raise
        needed = f"they are not those of {entry.source.file}, SHA-256 {entry.source.sha256}"
        raise InputError(error.problem, needed, "Give a copy of that file: weights=PATH") from error
    if readout is None and outputs is None:
        return model
    # What real sequences are to the model was measured on its own outputs.
    return entry.wrapped(nets, readout=entry.readout() if readout is None else readout, outputs=outputs)


def check_golden(model: Model, golden: Mapping[str, Any]) -> None:
    """Refuse weights that were damaged, or letters in another order, before they answer anything.

    ``golden`` has predictions (members, n, outputs) and their sequences: the letters, or n and the seed they are
    drawn with.
    """
    if "seed" in golden:
        drawn = stream(root(golden["seed"]), "golden").integers(0, 4, (golden["n"], model.length), dtype=np.uint8)
        sequences = Sequences.from_codes(drawn, model.alphabet)
    else:
        sequences = Sequences.from_strings([str(letters) for letters in golden["sequences"]], model.alphabet)
    found = model.predict(sequences)
    stored = np.array(golden["predictions"], np.float64).reshape(found.shape)
    off = np.abs(found - stored)
    if (off > GOLDEN * np.maximum(1, np.abs(stored))).any():
        raise InputError(
            f"the weights of {model.name} predict {off.max():.2g} off the stored values",
            "they were damaged, or letters are read in another order",
            "Install seqdo again",
        )
