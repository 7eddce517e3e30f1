"""Marginal loss: what each cell of a study would lose per hectare and year under another ecosystem type, as rasters.

A site costs least where the values are low. The sum over a footprint of density x area is the direct loss of the footprint, to the
rounding of 32-bit numbers.
"""

import numpy as np

from ecoval import measure, rasters
from ecoval.errors import InputError
from ecoval.files import make_folder
from ecoval.layers.block import LayerBlock, Watch
from ecoval.layers.compute import explain
from ecoval.offset.loss.evaluation import DIFFERENCE, Evaluation
from ecoval.totals.blocks import in_threads

VALUE = "value"


def marginal_loss(states, after_class, out, services=None, value=True, overwrite=False, progress=None):
    """Map of the loss of each service, and of their value together, where the land becomes another type.

    Parameters
    ----------
    states : States
        Of a study with a raster land cover; over parcels each cell counts as the type that most of it has.
    after_class : number, 1
        Code of the ecosystem type after.
    out : text
        Folder of the rasters.
    services : texts
        Default: all of the study that have cells.
    value : choice {True, False}
        Whether the services that have a price are added up in money.
    overwrite : choice {True, False}
    progress : callable (done, text)

    Returns
    -------
    table (service, path)
        GeoTIFF per service; and `value`, CNY per hectare and year, missing where a service is. Its description lists the services.

    Raises
    ------
    InputError
        An unknown service, or a map that is there already.
    """
    entries = [entry for entry in states.entries if services is None or entry.service in services]
    unknown = sorted(set(services or ()) - {entry.service for entry in entries})
    if unknown:
        raise InputError("offset_map_service_unknown", services=unknown, known=[entry.service for entry in states.entries])
    folder = make_folder(out)
    priced = _prices(states, entries) if value else {}
    names = [entry.service for entry in entries] + ([VALUE] if priced else [])
    paths = {name: folder / f"{name.replace(':', '_')}.tif" for name in names}
    there = [str(path) for path in paths.values() if path.exists() and not overwrite]
    if there:
        raise InputError("offset_map_exists", paths=there)
    evaluation = Evaluation(states.layers, entries, DIFFERENCE, states.changed(after_class))
    uoms = states.items.set_index("service")["density_uom"].to_dict() | {VALUE: "CNY ha-1 yr-1"}
    for done, name in enumerate(names):
        blocks = _blocks(states, evaluation, name, priced, (done / len(names), 1 / len(names)), progress)
        uom = uoms[name] if uoms[name] in measure.SYMBOLS else None
        title = f"{name}: {', '.join(priced)}" if name == VALUE else name
        rasters.write(paths[name], blocks, states.grid, measure=uom, descriptions=[title])
    return paths


def _prices(states, entries):
    """Price of each service per unit of its yearly quantity, CNY."""
    table = states.items.set_index("service")["price"]
    return {entry.service: float(table[entry.service]) for entry in entries if np.isfinite(table[entry.service])}


def _blocks(states, evaluation, name, priced, span, progress):
    """Tiles of one map."""
    tiles, watch = states.grid.tiles(), Watch()
    start, share = span
    wanted = list(priced) if name == VALUE else [name]
    places = [place for place, entry in enumerate(evaluation.entries) if entry.service in wanted]
    part = Evaluation(evaluation.layers, [evaluation.entries[place] for place in places], DIFFERENCE, evaluation.state)

    def lost_on(tile):
        block = LayerBlock(tile, states.layers, watch)
        arrays = part.arrays(block, block.index, lambda values: values)
        if watch.refuses:
            explain(states.layers, [parts[0] for parts in part._items], watch, states.threads)
        lost = [now - later for now, later in zip(arrays[::2], arrays[1::2], strict=True)]
        if name == VALUE:
            lost = [sum(priced[entry.service] * density.astype(float) for entry, density in zip(part.entries, lost, strict=True))]
        return lost[0].astype(np.float32)

    more = {"threads": states.threads, "progress": progress, "text": name, "span": (start, start + share)}
    yield from zip(tiles, in_threads(lost_on, tiles, **more), strict=True)
