"""Codes of units: text made of what files hold, and the levels that GB/T 2260 codes carry in their digits.

Six digits: two for the province, two for the prefecture, two for the county (330000, 330100, 330102). Nine digits add the
township, twelve the village; a code is the same unit with and without its trailing zeros. Where the prefecture digits are 90
(429005, 469005, 659002) the county stands directly under the province.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd

from ecoval.findings import Finding
from ecoval.units.findings import finding
from ecoval.units.validation import as_text

ADMINISTRATIVE_LEVELS = ("province", "prefecture", "county", "township", "village")
PROVINCES = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区", "21": "辽宁省", "22": "吉林省",
    "23": "黑龙江省", "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省", "36": "江西省",
    "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省", "45": "广西壮族自治区", "46": "海南省",
    "50": "重庆市", "51": "四川省", "52": "贵州省", "53": "云南省", "54": "西藏自治区", "61": "陕西省", "62": "甘肃省",
    "63": "青海省", "64": "宁夏回族自治区", "65": "新疆维吾尔自治区", "71": "台湾省", "81": "香港特别行政区",
    "82": "澳门特别行政区",
}  # fmt: skip
LENGTHS = (6, 9, 12)
DIRECT = "90"


def normalised(values: pd.Series) -> tuple[np.ndarray, list[Finding]]:
    """Codes as text, and what had to be done to them.

    Parameters
    ----------
    values : table (code)
        A column of text or numbers.

    Returns
    -------
    array (units) of text, list of Finding
        None where a code is absent or blank. Full-width digits and a decimal part of zeros are undone. Numbers that are one
        digit short of 6, 9 or 12 get the leading zero back that a number cannot hold.
    """
    findings = []
    if pd.api.types.is_numeric_dtype(values):
        findings.append(finding("code_from_number", "note", column=str(values.name)))
    codes = as_text(values)
    plain = np.array([code if code is None else _plain(code) for code in codes], dtype=object)
    changed = [str(before) for before, after in zip(codes, plain, strict=True) if before != after]
    if changed:
        findings.append(finding("code_rewritten", "warning", count=len(changed), codes=changed))
    if pd.api.types.is_numeric_dtype(values):
        short = _short_of_zero(plain)
        if short:
            findings.append(finding("code_padded", "warning", count=len(short), codes=sorted(short)))
            plain = np.array(["0" + code if code in short else code for code in plain], dtype=object)
    return plain, findings


def _plain(code: str) -> str:
    code = unicodedata.normalize("NFKC", code).strip()
    return re.sub(r"^(\d+)\.0+$", r"\1", code)


def _short_of_zero(codes: np.ndarray) -> set[str]:
    digits = {code for code in codes if code is not None and code.isdecimal()}
    longest = max((len(code) for code in digits), default=0)
    lengths = {len(code) for code in digits}
    if longest in LENGTHS and lengths == {longest - 1, longest}:
        return {code for code in digits if len(code) == longest - 1}
    return set()


def short(code: str | None) -> str | None:
    """Code of 6, 9 or 12 digits without the zeros of lower levels, None where it is not of GB/T 2260."""
    if code is None or not re.fullmatch(r"\d{2}|\d{4}|\d{6}|\d{9}|\d{12}", code) or code[:2] not in PROVINCES:
        return None
    code = code.ljust(6, "0")
    while len(code) > 6 and code.endswith("000"):
        code = code[:-3]
    return code


def level(code: str | None) -> str | None:
    """Level that a code shows by its digits.

    Returns
    -------
    choice {province, prefecture, county, township, village}
        None where the code is not of GB/T 2260.
    """
    code = short(code)
    if code is None:
        return None
    if len(code) > 6:
        return "township" if len(code) == 9 else "village"
    if code.endswith("0000"):
        return "province"
    return "prefecture" if code.endswith("00") else "county"


def above(code: str | None) -> str | None:
    """Code of the unit above, in its shortest form.

    Returns
    -------
    text
        None for a province and where the code is not of GB/T 2260.
    """
    code = short(code)
    if code is None or code.endswith("0000"):
        return None
    if len(code) > 6:
        return code[:-3]
    if code.endswith("00") or code[2:4] == DIRECT:
        return code[:2] + "0000"
    return code[:4] + "00"
