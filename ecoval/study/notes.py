"""What a report always prints beside the account: variants, factors, clipped parts, and shares that ask for a look."""

import numpy as np

from ecoval import totals
from ecoval.errors import message, shown, warn
from ecoval.layers.variants import VARIANTS, proportion

FACTOR_CELLS = 30_000_000
CLIPPED_SHARE = 0.05  # of the quantity: beyond it rain and evapotranspiration do not fit
WATER_SHARE = 0.2  # of a unit's sum: beyond it the evaporation of one water body decides


def noted(code, **fields):
    """A note in both languages."""
    fields = {name: shown(value) if isinstance(value, list | tuple) else value for name, value in fields.items()}
    return {"code": code, "fields": fields, "en": message(code, fields, "en"), "zh": message(code, fields, "zh")}


def variant_rows(layers, totals_found, priced):
    """Total quantity and value of each variant beside the chosen form, of the first unit set.

    Parameters
    ----------
    layers : Layers
    totals_found : Totals
    priced : Prices

    Returns
    -------
    table (service, item, variant, chosen, quantity, uom, value)
    """
    cells = totals_found.cells[totals_found.cells["unit_set"] == next(iter(layers.sets))]
    sums = cells.groupby(["service", "item", "variant"])["quantity"].sum(min_count=1)
    measures = cells.drop_duplicates(["service", "item"]).set_index(["service", "item"])["uom"]
    prices = priced.items.set_index(["service", "item"])["price"]
    chosen = {made.service.code: made for made in layers.plans}
    rows = {}
    for made in layers.variants:
        service = made.service.code
        for item in made.service.items:
            key = (service, item.code)
            base = sums.get((*key, ""))
            if base is None or item.code not in {entry.code for entry in chosen[service].service.items}:
                continue
            rows.setdefault(key, [(chosen_name(made, chosen[service], item.code), True, base)])
            if made.variant.proportional:
                quantity = base * proportion(chosen[service], made, item)
            else:
                quantity = sums.get((*key, made.variant.name), np.nan)
            rows[key].append((made.variant.name, False, quantity))
    return [
        {
            "service": service,
            "item": item,
            "variant": name,
            "chosen": used,
            "quantity": quantity,
            "uom": measures[service, item],
            "value": quantity * prices.get((service, item), np.nan),
        }
        for (service, item), found in rows.items()
        for name, used, quantity in found
    ]


def chosen_name(made, chosen, item):
    """The choices of the account for the options in which the variants of an item differ."""
    known = VARIANTS[made.service.code]
    names = dict.fromkeys(name for variant in known if not variant.items or item in variant.items for name in variant.options)
    return "; ".join(f"{name}={chosen.options[name]}" for name in names if item_uses(known, item, name)) or "-"


def item_uses(known, item, name):
    """Whether a variant of the item names an option."""
    return any(name in variant.options for variant in known if item in variant.items)


def variant_notes(layers, rows):
    """One note per item with its variants, the chosen one first, and the reasons of absent ones."""
    notes = []
    for service, item in dict.fromkeys((row["service"], row["item"]) for row in rows):
        mine = [row for row in rows if (row["service"], row["item"]) == (service, item)]
        texts = [f"{row['variant']}: {row['quantity']:.6g} {row['uom']}" for row in mine]
        notes.append(noted("variants_beside", service=service, item=item, chosen=texts[0], others="; ".join(texts[1:])))
    for (service, name), reason in layers.variants_absent.items():
        notes.append(noted("variant_absent", service=service, variant=name, reason=reason.code))
    return notes


def ls_rows(layers):
    """Mean and 95th percentile of LS per unit: the factor by which two results differ most.

    Parameters
    ----------
    layers : Layers

    Returns
    -------
    table (unit_set, unit_id, mean, p95)
    """
    reader = layers.readers.get("ls")
    if reader is None or layers.grid.rows * layers.grid.cols > FACTOR_CELLS:
        return []
    rows = []
    for unit_set, units in layers.sets.items():
        table = totals.zonal(units, [reader.source], stats=["mean", "quantile:0.95"])
        table = table.rename(columns={"quantile:0.95": "p95"}).assign(unit_set=unit_set)
        rows += table[["unit_set", "unit_id", "mean", "p95"]].to_dict("records")
    return rows


def warn_of_shares(cells, supply, gep):
    """Warn where a formula cut off much, or where the evaporation of water bodies is much of a unit's sum.

    Parameters
    ----------
    cells : table (unit_set, service, item, quantity, diagnostic, variant)
    supply : table (unit_set, unit_id, service, item, value)
    gep : table (unit_set, unit_id, provisioning, regulating, cultural)
    """
    own = cells[cells["variant"] == ""]
    sums = own.groupby(["service", "item"])["quantity"].sum()
    clipped, kept = sums.get(("water_retention", "clipped"), 0.0), sums.get(("water_retention", "retention"), 0.0)
    if kept > 0 and clipped / kept > CLIPPED_SHARE:
        warn("retention_clipped", share=clipped / kept, limit=CLIPPED_SHARE)
    water = supply[(supply["service"] == "climate_regulation") & (supply["item"] == "water")]
    values = water.groupby(["unit_set", "unit_id"])["value"].sum()
    whole = gep.set_index(["unit_set", "unit_id"])[["provisioning", "regulating", "cultural"]].sum(axis=1)
    share = (values / whole.where(whole > 0)).dropna()
    large = share[share > WATER_SHARE]
    if len(large):
        units = [f"{unit} ({value:.0%})" for (_, unit), value in large.items()]
        warn("water_decides", units=units, limit=WATER_SHARE)
