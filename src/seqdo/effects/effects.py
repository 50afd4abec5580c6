"""Effects: the estimates of a run, with the analyses of them at hand, each computed when it is first read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seqdo.effects.analyses.calibration import Calibration, calibrate, calibration, doubted
from seqdo.effects.analyses.individual import individual
from seqdo.effects.analyses.maps import maps
from seqdo.effects.analyses.scales import scales
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
    """The effects of a run: the numbers of :class:`seqdo.effects.estimates.Estimates`, and analyses of them.

    Every analysis is a table or an array. It is computed when it is first read.
    """

    @cached_property
    def maps(self) -> xr.DataArray:
        """The effect of each substitution, of mutagenesis: :func:`seqdo.effects.analyses.maps.maps`."""
        return maps(self.outcomes)

    @property
    def individual(self) -> pd.DataFrame:
        """The rows of the table on every background: :func:`seqdo.effects.analyses.individual.individual`."""
        return individual(self)

    @cached_property
    def responses(self) -> pd.DataFrame:
        """Tests of whole curves (flat, steric, periodic): :func:`seqdo.effects.curves.responses.responses`."""
        return responses(self)

    @cached_property
    def distribution(self) -> pd.DataFrame:
        """How single effects vary: :func:`seqdo.effects.heterogeneity.heterogeneity.distribution`."""
        return distribution(self)

    @cached_property
    def context(self) -> pd.DataFrame:
        """How they vary with GC and with the prediction: :func:`seqdo.effects.heterogeneity.heterogeneity.context`."""
        return context(self)

    @cached_property
    def scales(self) -> pd.DataFrame:
        """The rows of the table on other scales: :func:`seqdo.effects.analyses.scales.scales`."""
        return scales(self)

    @cached_property
    def calibrations(self) -> tuple[Calibration, ...]:
        """Contrasts with the mean of 20 or more controls, and the effects of these controls."""
        return tuple(calibrate(self))

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Whether other k-mers get a small p too: :func:`seqdo.effects.analyses.calibration.calibration`."""
        return calibration(self, self.calibrations)

    @cached_property
    def doubted(self) -> set[int]:
        """Rows called present although any k-mer would be: :func:`seqdo.effects.analyses.calibration.doubted`."""
        return doubted(self, self.calibrations)

    @cached_property
    def hygiene(self) -> pd.DataFrame:
        """Sites that edits created or destroyed: :func:`seqdo.effects.validity.hygiene.hygiene`."""
        return hygiene(self.outcomes)

    @cached_property
    def validity(self) -> pd.DataFrame:
        """How far backgrounds and edits are from real data: :func:`seqdo.effects.validity.validity.validity`."""
        return validity(self.outcomes, self.margins)

    @cached_property
    def reweighted(self) -> pd.DataFrame:
        """The rows of the table as if backgrounds were real: :func:`seqdo.effects.validity.reweighted.reweighted`."""
        return reweighted(self)
