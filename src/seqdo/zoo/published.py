"""Published models: a catalog of what they predict, where their weights are, and how they are loaded."""

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
from seqdo.sequences.file_path import input_path
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root, stream
from seqdo.zoo.fetch import Source

if TYPE_CHECKING:
    from torch import Tensor, nn

TOLERANCE = 1e-5
"""Largest difference between a prediction and its stored value; relative to the stored value where that is above 1."""


def _safetensors(content: bytes) -> dict[str, Tensor]:
    from safetensors.torch import load as parse

    tensors: dict[str, Tensor] = parse(content)
    return tensors


@dataclass(frozen=True)
class Entry:
    """One model of the catalog.

    Attributes
    ----------
    name : the name that :func:`load` takes
    claim : one line that states what the model predicts
    members : number of networks in the ensemble
    make : builds one untrained network; it is called when the model is loaded, so that torch is not imported before
    alphabet, length, outputs, layout, pad : arguments of :func:`seqdo.wrap`
    readout : builds the readout of ``outputs``; it is called when the model is loaded
    source : where the weights are published; None if they ship with seqdo as 1.safetensors, 2.safetensors, ...
    state : turns the bytes of a file into weights by the network's names
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
        return f"{self.name:28}{members}  {self.claim}" + ("; weights are downloaded" if self.source else "")

    @property
    def folder(self) -> Traversable:
        """The folder of the model card, the reference and, if they ship with seqdo, the weights."""
        return files("seqdo.zoo") / "weights" / self.name

    @property
    def card(self) -> str:
        """The model card: data, license, recipe, seeds and accuracy."""
        return (self.folder / "card.md").read_text(encoding="utf-8")

    @property
    def reference(self) -> Reference | None:
        """Numbers of real data that ship with the model; None if it has none."""
        facts = json.loads((self.folder / "reference.json").read_text(encoding="utf-8"))
        return Reference.from_json(facts["reference"]) if "reference" in facts else None

    def networks(self, weights: str | os.PathLike[str] | None) -> list[nn.Module]:
        """The trained networks of the model, in eval mode.

        Parameters
        ----------
        weights : path of a local copy, for a model whose weights do not ship with seqdo

        Raises
        ------
        InputError
            Weights for a model that ships with its own; weights of another network.
        """
        self.check_weights(weights)
        if self.source:
            contents = [self.source.read(self.name, weights)]
        else:
            contents = [(self.folder / f"{member}.safetensors").read_bytes() for member in range(1, self.members + 1)]
        nets = []
        for content in contents:
            net = self.make().eval()
            try:
                net.load_state_dict(self.state(content))
            except (KeyError, RuntimeError) as error:  # a layer is missing or has another shape
                raise InputError(
                    f"`weights` of {self.name}: {error}"[:300], "the file holds the weights of another network"
                ) from error
            nets.append(net)
        return nets

    def check_weights(self, weights: str | os.PathLike[str] | None) -> None:
        """Refuse a file of weights for a model that ships with its own, and a file that is not there.

        Parameters
        ----------
        weights : path of a local copy, or None
        """
        if weights is None:
            return
        file = input_path(weights, "weights")
        if self.source is None:
            raise InputError(
                f"`weights={str(file)!r}`", f"the weights of {self.name} ship with seqdo",
                f"Write sd.zoo.load({self.name!r})",
            )  # fmt: skip
        self.source.check_copy(file)

    def ensemble(self, nets: list[nn.Module], **arguments: Any) -> Model:  # noqa: ANN401 - further arguments of wrap
        """The networks as the members of one model.

        Parameters
        ----------
        nets : trained networks
        arguments : further arguments of :func:`seqdo.wrap`
        """
        return wrap(
            nets, alphabet=self.alphabet, length=self.length, layout=self.layout, pad=self.pad, name=self.name,
            **arguments,
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

CATALOG = {
    entry.name: entry
    for entry in (
        Entry("residualbind-rncmpt00002", "binding of RNCMPT00002 to RNA probes of 30-41 nt (RNAcompete)", 5,
              _residualbind, RNA, 41, ("binding",), pad="centre"),
        Entry("residualbind-rncmpt00001", "binding of RNCMPT00001 to RNA probes of 30-41 nt (RNAcompete)", 3,
              _residualbind, RNA, 41, ("binding",), pad="centre"),
        Entry("promoter-yeast", "expression in yeast in two media, from 110 bp of a promoter (GPRA)", 3, _promoter,
              DNA, 110, ("defined", "complex")),
        Entry("peaks-irf1", "log odds that IRF1 is bound to 400 bp of the human genome (ChIP-seq)", 3, _peaks,
              DNA, 400, ("IRF1",)),
        Entry("peaks-zbed2", "log odds that ZBED2 is bound to 400 bp of the human genome (ChIP-seq)", 3, _peaks,
              DNA, 400, ("ZBED2",)),
        Entry("bpnet-oskn", "binding of Oct4, Sox2, Nanog and Klf4 to 1,000 bp of DNA (ChIP-nexus)", 1, _bpnet,
              DNA, 1000, ("Oct4 counts", "Sox2 counts", "Nanog counts", "Klf4 counts"),
              readout=_bpnet_totals, source=_OSKN, state=_bpnet_state),
    )
}  # fmt: skip
"""Name to entry. A new model needs a row here, and a folder in ``weights/``."""

CATALOGUE = CATALOG
"""The earlier name of ``CATALOG``."""


def load(
    name: str,
    *,
    weights: str | os.PathLike[str] | None = None,
    readout: Readout = None,
    outputs: Sequence[str] | None = None,
) -> Model:
    """Load a published model, and check its weights against stored predictions.

    Parameters
    ----------
    name : name of the model; ``seqdo models`` lists the names
    weights : path of a local copy of the weights, for a model whose weights do not ship with seqdo
        By default the weights are downloaded into the folder SEQDO_CACHE: from SEQDO_MIRROR (a URL or a folder), or
        from a public archive.
    readout : another readout than the model's own, as ``sd.wrap`` takes it
    outputs : names of the readout's outputs

    Raises
    ------
    InputError
        An unknown name; torch is not installed; missing or damaged weights; weights that do not give the stored
        predictions.

    Examples
    --------
    >>> load("residualbind-rncmpt00002").outputs
    ('binding',)
    """
    entry = catalog_entry(name)
    try:
        nets = entry.networks(weights)
    except ImportError as error:
        raise InputError(
            f"`name` is {name!r}", "this model needs torch and safetensors", "Run pip install 'seqdo[torch]'"
        ) from error
    facts, reference = json.loads((entry.folder / "reference.json").read_text(encoding="utf-8")), entry.reference
    model = entry.ensemble(nets, readout=entry.readout(), outputs=entry.outputs, reference=reference)
    try:
        check_golden(model, facts["golden"])
    except InputError as error:
        if entry.source is None:
            raise
        accepted = f"weights have to be those of {entry.source.file}, SHA-256 {entry.source.sha256}"
        raise InputError(error.problem, accepted, "Write weights=PATH with a copy of that file") from error
    if readout is None and outputs is None:
        return model
    # The reference is left out: its predictions for real sequences are of the model's own readout.
    return entry.ensemble(nets, readout=entry.readout() if readout is None else readout, outputs=outputs)


def catalog_entry(name: str) -> Entry:
    """The row of a published model.

    Parameters
    ----------
    name : name of the model

    Raises
    ------
    InputError
        An unknown name.
    """
    if name not in CATALOG:
        near = difflib.get_close_matches(name, CATALOG, 1)
        hint = f"Did you mean {near[0]}?" if near else ""
        raise InputError(f"`name` is {name!r}", f"the models are {', '.join(CATALOG)}", hint)
    return CATALOG[name]


def check_golden(model: Model, golden: Mapping[str, Any]) -> None:
    """Refuse weights that are damaged, and channels in another order, before the model is used.

    Parameters
    ----------
    model : the model that was opened
    golden : "predictions" (members, n, outputs), and either "sequences", or "n" and the "seed" of random sequences

    Raises
    ------
    InputError
        A prediction that differs from its stored value.
    """
    if "seed" in golden:
        codes = stream(root(golden["seed"]), "golden").integers(0, 4, (golden["n"], model.length), dtype=np.uint8)
        sequences = Sequences.from_codes(codes, model.alphabet)
    else:
        sequences = Sequences.from_strings([str(letters) for letters in golden["sequences"]], model.alphabet)
    predictions = model.predict(sequences)
    stored = np.array(golden["predictions"], np.float64).reshape(predictions.shape)
    difference = np.abs(predictions - stored)
    if (difference > TOLERANCE * np.maximum(1, np.abs(stored))).any():
        raise InputError(
            f"the `weights` of {model.name} give predictions up to {difference.max():.2g} off the stored values",
            "both have to agree (are the weights damaged, or the channels in another order than A, C, G, T/U?)",
            "Install seqdo again",
        )
