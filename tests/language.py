"""The measurable part of how seqdo speaks: names in the code, and the words that a user meets.

``python tests/language.py [PATH ...]`` prints every breach under these paths (by default the whole project).
``tests/test_language.py`` asserts that there is none.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "seqdo"

PARTICIPLES = {"found", "made", "given", "said", "told", "asked", "seen", "known", "one", "mine"}
"""A variable is a noun of the domain; none of these is."""

ALLOWED_BINDINGS: dict[str, str] = {}
"""``file:function: name`` to the reason why it is right there; 20 at most."""

NOT_WORDS = {
    r"\bhang(s|ing)? together\b": "are correlated, are not independent",
    r"\bparts? from (the|a|its)\b": "deviates from",
    r"\bwords?\b(?! (list|count))": "k-mer (or: sentence, text)",
    r"\b(red|amber|green) (light|check)s?\b|\blights?\b": "check: pass, caution, fail",
    r"\bwith care\b": "caution",
    r"\balthough (it|they) looked\b|\bat (every|each) look\b": "valid under repeated looks (anytime-valid)",
    r"(?<!repeated )\blooks?\b(?! (like|for|up|at|into)\b)": "interim analysis",
    r"\bbeside\b": "next to (place), alongside, compared with",
    r"\b(do|does|did) (something|anything|more than)\b": "has an effect, exceeds",
    r"\banew\b": "again, resampled",
    r"\bin turn\b": "cycle through, share a source sequence",
    r"\b(is|are|was|were|be|been) (said|told|asked)\b|\b(told|heads) (of|by)\b": "reported, queried; text, captions",
    r"\bwhat is found of\b": "estimate of",
    r"\ball that\b|\bof (which|whom) (the|it|they|one|there|nothing|nobody)\b": "name the noun",
    r"\bnobody\b|\bsomebody\b|\bwhoever\b": "name the subject",
    r"(\d|\}) letters\b|\bletters (long|apart|between|on either side)\b": "bp (DNA), nt (RNA), positions",
    r"\b(ask|asks|asked|asking) (the|a|this|each|of the) (model|network|member)s?\b": "query, test",
    r"\b(model|network|member|table)s? (says?|answers?|said|answered)\b": "predicts, reports",
    r"\bcentre[ds]?\b(?!\")|\bnormalis|\bcolour|\brandomis|\bcatalogue|\bneighbour|\bbehaviour": "American spelling",
}
"""Words that a user should not meet (a regular expression), and what is written instead."""

NAMES_AN_ARGUMENT = r"`[^`]+`|\b\w+=|\{\w*(path|file|where|place|source|error|name|label|what)"
"""What the first part of an error holds: an argument, or an expression that names it or a place in a file."""

SAME_NAME: dict[str, str] = {
    "catalog.py": "one table of what can be chosen: backgrounds, and experiments",
    "controls.py": "an experiment and its figure",
    "maps.py": "an analysis and its figure",
    "measured.py": "effects that an assay measured, and their figure",
    "variants.py": "an experiment and its figure",
}
"""File names that two files of the package share because they are one idea in two layers, and which idea."""


def files_under(*paths: Path, ending: tuple[str, ...] = (".py",)) -> list[Path]:
    """Every file with such an ending at or under these paths."""
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    return sorted(file for file in files if file.suffix in ending)


def bindings(file: Path) -> Iterator[str]:
    """``file:line function: name`` of every participle that a function binds, its parameters included."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            stored = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            stored |= {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
            for name in sorted(stored & PARTICIPLES):
                yield f"{_short(file)}:{node.lineno} {node.name}: binds {name!r}"


def texts(file: Path) -> Iterator[tuple[int, str]]:
    """Line and text of every string that a user may meet: constants, docstrings, Markdown, templates."""
    content = file.read_text("utf-8")
    if file.suffix != ".py":
        fenced = False
        for number, line in enumerate(content.splitlines(), 1):
            fenced ^= line.startswith("```")
            if not fenced:
                yield number, re.sub(r"`[^`]*`|\]\([^)]*\)|\{[{%].*?[%}]\}|<[^>]*>", "", line)
        return
    tree = ast.parse(content)
    purposes = {  # of random streams: a seed follows from their letters, and no user sees them
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("stream", "child")
        for argument in node.args
    }
    for node in (node for node in ast.walk(tree) if id(node) not in purposes):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, re.sub(r"`[^`]*`", "", node.value)


def not_words(file: Path) -> Iterator[str]:
    """``file:line: the words, and what to write`` of every house word in a text that a user may meet."""
    for line, text in texts(file):
        for pattern, better in NOT_WORDS.items():
            for match in re.finditer(pattern, text):
                around = text[max(match.start() - 30, 0) : match.end() + 30].replace("\n", " ")
                yield f"{_short(file)}:{line}: {match.group(0)!r} -> {better}   [… {around} …]"


def unnamed_errors(file: Path) -> Iterator[str]:
    """``file:line: text`` of every InputError whose first part names no argument, key, file or line.

    An argument is named in backticks or by ``name=``; a place in a file by an expression in the text.
    """
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InputError" and node.args:
            text = ast.unparse(node.args[0])
            literal = isinstance(node.args[0], ast.Constant | ast.JoinedStr)
            if literal and not re.search(NAMES_AN_ARGUMENT, text):
                yield f"{_short(file)}:{node.lineno}: {text}"


def public_functions() -> dict[str, object]:
    """Dotted name to function: the package's own, those of its public modules, methods of its public classes."""
    import inspect

    import seqdo

    functions: dict[str, object] = {}
    for name in seqdo.__all__:
        thing = getattr(seqdo, name)
        if inspect.ismodule(thing):
            members = {key: getattr(thing, key) for key in getattr(thing, "__all__", vars(thing)) if key[0] != "_"}
        elif inspect.isclass(thing):
            members = {key: value for key, value in vars(thing).items() if key[0] != "_"}
        else:
            members = {}
            functions |= {f"sd.{name}": inspect.unwrap(thing)} if inspect.isfunction(thing) else {}
        for key, value in members.items():
            value = inspect.unwrap(value.__func__ if isinstance(value, classmethod | staticmethod) else value)
            if inspect.isfunction(value) and value.__module__.startswith("seqdo"):
                functions[f"sd.{name}.{key}"] = value
    return functions


def undocumented(file: Path) -> Iterator[str]:
    """``file:line function: parameter`` of every parameter of a public function that its docstring does not name.

    A parameter is documented by a line of the section Parameters, ``name : what it is``.
    """
    import inspect

    for name, function in public_functions().items():
        if Path(inspect.getsourcefile(function)) != file:
            continue
        doc = inspect.getdoc(function) or ""
        for parameter in list(inspect.signature(function).parameters):
            if parameter not in ("self", "cls") and not re.search(rf"^(\w+, )*{parameter}(, \w+)* :", doc, re.M):
                yield f"{_short(file)}:{inspect.getsourcelines(function)[1]} {name}: {parameter}"


def documents() -> list[Path]:
    """The Markdown that users read, and the templates of pages and cards."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted(PACKAGE.rglob("*.j2"))]


def _short(file: Path) -> str:
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else str(file)


def main(paths: list[str]) -> None:
    """Print every breach, then how many there are of each kind."""
    chosen = [Path(path).resolve() for path in paths] or [PACKAGE, *documents()]
    plain, files = files_under(*chosen, ending=(".md", ".j2")), files_under(*chosen)
    kinds = {"participles": bindings, "unnamed errors": unnamed_errors, "undocumented": undocumented}
    counts = {kind: [line for file in files for line in rule(file)] for kind, rule in kinds.items()}
    counts["not words"] = [line for file in (*files, *plain) for line in not_words(file)]
    for kind, lines in counts.items():
        for line in lines:
            sys.stdout.write(f"{kind}: {line}\n")
    sys.stdout.write(", ".join(f"{kind} {len(lines)}" for kind, lines in counts.items()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
