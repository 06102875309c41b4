"""What must hold between the figures of an answer, and between it and its tables: asked before anything is published.

A mean outside what its own range allows, a chance that does not follow from the draws, parts that do not make their
sum, tables that say another thing than answer.json: each is named, and the run is not published.
"""

from collections.abc import Iterator
from math import isclose, sqrt

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import financial_year
from forecast.report.words import year_end_month

ALIKE = 1e-6  # relative: sums of the same draws in another order
A_PENNY = 0.01
RANGE = ("p10", "p50", "p90")
PARTS = (0.4, 0.4, 0.1)  # of the draws, at least, lie above the 10th, the 50th and the 90th percentile, and no higher
Said = Iterator[tuple[str, bool]]  # what must hold, and whether it does


def check(answer: dict, made: dict[str, pd.DataFrame], written: dict[str, pd.DataFrame]) -> None:
    """Raises BadInput naming the first figure that does not go with the others.

    made     the tables of the answer, and monthly (mean pounds by scenario, month and line)
    written  the same tables as they were read back from the run's folder
    """
    said = [*_of_answer(answer), *_of_months(answer, made["monthly"]), *_of_tables(made, written)]
    if wrong := [what for what, holds in said if not holds]:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise BadInput(
            f"the run was not published, because its figures do not go together: {wrong[0]}{more}. What was published "
            "before stands. Send this message to who keeps the program."
        )


def _of_answer(answer: dict) -> Said:
    central = answer["scenarios"].get("central", {}).get("contingency", {}).get("call", {})
    for slug, scenario in answer["scenarios"].items():
        yield from ((f"{slug}, {'.'.join(path)}: p10, p50 and p90", _rising(row)) for path, row in _ranges(scenario))
        yield from ((f"{slug}: {what}", holds) for what, holds in _of_call(answer, scenario["contingency"]))
        for year, cost in scenario["cost"].items():
            net, lines = cost["net"]["mean"], sum(line["mean"] for line in cost["lines"].values())
            yield (
                f"{slug}, {year}: gross and income make net",
                _alike(cost["gross"]["mean"] + cost["income"]["mean"], net),
            )
            yield f"{slug}, {year}: the lines make net", _alike(lines, net)
            yield f"{slug}, {year}: the groups make net", _alike(sum(g["mean"] for g in cost["groups"].values()), net)
            yield (
                f"{slug}, {year}: net less budget is the variance",
                _alike(net - cost["budget"], cost["variance"]["mean"]),
            )
        if causes := scenario["causes"]:
            after = scenario["contingency"]["call"]["mean"]
            made = causes["before"] + sum(causes["parts"].values())
            yield f"{slug}: the causes make the change of the call", abs(made - causes["after"]) < A_PENNY
            yield f"{slug}: the causes end at its call", _alike(causes["after"], after)
            yield f"{slug}: the causes begin at the central call", _alike(causes["before"], central.get("mean", after))


def _of_call(answer: dict, held: dict) -> Said:
    """The draw-down: its chance, its range, its months."""
    chance, draws, call, amount = held["chance_holds"], answer["draws"], held["call"], held["amount"]
    failing = sum((held["exhaustion"] or {"share_of_draws": {}})["share_of_draws"].values())
    yield "the chance is a share of the draws", _alike(chance * draws, round(chance * draws))
    yield "the chance and the months of exhaustion make one", _alike(chance + failing, 1.0)
    yield "the error of the chance is the chance's", _alike(held["chance_error"], sqrt(chance * (1 - chance) / draws))
    yield "the amount is the council's", amount == answer["contingency"]
    for percent, pounds in [*held["enough"].items(), *((name[1:], call[name]) for name in RANGE)]:
        share, slack = int(percent) / 100, 2 / draws
        holds = chance >= share - slack if pounds <= amount else chance <= share + slack
        yield f"what is enough with a chance of {share:.0%} goes with the chance", holds
    least = sum(part * call[name] for part, name in zip(PARTS, RANGE, strict=True))
    yield (
        "the expected call is no less than its range allows",
        min(call["p10"], call["mean"] - least * (1 - ALIKE)) >= 0,
    )
    yield "the headroom is the amount less the call", _alike(held["headroom"]["mean"], amount - call["mean"])
    last = next(row for row in held["call_by_month"] if row["month"] == year_end_month(answer))
    yield "the call is that of the year's last month", all(_alike(last[name], call[name]) for name in ("mean", *RANGE))


def _of_months(answer: dict, monthly: pd.DataFrame) -> Said:
    """Every year's lines are the sum of their months."""
    years = monthly["month"].map(financial_year)
    sums = monthly.groupby([monthly["scenario"], years, monthly["line"]])["mean"].sum().to_dict()
    for slug, scenario in answer["scenarios"].items():
        for year, cost in scenario["cost"].items():
            for line, figures in cost["lines"].items():
                made = sums.get((slug, year, line), 0.0)
                yield f"{slug}, {year}: the months of {line} make its year", _alike(made, figures["mean"])


def _of_tables(made: dict[str, pd.DataFrame], written: dict[str, pd.DataFrame]) -> Said:
    for name, table in made.items():
        yield f"tables/{name} is that of answer.json", written[name].equals(table)


def _ranges(part: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict]]:
    """Every range of an answer, and where it stands."""
    if isinstance(part, dict) and set(RANGE) <= set(part) and not isinstance(part["p10"], str):
        yield path, part
    for name, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from _ranges(inner, (*path, str(name)))


def _rising(row: dict) -> bool:
    return row["p10"] <= row["p50"] <= row["p90"]


def _alike(one: float, other: float) -> bool:
    return isclose(one, other, rel_tol=ALIKE, abs_tol=A_PENNY)
