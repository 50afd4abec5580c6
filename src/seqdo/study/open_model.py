"""The model that a study names, opened."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seqdo import zoo
from seqdo.errors import InputError, SeqdoError
from seqdo.models import planted
from seqdo.models.model import Model
from seqdo.specs.model_keys import AnyModel, FetchedModel, PlantedModel, TrainedModel
from seqdo.training.weights import open_trained


def open_model(keys: AnyModel, folder: Path, *, trust: bool = False) -> Model:
    """The model that a study names.

    Parameters
    ----------
    keys : what the study holds of it
    folder : where the study file is
    trust : run the code of ``python:``
    """
    if isinstance(keys, str):
        return zoo.load(keys)
    if isinstance(keys, FetchedModel):
        return _fetched(keys, folder)
    if isinstance(keys, TrainedModel):
        return open_trained(folder / keys.trained)
    if isinstance(keys, PlantedModel):
        return planted.additive(keys.planted, length=keys.length)
    if not trust:
        raise InputError(
            f"`model` {keys.python}", "it is code, and would be run", "If you trust it, add --trust on the command line"
        )  # fmt: skip
    sys.path.insert(0, str(folder))
    try:
        model = _function(keys.python, folder)()
    except SeqdoError:
        raise
    except Exception as error:
        raise InputError(
            f"`model` {keys.python}", f"its code failed: {type(error).__name__}: {error}", "seqdo --debug shows where"
        ) from error
    finally:
        sys.path.remove(str(folder))
    if not isinstance(model, Model):
        raise InputError(
            f"`model` {keys.python} returned a {type(model).__name__}", "a wrapped model is needed",
            "End the function with return sd.wrap(...)",
        )  # fmt: skip
    return model


def _fetched(keys: FetchedModel, folder: Path) -> Model:
    """A model of the catalog with its weights, read at its peaks if the study has ``heights``."""
    model = zoo.load(keys.name, weights=folder / keys.weights if keys.weights else None)
    if keys.heights is None:
        return model
    if keys.name != "bpnet-oskn":
        raise InputError(f"`heights` of {keys.name}", "the model with heights is bpnet-oskn", "Leave heights out")
    from seqdo.zoo import bpnet

    at = {
        task: bpnet.peaks(model, where, task, rng=0) if isinstance(where, str) else (where[0], where[1])
        for task, where in keys.heights.items()
    }
    outputs = [*(f"{task} height" for task in at), *(f"{task} counts" for task in at)]
    weights = folder / keys.weights if keys.weights else None
    return zoo.load(keys.name, weights=weights, readout=bpnet.responses(at), outputs=outputs)


def _function(path: str, folder: Path) -> Callable[[], Any]:
    """The function that ``module:function`` names; importing the module runs its code."""
    module, function = path.split(":")
    try:
        maker: Callable[[], Any] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise InputError(f"`model` {path}", f"it can't be found from {folder}: {error}") from error
    return maker
