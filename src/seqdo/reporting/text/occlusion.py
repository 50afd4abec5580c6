"""What pages say of sites in real sequences: occluded where they stand, or moved into others."""

from __future__ import annotations

import pandas as pd

from seqdo.designs.design import Design
from seqdo.reporting.text.labels import printable
from seqdo.reporting.text.sentences import (
    comparison,
    finding,
    frame,
    largest_present,
    of_margin,
    rows_of,
    signed,
    tally,
)

MOST = 3
"""Single sites, or motifs in their place, that each get a sentence; of more, a count."""

ORDER = {"site 1": "first", "site 2": "second", "site 3": "third"}


def told_of_occlusion(table: pd.DataFrame, design: Design) -> list[str]:
    """The effect on the treated of all sites, then of single ones, what all do beyond these, and other motifs."""
    treated, said = frame(table, "on the treated"), list[str]()
    for _, row in treated[treated["occluded"] == "all"].iterrows():
        said.append(finding("the sites, where they stand,", row, plural=True))
        said.append("That is the effect on the treated (ATT): of sites in the sequences that have them.")
    singles = treated[treated["occluded"].astype(str).str.startswith("site ")]
    if len(singles) > MOST:
        said.append(f"An effect of a single site, beside the others, is {tally(singles, 'site')}.")
    else:
        said += [
            finding(f"the {ORDER[row['occluded']]} from the left, by itself,", row) for _, row in singles.iterrows()
        ]
    for row in rows_of(table, "beyond the sum"):
        said.append(comparison("With all of them, compared with the sum of each", row))
        if row["verdict"] in ("absent", "negligible"):
            said[-1] = f"Their effects add up, within the margin{of_margin(row)} ({signed(row)}): {row['verdict']}."
    return said + _swaps(frame(table, "swap"))


def told_of_transplant(table: pd.DataFrame, design: Design) -> list[str]:
    """What sites do without the rest of their sequences."""
    return [finding("the sites alone, in other sequences,", row, plural=True) for row in rows_of(table, "effect")]


def _swaps(rows: pd.DataFrame) -> list[str]:
    said = [f"A difference from other motifs in their place is {tally(rows, 'motif')}."] * (len(rows) > MOST)
    top = largest_present(rows)
    told = rows if len(rows) <= MOST else rows.iloc[:0] if top is None else rows.loc[[top.name]]
    return said + [
        comparison(f"Compared with {printable(str(row['pattern']))} in their place", row) for _, row in told.iterrows()
    ]
