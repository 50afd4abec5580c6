"""Calls that change a tensor in place, as calls that return a new one; the engine's rules read values, not memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import fx

UNMARKED = {
    "dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout", "type_as", "einsum", "meshgrid",
    "broadcast_tensors", "atleast_1d", "atleast_2d", "atleast_3d", "getitem",
}  # fmt: skip
"""Functions that may return their argument or a view of it, although torch does not mark them so."""


class InPlaceError(Exception):
    """A change in place that reaches a tensor which is read under another name; the message names the call."""


def without_changes_in_place(module: fx.GraphModule) -> fx.GraphModule:
    """The module with each call that changes its argument replaced by the one that returns a new tensor.

    What reads the changed tensor afterwards reads the new one. A view would not see the change, and a tensor would not
    see a change of its view, so where either is read afterwards, there is no such module. Constants that the module
    makes itself are left as they are; its weights are never changed.

    Raises
    ------
    InPlaceError
        Such a view, or a call that has no counterpart.
    """
    nodes = list(module.graph.nodes)
    order = {node: number for number, node in enumerate(nodes)}
    origins: dict[fx.Node, set[Any]] = {}
    constants: set[fx.Node] = set()
    for node in nodes:
        origins[node] = _origins(node, origins)
        if node.op == "get_attr" or (node.op == "call_function" and constants.issuperset(node.all_input_nodes)):
            constants.add(node)
        if not _changes(node):
            continue
        target = _changed(node)
        if node in constants and not any(isinstance(origin, str) for origin in origins[target]):
            continue  # a mask that is filled step by step: constants are computed once and in order
        node.target = _counterpart(node)
        for other in nodes[: order[node]]:
            later = [user for user in other.users if order[user] > order[node]]
            if not later or not origins[other] & origins[target]:
                continue
            if other is not target:
                raise InPlaceError(f"{_name(node)} changes a tensor in place that is read through a view")
            other.replace_all_uses_with(node, delete_user_cb=later.__contains__)
    module.recompile()
    return module


def _origins(node: fx.Node, origins: dict[fx.Node, set[Any]]) -> set[Any]:
    """The tensors whose memory a node's value may share."""
    if node.op == "get_attr":
        return {node.target}  # several nodes may read one weight
    if _called(node.target) in UNMARKED or _marked(node):
        return set().union(*(origins[source] for source in node.all_input_nodes)) or {node}
    return {node}


def _marked(node: fx.Node) -> bool:
    """Does torch say that the call returns an argument, or a view of one?"""
    schema = getattr(node.target, "_schema", None)
    return schema is not None and any(result.alias_info is not None for result in schema.returns)


def _changes(node: fx.Node) -> bool:
    """Does torch say that the call changes an argument?"""
    schema = getattr(node.target, "_schema", None)
    return schema is not None and schema.is_mutable


def _changed(node: fx.Node) -> fx.Node:
    """The one argument that a call changes: its first."""
    writes = [argument.name for argument in node.target._schema.arguments if argument.is_write]  # type: ignore[union-attr]
    first = node.args[0] if node.args else None
    if writes != [node.target._schema.arguments[0].name] or not isinstance(first, fx.Node):  # type: ignore[union-attr]
        raise InPlaceError(f"{_name(node)} changes a tensor in place")
    return first


def _counterpart(node: fx.Node) -> Callable[..., Any]:
    """The overload that returns a new tensor and takes the same arguments."""
    target: Any = node.target
    packet = getattr(torch.ops.aten, _called(target).removesuffix("_"), None)
    counterpart: Any = getattr(packet, target._overloadname, None)
    names, own = (
        [argument.name for argument in each._schema.arguments] if each is not None else []
        for each in (counterpart, target)
    )
    if names != own or counterpart._schema.is_mutable:
        raise InPlaceError(f"{_name(node)} changes a tensor in place")
    return counterpart  # type: ignore[no-any-return]


def _called(target: Any) -> str:  # noqa: ANN401 - what a node calls
    packet = getattr(target, "overloadpacket", target)
    return str(getattr(packet, "__name__", packet))


def _name(node: fx.Node) -> str:
    return f"`{_called(node.target)}`"
