"""Does the scrutiny report say the right words of random answers, and is every figure of it checked?

    python tests/directions_of_words.py SCENARIOS     tries that many random answers, then changes every figure of the report

The truth of each random answer is worked out here, from the draws the answer was made of, without the package's words.
"""

import copy
import os
import re
import sys
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from forecast.report import figures, paper
from forecast.report.model import Bullets, Figure, FigureInText, Paragraph, Report, Table, text_of
from forecast.report.notebook import RUN_FOLDER, Run
from forecast.report.paper.gather import gathered
from forecast.report.paper.settings import read_settings
from forecast.runs import score

HOME = Path(__file__).resolve().parent.parent
AS_OF, SEED, DRAWS = date(2011, 6, 9), 2011, 200
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def reference(folder: Path | None = None) -> Run:
    """The reference run: the session's, or the published one."""
    import json

    folder = folder or Path(os.environ.get(RUN_FOLDER, HOME / "runs" / "slough" / "2011-06"))
    return Run(folder, json.loads((folder / "answer.json").read_text(encoding="utf-8")))


def ready(run: Run, scored: bool = True) -> figures.RunInContext:
    """A run as the report wants it."""
    return gathered(run, AS_OF, HOME, "the reference run", score.of_run(run) if scored else None)


def written(run: figures.RunInContext, draw=None, quality: bool = False) -> Report:
    return paper.scrutiny_report(run, read_settings(HOME / "params"), draw=draw, quality=quality)


# ---- random answers ----


def summary(draws: np.ndarray) -> dict:
    return {
        "mean": float(draws.mean()),
        "p10": float(np.quantile(draws, 0.1)),
        "p50": float(np.quantile(draws, 0.5)),
        "p90": float(np.quantile(draws, 0.9)),
    }


def random_answer(answer: dict, number: int) -> tuple[dict, dict]:
    """Another answer that hangs together, and what is true of it: the draws, and the numbers they give."""
    rng = np.random.default_rng([SEED, number])
    made = {key: copy.deepcopy(value) for key, value in answer.items() if key != "scenarios"}
    made["scenarios"] = {
        slug: copy.deepcopy(answer["scenarios"][slug]) for slug in ("central", "gatekeeping", "permanence")
    }
    truth = _children(made, rng) | _contingency(made, rng) | _costs(made, rng)
    return made, truth | _others(made, rng, truth["calls"]) | _beside(made, rng)


def _children(made: dict, rng) -> dict:
    truth = {}
    for group in ("lac", "cp"):
        opened = int(rng.integers(5, 400))
        made["open_at_origin"][group] = opened
        level = opened + rng.normal(0, 20, DRAWS)
        for row in made["scenarios"]["central"]["children"][group]["month_ends"]:
            level = np.maximum(level + rng.normal(rng.normal(0, 1), 3, DRAWS), 0)
            row.update(summary(np.round(level) if rng.random() < 0.5 else level))
            if row["month"] in ("2012-03", made["horizon"]):
                truth[f"{group}/{row['month']}"] = (row["mean"], opened)
    return truth


def _contingency(made: dict, rng) -> dict:
    held, months = made["scenarios"]["central"]["contingency"], 12
    plan = np.zeros(DRAWS) if rng.random() < 0.3 else rng.lognormal(11.5, 0.5, DRAWS)
    call = np.maximum(rng.normal(rng.normal(400e3, 400e3), rng.uniform(1e4, 5e5), DRAWS), 0) + plan
    amount = [
        0.0,
        float(round(call.mean(), -4)),
        float(call.mean()),
        float(rng.uniform(0, 2e6)),
        float(np.quantile(call, rng.random())),
        float(call.max() + 1),
    ][rng.integers(0, 6)]
    course = np.sort(rng.random((DRAWS, months)), axis=1)
    course[:, -1] = 1
    cumulative = call[:, None] * course
    failing = call > amount
    first = [
        next(month for month in range(months) if cumulative[draw, month] > amount) for draw in np.flatnonzero(failing)
    ]
    names = [row["month"] for row in held["call_by_month"]]
    at = (
        None
        if not first
        else {
            name: names[int(np.quantile(first, q, method="lower"))]
            for name, q in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9))
        }
        | {"share_of_draws": {}}
    )
    chance = float((~failing).mean())
    held |= {
        "amount": amount,
        "call": summary(call) | {"error_of_mean": 1.0, "error_of_p90": 1.0},
        "headroom": summary(amount - call),
        "recovery_plan": summary(plan),
        "chance_holds": chance,
        "exhaustion": at,
        "enough": {key: float(np.quantile(call, int(key) / 100)) for key in ("50", "80", "90", "95")},
    }
    for place, row in enumerate(held["call_by_month"]):
        row.update(summary(cumulative[:, place]))
    made["contingency"] = amount
    rows = [
        {"adjustment": float(step), "chance_holds": float(rng.random()), "call_mean": 1.0}
        for step in sorted(rng.uniform(-5e5, 5e5, 3))
    ]
    held["chance_by_base_budget"] = rows if rng.random() < 0.7 else []
    return {
        "calls": call,
        "amount": amount,
        "chance": chance,
        "plan": float(plan.mean()),
        "exhaustion": at,
        "rows": held["chance_by_base_budget"],
    }


def _costs(made: dict, rng) -> dict:
    cost = made["scenarios"]["central"]["cost"][made["financial_year"]]
    for line in cost["lines"].values():
        budget = float(rng.uniform(0, 2e6))
        line.update(summary(budget + rng.normal(rng.normal(0, 1e5), 1e4, DRAWS)) | {"budget": budget})
    net, budget = (
        sum(line["mean"] for line in cost["lines"].values()),
        sum(line["budget"] for line in cost["lines"].values()),
    )
    cost |= {
        "net": cost["net"] | {"mean": net},
        "budget": budget,
        "variance": {"mean": net - budget, "p10": net - budget - 1e5, "p50": net - budget, "p90": net - budget + 1e5},
    }
    return {
        "variance": net - budget,
        "lines": {name: line["mean"] - line["budget"] for name, line in cost["lines"].items()},
    }


def _others(made: dict, rng, calls: np.ndarray) -> dict:
    truth = {}
    for slug in ("gatekeeping", "permanence"):
        one = made["scenarios"][slug]
        change = rng.normal(rng.normal(0, 1e5), 2e4, DRAWS) if rng.random() < 0.9 else rng.normal(0, 1, DRAWS)
        after = calls + change
        parts = rng.dirichlet(np.ones(2)) * float(change.mean())
        one["contingency"] |= {
            "call": summary(after) | {"error_of_mean": 1.0, "error_of_p90": 1.0},
            "amount": made["contingency"],
        }
        one["difference_from_central"]["call"] = summary(change)
        one["causes"] = {
            "before": float(calls.mean()),
            "after": float(after.mean()),
            "parts": {"start rates": float(parts[0]), "interaction": float(parts[1])},
        }
        years = one["difference_from_central"]["net_cost"]
        for year in years:
            years[year] = summary(rng.normal(rng.normal(0, 2e5 if rng.random() < 0.9 else 2e3), 2e4, DRAWS))
        truth[f"all/{slug}"] = sum(year["mean"] for year in years.values())
    benefit = rng.normal(rng.normal(0, 2e5), 1e5, DRAWS)
    chance = float((benefit > 0).mean())
    made["scenarios"]["permanence"]["payback"] |= {
        "benefit": summary(benefit),
        "chance": chance,
        "month": None if chance == 0 else made["scenarios"]["permanence"]["payback"]["month"],
    }
    return truth | {"benefit": float(benefit.mean()), "pays": chance}


def _beside(made: dict, rng) -> dict:
    """Assumptions one by one, the record, the alarm."""
    first = made["sensitivities"]["assumptions"][0]
    first |= {"call_at_low": float(rng.normal(0, 5e4)), "call_at_high": float(rng.normal(0, 5e4))}
    errors = {}
    for group, held in made["record"].items():
        for years, error in held["errors"].items():
            error |= {"forecast": float(rng.uniform(0, 0.3)), "no_change": float(rng.uniform(0, 0.3))}
            if rng.random() < 0.2:
                error["no_change"] = error["forecast"] + float(rng.choice([0, 2e-4, -2e-4]))
            errors[group, years] = (error["forecast"], error["no_change"])
    alarm = made["breaks"]["lac"][-1]
    low, high = sorted(rng.uniform(10, 200, 2))
    alarm |= {"counted": float(rng.integers(0, 250)), "low": float(low), "high": float(high)}
    alarm["found"] = bool(alarm["counted"] > 1.3 * high or alarm["counted"] < 0.7 * low)
    alarm["direction"] = ("more" if alarm["counted"] > high else "fewer") if alarm["found"] else "none"
    return {"first": (first["call_at_low"], first["call_at_high"]), "errors": errors, "alarm": alarm}


# ---- what is true, in words of our own ----


def rounded(number: float, step: float) -> Decimal:
    return (Decimal(repr(float(number))) / Decimal(repr(step))).quantize(Decimal(1), ROUND_HALF_UP)


def pounds(number: float) -> str:
    return f"£{abs(int(rounded(number, 10_000.0))) * 10_000:,}"


def up_or_down(number: float, step: float, up: str, down: str, level: str) -> str:
    return level if rounded(abs(number), step) == 0 else up if number > 0 else down


def tenths(chance: float) -> str:
    number = int(rounded(chance, 0.1))
    return {0: "in fewer than 1 of 20 futures", 10: "in more than 19 of 20 futures"}.get(
        number, f"in {number} of 10 futures"
    )


def month(written_so: str) -> str:
    return f"{MONTHS[int(written_so[5:]) - 1]} {written_so[:4]}"


def expected_words(truth: dict) -> list[tuple[str, str]]:
    """(pattern with one group, what the group must say) for the whole report's text."""
    call, amount, chance = truth["calls"].mean(), truth["amount"], truth["chance"]
    near = rounded(call, 10_000.0) == rounded(amount, 10_000.0)
    place = (
        "exactly the contingency"
        if float(call) == amount
        else ("beyond" if call > amount else "within") + " the contingency" + (", by less than £10,000" if near else "")
    )
    likely = (
        "very likely to be enough"
        if chance >= 0.9
        else "more likely than not to be enough"
        if chance > 0.55
        else "about as likely to be enough as not"
        if chance >= 0.45
        else "very unlikely to be enough"
        if chance <= 0.1
        else "more likely than not to fall short"
    )
    lines = [
        (r"Will a contingency of .+? be enough for Slough to 31 March 2012\? It is (.+?): it holds", likely),
        (r"It is [a-z ]+: it holds (in .+? futures) \(", tenths(chance)),
        (r"expected call on the contingency is £[0-9,]+, (.+?), and that", place),
        (r"The expected call is £[0-9,]+, (.+?); the contingency would", place),
        (r"A contingency of £[0-9,]+ is (.+?) to 31 March 2012", likely),
        (
            r"On average (.+?)\.",
            up_or_down(
                amount - call,
                10_000.0,
                f"{pounds(amount - call)} to spare",
                f"{pounds(amount - call)} short",
                "nothing to spare to the nearest £10,000",
            ),
        ),
        (
            r"against a (?:derived )?budget of -?£[0-9,]+[:,] (.+?)(?: \(|;)",
            up_or_down(
                truth["variance"],
                10_000.0,
                f"{pounds(truth['variance'])} over budget",
                f"{pounds(truth['variance'])} under budget",
                "on budget to the nearest £10,000",
            ),
        ),
        (r"At its low the expected call would be (.+?), at its high", less_or_more(truth["first"][0])),
        (r"at its high (.+?)\.", less_or_more(truth["first"][1])),
        (
            r"Permanence costs £[0-9,]+ to March 2015 and (\w+ £[0-9,]+) net",
            f"{'costs' if rounded(truth['benefit'], 10_000.0) < 0 else 'saves'} {pounds(truth['benefit'])}",
        ),
        (r"It pays back (in .+? futures)", tenths(truth["pays"])),
        (
            r"What would be enough: .+? sure\. (.+?\.)\n",
            "In no future drawn does it run out."
            if truth["exhaustion"] is None
            else f"If it fails, it fails around {month(truth['exhaustion']['p50'])} (80% range {month(truth['exhaustion']['p10'])} to {month(truth['exhaustion']['p90'])}).",
        ),
    ]
    return lines + _children_words(truth) + _other_words(truth)


def less_or_more(number: float) -> str:
    return up_or_down(
        number, 10_000.0, f"{pounds(number)} more", f"{pounds(number)} less", "no change to the nearest £10,000"
    )


def _children_words(truth: dict) -> list[tuple[str, str]]:
    lines = []
    for group, name in (("lac", "Looked-after children"), ("cp", "Child protection plans")):
        said = {}
        for when in ("2012-03", "2015-03"):
            mean, opened = truth[f"{group}/{when}"]
            count = f"{abs(int(rounded(mean - opened, 1.0))):,}"
            said[when] = up_or_down(
                mean - opened, 1.0, f"{count} more than now", f"{count} fewer than now", "as many as now"
            )
        lines += [
            (rf"{name}: .+?; [0-9,]+ are expected by .+?\), (.+?); by", said["2012-03"]),
            (rf"{name}: .+?; [0-9,]+ are expected by .+?; by .+?\), (.+?)\.", said["2015-03"]),
        ]
    return lines


def _other_words(truth: dict) -> list[tuple[str, str]]:
    lines = []
    if truth["rows"]:
        low, high = truth["rows"][0], truth["rows"][-1]
        lines += [
            (
                r"were it (.+?), the contingency would hold",
                f"{pounds(low['adjustment'])} {'higher' if low['adjustment'] > 0 else 'lower'}",
            ),
            (
                r"futures; (£[0-9,]+ \w+), in",
                f"{pounds(high['adjustment'])} {'higher' if high['adjustment'] > 0 else 'lower'}",
            ),
            (r"the contingency would hold (in .+? futures);", tenths(low["chance_holds"])),
        ]
    if truth["alarm"]["found"]:
        lines.append(
            (
                r"Looked-after children: warning of a break\. [0-9,]+ started in [0-9-]+, (\w+) than the",
                "more" if truth["alarm"]["counted"] > truth["alarm"]["high"] else "fewer",
            )
        )
    else:
        lines.append((r"Looked-after children: (no break with the past is found)", "no break with the past is found"))
    return lines


def whole_text(report: Report) -> str:
    """The prose, a line each."""
    lines = [
        text_of(row)
        for block in report.blocks
        if isinstance(block, Paragraph | Bullets)
        for row in figures.rows_of(block)
    ]
    return "\n".join([*lines, ""])


def row_faults(report: Report, log: Report, truth: dict) -> list[str]:
    """Signs of the cost table, what scenarios save, and who was nearer in the table of the record."""
    tables = {table.name: table for table in (*report.tables(), *log.tables())}
    names = {
        "Agency (IFA) fostering": "ifa_fostering",
        "UASC grant (income)": "uasc_grant",
        "Court-ordered contact": "contact",
    }
    found = []
    for row in tables["cost_by_line"].rows:
        if row[0] in names:
            change = truth["lines"][names[row[0]]]
            right = up_or_down(change, 10_000.0, f"+{pounds(change)}", f"-{pounds(change)}", "£0")
            found += [] if row[3].shown == right else [f"{row[0]}: {row[3].shown}, expected {right}"]
    shown = {text_of(row[:1]).lower(): text_of(row[3:4]) for row in tables["scenarios"].rows}
    for slug in ("gatekeeping", "permanence"):
        right = less_or_more(truth[f"all/{slug}"]).removesuffix(" to the nearest £10,000")
        found += [] if shown[slug] == right else [f"{slug} over all years: {shown[slug]}, expected {right}"]
    ranked = [slug for slug in shown if slug != "central"]
    found += [] if ranked == sorted(ranked, key=lambda slug: truth[f"all/{slug}"]) else [f"ranked {ranked}"]
    for row in tables["record_log"].rows:
        group, years = (
            ("lac" if row[0].startswith("Looked") else "cp"),
            {"One": "1", "Two": "2", "Three": "3"}[row[1].split()[0]],
        )
        ours, naive = truth["errors"][group, years]
        close = rounded(ours, 0.001) == rounded(naive, 0.001)
        right = (
            "level"
            if ours == naive
            else ("forecast" if ours < naive else "no change") + (", by less than 0.1 points" if close else "")
        )
        found += [] if row[4].shown == right else [f"record {group} {years}: {row[4].shown}, expected {right}"]
    return found


def faults_of(run: figures.RunInContext, number: int) -> tuple[list[str], int]:
    """Words that random answer `number` gets wrong, and how many were looked at."""
    made, truth = random_answer(run.answer, number)
    known = replace(run, answer=made)
    report, log = written(known), written(known, quality=True)
    text, found, looked = whole_text(report), [], expected_words(truth)
    for pattern, right in looked:
        said = re.findall(pattern, text)
        found += (
            [] if said and set(said) == {right} else [f"scenario {number}: {pattern}: says {said}, expected {right!r}"]
        )
    apart = "The expected call is an average over all futures" in text
    middle = np.quantile(truth["calls"], 0.5)
    should = truth["amount"] > 0 and (truth["calls"].mean() > truth["amount"]) != (middle > truth["amount"])
    found += (
        []
        if apart == should
        else [f"scenario {number}: the average and the chance seem to disagree: said {apart}, true {should}"]
    )
    found += [
        f"scenario {number}: {fault}"
        for fault in [*row_faults(report, log, truth), *figures.unsourced(report, HELD), *figures.unsourced(log, HELD)]
    ]
    return found, len(looked) + 1 + 3 + 2 + len(truth["errors"])


HELD = ("announced inspection of safeguarding and looked-after children, 9 June 2011",)


# ---- every figure changed by one unit ----

UNITS = {
    "money": 1e4,
    "percent_tenth": 1e-3,
    "percent": 1e-2,
    "share_or_none": 1e-2,
    "signed_percent": 1e-2,
    "chance_in_ten": 0.1,
    "in_ten_futures": 0.1,
    "holds_phrase": 0.1,
    "posts": 0.1,
    "tenth": 0.1,
    "tenth_signed": 0.1,
    "points": 1e-3,
    "than_central": 1e4,
    "over_or_under": 1e4,
    "spare_or_short": 1e4,
    "lower_or_higher": 1e4,
    "cost_direction": 1e4,
    "saves": 1e4,
    "budget_phrase": 1e4,
    "placements_phrase": 1e4,
    "plan_phrase": 1e4,
}


def unit(how: str, value: float) -> float:
    """One unit of a rule's rounding; four figures for values of assumptions."""
    if how in ("figure", "enough_at", "switching"):
        return max(abs(value) * 2e-3, 1e-3)
    return next((size for name, size in UNITS.items() if how.startswith(name)), 1.0)


def next_month(written_so: str) -> str:
    year, number = int(written_so[:4]), int(written_so[5:7])
    return f"{year + number // 12}-{number % 12 + 1:02d}"


def moved(value, how: str):  # noqa: PLR0911
    """A value one unit on; what a rule makes of it must differ."""
    if how == "likelihood":
        return 0.02 if value > 0.5 else 0.97
    if isinstance(value, bool | np.bool_):
        return not value
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        if np.isnan(value):
            return 1.0
        step = unit(how, value)
        return (
            value - step
            if how in ("chance_in_ten", "in_ten_futures", "holds_phrase") and value > 0.85
            else value + step
        )
    if value is None:
        return {"exhaustion": None}.get(how, 1.0)
    if isinstance(value, date):
        return value.replace(year=value.year + 1)
    if isinstance(value, str):
        return moved_text(value, how)
    return moved_part(value, how)


def moved_text(value: str, how: str) -> str:
    if how in ("month", "month_end", "month_of_day"):
        return next_month(value)
    if how == "day":
        return f"{next_month(value)}-01"
    return f"{int(value[:4]) + 1}{value[4:]}" if how == "year_end" else f"{value}x"


def moved_part(value, how: str):  # noqa: PLR0911
    """One leaf of a group of figures moved, the one the rule tells of."""
    if isinstance(value, list):
        return [*value, copy.deepcopy(value[-1]) if value else {}]
    if how.startswith("sure_"):
        return value | {how[5:]: value[how[5:]] + 1e4}
    if how == "within_or_beyond":
        return value | {"call": value["call"] | {"mean": 2 * value["amount"] - value["call"]["mean"]}}
    if how == "exhaustion":
        return value | {
            "exhaustion": None if value["exhaustion"] else {"p10": "2011-12", "p50": "2012-01", "p90": "2012-03"}
        }
    if how in ("nearer", "scored_nearer"):
        first, second = ("forecast", "no_change") if how == "nearer" else ("error", "error_no_change")
        return value | {first: value[second], second: value[first]}
    if how == "over_all_years":
        years = value["difference_from_central"]["net_cost"]
        first = next(iter(years))
        moved_year = {first: years[first] | {"mean": years[first]["mean"] + 1e4}}
        return value | {"difference_from_central": value["difference_from_central"] | {"net_cost": years | moved_year}}
    if how == "inside":
        return value | {"outturn": value["p90"] + 1 if value["outturn"] <= value["p90"] else value["p10"]}
    leaves = {"range_of_assumption": "Low", "range_of_row": "low", "range_of_alarm": "low"}
    leaf = (leaves | dict.fromkeys(("walks", "against_walks"), "crps_ratio")).get(how, "p90")
    old = value[leaf]
    return (
        value
        | {
            leaf: 0.123
            if old is None or np.isnan(old)
            else old + unit("figure" if how.startswith("range_of_") and how != "range_of_alarm" else how, old)
        }
        | ({"High": 9.87} if how == "range_of_assumption" and np.isnan(value["High"]) else {})
    )


def put(holder, path: list[str], value):
    """A copy of nested dicts and lists with one place changed."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(holder, list):
        name, chosen, wanted = step.partition("=")
        place = next(i for i, row in enumerate(holder) if str(row[name]) == wanted) if chosen else int(step)
        return [put(one, rest, value) if i == place else one for i, one in enumerate(holder)]
    return holder | {step: put(holder[step], rest, value)}


def changed(run: figures.RunInContext, part: FigureInText) -> figures.RunInContext:
    """The same run with the value behind one figure moved by one unit."""
    source = part.source.split(figures.MINUS)[0]
    value = moved(run.value(source), part.how)
    if source.startswith("tables/"):
        _, name, place = source.split("/", 2)
        rows = run.rows(name)
        new = put(rows, [place] if place in rows else place.rsplit("/", 1), value)
        return replace(run, read=run.read | {name: new})
    root, _, rest = source.partition("/")
    if root == "context":
        return replace(run, context=put(run.context, rest.split("/"), value))
    return replace(run, answer=put(run.answer, source.split("/"), value))


def caught_in_run(run: figures.RunInContext, report: Report, parts: list[FigureInText]) -> list[FigureInText]:
    """Figures whose change in the run the check does not notice, by name of the source."""
    return [
        part
        for part in parts
        if not any(
            fault.endswith((f"({part.source})", f"holds no {part.source}"))
            for fault in figures.wrong(report, changed(run, part), {})
        )
    ]


def rows_told(report: Report) -> list[tuple[tuple, str]]:
    """Rows with a figure, and what stands between their parts in a finished file."""
    pairs = [
        (row, "\t" if isinstance(block, Table) else "")
        for block in report.blocks
        if not isinstance(block, Figure)
        for row in figures.rows_of(block)
    ]
    return [(row, between) for row, between in pairs if any(isinstance(part, FigureInText) for part in row)]


def line_of(row: tuple, between: str) -> str:
    """The line of a finished file, cell by cell."""
    cells = [text_of((part,)) for part in row]
    return "\t".join(" ".join(cell.split()) for cell in cells) if between else " ".join("".join(cells).split())


def misprinted(shown: str, how: str) -> str:
    """A figure off by one unit, or a word turned round."""
    swaps = {
        "beyond": "within",
        "within": "beyond",
        "more": "less",
        "less": "more",
        "fewer": "more",
        "over": "under",
        "short": "to spare",
        "no change": "forecast",
        "forecast": "no change",
        "inside": "outside",
        "outside": "inside",
    }
    number = re.search(r"[0-9][0-9,]*(?:\.[0-9]+)?", shown)
    if number is None:
        word = next((name for name in swaps if name in shown), None)
        return shown.replace(word, swaps[word], 1) if word else f"{shown} not"
    digits = number[0]
    step = (
        10_000
        if "£" in shown[: number.start()] and digits.replace(",", "").endswith("0000") and digits != "0"
        else 10 ** -len(digits.partition(".")[2])
    )
    places = len(digits.partition(".")[2])
    value = float(digits.replace(",", "")) + step
    return (
        shown[: number.start()]
        + (f"{value:,.{places}f}" if "," in digits or step == 10_000 else f"{value:.{places}f}")
        + shown[number.end() :]
    )


def caught_in_text(
    report: Report, run: figures.RunInContext, lines: list[str], most: int | None = None
) -> tuple[int, list[str]]:
    """Change each figure in a finished file, one at a time: how many there were, and those the check let pass."""
    at, let_pass, looked = 0, [], 0
    bare = [
        re.sub("^(Warning|Note): ", "", "\t".join(" ".join(cell.split()) for cell in line.split("\t")))
        for line in lines
    ]
    for row, between in rows_told(report):
        at = next(place for place in range(at, len(bare)) if bare[place] == line_of(row, between)) + 1
        for place, part in enumerate(row):
            if isinstance(part, FigureInText) and part.shown and (most is None or looked < most):
                looked += 1
                other = (*row[:place], misprinted(part.shown, part.how), *row[place + 1 :])
                altered = [*lines[: at - 1], line_of(other, between), *lines[at:]]
                let_pass += (
                    []
                    if figures.misplaced(report, "report", altered)
                    else [f"{part.shown} -> {other[place]} ({part.source})"]
                )
    return looked, let_pass


def headlines(report: Report) -> list[FigureInText]:
    """The figures of all prose: the first page, the recommendations, the implications, the conclusion and the rest."""
    rows = [row for block in report.blocks if isinstance(block, Paragraph | Bullets) for row in figures.rows_of(block)]
    return list(dict.fromkeys(part for row in rows for part in row if isinstance(part, FigureInText)))


def main(count: int) -> None:
    import tempfile

    from forecast.report.render import check
    from forecast.report.render.html import to_html
    from forecast.report.render.word import to_word

    run = ready(reference())
    found, looked = [], 0
    for number in range(count):
        faults, seen = faults_of(run, number)
        found, looked = found + faults, looked + seen
        if number % 100 == 99:
            print(f"{number + 1} random answers, {looked} phrases: {len(found)} wrong", flush=True)
    print("\n".join(found[:20]))
    report = written(run)
    parts = list(dict.fromkeys(figures.figures_in(report)))
    missed = caught_in_run(run, report, parts)
    print(
        f"each figure changed by one unit in the run: {len(parts) - len(missed)} of {len(parts)} caught (of them {len(headlines(report))} in prose); missed {missed[:5]}",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        to_word(report, Path(folder) / "r.docx")
        to_html(report, Path(folder) / "r.html")
        for name, lines in (
            ("Word", check.words_in_word(Path(folder) / "r.docx").split("\n")),
            ("HTML", check.words_in_html(Path(folder) / "r.html").split("\n")),
        ):
            print(f"{name} as made: {figures.misplaced(report, name, lines)}")
            total, passed = caught_in_text(report, run, lines)
            print(
                f"each figure changed by one unit in the {name} file: {total - len(passed)} of {total} caught; missed {passed[:5]}",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]))
