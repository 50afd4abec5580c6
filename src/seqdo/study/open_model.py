"""The model that a study names, opened."""

from __future__ import annotations

from pathlib import Path

from seqdo import zoo
from seqdo.errors import InputError
from seqdo.models import planted
from seqdo.models.model import Model
from seqdo.specs.model_keys import AnyModel, FetchedModel, PlantedModel, PythonModel, TrainedModel
from seqdo.study.python_model import python_model
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
        raise refused_code(keys)
    return python_model(keys, folder)


def refused_code(keys: PythonModel, command: str = "seqdo run STUDY.yaml --trust") -> InputError:
    """The error for code that the user has not said to run.

    Parameters
    ----------
    keys : what the study holds of its model
    command : the command line that runs it
    """
    return InputError(
        f"`python` {keys.python}", "this model is code, and a study runs code only with --trust",
        f"If you trust the code of {keys.module}, run: {command}",
    )  # fmt: skip


def _fetched(keys: FetchedModel, folder: Path) -> Model:
    """A model of the catalog with its weights, read at its peaks if the study has ``heights``."""
    model = zoo.load(keys.name, weights=folder / keys.weights if keys.weights else None)
    if keys.heights is None:
        return model
    check_heights(keys)
    from seqdo.zoo import bpnet

    at = {
        task: bpnet.peaks(model, where, task, rng=0) if isinstance(where, str) else (where[0], where[1])
        for task, where in keys.heights.items()
    }
    outputs = outputs_of(keys)
    weights = folder / keys.weights if keys.weights else None
    return zoo.load(keys.name, weights=weights, readout=bpnet.responses(at), outputs=outputs)


def check_heights(keys: FetchedModel) -> None:
    """Refuse heights of a model that has none."""
    if keys.heights is not None and keys.name != "bpnet-oskn":
        raise InputError(f"`heights` of {keys.name}", "the model with heights is bpnet-oskn", "Leave heights out")


def outputs_of(keys: FetchedModel) -> list[str]:
    """Names of the outputs that ``heights`` reads."""
    at = keys.heights or {}
    return [*(f"{task} height" for task in at), *(f"{task} counts" for task in at)]
