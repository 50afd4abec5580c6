"""The claims, in the order in which a reader asks them: the one table to extend."""

from __future__ import annotations

from verification.protocol import Protocol
from verification.protocols import (
    clusters,
    contexts,
    controls,
    curves,
    families,
    guarded,
    looking,
    members,
    paired,
    searched,
    shuffles,
    whole,
    whole_curves,
    whole_families,
)

PROTOCOLS = {
    protocol.key: protocol
    for protocol in (
        Protocol("C1", "A 95 % interval of one model holds the truth 95 times in a hundred.", paired.letters),
        Protocol("C2", "An interval that misses without a flag is as rare as promised.", guarded.unflagged),
        Protocol("C3", "Where few backgrounds respond, it is said.", guarded.rare),
        Protocol("C4", "An ensemble's interval covers other members and other backgrounds.", members.crossed),
        Protocol("C5", "A band holds the whole curve.", curves.bands),
        Protocol("C6", "A sequence of intervals holds at every look, however one decides to stop.", looking.anytime),
        Protocol("C7i", "Tests of interaction and orientation reject 5 % where there is nothing.", curves.interactions),
        Protocol("C7a", "So does the test of additivity with number.", curves.additivity),
        Protocol("C7p", "So does the test of periodicity.", curves.periods),
        Protocol("C7f", "So does the test of flatness.", curves.flatness),
        Protocol("C8", "An effect as large as the margin is not called absent.", guarded.absent),
        Protocol("C9", "Of effects called at 5 %, 5 % are none.", families.discoveries),
        Protocol("C10", "On backgrounds that did not choose it, the best of many is not flattered.", families.selected),
        Protocol("search", "So it is where sd.search chose it, from design to table.", searched.reported),
        Protocol("C11", "Shuffles are uniform over what they may be.", shuffles.uniform),
        Protocol("C12", "p of a pattern is not called calibrated where any word would do.", controls.calibrated),
        Protocol("clusters", "Shuffles that share a sequence pass for no more than the sequences.", clusters.sources),
        Protocol("contexts", "Chosen on one half, the best of many contexts is fair on the other.", contexts.searched),
        Protocol("whole", "One effect holds as a user asks: through wrap, run and estimate.", whole.asked),
        Protocol("whole-curves", "So do curves, interactions and strands.", whole_curves.asked),
        Protocol("whole-families", "So do families of words.", whole_families.asked),
    )
}  # fmt: skip
