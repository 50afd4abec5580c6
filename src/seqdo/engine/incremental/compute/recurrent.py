"""One direction of an LSTM or GRU layer. An edit resumes it from the state before the first change.

Equations as in torch.nn.LSTM and torch.nn.GRU. The contributions of the inputs to the gates are kept for every
position, so that only the recurrence itself is computed again.
"""

from __future__ import annotations

import torch

from seqdo.engine.incremental.graph.nodes import Recurrent

Tensor = torch.Tensor


def values(node: Recurrent, source: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Hidden states (positions, rows, hidden) of backgrounds, and what is kept of them.

    Parameters
    ----------
    node : the layer
    source : (positions, rows, features in)

    Returns
    -------
    The hidden states, and [gates from the inputs, hidden states, cells], each (positions, rows, ...).
    """
    positions, rows, _ = source.shape
    gates = torch.matmul(source, node.input_weight) + node.input_bias
    hidden = source.new_zeros(rows, node.features)
    cell = hidden.clone()
    states, cells = (source.new_empty(positions, rows, node.features) for _ in range(2))
    for position in node.order.tolist():
        hidden, cell = _advanced(node, gates[position], hidden, cell)
        states[position], cells[position] = hidden, cell
    return states, [gates, states.clone(), cells]


def change(
    node: Recurrent,
    source: Tensor,
    changed: Tensor,
    region: list[int],
    activations: list[Tensor],
    background_of: Tensor,
) -> Tensor:
    """Changes (region, rows, hidden) of hidden states.

    Parameters
    ----------
    node : the layer
    source : changes (source region, rows, features in) of the input
    changed : (region,), index in ``source`` of each position, -1 where the input is unchanged
    region : positions from the first change on, in ascending order
    activations : what :func:`values` kept
    background_of : (rows,), the background of each row
    """
    gates, states, cells = activations
    gate_changes = torch.matmul(source, node.input_weight)
    slot = {position: i for i, position in enumerate(region)}
    order = [position for position in node.order.tolist() if position in slot]
    start = node.order.tolist().index(order[0]) if order else 0
    hidden = source.new_zeros(len(background_of), node.features)
    cell = hidden
    if start:
        previous = int(node.order[start - 1])
        hidden = states[previous].index_select(0, background_of)
        cell = cells[previous].index_select(0, background_of)
    out = source.new_empty(len(region), len(background_of), node.features)
    source_at = changed.tolist()
    for position in order:
        # index_select copies, so that the kept gates are not changed by the addition in place.
        inputs = gates[position].index_select(0, background_of)
        if source_at[slot[position]] >= 0:
            inputs += gate_changes[source_at[slot[position]]]
        hidden, cell = _advanced(node, inputs, hidden, cell)
        torch.sub(hidden, states[position].index_select(0, background_of), out=out[slot[position]])
    return out


def _advanced(node: Recurrent, gates: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Hidden state and cell after one position; a GRU's cell is not used."""
    if node.kind == "lstm":
        gates = torch.addmm(gates, hidden, node.hidden_weight)
        gate_in, forget, candidate, gate_out = gates.chunk(4, 1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(gate_in) * torch.tanh(candidate)
        return torch.sigmoid(gate_out) * torch.tanh(cell), cell
    # As in torch, the reset gate multiplies the product with the hidden state, and not the state itself.
    reset, update, candidate = gates.chunk(3, 1)
    from_hidden = torch.addmm(node.hidden_bias, hidden, node.hidden_weight)
    hidden_reset, hidden_update, hidden_candidate = from_hidden.chunk(3, 1)
    share = torch.sigmoid(update + hidden_update)
    candidate = torch.tanh(candidate + torch.sigmoid(reset + hidden_reset) * hidden_candidate)
    return candidate + share * (hidden - candidate), cell
