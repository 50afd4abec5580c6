"""Any callable from one-hot or codes to numbers, as a network that can predict and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from seqdo.errors import InputError
from seqdo.models.input_layout import CHANNELS, Layout, encode
from seqdo.models.input_parameters import Parameters
from seqdo.models.network import GRADIENTS_NEED, Codes, Network


@dataclass(frozen=True)
class FunctionNetwork(Network):
    """A callable, and how it is called.

    Attributes
    ----------
    function : receives a fresh array in the layout, and returns anything that the readout understands
    """

    function: Callable[..., Any]
    takes_inputs: ClassVar[bool] = True

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object callable?"""
        return callable(obj)

    @classmethod
    def adapt(
        cls,
        obj: Callable[..., Any],
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network of a callable; the layout is (n, 4, length) unless declared."""
        if layout is None and probe.shape[1] == 4:
            raise InputError(
                f"`layout` of `{name}` is not declared, and length is 4",
                "the shape (n, 4, 4) does not show which axis holds the letters",
                CHANNELS,
            )
        return cls(name, layout or "NCL", readout, obj)

    @property
    def source(self) -> Callable[..., Any]:
        """The user's callable."""
        return self.function

    @property
    def gradient_error(self) -> InputError:
        """A function has no gradients."""
        return InputError(
            f"`{self.name}` is a function, and seqdo can't differentiate a function",
            GRADIENTS_NEED,
            "Wrap the network itself, or use in-silico mutagenesis (sd.mutagenesis), which needs predictions only",
        )

    @property
    def parameters(self) -> Parameters | None:
        """Those of the function."""
        return Parameters.of(self.function)

    def raw(self, codes: Codes) -> Any:  # noqa: ANN401 - a function may return anything
        """What the readout makes of the function's return value."""
        return self.readout(self.function(encode(codes, self.layout), **self.inputs.rows(len(codes))))
