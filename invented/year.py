"""A year of monthly deliveries of an invented council, as a council would send them, and what is known of it."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import MONTHS_A_YEAR, days_in, month_in_words, year_months
from invented.settings import COUNCIL
from invented.tables import write_csv

EXAMPLE_SEED = 7
YEAR = "2025-26"
BASE = ("slough", "2025-04")  # the case whose assumptions, budget and opening stock it starts from
PENCE = 2
TOTAL = "Total"
COUNT_HEADINGS = {
    "Month": "month",
    "Looked-after children": "lac",
    "Child protection plans": "cp",
    "LAC starts": "lac_starts",
    "LAC ends": "lac_ends",
    "CP starts": "cp_starts",
    "CP ends": "cp_ends",
}
PLACED_HEADINGS = {
    "With foster carers": "lac_fostering",
    "Placed for adoption": "lac_placed_for_adoption",
    "With parents": "lac_with_parents",
    "In children's homes": "lac_residential",
    "In residential schools": "lac_residential_school",
    "In supported accommodation": "lac_supported",
    "Placed elsewhere": "lac_other",
}
SENT_HEADINGS = COUNT_HEADINGS | PLACED_HEADINGS
LATE_PLACED = "lac_fostering"  # where children whose start is recorded late live
PLACING = 1  # a stream of chance of its own
LEDGER_HEADINGS = {
    "Financial year": "financial_year",
    "Period": "period",
    "Cost line": "cost_line",
    "Budget": "budget",
    "Actual": "actual",
}
# Cost line -> (what the council's ledger calls it, pounds a year). The base budget of the case of April 2025: the
# central scenario's budget of 2025-26 by line, to the pound.
BUDGET = {
    "in_house_fostering": ("Fostering, own carers", 1_369_532),
    "kinship_fostering": ("Fostering, family and friends", 149_915),
    "ifa_fostering": ("Fostering agencies", 2_781_199),
    "fostering_service": ("Fostering team", 2_480_601),
    "own_homes": ("Children's homes, own", 0),
    "private_residential": ("Children's homes, private", 5_558_702),
    "residential_school": ("Residential schools", 494_107),
    "supported": ("Supported accommodation", 1_636_457),
    "other_placements": ("Placements, other", 655_902),
    "other_lac_services": ("Services for children in care", 5_808_312),
    "contact": ("Contact service", 227_594),
    "iro": ("Reviewing officers", 312_550),
    "review_administration": ("Reviews and conferences, administration", 114_284),
    "uasc_grant": ("UASC grant", -1_238_503),
    "contributions": ("Contributions from health and education", -90_792),
}
# The children that a line pays for; the rest are teams, paid whatever the number of children.
BY_THE_CHILD = {
    "in_house_fostering": "lac_fostering",
    "kinship_fostering": "lac_fostering",
    "ifa_fostering": "lac_fostering",
    "private_residential": "lac_residential",
    "residential_school": "lac_residential_school",
    "supported": "lac_supported",
    "other_placements": "lac_other",
    "contact": "lac",
    "uasc_grant": "lac",
    "contributions": "lac",
}

COUNCIL_CARD = """# What {council} sends each month, in its own words. {council} does not exist.
council: {council}
slug: {slug}
starts_from:
  council: {base[0]}
  month: {base[1]}
months:
  first: {first}
  last: {last}
opening: # children on the last day before the first month
  lac: {settings.lac}
  cp: {settings.cp}
files:
  counts: # all months so far, each month anew
    kind: counts
    pattern: "counts_*"
    sheet: Counts # where it comes as a workbook
    columns:
{counts}
  ledger: # one month a file
    kind: ledger
    pattern: "ledger_*"
    sheet: Ledger
    unit: pounds
    columns:
{ledger}
accounts: # the ledger's names, each with our cost line
{accounts}
total: {total}
phasing: twelfths
budgets: # a virement is a further entry, with its month, its note and the lines it changes
  base:
    month: {first}
    note: "Base budget {year}"
    lines:
{budget}
tolerances:
  stock_change_lac: 20
  stock_change_cp: 30
  stock_identity: 1
  revision_children: 5
  revision_pounds: 25000
  footing: 0.01
  wrong_sign: 0.25
"""
BUDGET_CARD = """table: "budget"
title: "{council}: base budget {year} by cost line"
publisher: "Invented"
link: "The case {base[0]} {base[1]}, central scenario, budget of {year} by line, to the pound"
published: 2025-03-31
retrieved: 2025-03-31
licence: "As the project's own"
period: "{year}"
units: "pounds a year; income negative"
symbols: {{}}
columns: ["financial_year", "line", "cost_line", "value"]
rows: {rows}
sha256: "{digest}"
key: ["line"]
numbers: []
control_totals:
  - column: value
    where: {{financial_year: "{year}"}}
    equals: {total}
    why: "the net budget"
known_from: 2025-03-31
hindsight: false
hindsight_reason: ""
expires: 2026-12-31
notes: "Figures of no real council."
"""
EXPECTED = """# What is known of this year, because it was invented. No reader of deliveries sees this file.
council: {council}
deliveries: {deliveries}
late_ledger:
  month: {late}
  arrives_in: {late_arrives}
revision:
  month: {revised}
  arrives_in: {revised_arrives}
  figures:
{figures}
price_rise:
  line: {settings.price_line}
  from: {dearer}
  share: {settings.price_rise}
structural_break:
  measure: lac_starts
  from: {broken}
  factor: {settings.break_factor}
rates:
  lac_starts_a_year: {settings.lac_starts:g}
  lac_ends_a_child_year: {settings.lac_ends:g}
  cp_starts_a_year: {settings.cp_starts:g}
  cp_ends_a_child_year: {settings.cp_ends:g}
last_month:
  lac: {lac}
  cp: {cp}
"""


@dataclass(frozen=True)
class YearSettings:
    """What the year is drawn from; months are counted from 1, April.

    lac, cp               children at the end of the March before: those of the case of April 2025
    lac_starts, cp_starts starts a year, Poisson by month; those the case's central run expects
    lac_ends, cp_ends     ends a child-year; those that keep the stock where it is
    break_month, break_factor  from this month LAC starts are so many times as frequent
    opening_placed, first_placed  children by placement at the end of the March before, as published for the case, the
                          hidden ones made whole; and where those who start live, by chance
    budgeted_children     children whom the lines by the child pay for, placed as at the opening: the case's run spends
                          £70,100 on placements a child in 2025-26, and the budget's £12.6m buys 180 at that
    price_month, price_line, price_rise  from this month the price of a line is higher by this share
    noise                 SD of the logarithm of actual over true cost, by line and period
    late_month            the ledger of this month comes with that of the next
    revised_month, revised_in, recorded_late  this many LAC starts are missing from the month until a later delivery
    """

    lac: int = 173
    cp: int = 161
    lac_starts: float = 88.0
    cp_starts: float = 225.0
    lac_ends: float = 0.51
    cp_ends: float = 1.40
    break_month: int = 8
    break_factor: float = 2.2
    opening_placed: tuple[int, ...] = (112, 1, 10, 15, 1, 24, 10)
    first_placed: tuple[float, ...] = (0.62, 0.0, 0.06, 0.10, 0.01, 0.15, 0.06)
    budgeted_children: float = 180.0
    price_month: int = 7
    price_line: str = "private_residential"
    price_rise: float = 0.12
    noise: float = 0.02
    late_month: int = 3
    revised_month: int = 5
    revised_in: int = 7
    recorded_late: int = 2
    budget: dict[str, tuple[str, int]] = field(default_factory=lambda: dict(BUDGET))


def write_year(folder: Path, seed: int = EXAMPLE_SEED, settings: YearSettings | None = None) -> list[Path]:
    """Write the card, twelve deliveries, the budget and what is known of the year; returns the files.

    A seed gives the same bytes. deliveries/MONTH/ is what arrives by that month's third working day: counts of all
    months so far, the last month's ledger.
    """
    settings = settings or YearSettings()
    chance = np.random.default_rng(seed)
    counts = placed(settings, draw_counts(settings, chance), np.random.default_rng([seed, PLACING]))
    ledger = draw_ledger(settings, counts, chance)
    files = [
        path
        for number in range(1, MONTHS_A_YEAR + 1)
        for path in _write_delivery(folder, settings, counts, ledger, number)
    ]
    files += _write_budget(folder, settings)
    texts = {
        "council.yaml": card_text(settings),
        "expected.yaml": expected_text(settings, counts),
        "README.md": readme_text(settings),
    }
    return files + [_write(folder / name, text) for name, text in texts.items()]


def draw_counts(settings: YearSettings, chance: np.random.Generator) -> pd.DataFrame:
    """What truly happened: month, lac, cp, lac_starts, lac_ends, cp_starts, cp_ends."""
    stock, rows = {"lac": settings.lac, "cp": settings.cp}, []
    for number, month in enumerate(year_months(YEAR), start=1):
        row = {"month": month}
        for service in ("lac", "cp"):
            factor = settings.break_factor if service == "lac" and number >= settings.break_month else 1.0
            starts = int(chance.poisson(getattr(settings, f"{service}_starts") / MONTHS_A_YEAR * factor))
            leaves = 1 - np.exp(-getattr(settings, f"{service}_ends") / MONTHS_A_YEAR)
            ends = int(chance.binomial(stock[service], leaves))
            stock[service] += starts - ends
            row |= {service: stock[service], f"{service}_starts": starts, f"{service}_ends": ends}
        rows.append(row)
    return pd.DataFrame(rows)[list(COUNT_HEADINGS.values())]


def placed(settings: YearSettings, counts: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """The counts with where children live at each month's end.

    Those who leave are any of those here, those who start are placed by chance.
    """
    here, rows = np.array(settings.opening_placed), []
    for starts, ends in zip(counts["lac_starts"], counts["lac_ends"], strict=True):
        here = here - chance.multivariate_hypergeometric(here, ends) + chance.multinomial(starts, settings.first_placed)
        rows.append(here)
    return counts.assign(**dict(zip(PLACED_HEADINGS.values(), np.array(rows).T, strict=True)))


def draw_ledger(settings: YearSettings, counts: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """What was spent: financial_year, period, cost_line (the council's name), budget, actual; totals by period."""
    opening = {"lac": settings.lac} | dict(zip(PLACED_HEADINGS.values(), settings.opening_placed, strict=True))
    grown = settings.budgeted_children / settings.lac
    share = {
        name: (np.diff(np.r_[first, counts[name]]) / -2 + counts[name]) / (first * grown)
        for name, first in opening.items()
    }  # on average over the month
    days = days_in(list(counts["month"]))
    rows = []
    for number in range(1, MONTHS_A_YEAR + 1):
        share_of_year, children = (
            days[number - 1] / days.sum(),
            {name: held[number - 1] for name, held in share.items()},
        )
        lines = [
            (
                name,
                round(pounds / MONTHS_A_YEAR, PENCE),
                _actual(settings, line, number, pounds * share_of_year, children, chance),
            )
            for line, (name, pounds) in settings.budget.items()
        ]
        total = (TOTAL, *(round(sum(row[at] for row in lines), PENCE) for at in (1, 2)))
        rows += [(YEAR, f"P{number}", *row) for row in [*lines, total]]
    return pd.DataFrame(rows, columns=list(LEDGER_HEADINGS.values()))


def _actual(
    settings: YearSettings,
    line: str,
    number: int,
    budget: float,
    children: dict[str, float],
    chance: np.random.Generator,
) -> float:
    """Budgeted pounds of the month's days, times children placed over those budgeted, the price rise and noise."""
    noise = float(np.exp(settings.noise * chance.standard_normal()))
    dearer = 1 + settings.price_rise * (line == settings.price_line and number >= settings.price_month)
    return round(budget * (children[BY_THE_CHILD[line]] if line in BY_THE_CHILD else 1.0) * dearer * noise, PENCE)


def as_first_sent(settings: YearSettings, counts: pd.DataFrame) -> pd.DataFrame:
    """The counts before the late starts were recorded: they lack in the month, and in every stock from then on."""
    sent = counts.copy()
    sent.loc[settings.revised_month - 1, "lac_starts"] -= settings.recorded_late
    sent.loc[settings.revised_month - 1 :, ["lac", LATE_PLACED]] -= settings.recorded_late
    if (sent.drop(columns="month") < 0).any(axis=None):
        raise BadInput(
            "year of the invented council: fewer starts in the revised month than are recorded late; "
            "expected as many. Choose another seed"
        )
    return sent


def delivered_in(number: int) -> str:
    """The month in which the figures of month `number` of the year arrive: the next."""
    months = year_months(YEAR)
    return months[number] if number < MONTHS_A_YEAR else f"{int(YEAR[:4]) + 1}-04"


def _write_delivery(
    folder: Path, settings: YearSettings, counts: pd.DataFrame, ledger: pd.DataFrame, number: int
) -> list[Path]:
    """What arrives after month `number`: counts of all months so far, and the ledgers that are ready."""
    months = year_months(YEAR)
    known = counts if number >= settings.revised_in else as_first_sent(settings, counts)
    sent = known.head(number).rename(columns={field: heading for heading, field in SENT_HEADINGS.items()})
    ready = {settings.late_month: [], settings.late_month + 1: [settings.late_month, settings.late_month + 1]}
    here = folder / "deliveries" / delivered_in(number)
    files = [write_csv(sent, here / f"counts_to_{months[number - 1]}.csv")]
    for period in ready.get(number, [number]):
        rows = ledger[ledger["period"] == f"P{period}"].rename(
            columns={field: heading for heading, field in LEDGER_HEADINGS.items()}
        )
        files.append(write_csv(rows, here / f"ledger_{months[period - 1]}.csv"))
    return files


def _write_budget(folder: Path, settings: YearSettings) -> list[Path]:
    """budget.csv, and the source card that proves it."""
    rows = [(YEAR, line, name, pounds) for line, (name, pounds) in settings.budget.items()]
    path = write_csv(
        pd.DataFrame(rows, columns=["financial_year", "line", "cost_line", "value"]), folder / "budget.csv"
    )
    total = sum(row[-1] for row in rows)
    return [
        path,
        _write(folder / "budget.card.yaml", _budget_card(len(rows), total, sha256(path.read_bytes()).hexdigest())),
    ]


def _budget_card(rows: int, total: int, digest: str) -> str:
    return BUDGET_CARD.format(council=COUNCIL, year=YEAR, base=BASE, rows=rows, total=total, digest=digest)


def card_text(settings: YearSettings) -> str:
    """council.yaml."""
    months = year_months(YEAR)
    counts, ledger = (
        "\n".join(f'      "{heading}": {name}' for heading, name in held.items())
        for held in (SENT_HEADINGS, LEDGER_HEADINGS)
    )
    accounts = "\n".join(f'  "{name}": {line}' for line, (name, _) in settings.budget.items())
    budget = "\n".join(f"      {line}: {pounds}" for line, (_, pounds) in settings.budget.items())
    return COUNCIL_CARD.format(
        council=COUNCIL,
        slug=COUNCIL.lower(),
        base=BASE,
        first=months[0],
        last=months[-1],
        settings=settings,
        counts=counts,
        ledger=ledger,
        accounts=accounts,
        total=TOTAL,
        year=YEAR,
        budget=budget,
    )


def expected_text(settings: YearSettings, counts: pd.DataFrame) -> str:
    """expected.yaml: what is known of the year, for tests and for reading a replay."""
    month, final = dict(enumerate(year_months(YEAR), start=1)), counts.iloc[-1]
    return EXPECTED.format(
        council=COUNCIL,
        deliveries=MONTHS_A_YEAR,
        settings=settings,
        lac=final["lac"],
        cp=final["cp"],
        late=month[settings.late_month],
        late_arrives=delivered_in(settings.late_month + 1),
        revised=month[settings.revised_month],
        revised_arrives=delivered_in(settings.revised_in),
        figures=_revision_lines(settings, counts, as_first_sent(settings, counts)),
        dearer=month[settings.price_month],
        broken=month[settings.break_month],
    )


def _revision_lines(settings: YearSettings, counts: pd.DataFrame, first: pd.DataFrame) -> str:
    """One line a figure that is restated: the starts of the month, and the stock from then to the delivery."""
    stocks = [
        (number, measure)
        for measure in ("lac", LATE_PLACED)
        for number in range(settings.revised_month, settings.revised_in)
    ]
    changed = [(settings.revised_month, "lac_starts"), *stocks]
    lines = []
    for number, measure in changed:
        was, now = (int(frame.loc[number - 1, measure]) for frame in (first, counts))
        lines.append(f"    - {{month: {counts.loc[number - 1, 'month']}, measure: {measure}, was: {was}, now: {now}}}")
    return "\n".join(lines)


def readme_text(settings: YearSettings) -> str:
    """README.md."""
    month = {number: month_in_words(name) for number, name in enumerate(year_months(YEAR), start=1)}
    return f"""# A year of an invented council, month by month

{COUNCIL} does not exist. It starts where the case of Slough, April 2025 starts \
({settings.lac} looked-after children, {settings.cp} child
protection plans, the same budget by line), and its year {YEAR} is drawn by chance from stated rates.

`council.yaml` says what it sends. `deliveries/2025-05` is what had arrived \
by the third working day of May 2025, and so on to
April 2026: copy one into the `inbox` of a council folder, refresh, and copy the next. \
Counts come as one file of all months so
far, with where looked-after children are placed; the ledger as one file a month. \
`budget.csv` is the year's budget by line. `expected.yaml` says what lies in wait:

- the ledger of {month[settings.late_month]} comes with that of {month[settings.late_month + 1]};
- {settings.recorded_late} starts of {month[settings.revised_month]}, with foster carers, are recorded late, \
and arrive with the counts of
  {month[settings.revised_in]}: its starts, and the stocks from then on, are restated;
- private children's homes cost {settings.price_rise:.0%} more from {month[settings.price_month]};
- from {month[settings.break_month]} {settings.break_factor:g} times as many children start to be looked after.

`invented.year.write_year` makes the folder; a test holds the two alike.
"""


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
