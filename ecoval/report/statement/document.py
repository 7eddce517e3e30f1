"""A statement before it has a format: numbered headings, sentences, tables and figures, made once and set twice (HTML and PDF).

Everything is plain text; whoever sets it escapes it.
"""

import math
from functools import cache

from ecoval.classification import coded_name
from ecoval.report.content import ORDER
from ecoval.report.statement.files import truth
from ecoval.report.wording import money_scale, phrases
from ecoval.services import SERVICES
from ecoval.tables.styles import text_width
from ecoval.terms import measure_name, name, number_text, vocabulary
from ecoval.words import field_text

ABSENT = "—"
MARKS = {True: ("ok", "✔"), False: ("fail", "✘"), None: ("none", ABSENT)}
NUMERIC = ("number", "money", "area", "price", "percent", "year")
WIDE = {"text": 1.2, "service": 1.8, "unit": 1.2, "type": 1, "reason": 1.6, "note": 1.6}  # parts of the width of a page
_HANZI = "零一二三四五六七八九十"
M2_PER_HA = 1e4
ROUNDING = 1e-9  # of a quantity, below which a difference is none
NARROW = 24  # letters up to which a column is as wide as its longest cell
LIKE_FOR_LIKE = "like_for_like"  # rows of shortfalls whose area is an ecosystem type
WORDS = "statement_words"
LONGEST = 34  # letters of a value that stands beside another one


def phrase(identifier, lang, **fields):
    """Phrase of the statement, its fields filled in.

    Parameters
    ----------
    identifier : text
    lang : choice {zh, en}
    **fields : text

    Returns
    -------
    text
    """
    return phrases(WORDS)[identifier][lang].format(**fields)


def known(identifier):
    """Whether the statement has a phrase of this name.

    Parameters
    ----------
    identifier : text

    Returns
    -------
    choice {True, False}
    """
    return identifier in phrases(WORDS)


def service_name(code, lang):
    """Name of a service of the library, or of its `service:item`; another text as it is.

    Parameters
    ----------
    code : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    if code == LIKE_FOR_LIKE:
        return phrase("sub_kind", lang)
    head, *rest = str(code).split(":")
    items = _items().get(head)
    if items is None:
        return name(head, lang) if code in ORDER else str(code)
    parts = [name(head, lang), *(name(part, lang) if part in items else part for part in rest)]
    return ("·" if lang == "zh" else " · ").join(parts)


@cache
def _items():
    """Items of each service of the library; another name is the user's own and stays as it is."""
    return {service.code: {item.code for item in service.items} for service in SERVICES}


def uom_name(uom, lang):
    """Measure in words; as it is where it is no measure of the library.

    Parameters
    ----------
    uom : text
    lang : choice {zh, en}

    Returns
    -------
    text
    """
    text = plain(uom)
    try:
        return measure_name(text, lang) if text else ""
    except AttributeError:
        return text


def plain(value):
    """Text of a value of a table; empty where missing.

    Parameters
    ----------
    value : text

    Returns
    -------
    text
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return field_text(value) if isinstance(value, list | tuple | set) else str(value)


def settled_zero(values, scale):
    """Values with what the arithmetic left of a zero taken as zero.

    Parameters
    ----------
    values, scale : vector (rows), 1

    Returns
    -------
    vector (rows), 1
    """
    return values.where(values.abs() > ROUNDING * scale.abs(), 0.0).where(values.notna())


def signed_text(value):
    """Number as a reader wants it, with a true minus sign.

    Parameters
    ----------
    value : number, 1

    Returns
    -------
    text
    """
    try:
        return number_text(float(value)).replace("-", "−") or ABSENT
    except (TypeError, ValueError):
        return plain(value) or ABSENT


def _width(kind, texts):
    """Part of the width that a column of text takes; 0 for one that is as wide as its longest cell."""
    if kind in NUMERIC or kind in WIDE:
        return WIDE.get(kind, 0)
    return 1 if max(map(text_width, texts), default=0) > NARROW else 0


class Document:
    """Blocks in the order in which they are read."""

    def __init__(self, lang, title, units=None, money="元"):
        self.lang, self.title = lang, title
        self.finished = None  # when the run ended, as run.json says it
        self.blocks = []
        self._units = units or {}
        self.money_divisor, self.money_name = money_scale(money, lang)
        self._counts = dict.fromkeys(("heading", "sub", "table", "figure"), 0)

    def w(self, identifier, **fields):
        """Phrase in the language of the document."""
        return phrase(identifier, self.lang, **fields)

    def heading(self, identifier):
        """Begin a section."""
        number = self._count("heading")
        self._counts["sub"] = 0
        mark = f"{_HANZI[number] if number <= 10 else '十' + _HANZI[number - 10]}、" if self.lang == "zh" else f"{number}. "
        self.blocks.append({"kind": "heading", "text": mark + self.w(identifier)})

    def sub(self, identifier, **fields):
        """Begin a part of a section."""
        number = self._count("sub")
        mark = f"（{_HANZI[number]}）" if self.lang == "zh" else f"{self._counts['heading']}.{number} "
        self.blocks.append({"kind": "sub", "text": mark + self.w(identifier, **fields)})

    def say(self, text, look="plain"):
        """A paragraph; its look is plain, quiet, warn or lead."""
        if text:
            self.blocks.append({"kind": "text", "look": look, "text": str(text)})

    def listed(self, texts):
        """A list of sentences."""
        texts = [str(text) for text in texts if text]
        if texts:
            self.blocks.append({"kind": "list", "items": texts})

    def pairs(self, rows):
        """Labels with their values, long ones over the whole width; an empty value is a line to be filled in by hand."""
        texts = [(str(label), plain(value)) for label, value in rows]
        self.blocks.append({"kind": "pairs", "rows": [[label, text, text_width(text) > LONGEST] for label, text in texts]})

    def raw_table(self, caption, columns, rows, note=""):
        """A table of finished cells."""
        number = self._count("table")
        caption = f"{self.w('table_number', number=number)}{caption}"
        self.blocks.append({"kind": "table", "caption": caption, "columns": columns, "rows": rows, "note": note})

    def table(self, caption, frame, spec, note="", strong=None):
        """A table of a frame.

        Parameters
        ----------
        caption : text
        frame : table (column, ...)
        spec : table (column, kind, label)
            Columns that the frame lacks, and optional ones (kind with "?") without any value, are left out.
        note : text
        strong : vector (rows), 1
            Rows that stand out.
        """
        spec = [entry if len(entry) == 3 else (*entry, entry[0]) for entry in spec]
        used = [(column, kind.rstrip("?"), label) for column, kind, label in spec if self._wanted(frame, column, kind)]
        records = frame.to_dict("records")
        rows = [[self.cell(row[column], kind, row) for column, kind, _ in used] for row in records]
        for row, out in zip(rows, strong if strong is not None else [False] * len(rows), strict=True):
            if out:
                row[0]["strong"] = True
        columns = [
            {"label": self.column(label), "num": kind in NUMERIC, "wide": _width(kind, [row[place]["t"] for row in rows])}
            for place, (_, kind, label) in enumerate(used)
        ]
        self.raw_table(caption, columns, rows, note)

    def figure(self, figure, caption, half=False):
        """A figure: a matplotlib Figure until it is set."""
        number = self._count("figure")
        caption = f"{self.w('figure_number', number=number)}{caption}"
        self.blocks.append({"kind": "figure", "figure": figure, "caption": caption, "half": half, "number": number})

    def cell(self, value, kind, row=None):
        """A cell: its text, and the look of a number, a mark or a strong word."""
        if kind == "ok":
            look, mark = MARKS[truth(value)]
            word = self.w(f"mark_{look}")
            return {"t": f"{mark} {word}" if look != "none" else word, "c": look}
        maker = getattr(self, f"_as_{kind}", None)
        made = {
            "t": (maker(value, row or {}) if maker else plain(value)) or ABSENT,
            "c": "num" if kind in NUMERIC else "uom" if kind == "uom" else "",
        }
        number = self._number(value, kind)
        return made if number is None else made | {"v": number}

    def column(self, label):
        """Heading of a column."""
        if known(f"column {label}"):
            text = self.w(f"column {label}")
        else:
            text = vocabulary().get(label, {"zh": label, "en": label.replace("_", " ")})[self.lang]
        return text[:1].upper() + text[1:] if text[:1].isascii() else text

    def unit(self, identifier):
        """Name of an area unit, its identifier behind it where it has a name."""
        identifier = plain(identifier)
        if identifier not in self._units and known(f"term {identifier}"):
            return self.w(f"term {identifier}")
        found = self._units.get(identifier)
        if not found or found == identifier:
            return identifier
        return f"{found}（{identifier}）" if self.lang == "zh" else f"{found} ({identifier})"

    def money(self, value):
        """Money in the unit of the document, without its name."""
        return signed_text(float(value) / self.money_divisor) if value is not None else ABSENT

    def _number(self, value, kind):
        """A number as it stands in the column, with all its digits."""
        factor = {"number": 1.0, "money": 1 / self.money_divisor, "area": 1 / M2_PER_HA, "percent": 100.0, "year": 1.0}.get(kind)
        try:
            number = float(value) * factor
        except (TypeError, ValueError):
            return None
        return number if math.isfinite(number) else None

    def _count(self, what):
        self._counts[what] += 1
        return self._counts[what]

    def _wanted(self, frame, column, kind):
        return column in frame and (not kind.endswith("?") or frame[column].map(plain).ne("").any())

    def _as_number(self, value, _):
        return signed_text(value)

    def _as_money(self, value, _):
        return self.money(value) if plain(value) else ABSENT

    def _as_area(self, value, _):
        return signed_text(float(value) / M2_PER_HA) if plain(value) else ABSENT

    def _as_percent(self, value, _):
        return signed_text(float(value) * 100) if plain(value) else ABSENT

    def _as_year(self, value, _):
        return plain(value)

    def _as_service(self, value, _):
        return service_name(plain(value), self.lang)

    def _as_term(self, value, _):
        code = plain(value)
        return self.w(f"term {code}") if known(f"term {code}") else name(code, self.lang)

    def _as_note(self, value, row):
        return self._as_term(value, row)

    def _as_type(self, value, _):
        return coded_name(plain(value), self.lang) if plain(value) else ""

    def _as_unit(self, value, row):
        return self._as_type(value, row) if row.get("service") == LIKE_FOR_LIKE else self.unit(value)

    def _as_uom(self, value, _):
        return uom_name(value, self.lang)

    def _as_price(self, value, row):
        return f"{signed_text(value)} {uom_name(row.get('price_uom'), self.lang)}".strip() if plain(value) else ABSENT
