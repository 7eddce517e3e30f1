"""Office files whose bytes hang on their content alone: all members bear the date of the run."""

from __future__ import annotations

import datetime
import io
import re
import zipfile

DATES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")
CORE = "docProps/core.xml"


def packed(content: bytes, finished: datetime.datetime | None) -> bytes:
    """The file with the dates of the run, now where that does not say when it ended."""
    moment = finished or datetime.datetime.now(tz=datetime.UTC)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    date = (max(moment.year, 1980), moment.month, moment.day, moment.hour, moment.minute, moment.second)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == CORE:
                data = DATES.sub(rb"\g<1>" + stamp + rb"\g<3>", data)
            member = zipfile.ZipInfo(entry.filename, date)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system, member.external_attr = 0, 0
            target.writestr(member, data)
    return buffer.getvalue()
