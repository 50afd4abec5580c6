"""Imports go one way: no two files of the package import each other, not through others, lazily, or for types alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import seqdo

SOURCE = Path(seqdo.__file__).parents[1]


def module_name(file: Path, source: Path) -> str:
    """The dotted name of a file; a package is its ``__init__.py``."""
    parts = file.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(file: Path, modules: set[str]) -> Iterator[str]:
    """Modules of the package that a file imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} has a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in modules else str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def import_graph(source: Path) -> dict[str, set[str]]:
    """Each module of the packages in a folder, and the modules there that it imports."""
    files = {module_name(file, source): file for file in sorted(source.rglob("*.py"))}
    return {name: set(imported(file, set(files))) & files.keys() - {name} for name, file in files.items()}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Strongly connected components of more than one module (Tarjan 1972, SIAM J. Comput. 1:146)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    components: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            first = stack.index(name)
            components.append(sorted(stack[first:]))
            del stack[first:]

    for name in graph:
        if name not in index:
            visit(name)
    return [component for component in components if len(component) > 1]


def test_no_two_files_of_the_package_import_each_other():
    graph = import_graph(SOURCE)
    assert len(graph) > 100
    assert circles(graph) == []


def test_a_circle_through_a_third_file_a_lazy_import_and_one_for_types_is_found(tmp_path):
    """So that the test above would fail: a -> b when called, b -> c for types, c -> a; d is in none."""
    package = tmp_path / "p"
    package.mkdir()
    texts = {
        "__init__": "from p.d import x",
        "a": "def f():\n    from p import b",
        "b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.c import C",
        "c": "import p.a\nfrom p.d import x",
        "d": "import os\nx = 1",
    }
    for name, text in texts.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    assert circles(import_graph(tmp_path)) == [["p.a", "p.b", "p.c"]]
