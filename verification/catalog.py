"""The claims. A new claim needs a row here, and a generator of cells in ``protocols/``."""

from __future__ import annotations

from verification.protocol import Protocol
from verification.protocols import (
    anytime_valid,
    clusters,
    contexts,
    controls,
    curves,
    families,
    guarded,
    members,
    paired,
    rounded,
    searched,
    shuffles,
    whole,
    whole_curves,
    whole_families,
)

PROTOCOLS = {
    protocol.key: protocol
    for protocol in (
        Protocol("C1", "A 95 % interval of one model covers the true effect in 95 % of runs.", paired.letters),
        Protocol("C2", "At most 5 % of intervals miss the true effect without a flag.", guarded.unflagged),
        Protocol("C3", "A run in which no background responds is flagged.", guarded.rare),
        Protocol("C4", "The interval of an ensemble covers other members and other backgrounds.", members.crossed),
        Protocol("C5", "A band covers the whole curve.", curves.bands),
        Protocol("C6", "Intervals cover at every interim analysis, for any rule of stopping.", anytime_valid.anytime),
        Protocol("C7i", "Tests of interaction and orientation reject 5 % without an effect.", curves.interactions),
        Protocol("C7a", "The test of additive copies rejects 5 % where copies are additive.", curves.additivity),
        Protocol("C7p", "The test of periodicity rejects 5 % where there is no wave.", curves.periods),
        Protocol("C7f", "The test of flatness rejects at most 5 % of flat curves.", curves.flatness),
        Protocol("C8", "An effect as large as the margin is called absent in at most 5 % of runs.", guarded.absent),
        Protocol("rounding", "A rare response in a float32 network is rarely called absent.", rounded.responses),
        Protocol("C9", "At a false discovery rate of 5 %, at most 5 % of discoveries are false.", families.discoveries),
        Protocol("C10", "The best of many effects is estimated without bias on fresh backgrounds.", families.selected),
        Protocol("search", "A result of sd.search is estimated without bias, from design to table.", searched.reported),
        Protocol("C11", "Shuffles are uniform over all sequences with the same k-mer counts.", shuffles.uniform),
        Protocol("C12", "A pattern like its controls is called calibrated in 5 % of runs.", controls.calibrated),
        Protocol("clusters", "Intervals cover if shuffles share source sequences.", clusters.sources),
        Protocol("contexts", "A context chosen on one half is tested validly on the other half.", contexts.searched),
        Protocol("whole", "Effects are valid through wrap, run and estimate.", whole.effects),
        Protocol("whole-curves", "Curves are valid through wrap, run and estimate.", whole_curves.curves),
        Protocol("whole-families", "K-mer families are valid through wrap, run and estimate.", whole_families.families),
    )
}  # fmt: skip
