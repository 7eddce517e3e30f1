"""Gridded series: files of bands in time put together to days, read window by window.

What a day is made of is worked out once as a list of bands with weights, so that a day of accumulated fields is a sum of
differences in which most bands cancel. Decided 2026: steps shorter than a day that hold sums or rates end at their time
(`stamp = end`), values of an instant belong to the day of their time; a day that lacks a step is a gap.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ecoval import rasters
from ecoval.errors import Cancelled, InputError, warn
from ecoval.grid import Grid
from ecoval.prepare.climate import gaps, measures, times
from ecoval.prepare.climate.reading import Reading
from ecoval.prepare.climate.times import DateVector
from ecoval.prepare.recipe import note

BATCH_CELLS = 6 * 2**20  # values decoded at once
WINDOW_CELLS = 2**20
SMALL_BLOCK = 2**14  # cells
SAMPLED_DAYS = 12
SAMPLED_SIDE = 200
SAMPLED_STEPS = 40
SLIGHTLY_NEGATIVE = -0.5  # mm d-1: packing of accumulated fields
TURN = 360.0
Step = tuple[int, int, float]  # file, band, weight


class GridSeries:
    """Daily values of one variable on a grid.

    Attributes
    ----------
    days : vector (days)
        Days that are whole, in order.
    """

    def __init__(self, role: str, paths: Sequence[Path], asked: Reading) -> None:
        """Open the files of a role; `asked` is the `Reading` that the user declared."""
        self.role, self.about = role, measures.ROLES[role]
        self.stacks: list[rasters.Stack] = []
        self.notes: list[dict[str, Any]] = []
        self._open_in = threading.local()  # files that each thread has open: those of its last days
        self._open(paths, asked)
        self.grid = self.stacks[0].grid
        self.name = self.stacks[0].name
        stamps = [self._times(stack) for stack in self.stacks]
        self.hours = times.step_of(np.concatenate(stamps), self.name)
        self.stamp = asked.stamp or self._usual_stamp()
        self._conversion = self._measured(asked)
        self._accumulated = self._accumulation(asked)
        self._plan(stamps, asked)
        if not self._steps:
            raise InputError("climate_no_whole_day", path=self.name, hours=self.hours)
        self.days = np.array(sorted(self._steps), dtype="datetime64[D]")
        self._check_values()
        self._describe(asked)

    @property
    def subdaily(self) -> bool:
        """Whether a day holds several steps."""
        return self.hours < 24

    def _open(self, paths: Sequence[Path], asked: Reading) -> None:
        for path in paths:
            name = asked.variables.get(self.role) or self._variable(path)
            self.stacks.append(rasters.Stack(path, name, asked.series_crs, asked.missing))
        first = self.stacks[0]
        for stack in self.stacks[1:]:
            stack.grid.require_match(first.grid, (stack.name, first.name))
        firsts = [self._times(stack)[0] for stack in self.stacks]
        self.stacks = [self.stacks[place] for place in np.argsort(np.array(firsts), kind="stable")]
        if first.flipped:
            self.notes.append(note("climate_latitude_turned", path=first.name))
        if first.grid.is_geographic and first.grid.bounds[2] > TURN / 2 + first.grid.cell[0]:
            left, _, right, _ = first.grid.bounds
            self.notes.append(note("climate_longitude_turned", path=first.name, left=float(left), right=float(right)))

    def _variable(self, path: Path) -> str | None:
        """Variable of a NetCDF file that holds the role: the only one, or the one of a usual name."""
        names = rasters.variables(path)
        if len(names) <= 1:
            return None
        fitting = [name for name in names if measures.role_of(name) == self.role]
        if len(fitting) != 1:
            raise InputError("climate_variable_unnamed", path=str(path), role=self.role, names=names)
        return fitting[0]

    def _times(self, stack: rasters.Stack) -> DateVector:
        dimension = stack.dimension
        if dimension:
            listed = stack.tags.get(f"NETCDF_DIM_{dimension}_VALUES", "").strip("{}").split(",")
            values = np.array(listed, dtype=float) if len(listed) == stack.count and all(listed) else stack.axis(dimension)
            units = stack.tags.get(f"{dimension}#units", "")
            if values is not None and len(values) == stack.count:
                return times.decoded(values, units, stack.tags.get(f"{dimension}#calendar", ""), stack.name)
        found = times.of_descriptions(stack.descriptions)
        if found is None:
            raise InputError("climate_times_absent", path=stack.name, bands=stack.count, found=stack.descriptions[0] or "-")
        return found

    def _usual_stamp(self) -> str:
        if not self.subdaily:
            return "start"
        return "end" if self.about.day == "sum" else "middle"

    def _measured(self, asked: Reading) -> measures.Conversion:
        stated = asked.measure_of(self.role) or self.stacks[0].units
        where = f"{self.name} {self.stacks[0].variable}".strip()
        if stated:
            return measures.conversion(self.role, stated, where)
        if self.about.day == "sum" and self.subdaily:
            low = high = mean = float("nan")
            raise InputError(
                "climate_measure_absent",
                where=where,
                role=self.role,
                low=low,
                high=high,
                mean=mean,
                expected=self.about.uom,
                expected_low=self.about.low,
                expected_high=self.about.high,
            )
        form = measures.AMOUNT if self.role == "rain" else measures.VALUE
        return measures.Conversion("", 1.0, 0.0, form)

    def _accumulation(self, asked: Reading) -> bool:
        """Whether bands hold the sum since the begin of the day; not guessed for amounts in steps."""
        if self._conversion.form != measures.AMOUNT or not self.subdaily:
            return False
        if asked.accumulated is None:
            raise InputError(
                "climate_accumulation_unsaid",
                path=self.name,
                variable=self.stacks[0].variable,
                hours=self.hours,
                uom=self._conversion.measure,
            )
        return asked.accumulated == "day"

    def _plan(self, stamps: Sequence[DateVector], asked: Reading) -> None:
        """Bands and weights of each day; days that lack a step are left out."""
        files = np.concatenate([np.full(len(each), place) for place, each in enumerate(stamps)])
        bands = np.concatenate([np.arange(1, len(each) + 1) for each in stamps])
        when = np.concatenate(stamps)
        zone = np.timedelta64(round((asked.time_zone or 0) * 3600), "s")
        if self.subdaily:
            days = times.civil_days(when - zone, self.hours, self.stamp, asked.utc_offset, asked.day)
        else:
            days = (when - np.timedelta64(1 if self.stamp == "end" else 0, "s")).astype("datetime64[D]")
        expected = round(24 / self.hours)
        step = np.timedelta64(round(self.hours * 3600), "s")
        amounts = self.subdaily and self._conversion.form == measures.AMOUNT
        begins = (when - step).astype("datetime64[D]") == when - step  # of an accumulation
        followed = np.flatnonzero(~begins[1:] & (np.diff(when) == step)).tolist() if amounts else []
        self._followed = [((files[k], bands[k]), (files[k + 1], bands[k + 1])) for k in followed]
        self._steps: dict[np.datetime64, list[Step]] = {}
        self.incomplete: list[tuple[np.datetime64, int]] = []
        edges = np.flatnonzero(np.diff(days) != np.timedelta64(0, "D")) + 1
        for part in np.split(np.arange(len(days)), edges):
            steps = self._weights(part, files, bands, when) if self._accumulated else [(files[k], bands[k], 1.0) for k in part]
            if len(part) == expected and steps is not None:
                self._steps[days[part[0]]] = steps
            else:
                self.incomplete.append((days[part[0]], len(part)))

    def _weights(
        self, part: npt.NDArray[np.int64], files: npt.NDArray[np.int64], bands: npt.NDArray[np.int64], when: DateVector
    ) -> list[Step] | None:
        """Sum of differences of fields that accumulate from 0 UTC; None where an earlier field is absent."""
        step = np.timedelta64(round(self.hours * 3600), "s")
        weights: dict[int, float] = {}
        for k in part.tolist():
            weights[k] = weights.get(k, 0.0) + 1.0
            if (when[k] - step).astype("datetime64[D]") != when[k] - step:
                if k == 0 or when[k - 1] != when[k] - step:
                    return None
                weights[k - 1] = weights.get(k - 1, 0.0) - 1.0
        return [(files[k], bands[k], weight) for k, weight in sorted(weights.items()) if weight]

    def read(self, days: Sequence[np.datetime64] | DateVector, window: Grid) -> npt.NDArray[np.float32]:
        """Values of some days that are there, in a window of the grid.

        Parameters
        ----------
        days : vector (days)

        Returns
        -------
        array (days, rows, cols), 1
            In the measure of the role, missing = nan.

        Raises
        ------
        InputError
            Where an accumulated field falls.
        """
        wanted: dict[int, dict[int, None]] = {}
        for day in days:
            for file, band, _ in self._steps[day]:
                wanted.setdefault(int(file), {})[int(band)] = None
        for file in getattr(self._open_in, "files", set()) - set(wanted):
            self.stacks[file].release()
        self._open_in.files = set(wanted)
        stored = {file: self.stacks[file].read(list(bands), window) for file, bands in wanted.items()}
        if len(stored) == 1 and all(len(self._steps[day]) == 1 for day in days):
            (values,) = stored.values()
            result = values if len(values) == len(days) else self._combined(days, stored, wanted, window)
        else:
            result = self._combined(days, stored, wanted, window)
        return self._converted(result)

    def _combined(
        self,
        days: Sequence[np.datetime64] | DateVector,
        stored: Mapping[int, npt.NDArray[np.float32]],
        wanted: Mapping[int, Mapping[int, None]],
        window: Grid,
    ) -> npt.NDArray[np.float32]:
        place = {(file, band): (file, index) for file, bands in wanted.items() for index, band in enumerate(bands)}
        result = np.empty((len(days), *window.shape), dtype=np.float32)
        for target, day in zip(result, days, strict=True):
            layers = [
                (stored[file][index], weight)
                for file, index, weight in ((*place[int(step[0]), int(step[1])], step[2]) for step in self._steps[day])
            ]
            target[:] = layers[0][0] if layers[0][1] == 1.0 else layers[0][0] * np.float32(layers[0][1])
            for layer, weight in layers[1:]:
                if self.about.day in ("sum", "mean"):
                    target += layer if weight == 1.0 else layer * np.float32(weight)
                else:
                    (np.maximum if self.about.day == "max" else np.minimum)(target, layer, out=target)
            if self.about.day == "mean":
                target /= np.float32(len(layers))
        return result

    def _converted(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        how = self._conversion
        factor = how.factor * (self.hours if how.form == measures.RATE else 1.0)
        if factor != 1.0:
            values *= np.float32(factor)
        if how.offset != 0.0:
            values += np.float32(how.offset)
        if self._accumulated:
            low = np.fmin.reduce(values, axis=None)
            if low < SLIGHTLY_NEGATIVE:
                raise InputError("climate_accumulation_falls", path=self.name, lowest=float(low))
            np.maximum(values, 0, out=values)
        return values

    def _check_values(self) -> None:
        """Magnitude of a sample: plausible where the measure is not stated, physical where it is."""
        rows, cols = (min(size, SAMPLED_SIDE) for size in self.grid.shape)
        part = self.grid.window((self.grid.rows - rows) // 2, (self.grid.cols - cols) // 2, rows, cols)
        some = self.days[np.unique(np.linspace(0, len(self.days) - 1, SAMPLED_DAYS).astype(int))]
        self._check_followed(part)
        low, high, mean = measures.statistics(self.read(some, part))
        where = f"{self.name} {self.stacks[0].variable}".strip()
        if np.isnan(low):
            return
        if not self._conversion.measure:
            measures.plausible(self.role, low, high, mean, where)
        measures.in_range(self.role, low, high, where)

    def _check_followed(self, part: Grid) -> None:
        """Whether accumulated fields rise from step to step and amounts of steps do not, in a sample of steps.

        Most steps cancel in the sum of a day, so that amounts of single steps would pass as accumulated unseen.
        """
        falls, rises = 0.0, 0.0
        for before, after in self._followed[:: max(len(self._followed) // SAMPLED_STEPS, 1)]:
            layers = [self.stacks[file].read([int(band)], part)[0] for file, band in (before, after)]
            apart = (layers[1] - layers[0]) * np.float32(self._conversion.factor)
            falls, rises = np.fmin(falls, np.fmin.reduce(apart, axis=None)), np.fmax(rises, np.fmax.reduce(apart, axis=None))
        if self._accumulated and falls < SLIGHTLY_NEGATIVE:
            raise InputError("climate_accumulation_falls", path=self.name, lowest=float(falls))
        if not self._accumulated and falls > SLIGHTLY_NEGATIVE and rises > -SLIGHTLY_NEGATIVE:
            warn("climate_accumulation_rises", path=self.name, highest=float(rises))

    def _describe(self, asked: Reading) -> None:
        fields: dict[str, object] = {"path": self.name, "role": self.role}
        if self._conversion.measure:
            self.notes.append(note("climate_converted", **fields, found=self._conversion.measure, uom=self.about.uom))
        else:
            self.notes.append(note("climate_measure_taken", **fields, uom=self.about.uom))
        if self.subdaily:
            fields |= {"hours": self.hours, "stamp": self.stamp, "day": asked.day, "offset": f"{asked.utc_offset:+g}"}
            self.notes.append(note("climate_steps", **fields, way=self.about.day))
        if self._accumulated:
            self.notes.append(note("climate_deaccumulated", path=self.name))

    def windows(self, part: Grid) -> list[Grid]:
        """Windows of the grid in which a whole series is read, along the blocks of the files."""
        high, wide = self.stacks[0].block
        row0, col0 = (part.first[axis] - self.grid.first[axis] for axis in (0, 1))
        whole = wide >= self.grid.cols or (wide * high < SMALL_BLOCK and self.stacks[0].driver != "netCDF")
        if whole:  # strips, frames, and small tiles; chunks of a NetCDF file may hold many days, so that they are read one by one
            rows = max(WINDOW_CELLS // part.cols, 1)
            rows, cols = max(rows // high * high, high), part.cols + col0
        else:
            rows, cols = high, wide
        cuts = [
            [(max(start, first), min(start + size, first + count)) for start in range(first // size * size, first + count, size)]
            for first, count, size in ((row0, part.rows, rows), (col0, part.cols, cols))
        ]
        return [self.grid.window(top, left, bottom - top, right - left) for top, bottom in cuts[0] for left, right in cuts[1]]

    def close(self) -> None:
        """Close the files."""
        for stack in self.stacks:
            stack.close()


class Days:
    """The days of a series in one window, read ahead in batches; indexed by position, best in order."""

    def __init__(
        self,
        series: GridSeries,
        days: DateVector,
        window: Grid,
        rule: str | None = None,
        tick: Callable[[int], object] | None = None,
    ) -> None:
        """Days of `series` in `window`; gaps are filled by `rule`; `tick(days)` reports and may stop."""
        self._series, self._days, self._window, self._rule, self._tick = series, days, window, rule, tick
        each = window.rows * window.cols * max(round(24 / series.hours), 1)
        self._size = int(np.clip(BATCH_CELLS // each, 1, 128))
        self._there = np.isin(days, series.days)
        self._pool: ThreadPoolExecutor | None = None
        self._ahead: deque[tuple[int, Future[npt.NDArray[np.float32]]]] = deque()
        self._batch: npt.NDArray[np.float32] = np.empty(0, dtype=np.float32)
        self._start = -1

    def __len__(self) -> int:
        return len(self._days)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Days, rows and columns."""
        return (len(self._days), *self._window.shape)

    def __getitem__(self, position: int) -> npt.NDArray[np.float32]:
        if not 0 <= position < len(self._days):
            raise IndexError(position)
        start = position // self._size * self._size
        if start != self._start:
            self._fetch(start)
        if self._tick is not None and self._tick(position) is False:
            raise Cancelled
        layer: npt.NDArray[np.float32] = self._batch[position - start]
        return layer

    def _fetch(self, start: int) -> None:
        """Batch that begins at `start`, and the order for those after it."""
        workers = 2 if self._series.stacks[0].driver == "GTiff" else 1
        if self._pool is None:
            self._pool = ThreadPoolExecutor(workers)
        if not self._ahead or self._ahead[0][0] != start:
            self._drop()
            self._ahead = deque([(start, self._pool.submit(self._load, start))])
        last = self._ahead[-1][0]
        while len(self._ahead) <= workers and last + self._size < len(self._days):
            last += self._size
            self._ahead.append((last, self._pool.submit(self._load, last)))
        self._start, future = self._ahead.popleft()
        self._batch = future.result()

    def _load(self, start: int) -> npt.NDArray[np.float32]:
        days, there = self._days[start : start + self._size], self._there[start : start + self._size]
        if there.all():
            return self._series.read(days, self._window)
        result = np.empty((len(days), *self._window.shape), dtype=np.float32)
        if there.any():
            result[there] = self._series.read(days[there], self._window)
        for place in np.flatnonzero(~there):
            parts = gaps.combination(str(self._rule), days[place], self._series.days, self._series.name)
            result[place] = sum(weight * self._series.read([day], self._window)[0] for day, weight in parts) if parts else 0.0
        return result

    def _drop(self) -> None:
        for _, future in self._ahead:
            future.cancel()
        self._ahead = deque()

    def close(self) -> None:
        """Stop reading ahead."""
        if self._pool is not None:
            self._drop()
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
