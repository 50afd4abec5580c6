"""seqdo asks trained models of DNA and RNA causal questions.

A design is a list of edits to make on background sequences. A run turns a design, a model and a
background into outcomes. An effect is a contrast of outcomes, with its uncertainty.
"""

from seqdo import backgrounds, zoo
from seqdo.designs.design import Arm, Contrast, Design, Site
from seqdo.effects.analyses.pattern_motif import motif_of
from seqdo.effects.analyses.power import power
from seqdo.effects.analyses.structures import dose, structures
from seqdo.effects.assay.comparison import Beside, beside
from seqdo.effects.assay.measured import Measured, measured
from seqdo.effects.effects import Effects
from seqdo.effects.estimate import estimate
from seqdo.engine.choose import choose_engine
from seqdo.errors import InputError, RunError, SeqdoError
from seqdo.execution.across import across
from seqdo.execution.run import run
from seqdo.execution.search import search
from seqdo.execution.stopping import decided, half_width
from seqdo.experiments.arrange import copies, interaction, spacing
from seqdo.experiments.controls import controls
from seqdo.experiments.embed import embed, kmers, mutants, orientation, positions
from seqdo.experiments.from_table import design
from seqdo.experiments.hairpin import compensatory, hairpin, hairpin_series
from seqdo.experiments.mutagenesis import mutagenesis, pairwise_mutagenesis
from seqdo.experiments.occlusion import occlude, transplant
from seqdo.experiments.sequence_context import flanks, gc_context, gc_scan, swap
from seqdo.experiments.variants import variants
from seqdo.models import planted, readout
from seqdo.models.model import Model
from seqdo.models.reference import Reference
from seqdo.models.shuffled_weights import shuffled_weights
from seqdo.models.wrap import wrap
from seqdo.motifs.files.motif_file import read_motifs, write_motifs
from seqdo.motifs.motif import Motif
from seqdo.motifs.site_search import find_sites
from seqdo.outcomes.outcomes import Outcomes
from seqdo.reporting.figures.logo import logo
from seqdo.reporting.page.html import report
from seqdo.sequences.alphabet import DNA, RNA, Alphabet
from seqdo.sequences.edit import Edit
from seqdo.sequences.files.fasta import read_fasta, read_sequences
from seqdo.sequences.files.vcf import read_variants
from seqdo.sequences.sequences import Sequences

__all__ = [
    "DNA", "RNA", "Alphabet", "Arm", "Beside", "Contrast", "Design", "Edit", "Effects", "InputError", "Measured",
    "Model", "Motif", "Outcomes", "Reference", "RunError", "SeqdoError", "Sequences", "Site", "across", "backgrounds",
    "beside", "choose_engine", "compensatory", "controls", "copies", "decided", "design", "dose", "embed", "estimate",
    "find_sites", "flanks", "gc_context", "gc_scan", "hairpin", "hairpin_series", "half_width", "interaction", "kmers",
    "logo", "measured", "motif_of", "mutagenesis", "mutants", "occlude", "orientation", "pairwise_mutagenesis",
    "planted", "positions", "power", "read_fasta", "read_motifs", "read_sequences", "read_variants", "readout",
    "report", "run", "search", "shuffled_weights", "spacing", "structures", "swap", "transplant", "variants", "wrap",
    "write_motifs", "zoo",
]  # fmt: skip
