"""Like for like: which ecosystem type may make up for which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ecoval import tables
from ecoval.classification import lineage
from ecoval.declarations import Key, columns
from ecoval.errors import InputError
from ecoval.offset.rules.tables import check_columns, content_hash, kinds, refuse_twice, refuse_values, texts

BANDS = ("low", "middle", "top")  # from the lowest
IRREPLACEABLE = "irreplaceable"


@dataclass(frozen=True)
class BandRow:
    """A row of a rule by bands: the band of an ecosystem type."""

    ecosystem_type: Annotated[str, Key("type; stands for the finer ones without a row too", "类型；也代表没有单独一行的下级类型")]
    band: Annotated[str, Key("its band", "等级", choices=(*BANDS, IRREPLACEABLE))]
    broad: Annotated[str, Key("broad type; default: level 1 of the classification", "大类；默认为分类的第一级")] = ""


@dataclass(frozen=True)
class PairRow:
    """A row of a rule by pairs: a type that makes up for another."""

    lost: Annotated[str, Key("type that is lost", "损失的类型")]
    target: Annotated[str, Key("type that makes up for it", "可用于补偿的类型")]


@dataclass(frozen=True)
class Accept:
    """Which kind may make up for which.

    By default only the same kind. By pairs: the pairs listed, and the same kind. By bands: top asks for the same kind, middle for
    a higher band or the same broad type in no lower band, low for the same band or a higher one; irreplaceable accepts nothing.
    A kind without a row has that of the class above it.
    """

    table: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"ecosystem_type": []}))
    form: str = "same"

    @classmethod
    def read(cls, path: str | Path | None = None, sheet: str | None = None) -> Accept:
        """Rule of a table, as `of`; None: only the same kind."""
        return cls() if path is None else cls.of(tables.read(path, sheet=sheet), str(path))

    @classmethod
    def of(cls, table: pd.DataFrame, layer: str = "rules.accept") -> Accept:
        """Rule of a table in memory.

        Parameters
        ----------
        table : table (ecosystem_type, band) or table (lost, target)
            Bands are low, middle, top, irreplaceable; `broad` (text) names the broad type where it is not level 1 of the
            classification.
        layer : text
            Name for messages.

        Returns
        -------
        Accept

        Raises
        ------
        InputError
            FIELD_MISSING, ID_DUPLICATE, KIND_UNKNOWN, VALUE_OUT_OF_RANGE.
        """
        if "band" in table.columns:
            check_columns(table, BandRow, layer)
            refuse_twice(table, ["ecosystem_type"], layer)
            made = pd.DataFrame({"ecosystem_type": kinds(texts(table, "ecosystem_type"), layer), "band": texts(table, "band")})
            wrong = ~made["band"].isin([*BANDS, IRREPLACEABLE])
            refuse_values(wrong, made["ecosystem_type"], "band", layer, made["band"], ", ".join([*BANDS, IRREPLACEABLE]))
            top = made["ecosystem_type"].map(lambda code: str(lineage(int(code))[-1]))
            made["broad"] = np.where(texts(table, "broad") == "", top, texts(table, "broad"))
            return cls(made, "bands")
        pair = columns(PairRow)
        check_columns(table, PairRow, layer)
        refuse_twice(table, list(pair), layer)
        made = pd.DataFrame({name: kinds(texts(table, name), layer) for name in pair})
        return cls(made, "pairs")

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content."""
        return content_hash({"form": self.form, "table": self.table})

    def accepts(self, lost: Any, target: Any) -> Any:
        """Whether a kind makes up for a kind that is lost.

        Parameters
        ----------
        lost, target : vector (pairs), 1
            Codes of ecosystem types; one code or many.

        Returns
        -------
        vector (pairs), 1
            True or False; of two single codes one truth value.

        Raises
        ------
        InputError
            KIND_UNKNOWN for a code that is not in the classification, PARAMETER_MISSING for one without a band.
        """
        one, other = np.broadcast_arrays(np.asarray(lost, dtype=np.int64), np.asarray(target, dtype=np.int64))
        codes, place = np.unique(np.stack([one.ravel(), other.ravel()]), return_inverse=True)
        place = place.reshape(2, -1)
        result = self.matrix(codes, codes)[place[0], place[1]].reshape(one.shape) if codes.size else one == other
        return bool(result) if result.ndim == 0 else result

    def matrix(self, lost: Iterable[int], target: Iterable[int]) -> npt.NDArray[np.bool_]:
        """Acceptance of every pair.

        Parameters
        ----------
        lost, target : vector (kinds), 1

        Returns
        -------
        array (lost, target), 1
        """
        lost, target = (np.asarray(list(each), dtype=np.int64) for each in (lost, target))
        kinds([*lost, *target], "rules.accept")
        same = lost[:, None] == target[None, :]
        if self.form == "same":
            return same
        if self.form == "pairs":
            listed = set(zip(self.table["lost"], self.table["target"], strict=True))
            above = [[any((a, b) in listed for a in lineage(int(x)) for b in lineage(int(y))) for y in target] for x in lost]
            return same | np.array(above, dtype=bool).reshape(same.shape)
        (band, broad), (band_there, broad_there) = self._banded(lost), self._banded(target)
        here, there = band[:, None], band_there[None, :]
        alike = (broad[:, None] == broad_there[None, :]) & (there >= here)
        middle, low = (here == BANDS.index(name) for name in ("middle", "low"))
        return (here >= 0) & (there >= 0) & (same | (middle & (alike | (there > here))) | (low & (there >= here)))

    def _banded(self, codes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Rank of the band (irreplaceable: -1) and broad type of each code."""
        rows = {int(code): row for row, code in enumerate(self.table["ecosystem_type"])}
        found = [next((rows[each] for each in lineage(int(code)) if each in rows), -1) for code in codes]
        absent = sorted({int(code) for code, row in zip(codes, found, strict=True) if row < 0})
        if absent:
            raise InputError("PARAMETER_MISSING", layer="rules.accept", features=absent, found="-", expected="ecosystem_type, band")
        rank = self.table["band"].map({IRREPLACEABLE: -1, **{name: place for place, name in enumerate(BANDS)}}).to_numpy()
        return rank[found], self.table["broad"].to_numpy(dtype=object)[found]
