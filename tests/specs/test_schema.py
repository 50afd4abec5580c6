"""The JSON Schema of a study: every key of every experiment is in it, and the examples keep it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from specs.test_spec import GOOD

from seqdo.experiments.catalog import EXPERIMENTS
from seqdo.specs.background_keys import KINDS
from seqdo.specs.entry import entry_type
from seqdo.specs.spec import schema
from seqdo.specs.yaml_reader import read_yaml

SCHEMA = json.loads(json.dumps(schema()))
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": int | float, "boolean": bool}


def fits(value, rule) -> bool:
    """Does a value keep a rule of JSON Schema, as far as the schema of a study uses them?"""
    if "$ref" in rule:
        return fits(value, SCHEMA["$defs"][rule["$ref"].rpartition("/")[2]])
    if rule.get("type") == "null":
        return value is None
    kind = TYPES.get(rule.get("type"))
    checks = [
        kind is None or (isinstance(value, kind) and (kind is bool or not isinstance(value, bool))),
        "anyOf" not in rule or any(fits(value, choice) for choice in rule["anyOf"]),
        "oneOf" not in rule or sum(fits(value, choice) for choice in rule["oneOf"]) == 1,
        "const" not in rule or value == rule["const"],
        "enum" not in rule or value in rule["enum"],
    ]
    if isinstance(value, dict):
        properties, more = rule.get("properties", {}), rule.get("additionalProperties", True)
        checks += [set(rule.get("required", ())) <= set(value), more is not False or set(value) <= set(properties)]
        checks += [
            fits(item, properties.get(key, more if isinstance(more, dict) else {})) for key, item in value.items()
        ]
    if isinstance(value, list):
        checks += [rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value))]
        checks += [fits(item, rule.get("items", {})) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        checks += [value >= rule.get("minimum", value), value > rule.get("exclusiveMinimum", value - 1)]
    return all(checks)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_keeps_the_schema(path):
    assert fits(read_yaml(path)[0], SCHEMA)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at: 20", "att: 20"), ("at: 20", "at: yes"), (", at: 20", ""), ("embed", "embedd"), ("n: 64", "n: 0"),
        ("kind: uniform", "kind: unifrom"), ("uniform, length", "markov, length"), ("background", "bakground"),
    ],
)  # fmt: skip
def test_a_spoiled_study_does_not(old, new, tmp_path):
    path = tmp_path / "study.yaml"
    for text, kept in ((GOOD, True), (GOOD.replace(old, new), False)):
        path.write_text(text)
        assert fits(read_yaml(path)[0], SCHEMA) is kept


def test_every_key_of_every_experiment_and_background_is_in_the_schema():
    designs = {rule["$ref"].rpartition("/")[2] for rule in SCHEMA["properties"]["designs"]["items"]["oneOf"]}
    assert designs == {f"design_{name}" for name in EXPERIMENTS}
    for name in EXPERIMENTS:
        assert set(SCHEMA["$defs"][f"design_{name}"]["properties"]) == set(entry_type(name).model_fields)
    for name, kind in KINDS.items():
        assert set(SCHEMA["$defs"][kind.__name__]["properties"]) == set(kind.model_fields), name
