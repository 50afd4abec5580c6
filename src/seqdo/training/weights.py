"""Networks by name, trained models written to a folder, and models opened from such a folder."""

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
"""Networks that can be trained, by their name in a recipe. A new network needs a row here."""

RECIPE, REFERENCE, SUMS = "recipe.yaml", "reference.json", "SHA256SUMS"
"""Names of files in a trained model's folder, next to 1.safetensors, 2.safetensors, ..."""

TRAIN_AGAIN = "Train again with seqdo train RECIPE --out FOLDER"
COPY_AGAIN = "Copy the folder again, or train again"

GOLDEN = 4
"""Number of random sequences whose predictions are stored, to check the weights when they are opened."""


def build(network: Network) -> nn.Module:
    """Build an untrained network, and check that it predicts every output for an input of its length.

    Parameters
    ----------
    network : name, arguments, length and outputs, as the recipe states them

    Raises
    ------
    InputError
        An unknown network; an argument that the network does not take or fails with; torch is not installed.
    """
    if network.name not in NETWORKS:
        raise InputError(f"`network.name`: {network.name!r}", f"the networks are {', '.join(NETWORKS)}")
    try:
        import torch
        from safetensors.torch import save  # noqa: F401 - a missing package is an error before training, not after it
    except ImportError as error:
        raise InputError(
            f"`network.name`: {network.name}", "training needs torch and safetensors", "Run pip install 'seqdo[torch]'"
        ) from error
    module, name = NETWORKS[network.name].split(":")
    kind = getattr(import_module(module), name)
    parameters = [parameter for parameter in inspect.signature(kind).parameters if parameter != "outputs"]
    for argument in network.arguments:
        if argument not in parameters:
            raise InputError(f"`network.arguments`: {argument!r}", f"{network.name} takes {', '.join(parameters)}")
    try:
        length = {"length": network.length} if "length" in parameters else {}
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # torch warns of a layer without elements; the forward pass then fails
            net: nn.Module = kind(**(length | network.arguments), outputs=len(network.outputs))
            shape = tuple(net.eval()(torch.zeros(2, 4, network.length)).shape)
    except (RuntimeError, ValueError, TypeError, ArithmeticError) as error:
        raise InputError(
            f"`network`: {network.name} with arguments {network.arguments} and length {network.length}",
            f"the network has to run on an input of that length ({str(error).splitlines()[0]})",
        ) from error
    if shape != (2, len(network.outputs)):
        raise InputError(
            f"`network.output` names {len(network.outputs)} outputs: {', '.join(network.outputs)}",
            f"{network.name} predicts an array of shape (n, {', '.join(map(str, shape[1:]))})",
        )
    return net


def ensemble(nets: Sequence[nn.Module], recipe: Recipe, reference: Reference | None = None) -> Model:
    """Trained networks as the members of one model; the networks are in eval mode afterwards."""
    network = recipe.network
    return wrap(
        [net.eval() for net in nets], alphabet=ALPHABETS[recipe.alphabet], length=network.length,
        outputs=network.outputs, layout="NCL", pad=network.pad, reference=reference, name=recipe.name,
    )  # fmt: skip


def write_weights(folder: Path, nets: Sequence[nn.Module], recipe: Recipe, reference: Reference) -> None:
    """Write every file that :func:`open_trained` reads.

    Parameters
    ----------
    folder : an empty folder
    nets : the trained members
    recipe : what they were trained by
    reference : numbers of the held-out sequences
    """
    from safetensors.torch import save

    model = ensemble(nets, recipe)
    for number, net in enumerate(nets, 1):
        (folder / f"{number}.safetensors").write_bytes(save(net.state_dict()))
    codes = np.random.default_rng(0).integers(0, 4, (GOLDEN, model.length)).astype(np.uint8)
    random = Sequences.from_codes(codes, model.alphabet)
    golden = {"sequences": random.to_strings(), "predictions": model.predict(random).astype(float).tolist()}
    facts = {"reference": reference.to_json(), "golden": golden}
    (folder / REFERENCE).write_text(json.dumps(facts) + "\n", encoding="utf-8")
    content = recipe.model_dump(mode="json")
    (folder / RECIPE).write_text(
        yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120), encoding="utf-8"
    )
    sums = [f"{_sha256(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / SUMS).write_text("".join(sums), encoding="utf-8")


def open_trained(folder: str | Path) -> Model:
    """Open the model that ``seqdo train`` wrote, ready for ``sd.run``.

    Every file is checked against its SHA-256, and the weights against predictions stored after training. No code of
    the folder is run.

    Parameters
    ----------
    folder : the folder that ``seqdo train`` wrote

    Raises
    ------
    InputError
        No trained model in the folder; a file that is missing or changed; weights that do not give the stored
        predictions.
    """
    path = Path(folder)
    recipe = trained_recipe(path)
    with untouched_randomness():
        nets = [build(recipe.network) for _ in recipe.seeds]
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        facts: dict[str, Any] = json.loads((path / REFERENCE).read_text(encoding="utf-8"))
        for number, net in enumerate(nets, 1):
            net.load_state_dict(load((path / f"{number}.safetensors").read_bytes()))
        model = ensemble(nets, recipe, Reference.from_json(facts["reference"]))
        check_golden(model, facts["golden"])
    except InputError as error:
        raise InputError(f"`folder` {path}: {error.problem}", error.accepted, TRAIN_AGAIN) from error
    except (SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
        problem = f"`folder` {path}: {type(error).__name__}: {error}"[:300]
        raise InputError(problem, "weights, recipe and reference have to be of one training", TRAIN_AGAIN) from error
    return model


def trained_recipe(folder: Path) -> Recipe:
    """The recipe of a trained model, after every listed file has been compared with its checksum.

    Parameters
    ----------
    folder : the folder that ``seqdo train`` wrote

    Raises
    ------
    InputError
        No trained model in the folder; a file that is missing or changed.
    """
    try:
        listed = [line.split() for line in (folder / SUMS).read_text(encoding="utf-8").splitlines()]
        for checksum, name in listed:
            if _sha256(folder / Path(name).name) != checksum:
                raise InputError(
                    f"`folder` {folder}: {name} changed after it was written",
                    f"every file has the checksum that {SUMS} lists",
                    COPY_AGAIN,
                )
        recipe = Recipe.model_validate(yaml.safe_load((folder / RECIPE).read_text(encoding="utf-8")))
        needed = {RECIPE, REFERENCE, *(f"{number}.safetensors" for number in range(1, len(recipe.seeds) + 1))}
        missing = sorted(needed - {name for _, name in listed})
    except InputError:
        raise
    except (OSError, ValueError, ValidationError, yaml.YAMLError) as error:
        raise InputError(
            f"`folder` {folder}", f"it holds no trained model ({error})"[:300], "Write one with seqdo train RECIPE"
        ) from error
    if missing:
        raise InputError(f"`folder` {folder}: {missing[0]}", f"{SUMS} has to list this file", COPY_AGAIN)
    return recipe


def trained_reference(folder: Path) -> Reference:
    """Numbers of the held-out sequences of a trained model, from its folder.

    Parameters
    ----------
    folder : the folder that ``seqdo train`` wrote
    """
    return Reference.from_json(json.loads((folder / REFERENCE).read_text(encoding="utf-8"))["reference"])


def _sha256(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
