"""A study: the designs of a spec asked of one model, and one folder with all that came of it."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import yaml

from seqdo import zoo
from seqdo.effects.assay.beside import Beside
from seqdo.effects.estimate import Effects, estimate
from seqdo.effects.patterns import searched
from seqdo.errors import InputError, RunError, SeqdoError
from seqdo.execution.run import run
from seqdo.execution.search import search
from seqdo.experiments.design import Design
from seqdo.models import planted
from seqdo.models.model import Model
from seqdo.models.shuffled import shuffled_weights
from seqdo.motifs.write import write_motifs
from seqdo.reporting.compared import write_measured
from seqdo.reporting.drawing.figure import save_figures
from seqdo.reporting.html import report
from seqdo.reporting.table import write_tables
from seqdo.sequences import backgrounds
from seqdo.sequences.io import read_sequences
from seqdo.sequences.sequence import Sequences
from seqdo.sequences.stream import Seed
from seqdo.study.keys import Background, FetchedModel, GivenModel, PlantedModel, Searched, TrainedModel
from seqdo.study.library import Measurements, compared, open_library, refuse_measured
from seqdo.study.spec import Entry, Spec
from seqdo.training.weights import open_trained

SPEC, REPORT, PROVENANCE, MOTIFS = "study.yaml", "report.html", "provenance.json", "motifs.meme"
"""Fixed names in a study's folder, beside effects.parquet, effects.csv, figures/ and outcomes/."""

READING = ("n", "masked", "t_as_u")
"""Keys of a background that say how its files are read."""

TAKES: dict[str, Sequence[str]] = {
    "uniform": ("length", "balance"),
    "profile": ("sequences", *READING),
    "markov": ("sequences", "order", *READING),
    "shuffled": ("sequences", "k", "fixed_limit", *READING),
    "gc_matched": ("sequences", "pool", *READING),
    "natural": ("sequences", *READING),
    "given": ("sequences", *READING),
    "reference": ("length",),
}
"""Keys of a spec that each kind of background takes."""


@dataclass
class Study:
    """Asks entries one after another; what has been asked is what :meth:`write` puts into the folder."""

    spec: Spec
    model: Model
    folder: Path
    entries: list[Entry] = field(default_factory=list)
    effects: list[Effects] = field(default_factory=list)
    measured: list[list[Beside]] = field(default_factory=list)
    libraries: dict[tuple[object, ...], Measurements] = field(default_factory=dict, repr=False)

    def ask(self, entry: Entry) -> Effects:
        """Run one design and estimate its effects."""
        seed = self.spec.seed if entry.seed is None else entry.seed
        model = self._asked(entry, seed)
        design = entry.design(self.folder, model.alphabet)
        library = self._library(entry, design, model, seed)
        null = None if design.sequences is not None else self._null(entry, model, seed)
        how: dict[str, Any] = {
            "n": entry.n if null is None or null.name == "given" else self.spec.asked(entry),
            "rng": seed, "real": self._real(entry, model, seed),
        }  # fmt: skip
        told: dict[str, Any] = {"margin": self.spec.margin, "multiplicity": self.spec.multiplicity or "bh"}
        effects = (self._searched if entry.search else self._run)(entry, design, model, null, how, told)
        self.entries.append(entry)
        self.effects.append(effects)
        beside = [compared(library, one, effects, self.folder) for one in entry.measured or ()] if library else []
        self.measured.append(beside)
        return effects

    def _asked(self, entry: Entry, seed: int) -> Model:
        """The model, of as many members and with the weights that a design says."""
        model = self.model
        if entry.members is not None:
            if entry.members > len(model.members):
                raise InputError(f"members: {entry.members}", f"{model.name} has {len(model.members)}")
            model = replace(model, members=model.members[: entry.members])
        return shuffled_weights(model, seed) if entry.weights == "shuffled" else model

    def _run(
        self, entry: Entry, design: Design, model: Model, null: Any, how: dict[str, Any], told: dict[str, Any]  # noqa: ANN401
    ) -> Effects:  # fmt: skip
        extra = (self.spec.extra if entry.extra is None else entry.extra) or 0
        adjust = (self.spec.adjust if entry.adjust is None else entry.adjust) or ()
        stop = self.spec.until if entry.until is None else entry.until
        outcomes = run(design, model, null, extra=extra, until=stop.rule if stop else None, **how)
        return estimate(outcomes, adjust=adjust, **told)

    def _searched(
        self, entry: Entry, design: Design, model: Model, null: Any, how: dict[str, Any], told: dict[str, Any]  # noqa: ANN401
    ) -> Effects:  # fmt: skip
        """What was kept, on backgrounds that chose nothing."""
        given = [key for key in ("extra", "until", "adjust") if getattr(entry, key) is not None]
        if given or null is None:
            key = given[0] if given else "sequences"
            raise InputError(
                f"design {entry.experiment} with search and {key}", "a search knows of no such thing",
                f"Leave {key} out, or search in one design and ask in another",
            )  # fmt: skip
        asked = cast(Searched, entry.search)
        return search(
            design, model, null, keep=asked.keep, screen=asked.screen, members_screen=asked.members, by=asked.by,
            contrast=asked.contrast, output=asked.output, **how, **told,
        ).effects  # fmt: skip

    def _null(self, entry: Entry, model: Model, seed: int) -> backgrounds.Background:
        """The background of a design, or of the study."""
        given = entry.background or self.spec.background
        if given is None:
            raise InputError(
                f"design {entry.experiment} without a background", "the study names none for all designs either",
                "Add background: {kind: uniform}",
            )  # fmt: skip
        return open_background(given, model, self.folder, seed)

    def _library(self, entry: Entry, design: Design, model: Model, seed: int) -> Measurements | None:
        """The library that a design is compared with; read once for each model that is asked of it."""
        if entry.measured is None:
            return None
        if self.spec.library is None:
            raise InputError(
                f"design {entry.experiment} with measured", "the study names no library",
                "Add library: {file: FILE, sequence: COLUMN, measured: COLUMN}",
            )  # fmt: skip
        refuse_measured(design, entry.measured, model)
        predict = any(one.predictions for one in entry.measured)
        key = (entry.members, entry.weights, seed, predict)
        if key not in self.libraries:
            self.libraries[key] = open_library(self.spec.library, self.folder, model, predict=predict)
        return self.libraries[key]

    def _real(self, entry: Entry, model: Model, seed: int) -> Sequences | None:
        """The real sequences that the file of a design holds, or of the study."""
        file, null = entry.real or self.spec.real, entry.background or self.spec.background
        return None if file is None else _read(file, null or Background(kind="given"), model, self.folder, seed)

    def lead(self, index: int) -> None:
        """Put one design first: its answer leads the page."""
        self.entries.insert(0, self.entries.pop(index))
        self.effects.insert(0, self.effects.pop(index))
        self.measured.insert(0, self.measured.pop(index))

    @property
    def shown(self) -> list[Effects]:
        """The effects that the page shows."""
        return [effects for entry, effects in zip(self.entries, self.effects, strict=True) if entry.on_page]

    def write(self, out: Path, title: str, *, replacing: bool = False) -> None:
        """Write the folder; it appears under its name only when everything is in it.

        Raises
        ------
        RunError
            A disk that is full, or a folder that can't be written any more.
        """
        for effects in self.effects:
            effects.outcomes.provenance["spec"] = self._yaml()
        partial = out.with_name(f".{out.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            self._fill(partial, title)
            _put(partial, out, replacing=replacing)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            raise RunError(f"folder {out}", f"it could not be written ({why})", "Nothing of it is left") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _fill(self, folder: Path, title: str) -> None:
        (folder / "outcomes").mkdir(parents=True)
        (folder / SPEC).write_text(self._yaml(), encoding="utf-8")
        for number, effects in enumerate(self.effects, 1):
            effects.outcomes.save(folder / "outcomes" / f"{number:02d}-{effects.outcomes.design.experiment}.nc")
        write_tables(self.effects, folder)
        self._write_motifs(folder)
        save_figures(self.shown, folder / "figures")
        beside = [one for several in self.measured for one in several]
        write_measured(beside, folder)
        report(self.shown, folder / REPORT, title=title, measured=beside)
        provenance = [effects.outcomes.provenance | {"spec": SPEC} for effects in self.effects]
        (folder / PROVENANCE).write_text(json.dumps(provenance, indent=1) + "\n", encoding="utf-8")

    def _write_motifs(self, folder: Path) -> None:
        """What the patterns of each search make together, as one file that other tools read; none without a search."""
        found = [searched(effects, output) for effects in self.effects for output in effects.outcomes.outputs]
        motifs = [motif for motif in found if motif is not None]
        if motifs:
            write_motifs(motifs, folder / MOTIFS)

    def _yaml(self) -> str:
        unsaid = {"n"} - self.spec.model_fields_set  # the default depends on the background
        shown = self.spec.model_dump(mode="json", exclude={"designs"} | unsaid, exclude_none=True)
        if self.spec.background is not None:
            shown["background"] = self.spec.background.model_dump(mode="json", exclude_unset=True)
        shown["designs"] = [entry.model_dump(mode="json", exclude_unset=True) for entry in self.entries]
        return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=120)


def _put(made: Path, out: Path, *, replacing: bool) -> None:
    """Give the folder its name; what it replaces is deleted only when it stands there, and is back if it can't."""
    old = out.with_name(f".{out.name}.old")
    if not (replacing and out.exists()):
        made.rename(out)
        return
    shutil.rmtree(old, ignore_errors=True)
    out.rename(old)
    try:
        made.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old)


def claim_folder(out: Path, *, overwrite: bool) -> None:
    """Refuse, before anything runs, a folder that holds something else or can't be written."""
    try:
        if out.exists() and not out.is_dir():
            raise InputError(f"{out}", "it is a file; a folder is needed", "Give another --out")
        if out.is_dir() and any(out.iterdir()):
            ours = (out / SPEC).is_file() and (out / PROVENANCE).is_file()
            if not ours:
                raise InputError(f"folder {out}", "it holds files that are not a study's", "Give another --out")
            if not overwrite:
                raise InputError(
                    f"folder {out}", "it holds the results of a study", "Add --overwrite, or give another --out"
                )
        out.parent.mkdir(parents=True, exist_ok=True)
        probe = out.with_name(f".{out.name}.partial")
        probe.mkdir(exist_ok=True)
        probe.rmdir() if not any(probe.iterdir()) else None
    except OSError as error:
        raise InputError(f"folder {out}", f"it can't be written ({error.strerror})", "Give another --out") from error


def open_model(given: GivenModel, folder: Path, *, trust: bool = False) -> Model:
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


def open_background(given: Background, model: Model, folder: Path, seed: Seed = None) -> backgrounds.Background:
    """The null model that a spec names; what its kind does not take is refused by name.

    ``seed`` draws the letters that were N, where the spec says ``n: sample``.
    """
    said = {name: getattr(given, name) for name in given.model_fields_set if name != "kind"}
    strange = [name for name in said if name not in TAKES[given.kind]]
    if strange:
        raise InputError(f"background {given.kind} with {strange[0]}", f"it takes {', '.join(TAKES[given.kind])}")
    if given.kind == "reference":
        if model.reference is None:
            raise InputError(
                f"background reference for {model.name}", "it came without numbers of real data", "Name another kind"
            )
        return model.reference.background(given.length)
    if given.kind == "uniform":
        return backgrounds.uniform(given.length or model.length, balance=given.balance)
    if given.sequences is None:
        raise InputError(f"background {given.kind}", "the file of sequences is missing", "Add sequences: FILE")
    arguments: dict[str, Any] = {name: said[name] for name in ("order", "k", "fixed_limit") if name in said}

    if given.pool is not None:
        arguments["pool"] = _read(given.pool, given, model, folder, seed)
    sequences = _read(given.sequences, given, model, folder, seed)
    made: backgrounds.Background = getattr(backgrounds, given.kind)(sequences, **arguments)
    return made


def _read(file: str, given: Background, model: Model, folder: Path, seed: Seed) -> Sequences:
    """The sequences of a file, read as a background says."""
    return read_sequences(folder / file, model.alphabet, given.n, given.masked, given.t_as_u, seed)
