"""seqdo asks trained models of DNA and RNA causal questions.

A design is a list of edits to make on background sequences. A run turns a design, a model and a
background into outcomes. An effect is a contrast of outcomes, with its uncertainty.
"""

from seqdo import zoo
from seqdo.effects.estimate import Effects, estimate
from seqdo.effects.power import power
from seqdo.engine.choose import choose_engine
from seqdo.errors import InputError, RunError, SeqdoError
from seqdo.execution.across import across
from seqdo.execution.run import run
from seqdo.execution.search import search
from seqdo.execution.until import decided, half_width
from seqdo.experiments.arrange import copies, interaction, spacing
from seqdo.experiments.context import flanks, gc_context, swap
from seqdo.experiments.controls import controls
from seqdo.experiments.design import Arm, Contrast, Design, Site
from seqdo.experiments.embed import embed, kmers, mutants, orientation, positions
from seqdo.models import planted, readout
from seqdo.models.model import Model
from seqdo.models.reference import Reference
from seqdo.models.shuffled import shuffled_weights
from seqdo.models.wrap import wrap
from seqdo.motifs.io import read_motifs
from seqdo.motifs.motif import Motif
from seqdo.outcomes import Outcomes
from seqdo.reporting.html import report
from seqdo.sequences import backgrounds
from seqdo.sequences.alphabet import DNA, RNA, Alphabet
from seqdo.sequences.edit import Edit
from seqdo.sequences.io import read_fasta, read_sequences
from seqdo.sequences.sequence import Sequences

__all__ = [
    "DNA", "RNA", "Alphabet", "Arm", "Contrast", "Design", "Edit", "Effects", "InputError", "Model", "Motif",
    "Outcomes", "Reference", "RunError", "SeqdoError", "Sequences", "Site", "across", "backgrounds",
    "choose_engine", "controls", "copies", "decided", "embed", "estimate", "flanks", "gc_context", "half_width",
    "interaction", "kmers", "mutants", "orientation", "planted", "positions", "power", "read_fasta",
    "read_motifs", "read_sequences", "readout", "report", "run", "search", "shuffled_weights", "spacing", "swap",
    "wrap", "zoo",
]  # fmt: skip
