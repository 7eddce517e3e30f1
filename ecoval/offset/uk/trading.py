"""Trading rules of England's statutory biodiversity metric, band by band: what a surplus of one habitat may make up for.

Very high and high: the same habitat alone (very high: or bespoke compensation, which is not computed). Medium: the same broad type,
else a surplus of a higher band. Low: the same band or a surplus of a better one. Surpluses flow downwards only, and each unit once.
Changes are counted before the factor of place, as in the ported workbook [ABITAT-BNG]. Part of the adapter `uk`: not advice.
"""

from __future__ import annotations

import pandas as pd

from ecoval.registry import data_rows

_TOLERANCE = 1e-9


def trading_rules() -> pd.DataFrame:
    """The packaged rules: band, rank, same_habitat, same_broad_type, accepts_higher, ..., status."""
    return pd.DataFrame(data_rows("offset", "uk_trading.csv"))


def unit_changes(units: pd.DataFrame) -> pd.DataFrame:
    """Units before and after of each habitat: what is there counts for its habitat, what is aimed at for the target's.

    Parameters
    ----------
    units : table (module, action, habitat, broad_type, distinctiveness, target_habitat, ..., baseline, post)
        From `uk_units`.

    Returns
    -------
    table (module, band, broad_type, habitat, baseline, post, change)
    """
    retained = units["action"] == "retained"
    parts = [_side(units, "", "baseline"), _side(units[retained], "", "post"), _side(units[~retained], "target_", "post")]
    table = pd.concat(parts).fillna({"baseline": 0.0, "post": 0.0, "broad_type": "", "habitat": ""})
    table = table.groupby(["module", "band", "broad_type", "habitat"], as_index=False)[["baseline", "post"]].sum()
    return table.assign(change=table["post"] - table["baseline"])


def _side(units: pd.DataFrame, prefix: str, column: str) -> pd.DataFrame:
    """Units of one side under the names of the habitat they count for."""
    names = {f"{prefix}distinctiveness": "band", f"{prefix}broad_type": "broad_type", f"{prefix}habitat": "habitat"}
    return units.loc[units[column] != 0, ["module", *names, column]].rename(columns=names)


def uk_trading(units: pd.DataFrame) -> pd.DataFrame:
    """Whether each band meets its rule, in each module by itself.

    Parameters
    ----------
    units : table (module, action, habitat, broad_type, distinctiveness, target_habitat, ..., baseline, post)
        From `uk_units`.

    Returns
    -------
    table (module, band, broad_type, habitat, change, from_higher, net, ok)
        One row per habitat in the bands very high and high, per broad type in medium, one in low. `from_higher` is what a
        surplus of higher bands gives; `net` below 0 is short.
    """
    changes = unit_changes(units)
    rules = trading_rules().astype({"rank": int}).sort_values("rank", ascending=False)
    rows = []
    for module, table in changes.groupby("module", sort=False):
        pool = 0.0
        for rule in rules.itertuples(index=False):
            band = table[table["band"] == rule.band]
            by = (
                ["broad_type", "habitat"] if rule.same_habitat == "yes" else ["broad_type"] if rule.same_broad_type == "yes" else []
            )
            groups = band.groupby(by, sort=True)["change"].sum() if by else band["change"].groupby(band["band"]).sum()
            surplus = float(groups.clip(lower=0.0).sum())
            for key, change in groups.items():
                taken = min(pool, max(0.0, -change)) if rule.accepts_higher == "yes" else 0.0
                pool -= taken
                rows.append(_row(module, rule.band, by, key, float(change), taken))
            pool += surplus
    return pd.DataFrame(rows, columns=["module", "band", "broad_type", "habitat", "change", "from_higher", "net", "ok"])


def _row(module: object, band: str, by: list[str], key: object, change: float, taken: float) -> dict:
    names = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True)) if by else {}
    net = change + taken
    found = {"module": module, "band": band, "broad_type": names.get("broad_type", ""), "habitat": names.get("habitat", "")}
    return found | {"change": change, "from_higher": taken, "net": net, "ok": net >= -_TOLERANCE}
