"""Random choices and their answers by looking at every set, straight from the tables and without the package."""

import itertools

import numpy as np
import pandas as pd
from scipy.optimize import linprog

EXAMPLE = [  # candidate, watershed, cost, water, soil, carbon: reference, example 3
    ("P1", "W1", 95, 70, 10, 20),
    ("P2", "W1", 60, 40, 35, 10),
    ("P3", "W1", 50, 45, 5, 5),
    ("P4", "W2", 20, 80, 30, 30),
    ("P5", "W1", 40, 20, 25, 25),
]


def example():
    """Requirements, candidates and credits of example 3."""
    requirements = table("service area_unit required", [("water", "W1", 100.0), ("soil", "W1", 40.0), ("carbon", "all", 50.0)])
    candidates = table("candidate_id option_id cost", [(row[0], "1", float(row[2])) for row in EXAMPLE])
    given = [(row[0], "1", row[1], row[3:]) for row in EXAMPLE]
    rows = []
    for candidate, option, watershed, (water, soil, carbon) in given:
        rows += [(candidate, option, "water", watershed, water), (candidate, option, "soil", watershed, soil)]
        rows += [(candidate, option, "carbon", "all", carbon)]
    return requirements, candidates, table("candidate_id option_id service area_unit credit", rows)


def table(columns, rows):
    return pd.DataFrame(rows, columns=columns.split())


def random_case(seed, most_options=15):
    """Tables and rules of a random choice; small whole numbers, so that sums tie."""
    draw = np.random.default_rng(seed)
    count = int(draw.integers(1, most_options + 1))
    rough = draw.random() < 0.5
    pairs, name = [], 0
    while len(pairs) < count:
        name += 1
        for option in range(1 + (draw.random() < 0.3)):
            pairs.append((f"c{name:02d}", f"o{option}"))
    pairs = pairs[:count]
    area = draw.integers(1, 6, count).astype(float)
    cost = draw.integers(1, 12, count).astype(float) if rough else draw.uniform(1, 12, count)
    candidates = table("candidate_id option_id", pairs).assign(cost=cost, area=area)
    if draw.random() < 0.5:
        candidates["fixed_cost"] = draw.integers(0, 4, count).astype(float)
    if draw.random() < 0.5:
        candidates["minimum_area"] = np.where(draw.random(count) < 0.5, draw.integers(0, 6, count), 0).astype(float)
    if draw.random() < 0.4:
        candidates["conflict_group"] = draw.choice(["", "", "g1", "g2", "g1;g2"], count)
    if draw.random() < 0.2:
        candidates["excluded"] = draw.choice(["", "", "", "CANDIDATE_IN_LEDGER"], count)
    rows = [(service, unit) for service in ("water", "soil", "carbon")[: draw.integers(1, 4)] for unit in ("A", "B")]
    credits = []
    for pair in pairs:
        for service, unit in rows:
            if draw.random() < 0.6:
                given = draw.integers(1, 10) if rough else draw.uniform(0.5, 10)
                credits.append((*pair, service, unit, float(given) * (-0.2 if draw.random() < 0.06 else 1.0)))
    credits = table("candidate_id option_id service area_unit credit", credits)
    sums = credits.groupby(["service", "area_unit"])["credit"].sum() if len(credits) else {}
    required = []
    for row in rows:
        wanted = draw.random() < 0.75
        level = draw.choice([0.1, 0.2, 0.35, 0.6]) * max(float(sums.get(row, 4.0)), 1.0)
        required.append((*row, (np.ceil(level) if rough else level) if wanted else -1.0))
    rules = {"ratio": float(draw.choice([1.0, 1.0, 1.5]))}
    if draw.random() < 0.2:
        rules["limit"] = float(draw.integers(5, 60))
    if draw.random() < 0.2:
        rules["most"] = int(draw.integers(1, 9))
    if draw.random() < 0.15:
        rules["ban"] = [pairs[draw.integers(count)][0]]
    if draw.random() < 0.15:
        rules["conflicts"] = [(pairs[0][0], pairs[-1][0])] if pairs[0][0] != pairs[-1][0] else []
    return (table("service area_unit required", required), candidates, credits), rules


class Every:
    """Arrays of a choice, read from its tables a second time."""

    def __init__(self, tables, rules):
        requirements, candidates, credits = tables
        self.frame = candidates.sort_values(["candidate_id", "option_id"]).reset_index(drop=True)
        n = len(self.frame)

        def column(name, absent):
            return self.frame[name].to_numpy() if name in self.frame else np.full(n, absent)

        self.cost, self.fixed = column("cost", 0.0), column("fixed_cost", 0.0)
        self.area, self.least = column("area", 0.0), column("minimum_area", 0.0)
        self.floor = np.where(self.least > 0, self.least / np.where(self.area > 0, self.area, 1.0), 0.0)
        self.barred = (column("excluded", "") != "") | (self.least > self.area)
        self.barred |= self.frame["candidate_id"].isin(rules.get("ban", ())).to_numpy()
        place = {pair: i for i, pair in enumerate(zip(self.frame["candidate_id"], self.frame["option_id"], strict=True))}
        asked = {(row.service, row.area_unit): row.required for row in requirements.itertuples()}
        keys = sorted(set(asked) | {(row.service, row.area_unit) for row in credits.itertuples()})
        self.required = np.array([max(asked.get(key, 0.0), 0.0) * rules.get("ratio", 1.0) for key in keys])
        self.gives = np.zeros((len(keys), n))
        for row in credits.itertuples():
            self.gives[keys.index((row.service, row.area_unit)), place[row.candidate_id, row.option_id]] = row.credit
        self.sets = [list(group) for _, group in self.frame.groupby("candidate_id").groups.items()]
        if "conflict_group" in self.frame:
            for name in ("g1", "g2"):
                self.sets.append([i for i, text in enumerate(self.frame["conflict_group"]) if name in text.split(";")])
        for a, b in rules.get("conflicts", ()):
            self.sets.append([i for i, one in enumerate(self.frame["candidate_id"]) if one in (a, b)])
        self.limit, self.most = rules.get("limit", np.inf), rules.get("most", n)

    def patterns(self):
        """All choices of options that bindings allow, as rows of 0 and 1."""
        n = len(self.frame)
        bits = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
        keep = (bits[:, self.barred].sum(axis=1) == 0) & (bits.sum(axis=1) <= self.most)
        for members in self.sets:
            keep &= bits[:, members].sum(axis=1) <= 1
        return bits[keep].astype(float)

    def best_whole(self):
        """(relative shortfall, cost, area, ids) of the best set of whole candidates."""
        bits = self.patterns()
        bits = bits[bits @ (self.cost + self.fixed) <= self.limit + 1e-9]
        sums = bits @ self.gives.T
        asks = self.required > 0
        bits, sums = (part[(sums[:, ~asks] >= -1e-9).all(axis=1)] for part in (bits, sums))
        lacks = np.maximum(self.required[asks] - sums[:, asks], 0.0) / self.required[asks]
        short = np.where(lacks < 1e-9, 0.0, lacks).sum(axis=1)
        keep = np.flatnonzero(short <= short.min() + 1e-9)
        for weights in (self.cost + self.fixed, self.area, np.arange(1, len(self.frame) + 1)):
            sums = bits[keep] @ weights
            keep = keep[sums <= sums.min() + 1e-9]
        best = min(keep, key=lambda row: tuple(np.flatnonzero(bits[row])))
        names = [tuple(self.frame.loc[i, ["candidate_id", "option_id"]]) for i in np.flatnonzero(bits[best])]
        return short[best], float(bits[best] @ (self.cost + self.fixed)), float(bits[best] @ self.area), names

    def best_share(self):
        """Least cost with shares, None where the rows cannot be met: a linear programme for each pattern."""
        best = None
        for x in self.patterns():
            bound = [(low * on, on) for low, on in zip(self.floor, x, strict=True)]
            rows, sides = [-self.gives], [-self.required]
            if np.isfinite(self.limit):
                rows.append(self.cost[None, :])
                sides.append([self.limit - float(self.fixed @ x)])
            made = linprog(self.cost, np.vstack(rows), np.concatenate(sides), bounds=bound, method="highs")
            if made.status == 0:
                best = min(made.fun + float(self.fixed @ x), np.inf if best is None else best)
        return best


def subsets(items):
    return itertools.chain.from_iterable(itertools.combinations(items, size) for size in range(len(items) + 1))
