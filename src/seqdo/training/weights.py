"""Weights: networks by name, trained models in a folder, and models opened from one."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Sequence
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from pydantic import ValidationError

from seqdo.errors import InputError
from seqdo.models.model import Model
from seqdo.models.random_states import untouched_randomness
from seqdo.models.reference import Reference
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import ALPHABETS
from seqdo.sequences.sequences import Sequences
from seqdo.training.recipe import Network, Recipe
from seqdo.zoo.published import check_golden

if TYPE_CHECKING:
    from torch import nn

NETWORKS = {
    "residualbind": "seqdo.zoo.residualbind:ResidualBind",
    "promoter": "seqdo.zoo.promoter:Promoter",
    "peaks": "seqdo.zoo.peaks:Peaks",
}
"""Networks that can be trained, by the name that a recipe calls them: the one table to extend."""

RECIPE, REFERENCE, SUMS = "recipe.yaml", "reference.json", "SHA256SUMS"
"""Fixed names in a trained model's folder, beside 1.safetensors, 2.safetensors, ..."""

AGAIN = "Copy it again, or train again"

GOLDEN = 4
"""Made-up sequences whose predictions are kept."""


def build(network: Network) -> nn.Module:
    """An untrained network, tried on its length.

    Raises
    ------
    InputError
        No such network; an argument that it does not take, or can't be made or asked with; torch is not installed.
    """
    if network.name not in NETWORKS:
        raise InputError(f"network.name: {network.name!r}", f"the networks are {', '.join(NETWORKS)}")
    try:
        import torch
        from safetensors.torch import save  # noqa: F401 - before the training, not after it
    except ImportError as error:
        raise InputError(
            f"network {network.name}", "it needs torch and safetensors", "Run pip install 'seqdo[torch]'"
        ) from error
    module, name = NETWORKS[network.name].split(":")
    kind = getattr(import_module(module), name)
    known = [each for each in inspect.signature(kind).parameters if each != "outputs"]
    for given in network.arguments:
        if given not in known:
            raise InputError(f"network.arguments: {given!r}", f"{network.name} takes {', '.join(known)}")
    try:
        length = {"length": network.length} if "length" in known else {}
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # of a layer of nothing, which fails when it is asked
            made: nn.Module = kind(**(length | network.arguments), outputs=len(network.outputs))
            shape = tuple(made.eval()(torch.zeros(2, 4, network.length)).shape)
    except (RuntimeError, ValueError, TypeError, ArithmeticError) as error:
        raise InputError(
            f"network {network.name} with {network.arguments} on {network.length} letters", f"{error}".splitlines()[0]
        ) from error
    if shape != (2, len(network.outputs)):
        needed = f"it answers {shape[1:]} numbers, and {len(network.outputs)} are needed: {', '.join(network.outputs)}"
        raise InputError(f"network {network.name}", needed)
    return made


def wrapped(nets: Sequence[nn.Module], recipe: Recipe, reference: Reference | None = None) -> Model:
    """Trained networks, in eval mode, as the members of a model."""
    network = recipe.network
    return wrap(
        [net.eval() for net in nets], alphabet=ALPHABETS[recipe.alphabet], length=network.length,
        outputs=network.outputs, layout="NCL", pad=network.pad, reference=reference, name=recipe.name,
    )  # fmt: skip


def write_weights(folder: Path, nets: Sequence[nn.Module], recipe: Recipe, reference: Reference) -> None:
    """Everything that :func:`open_trained` reads, into an empty folder."""
    from safetensors.torch import save

    model = wrapped(nets, recipe)
    for number, net in enumerate(nets, 1):
        (folder / f"{number}.safetensors").write_bytes(save(net.state_dict()))
    codes = np.random.default_rng(0).integers(0, 4, (GOLDEN, model.length)).astype(np.uint8)
    made_up = Sequences.from_codes(codes, model.alphabet)
    golden = {"sequences": made_up.to_strings(), "predictions": model.predict(made_up).astype(float).tolist()}
    facts = {"reference": reference.to_json(), "golden": golden}
    (folder / REFERENCE).write_text(json.dumps(facts) + "\n", encoding="utf-8")
    shown = recipe.model_dump(mode="json")
    (folder / RECIPE).write_text(
        yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8"
    )
    sums = [f"{_sha256(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / SUMS).write_text("".join(sums), encoding="utf-8")


def open_trained(folder: str | Path) -> Model:
    """The model that ``seqdo train`` left in a folder, ready for ``sd.run``.

    Every file is checked against its SHA-256, and the weights against predictions made when they were trained. No code
    of the folder is run.

    Raises
    ------
    InputError
        No trained model in the folder; a file that is missing or changed; weights that do not predict what they should.
    """
    place = Path(folder)
    recipe = _recipe(place)
    with untouched_randomness():
        nets = [build(recipe.network) for _ in recipe.seeds]
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        facts: dict[str, Any] = json.loads((place / REFERENCE).read_text(encoding="utf-8"))
        for number, net in enumerate(nets, 1):
            net.load_state_dict(load((place / f"{number}.safetensors").read_bytes()))
        model = wrapped(nets, recipe, Reference.from_json(facts["reference"]))
        check_golden(model, facts["golden"])
    except InputError as error:
        raise InputError(f"folder {place}: {error.problem}", error.accepted, "Train again") from error
    except (SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
        given = f"folder {place}: {type(error).__name__}: {error}"[:300]
        raise InputError(given, "its files do not belong together", "Train again") from error
    return model


def _recipe(folder: Path) -> Recipe:
    """The recipe of a folder, once every file that its list of sums names is what it was."""
    try:
        listed = [line.split() for line in (folder / SUMS).read_text(encoding="utf-8").splitlines()]
        for sum_, name in listed:
            if _sha256(folder / Path(name).name) != sum_:
                raise InputError(
                    f"folder {folder}: {name}", "it is not what was written", "Copy it again, or train again"
                )
        recipe = Recipe.model_validate(yaml.safe_load((folder / RECIPE).read_text(encoding="utf-8")))
        needed = {RECIPE, REFERENCE, *(f"{number}.safetensors" for number in range(1, len(recipe.seeds) + 1))}
        missing = sorted(needed - {name for _, name in listed})
    except InputError:
        raise
    except (OSError, ValueError, ValidationError, yaml.YAMLError) as error:
        raise InputError(f"folder {folder}", f"no trained model ({error})"[:300], "seqdo train writes one") from error
    if missing:
        raise InputError(f"folder {folder}: {missing[0]}", f"{SUMS} does not name it", AGAIN)
    return recipe


def _sha256(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
