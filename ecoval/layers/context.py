"""What a preparation is given: the layers opened so far, how to open more, a folder, and numbers that remember their use."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from ecoval.errors import InputError, ParameterError
from ecoval.grid import Grid, bounds_in
from ecoval.layers.block import Derived, LayerReader, out_of_range
from ecoval.layers.opened import Layers
from ecoval.layers.study_toml import LayerDeclaration
from ecoval.parameters import Parameters, packaged
from ecoval.rasters import Source
from ecoval.services.declaration import Input
from ecoval.sourced import Number
from ecoval.totals.blocks import Progress

TRIAL = 64  # cells on each side of the part that a trial works
Prepared = tuple[LayerReader | Derived, str, dict[str, Any]]  # reader, measure, note
Earlier = Callable[[Hashable, Sequence[Path], Callable[[], np.ndarray]], np.ndarray]


class Numbers(dict[tuple[str, str], float]):
    """(parameter, key) -> value, looked up when asked for; remembers what was used and its status.

    A row of the source that a method is named after comes first.
    """

    def __init__(self, parameters: Parameters, service: str, source: str = "") -> None:
        super().__init__()
        self._parameters = parameters
        self._service = service
        self.source = source
        self.rows: list[Number] = []

    def __missing__(self, name: tuple[str, str]) -> float:
        """Look a number up.

        Raises
        ------
        ParameterError
        """
        parameter, key = name
        number = self._found(parameter, key)
        self[name] = number.value
        self.rows.append(number)
        return number.value

    def _found(self, parameter: str, key: str) -> Number:
        sources = {row.source_id for row in packaged().get((self._service, parameter), ()) if row.key == key}
        source = self.source if self.source in sources and not self._own(parameter, key) else ""
        return cast(Number, self._parameters.number(self._service, parameter, key, source=source))

    def _own(self, parameter: str, key: str) -> bool:
        return any(row.key == key for row in self._parameters.own.get((self._service, parameter), ()))

    def optional(self, parameter: str, key: str = "*") -> float | None:
        """A number that may be absent: None then."""
        try:
            return self[parameter, key]
        except ParameterError as error:
            if error.code == "parameter_missing":
                return None
            raise


def middle(grid: Grid, side: int = TRIAL) -> Grid:
    """At most `side` rows and columns in the middle of a grid."""
    rows, cols = (min(count, side) for count in grid.shape)
    return grid.window((grid.rows - rows) // 2, (grid.cols - cols) // 2, rows, cols)


@dataclass
class Context:
    """What a preparation may use: the layers opened so far, how to open more, a folder, the report of progress."""

    layers: Layers
    open_role: Callable[[str, Input], LayerReader | Derived]
    as_declared: Callable[[LayerDeclaration, int, Input | None], Source]
    work: Path
    progress: Progress | None = None
    earlier: Earlier | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    trial: bool = False

    def part(self, grid: Grid) -> Grid:
        """The cells of a grid that are worked: all of them, of a trial those near the middle of the study."""
        if not self.trial:
            return grid
        there = grid.clipped(bounds_in(middle(self.layers.grid).enlarged(1), grid.crs))
        return middle(grid if there is None else there, 2 * TRIAL)

    def prepared(self, key: Hashable, paths: Sequence[Path], make: Callable[[], np.ndarray]) -> np.ndarray:
        """An array that is long to make, from an earlier run of this process where one is kept."""
        return make() if self.earlier is None else self.earlier(key, paths, make)

    @cached_property
    def declared(self) -> dict[str, LayerDeclaration]:
        """Declared layers by role."""
        return self.layers.declaration.layers

    def source(self, wanted: Input) -> Source:
        """A declared layer as an input asks for it: whatever measure it is declared in, its values come in that of the input.

        This is the one way in which a preparation reads a layer of its own, so that none can forget the measure.

        Raises
        ------
        InputError
        MeasureError
        """
        return self.as_declared(self.require(wanted.role), self.layers.year, wanted).converted(wanted.measure)

    def within(self, wanted: Input, source: Source, values: np.ndarray) -> np.ndarray:
        """Values of a layer that was read, refused where they are outside the bounds of its input.

        Raises
        ------
        InputError
        """
        self.layers.inputs.append((wanted.role, source.path))
        low, high = wanted.bounds(wanted.measure)
        smallest, largest = (float(function.reduce(values, axis=None, initial=np.nan)) for function in (np.fmin, np.fmax))
        if smallest < low or largest > high:
            beyond = int(np.count_nonzero((values < low) | (values > high)))
            raise out_of_range(wanted.role, str(source.path), (smallest, largest), (low, high), wanted.measure, beyond)
        return values

    def require(self, role: str) -> LayerDeclaration:
        """Declared layer of a role.

        Raises
        ------
        InputError
        """
        if role not in self.declared:
            raise InputError("service_layer_missing", service="-", roles=[role])
        return self.declared[role]
