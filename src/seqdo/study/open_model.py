"""The model that a spec names, opened."""

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


def open_model(given: AnyModel, folder: Path, *, trust: bool = False) -> Model:
    """The model that a spec names. ``python:`` is code, and runs only when trusted."""
    if isinstance(given, str):
        return zoo.load(given)
    if isinstance(given, FetchedModel):
        return _fetched(given, folder)
    if isinstance(given, TrainedModel):
        return open_trained(folder / given.trained)
    if isinstance(given, PlantedModel):
        return planted.additive(given.planted, length=given.length)
    if not trust:
        raise InputError(
            f"model {given.python}", "it is code, and would be run", "If you trust it, add --trust on the command line"
        )  # fmt: skip
    sys.path.insert(0, str(folder))
    try:
        made = _function(given.python, folder)()
    except SeqdoError:
        raise
    except Exception as error:
        raise InputError(
            f"model {given.python}", f"its code failed: {type(error).__name__}: {error}", "seqdo --debug shows where"
        ) from error
    finally:
        sys.path.remove(str(folder))
    if not isinstance(made, Model):
        raise InputError(
            f"{given.python} returned a {type(made).__name__}",
            "it must return a wrapped model",
            "End it with return sd.wrap(...)",
        )
    return made


def _fetched(given: FetchedModel, folder: Path) -> Model:
    """A model of the catalogue with its weights, and read at its peaks if the spec says so."""
    model = zoo.load(given.name, weights=folder / given.weights if given.weights else None)
    if given.heights is None:
        return model
    if given.name != "bpnet-oskn":
        raise InputError(f"heights of {given.name}", "they are asked of bpnet-oskn", "Leave heights out")
    from seqdo.zoo import bpnet

    at = {
        task: bpnet.peaks(model, where, task, rng=0) if isinstance(where, str) else (where[0], where[1])
        for task, where in given.heights.items()
    }
    outputs = [*(f"{task} height" for task in at), *(f"{task} counts" for task in at)]
    weights = folder / given.weights if given.weights else None
    return zoo.load(given.name, weights=weights, readout=bpnet.responses(at), outputs=outputs)


def _function(path: str, folder: Path) -> Callable[[], Any]:
    """The function that ``module:function`` names; importing the module runs its code."""
    module, function = path.split(":")
    try:
        found: Callable[[], Any] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise InputError(f"model {path}", f"it can't be found from {folder}: {error}") from error
    return found
