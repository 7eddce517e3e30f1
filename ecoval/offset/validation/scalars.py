"""Findings about the project as a whole: rates, horizon, ratios, records of the order, parameters and rules that must be there."""

import math

from ecoval.declarations import outside
from ecoval.offset.findings import finding
from ecoval.offset.measures import unreasoned, written
from ecoval.offset.validation.fields import domain_text
from ecoval.terms import Term
from ecoval.words import in_words


def domain_findings(declared):
    """Numbers of a project that are outside the domain of their key: list of Finding."""
    return [
        finding("VALUE_OUT_OF_RANGE", layer=table, features=(name,), found=f"{value:g}", expected=domain_text(key))
        for table, name, value, key in outside(declared)
    ]


def rule_findings(rules, layer="rules"):
    """Scalars of [rules]: whole years, one time method, a sum that ends.

    Parameters
    ----------
    rules : RuleDeclaration

    Returns
    -------
    list of Finding
    """
    found = []
    if rules.horizon and not math.isinf(rules.horizon) and rules.horizon % 1:
        found.append(
            finding(
                "VALUE_OUT_OF_RANGE",
                layer=layer,
                features=("horizon",),
                found=rules.horizon,
                expected=in_words("finding_whole_years"),
            )
        )
    return found + time_findings(rules, layer)


def time_findings(rules, layer="rules"):
    """Discounting beside a multiplier, and an unending horizon that is not discounted."""
    found = []
    if rules.time == "multiplier" and rules.rate:
        words = {"found": f"time = multiplier, rate = {rules.rate:g}", "expected": in_words("finding_one_method")}
        found.append(finding("TIME_METHODS_BOTH_SET", layer=layer, features=("time", "rate"), **words))
    if rules.time == "discount" and rules.base is not None:
        words = {"found": f"time = discount, base = {rules.base:g}", "expected": in_words("finding_one_method")}
        found.append(finding("TIME_METHODS_BOTH_SET", layer=layer, features=("time", "base"), **words))
    if rules.time == "discount" and math.isinf(rules.horizon) and rules.effective_rate == 0.0:
        words = {"found": "horizon = inf, rate = 0", "expected": in_words("finding_rate_or_years")}
        found.append(finding("HORIZON_INFINITE_RATE_ZERO", layer=layer, features=("horizon", "rate"), **words))
    return found


def sequence_findings(record, alternatives, patches, measured):
    """What the record of avoiding and minimising lacks.

    Parameters
    ----------
    record : RecordDeclaration
    alternatives : texts
        Alternatives of the footprints.
    patches : texts
        Patches of the chosen alternative.
    measured : texts
        Patches that have a measure.

    Returns
    -------
    list of Finding
    """
    found, alternatives = [], sorted(set(alternatives))
    if record.chosen is None and len(alternatives) != 1:
        words = {"found": in_words("finding_none"), "expected": alternatives or in_words("finding_an_alternative")}
        found.append(finding("SEQUENCE_RECORD_MISSING", "warning", layer="record", features=("chosen",), **words))
    elif record.chosen is not None and record.chosen not in alternatives:
        words = {"found": record.chosen, "expected": alternatives or in_words("finding_an_alternative")}
        found.append(finding("VALUE_OUT_OF_RANGE", layer="record", features=("chosen",), **words))
    if len(alternatives) < 2 and not written(record.avoid_reason):
        words = {"found": in_words("finding_alternatives", number=len(alternatives)), "expected": in_words("finding_avoid_record")}
        found.append(finding("SEQUENCE_RECORD_MISSING", "warning", layer="record", features=("avoid_reason",), **words))
    bare = unreasoned(patches, measured, record.minimise_reason)
    if bare:
        words = {"found": in_words("finding_no_measure", patches=bare), "expected": in_words("finding_minimise_record")}
        found.append(finding("SEQUENCE_RECORD_MISSING", "warning", layer="record", features=bare, **words))
    return found


def parameter_findings(services, *, rules=None, densities=None, prices=None, kinds=()):
    """Services and kinds that lack a row where they need one.

    Parameters
    ----------
    services : texts
    rules : SpatialRule
        None: not looked at.
    densities : table (service, ecosystem_type)
    prices : texts
        Services that have a price.
    kinds : numbers
        Ecosystem types of footprints and candidates.

    Returns
    -------
    list of Finding
    """
    services, found = list(dict.fromkeys(services)), []
    if rules is not None:
        absent = tuple(rules.lacking(services))
        if absent:
            words = {"found": in_words("finding_no_row"), "expected": in_words("finding_area_rule")}
            found.append(finding("PARAMETER_MISSING", layer="rules.spatial", features=_named(absent), **words))
    if densities is not None:
        have = {(str(service), int(kind)) for service, kind in zip(densities["service"], densities["ecosystem_type"], strict=True)}
        absent = tuple(f"{each} {int(kind)}" for each in services for kind in sorted(set(kinds)) if (each, int(kind)) not in have)
        if absent:
            words = {"found": in_words("finding_no_density"), "expected": in_words("finding_density")}
            found.append(finding("PARAMETER_MISSING", layer="densities", features=absent, **words))
    if prices is not None:
        absent = tuple(each for each in services if each not in set(prices))
        if absent:
            words = {"found": in_words("finding_no_price"), "expected": in_words("finding_price")}
            found.append(finding("PARAMETER_MISSING", "warning", layer="prices", features=_named(absent), **words))
    return found


def _named(services):
    return tuple(Term(service) for service in services)


def statutory_findings(touched, regimes):
    """Regimes whose layer a footprint touches and for which the rule table has no row.

    Parameters
    ----------
    touched : mapping (text, number)
        Area in m2 of the chosen footprint per regime.
    regimes : texts
        Regimes of the rule table.

    Returns
    -------
    list of Finding
    """
    known = set(regimes)
    absent = {name: area for name, area in touched.items() if area > 0.0 and name not in known}
    return [
        finding(
            "STATUTORY_RULE_MISSING",
            layer=f"statutory {name}",
            features=(name,),
            found=in_words("finding_lost", area=f"{area:.6g}"),
            expected=in_words("finding_rule_row"),
        )
        for name, area in absent.items()
    ]
