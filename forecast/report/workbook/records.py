"""What a run gives its sheets: the records of rows, the words of sentences, and the figures that checks compare."""

import math
from datetime import date

from forecast.case.home import beside
from forecast.case.lines import GROUPS as COST_GROUPS
from forecast.case.lines import LINES
from forecast.case.months import days_in, month_in_words, period_of
from forecast.case.nature import CAUSES, INTERACTION
from forecast.model.check import BAND_WORDS
from forecast.money.ledger import ACTUAL, ESTIMATED, FORECAST
from forecast.report import words
from forecast.report.disclosure.figures import rule_in
from forecast.report.workbook.cells import HIDDEN, NOT_APPLICABLE
from forecast.report.workbook.run import CENTRAL, Run
from forecast.sources.history import SUPPRESSED

# The field's words for what tables hold under short names: no reader sees an underscore.
NAMES = beside(__file__, "names")
NAMES["measure"] = words.MEASURES | NAMES["measure"]
NAMES["category"] = BAND_WORDS | NAMES["category"]
ADJUSTMENT = "Base budget adjustment"
TOGETHER = "Causes together, beyond each alone"
OWN = "council"  # the status of a figure that its council counted and nobody published
CODE_LETTERS = 12  # of the code's checksum: as many as tell versions apart
# What the row of the adjustment, which belongs to no line, holds in budget monitoring beside the budget.
SPENT = ("Actual to date", "Estimated to date", "Forecast of the rest", "Projected outturn", "Outturn, low (10%)")
SPENT += ("Outturn, high (90%)", "Projected outturn last time", "Movement since then")
NOTHING_SPENT = {"Group": NOT_APPLICABLE} | dict.fromkeys(SPENT, 0.0)


def in_words(name: str, known: dict[str, str]) -> str:
    """A short name in words: as known, or with spaces for its underscores and a capital."""
    said = known.get(name, name.replace("_", " "))
    return f"{said[:1].upper()}{said[1:]}"


def notes(run: Run, explained: list[list[str]]) -> list[dict]:
    """The answer in words, how sure it is, and what terms mean."""
    sure = [line.replace("assumptions.md", "the sheet Inputs") for line in words.cautions(run.answer)]
    lines = [("The answer", line) for line in words.headline(run.answer)[1:]] + [("How sure", line) for line in sure]
    return [{"subject": subject, "note": note} for subject, note in [*lines, *explained]]


def inputs(run: Run) -> list[dict]:
    """Every assumption in force in the central case."""
    rows = run.tables["assumptions"].to_dict("records")
    for row in rows:
        row |= {"Section": in_words(row["Section"], NAMES["section"]), "Set by": in_words(row["Set by"], {})}
        row |= {day: words.day_in_words(str(row[day])[:10]) for day in ("Reviewed", "Review by")}
    return rows


def sources(run: Run) -> list[dict]:
    """The published tables; none where the run does not list them."""
    rows = [] if run.sources is None else run.sources.to_dict("records")
    for row in rows:
        row |= {day: words.day_in_words(row[day]) for day in ("published", "expires")}
        row["reason"] = row["hindsight_reason"] if row["hindsight"] else NOT_APPLICABLE
    return rows


def changes(run: Run) -> list[dict]:
    """What each scenario changes, and why."""
    return [
        row | {"name": held["name"]} for held in run.scenarios.values() for row in _with_units(run, held["differs"])
    ]


def history(run: Run) -> list[dict]:
    """The published and counted figures that the forecast starts from; in public the council's own only in total."""
    table = run.tables["history"]
    table = table[(table["status"] != OWN) | (table["breakdown"] == "all")] if run.public else table
    rows = table.to_dict("records")
    for row in rows:
        value = math.nan if row["status"] == SUPPRESSED else float(row["value"])
        small = row["status"] == OWN and rule_in(run.tables["assumptions"]).is_small(value)
        own = row["area"] == run.answer["data_area"] and row["breakdown"] == "all"
        small = small or (own and f"{row['measure']} {row['period']}" in run.hidden)
        # [c] where its publisher hid it, or where the council's own is too small for the public.
        row["value"] = HIDDEN if row["status"] == SUPPRESSED or (run.public and small) else value
        row |= {
            name: in_words(row[name], NAMES[name]) for name in ("measure", "breakdown", "category", "unit", "status")
        }
        row["period"] = words.day_in_words(row["period"]) if row["period"].count("-") == 2 else row["period"]
    return rows


def calibration(run: Run) -> list[dict]:
    """The model beside the published year that it is fitted to; in public without the council's own rows."""
    table = run.tables["calibration"]
    rows = (table[table["area"] != run.answer["data_area"]] if run.public else table).to_dict("records")
    for row in rows:
        row |= {"group": in_words(row["group"], NAMES["group"]), "figure": in_words(row["figure"], {})}
        row["note"] = in_words(row["note"], {}) or "Fits"
    return rows


def by_month(run: Run, slug: str, figure: str, answer: str) -> list[dict]:
    """Each line of one scenario: its months, and its year in the answer."""
    held = run.monthly(slug).pivot(index="line", columns="month", values=figure)
    lines = run.scenarios[slug]["cost"][run.year]["lines"]
    return [
        {"line": name, "months": held.loc[line].to_dict(), "answer": lines[line][answer]}
        for line, (name, _) in LINES.items()
    ]


def budget_months(run: Run) -> list[dict]:
    """The base budget of each month by line, and its adjustment by days."""
    rows = by_month(run, CENTRAL, "budget", "budget")
    if adjustment := run.central["cost"][run.year]["budget_adjustment"]:
        days = days_in(run.months)
        months = dict(zip(run.months, (adjustment * days / days.sum()).tolist(), strict=True))
        rows.append({"line": ADJUSTMENT, "months": months, "answer": adjustment})
    return rows


def ranges(run: Run) -> list[dict]:
    """The 80% range of each month and line, one fact a row."""
    months = run.monthly(CENTRAL)
    months = months.assign(place=months["line"].map(list(LINES).index)).sort_values(["month", "place"], kind="stable")
    return [
        row
        | {"month": month_in_words(row["month"]), "basis": NAMES["basis"][row["basis"]], "line": LINES[row["line"]][0]}
        for row in months.to_dict("records")
    ]


def monitoring(run: Run) -> list[dict]:
    """Each line with its group, its range and last time's outturn; its months are looked up by formula."""
    cost = run.central["cost"][run.year]
    before = run.previous and run.previous["scenarios"][CENTRAL]["cost"][run.year]["lines"]
    rows = [
        cost["lines"][line] | {"line": name, "group": COST_GROUPS[group], "before": before and before[line]["mean"]}
        for line, (name, group) in LINES.items()
    ]
    return [*rows, *([{"line": ADJUSTMENT, "fixed": NOTHING_SPENT}] if cost["budget_adjustment"] else [])]


def scenarios(run: Run) -> list[dict]:
    """Every scenario with its budget year and its children at that year's end."""
    end = words.year_end_month(run.answer)
    return [
        held
        | {"year": held["cost"][run.year]}
        | {group: words.at_month(held["children"][group]["month_ends"], end)["mean"] for group in ("lac", "cp")}
        for held in run.scenarios.values()
    ]


def contingency(run: Run) -> list[dict]:
    """Call, amount and the chance that it runs out from each month."""
    held = run.central["contingency"]
    shares, rows = (held["exhaustion"] or {"share_of_draws": {}})["share_of_draws"], []
    for row in held["call_by_month"]:
        month, basis = month_in_words(row["month"]), NAMES["basis"][run.basis[row["month"]]]
        more = {"month": month, "basis": basis, "amount": held["amount"], "share": shares.get(row["month"], 0.0)}
        rows.append(row | more)
    return rows


def causes(run: Run) -> list[dict]:
    """Why each scenario's expected call differs from the central one, each cause that moves any of them."""
    return [
        held["causes"]
        | {"name": held["name"], "parts": {cause: held["causes"]["parts"].get(cause, 0.0) for cause in _named(run)}}
        for held in run.scenarios.values()
        if held["causes"] is not None
    ]


def _named(run: Run) -> list[str]:
    parts = [held["causes"]["parts"] for held in run.scenarios.values() if held["causes"] is not None]
    return [cause for cause in (*CAUSES, INTERACTION) if any(cause in held for held in parts)]


def children(run: Run) -> list[dict]:
    """Children of each month in the central case; a month starts where the one before ended."""
    held, rows = run.central["children"], []
    before = {group: float(run.answer["open_at_origin"][group]) for group in ("lac", "cp")}
    for at, uasc in enumerate(held["uasc"]["month_ends"]):
        row = {"month": month_in_words(uasc["month"]), "uasc": uasc["mean"]}
        for group in ("lac", "cp"):
            end = held[group]["month_ends"][at]
            flows = {flow: held[group][flow][at]["mean"] for flow in ("starts", "ends")}
            row[group] = end | flows | {"start": before[group]}
            before[group] = end["mean"]
        rows.append(row)
    return rows


def _with_units(run: Run, rows: list[dict]) -> list[dict]:
    """Rows about assumptions with each one's unit in words."""
    units = run.tables["assumptions"].set_index("Key")["Unit"]
    return [row | {"unit": units[row["key"]]} for row in rows]


def of(run: Run, explained: list[list[str]]) -> dict[str, list[dict]]:
    """The records of every sheet, by its name; `explained` are subjects and notes of front.yaml."""
    every_month = [
        row | {"scenario": held["name"]}
        for slug, held in run.scenarios.items()
        for row in by_month(run, slug, "mean", "mean")
    ]
    return {
        "Notes": notes(run, explained),
        "Inputs": inputs(run),
        "Sources": sources(run),
        "Scenario changes": changes(run),
        "History": history(run),
        "Calibration": calibration(run),
        "Reconciliation": run.tables["reconciliation"].to_dict("records"),
        "Monthly profile": by_month(run, CENTRAL, "mean", "mean"),
        "Monthly budget": budget_months(run),
        "Monthly ranges": ranges(run),
        "Budget monitoring": monitoring(run),
        "Years ahead": [{"year": year} | cost for year, cost in run.central["cost"].items()],
        "Scenarios": scenarios(run),
        "Scenario months": every_month,
        "Contingency": contingency(run),
        "Sensitivities": _with_units(run, run.answer["sensitivities"]["assumptions"]),
        "Goal-seek": _with_units(run, run.answer["sensitivities"]["levers"]),
        "Causes": causes(run),
        "Children": children(run),
    }


def columns(run: Run) -> dict[str, list[list]]:
    """The columns that a run decides: its months with their year, and its causes."""
    months = [
        [f"{period_of(month)} {month_in_words(month)}, {run.basis[month]}", "money", 15, f"months/{month}"]
        for month in run.months
    ]
    year = [
        ["Year total", "money", 16, {"between": ["Line"]}],
        ["Year in the answer", "money", 16, "answer"],
        ["Year total less the answer", "pence", 16, {"missed": ["Year total", "Year in the answer", 2]}],
    ]
    named = {cause: TOGETHER if cause == INTERACTION else cause.capitalize() for cause in _named(run)}
    return {
        "months": [*months, *year],
        "causes": [[header, "pence", 18, f"parts/{cause}"] for cause, header in named.items()],
    }


def texts(run: Run, markings: dict[str, str]) -> dict[str, object]:
    """What the words of sheets may name, beside the parts of the answer."""
    # The first day on which an input falls due, and what that day is.
    lapses = [(str(day)[:10], "the earliest review date of an input") for day in run.tables["assumptions"]["Review by"]]
    if run.sources is not None:
        tables = zip(run.sources["expires"], run.sources["title"], strict=True)
        lapses += [(day, f'when the table "{title}" expires') for day, title in tables]
    day, what = min(lapses)
    expired = ". EXPIRED: review the inputs and run again before use" if run.as_of > date.fromisoformat(day) else ""
    budget = "The base budget is worked out, not published: last year's activity at this year's prices."
    if ACTUAL in run.basis.values():
        budget = "The budget is the council's own, from its ledger."
    bases = []  # which months are actual, which are the model's and which are still to come
    for basis in (ACTUAL, ESTIMATED, FORECAST):
        months = [month_in_words(month) for month in run.months if run.basis[month] == basis]
        if months:
            span = " and ".join(months) if len(months) < 3 else f"{months[0]} to {months[-1]}"
            bases.append(f"{NAMES['basis'][basis]}: {span}.")
    if ACTUAL not in run.basis.values():
        bases.append("No ledger was read, so no month is actual.")
    return run.answer | {
        "marking": markings[run.marking],
        "run": run.name,
        "code": run.manifest["code_sha256"][:CODE_LETTERS],
        "as_of": run.as_of.isoformat(),
        "use_until": f"Use until: {words.day_in_words(day)}, {what}{expired}",
        "basis": " ".join(bases),
        "budget": budget,
        "inputs": len(run.tables["assumptions"]),
        "red": int((run.tables["assumptions"]["Reliability"] == "Red").sum()),
        "previous": run.previous,
        "end": words.year_end_month(run.answer),
        "held": run.central["contingency"],
        "children_matter": words.children_matter(run.answer),
    }


def figures(run: Run) -> dict[str, object]:
    """The answer's figures that the checks compare, by path."""
    years, held = run.central["cost"].values(), run.scenarios.values()
    before = run.previous and run.previous["scenarios"][CENTRAL]["cost"][run.year]["net"]["mean"]
    return {
        "cost": run.central["cost"][run.year],
        "contingency": run.central["contingency"],
        "saved": float(run.tables["assumptions"].set_index("Key").at["budget.one_off_savings", "Value"]),
        "before": before,
        "all_years": {part: math.fsum(year[part]["mean"] for year in years) for part in ("net", "variance")},
        "all_scenarios": {
            "variance": math.fsum(one["cost"][run.year]["variance"]["mean"] for one in held),
            "headroom": math.fsum(one["contingency"]["headroom"]["mean"] for one in held),
            "change": math.fsum(one["difference_from_central"]["call"]["mean"] for one in held),
        },
    }
