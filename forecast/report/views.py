"""What an analyst looks at: a subject as a sentence, a tidy table with units, a short table to read, and pictures."""

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.lines import GROUPS, LINES
from forecast.report import charts, tables, words
from forecast.report.charts import Chart
from forecast.report.notebook import Said

GROUP_NAMES = words.GROUP_NAMES
FLOWS = {"lac": ("lac_starts", "lac_ceases"), "cp": ("cp_starts", "cp_ends")}
RANGE = {"mean": "expected", "p10": "10th percentile", "p50": "median", "p90": "90th percentile"}
A_YEAR = 12  # months
MOST_YEARS = 3  # drawn side by side
PEOPLE_KEYS = ("population.", "migration.", "levers.births", "levers.moves_in", "levers.family_streams")


@dataclass(frozen=True, repr=False)
class View:
    """One subject of a case.

    headline  the finding, a sentence or more
    table     tidy figures, one fact a row, units in the column names
    summary   the same for reading: short, rounded, formatted
    pictures  name -> what draws it; the first is the usual one
    """

    headline: str
    table: pd.DataFrame
    summary: pd.DataFrame
    pictures: dict[str, Callable[[], Chart | Said]] = field(default_factory=dict)

    def plot(self, which: str = "") -> Chart | Said:
        """A picture with its alternative text, or a sentence where its figures are not held.

        Raises BadInput for a name that is none of `pictures`.
        """
        names = list(self.pictures)
        if which and which not in names:
            raise BadInput(f"there is no picture {which}. Pictures: {', '.join(names)}.")
        return self.pictures[which or names[0]]()

    def __repr__(self) -> str:
        return self.headline

    def _repr_html_(self) -> str:
        return f"<p><strong>{html.escape(self.headline)}</strong></p>"


def history(rows: list[dict], apart: list[dict]) -> View:
    """The council's published record. rows: period, measure, breakdown, category, value; apart: why LAC changed."""
    held = pd.DataFrame(rows)
    known = held[pd.to_numeric(held["value"], errors="coerce").notna()].copy()
    known["value"] = known["value"].astype(float)
    whole = known[known["breakdown"] == "all"]
    wide = whole.assign(measure=whole["measure"].map(words.MEASURES), period=whole["period"].map(_year_or_day))
    wide = wide.pivot_table(index="period", columns="measure", values="value", aggfunc="last")
    wide = wide[[name for name in words.MEASURES.values() if name in wide]].map(words.children, na_action="ignore")
    wide = wide.fillna("")
    wide.columns.name, wide.index.name = None, "31 March, and year to it"
    table = known.rename(columns={"value": "children", "category": "age or kind"})
    drawn = {group: _counted(whole, group) for group in ("lac", "cp")}
    drawn |= {"ages": lambda: _ages(known), "why": lambda: _why(apart)}
    stocks = {name: _series(whole, f"{group}_stock") for group, name in GROUP_NAMES.items()}
    return View(_headline("of_history", stocks), table, wide, drawn)


def _headline(macro: str, *facts) -> str:
    return " ".join(words.lines(macro, *facts))


def _year_or_day(period: str) -> str:
    """The year that a 31 March, or a financial year, ends in; another day as it is."""
    if len(period) == len("2010-11"):
        return str(int(period[:4]) + 1)
    return period[:4] if period.endswith("-03-31") else period


def _series(whole: pd.DataFrame, measure: str) -> dict[str, float]:
    """Year -> figure of one measure, at 31 March or in the year to it."""
    rows = whole[whole["measure"] == measure]
    years = rows["period"].map(_year_or_day)
    return dict(sorted((year, value) for year, value in zip(years, rows["value"], strict=True) if len(year) == 4))


def _counted(whole: pd.DataFrame, group: str) -> Callable[[], Chart | Said]:
    stock, starts, ends = (_series(whole, measure) for measure in (f"{group}_stock", *FLOWS[group]))
    if not stock:
        return lambda: Said([f"No count at 31 March is held: {GROUP_NAMES[group].lower()}."])
    return lambda: charts.counted(GROUP_NAMES[group], stock, starts, ends)


def _ages(known: pd.DataFrame) -> Chart | Said:
    ages = known[(known["breakdown"] == "age_band") & (known["measure"] == "lac_stock")]
    if ages.empty:
        return Said(["No ages are published for this case."])
    day = ages["period"].max()
    counts = ages[ages["period"] == day].set_index("category")["value"].to_dict()
    ordered = {band: counts[band] for band in words.BANDS if band in counts}
    return charts.by_age(GROUP_NAMES["lac"], words.day_in_words(day), ordered)


def _why(apart: list[dict]) -> Chart | Said:
    if not apart:
        return Said(["No three years are held in full: why the number changed cannot be told."])
    parts = {row["cause"]: row["children"] for row in apart}
    return charts.why_changed(GROUP_NAMES["lac"], (apart[0]["first"], apart[0]["last"]), parts)


def population(area: str, detail: dict, log: list[dict]) -> View:
    """Residents now and at the horizon, what moves them by year, and the assumptions that say so.

    detail  people: month, age, children; moves: year, flow, children, months (of the year that are projected)
    log     the case's log of assumptions
    """
    people, moves = pd.DataFrame(detail["people"]), pd.DataFrame(detail["moves"])
    months = list(dict.fromkeys(people["month"]))
    now, then = (people.loc[people["month"] == month, "children"].tolist() for month in months)
    whole = moves[moves["months"] == A_YEAR]
    years = {year: rows.set_index("flow")["children"].to_dict() for year, rows in whole.groupby("year", sort=True)}
    headline = _headline("of_population", area, months[0], months[-1], now, then)
    columns = {"year": "financial year", "months": "months projected", "flow": "what", "children": "children"}
    part = moves["months"].astype(str) + " months of " + moves["year"]  # where not all its months are projected
    year = moves["year"].where(moves["months"] == A_YEAR, part)
    wide = moves.assign(flow=moves["flow"].map(charts.flow_in_words), year=year)
    wide = wide.pivot(index="flow", columns="year", values="children").map(words.children)
    wide = wide.loc[[charts.flow_in_words(flow) for flow in dict.fromkeys(moves["flow"])]]
    wide.columns.name, wide.index.name = None, "Children in the year"
    births = {year: flows["births"] for year, flows in years.items()}
    short = Said(["No whole year lies before the horizon."])
    drawn = {
        "pyramid": lambda: charts.pyramid(area, tuple(months), now, then),
        "births": lambda: charts.births(area, births) if births else short,
        "moves": lambda: charts.moves(area, dict(list(years.items())[-MOST_YEARS:])) if births else short,
    }
    return View(headline, moves.rename(columns=columns)[list(columns.values())], wide, drawn)


def assumptions(log: list[dict], keys: tuple[str, ...] = PEOPLE_KEYS, reliability: str = "") -> pd.DataFrame:
    """The assumptions whose keys begin so, for reading; of one reliability alone, such as Red, where it is given."""
    held = pd.DataFrame(log)
    held = held[held["Key"].str.startswith(keys)]
    held = held[held["Reliability"] == reliability] if reliability else held
    figures = held[["Value", "Low", "High"]].map(lambda value: "" if pd.isna(value) else words.figure(float(value)))
    ranges = (figures["Low"] + " to " + figures["High"]).mask(figures["Low"] == figures["High"], "")
    table = held.assign(**{"Value": figures["Value"], "80% range": ranges}).set_index("Assumption")
    return table[["Value", "80% range", "Unit", "Reliability"]]


def children(answer: dict, slug: str, detail: dict, past: dict[str, list[tuple[str, float]]]) -> View:
    """Looked-after children and children on plans: range, ages, flows, and what the central path is made of."""
    held, march = answer["scenarios"][slug]["children"], words.year_end_month(answer)
    rows = [
        {"group": tables.GROUP_NAMES[group], "figure": figure, **row}
        for group, figures in held.items()
        for figure, months in figures.items()
        for row in months
    ]
    table = pd.DataFrame(rows).rename(columns={name: f"{label}, children" for name, label in RANGE.items()})
    drawn = {}
    for group in GROUP_NAMES:
        drawn |= _children_drawn(answer, slug, detail, group, past.get(group, []))
    summary = tables.table("year_ends", answer, slug).set_index(["Children", "At"])
    return View(_headline("of_children", answer, held, march), table, summary, drawn)


def _children_drawn(answer: dict, slug: str, detail: dict, group: str, past: list) -> dict:
    name = GROUP_NAMES[group]
    ages, flows = (pd.DataFrame(detail[part]) for part in ("ages", "care"))
    ages, flows = ages[ages["group"] == group], flows[flows["group"] == group]
    by_month = {month: rows.set_index("band")["mean"].to_dict() for month, rows in ages.groupby("month", sort=True)}
    whole = flows[flows["months"] == A_YEAR]
    year = (whole if len(whole) else flows)["year"].iloc[0]
    bands = flows[flows["year"] == year].set_index("band")[["starts", "ends", "aged"]].to_dict("index")
    return {
        group: lambda: charts.children_so_far(answer, past, group, name, slug),
        f"{group}_ages": lambda: charts.ages_ahead(name, by_month),
        f"{group}_flows": lambda: charts.care_flows(name, year, bands),
    }


def drivers(rows: list[dict]) -> View:
    """What each cause adds by each 31 March. rows: year, month, cause, lac, cp (children) and cost (pounds)."""
    held = pd.DataFrame(rows)
    held["cause"] = held["cause"].map(words.cause)
    shown = {name: (label, words.signed) for name, label in GROUP_NAMES.items()} | {
        "cost": (words.VARIANCE, words.money_signed)
    }
    last = held[held["month"] == held["month"].max()]
    summary = pd.DataFrame({label: last[name].map(said) for name, (label, said) in shown.items()}).set_axis(
        last["cause"]
    )
    summary.index.name = f"By {words.month_in_words(last['month'].iloc[0])}"
    columns = {
        "year": "financial year",
        "lac": "looked-after children",
        "cp": "children on plans",
        "cost": "variance, £",
    }
    drawn = {name: partial(charts.drivers, held, name, label) for name, (label, _) in shown.items()}
    return View(_headline("of_drivers", last.to_dict("records")), held.rename(columns=columns), summary, drawn)


def activity(answer: dict, slug: str, detail: dict) -> View:
    """Where children live, what it costs, and the work of contact, reviews and conferences against capacity."""
    year, work = answer["financial_year"], pd.DataFrame(detail["work"])
    rows = [row for row in detail["placements"] if row["year"] == year]
    most = max(rows, key=lambda row: row["mean"])
    short = work[(work["year"] == year) & (work["mean"] > work["held"])]["work"].map(words.WORK)
    headline = _headline("of_activity", most, rows, short.tolist())
    table = pd.DataFrame(detail["placements"]).rename(
        columns={"price_a_week": "£ a child a week", "cost": "cost, £", "year": "financial year"}
        | {name: f"{label}, children" for name, label in RANGE.items()}
    )
    table["line"] = table["line"].map(lambda line: LINES[line][0])
    drawn = {"placements": lambda: charts.where_children_live(year, rows)}
    drawn |= {"capacity": lambda: charts.capacity(detail["work"])}
    drawn |= {"front_door": lambda: charts.front_door(answer, slug)}
    return View(headline, table, tables.table("activity", answer, slug).set_index("Work"), drawn)


def cost(answer: dict, slug: str) -> View:
    """Cost by line and year against the budget."""
    held, year = answer["scenarios"][slug]["cost"], answer["financial_year"]
    rows = [
        {"financial year": name, "line": LINES[line][0], "group": GROUPS[LINES[line][1]], **figures}
        for name, one in held.items()
        for line, figures in one["lines"].items()
    ]
    columns = {"budget": "budget, £"} | {name: f"{label}, £" for name, label in RANGE.items()}
    drawn = {"years": lambda: charts.cost_by_year(answer, slug), "lines": lambda: charts.cost_by_line(answer, slug)}
    summary = tables.table("four_years", answer, slug).set_index("Financial year")
    return View(_headline("of_cost", year, held[year]), pd.DataFrame(rows).rename(columns=columns), summary, drawn)


def contingency(answer: dict, slug: str) -> View:
    """The call on the contingency, the chance that it holds, and when it is spent."""
    held = answer["scenarios"][slug]["contingency"]
    table = pd.DataFrame(held["call_by_month"]).rename(columns={name: f"{label}, £" for name, label in RANGE.items()})
    drawn = {"call": lambda: charts.contingency_fan(answer, slug), "spent": lambda: charts.when_spent(answer, slug)}
    summary = tables.table("enough", answer, slug).set_index("To be this sure")
    return View(_headline("of_contingency", held), table, summary, drawn)


def comparison(answer: dict) -> View:
    """Futures side by side, on the same draws: the scenarios of one answer, the first being what others differ from."""
    rows, before = [], next(iter(answer["scenarios"].values()))
    against = f"call against {before['name']}, £"
    for one in answer["scenarios"].values():
        call = one["contingency"]["call"]
        rows.append(
            {
                "future": one["name"],
                "chance it holds, share of draws": one["contingency"]["chance_holds"],
                **{f"call, {label}, £": call[key] for key, label in RANGE.items()},
                against: call["mean"] - before["contingency"]["call"]["mean"],
                **{f"net cost {year}, £": cost["net"]["mean"] for year, cost in one["cost"].items()},
            }
        )
    table = pd.DataFrame(rows)
    least = min(rows, key=lambda row: row["call, expected, £"])
    call = least["call, expected, £"]
    headline = _headline("of_comparison", least["future"], call, least[against], before["name"])
    summary = tables.filled("futures", rows, before["name"]).set_index("Future")
    drawn = {"calls": lambda: charts.calls(answer), "years": lambda: charts.four_years(answer)}
    central = Said(["The central case: there is nothing to part into causes."])
    for slug, scenario in answer["scenarios"].items():
        waterfall = partial(charts.waterfall, answer, slug)
        drawn[f"why {slug}"] = (lambda: central) if scenario["causes"] is None else waterfall
    furthest = max(range(len(rows)), key=lambda row: abs(rows[row][against]))
    drawn["why"] = drawn[f"why {list(answer['scenarios'])[furthest]}"]
    if answer["sensitivities"]:
        drawn["matters"] = lambda: charts.tornado(answer)
    return View(headline, table, summary, drawn)


def region(rows: pd.DataFrame, totals: pd.DataFrame) -> View:
    """Councils of a sweep side by side, the least likely to hold first, and what they come to together.

    rows    a council each, as a sweep keeps them; totals: by figure, as `runs.sweep.totals` makes them
    """
    held = rows.sort_values(["chance_holds", "call_mean"], ascending=[True, False]).to_dict("records")
    sums = totals.to_dict("index")
    summary = tables.filled("councils", held).set_index("Council")
    drawn = {
        "chance": lambda: charts.chance_by_council(held),
        "money": lambda: charts.money_by_council(held),
        "children": lambda: charts.children_by_council(held),
        "total": lambda: charts.total_of_councils(sums, len(held)),
    }
    lists = [name for name in rows if name.endswith("_percentiles")]
    return View(_headline("of_region", held, sums), rows.drop(columns=lists), summary, drawn)
