"""What a preparation is given: the layers opened so far, how to open more, a folder, and numbers that remember their use."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from ecoval.errors import InputError, ParameterError
from ecoval.layers.block import Derived, LayerReader
from ecoval.layers.opened import Layers
from ecoval.layers.study_toml import LayerDeclaration
from ecoval.parameters import Parameters, packaged
from ecoval.rasters import Source
from ecoval.services.declaration import Input
from ecoval.sourced import Number
from ecoval.totals.blocks import Progress

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


@dataclass
class Context:
    """What a preparation may use: the layers opened so far, how to open more, a folder, the report of progress."""

    layers: Layers
    open_role: Callable[[str, Input], LayerReader | Derived]
    source_of: Callable[[LayerDeclaration, int, Input | None], Source]
    work: Path
    progress: Progress | None = None
    earlier: Earlier | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    def prepared(self, key: Hashable, paths: Sequence[Path], make: Callable[[], np.ndarray]) -> np.ndarray:
        """An array that is long to make, from an earlier run of this process where one is kept."""
        return make() if self.earlier is None else self.earlier(key, paths, make)

    @cached_property
    def declared(self) -> dict[str, LayerDeclaration]:
        """Declared layers by role."""
        return self.layers.declaration.layers

    def require(self, role: str) -> LayerDeclaration:
        """Declared layer of a role.

        Raises
        ------
        InputError
        """
        if role not in self.declared:
            raise InputError("service_layer_missing", service="-", roles=[role])
        return self.declared[role]
