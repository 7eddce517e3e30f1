"""Re-summing a ticked list of parcels: what the engine does between a tick and its answer, beside numpy's bare sums.

    python benchmarks/ticks.py

2,000 parcels x 10 services x 20 areas, 200 of them ticked: every row, the value, the years and the verdict are judged anew, and
balance.csv is written. The floor is the sum of the credits of the ticked parcels alone, by one matrix product.
"""

import json
import math
import statistics
import tempfile
import time

import numpy as np
import pandas as pd

PARCELS, SERVICES, UNITS, EVERY, ROUNDS = 2_000, 10, 20, 10, 25


def case():
    """A project of many parcels, areas and services, as the stages before the choice leave it."""
    from ecoval.offset.balance.judge import Case
    from ecoval.offset.balance.verdict import Record

    random = np.random.default_rng(1)
    rows = [(f"P{j:04}", "o", f"s{i}", f"W{j % UNITS}") for j in range(PARCELS) for i in range(SERVICES)]
    credits = pd.DataFrame(rows, columns=["candidate_id", "option_id", "service", "area_unit"])
    credits["credit"] = random.uniform(0, 10, len(credits))
    credits = credits.assign(credit_low=credits["credit"] * 0.8, annual=credits["credit"], uom="m3", annual_uom="m3 yr-1")
    keys = [(f"s{i}", f"W{u}") for i in range(SERVICES) for u in range(UNITS)]
    debits = pd.DataFrame(keys, columns=["service", "area_unit"]).assign(debit=50.0, debit_high=60.0, annual=50.0, uom="m3")
    debits = debits.assign(annual_uom="m3 yr-1", area_kind="watershed")
    losses = debits.assign(start=2024, end=math.nan, recovery_years=0)
    names = pd.DataFrame({"candidate_id": [f"P{j:04}" for j in range(PARCELS)], "option_id": "o", "area": 1e4, "cost": 1e5})
    candidates = names.assign(fixed_cost=0.0, kind_target=111, excluded="", start_year=2024, ramp_years=5, end_year=math.nan)
    candidates = candidates.assign(ramp_shape="linear", conflict_group=None, name=names["candidate_id"])
    prices = pd.DataFrame({"service": [f"s{i}" for i in range(SERVICES)], "price": 2.0, "price_uom": "CNY m-3"})
    prices = prices.assign(price_year=2023, status="user")
    lost = pd.DataFrame({"ecosystem_type": [111], "area": [1e5]})

    def same(one, other):
        return one == other

    return Case(debits, losses, credits, candidates, prices, lost, same, t0=2024, record=Record(True, True))


def run():
    """Seconds of one answer, and of the floor, alternating.

    Returns
    -------
    list, list
    """
    from ecoval.engine import offset as method
    from ecoval.offset.balance.judge import Judge

    made = case()
    judge = Judge(made)
    ticked = [{"candidate_id": f"P{j:04}", "option_id": "o", "share": 1.0} for j in range(0, PARCELS, EVERY)]
    matrix = made.credits["credit"].to_numpy().reshape(PARCELS, SERVICES)
    picked = np.arange(0, PARCELS, EVERY)
    ours, floor = [], []
    with tempfile.TemporaryDirectory() as folder:
        method.balanced(judge, ticked, folder)
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            json.dumps(method.balanced(judge, ticked, folder), default=str)
            ours.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            np.add.reduce(matrix[picked])
            floor.append(time.perf_counter() - begin)
    return ours, floor


def main():
    """Print the median and the least of both."""
    ours, floor = run()
    for name, seconds in (("answer with balance.csv", ours), ("numpy's sums", floor)):
        print(f"{name}: median {1e3 * statistics.median(seconds):.2f} ms, least {1e3 * min(seconds):.2f} ms")


if __name__ == "__main__":
    main()
