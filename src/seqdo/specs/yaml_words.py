"""Python in a message, written as a study file has it: ``at=20`` becomes ``at: 20``.

Functions raise errors for those who call them from Python. The same error of a study file has to tell what to write
in the file. Calls of experiments, backgrounds and rules become mappings, and values become YAML. Advice that only
Python can follow is left out.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from seqdo.backgrounds.catalog import BACKGROUNDS
from seqdo.execution.run import run
from seqdo.execution.search import search
from seqdo.execution.stopping import decided, half_width
from seqdo.experiments.catalog import EXPERIMENTS

NAMES = {"members_screen": "members"}
"""Argument of a function to the key of a study that means the same, where their names differ."""

BARE = re.compile(r"(?<=[=`\[( ])(None|True|False)(?=[`\]),.:; ]|$)")
"""Python's names of nothing, yes and no where they are values."""

CALL = re.compile(r"(?<![\w.])((?:sd\.)?(?:backgrounds\.)?[a-z_]\w*)\(")
ARGUMENT = re.compile(r"(?<![\w.])([a-z_]\w*)=(?=[^\s=])")
EMPTY = re.compile(r"(?<![\w.])([a-z_]\w*)=(?=[\s,.;]|$)")
DOTTED = re.compile(r"(?<![\w.])sd\.(DNA|RNA)\b")
PLAIN = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+|[A-Za-z_][\w.]*\b|…|[-+]?\w+(?:\.\d+)?(?:e[-+]\d+)?")
LITERAL = re.compile(r"(?<![\w\])])[\[{](?=['\"\d\[(-])")

WORDS = {"None": "null", "True": "true", "False": "false"}


class _Word(str):
    """Text of a placeholder, which stands without quotes."""


def in_yaml(text: str) -> str:
    """The text with its Python as a study file has it.

    Parameters
    ----------
    text : a part of an error

    Examples
    --------
    >>> in_yaml("Write starts=range(0, 50, 5)")
    'Write starts: {start: 0, stop: 50, step: 5}'
    >>> in_yaml('Write sd.run(design, model, sd.backgrounds.uniform(length))')
    'Write background: {kind: uniform, length: LENGTH}'
    """
    for pattern, written in ((CALL, _call), (ARGUMENT, _argument), (LITERAL, _literal)):
        text = "".join(_replaced(text, pattern, written))
    text = EMPTY.sub(r"\1", text)
    text = DOTTED.sub(lambda match: match[1].lower(), text)
    return BARE.sub(lambda match: WORDS[match[1]], text).rstrip(" :")


def advice_in_yaml(text: str) -> str:
    """What to write, as a study file has it; "" for advice that only Python can follow."""
    written = in_yaml(text)
    return "" if re.search(r"\bsd\.\w|\w\(", written) or re.fullmatch(r"(Write|Call|See|Use)\W*", written) else written


def value_in_yaml(value: Any) -> str:  # noqa: ANN401 - whatever a study holds
    """A value on one line, as a study file has it.

    >>> value_in_yaml({"start": 0, "items": [True, None, "yes"]})
    "{start: 0, items: [true, null, 'yes']}"
    """
    text = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, width=10**6, sort_keys=False, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...").strip()


class _Dumper(yaml.SafeDumper):
    """Writes placeholders as they are."""


_Dumper.add_representer(_Word, lambda dumper, word: dumper.represent_scalar("tag:yaml.org,2002:str", str(word)))
_Dumper.add_representer(tuple, lambda dumper, items: dumper.represent_list(items))


def _replaced(
    text: str, pattern: re.Pattern[str], written: Callable[[re.Match[str]], tuple[str, int] | None]
) -> Iterator[str]:
    """The text in pieces: each match as ``written`` has it, up to the end that it names."""
    start = 0
    for match in pattern.finditer(text):
        if match.start() < start:
            continue
        if (piece := written(match)) is not None:
            yield text[start : match.start()]
            yield piece[0]
            start = piece[1]
    yield text[start:]


def _call(match: re.Match[str]) -> tuple[str, int] | None:
    """A call that a study can express, and where it ends."""
    text, end = match.string, _closed(match.string, match.end() - 1)
    expression = _parsed(text[match.start() : end])
    if not isinstance(expression, ast.Call) or text[: match.start()].endswith("="):  # an argument's value: see below
        return None
    mapping = _mapping(expression)
    if mapping is None:
        return None
    if not mapping:  # run(until=...) without a value: what is meant is the key
        return ", ".join(each.arg for each in expression.keywords if each.arg), end
    if "kind" in mapping:
        mapping = {"background": mapping}
    if "experiment" in mapping:
        return value_in_yaml(mapping), end
    return ", ".join(f"{key}: {value_in_yaml(value)}" for key, value in mapping.items()), end


def _argument(match: re.Match[str]) -> tuple[str, int] | None:
    """An argument and its value, and where the value ends."""
    text, start = match.string, match.end()
    end = _closed(text, start) if text[start] in "[({'\"" else start
    if end == start:
        word = PLAIN.match(text, start)
        end = word.end() if word else start
        if text[end : end + 1] == "(":
            end = _closed(text, end)
    expression = _parsed(text[start:end].replace("…", "..."))
    if end == start or expression is None:
        return None
    name = NAMES.get(match[1], match[1])
    return f"{name}: {value_in_yaml(_value(expression))}", end


def _literal(match: re.Match[str]) -> tuple[str, int] | None:
    """A list or mapping of Python within a sentence."""
    end = _closed(match.string, match.start())
    try:
        value = ast.literal_eval(match.string[match.start() : end])
    except (ValueError, SyntaxError):
        return None
    return value_in_yaml(value), end


def _closed(text: str, start: int) -> int:
    """The end of the bracket or quotation that begins here; ``start`` if it never ends."""
    pairs, stack = {"(": ")", "[": "]", "{": "}"}, list[str]()
    for place in range(start, len(text)):
        letter = text[place]
        if stack and stack[-1] in "'\"":
            if letter == stack[-1] and text[place - 1] != "\\":
                stack.pop()
        elif letter in "'\"" or letter in pairs:
            stack.append(pairs.get(letter, letter))
        elif stack and letter == stack[-1]:
            stack.pop()
        if not stack:
            return place + 1
    return start


def _parsed(text: str) -> ast.expr | None:
    number = text.replace(",", "") if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", text) else text
    try:
        return ast.parse(number.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _value(node: ast.expr) -> Any:  # noqa: ANN401 - whatever a study holds
    """A value of Python as a study holds it; names are placeholders."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        if isinstance(node, ast.Call):
            mapping = _mapping(node)
            return _Word(ast.unparse(node)) if mapping is None else mapping
        if isinstance(node, ast.List | ast.Tuple):
            return [_value(item) for item in node.elts]
        text = ast.unparse(node)
        return _Word(
            text[3:].lower() if text in ("sd.DNA", "sd.RNA") else "FILE" if "sequences" in text else text.upper()
        )
    return _Word("…") if value is Ellipsis else value


def _mapping(call: ast.Call) -> dict[str, Any] | None:
    """What a study holds in place of a call; None where it holds nothing like it."""
    name = ast.unparse(call.func).removeprefix("sd.")
    arguments = _arguments(call, name.removeprefix("backgrounds."))
    if name == "range":
        bounds = [_value(node) for node in call.args]
        return dict(zip(("start", "stop", "step"), [0, *bounds] if len(bounds) == 1 else bounds, strict=False))
    if name in EXPERIMENTS:
        return {"experiment": name} | arguments
    if name.startswith("backgrounds.") and name.removeprefix("backgrounds.") in BACKGROUNDS:
        return {"kind": name.removeprefix("backgrounds.")} | arguments
    if name in ("half_width", "decided"):
        return {name: arguments.pop("value", None) or arguments.pop("margin", None)} | arguments
    if name in ("run", "search"):
        own = {key: value for key, value in arguments.items() if key not in ("design", "model")}
        background = own.get("background")
        return own if name == "run" or isinstance(background, dict) else {"search": own}
    return None


def _arguments(call: ast.Call, name: str) -> dict[str, Any]:
    """Argument to value, by the signature of the function."""
    functions: dict[str, Callable[..., Any]] = {"run": run, "search": search}
    functions |= {"half_width": half_width, "decided": decided}
    functions |= {key: row.function for key, row in BACKGROUNDS.items()}
    functions |= {key: row.function for key, row in EXPERIMENTS.items()}
    parameters = list(inspect.signature(functions[name]).parameters) if name in functions else []
    named = dict(zip(parameters, map(_value, call.args), strict=False))
    named |= {NAMES.get(each.arg, each.arg): _value(each.value) for each in call.keywords if each.arg}
    return {key: value for key, value in named.items() if value != "…"}
