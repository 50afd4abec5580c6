"""Parameters of what is called for a prediction: the first is the sequence, the others are further inputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from seqdo.errors import InputError


@dataclass(frozen=True)
class Parameters:
    """The parameters of a function, or of the call of a network.

    Attributes
    ----------
    sequence : name of the first; "" where it is passed by its place alone
    further : names of the others that can be passed by name, in order
    needed : those of ``further`` that have no default
    none : those of ``further`` whose default is None
    any_name : does the function take any name (``**inputs``)?
    """

    sequence: str
    further: tuple[str, ...]
    needed: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    any_name: bool = False

    @classmethod
    def of(cls, call: Callable[..., Any], own: Iterable[str] = ()) -> Parameters | None:
        """The parameters of a function; None if they can't be read, as for compiled code.

        Parameters
        ----------
        call : the function
        own : names of parameters that a framework passes itself

        Examples
        --------
        >>> Parameters.of(lambda x, control, dose=None: 0)
        Parameters(sequence='x', further=('control', 'dose'), needed=('control',), none=('dose',), any_name=False)
        """
        try:
            all_kinds = list(inspect.signature(call).parameters.values())
        except (TypeError, ValueError):
            return None
        by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        named = [each for each in all_kinds if each.kind in by_name and each.name not in own]
        first = all_kinds[0].name if all_kinds and all_kinds[0].kind in by_name else ""
        further = [each for each in named if each.name != first]
        return cls(
            first,
            tuple(each.name for each in further),
            tuple(each.name for each in further if each.default is each.empty),
            tuple(each.name for each in further if each.default is None),
            any(each.kind is each.VAR_KEYWORD for each in all_kinds),
        )

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.sequence, *self.further])) or "no named parameters"

    def refuse_unknown(self, inputs: Iterable[str], name: str) -> None:
        """Refuse further inputs that there is no parameter for.

        Parameters
        ----------
        inputs : names of the further inputs
        name : how messages refer to the model

        Raises
        ------
        InputError
            A name that is no parameter; the message lists the parameters.
        """
        for wrong in (each for each in inputs if not self.any_name and each not in self.further):
            raise InputError(
                f"`inputs` has {wrong!r}",
                f"`{name}` takes {self}; the first is the sequence",
                f"Write inputs={{{self.further[0]!r}: ...}}" if self.further else "Leave inputs out",
            )
