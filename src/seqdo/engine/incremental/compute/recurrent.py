"""One direction of an LSTM or GRU layer: gone through once, then resumed from the state before the first change.

Equations as in torch.nn.LSTM and torch.nn.GRU. What the letters bring to the gates is kept of every position, so that
only the steps themselves are made again.
"""

from __future__ import annotations

import torch

from seqdo.engine.incremental.graph.nodes import Recurrent

Tensor = torch.Tensor


def values(node: Recurrent, source: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Hidden states (positions, rows, hidden), and what is kept: inputs of the gates, hidden states, cells."""
    positions, rows, _ = source.shape
    gates = torch.matmul(source, node.input_weight) + node.input_bias
    hidden = source.new_zeros(rows, node.features)
    cell = hidden.clone()
    states, cells = (source.new_empty(positions, rows, node.features) for _ in range(2))
    for at in node.order.tolist():
        hidden, cell = _step(node, gates[at], hidden, cell)
        states[at], cells[at] = hidden, cell
    return states, [gates, states.clone(), cells]


def change(
    node: Recurrent, source: Tensor, changed: Tensor, region: list[int], kept: list[Tensor], rows: Tensor
) -> Tensor:
    """Changes (region, rows, hidden) of hidden states.

    Parameters
    ----------
    source : changes of the input, at some positions
    changed : for each of ``region`` its index in ``source``, -1 where the input is as it was
    region : positions from the first change on, in ascending order
    rows : for each row its background
    """
    gates, states, cells = kept
    more = torch.matmul(source, node.input_weight)
    slot = {at: i for i, at in enumerate(region)}
    order = [at for at in node.order.tolist() if at in slot]
    begun = node.order.tolist().index(order[0]) if order else 0
    hidden = source.new_zeros(len(rows), node.features)
    cell = hidden
    if begun:
        before = int(node.order[begun - 1])
        hidden, cell = states[before].index_select(0, rows), cells[before].index_select(0, rows)
    out = source.new_empty(len(region), len(rows), node.features)
    found = changed.tolist()
    for at in order:
        inputs = gates[at].index_select(0, rows)
        if found[slot[at]] >= 0:
            inputs += more[found[slot[at]]]
        hidden, cell = _step(node, inputs, hidden, cell)
        torch.sub(hidden, states[at].index_select(0, rows), out=out[slot[at]])
    return out


def _step(node: Recurrent, gates: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """Hidden state and cell after one position; a GRU's cell is not used."""
    if node.kind == "lstm":
        gates = torch.addmm(gates, hidden, node.hidden_weight)
        gate_in, forget, new, gate_out = gates.chunk(4, 1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(gate_in) * torch.tanh(new)
        return torch.sigmoid(gate_out) * torch.tanh(cell), cell
    reset, update, new = gates.chunk(3, 1)
    own = torch.addmm(node.hidden_bias, hidden, node.hidden_weight)
    own_reset, own_update, own_new = own.chunk(3, 1)
    share = torch.sigmoid(update + own_update)
    new = torch.tanh(new + torch.sigmoid(reset + own_reset) * own_new)
    return new + share * (hidden - new), cell
