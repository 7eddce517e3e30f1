"""The report of an account: its columns, each declared once, and its chapters, from the tables of a run folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from ecoval.accounts.headline import lacking_lines, prices_caption, prices_text, total_name, total_remarks
from ecoval.accounts.supply import AREAS
from ecoval.constants import CATEGORIES, M2_PER_KM2
from ecoval.document import Document, KeyFigure, KeyFigures, Lang, Medium, Row, Table
from ecoval.findings import text_of
from ecoval.report import content, listing
from ecoval.report.draft import Draft
from ecoval.report.figures import CATEGORY_COLOURS, Drawn, bars_figure, map_figure
from ecoval.report.folder import RunFiles
from ecoval.report.naming import indicator_name, item_name
from ecoval.report.reader import CellReader, Entry, has_value
from ecoval.terms import name, number_text, option_text

MOST_LISTED = 1_000  # units in the table of a page
MOST_MAPPED = 5_000  # units of a set beyond which its map is left to a GIS
LONGEST = 20_000  # rows of units and services on a sheet; more stand in supply.csv

AREA_ENTRIES = (
    Entry("valid_area", "column_valid", "area", stated=True),
    Entry("missing_area", "column_absent", "area", stated=True),
    Entry("out_of_scope_area", "column_outside", "area", stated=True),
)
UNIT_ENTRIES = (
    Entry("unit_id", "column_code", medium="sheet"),
    Entry("unit_name", "column_unit", "unit_name", width=10),
    Entry("area", "column_area", "area"),
    *(Entry(category, category, "money") for category in CATEGORIES),
    Entry("gep", "column_gep", "money"),
    Entry("subtotal", "column_subtotal", "money", medium="sheet"),
    Entry("total_least", "total_least", "money", medium="sheet"),
    Entry("total_most", "total_most", "money", medium="sheet"),
    Entry("gep_per_km2", "per_area", "density"),
    Entry("gep_per_capita", "per_capita", "per_person"),
    Entry("gep_gdp_ratio", "GEP/GDP", "ratio"),
    Entry("gep_in_gdp", "in_gdp", "money"),
    Entry("valid_fraction", "column_valid_share", "percent"),
    *(Entry(f"valid_fraction_{category}", f"valid_fraction_{category}", "percent", medium="sheet") for category in CATEGORIES),
    Entry("indicators_missing", "column_missing", "names", medium="sheet"),
    Entry("indicators_excluded", "column_excluded", "names", medium="sheet"),
    Entry("value_share_unchecked", "value_share_unchecked", "percent", medium="sheet"),
    Entry("value_share_other_price_years", "value_share_other_price_years", "percent", medium="sheet"),
)
BOUNDED = (
    Entry("value", "column_value", "money"),
    Entry("value_least", "value_least", "money"),
    Entry("value_most", "value_most", "money"),
)
PARTIAL = (Entry("unit_name", "column_unit", width=10), Entry("indicator", "column_indicator", "name", width=14), *BOUNDED)
INDICATOR_STATES = (
    Entry("unit_id", "column_code"),
    Entry("unit_name", "column_unit", width=10),
    Entry("indicator", "column_indicator", "name", width=14),
    Entry("state", "column_state", "state"),
    *BOUNDED,
    Entry("share", "column_share_total", "percent"),
    Entry("reason", "column_reason", "reason", width=40),
)
MEASURED = (
    Entry("indicator", "column_indicator", "label", width=14),
    Entry("quantity", "column_quantity", "quantity"),
    Entry("uom", "column_uom", "quantity_uom"),
    Entry("price", "column_price", "price"),
    Entry("price_uom", "column_price_uom", "price_uom", width=8),
    Entry("value", "column_value", "money"),
)
SERVICES = (
    Entry("category", "column_category", "name", medium="sheet"),
    *MEASURED,
    Entry("share_of_class", "column_share_class", "percent"),
    Entry("share_of_total", "column_share_total", "percent"),
    Entry("status", "column_status", "status"),
    Entry("option", "column_option", medium="sheet"),
)
INDICATOR_ENTRIES = (*MEASURED, Entry("membership", "column_membership", "membership"))
UNIT_SERVICES = (
    Entry("unit_id", "column_code"),
    Entry("unit_name", "column_unit"),
    Entry("category", "column_category", "name"),
    Entry("indicator", "column_indicator", "label"),
    Entry("quantity", "column_quantity", "quantity"),
    Entry("uom", "column_uom", "quantity_uom"),
    Entry("value", "column_value", "money"),
    *AREA_ENTRIES,
)
EXTENT_ENTRIES = (
    Entry("ecosystem_type", "column_type", "type", width=14),
    Entry("area", "column_area", "area"),
    Entry("share_of_area", "column_share_area", "percent"),
    Entry("value", "column_value", "money"),
    Entry("value_per_km2", "column_value_km2", "density"),
    Entry("share_of_value", "column_share_value", "percent"),
)
SCOPE_ENTRIES = (
    Entry("indicator", "column_indicator", "label", width=14),
    *AREA_ENTRIES,
    Entry("valid_fraction", "column_valid_share", "percent"),
)
SENSITIVITY = (
    Entry("service", "column_service", "name"),
    Entry("value", "column_value", "money"),
    Entry("share", "column_share_total", "percent"),
    Entry("effect", "column_effect", "effect"),
)
VARIANTS = (
    Entry("indicator", "column_indicator", "label", width=14),
    Entry("variant", "column_variant", "variant", width=16),
    Entry("chosen", "column_in_account", "yes", medium="sheet"),
    Entry("quantity", "column_quantity", "quantity"),
    Entry("uom", "column_uom", "quantity_uom"),
    Entry("value", "column_value", "money"),
)
STORAGE = (
    Entry("indicator", "column_indicator", "label", width=14),
    Entry("quantity", "column_quantity", "quantity"),
    Entry("uom", "column_uom", "quantity_uom"),
    Entry("full_cost", "storage_full", "number", unit="CNY m-3"),
    Entry("full_cost_value", "column_value", "money"),
    Entry("annualised", "storage_annualised", "number", unit="CNY m-3"),
    Entry("annualised_value", "column_value", "money"),
    Entry("chosen", "storage_chosen", "choice", width=10),
)
FACTORS = (
    Entry("unit_name", "column_unit", width=10),
    Entry("mean", "column_mean", "number"),
    Entry("p95", "column_p95", "number"),
)
DIAGNOSTICS = (
    Entry("unit_set", "unit_set"),
    Entry("indicator", "column_indicator", "label", width=14),
    Entry("quantity", "column_quantity", "quantity"),
    Entry("uom", "column_uom", "quantity_uom"),
)
NUMBERS = (
    Entry("service", "column_service", "name"),
    Entry("parameter", "column_parameter", "name"),
    Entry("key", "column_key", "key"),
    Entry("value", "column_number", "range"),
    Entry("uom", "column_uom", "measure"),
    Entry("region", "column_region", "region"),
    Entry("year", "column_year"),
    Entry("source_id", "column_source"),
    Entry("status", "column_status", "status"),
    Entry("note", "column_note", medium="sheet"),
)
NOTES = (Entry("about", "column_indicator"), Entry("text", "column_note", width=110))

Rows = Sequence[Mapping[str, Any]]


def account_document(run: RunFiles, lang: Lang = "zh", money: str = "亿元", area: str = "km2") -> Document:
    """The report of a run.

    Parameters
    ----------
    money : choice {元, 万元, 亿元}
    area : choice {ha, km2, 亩}
    """
    return _Account(run, lang, money, area).document()


class _Account:
    """The run, its reader, and the draft that grows chapter by chapter."""

    def __init__(self, run: RunFiles, lang: Lang, money: str, area: str) -> None:
        self.run, self.record = run, run.record
        self.price_year = run.record.get("price_year", "")
        self.reader = CellReader(lang, money, area, self.price_year)
        self.w = self.reader.word
        self.sections = content.unit_sets(run)
        prices = prices_caption([section["line"] for section in self.sections], self.price_year, lang)
        self.money_note = self.w("money_unit", money=self.reader.money_name, prices=prices)
        self.draft = Draft(lang, str(run.record.get("name", "")), self.w("report_title"))

    def document(self) -> Document:
        """All chapters in their order."""
        record, versions = self.record, self.record.get("versions") or {}
        finished = str(record.get("finished") or record.get("started") or "").replace("T", " ")[:16]
        software = f"ecoval {versions.get('ecoval') or ''}".strip()
        standard = str(record.get("standard", ""))
        sections = self.sections
        prices = dict.fromkeys(prices_text(section["line"], self.price_year, self.reader.lang) for section in sections)
        at_one = all(not set(section["line"]["price_years"]) - {str(self.price_year)} for section in sections)
        self.draft.facts(
            (self.w(label), str(value))
            for label, value in (
                ("accounting_year", record.get("year", "")),
                ("price_year", self.price_year if at_one else " ".join(prices)),
                ("standard", standard),
                ("run_finished", finished),
                ("software", software),
            )
        )
        self.draft.say(self._standard(), "warn")
        for number, section in enumerate(sections):
            self._section(section, f"s{number}", f" · {section['unit_set']}" if len(sections) > 1 else "")
        self._notes()
        self._numbers()
        self._membership()
        self._provenance(versions)
        return self.draft.document(record.get("finished"), " · ".join((self.draft.title, standard, software, finished)))

    def _standard(self) -> str:
        """What a reader must know of the standard."""
        standard = self.record.get("standard", "")
        return self.w("standard_open") if standard == "open-2026" else self.w("standard_other", standard=standard)

    def _section(self, section: dict[str, Any], prefix: str, of: str) -> None:
        """Chapters of a unit set."""
        self.draft.chapter(self.w("headline") + of)
        if section["subject"]:
            self.draft.say(self.w("headline_subject", subject=section["subject"]), "quiet")
        self.draft.add(self._headline(section))
        for text in self._remarks(section["line"]):
            self.draft.say(text)
        lacking = lacking_lines(section["line"], self.reader.lang, listing.left_out(self.record))
        if lacking:
            self.draft.say(self.w("lacking_text"))
            self.draft.listed(lacking)
        choices = [] if prefix != "s0" else self._choices_of_method()  # the variants are those of the first unit set
        if choices:
            self.draft.say(self.w("method_text"))
            self.draft.listed(choices)
        self.draft.say(self.w("in_gdp_note"), "quiet")
        self.draft.chapter(self.w("section_units") + of)
        self._units(section, of)
        self.draft.chapter(self.w("section_map") + of)
        self._figures(section, prefix)
        self.draft.chapter(self.w("section_services") + of)
        self._services(section, of)
        self._unit_services(section, of)
        self.draft.chapter(self.w("section_types") + of)
        self.draft.say(self.w("types_text"), "quiet")
        lead = (self.w("types_text"),)
        self._table(
            "section_types", EXTENT_ENTRIES, section["types"], self.money_note, sheet=self._sheet("types", of), lead=lead, heads=1
        )
        self.draft.chapter(self.w("section_areas") + of)
        self.draft.say(self.w("areas_text"), "quiet")
        rows, lead = self._named(section["areas"]), (self.w("areas_text"),)
        area = self.reader.area_name
        self._table("section_areas", SCOPE_ENTRIES, rows, area, sheet=self._sheet("areas", of), lead=lead, heads=1)
        if section["sensitivity"] and has_value(section["line"]["value"]):
            self.draft.chapter(self.w("section_sensitivity") + of)
            step = round(section["sensitivity"][0]["step"] * 100)
            self.draft.say(self.w("sensitivity_text", step=step), "quiet")
            self._table("section_sensitivity", SENSITIVITY, section["sensitivity"], self.money_note, "page", step=step)

    def _remarks(self, line: Mapping[str, Any]) -> list[str]:
        """Sentences beside a total, money as in the tables."""

        def money(value: float, _: str) -> str:
            return f"{self.reader.money_text(value)} {self.reader.money_name}"

        return total_remarks(line, self.price_year, self.reader.lang, money)

    def _choices_of_method(self) -> list[str]:
        """A line for each item that other published forms value otherwise; forms that change one number are no choice of method."""
        values: dict[tuple[str, str], dict[bool, list[float]]] = {}
        for row in self.record.get("variants") or []:
            if has_value(row["value"]) and "=" in row["variant"]:
                values.setdefault((row["service"], row["item"]), {}).setdefault(bool(row["chosen"]), []).append(row["value"])
        lines, reader = [], self.reader
        for (service, item), by_choice in values.items():
            if True in by_choice and False in by_choice:
                other_values = by_choice[False]
                texts = {"low": reader.money_text(min(other_values)), "high": reader.money_text(max(other_values))}
                label = reader.capital(reader.name(f"{service}:{item}"))
                lines.append(
                    self.w("method_line", name=label, chosen=reader.money_text(by_choice[True][0]), uom=reader.money_name, **texts)
                )
        return lines

    def _headline(self, section: dict[str, Any]) -> KeyFigures:
        total, reader = section["total"], self.reader
        number, not_given, line = section["number"], self.w("headline_not_given"), section["line"]
        missing = "" if line["total"] == "gep" else self.w("headline_incomplete", missing=number - line["complete"], number=number)
        label = total_name(line, reader.lang)
        if line["value"] is None:
            figures = [KeyFigure(label, not_given, note=missing, valued=False)]
        else:
            figures = [KeyFigure(label, reader.money_text(line["value"]), reader.money_name, missing)]
        for category in CATEGORIES:
            label, (part, units) = reader.capital(reader.name(category)), total["partial"][category]
            if has_value(total[category]):
                figures.append(KeyFigure(label, reader.money_text(total[category]), reader.money_name))
            elif has_value(part):
                note = self.w("partial_of", known=units, number=number)
                figures.append(KeyFigure(label, reader.money_text(part), reader.money_name, note))
            else:
                figures.append(KeyFigure(label, not_given, valued=False))
        if has_value(total["gep_per_km2"]):
            density = number_text(total["gep_per_km2"] / reader.density)
            figures.append(KeyFigure(self.w("per_area"), density, reader.density_name))
        if has_value(total["gep_per_capita"]):
            figures.append(KeyFigure(self.w("per_capita"), number_text(total["gep_per_capita"]), self.w("per_person")))
        if has_value(total["gep_gdp_ratio"]):
            figures.append(KeyFigure(self.w("gep_gdp"), number_text(total["gep_gdp_ratio"], 2)))
        return KeyFigures(tuple(figures))

    def _units(self, section: dict[str, Any], of: str) -> None:
        partial = section["line"]["total"] == "subtotal"
        entries = tuple(replace(entry, medium="both") if partial and entry.key == "subtotal" else entry for entry in UNIT_ENTRIES)
        marks = self._marks(section["units"])
        marked = [{**unit, "mark": marks[unit["indicators_missing"]]} if marks else unit for unit in section["units"]]
        units = [self.reader.row(entries, unit) for unit in marked]
        note = self.reader.semicolon.join(f"{mark} {self.reader.missing_text(codes)}" for codes, mark in marks.items() if mark)
        total = {"unit_name": self.w("column_total"), **section["total"]}
        sums = [self.reader.row(entries, total, "sum")] if section["additive"] and section["number"] > 1 else []
        sheet, lead = self._sheet("summary", of), (self._lead(),)
        if len(units) > MOST_LISTED:
            rows = [*units[:MOST_LISTED], *sums]
            self._rows("section_units", entries, rows, self.money_note, "page", heads=2, note=note)
            self.draft.say(self.w("units_left_out", number=len(units) - MOST_LISTED), "quiet")
            self._rows("section_units", entries, [*units, *sums], "", "sheet", sheet=sheet, lead=lead, heads=2)
        else:
            self._rows("section_units", entries, [*units, *sums], self.money_note, sheet=sheet, lead=lead, heads=2, note=note)

        name_of = dict(zip(section["gep"]["unit_id"], section["gep"]["unit_name"], strict=True))
        states = section["states"].assign(unit_name=section["states"]["unit_id"].map(name_of))
        partial = states[states["value_least"] < states["value_most"]]
        if len(partial):
            self.draft.say(self.w("partial_text"), "quiet")
            self._table("partial", PARTIAL, partial.head(MOST_LISTED).to_dict("records"), self.money_note, "page")
        sheet = self._sheet("indicators", of)
        remarks = (self._lead(section["subject"]), *self._remarks(section["line"]))
        rows = states.head(LONGEST).to_dict("records")
        self._table(
            "sheet_indicators", INDICATOR_STATES, rows, self.money_note, "sheet", sheet=sheet, lead=remarks, heads=2, filtered=True
        )

    @staticmethod
    def _marks(units: Rows) -> dict[str, str]:
        """Indicators that units lack -> mark of their note, where several units lack the same; none where each has its own."""
        lacking = [unit["indicators_missing"] for unit in units]
        sets = [codes for codes in dict.fromkeys(lacking) if codes]
        if len(sets) == sum(map(bool, lacking)):
            return {}
        return {"": ""} | {codes: f"[{number}]" for number, codes in enumerate(sets, start=1)}

    def _services(self, section: dict[str, Any], of: str) -> None:
        """Services that count, and on the page those beside the total in a table of their own."""
        rows = []
        for row in section["services"]:
            kind = row["kind"]
            label = item_name(row, self.reader.lang) if kind == "item" else self._group(row, section["line"])
            rows.append(self.reader.row(SERVICES, {**row, "indicator": label}, kind))
        caption = self.w("section_services") + (self.reader.colon + section["subject"] if section["subject"] else "")
        self._rows(caption, SERVICES, rows, self.money_note, "page", heads=2)
        beside = self._named(section["beside"])
        if beside:
            self.draft.part(self.w("section_beside"))
            self.draft.say(self.w("beside_text"), "quiet")
            self._table("section_beside", INDICATOR_ENTRIES, beside, self.money_note, "page", heads=1)
        for row in beside:
            place = f"{self.w('section_beside')}：{self.w('membership_' + row['membership'])}"
            rows.append(self.reader.row(SERVICES, {**row, "status": place}))
        lead = (self._lead(section["subject"]),)
        self._rows(caption, SERVICES, rows, "", "sheet", sheet=self._sheet("services", of), lead=lead, heads=2)

    def _group(self, row: Mapping[str, Any], line: Mapping[str, Any]) -> str:
        return total_name(line, self.reader.lang) if row["kind"] == "total" else self.w(f"group_{row['group']}")

    def _unit_services(self, section: dict[str, Any], of: str) -> None:
        """Quantity and value of each item in each unit, over its ecosystem types: for the sheet."""
        supply = section["supply"]
        groups = supply.groupby(["unit_id", "unit_name", "category", "service", "item"], sort=False)
        table = groups[["quantity", "value"]].sum(min_count=1).join(groups[AREAS].sum()).join(groups["uom"].first()).reset_index()
        alone = supply.groupby("service")["item"].nunique().eq(1).to_dict()
        rows = [{**row, "alone": alone[row["service"]]} for row in table.head(LONGEST).to_dict("records")]
        more = len(table) - len(rows)
        lead = (self.w("rows_left_out", number=more) if more > 0 else self.w("units_text"),)
        sheet = self._sheet("units", of)
        self._table("sheet_units", UNIT_SERVICES, self._named(rows), "", "sheet", sheet=sheet, lead=lead, heads=2, filtered=True)

    def _figures(self, section: dict[str, Any], prefix: str) -> None:
        """Map and bars of a unit set."""
        reader, shapes, gep = self.reader, section["shapes"], section["gep"]
        if shapes is not None and 0 < len(shapes) <= MOST_MAPPED:
            total = section["line"]["total"]
            mapped = shapes.assign(shown=shapes[total] / (shapes["area"] / M2_PER_KM2) / reader.density)
            source = self.w("map_source", crs=shapes.crs.name if shapes.crs is not None else "-")
            draw = partial(map_figure, mapped, "shown", "", reader.density_name, reader.lang, source=source, svg=True)
            self.draft.figure(Drawn(draw, f"{prefix}m"), self.w("caption_map", total=total_name(section["line"], reader.lang)))
        if len(gep) > 1:
            self._bars(gep.set_index("unit_name")[list(CATEGORIES)], f"{prefix}b", "caption_bars", gep[section["line"]["total"]])
        values = pd.DataFrame([row for row in section["services"] if row["kind"] == "item"])
        if len(values) and values["value"].notna().any():
            by_service = values.pivot_table(index="service", columns="category", values="value", aggfunc="sum")
            by_service = by_service[[category for category in CATEGORIES if category in by_service]]
            self._bars(by_service.rename(index=lambda code: name(code, reader.lang)), f"{prefix}s", "caption_services")

    def _bars(self, table: pd.DataFrame, prefix: str, caption: str, totals: pd.Series | None = None) -> None:
        reader = self.reader
        table = (table / reader.money).dropna(how="all", axis=1)
        colours = [CATEGORY_COLOURS[column] for column in table.columns]
        ends = None if totals is None else (totals / reader.money).to_numpy()
        table.columns = pd.Index([name(column, reader.lang) for column in table.columns])
        draw = partial(bars_figure, table, "", reader.money_name, reader.lang, svg=True, colours=colours, totals=ends)
        self.draft.figure(Drawn(draw, prefix), self.w(caption))

    def _notes(self) -> None:
        """Notes and the tables of values beside the account."""
        record, lead = self.record, (self._lead(),)
        notes = self._texts(listing.notes(record, layers=False))
        variants = self._named({"alone": False, **row} for row in record.get("variants") or [])
        storage = self._named(listing.storage_rows(record))
        factors = listing.factor_rows(self.run)
        diagnostics = self._named({"alone": False, **row} for row in record.get("diagnostics") or [])
        mixtures = self._texts(record.get("mixtures") or [])
        if notes or variants or storage or factors or diagnostics or mixtures:
            self.draft.chapter(self.w("section_notes"))
        self.draft.listed(notes)
        if variants:
            rows = [self.reader.row(VARIANTS, row, "sum" if row["chosen"] else "plain") for row in variants]
            sheet = self.w("sheet_variants")
            self._rows("variants", VARIANTS, rows, self.money_note, sheet=sheet, lead=lead, heads=1)
        if storage:
            sheet = self.w("sheet_storage")
            self._table("storage", STORAGE, storage, self.money_note, sheet=sheet, lead=lead, heads=1)
        if factors:
            self._table("factors", FACTORS, factors[:MOST_LISTED], "", "page")
        if diagnostics:
            self._table("diagnostics", DIAGNOSTICS, diagnostics, "", "page")
        for mixture in mixtures:
            self.draft.part(self.w("mixtures"))
            self.draft.say(mixture)

    def _numbers(self) -> None:
        """Numbers to be checked, those of one source in one row; on the sheet all numbers of the run."""
        self.draft.chapter(self.w("section_numbers"))
        numbers = listing.grouped_numbers(listing.listed_numbers(self.run))
        self.draft.say(self.w("numbers_text" if numbers else "no_numbers"))
        if numbers:
            self.draft.say(self.w("numbers_grouped"), "quiet")
            self._table("section_numbers", NUMBERS, [self._number(row) for row in numbers], "", "page")
        rows = [self._number(row) for row in self.record.get("numbers") or []]
        self._table("section_numbers", NUMBERS, rows, "", "sheet", sheet=self.w("sheet_numbers"))

    def _number(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        blank = dict.fromkeys((entry.key for entry in NUMBERS), "")
        return blank | {key: "" if value is None else value for key, value in row.items()} | {"year": row.get("year") or ""}

    def _membership(self) -> None:
        """Indicators without a value, and those whose place in the pack nobody has checked."""
        reader, separator = self.reader, self.reader.colon
        self.draft.chapter(self.w("section_membership"))
        gaps = [
            f"{reader.capital(indicator_name(row['indicator'], reader.lang))}{separator}{row['reason']}"
            for row in listing.gaps(self.run, reader.lang)
        ]
        excluded = reader.comma.join(reader.name(code) for code in self.record.get("excluded") or {})
        self.draft.say(self.w("gaps_text" if gaps else "no_gaps_but" if excluded else "no_gaps", names=excluded))
        self.draft.listed(gaps)
        membership = listing.unverified(self.run)
        if membership["unknown"]:
            self.draft.say(self.w("membership_unknown_text"))
            unknown = self.w("membership_unknown")
            self.draft.listed(reader.bracketed(reader.name(code), unknown) for code in membership["unknown"])
        if membership["recalled"]:
            self.draft.say(self.w("membership_recalled_text"))
            self.draft.say(reader.comma.join(reader.name(code) for code in membership["recalled"]))
        self._note_sheet(gaps, membership)

    def _note_sheet(self, gaps: list[str], membership: Mapping[str, list[str]]) -> None:
        """All notes as rows: for the sheet."""
        about = [("standard", [self._standard()])]
        about += [
            (title, self._texts(listing.notes(self.record, layers))) for layers, title in ((False, "notes"), (True, "layer_notes"))
        ]
        about += [("column_missing", gaps)]
        about += [
            (title, [self.reader.name(code) for code in membership[state]])
            for title, state in (("membership_unknown", "unknown"), ("membership_recalled_text", "recalled"))
        ]
        about += [("warnings", self._warnings())]
        rows = [{"about": self.w(title), "text": text} for title, texts in about for text in texts]
        self._table("notes", NOTES, rows, "", "sheet", sheet=self.w("sheet_notes"))

    def _provenance(self, versions: Mapping[str, Any]) -> None:
        """Inputs, preparation of the layers, options, warnings, versions."""
        reader = self.reader
        self.draft.chapter(self.w("section_provenance"))
        inputs = listing.input_rows(self.record, reader)
        if inputs:
            self._table("column_role", listing.INPUTS, inputs, "", "page")
        used = [(package, version) for package, version in versions.items() if version]
        software = [{"role": self.w("software"), "file": f"{package} {version}"} for package, version in used]
        self._table("column_role", listing.INPUTS, [*inputs, *software], "", "sheet", sheet=self.w("sheet_inputs"))
        layers = self._texts(listing.notes(self.record, layers=True))
        options = [
            reader.capital(reader.name(service))
            + reader.colon
            + reader.comma.join(option_text(option, choice, reader.lang) for option, choice in choices.items())
            for service, choices in (self.record.get("options") or {}).items()
            if choices
        ]
        for title, texts in (("layer_notes", layers), ("options", options), ("warnings", self._warnings())):
            if texts:
                self.draft.part(self.w(title))
                self.draft.listed(texts, quiet=title == "layer_notes")
        self.draft.part(self.w("versions"))
        self.draft.say(" · ".join(f"{package} {version}" for package, version in used), "quiet")

    def _table(
        self,
        caption: str,
        entries: Sequence[Entry],
        rows: Rows,
        remark: str = "",
        medium: Medium = "both",
        *,
        sheet: str = "",
        lead: tuple[str, ...] = (),
        heads: int = 0,
        filtered: bool = False,
        note: str = "",
        **fields: object,
    ) -> None:
        """A table of rows by their keys."""
        cells = [self.reader.row(entries, row) for row in rows]
        self._rows(
            caption, entries, cells, remark, medium, sheet=sheet, lead=lead, heads=heads, filtered=filtered, note=note, **fields
        )

    def _rows(
        self,
        caption: str,
        entries: Sequence[Entry],
        rows: Sequence[Row],
        remark: str = "",
        medium: Medium = "both",
        *,
        sheet: str = "",
        lead: tuple[str, ...] = (),
        heads: int = 0,
        filtered: bool = False,
        note: str = "",
        **fields: object,
    ) -> None:
        """A table of finished rows; its caption is a phrase or a text, with a remark in brackets."""
        text = self.reader.title(caption, **fields)
        self.draft.table(
            Table(
                columns=self.reader.columns(entries, **fields),
                rows=tuple(rows),
                caption=self.reader.bracketed(text, remark) if remark else text,
                note=note,
                medium=medium,
                heads=heads,
                sheet=sheet,
                lead=lead,
                filtered=filtered,
            )
        )

    def _named(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Rows with the name of their item."""
        return [{**row, "indicator": item_name(row, self.reader.lang)} for row in rows]

    def _texts(self, entries: Iterable[Any]) -> list[str]:
        return [text_of(entry, self.reader.lang) for entry in entries]

    def _warnings(self) -> list[str]:
        return list(dict.fromkeys(self._texts(self.record.get("warnings") or [])))

    def _sheet(self, what: str, of: str) -> str:
        """Name of a sheet, behind it the unit set where there are several."""
        return self.w(f"sheet_{what}") + of.replace(" · ", " ")

    def _lead(self, subject: str | None = None) -> str:
        """Name of the study, unit of money and price year, and the unit that a section is about."""
        return " · ".join(part for part in (self.draft.title, self.money_note, subject) if part)
