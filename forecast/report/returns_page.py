"""The data quality page: what was read, changed and left out of a council's returns, in plain words, as one HTML file.

The page asks for nothing outside itself. It holds counts alone, small ones too: it is for those who keep the returns.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, StrictUndefined

from forecast.case.months import month_in_words
from forecast.report.words import SAID, day_in_words
from forecast.sources.annex_a import codes as annex_a
from forecast.sources.annex_a.tables import SCHEMA as ANNEX_SCHEMA
from forecast.sources.cin import codes as cin
from forecast.sources.counting import EITHER, FEWER, MORE, Rule
from forecast.sources.returns import PLANS_SCHEMA, SCHEMA, WORDS
from forecast.sources.ssda903 import codes as ssda903

TEMPLATE = Path(__file__).with_name("returns_page.html")
GROUPS: dict[str, list[str]] = SAID["quality"]
ROWS = "rows"
# The DfE rounds to the nearest 5 or 10 in some years and tables: figures this far apart may be one before rounding.
ROUNDINGS = {5: 2, 10: 5}
WIDTH, HEIGHT, TICKS = 760, 180, 4  # of the chart, and years told apart below it at the least


@dataclass(frozen=True)
class Kind:
    """What one kind of return is called, what it counts, and its rules."""

    name: str
    unit: str
    rules: dict[str, Rule]
    source: str

    def key(self, text: str) -> str:
        """The rule whose words these are."""
        return next(key for key, rule in self.rules.items() if rule.text == text)


CARE_RULES = "the DfE's validation rules of 2024-25 for children looked after"
LIST_RULES = "Ofsted's guidance to Annex A"
PLAN_RULES = "the DfE's validation rules for the children in need census"
KINDS = {
    SCHEMA: Kind("SSDA903 returns", "looked-after children", ssda903.RULES, CARE_RULES),
    PLANS_SCHEMA: Kind("CIN census and Annex A returns", "child protection plans", cin.RULES, PLAN_RULES),
    ANNEX_SCHEMA: Kind("Annex A lists", "children", annex_a.RULES, LIST_RULES),
}


def page(returned: dict, monthly: pd.DataFrame) -> str:
    """The page as HTML. `returned` is what forecast.returns tells machines; `monthly` has month and total."""
    kind = KINDS[returned["schema"]]
    found, files = findings(returned["quality"], kind), {}
    for row in returned["quality"]:  # how many times a rule of each group but rows read was applied to a file
        key = kind.key(row["rule"])
        cells = files.setdefault(row["file"], {"file": row["file"], ROWS: 0} | dict.fromkeys(GROUPS, 0))
        cells[ROWS if key == ROWS else kind.rules[key].group] += int(row["count"])
    groups = [
        (name, title, meaning, [finding for finding in found if finding["reason"].group == name])
        for name, (title, meaning) in GROUPS.items()
    ]
    days = []  # where a figure was given, with how it compares and what could explain the difference
    for day, stock in returned["stock"].items():
        row = {"day": day, "stock": stock, "difference": stock.get("difference"), "verdict": "", "causes": []}
        if "published" in stock:
            row["verdict"] = agreement(stock["total"], stock["published"])
            row["causes"] = causes(row["difference"], found) if row["difference"] else []
        days.append(row)
    env = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.filters |= {"whole": "{:,}".format, "signed": "{:+,}".format, "day": day_in_words, "month": month_in_words}
    return env.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        kind=kind,
        first=returned["from"],
        last=returned["to"],
        groups=groups,
        days=days,
        files=[files[name] for name in sorted(files)],
        compared=any("published" in stock for stock in returned["stock"].values()),
        ages=WORDS["age_band"],
        chart=chart(monthly),
        warnings=returned.get("warnings", []),
        months=monthly.to_dict("records"),
    )


def findings(quality: list[dict], kind: Kind) -> list[dict]:
    """The rules applied, in the readers' order; rows read are told file by file instead.

    text and reason (the rule), count, and files: (name, count)
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for row in quality:
        found.setdefault(row["rule"], []).append((row["file"], int(row["count"])))
    keys = {text: key for text in found if (key := kind.key(text)) != ROWS}
    return [
        {"text": text, "reason": kind.rules[key], "count": sum(n for _, n in found[text]), "files": found[text]}
        for text, key in keys.items()
    ]


def agreement(ours: int, published: int | None) -> str:
    """How our count and a published one compare, in words."""
    if published is None:
        return "suppressed: a small number, or one from which a small number could be worked out"
    if ours == published:
        return "the same"
    for step, most in ROUNDINGS.items():
        if published % step == 0 and abs(ours - published) <= most:
            return f"within rounding, where the figure was rounded to {step}"
    return "more than rounding explains"


def causes(difference: int, found: list[dict]) -> list[dict]:
    """What was found that could move our count the way it differs, the most frequent first."""
    ways = (MORE if difference > 0 else FEWER, EITHER)
    return sorted((one for one in found if one["reason"].moves in ways), key=lambda one: -one["count"])


def chart(monthly: pd.DataFrame) -> dict:
    """The line of month ends as points of a drawing, with its top, the years' Marches and what it shows in words.

    Empty with under two months.
    """
    if len(monthly) < 2:
        return {}
    totals, months = [int(total) for total in monthly["total"]], [str(month) for month in monthly["month"]]
    top = max(*totals, 1)
    across = [round(at * WIDTH / (len(totals) - 1), 1) for at in range(len(totals))]
    first, last = (f"{totals[at]:,} at the end of {month_in_words(months[at])}" for at in (0, -1))
    points = [f"{x},{round(HEIGHT - total * HEIGHT / top, 1)}" for x, total in zip(across, totals, strict=True)]
    return {
        "points": " ".join(points),
        "top": top,
        "ticks": [(x, month[:4]) for x, month in zip(across, months, strict=True) if month.endswith("-03")],
        "width": WIDTH,
        "height": HEIGHT,
        "told": f"{first}, {last}; between {min(totals):,} and {max(totals):,}.",
    }
