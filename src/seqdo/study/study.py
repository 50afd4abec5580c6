"""A study: the designs of a file run on one model, and one folder with the results."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import yaml

from seqdo.backgrounds.background import Background as Null
from seqdo.designs.design import Design
from seqdo.effects.analyses.pattern_motif import searched
from seqdo.effects.assay.comparison import AssayComparison, compare_with_assay, patterns_of
from seqdo.effects.assay.measured import AssayEffects
from seqdo.effects.effects import Effects
from seqdo.effects.estimate import estimate
from seqdo.engine.choose import Choice, choose_engine
from seqdo.errors import InputError, RunError
from seqdo.execution.run import check, run
from seqdo.execution.sample_size import unless_declared
from seqdo.execution.search import check_search, search
from seqdo.models.model import Model
from seqdo.models.shuffled_weights import shuffled_weights
from seqdo.motifs.files.motif_file import write_motifs
from seqdo.reporting.figures.figure import save_figures
from seqdo.reporting.page.html import report
from seqdo.reporting.page.measured_section import write_measured
from seqdo.reporting.tables import write_tables
from seqdo.sequences.sequences import Sequences
from seqdo.specs.entry import Entry
from seqdo.specs.keys import AdjustName, Library, Searched, Stop
from seqdo.specs.passage import errors_of
from seqdo.specs.result_folder import MOTIFS, PROVENANCE, REPORT, SPEC, put
from seqdo.specs.spec import Spec
from seqdo.study.assay_library import Measurements, library_effects, open_library, refuse_few
from seqdo.study.input_files import open_inputs
from seqdo.study.open_background import open_background, read_as


@dataclass
class Study:
    """Runs designs one after another; :meth:`write` puts their results into a folder.

    With ``planning`` the model is an outline that predicts nothing, and designs are only checked.
    """

    spec: Spec
    model: Model
    folder: Path
    entries: list[Entry] = field(default_factory=list)
    effects: list[Effects] = field(default_factory=list)
    measured: list[list[AssayComparison]] = field(default_factory=list)
    engines: dict[int | None, Choice] = field(default_factory=dict, repr=False)
    libraries: dict[tuple[object, ...], Measurements] = field(default_factory=dict, repr=False)
    assays: dict[tuple[object, ...], AssayEffects] = field(default_factory=dict, repr=False)
    planning: bool = field(default=False, kw_only=True)

    def run_design(self, entry: Entry) -> Effects:
        """Run one design and estimate its effects.

        Parameters
        ----------
        entry : the design, as the study file holds it
        """
        with errors_of(entry.passage):
            effects, assays = self._effects(entry)
        self.entries.append(entry)
        self.effects.append(effects)
        outputs = [keys.output for keys in entry.measured or ()]
        pairs = zip(assays, outputs, strict=True)
        self.measured.append([compare_with_assay(assay, effects, output=output) for assay, output in pairs])
        return effects

    def _effects(self, entry: Entry) -> tuple[Effects, list[AssayEffects]]:
        """The effects of a design, and the measured effects that they are compared with."""
        seed, model, design, null = self._opened(entry)
        assays = [] if entry.search else self._assays(entry, design, model, seed)
        of_run: dict[str, Any] = {
            "n": self._number(entry, null), "rng": seed, "real": self._real(entry, model, seed),
            "pilot": unless_declared(None, self.spec.margin), "inputs": self._inputs(entry),
        }  # fmt: skip
        of_run["engine"] = "auto" if of_run["inputs"] else self._engine(entry, model)
        of_estimate: dict[str, Any] = {"margin": self.spec.margin}
        of_estimate |= {"multiplicity": self.spec.multiplicity} if self.spec.multiplicity else {}
        effects = (self._searched if entry.search else self._run)(entry, design, model, null, of_run, of_estimate)
        if entry.search:  # the kept patterns are known only now
            assays = self._assays(entry, effects.outcomes.design, model, seed)
        return effects, assays

    def check(self, entry: Entry) -> None:
        """Open the files of a design, and refuse a design that can't run, before any other design has run.

        Parameters
        ----------
        entry : the design, as the study file holds it
        """
        with errors_of(entry.passage):
            seed, model, design, null = self._opened(entry)
            n, real, inputs = self._number(entry, null), self._real(entry, model, seed), self._inputs(entry)
            if entry.search:
                self._check_search(entry, design, model, null, n, seed, real, inputs)
                if entry.measured and self.spec.library:  # the kept patterns are not known yet
                    self._library(entry, self.spec.library, model, seed)
                return
            self._assays(entry, design, model, seed)
            extra, adjust, stop = self._own(entry)
            check(design, model, null, n, seed, stop.rule if stop else None, extra, real, adjust, inputs)

    def _check_search(
        self, entry: Entry, design: Design, model: Model, null: Null | None, n: int | None, seed: int,
        real: Sequences | None, inputs: dict[str, Any],
    ) -> None:  # fmt: skip
        keys = cast(Searched, entry.search)
        with errors_of(entry.passage and entry.passage.within("search")):
            check_search(
                design, model, self._drawn(entry, null), keep=keys.keep, screen=keys.screen,
                members_screen=keys.members, by=keys.by, contrast=keys.contrast, output=keys.output, n=n, rng=seed,
                real=real, inputs=inputs,
            )  # fmt: skip

    def _own(self, entry: Entry) -> tuple[int, Sequence[AdjustName], Stop | None]:
        """The extra backgrounds, the control variates and the rule of a design, or else of the study."""
        extra = (self.spec.extra if entry.extra is None else entry.extra) or 0
        adjust = (self.spec.adjust if entry.adjust is None else entry.adjust) or ()
        return extra, adjust, self.spec.until if entry.until is None else entry.until

    def _opened(self, entry: Entry) -> tuple[int, Model, Design, Null | None]:
        """The seed, model, design and background of an entry; no background for a design with its own sequences."""
        seed = self.spec.seed if entry.seed is None else entry.seed
        model = self._model(entry, seed)
        design = entry.design(self.folder, model.alphabet)
        return seed, model, design, None if design.own_sequences is not None else self._null(entry, model, seed)

    def _number(self, entry: Entry, null: Null | None) -> int | None:
        """The number of backgrounds that the file names for a design; a design with sequences takes all of them."""
        if null is None and entry.n is not None:
            raise InputError(
                f"`n` of the design {entry.experiment} is {entry.n}",
                "the design runs on all of the sequences that it brings",
                "Leave n out, or name a file of fewer sequences",
            )  # fmt: skip
        return entry.n if null is None or null.name == "given" else self.spec.number(entry)

    def _model(self, entry: Entry, seed: int) -> Model:
        """The model with the members and the weights that a design names."""
        model = self.model
        if entry.members is not None:
            if entry.members > len(model.members):
                raise InputError(f"`members` is {entry.members}", f"{model.name} has {len(model.members)}")
            model = replace(model, members=model.members[: entry.members])
        return shuffled_weights(model, seed) if entry.weights == "shuffled" else model

    def _engine(self, entry: Entry, model: Model) -> Choice:
        """The engine of a design's model: one for all designs, which share the time that it takes to prepare it."""
        if entry.weights == "shuffled":  # a copy, made for this design
            return choose_engine(model)
        if entry.members not in self.engines:
            self.engines[entry.members] = choose_engine(model)
        return self.engines[entry.members]

    def _run(
        self, entry: Entry, design: Design, model: Model, null: Null | None, of_run: dict[str, Any],
        of_estimate: dict[str, Any],
    ) -> Effects:  # fmt: skip
        extra, adjust, stop = self._own(entry)
        outcomes = run(design, model, null, extra=extra, until=stop.rule if stop else None, **of_run)
        return estimate(outcomes, adjust=adjust, **of_estimate)

    def _searched(
        self, entry: Entry, design: Design, model: Model, null: Null | None, of_run: dict[str, Any],
        of_estimate: dict[str, Any],
    ) -> Effects:  # fmt: skip
        """The kept contrasts, on backgrounds that were not used to choose them."""
        keys = cast(Searched, entry.search)
        return search(
            design, model, self._drawn(entry, null), keep=keys.keep, screen=keys.screen, members_screen=keys.members,
            by=keys.by, contrast=keys.contrast, output=keys.output, **of_run, **of_estimate,
        ).effects  # fmt: skip

    def _drawn(self, entry: Entry, null: Null | None) -> Null:
        """The background of a search."""
        if null is None:
            raise InputError(
                f"`search` in the design {entry.experiment}, which brings sequences", "a search draws backgrounds",
                "Leave search out",
            )  # fmt: skip
        return null

    def _null(self, entry: Entry, model: Model, seed: int) -> Null:
        """The background of a design, or of the study."""
        keys = entry.background or self.spec.background
        if keys is None:
            raise missing_background(entry)
        with errors_of(entry.passage and entry.passage.nearest("background")):
            return open_background(keys, model, self.folder, seed)

    def _assays(self, entry: Entry, design: Design, model: Model, seed: int) -> list[AssayEffects]:
        """The measured effects of a design's patterns: computed once, before anything runs."""
        if not entry.measured or self.spec.library is None:
            return []
        library, key = self._library(entry, self.spec.library, model, seed)
        motifs = [(motif.name, motif.matrix.tobytes()) for motif in patterns_of(design)]
        effects = []
        for keys in entry.measured:
            name = (*key, keys.model_dump_json(), design.stranded, *motifs)
            if name not in self.assays:
                self.assays[name] = library_effects(library, keys, design, model)
            refuse_few(self.assays[name], design)
            effects.append(self.assays[name])
        return effects

    def _library(self, entry: Entry, keys: Library, model: Model, seed: int) -> tuple[Measurements, tuple[object, ...]]:
        """The library with the predictions of a design's model, read once for each model; and a key for that model."""
        predict = not self.planning and any(comparison.predictions for comparison in entry.measured or ())
        key = (entry.members, entry.weights, seed, predict)
        if key not in self.libraries:
            with errors_of(self.spec.passage and self.spec.passage.within("library")):
                self.libraries[key] = open_library(keys, self.folder, model, predict=predict)
        return self.libraries[key], key

    def _real(self, entry: Entry, model: Model, seed: int) -> Sequences | None:
        """The held-out real sequences of a design, or of the study."""
        file, null = entry.real or self.spec.real, entry.background or self.spec.background
        if file is None:
            return None
        with errors_of(entry.passage and entry.passage.nearest("real")):
            return read_as(file, null, model, self.folder, seed)

    def _inputs(self, entry: Entry) -> dict[str, Any]:
        """The rows of further inputs of a design, or of the study."""
        with errors_of(entry.passage and entry.passage.nearest("inputs")):
            return open_inputs(entry.inputs or self.spec.inputs, self.folder)

    def lead(self, index: int) -> None:
        """Put one design first: its answer leads the page.

        Parameters
        ----------
        index : of the design, from 0
        """
        self.entries.insert(0, self.entries.pop(index))
        self.effects.insert(0, self.effects.pop(index))
        self.measured.insert(0, self.measured.pop(index))

    @property
    def shown(self) -> list[Effects]:
        """The effects that the page shows."""
        return [effects for entry, effects in zip(self.entries, self.effects, strict=True) if entry.on_page]

    def write(self, out: Path, title: str, *, replacing: bool = False) -> None:
        """Write the folder; it appears under its name only when it is complete.

        Parameters
        ----------
        out : the folder
        title : of the page
        replacing : replace a study that is in the folder

        Raises
        ------
        RunError
            A full disk, or a folder that can no longer be written.
        """
        spec = self._yaml()
        self.effects = [replace(effects, outcomes=effects.outcomes.recording(spec=spec)) for effects in self.effects]
        partial = out.with_name(f".{out.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            self._fill(partial, title)
            put(partial, out, replacing=replacing)
        except OSError as error:
            why = os.strerror(error.errno) if error.errno else str(error)
            raise RunError(f"folder {out}", f"it could not be written ({why})", "Nothing was left behind") from error
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
        compared = [comparison for several in self.measured for comparison in several]
        write_measured(compared, folder)
        report(self.shown, folder / REPORT, title=title, measured=compared)
        provenance = [effects.outcomes.recording(spec=SPEC).provenance.to_json() for effects in self.effects]
        (folder / PROVENANCE).write_text(json.dumps(provenance, indent=1) + "\n", encoding="utf-8")

    def _write_motifs(self, folder: Path) -> None:
        """The motifs of the patterns that searches kept, as one file that other tools read; none without a search."""
        kept = [searched(effects, output) for effects in self.effects for output in effects.outcomes.outputs]
        motifs = [motif for motif in kept if motif is not None]
        if motifs:
            write_motifs(motifs, folder / MOTIFS)

    def _yaml(self) -> str:
        unset = {"n"} - self.spec.model_fields_set  # the default depends on the background
        shown = self.spec.model_dump(mode="json", exclude={"designs"} | unset, exclude_none=True)
        if self.spec.background is not None:
            shown["background"] = self.spec.background.model_dump(mode="json", exclude_unset=True)
        shown["designs"] = [entry.model_dump(mode="json", exclude_unset=True) for entry in self.entries]
        return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=120)


def missing_background(entry: Entry) -> InputError:
    """The error for a design without a background.

    Parameters
    ----------
    entry : the design, as the study file holds it
    """
    error = InputError(
        f"`background` is missing in the design {entry.experiment}", "the study names none for all designs either",
        "Add background: {kind: uniform}",
    )  # fmt: skip
    return error if entry.passage is None else entry.passage.located(error)
