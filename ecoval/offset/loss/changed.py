"""A changed state: the service models run again on the same cells with another ecosystem type.

What follows the vegetation of a cell cannot stay as it was measured under the old type. The layers of `FOLLOWING` take the mean of
the new type's cells in the study, weighted by area; every other layer (rain, temperature, soil, terrain) stays as it is. A cell
that has the type already keeps its own layers: nothing changes there.
"""

from dataclasses import dataclass, replace

import numpy as np

from ecoval import classification, tables
from ecoval.constants import M2_PER_HECTARE
from ecoval.declarations import columns
from ecoval.errors import EcovalError
from ecoval.files import new_folder
from ecoval.layers import preparations
from ecoval.layers.block import LayerBlock, Watch
from ecoval.layers.compute import _quantity as quantity_around
from ecoval.layers.context import Context
from ecoval.layers.opening import ScopeRow, open_role, source_of
from ecoval.layers.selection import LeftOut, plan
from ecoval.offset.loss.pieces import Placed, piece_sums
from ecoval.units.coverage import coverage

FOLLOWING = {
    "npp": "production of the vegetation",
    "npp_dry_matter": "production of the vegetation",
    "respiration": "respiration of soil and litter under the vegetation",
    "biomass": "stock of the vegetation",
    "biomass_opening": "stock of the vegetation",
    "ndvi": "greenness of the vegetation",
    "cover": "share of the ground under vegetation",
    "cover_factor": "erosion under the cover of the vegetation",
    "evapotranspiration": "actual evapotranspiration: transpiration of the vegetation",
    "cooling_evapotranspiration": "actual evapotranspiration of the cooling days",
    "runoff": "surface runoff under the vegetation",
}
"""Layers that follow the ecosystem type, with the reason. What open water would evaporate, potential evapotranspiration, weather,
soil and terrain do not."""

BY_CURVE = "storm_runoff"  # a layer with one band per runoff curve of the types in use


@dataclass(frozen=True)
class Land:
    """What one pass over the study gives: area and mean vegetation of each ecosystem type.

    Parameters
    ----------
    area : array (units, types + 1), m2
        Of the units of the first unit set.
    means : mapping (role, vector (types))
        In the measure of the layer; nan where the study has no cell of the type with a value.
    """

    area: np.ndarray
    means: dict

    @classmethod
    def of(cls, layers, threads=None, progress=None):
        """Look at every cell of the units once.

        Parameters
        ----------
        layers : Layers
        threads : number, 1
        progress : callable (done, text)

        Returns
        -------
        Land
        """
        read = {entry.role for made in layers.plans for entry in made.service.inputs}
        roles = [role for role in FOLLOWING if role in read and role in layers.readers]

        def make(block, _index, _pick):
            return [np.asarray(block.role(role), dtype=np.float32) for role in roles]

        first = (layers.members["unit_set"] == layers.members["unit_set"].iloc[0]).to_numpy()
        cover = coverage(layers.units, layers.grid, threads=threads) if layers.parted is None else None
        land = Placed(len(layers.units), np.arange(len(layers.units)), cover, np.zeros(0), layers.parted)
        if cover is not None:
            land = replace(land, cover=cover.only(first))
        sums = piece_sums(layers, land, len(roles), make, Watch(), threads, progress)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = sums.quantity[first].sum(axis=0) / (sums.valid[first].sum(axis=0) / M2_PER_HECTARE)
        return cls(sums.area[first], {role: mean[:-1, column] for column, role in enumerate(roles)})


class Changed:
    """The services of a study for one ecosystem type.

    Parameters
    ----------
    layers : Layers
    registry : table (code, service)
    kind : number, 1
        Code of the ecosystem type.
    land : callable () -> Land
    work : text
        Folder for layers that have to be made for the type.
    """

    def __init__(self, layers, registry, kind, land, work):
        self.layers = layers
        self.kind = classification.ecosystem_type(kind).code
        self.types = layers.lookup.types
        self.known = self.kind in self.types
        self.plans, self.reasons, self.readers = [], {}, {}
        types = self.types if self.known else tuple(sorted({*self.types, self.kind}))
        self.position = types.index(self.kind)
        self._types, self._registry, self._work, self._land = types, registry, work, land
        for made in layers.plans:
            self.plans.append(made if self.known else self._extended(made))
        self.fills = {}

    def _extended(self, made):
        """The plan of a service with the numbers of the new type; None where it is not to be had."""
        declaration = self.layers.declaration
        scope = declaration.services.scope
        rows = [] if scope is None else tables.read(scope, columns(ScopeRow, required=True)).to_dict("records")
        left_out = LeftOut()

        def available(role):
            return role in self.layers.readers or role in self.layers.tables or role == "statistics"

        base = self._registry[made.service.code]
        try:
            found = plan(base, False, made.options, self._types, self.layers.parameters, available, rows, left_out)
        except EcovalError as error:
            found = None
            left_out.add(base.code, error)
        wanted = {item.code for item in made.service.items}
        held = () if found is None else tuple(item for item in found.service.items if item.code in wanted)
        for item in made.service.items:
            if item.code not in {entry.code for entry in held}:
                reason = left_out.get(f"{base.code}:{item.code}") or left_out.get(base.code)
                self.reasons[base.code, item.code] = reason
        if not held:
            return None
        found = replace(found, service=replace(found.service, items=held))
        return self._with_curves(made, found)

    def _with_curves(self, made, found):
        """Storm runoff holds one band per curve; with the curves of the new type it is made anew."""
        numbers = ("curve_number", "regression")
        if BY_CURVE not in found.measures or all(made.numbers.get(name) == found.numbers.get(name) for name in numbers):
            return found
        if not preparations.possible(BY_CURVE, self.layers.declaration.layers, made.options):
            items = tuple(item for item in found.service.items if BY_CURVE not in item.needed)
            for item in found.service.items:
                if item not in items:
                    self.reasons[made.service.code, item.code] = None
            return replace(found, service=replace(found.service, items=items)) if items else None
        copied = replace(self.layers, readers=dict(self.layers.readers), plans=[found], notes=[], inputs=[], alignments=[], rows=[])
        copied.readers.pop(BY_CURVE)
        folder = new_folder(self._work, f"type-{self.kind}-")
        context = Context(copied, lambda role, entry: open_role(copied, role, entry), source_of, folder)
        entry = next(entry for entry in found.service.inputs if entry.role == BY_CURVE)
        preparations.prepare(context, BY_CURVE, found, entry)
        self.readers[BY_CURVE] = copied.readers[BY_CURVE]
        return found

    def item(self, place, code):
        """Plan and item of an entry, or None where the numbers are not to be had."""
        made = self.plans[place]
        found = None if made is None else next((item for item in made.service.items if item.code == code), None)
        return None if found is None else (made, found)

    def counted(self, place, code, service):
        """Whether the type is in the scope of an item."""
        found = self.item(place, code)
        if found is not None:
            return bool(found[0].scopes[code][self.position])
        return bool(classification.scope(service, [self.kind], (), code)[0])

    def fill(self, role):
        """Mean of a layer over the type's cells, nan where the study has none; None for a layer that stays as it is."""
        if role not in FOLLOWING:
            return None
        if role not in self.fills:
            means = self._land().means.get(role)
            value = float("nan") if means is None or not self.known else float(means[self.position])
            self.fills[role] = value
        return self.fills[role]

    def look(self, entries):
        """Look up what the entries in scope need, before tiles are read; the entries whose vegetation is unknown.

        Parameters
        ----------
        entries : list of Entry

        Returns
        -------
        table (service, role)
        """
        lacking = []
        for entry in entries:
            found = self.item(entry.place, entry.item)
            if found is not None and self.counted(entry.place, entry.item, entry.code):
                unknown = [role for role in found[1].needed if role in self.layers.readers and np.isnan(self._filled(role))]
                lacking += [(entry.service, role) for role in unknown]
        return lacking

    def _filled(self, role):
        value = self.fill(role)
        return 0.0 if value is None else value

    def block(self, base):
        """The tile of a block with the type in every cell."""
        return ChangedBlock(base, self.layers, Watch(), self)


class ChangedBlock(LayerBlock):
    """A tile whose cells all have one ecosystem type, and the vegetation of that type; other layers are those of the block now."""

    def __init__(self, base, layers, watch, changed):
        super().__init__(base.tile, layers, watch, np.full(base.tile.shape, changed.position, dtype=np.int16))
        self._changed, self._base = changed, getattr(base, "_whole", base)

    @property
    def types(self):
        """Code of the type in every cell."""
        return self._once(("types",), lambda: np.full(self.tile.shape, self._changed.kind, dtype=np.int16))

    @property
    def known(self):
        """Every cell."""
        return self._once(("known",), lambda: np.ones(self.tile.shape, dtype=bool))

    def _read(self, role):
        value = self._changed.fill(role)
        if value is not None:
            return np.full(self.tile.shape, value, dtype=np.float32)
        if role in self._changed.readers:
            return self._changed.readers[role].read(self.tile)
        return self._base.role(role)


@dataclass(frozen=True)
class State:
    """Values of items on a tile, 0 where a type is out of scope and nan where something is missing."""

    count: int

    def present(self, block, made, item, index, pick):
        """Density of an item as the land is now.

        Parameters
        ----------
        block : LayerBlock
        made : ServicePlan
        item : Item
        index : array (rows, cols), 1
            Position of each present type.
        pick : callable (array)

        Returns
        -------
        array (rows, cols), 1
        """
        scope = made.scopes[item.code][: self.count]
        counted = np.append(scope, False)[index]
        rest = np.append(np.where(scope, np.nan, 0.0), np.nan).astype(np.float32)[index]
        if not counted.any():
            return rest
        if item.form == "halo":
            whole = getattr(block, "_whole", block)
            density = pick(quantity_around(whole, made, item, block._layers))
        else:
            density = block.quantity(made, item)
        return np.where(counted, density, rest).astype(np.float32, copy=False)

    def changed(self, block, found, counted):
        """Density of an item under the changed type.

        Parameters
        ----------
        block : ChangedBlock
        found : tuple (plan, item)
            None where the numbers are not to be had.
        counted : choice {True, False}

        Returns
        -------
        array (rows, cols), 1
        """
        if not counted:
            return np.zeros(block.tile.shape, dtype=np.float32)
        if found is None or found[1].form == "halo":
            return np.full(block.tile.shape, np.nan, dtype=np.float32)
        return block.quantity(*found)
