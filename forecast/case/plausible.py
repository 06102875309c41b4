"""What is within the limits and still unusual: assumptions far from every other figure held of the same thing, shares
that do not add up, levers that move against what their scenario says. Told, never refused; pure but for its readers."""

import re
from collections.abc import Iterator
from math import log
from pathlib import Path

from pydantic import Field

from forecast.case.catalogue import Catalogue
from forecast.case.documents import Entry, Strict, Text
from forecast.case.layers import CENTRAL, Assumptions, list_cases, load, read_national
from forecast.case.log import number
from forecast.case.months import MONTHS_A_YEAR, months_between, year_ended
from forecast.case.own import REPLACE
from forecast.case.wording import read_as

BANDS = Path("bands", "assumptions.yaml")  # in the folder of data
FIGURES = ("value", "low", "high", "price_base", "unit")
CENT = 0.005  # shares are given to the hundredth
Held = dict[str, dict[str, Entry]]  # whose, in words -> key -> entry


class Most(Strict):
    value: float = Field(gt=0, description="how far is not yet unusual")
    why: Text = Field(description="why so far")


class Bands(Strict):
    """The whole of data/bands/assumptions.yaml."""

    times: dict[str, Most] = Field(description="unit: most times the nearest figure; others for any other unit")
    odds: Most = Field(description="the same of a share, in odds")
    widths: Most = Field(description="the same of a figure that may be negative, in widths of its range")
    own_range: Most = Field(description="most times the low end that the high end is")
    price_base_years: Most = Field(description="most years that prices are old")
    horizon_years: Most = Field(description="most years looked ahead")
    whole: list[str] = Field(description="units of which a part of one is unusual")
    wholes: list[list[str]] = Field(description="keys whose shares add up to one")
    fewer: list[str] = Field(description="words that say that starts fall")
    more: list[str] = Field(description="words that say that starts rise")
    judged: list[str] = Field(description="levers that the words are about")


def read_bands(data: Path) -> Bands:
    """The bands in a folder of data. Raises BadInput."""
    return read_as(Bands, data / BANDS, data)[0]


def held_elsewhere(params: Path, own: Assumptions) -> Held:
    """The figures that a case's are held against: the country's, and those of every other case. Raises BadInput."""
    cases = [(council, month) for council, month, _ in list_cases(params)]
    others = [case for case in cases if case != (own.case.council, own.case.month)]
    entries = {f"{council} {month}": load(params, council, month, CENTRAL).central for council, month in others}
    return {"the national figure": read_national(params, own.catalogue)} | entries


def unusual(scenarios: dict[str, Assumptions], held: Held, bands: Bands, deflator: dict[str, float]) -> list[str]:
    """Sentences about what is unusual in a case and its scenarios, each once; none where nothing is.

    deflator  financial year -> level of prices, to compare prices of different years
    """
    central = scenarios[CENTRAL]
    case, said = central.case, []
    years = len(months_between(case.month, case.horizon)) / MONTHS_A_YEAR
    if years > bands.horizon_years.value:
        said.append(f"unusual: the horizon {case.horizon} is {years:.0f} years ahead ({bands.horizon_years.why})")
    for key, entry in central.entries.items():
        others = {whose: entries[key] for whose, entries in held.items() if key in entries and entries[key] != entry}
        said += _of_entry(key, entry, others, central.catalogue, bands, deflator, case.financial_year)
    for slug, a in scenarios.items():
        for keys in bands.wholes:
            total = sum(a.value(key) for key in keys)
            if abs(total - 1) > CENT:
                which = f"{keys[0]} to {keys[-1].rsplit('.')[-1]}"
                said.append(
                    f"unusual: {slug}: the shares {which} add up to {number(round(total, 6))}; they are one whole"
                )
        for key in a.scenario.changes:
            others = {
                other: b.entries[key] for other, b in scenarios.items() if other != slug and key in b.scenario.changes
            }
            others |= {CENTRAL: central.entries[key]}
            # Sums, prices and places compare with those of other scenarios; levers and months are a scenario's own.
            is_sum = a.catalogue.items[key].unit in bands.times
            beside = {f"scenario {other}": entry for other, entry in others.items()} if is_sum else {}
            said += _of_entry(key, a.entries[key], beside, a.catalogue, bands, deflator, case.financial_year)
        said += _of_levers(a, bands)
    return list(dict.fromkeys(said))


def _of_entry(
    key: str, entry: Entry, others: dict[str, Entry], catalogue: Catalogue, bands: Bands, deflator: dict, year: str
) -> Iterator[str]:
    item, unit = catalogue.item_and_unit(key)
    name = f"unusual: {item.description} ({key}), {number(entry.value)} {unit.description},"
    if (
        entry.price_base
        and entry.value  # nothing is nothing in any year's prices
        and abs(years := year_ended(entry.price_base) - year_ended(year)) > bands.price_base_years.value
    ):
        yield f"{name} is in prices of {entry.price_base}, {abs(years)} years off the budget's; is the year right?"
    if entry.low and entry.low > 0 and unit.scale == "positive" and entry.high / entry.low > bands.own_range.value:
        yield f"{name} has a range whose ends are {entry.high / entry.low:,.0f} times apart; is it right?"
    if 0 < entry.value < 1 and entry.unit in bands.whole:
        yield f"{name} is less than one; is the unit right?"
    most = {"share": bands.odds, "real": bands.widths, "positive": bands.times.get(entry.unit, bands.times["others"])}
    scale = "positive" if entry.unit in bands.times else unit.scale
    found = []
    for whose, other in others.items():
        real = _level(deflator, entry.price_base) / _level(deflator, other.price_base)
        if REPLACE not in other.why and (off := _off(entry.value, other, real, scale)):
            found.append((abs(off[0]), off[1], whose, other))
    if found and (nearest := min(found, key=lambda each: each[0]))[0] > (
        most[scale].value if scale == "real" else log(most[scale].value)
    ):
        yield f"{name} is {nearest[1]} {nearest[2]} ({number(nearest[3].value)}); is the unit right?"


def _level(deflator: dict[str, float], year: str | None) -> float:
    """The level of prices of a year, of the last held before it where it is not held yet; 1 where there is no year."""
    held = [level for name, level in sorted(deflator.items()) if year and name <= year]
    return held[-1] if held else 1.0


def _off(value: float, other: Entry, real: float, scale: str) -> tuple[float, str] | None:
    """How far a figure is off another (logarithm or widths), and in words; None where the two do not compare."""
    if scale == "real":
        width = (other.high or 0) - (other.low or 0)
        by = abs(value - other.value) / width if width else 0
        return (by, f"{by:.0f} ranges away from") if width else None
    odds = scale == "share"
    if not value > 0 or not other.value > 0 or (odds and max(value, other.value) >= 1):
        return None  # nothing, or all, is a decision and no slip of a unit
    times = value / other.value / real * ((1 - other.value) / (1 - value) if odds else 1)
    said = f"{times:,.3g} times" if times >= 1 else f"one {1 / times:,.3g}th of"
    return log(times), said + (" (in odds)" if odds else "")


def _of_levers(a: Assumptions, bands: Bands) -> Iterator[str]:
    """Levers that go the other way than their own reason says, or their scenario's; and those that say nothing and go
    another way than the rest."""
    changes = {key: a.scenario.changes[key] for key in bands.judged if key in a.scenario.changes}
    ways = {key: change.value > a.central[key].value for key, change in changes.items()}
    own = {key: _way(change.why, bands) for key, change in changes.items()}
    scenario = f"unusual: scenario {a.scenario.name}"
    if len(set(ways.values())) > 1 and not all(own[key] == up for key, up in ways.items()):
        told = ", ".join(f"{_named(a, key)} goes {'up' if up else 'down'}" for key, up in ways.items())
        yield f"{scenario}: {told}; is one of them meant the other way?"
        return
    whole = f"{a.scenario.name} {a.scenario.reason}"
    for key, change in changes.items():
        before, text = a.central[key].value, whole if own[key] is None else change.why
        said = _way(text, bands)
        if change.value != before and said is not None and said != ways[key]:
            yield (
                f"{scenario}: {_named(a, key)} goes {'up' if ways[key] else 'down'}, from {number(before)} to "
                f"{number(change.value)}, and its reason says {'more' if said else 'fewer'}: {text.strip()}"
            )


def _way(text: str, bands: Bands) -> bool | None:
    """Whether words say up (True) or down (False); None where they say neither, or both."""
    words = set(re.findall(r"[a-z-]+", text.lower()))
    down, up = bool(words & set(bands.fewer)), bool(words & set(bands.more))
    return None if down == up else up


def _named(a: Assumptions, key: str) -> str:
    return f"{a.catalogue.items[key].description} ({key})"


def differing(then: Assumptions, now: Assumptions, slug: str) -> Iterator[str]:
    """Sentences on every figure of a scenario, and of the case under it, that is not what it was."""
    if slug == CENTRAL:
        was, is_now = (dict(_flat(each.case.model_dump(mode="json"))) for each in (then, now))
        for key in [key for key in {**was, **is_now} if was.get(key) != is_now.get(key)]:
            yield f"the case: {key} is {is_now.get(key, 'left out')}, was {was.get(key, 'left out')}"
    mine = {*then.scenario.changes, *now.scenario.changes}  # a key that is new came with the program
    for key in [key for key in now.entries if key in then.entries and (slug == CENTRAL or key in mine)]:
        parts = [{name: getattr(each.entries[key], name) for name in FIGURES} for each in (then, now)]
        told = [
            f"{name} {_as(new)}, was {_as(parts[0][name])}" for name, new in parts[1].items() if new != parts[0][name]
        ]
        if told:
            yield f"{slug}: {key}: {', '.join(told)}"


def _flat(part: dict, path: str = "") -> Iterator[tuple[str, object]]:
    for key, inner in part.items():
        yield from _flat(inner, f"{path}{key}.") if isinstance(inner, dict) else [(f"{path}{key}", inner)]


def _as(figure: float | str | None) -> str:
    return number(figure) if isinstance(figure, float) else str(figure or "none")
