"""The rows that a choice must meet: services by area, areas that may not lose, like for like, and the total value."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import sparse

from ecoval import tables
from ecoval.errors import InputError

TOLERANCE = 1e-6  # part of the requirement by which a sum may fall short and still meet it (rounding of shares)
SERVICE, LOSER, KIND, VALUE = "service", "no_new_loser", "like_for_like", "value"
COLUMNS = ("row", "service", "area_unit", "debit", "required", "uom", "tolerance")


def demand_rows(requirements, options, credits, kinds, accepts, value, ratio, ratio_value):
    """Rows with what they require, and what each full option gives to them.

    Parameters
    ----------
    requirements : table (service, area_unit, required, uom)
    options : table (candidate_id, option_id, area, kind)
    credits : table (candidate_id, option_id, service, area_unit, credit, uom)
    kinds, value : table
    accepts : callable
    ratio : number, 1
    ratio_value : number, 1

    Returns
    -------
    (table (row, service, area_unit, debit, required, uom, tolerance), sparse array (rows, options))
    """
    rows, matrix = _service_rows(requirements, options, credits, ratio)
    parts, matrices = [rows], [matrix]
    if kinds is not None and len(kinds):
        made, gives = _kind_rows(pd.DataFrame(kinds), options, accepts)
        parts.append(made)
        matrices.append(gives)
    if value is not None and len(value):
        made, gives = _value_row(rows, matrix, pd.DataFrame(value), ratio_value)
        parts.append(made)
        matrices.append(gives)
    together = rows if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    return together[list(COLUMNS)], sparse.vstack(matrices, format="csr")


def loss_tolerance(asked, largest):
    """What an area that lost nothing may lose without being a loser: a part of the service's largest requirement.

    Parameters
    ----------
    asked : number, 1
        Largest requirement of the service.
    largest : number, 1
        Its largest absolute credit, which counts where nothing is required.

    Returns
    -------
    number, 1
    """
    return TOLERANCE * (asked if asked > 0 else largest)


def _service_rows(requirements, options, credits, ratio):
    """A row per service and area that stands in the requirements or in the credits."""
    debits = dict(zip(zip(requirements["service"], requirements["area_unit"], strict=True), requirements["required"], strict=True))
    given = list(zip(credits["service"], credits["area_unit"], strict=True))
    places = {key: place for place, key in enumerate(sorted({*debits, *given}))}
    services, areas = ([key[part] for key in places] for part in (0, 1))
    debit = np.array([debits.get(key, 0.0) for key in places], dtype=np.float64)
    required = np.maximum(debit, 0.0) * np.array([service_ratio(ratio, service) for service in services], dtype=np.float64)
    asked, largest, uoms = {}, {}, {}
    for service, value in zip(services, required.tolist(), strict=True):
        asked[service] = max(asked.get(service, 0.0), value)
    for service, value in zip(credits["service"], credits["credit"].abs(), strict=True):
        largest[service] = max(largest.get(service, 0.0), value)
    for table in (credits, requirements):
        uoms |= {service: uom for service, uom in zip(table["service"], table["uom"], strict=True) if uom}
    losing = np.array([loss_tolerance(asked[service], largest.get(service, 0.0)) for service in services], dtype=np.float64)
    columns = {"row": np.where(required > 0, SERVICE, LOSER), "service": services, "area_unit": areas, "debit": debit}
    columns |= {"required": required, "uom": [uoms.get(service, "") for service in services]}
    rows = pd.DataFrame(columns | {"tolerance": np.where(required > 0, TOLERANCE * required, losing)})
    pairs = zip(options["candidate_id"], options["option_id"], strict=True)
    columns = {pair: place for place, pair in enumerate(pairs)}
    column = [columns[pair] for pair in zip(credits["candidate_id"], credits["option_id"], strict=True)]
    entries = (
        credits["credit"].to_numpy(),
        (np.array([places[key] for key in given], dtype=np.intp), np.array(column, dtype=np.intp)),
    )
    return rows, sparse.coo_array(entries, shape=(len(rows), len(options))).tocsr()


def service_ratio(ratio, service):
    """Ratio of a service out of a number, or of a mapping with "*" for the others.

    Parameters
    ----------
    ratio : number, 1
    service : text

    Returns
    -------
    number, 1
    """
    return ratio.get(service, ratio.get("*", 1.0)) if isinstance(ratio, Mapping) else ratio


def _kind_rows(kinds, options, accepts):
    """A row per ecosystem type that was lost: area of candidates whose kind it accepts."""
    kinds = kinds.reset_index(drop=True)
    lost = kinds["ecosystem_type"].map(lambda entry: f"{entry}")
    required = kinds["required"] if "required" in kinds else kinds["lost_area"] * kinds["ratio"]
    required = pd.Series(required, dtype="float64").clip(lower=0.0)
    useful = np.zeros((len(kinds), len(options)))
    area = options["area"].to_numpy()
    for place, entry in enumerate(kinds.itertuples(index=False)):
        agreed = _agreed(entry, options["kind"], accepts)
        if (agreed & np.isnan(area)).any() and required[place] > 0:
            raise InputError("choose_kind_area", candidate=options["candidate_id"][agreed & np.isnan(area)].iloc[0])
        useful[place] = np.where(agreed, area, 0.0)
    made = pd.DataFrame({"row": KIND, "service": KIND, "area_unit": lost, "debit": kinds.get("lost_area", required)})
    made = made.assign(required=required, uom="m2", tolerance=TOLERANCE * required).sort_values("area_unit")
    return made, sparse.csr_array(useful[made.index])


def _agreed(entry, given, accepts):
    """Which candidates' kinds an ecosystem type accepts: by the rule, by its column `accepts`, else its own kind alone."""
    if accepts is not None:
        verdicts = {kind: bool(kind) and bool(accepts(entry.ecosystem_type, _code(kind))) for kind in given.unique()}
        return given.map(verdicts).to_numpy(dtype=bool)
    listed = getattr(entry, "accepts", entry.ecosystem_type)
    if isinstance(listed, str):
        listed = [part.strip() for part in listed.replace("；", ";").split(";")]
    elif not isinstance(listed, list | tuple | set | frozenset | np.ndarray):
        listed = [listed]
    return given.isin([f"{one}" for one in listed]).to_numpy()


def _code(kind):
    """Code of an ecosystem type as a number where it is one."""
    return int(kind) if kind.lstrip("-").isdigit() else kind


def _value_row(rows, matrix, value, ratio_value):
    """One row of money: the value of all credits of priced services against that of the debits."""
    prices = tables.numbers(value, "price") if pd.api.types.is_string_dtype(value["price"].dtype) else value["price"]
    by_service = pd.Series(prices.to_numpy(dtype="float64"), index=value["service"].astype("str")).dropna()
    if by_service.index.has_duplicates:
        twice = by_service.index[by_service.index.duplicated()][0]
        raise InputError("choose_price_twice", service=twice, count=int((by_service.index == twice).sum()))
    price = rows["service"].map(by_service).fillna(0.0).to_numpy()
    debit = float(price @ rows["debit"].clip(lower=0.0).to_numpy())
    required = ratio_value * debit
    entries = {"row": VALUE, "service": VALUE, "area_unit": "*", "debit": debit, "required": required, "uom": "CNY"}
    made = pd.DataFrame([entries | {"tolerance": TOLERANCE * required}])
    return made, sparse.csr_array((price @ matrix)[None, :])
