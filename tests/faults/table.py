"""How the rows of the fault table (test_faults.py) are made: a row, and the ways in which users come to a fault."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import seqdo as sd
from seqdo.cli import main
from seqdo.designs.design import NONE
from seqdo.sequences.edit import apply

L = 60
NULL = sd.backgrounds.uniform(L)
REAL = ["".join(letters) for letters in np.random.default_rng(1).choice(list("ACGT"), (80, L))]
FASTA = "".join(f">s{i}\n{text}\n" for i, text in enumerate(REAL))
GOOD = """\
model: {planted: {GATTACA: 2.0}, length: 60}
background: {kind: uniform, length: 60}
n: 64
seed: 0
designs:
  - {experiment: embed, pattern: GATTACA, at: 20}
"""
UNIFORM = "{kind: uniform, length: 60}"
FROM_FILE = {UNIFORM: "{kind: natural, sequences: x.fa}"}
DESIGN = "{experiment: embed, pattern: GATTACA, at: 20}"
MODEL = "{planted: {GATTACA: 2.0}, length: 60}"
ZOO = {MODEL: "residualbind-rncmpt00001"}
READS = "alphabet=sd.DNA, length=60"
_NUMBERS = count()


class Done(NamedTuple):
    """What the command line left behind."""

    code: int
    out: str
    err: str
    folder: Path


@dataclass(frozen=True)
class Fault:
    """One row. ``words`` are those of the error; without words ``check`` must hold of what ``provoke`` returns."""

    id: str
    provoke: Callable[[Path], Any]
    words: tuple[str, ...] = ()
    check: Callable[[Any], object] | None = None
    needs: str = ""

    def hold(self, folder: Path) -> None:
        """Raise AssertionError, which -O does not strip, unless the user gets what the catalogue promises."""
        try:
            found = self.provoke(folder)
        except sd.SeqdoError as error:
            missing = [word for word in self.words if word not in str(error)]
            if missing or not self.words or not (error.problem and error.accepted):
                raise AssertionError(f"{self.id}: {missing} not in: {error}") from error
            return
        if isinstance(found, Done) and self.words:
            missing = [word for word in self.words if word not in found.err]
            left = [path.name for path in found.folder.iterdir() if "out" in path.name]
            if missing or left or found.code not in (1, 2) or "Traceback" in found.err:
                raise AssertionError(f"{self.id}: {missing} not in, or {left} left by: {found}")
        elif self.words or self.check is None or not self.check(found):
            raise AssertionError(f"{self.id}: not so of {found}")


def cli(folder: Path, changes: dict[str, str], *options: str, **files: str) -> Done:
    """``seqdo run`` of GOOD with changes, beside files (``x_fa`` is x.fa)."""
    text = GOOD
    for old, new in changes.items():
        text = text.replace(old, new)
    for name, content in ({"study_yaml": text} | files).items():
        (folder / ".".join(name.rsplit("_", 1))).write_text(content, encoding="utf-8")
    said, handlers, argv = (io.StringIO(), io.StringIO()), logging.getLogger().handlers[:], sys.argv
    logging.getLogger().handlers.clear()
    sys.argv = ["seqdo", "run", str(folder / "study.yaml"), "--out", str(folder / "out"), *options]
    try:
        with contextlib.redirect_stdout(said[0]), contextlib.redirect_stderr(said[1]), warnings.catch_warnings():
            warnings.simplefilter("default")
            main()
        code = 0
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    finally:
        sys.argv, logging.getLogger().handlers[:] = argv, handlers
    return Done(code, said[0].getvalue(), said[1].getvalue(), folder)


def lab(folder: Path, body: str, changes: dict[str, str] | None = None, **files: str) -> Done:
    """``seqdo run --trust`` of GOOD with a model of the user's own, in a module of a name of its own."""
    module = f"lab_{next(_NUMBERS)}"
    code = {f"{module}_py": f"import numpy as np\nimport seqdo as sd\ndef make():\n    {body}\n"}
    return cli(folder, {MODEL: f"{{python: '{module}:make'}}"} | (changes or {}), "--trust", **(code | files))


def ask(**arguments: Any) -> dict[str, str]:
    """The change of GOOD that makes another design of it."""
    return {DESIGN: json.dumps(arguments)}


def went_well(done: Done, *words: str) -> bool:
    """Done, with these words in what was said; no bare nan or inf, and no line of code of ours."""
    said = done.out + done.err
    return done.code == 0 and all(word in said for word in words) and " nan" not in said and ".py:" not in said


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def fasta(folder: Path, text: str, **more: Any) -> sd.Sequences:
    return sd.read_fasta(written(folder / "x.fa", text), **more)


def warned(call: Callable[[], Any]) -> tuple[Any, str]:
    """What a call gives, and what it warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = call()
    return found, "; ".join(str(one.message) for one in caught)


def adenines(x: np.ndarray) -> np.ndarray:
    return x[:, 0].sum(1)


def model(function: Any = adenines, **more: Any) -> sd.Model:
    return sd.wrap(function, alphabet=sd.DNA, length=L, **more)


def armed(answer: Callable[[np.ndarray], np.ndarray], **more: Any) -> sd.Model:
    """A model that is good when it is wrapped, and answers like this afterwards."""
    ready: list[bool] = []
    made = model(lambda x: answer(x) if ready else adenines(x), **more)
    ready.append(True)
    return made


def effects(given: sd.Model, made: sd.Design | None = None, n: int = 64, null: Any = NULL, **more: Any) -> sd.Effects:
    return sd.estimate(sd.run(made or sd.embed("GATTACA", at=20), given, null, n=n, rng=0), **more)


def row(given: sd.Model, **more: Any) -> dict[str, Any]:
    """The first row of the effects."""
    return dict(effects(given, **more).table.iloc[0])


def notes(given: sd.Effects, *words: str) -> bool:
    return all(word in " ".join(given.notes) for word in words)


def on_page(given: sd.Effects, folder: Path, *words: str) -> bool:
    page = sd.report(given, folder / "page.html").read_text(encoding="utf-8")
    return all(word in page for word in words)


def contrast(weights: dict[str, float]) -> sd.Design:
    arms = {NONE: sd.Arm(), "GATT": sd.Arm((sd.Site(sd.Motif.from_string("GATT"), 5),))}
    return sd.Design("custom", "?", arms, (sd.Contrast("mine", weights),))


def after(sequences: list[str], start: Any, letters: str = "GG") -> list[str]:
    return apply(sd.Sequences.from_strings(sequences), [sd.Edit(letters, sd.DNA.encode(letters), start)]).to_strings()


def drawn(given: Any, n: int = 300) -> list[str]:
    return given.sample(n, rng=0).to_strings()


def net(*, train: bool = False) -> Any:
    """A small network with a part that has a mode."""
    from torch import nn

    layers = nn.Sequential(nn.Conv1d(4, 2, 5), nn.BatchNorm1d(2), nn.Flatten(), nn.Linear(2 * (L - 4), 1))
    return layers.train(train)
