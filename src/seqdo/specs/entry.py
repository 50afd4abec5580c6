"""One design of a study: its keys, from the signature of its experiment, and how it becomes a Design and back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import Field, PrivateAttr, create_model

from seqdo.deprecated import current_arguments, current_name, renamed_arguments
from seqdo.designs.design import Design
from seqdo.errors import InputError
from seqdo.experiments.catalog import EXPERIMENTS
from seqdo.sequences.alphabet import Alphabet
from seqdo.specs.arguments import TYPES, Here, opened, written
from seqdo.specs.background_keys import AnyBackground
from seqdo.specs.keys import AdjustName, Compared, Count, InputFiles, Searched, Stop, Strict
from seqdo.specs.passage import Passage, errors_of
from seqdo.specs.signatures import keys_of
from seqdo.specs.validation import near, validated, where_of
from seqdo.specs.yaml_reader import Place

Seed = Annotated[int, Field(ge=0, lt=2**63)]
Extra = Annotated[int, Field(ge=0)]


class Entry(Strict):
    """Keys that every design of a study may have, next to the arguments of its experiment.

    ``question`` replaces the experiment's own; ``on_page: false`` keeps a design (a large screen) in the tables only;
    ``weights: shuffled`` runs it on networks whose weights are in another order, so that they learned nothing.
    ``inputs`` are files with a row of a further input for each background, as ``run(inputs=)`` takes them.
    ``measured`` compares its effects with those that the study's library measured.
    """

    experiment: str
    question: str | None = None
    on_page: bool = True
    n: Count | None = None
    seed: Seed | None = None
    background: AnyBackground | None = None
    members: Count | None = None
    weights: Literal["trained", "shuffled"] = "trained"
    extra: Extra | None = None
    until: Stop | None = None
    adjust: list[AdjustName] | None = None
    real: str | None = None
    inputs: InputFiles | None = None
    search: Searched | None = None
    measured: Compared | None = None
    _passage: Passage | None = PrivateAttr(default=None)

    @property
    def passage(self) -> Passage | None:
        """Where a file holds the design; None for a design that was read from no file."""
        return self._passage

    def design(self, folder: Path = Path(), alphabet: Alphabet | None = None) -> Design:
        """The design.

        Parameters
        ----------
        folder : where the study file is; the design's files are named from there
        alphabet : of the model, which files of sequences are read in
        """
        own = [name for name in type(self).model_fields if name not in Entry.model_fields]
        here = Here(folder, alphabet)
        arguments = {name: self._opened(name, here) for name in own if name in self.model_fields_set}
        with errors_of(self.passage):
            design = EXPERIMENTS[self.experiment].function(**arguments)
        return design if self.question is None else design.with_question(self.question)

    def _opened(self, name: str, here: Here) -> Any:  # noqa: ANN401 - whatever an experiment takes
        """An argument with its files read."""
        with errors_of(self.passage and self.passage.within(name)):
            return opened(getattr(self, name), here)


def entry(
    content: dict[str, Any], path: Path = Path("study"), lines: Mapping[Place, int] | None = None, at: Place = ()
) -> Entry:
    """A checked design of a study, from its mapping.

    Parameters
    ----------
    content : the mapping, with the key ``experiment``
    path : the file that errors name
    lines : place in the file to line, where it was read from one
    at : place of the mapping in the file
    """
    name = content.get("experiment")
    if isinstance(name, str):
        name = current_name(name)
        content = content | {"experiment": name}
    if not isinstance(name, str) or name not in EXPERIMENTS:
        where = where_of(path, lines or {}, at if name is None else (*at, "experiment"))
        raise InputError(
            f"{where}: experiment {name!r}", f"one of {', '.join(EXPERIMENTS)} is needed", near(str(name), EXPERIMENTS)
        )
    renamed = renamed_arguments(name, content)
    content = current_arguments(name, content)
    if lines is not None:  # a key under its new name is where the file has the old one
        lines = {**lines, **{(*at, new, *place[len(at) + 1 :]): line for place, line in lines.items()
                             for old, new in renamed.items() if place[: len(at) + 1] == (*at, old)}}  # fmt: skip
    checked = validated(entry_type(name), content, path, lines or {}, at)
    if lines is not None:
        checked._passage = Passage(path, lines, at)
    return checked


@cache
def entry_type(experiment: str) -> type[Entry]:
    """The keys of one experiment: those of every design, and the parameters of its function."""
    fields: dict[str, Any] = keys_of(EXPERIMENTS[experiment].function, TYPES)
    kind: type[Entry] = create_model(f"design_{experiment}", __base__=Entry, **fields)
    return kind


def entry_of(design: Design, folder: Path = Path()) -> dict[str, Any]:
    """The mapping that a study holds of a design: ``entry(entry_of(design)).design()`` is an equal design.

    Sequences that came from a file are read from that file again, so the design is equal while the file is.

    Parameters
    ----------
    design : a design that an experiment returned
    folder : where the study file will be; files inside are named from there

    Raises
    ------
    InputError
        A design whose call is not recorded; contrasts that were left out afterwards; data that no study holds.

    Examples
    --------
    >>> from seqdo.experiments.embed import positions
    >>> entry_of(positions("GATTACA", range(0, 50, 5)))
    {'experiment': 'positions', 'pattern': 'GATTACA', 'at': {'start': 0, 'stop': 50, 'step': 5}}
    """
    call = design.origin
    if call is None or call.function not in EXPERIMENTS:
        raise InputError(
            f"`design` {design.experiment} does not record the call that made it",
            "a design that an experiment returned is needed", 'Write sd.embed("GATTACA", at=20), for example',
        )  # fmt: skip
    content: dict[str, Any] = {"experiment": call.function}
    hints = get_type_hints(EXPERIMENTS[call.function].function)
    content |= {name: written(name, value, hints[name], folder) for name, value in call.arguments.items()}
    for method, argument in call.steps:
        if method != "with_question":
            raise InputError(
                f"`design` was changed by `{method}`", "a study holds whole designs",
                "Use the design before that step; `search:` in a study keeps the best contrasts",
            )  # fmt: skip
        content["question"] = argument
    return content
