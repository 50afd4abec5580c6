"""The command line: ``seqdo demo``, ``run``, ``plan``, ``schema``, ``train``, ``models``, ``backgrounds``.

Exit codes: 0 done; 1 a run failed; 2 bad input; 3 done, but a validity check failed under --strict; 130 stopped.
"""

from __future__ import annotations

import json
import logging
import shlex
import shutil
import sys
import traceback
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from seqdo.errors import InputError, SeqdoError

app = typer.Typer(
    help="Test what trained models of DNA and RNA have learned: designs of edits, effects with intervals, a report.",
    epilog="Example: seqdo demo --out results    then open results/report.html",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # boxes cut the names of options on a narrow terminal
    pretty_exceptions_enable=False,
)

SpecPath = Annotated[Path, typer.Argument(help="The study, a YAML file.", show_default=False)]
Out = Annotated[Path, typer.Option(help="The folder to write; it must be new or empty, or see --overwrite.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the study that is in the folder.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 3 if a validity check fails.")]
Trust = Annotated[
    bool, typer.Option("--trust", help="Run the code of a study whose model is a function of yours (model: python:).")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"seqdo {version('seqdo')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and every log line.")] = False,
) -> None:
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, format="%(levelname)s %(message)s")
    for handler in logging.getLogger().handlers if not debug else ():
        handler.addFilter(_Once())


@app.command(epilog="Example: seqdo demo --out results")
def demo(
    out: Out = Path("seqdo-demo"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    overwrite: Overwrite = False,
    strict: Strict = False,
) -> None:
    """Test what the model that ships with seqdo has learned. About a minute."""
    from seqdo.specs.result_folder import claimed
    from seqdo.study.demo import demo as run_demo

    with claimed(out, overwrite=overwrite):
        shown = run_demo(out, seed=seed, overwrite=overwrite).shown
    _finish(shown, out, strict=strict)


@app.command(epilog="Example: seqdo run study.yaml --out results")
def run(
    spec: SpecPath,
    trust: Trust = False,
    out: Out = Path("seqdo-results"),
    overwrite: Overwrite = False,
    strict: Strict = False,
) -> None:
    """Run the designs of a study on its model. Writes one folder: report, tables, figures, provenance.

    A study may name a function of yours as its model, as in model: {python: my_models.make, weights: w.safetensors}.
    That is code. It runs only with --trust, because a study may come from another person.
    """
    from seqdo.specs.model_keys import PythonModel
    from seqdo.specs.passage import errors_of
    from seqdo.specs.result_folder import claimed
    from seqdo.specs.spec import read_spec
    from seqdo.study.open_model import open_model, refused_code
    from seqdo.study.plan import outline_of
    from seqdo.study.study import Study

    content, entries = read_spec(spec)
    folder, passage = spec.resolve().parent, content.passage and content.passage.within("model")
    is_code = isinstance(content.model, PythonModel)
    if isinstance(content.model, PythonModel) and not trust:
        command = _command(spec, out, overwrite=overwrite, strict=strict)
        with errors_of(passage, python=True):
            raise refused_code(content.model, command)
    alphabet = outline_of(content, folder).alphabet
    for entry in entries:
        entry.design(folder, alphabet)
    with claimed(out, overwrite=overwrite):
        with errors_of(passage, python=is_code):
            model = open_model(content.model, folder, trust=trust)
        study = Study(content, model, folder)
        for entry in entries:
            study.check(entry)
        for entry in entries:
            study.run_design(entry)
        study.write(out, content.name, replacing=overwrite)
    _finish(study.shown, out, strict=strict)


def _command(spec: Path, out: Path, *, overwrite: bool, strict: bool) -> str:
    """The command line of this run, with --trust."""
    options = ["--overwrite"] * overwrite + ["--strict"] * strict
    return shlex.join(["seqdo", "run", str(spec), "--out", str(out), *options, "--trust"])


@app.command(epilog="Example: seqdo plan study.yaml")
def plan(
    spec: Annotated[Path | None, typer.Argument(help="The study, a YAML file.", show_default=False)] = None,
    print_schema: Annotated[bool, typer.Option("--schema", hidden=True)] = False,  # as the command `schema`
) -> None:
    """Check a study and show what it would do and cost. Opens no model, runs nothing."""
    from seqdo.specs.spec import read_spec
    from seqdo.study.plan import planned

    if print_schema:
        schema()
    elif spec is None:
        raise InputError("`spec` is missing", "`seqdo plan` needs a study, a YAML file", "Write seqdo plan study.yaml")
    else:
        typer.echo(planned(*read_spec(spec), spec.resolve().parent))


@app.command(epilog="Example: seqdo schema > study.schema.json")
def schema() -> None:
    """Print the JSON Schema of a study, for editors."""
    from seqdo.specs.spec import schema as json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


@app.command(epilog="Example: seqdo train recipe.yaml --data DATA --out trained")
def train(
    recipe: Annotated[Path, typer.Argument(help="The recipe, a YAML file.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The folder to write; it must be new or empty.")] = Path("seqdo-trained"),
    data: Annotated[Path | None, typer.Option(help="The folder of the data; by default the recipe's.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Most epochs, for a quick trial.")] = None,
) -> None:
    """Train a network on real data. Writes one folder: weights, reference numbers, model card, learning curves."""
    from seqdo.study.training_folder import read_recipe, train_into

    content = read_recipe(recipe)
    if epochs is not None:
        content = content.model_copy(update={"epochs": epochs})
    scores = train_into(out, content, recipe.parent if data is None else data).ensemble
    for output, score in zip(content.network.outputs, scores, strict=True):
        value = f"{score.name} {score.value:.4f} ({score.low:.3f} to {score.high:.3f})"
        typer.echo(f"Test of {output}: {value} on {score.n:,} sequences")
    typer.echo(f"\nModel card: {(out / 'card.md').resolve()}")


@app.command(epilog="Example: seqdo models residualbind-rncmpt00002")
def models(
    name: Annotated[str | None, typer.Argument(help="Show this model's card.", show_default=False)] = None,
) -> None:
    """List the models of seqdo and which weights are downloaded, or show the card of a model."""
    from seqdo.zoo import CATALOGUE

    if name is None:
        typer.echo("\n".join(map(str, CATALOGUE.values())))
    elif name in CATALOGUE:
        typer.echo(CATALOGUE[name].card)
    else:
        raise InputError(f"`name` {name!r}", f"the models are {', '.join(CATALOGUE)}")


@app.command(epilog="Example: seqdo backgrounds")
def backgrounds() -> None:
    """List the kinds of background: what each keeps of real sequences, and the keys of a study that it takes."""
    from seqdo.specs.background_keys import described

    typer.echo(described())


def _finish(effects: list, out: Path, *, strict: bool) -> None:  # type: ignore[type-arg]
    from seqdo.reporting.terminal import summary

    typer.echo(summary(effects, shutil.get_terminal_size((100, 24)).columns))
    typer.echo(f"\nReport: {(out / 'report.html').resolve()}")
    if strict and any((each.validity["result"] == "fail").any() for each in effects):
        typer.echo("A validity check failed: see Validity in the report.", err=True)
        raise typer.Exit(3)


class _Once(logging.Filter):
    """Lets each message pass once: several designs that read a file log one message."""

    def __init__(self) -> None:
        super().__init__()
        self.messages = set[str]()

    def filter(self, record: logging.LogRecord) -> bool:
        new = record.getMessage() not in self.messages
        self.messages.add(record.getMessage())
        return new


def _as_message(message: Warning | str, *_: object, **__: object) -> None:
    """Shows the text of a warning, without the line of code that it came from."""
    logging.getLogger("seqdo").warning("%s", message)


def main() -> None:
    """Run the command line; a mistake in the input ends in a message, not in a traceback."""
    try:
        with warnings.catch_warnings():
            if "--debug" not in sys.argv:
                warnings.showwarning = _as_message
                warnings.filterwarnings("default", ".* is now called ", DeprecationWarning)  # a study is the user's
            app()
    except SeqdoError as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        sys.stderr.write(f"seqdo: {error}\n")
        sys.exit(2 if isinstance(error, InputError) else 1)
    except SystemExit as end:
        if end.code == 130:  # typer turns Ctrl-C into this, without a message
            sys.stderr.write("seqdo: stopped; nothing was written\n")
        raise
