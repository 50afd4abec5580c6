"""YAML read safely, with the line of every key: no aliases, no duplicate keys, no tags, a bounded size and depth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from seqdo.errors import InputError

LARGEST = 1_000_000
"""Most bytes of a file."""

DEEPEST = 20
"""Most levels of nesting in a file."""

Place = tuple[str | int, ...]
"""Keys and list indices from the top of a document to a value."""


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    """The mapping in a file, and the line (from 1) of each place in it.

    Raises
    ------
    InputError
        No such file; not YAML; several documents; not a mapping; aliases or tags; duplicate keys; too large or deep.
    """
    if path.is_dir():
        raise InputError(
            f"{path} is a folder", "a study or a recipe, a YAML file, is needed", f"Write {path / 'study.yaml'}"
        )
    if not path.is_file():
        raise InputError(f"{path.resolve()}", "there is no such file", "Check the path, and the folder it starts from")
    if path.stat().st_size > LARGEST:
        raise InputError(f"{path} has {path.stat().st_size:,} bytes", f"a study or recipe has {LARGEST:,} at most")
    try:
        text = path.read_text(encoding="utf-8")
        for token in yaml.scan(text, yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
                raise InputError(
                    f"{path}, line {token.start_mark.line + 1}: an alias or anchor",
                    "the value itself is needed",
                    "Write the value out",
                )
        documents = list(yaml.compose_all(text, yaml.SafeLoader))
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}", f"it is not text in UTF-8 ({error.reason})", "Pass the study or the recipe, a YAML file"
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise InputError(where, f"not YAML: {getattr(error, 'problem', None) or error}") from error
    except RecursionError:
        raise InputError(f"{path}", f"nested deeper than {DEEPEST} levels") from None
    if len(documents) != 1 or not isinstance(documents[0], yaml.MappingNode):
        what = (
            "nothing in it" if not documents else f"{len(documents)} documents" if len(documents) > 1 else "no mapping"
        )
        needed = "one mapping is needed: a study's begins with model:, a recipe's with name:"
        raise InputError(f"{path} has {what}", needed, "seqdo demo writes a study.yaml to begin with")
    lines: dict[Place, int] = {}
    value: dict[str, Any] = _built(documents[0], (), lines, path)
    return value, lines


def _built(node: yaml.Node, place: Place, lines: dict[Place, int], path: Path) -> Any:  # noqa: ANN401
    line = node.start_mark.line + 1
    lines[place] = line
    if len(place) > DEEPEST:
        raise InputError(f"{path}, line {line}", f"nested deeper than {DEEPEST} levels")
    if isinstance(node, yaml.SequenceNode):
        return [_built(child, (*place, index), lines, path) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, child in node.value:
            key = str(key_node.value)
            if key in mapping:
                raise InputError(
                    f"{path}, line {key_node.start_mark.line + 1}: key {key!r} a second time",
                    "keys differ from one another",
                    "Leave one out",
                )
            mapping[key] = _built(child, (*place, key), lines, path)
            lines[*place, key] = key_node.start_mark.line + 1
        return mapping
    if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.split(":")[-1] not in (
        "str",
        "int",
        "float",
        "bool",
        "null",
    ):
        raise InputError(
            f"{path}, line {line}: {node.value!r} of type {node.tag}", "numbers, text, true, false and null are allowed"
        )
    return yaml.SafeLoader("").construct_object(node)
