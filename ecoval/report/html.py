"""report.html: one file, readable without a network, text of its figures as text."""

import itertools
import math
from importlib import resources

import jinja2
import pandas as pd

from ecoval.classification import coded_name
from ecoval.constants import CATEGORIES
from ecoval.findings import file_name, text_of
from ecoval.report import content, listing
from ecoval.report.figures import CATEGORY_COLOURS, bars_figure, map_figure, svg_text
from ecoval.report.wording import area_scale, money_scale, word
from ecoval.terms import measure_name, name, number_text, option_text, scaled, variants_text, vocabulary

ABSENT = "—"
MOST_LISTED = 1_000  # units in the table of a page
MOST_MAPPED = 5_000  # units of a set beyond which its map is left to a GIS


def html_report(run, lang="zh", money="亿元", area="km2"):
    """Report of a run as one HTML text.

    Parameters
    ----------
    run : RunFiles
    lang : choice {zh, en}
    money : choice {元, 万元, 亿元}
    area : choice {ha, km2, 亩}

    Returns
    -------
    text
    """
    money_divisor, money_name = money_scale(money, lang)
    area_divisor, area_name = area_scale(area, lang)
    environment = _environment(lang, money_divisor, area_divisor)
    sets = content.unit_sets(run)
    for number, section in enumerate(sets):
        section["figures"] = _figures(section, f"s{number}", lang, money_divisor, money_name)
    record = run.record
    return environment.get_template("report.html.j2").render(
        lang=lang,
        most_listed=MOST_LISTED,
        css=_template("report.css"),
        w=lambda identifier, **fields: word(identifier, lang, **fields),
        run=described(record),
        statement=statement(record.get("standard", ""), lang),
        sets=sets,
        money_name=money_name,
        area_name=area_name,
        density_name=f"{density_money(lang)[1]}/{area_scale('km2', lang)[1]}",
        money_note=word("money_unit", lang, money=money_name, year=record.get("price_year", "")),
        notes=[text_of(entry, lang) for entry in listing.notes(record, layers=False)],
        layers=[text_of(entry, lang) for entry in listing.notes(record, layers=True)],
        mixtures=[text_of(entry, lang) for entry in record.get("mixtures") or []],
        storage=listing.storage_rows(record),
        variants=[{"alone": False, **row} for row in record.get("variants") or []],
        factors=listing.factor_rows(run),
        diagnostics=[{"alone": False, **row} for row in record.get("diagnostics") or []],
        numbers=listing.grouped_numbers(listing.listed_numbers(run)),
        gaps=listing.gaps(run, lang),
        membership=listing.unverified(run),
        warnings=list(dict.fromkeys(text_of(entry, lang) for entry in record.get("warnings") or [])),
    )


def described(record):
    """What the head and foot of a report say of a run.

    Parameters
    ----------
    record : table (key, value)

    Returns
    -------
    table (key, value)
    """
    versions = record.get("versions") or {}
    return {
        "name": record.get("name", ""),
        "year": record.get("year", ""),
        "price_year": record.get("price_year", ""),
        "standard": record.get("standard", ""),
        "finished": str(record.get("finished") or record.get("started") or "").replace("T", " ")[:16],
        "version": versions.get("ecoval") or "",
        "versions": versions,
        "inputs": record.get("inputs") or [],
        "options": record.get("options") or {},
    }


def statement(standard, lang):
    """What a reader must know of the standard.

    Parameters
    ----------
    standard : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    if standard == "open-2026":
        return word("standard_open", lang)
    return word("standard_other", lang, standard=standard)


def density_money(lang):
    """Money of values per area: 万元, whatever the money of totals.

    Parameters
    ----------
    lang : choice {zh, en}

    Returns
    -------
    number, CNY
    text
    """
    return money_scale("万元", lang)


def item_name(row, lang):
    """Name of a service item: the service, and the item where there are several or a user named it.

    Parameters
    ----------
    row : table (service, item, alone)
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    service, item = name(row["service"], lang), name(row["item"], lang)
    if row["item"] in (row["service"], "*", "") or item == service or (row["alone"] and row["item"] in vocabulary()):
        return service
    return f"{service}：{item}" if lang == "zh" else f"{service}: {item}"


def indicator_name(code, lang):
    """Name of an indicator or of `service:item`.

    Parameters
    ----------
    code : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    return (" · " if lang == "en" else "·").join(name(part, lang) for part in code.split(":"))


def size_text(size):
    """Size of a file in kB, from a million bytes in MB.

    Parameters
    ----------
    size : number, 1
        Bytes; missing where it is not known.

    Returns
    -------
    text

    Examples
    --------
    >>> size_text(1330), size_text(423580), size_text(2_500_000), size_text(None)
    ('1.3 kB', '423.6 kB', '2.5 MB', '—')
    """
    if not size:
        return ABSENT
    divisor, uom = (1e6, "MB") if size >= 1e6 else (1e3, "kB")
    return f"{number_text(size / divisor, 1)} {uom}"


def key_name(key, lang):
    """Key of a number: an ecosystem type with its name, empty where the number has one key alone.

    Parameters
    ----------
    key : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    if str(key) in ("", "*"):
        return ""
    head, colon, rest = str(key).partition(":")
    separator = "：" if lang == "zh" else ": "
    return coded_name(head, lang).replace("_", " ") + (f"{separator}{rest.replace('_', ' ')}" if colon else "")


def region_name(region, lang):
    """Region of a number, in words where it holds everywhere.

    Parameters
    ----------
    region : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    return word("anywhere", lang) if str(region) == "*" else str(region or "")


def role_name(role, lang):
    """Name of an input: its role, and behind it the name that the study gave it (`units.admin`).

    Parameters
    ----------
    role : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    kind, _, own = str(role).partition(".")
    known = vocabulary().get(f"role {kind}", vocabulary().get(kind, {"zh": kind, "en": kind}))[lang]
    return f"{known} · {own}" if own else known


def _template(file):
    return resources.files("ecoval").joinpath("report", "templates", file).read_text(encoding="utf-8")


def _environment(lang, money_divisor, area_divisor):
    """Jinja with the filters that turn numbers into text."""
    environment = jinja2.Environment(loader=jinja2.FunctionLoader(_template), autoescape=True, undefined=jinja2.StrictUndefined)
    separator = "、" if lang == "zh" else ", "

    def counter():
        numbers = itertools.count(1)
        return lambda: next(numbers)

    environment.globals["counter"] = counter
    environment.filters |= {
        "label": lambda code: name(code, lang),
        "labels": lambda codes: separator.join(name(code, lang) for code in str(codes or "").split(";") if code),
        "given": lambda value: value is not None and not (isinstance(value, float) and math.isnan(value)),
        "number": lambda value: number_text(value) or ABSENT,
        "fixed": lambda value, decimals: number_text(value, decimals) or ABSENT,
        "money": lambda value: (value is not None and number_text(value / money_divisor, _decimals(money_divisor))) or ABSENT,
        "density": lambda value: number_text(value / density_money(lang)[0]) or ABSENT,
        "area": lambda value: number_text(value / area_divisor, 2) or ABSENT,
        "percent": lambda value: number_text(value * 100, 2) or ABSENT,
        "size": size_text,
        "measure": lambda uom: measure_name(uom, lang) if uom else "",
        "price_measure": lambda uom: word("price_share", lang) if uom == "1" else measure_name(uom, lang) if uom else "",
        "quantity": lambda row: number_text(scaled(row["quantity"], row["uom"], lang)[0]) or ABSENT,
        "quantity_measure": lambda row: scaled(row["quantity"], row["uom"], lang)[1],
        "item_name": lambda row: item_name(row, lang),
        "role": lambda code: role_name(code, lang),
        "indicator": lambda code: indicator_name(code, lang),
        "type_name": lambda code: coded_name(code, lang),
        "key": lambda key: key_name(key, lang),
        "region": lambda region: region_name(region, lang),
        "file": file_name,
        "variant": lambda text: variants_text(text, lang),
        "choice": lambda code: vocabulary().get(f"choice {code}", {}).get(lang, code),
        "options": lambda chosen: separator.join(option_text(key, value, lang) for key, value in chosen.items()),
    }
    return environment


def _decimals(divisor):
    return 4 if divisor >= 1e8 else 2 if divisor >= 1e4 else 0


def _figures(section, prefix, lang, money_divisor, money_name):
    """Map and bars of a unit set, with their captions."""
    made = []
    shapes = section["shapes"]
    if shapes is not None and 1 < len(shapes) <= MOST_MAPPED:
        divisor, density = density_money(lang)
        mapped = shapes.assign(shown=shapes["gep_per_km2"] / divisor)
        crs = shapes.crs.name if shapes.crs is not None else "-"
        measure = f"{density}/{area_scale('km2', lang)[1]}"
        figure = map_figure(mapped, "shown", "", measure, lang, source=word("map_source", lang, crs=crs), svg=True)
        made.append({"svg": svg_text(figure, f"{prefix}m"), "caption": word("caption_map", lang)})
    gep = section["gep"]
    if len(gep) > 1:
        table = (gep.set_index("unit_name")[list(CATEGORIES)] / money_divisor).dropna(how="all", axis=1)
        colours = [CATEGORY_COLOURS[column] for column in table.columns]
        totals = (gep["gep"] / money_divisor).to_numpy()
        table.columns = [name(column, lang) for column in table.columns]
        figure = bars_figure(table, "", money_name, lang, colours=colours, totals=totals, svg=True)
        made.append({"svg": svg_text(figure, f"{prefix}b"), "caption": word("caption_bars", lang)})
    values = pd.DataFrame([row for row in section["services"] if row["kind"] == "item"])
    if len(values) and values["value"].notna().any():
        by_service = values.pivot_table(index="service", columns="category", values="value", aggfunc="sum") / money_divisor
        by_service = by_service[[category for category in CATEGORIES if category in by_service]]
        colours = [CATEGORY_COLOURS[column] for column in by_service.columns]
        by_service.index = [name(code, lang) for code in by_service.index]
        by_service.columns = [name(code, lang) for code in by_service.columns]
        figure = bars_figure(by_service, "", money_name, lang, colours=colours, svg=True)
        made.append({"svg": svg_text(figure, f"{prefix}s"), "caption": word("caption_services", lang)})
    return made
