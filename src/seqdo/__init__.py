"""seqdo asks trained models of DNA and RNA causal questions.

A design is a list of edits to make on background sequences. A run turns a design, a model and a
background into outcomes. An effect is a contrast of outcomes, with its uncertainty.
"""

from typing import TYPE_CHECKING

from seqdo import backgrounds, zoo
from seqdo.backgrounds.genome_loci import gc_matched_loci
from seqdo.deprecated import DEPRECATED as _DEPRECATED
from seqdo.deprecated import current_name as _current_name
from seqdo.designs.design import Arm, Contrast, Design, Site
from seqdo.effects.analyses.pattern_motif import motif_of
from seqdo.effects.analyses.power import power
from seqdo.effects.analyses.structures import dose, structures
from seqdo.effects.assay.comparison import AssayComparison, compare_with_assay
from seqdo.effects.assay.measured import AssayEffects, measured_effects
from seqdo.effects.effects import Effects
from seqdo.effects.estimate import estimate
from seqdo.engine.choose import choose_engine
from seqdo.errors import InputError, RunError, SeqdoError
from seqdo.execution.across import across
from seqdo.execution.run import run
from seqdo.execution.search import search
from seqdo.execution.stopping import decided, half_width
from seqdo.experiments import catalog as _experiments
from seqdo.experiments.catalog import *  # noqa: F403
from seqdo.models import planted, readout
from seqdo.models.model import Model
from seqdo.models.reference import Reference
from seqdo.models.remote import remote
from seqdo.models.shuffled_weights import shuffled_weights
from seqdo.models.token_model import token_model
from seqdo.models.wrap import wrap
from seqdo.motifs.files.motif_file import read_motifs, write_motifs
from seqdo.motifs.motif import Motif
from seqdo.motifs.site_search import find_sites
from seqdo.outcomes.outcomes import Outcomes
from seqdo.reporting.figures.kinds.logo import logo
from seqdo.reporting.page.html import report
from seqdo.sequences.alphabet import DNA, RNA, Alphabet
from seqdo.sequences.edit import Edit
from seqdo.sequences.files.fasta import read_fasta, write_fasta
from seqdo.sequences.files.one_hot_file import read_one_hot, write_one_hot
from seqdo.sequences.files.vcf import read_variants
from seqdo.sequences.loci.read_loci import read_loci
from seqdo.sequences.sequence_file import read_sequences
from seqdo.sequences.sequences import Sequences

__all__ = [
    "DNA", "RNA", "Alphabet", "Arm", "AssayComparison", "AssayEffects", "Contrast", "Design", "Edit", "Effects",
    "InputError", "Model", "Motif", "Outcomes", "Reference", "RunError", "SeqdoError", "Sequences", "Site", "across",
    "backgrounds", "choose_engine", "compare_with_assay", "decided", "dose", "estimate", "find_sites",
    "gc_matched_loci", "half_width", "logo", "measured_effects", "motif_of", "planted", "power", "read_fasta",
    "read_loci", "read_motifs", "read_one_hot", "read_sequences", "read_variants", "readout", "remote", "report", "run",
    "search", "shuffled_weights", "structures", "token_model", "wrap", "write_fasta", "write_motifs", "write_one_hot",
    "zoo",
]  # fmt: skip
__all__ += _experiments.__all__

if TYPE_CHECKING:
    __version__: str
else:  # a type checker shall know the names above, and no others

    def __getattr__(name: str) -> object:
        """The version, read when it is wanted; or a deprecated name, with a warning."""
        if name == "__version__":
            from importlib.metadata import version

            return version("seqdo")
        if name in _DEPRECATED:
            return globals()[_current_name(name)]
        raise AttributeError(f"module 'seqdo' has no attribute {name!r}")


del TYPE_CHECKING
