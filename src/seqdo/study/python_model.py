"""A model that a function of the user makes: the function is imported and called, and its weights are loaded.

Nothing here runs unless the user trusts the code. Whatever the code raises becomes an error about the study file.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from seqdo.errors import InputError, SeqdoError
from seqdo.models.model import Model
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import ALPHABETS
from seqdo.specs.model_keys import PythonModel
from seqdo.specs.readout_keys import STEPS, ComposedReadout
from seqdo.specs.validation import near
from seqdo.study.input_files import one_row_each

DECLARED = ("alphabet", "length", "outputs", "layout", "pad")
"""Keys of a study that are arguments of ``sd.wrap``, and that a wrapped model has to agree with."""

CALLED = ("readout", "letters", "batch", "device", "inputs")
"""Keys of a study that say how ``sd.wrap`` calls a network; a wrapped model has its own."""


def python_model(keys: PythonModel, folder: Path) -> Model:
    """The model that a function of the user makes.

    Parameters
    ----------
    keys : what the study holds of it
    folder : where the study file is; the module and the weights are named from there

    Raises
    ------
    InputError
        No such module, function or file; code that fails; arguments that the function does not take; weights of another
        network; what is returned is no model, or not the model that the study declares.
    """
    paths = check_files(keys, folder)
    with _importable(folder, keys):
        function = _function(keys, folder)
        loads = "weights" in inspect.signature(function).parameters and "weights" not in (keys.arguments or {})
        if not paths:
            return _wrapped(keys, _called(keys, function, {}), folder)
        if loads:  # the function reads the files itself
            return _wrapped(keys, _called(keys, function, {"weights": _as_in_file(keys, paths)}), folder)
        return _wrapped(keys, _loaded(keys, [(_called(keys, function, {}), path) for path in paths]), folder)


def check_files(keys: PythonModel, folder: Path) -> list[Path]:
    """The paths of the weights; a file or a module that is missing is refused. Nothing is imported.

    Parameters
    ----------
    keys : what the study holds of its model
    folder : where the study file is
    """
    first = keys.module.partition(".")[0]
    if not ((folder / f"{first}.py").is_file() or (folder / first).is_dir() or _installed(first)):
        raise _missing_module(keys, first, folder)
    paths = [folder / name for name in keys.files]
    for path in paths:
        if not path.is_file():
            raise InputError(
                f"`weights` {path}", "there is no such file", "Paths start from the folder of the study file"
            )
    return paths


def _as_in_file(keys: PythonModel, paths: list[Path]) -> str | list[str]:
    """The paths of the weights: one, or a list where the study has a list."""
    return str(paths[0]) if isinstance(keys.weights, str) else list(map(str, paths))


@contextmanager
def _importable(folder: Path, keys: PythonModel) -> Iterator[None]:
    """Modules next to the study come first and are imported again: another study may have one of the same name."""
    first = keys.module.partition(".")[0]
    here = (folder / f"{first}.py").is_file() or (folder / first).is_dir()
    if here and first in sys.stdlib_module_names:
        raise InputError(
            f"`python` {keys.python}: the file {first}.py has the name of a module of Python",
            "a name of its own is needed", f"Rename it to my_{first}.py",
        )  # fmt: skip
    if here:
        for name in [name for name in sys.modules if name == first or name.startswith(f"{first}.")]:
            del sys.modules[name]
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _function(keys: PythonModel, folder: Path) -> Callable[..., Any]:
    """The function of the user; importing its module runs the module's code."""
    module = _module(keys, folder)
    thing = getattr(module, keys.function, None)
    if thing is None:
        own = [
            name for name, each in vars(module).items()
            if callable(each) and not name.startswith("_") and getattr(each, "__module__", "") == module.__name__
        ]  # fmt: skip
        holds = f"it has {', '.join(own)}" if own else "it has no function"
        raise InputError(
            f"`python` {keys.python} can't be found: {keys.module} has no function {keys.function}",
            holds,
            near(keys.function, own),
        )
    is_network = not isinstance(thing, type) and hasattr(thing, "state_dict")  # it can be called, but with sequences
    if is_network or not callable(thing):
        raise InputError(
            f"`python` {keys.python} is of the type {type(thing).__name__}",
            "a function that returns the model is needed", f"Write def make(): return {keys.function}",
        )  # fmt: skip
    function: Callable[..., Any] = thing
    return function


def _module(keys: PythonModel, folder: Path) -> ModuleType:
    try:
        return importlib.import_module(keys.module)
    except SeqdoError as error:
        raise _failed(keys, "importing it failed", error) from error
    except ModuleNotFoundError as error:
        if error.name is not None and keys.module.startswith(error.name):
            raise _missing_module(keys, error.name, folder) from error
        raise _failed(keys, "importing it failed", error) from error
    except (Exception, SystemExit) as error:
        raise _failed(keys, "importing it failed", error) from error


def _installed(module: str) -> bool:
    """Is there an installed module of this name? It is looked for, and not imported."""
    try:
        return module in sys.modules or importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _missing_module(keys: PythonModel, name: str, folder: Path) -> InputError:
    return InputError(
        f"`python` {keys.python} can't be found: there is no module {name}",
        f"a file {name.replace('.', '/')}.py in {folder}, or an installed package, is needed",
        near(name, [path.stem for path in folder.glob("*.py")]),
    )


def _called(keys: PythonModel, function: Callable[..., Any], more: dict[str, Any]) -> Any:  # noqa: ANN401 - anything
    """What the function returns for the arguments of the study."""
    arguments = (keys.arguments or {}) | more
    signature = inspect.signature(function)
    try:
        signature.bind(**arguments)
    except TypeError as error:
        takes = ", ".join(map(str, signature.parameters.values())) or "no arguments"
        passed = ", ".join(arguments) or "none"
        needed = [
            name for name, each in signature.parameters.items()
            if each.default is each.empty and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        ]  # fmt: skip
        write = f"Write arguments: {{{', '.join(f'{name}: VALUE' for name in needed)}}}" if needed else "Leave it out"
        raise InputError(
            f"`arguments` of {keys.python}: {passed} ({error})", f"the function takes {takes}", write
        ) from error
    try:
        return function(**arguments)
    except (Exception, SystemExit) as error:
        raise _failed(keys, f"{keys.function} failed", error) from error


def _failed(keys: PythonModel, what: str, error: BaseException) -> InputError:
    """The error for code that raised one: what it raised, and where in the user's files."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame.filename)]
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    if isinstance(error, SyntaxError) and error.filename:
        where = f" ({Path(error.filename).name}, line {error.lineno})"
    if isinstance(error, SeqdoError):
        return InputError(f"`python` {keys.python}: {what}{where}: {error.problem}", error.accepted, error.fix)
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return InputError(f"`python` {keys.python}: {what}{where}", reason, "seqdo --debug run shows the whole traceback")


def _is_ours(file: str) -> bool:
    """Is a file a part of this package, or of Python's own machinery?"""
    return file.startswith(("<frozen", str(Path(__file__).parents[1]), str(Path(importlib.__file__).parent)))


def _loaded(keys: PythonModel, built: list[tuple[Any, Path]]) -> Any:  # noqa: ANN401 - networks, or a wrapped model
    """The networks that the function returned, each with the weights of its file."""
    networks = []
    for thing, path in built:
        module = _torch_module(thing)
        if module is None:
            raise InputError(
                f"`weights` of {keys.python}, which returned a {type(thing).__name__}",
                "weights are loaded into one PyTorch network",
                "Return the network, or give the function a parameter `weights`, which gets the path",
            )
        from seqdo.models.adapters.torch_weights import load_weights

        load_weights(module, path)
        networks.append(thing)
    if isinstance(networks[0], Model):
        return _rewrapped(networks)
    return networks[0] if len(networks) == 1 else networks


def _torch_module(thing: Any) -> Any:  # noqa: ANN401 - whatever a function returns
    """The one PyTorch network in what a function returned; None where there is none, or several."""
    if isinstance(thing, Model):
        return thing.members[0].network.torch_module if len(thing.members) == 1 else None
    torch = sys.modules.get("torch")
    return thing if torch is not None and isinstance(thing, torch.nn.Module) else None


def _rewrapped(models: list[Model]) -> Model:
    """Wrapped models as one model: weights that changed after wrapping need new checks and a new hash."""
    first, network = models[0], models[0].members[0].network
    modules = [model.members[0].network.torch_module for model in models]
    return wrap(
        modules[0] if len(modules) == 1 else modules, alphabet=first.alphabet, length=first.length,
        outputs=first.outputs, readout=network.readout, layout=network.layout, pad=first.pad,
        reference=first.reference, name=first.name, letters=network.letters, batch=network.limit.most,
        inputs=dict(network.inputs.constants) or None,
    )  # fmt: skip


def _wrapped(keys: PythonModel, thing: Any, folder: Path) -> Model:  # noqa: ANN401 - whatever a function returns
    """What the function returned, as a model that agrees with what the study declares."""
    declared = {key: getattr(keys, key) for key in DECLARED if getattr(keys, key) is not None}
    declared |= {"alphabet": ALPHABETS[keys.alphabet]} if keys.alphabet else {}
    called = _how_called(keys, folder)
    if isinstance(thing, Model):
        _refuse_called(keys, called)
        _refuse_other(keys, thing, declared)
        return thing
    if thing is None or not (callable(thing) or isinstance(thing, list | tuple)):
        returned = "nothing (None)" if thing is None else f"a {type(thing).__name__}"
        raise InputError(
            f"`python` {keys.python} returned {returned}", "a wrapped model is needed, or a network",
            "End the function with return sd.wrap(...)",
        )  # fmt: skip
    if not {"alphabet", "length"} <= declared.keys():
        missing = [key for key in ("alphabet: dna", "length: 1000") if key.partition(":")[0] not in declared]
        raise InputError(
            f"`python` {keys.python} returned a {type(thing).__name__}, which is not wrapped",
            "the study has to name the alphabet and the length that it reads",
            f"Add {' and '.join(missing)} under model:, or end the function with return sd.wrap(...)",
        )
    try:
        return wrap(thing, **declared, **called)
    except InputError as error:
        if isinstance(keys.readout, ComposedReadout):
            error = _of_readout(error)
        raise _of_inputs(error) from error
    except SeqdoError:
        raise
    except Exception as error:
        raise _failed(keys, "wrapping what it returned failed", error) from error


def _how_called(keys: PythonModel, folder: Path) -> dict[str, Any]:
    """The arguments of ``sd.wrap`` that say how a network is called."""
    called = {key: getattr(keys, key) for key in CALLED if getattr(keys, key) is not None}
    if isinstance(keys.readout, ComposedReadout):
        called["readout"] = keys.readout.readout()
    if keys.inputs:
        called["inputs"] = one_row_each(keys.inputs, folder)
    return called


def _of_readout(error: InputError) -> InputError:
    """The error, with the key of the study in front where a step of the readout was refused."""
    word = re.match(r"`(\w+)", error.problem)
    if word is None or word[1] not in ("start", "stop", "axes", "names", "head", *STEPS):
        return error
    return InputError(f"`readout` {error.problem}", error.accepted, error.fix)


def _of_inputs(error: InputError) -> InputError:
    """The error, with a further input as the study writes it."""
    fix = re.sub(r"inputs=\{['\"](\w+)['\"]: \(([\d, ]*?),?\)\}.*", r"inputs: {\1: [\2]}", error.fix)
    fix = re.sub(r"inputs=\{['\"](\w+)['\"]: .*", r"inputs: {\1: row.npy}, with one row in the file", fix)
    return error if fix == error.fix else InputError(error.problem, error.accepted, fix)


def _refuse_called(keys: PythonModel, called: Mapping[str, Any]) -> None:
    """Refuse keys for the call of a network, of a function that has wrapped it already."""
    for key in called:
        raise InputError(
            f"`{key}` is for a network, and {keys.python} returned a wrapped model",
            "a wrapped model keeps what the function declared",
            f"Leave {key} out and write sd.wrap(..., {key}=...) in the function, or return the network itself",
        )


def _refuse_other(keys: PythonModel, model: Model, declared: dict[str, Any]) -> None:
    """Refuse a wrapped model that is not what the study declares."""
    own = {"alphabet": model.alphabet, "length": model.length, "outputs": list(model.outputs)}
    own |= {"pad": model.pad, "layout": model.members[0].network.layout}
    if "length" in declared:
        declared = {"pad": None} | declared
    for key, value in declared.items():
        if own[key] != value:
            name = getattr(own[key], "name", own[key])
            raise InputError(
                f"`{key}` is {getattr(value, 'name', value) or 'not named'}, and the model of {keys.python} has {name}",
                "the study and the function have to agree", f"Write {key}: {name}" if name else f"Leave {key} out",
            )  # fmt: skip
