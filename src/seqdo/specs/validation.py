"""Content of a file, checked: an error names the file, the line, the key, and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from seqdo.errors import InputError
from seqdo.specs.yaml_reader import Place

M = TypeVar("M", bound=BaseModel)


def validated(kind: type[M], content: Any, path: Path, lines: Mapping[Place, int], at: Place) -> M:  # noqa: ANN401
    """The content of a file as a model of pydantic; an error names the file, the line and the key.

    Parameters
    ----------
    kind : the model
    content : the content, or the part of it at ``at``
    path : the file that errors name
    lines : place in the file to line
    at : place of the content in the file
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        # A misspelled key also makes the right key missing: the cause is reported, not its consequence.
        first = min(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
        place = _within(content, first["loc"])
        where = where_of(path, lines, (*at, *place))
        if first["type"] == "extra_forbidden":
            allowed = _keys(kind, first["loc"][:-1])
            key = str(first["loc"][-1])
            needed = f"no such key{'; allowed are ' + ', '.join(allowed) if allowed else ''}"
            raise InputError(f"{where}: {key!r}", needed, near(key, allowed)) from None
        if first["type"].startswith("union_tag"):
            raise _unknown_kind(first, where_of(path, lines, (*at, *place, _discriminator(first)))) from None
        if first["type"] == "missing":
            raise InputError(where, f"key {first['loc'][-1]!r} is missing") from None
        alike = [each for each in error.errors() if _within(content, each["loc"]) == place]
        needs = dict.fromkeys(map(_need, alike))
        raise InputError(f"{where}{_shown(first['input'])}", " or ".join(needs)) from None


NEEDS = {
    "int_type": "a whole number is needed",
    "int_from_float": "a whole number is needed",
    "int_parsing": "a whole number is needed",
    "float_type": "a number is needed",
    "float_parsing": "a number is needed",
    "finite_number": "a finite number is needed",
    "string_type": "text is needed",
    "path_type": "the name of a file is needed",
    "bool_type": "true or false is needed",
    "none_required": "nothing (null) is needed",
    "list_type": "a list is needed",
    "dict_type": "a mapping is needed",
    "model_type": "a mapping is needed",
    "model_attributes_type": "a mapping is needed",
    "greater_than_equal": "{ge} or more is needed",
    "greater_than": "a number above {gt} is needed",
    "less_than": "a number below {lt} is needed",
    "less_than_equal": "{le} or less is needed",
    "literal_error": "{expected} is needed",
    "too_short": "{min_length} or more items are needed",
    "too_long": "{max_length} items at most are needed",
    "string_pattern_mismatch": "text of the form {pattern} is needed",
}
"""Type of an error of pydantic to what is needed, as a sentence about a file."""


def _need(error: Any) -> str:  # noqa: ANN401 - an error of pydantic
    """What is needed in place of a value."""
    details = {key: str(value).replace("'", "") for key, value in error.get("ctx", {}).items()}
    if error["type"] in NEEDS:
        return NEEDS[error["type"]].format(**details)
    return str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "it should be")


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever a file holds
    """A value as the file has it, shortened; nothing for a mapping."""
    if isinstance(value, Mapping):
        return ""
    if isinstance(value, str):
        return f": {value!r}"[:200]
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True)
    return f": {text.removesuffix(chr(10)).removesuffix(chr(10) + '...').strip()}"[:200]


def _within(content: Any, location: tuple[int | str, ...]) -> Place:  # noqa: ANN401 - whatever a file holds
    """The place of an error in the file: pydantic's names for the choices of a union are no keys of the file."""
    place: Place = ()
    for part in location:
        place = (*place, part) if _holds(content, (*place, part)) else place
    return place


def _holds(content: Any, place: Place) -> bool:  # noqa: ANN401 - whatever a file holds
    """Is there such a place in the content of a file?"""
    for part in place:
        inside: Any = dict(enumerate(content)) if isinstance(content, list) else content
        if not isinstance(inside, Mapping) or part not in inside:
            return False
        content = inside[part]
    return True


def _discriminator(error: Any) -> str:  # noqa: ANN401 - an error of pydantic
    """The key that names the kind of a mapping."""
    return str(error["ctx"]["discriminator"]).strip("'")


def _unknown_kind(error: Any, where: str) -> InputError:  # noqa: ANN401 - an error of pydantic
    """The error for a mapping that names no kind, or one that does not exist."""
    key, tag = _discriminator(error), error["ctx"].get("tag")
    if tag is None:
        return InputError(f"{where}", f"key {key!r} is missing")
    kinds = [kind.strip("'") for kind in error["ctx"]["expected_tags"].split(", ")]
    return InputError(f"{where}: {tag!r}", f"one of {', '.join(kinds)} is needed", near(tag, kinds))


def _keys(kind: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """Keys that a mapping at this place of a file may have: of all possible kinds, unless pydantic named one."""
    kinds = [kind]
    for part in place:
        if fields := [each.model_fields[str(part)] for each in kinds if part in each.model_fields]:
            kinds = [inner for field in fields for inner in _kinds(field.annotation)]
        else:  # the index of a list's item, or pydantic's name for a choice: a class, or the literal that selects it
            kinds = [each for each in kinds if part == each.__name__ or part in _literals(each)] or kinds
    return list(dict.fromkeys(key for each in kinds for key in each.model_fields))


def _kinds(annotation: Any) -> list[type[BaseModel]]:  # noqa: ANN401 - the type of a key
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [kind for part in get_args(annotation) for kind in _kinds(part)]


def _literals(kind: type[BaseModel]) -> list[Any]:
    return [each for field in kind.model_fields.values() for each in get_args(field.annotation)]


def where_of(path: Path, lines: Mapping[Place, int], place: Place) -> str:
    """A place in a file as errors name it: the file, the line and the key."""
    nearest = place
    while nearest and nearest not in lines:
        nearest = nearest[:-1]
    key = ".".join(str(part) for part in place)
    return (
        f"{path}, line {lines[nearest]}{', ' + key if key else ''}"
        if nearest in lines
        else f"{path}{', ' + key if key else ''}"
    )


def near(name: str, choices: Iterable[str]) -> str:
    """The choice that was probably meant, as advice; "" if none is close."""
    matches = difflib.get_close_matches(name, list(choices), 1)
    return f"Did you mean {matches[0]}?" if matches else ""
