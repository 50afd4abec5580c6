"""A design as plain JSON-able data, and back: what provenance stores and ``Outcomes`` carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqdo.experiments.design import Arm, Contrast, Design, Site, Slot
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import DNA, RNA


def to_record(design: Design) -> dict[str, Any]:
    """The design in lists, numbers and strings; motifs once each, by number.

    >>> from seqdo.experiments.embed import embed
    >>> record = to_record(embed("GATTACA", at=20))
    >>> from_record(record).arms.keys() == embed("GATTACA", at=20).arms.keys()
    True
    """
    motifs = list({id(site.motif): site.motif for arm in design.arms.values() for site in arm.sites}.values())
    numbers = {id(motif): number for number, motif in enumerate(motifs)}
    arms = [
        {"name": name, "agree": arm.agree, "sites": [_site_record(site, numbers[id(site.motif)]) for site in arm.sites]}
        for name, arm in design.arms.items()
    ]
    return {
        "experiment": design.experiment,
        "question": design.question,
        "motifs": [_motif_record(motif) for motif in motifs],
        "arms": arms,
        "contrasts": [
            {"name": c.name, "weights": _plain(c.weights), "levels": _plain(c.levels), "identity": c.identity}
            for c in design.contrasts
        ],
    }


def from_record(record: dict[str, Any]) -> Design:
    """The design that :func:`to_record` wrote."""
    motifs = [
        Motif(entry["name"], np.array(entry["matrix"]), {"dna": DNA, "rna": RNA, None: None}[entry["alphabet"]], axis=1)
        for entry in record["motifs"]
    ]
    arms = {
        entry["name"]: Arm(
            tuple(Site(motifs[s["motif"]], _place(s["at"]), s["draw"], s["strand"]) for s in entry["sites"]),
            entry["agree"],
        )
        for entry in record["arms"]
    }
    contrasts = tuple(Contrast(c["name"], c["weights"], c["levels"], c["identity"]) for c in record["contrasts"])
    return Design(record["experiment"], record["question"], arms, contrasts)


def _plain(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping with Python's own numbers: JSON knows no other."""
    return {key: value.item() if isinstance(value, np.generic) else value for key, value in mapping.items()}


def _site_record(site: Site, motif: int) -> dict[str, Any]:
    at = site.at if isinstance(site.at, int) else {"places": list(site.at.places), "rank": site.at.rank}
    return {"motif": motif, "at": at, "draw": site.draw, "strand": site.strand}


def _place(at: int | dict[str, Any]) -> int | Slot:
    return at if isinstance(at, int) else Slot(tuple(at["places"]), at["rank"])


def _motif_record(motif: Motif) -> dict[str, Any]:
    alphabet = motif.alphabet.name if motif.alphabet else None
    return {"name": motif.name, "matrix": motif.matrix.tolist(), "alphabet": alphabet}
