"""Effects: the estimates of a run, and their analyses, each computed when it is first read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seqdo.effects.analyses.calibration import Calibration, calibrate, calibration, doubted
from seqdo.effects.analyses.individual import individual
from seqdo.effects.analyses.maps import maps
from seqdo.effects.analyses.scales import scales
from seqdo.effects.analyses.single_variants import single_variants
from seqdo.effects.curves.responses import responses
from seqdo.effects.estimates import Estimates
from seqdo.effects.heterogeneity.heterogeneity import context, distribution
from seqdo.effects.validity.hygiene import hygiene
from seqdo.effects.validity.reweighted import reweighted
from seqdo.effects.validity.validity import validity

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True, eq=False, repr=False)
class Effects(Estimates):
    """The effects of a run: the numbers of :class:`seqdo.effects.estimates.Estimates`, and their analyses.

    Every analysis is a table or an array, computed when it is first read.
    """

    @cached_property
    def maps(self) -> xr.DataArray:
        """Effects of single substitutions in mutagenesis: :func:`seqdo.effects.analyses.maps.maps`."""
        return maps(self.outcomes)

    @property
    def individual(self) -> pd.DataFrame:
        """Effects on single backgrounds: :func:`seqdo.effects.analyses.individual.individual`."""
        return individual(self)

    @cached_property
    def single_variants(self) -> pd.DataFrame:
        """Each variant of a haplotype alone: :func:`seqdo.effects.analyses.single_variants.single_variants`."""
        return single_variants(self)

    @cached_property
    def responses(self) -> pd.DataFrame:
        """Tests of whole curves (flat, steric, periodic): :func:`seqdo.effects.curves.responses.responses`."""
        return responses(self)

    @cached_property
    def distribution(self) -> pd.DataFrame:
        """How effects vary between backgrounds: :func:`seqdo.effects.heterogeneity.heterogeneity.distribution`."""
        return distribution(self)

    @cached_property
    def context(self) -> pd.DataFrame:
        """How effects vary with GC and the prediction: :func:`seqdo.effects.heterogeneity.heterogeneity.context`."""
        return context(self)

    @cached_property
    def scales(self) -> pd.DataFrame:
        """Effects on other scales: :func:`seqdo.effects.analyses.scales.scales`."""
        return scales(self)

    @cached_property
    def calibrations(self) -> tuple[Calibration, ...]:
        """Calibrations of the contrasts with 20 or more controls, with the effects of these controls."""
        return tuple(calibrate(self))

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Whether any k-mer gets a small p-value: :func:`seqdo.effects.analyses.calibration.calibration`."""
        return calibration(self, self.calibrations)

    @cached_property
    def doubted(self) -> set[int]:
        """Rows that are present as any k-mer would be: :func:`seqdo.effects.analyses.calibration.doubted`."""
        return doubted(self, self.calibrations)

    @cached_property
    def hygiene(self) -> pd.DataFrame:
        """Sites that edits created or destroyed: :func:`seqdo.effects.validity.hygiene.hygiene`."""
        return hygiene(self.outcomes)

    @cached_property
    def validity(self) -> pd.DataFrame:
        """How close sequences are to real data: :func:`seqdo.effects.validity.validity.validity`."""
        return validity(self.outcomes, self.margins)

    @cached_property
    def reweighted(self) -> pd.DataFrame:
        """Effects weighted to real sequences: :func:`seqdo.effects.validity.reweighted.reweighted`."""
        return reweighted(self)
