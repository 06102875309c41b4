"""Open a case: its assumptions and its published tables, all checked before any work is done."""

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from forecast.case import Assumptions, Case, list_scenarios, load_scenarios
from forecast.case.documents import CaseFile
from forecast.case.errors import BadInput
from forecast.case.home import typed
from forecast.case.months import financial_year, last_day, month_in_words, year_end
from forecast.case.reader import read_document
from forecast.case.wording import check, nearest, read_each
from forecast.demand import mix, totals
from forecast.demand.evidence import Evidence
from forecast.demand.local import Local, read_local, read_plans
from forecast.demand.placements import PLACEMENTS
from forecast.model.evidence import gather
from forecast.sources import published
from forecast.sources.cards import Card, read_card
from forecast.sources.history import COLUMNS, History, check_words
from forecast.sources.returns_case import PLAN_RATES, RATES, TEXT

if TYPE_CHECKING:  # what only looks at a case loads nothing of money
    from forecast.money.ledger import Ledger

TOTALS = "calibration/totals.csv"  # in the folder of data: figures of the closed form of totals
MIX = "calibration/mix.csv"  # the same: how the mix of looked-after children moves
SPEND = "calibration/spend.csv"  # the same: how spend a child drifts
COUNTED_AS = {name: f"lac_{name}" for name in PLACEMENTS}  # placement -> measure of the monthly counts
SINGLE = ("population", "country_population", "components", "spending", "country_by_year")  # roles of one table each
WHOLE_NUMBERS = ("age", "mid_year", "children", "year_to_mid", "births", "population_all_ages")


@dataclass(frozen=True)
class OpenCase:
    """A case ready to run: evidence, tables and the files they stand in, one set of assumptions a scenario."""

    evidence: Evidence
    history: History
    tables: dict[str, pd.DataFrame]
    cards: dict[str, Card]
    scenarios: dict[str, Assumptions]
    actuals: "Actuals | None" = None
    files: dict[str, Path] = field(default_factory=dict)

    @property
    def ledger(self) -> "Ledger | None":
        """The council's budget and actuals to date, where they have come."""
        return None if self.actuals is None else self.actuals.ledger

    @property
    def central(self) -> Assumptions:
        return self.scenarios["central"]


@dataclass(frozen=True)
class Actuals:
    """What came in since a case was set up: the council's own months.

    counts  month, measure, value: children at each month's end, starts and ends; every month from the first
    ledger  budget and actuals of the year, or None
    """

    counts: pd.DataFrame
    ledger: "Ledger | None" = None

    @property
    def last(self) -> str:
        """The last month counted."""
        return self.counts["month"].max()

    def count(self, month: str, measure: str) -> int:
        """One count."""
        held = self.counts[(self.counts["month"] == month) & (self.counts["measure"] == measure)]
        return int(held["value"].item())

    @property
    def placed(self) -> dict[str, dict[str, float]]:
        """Month -> placement -> looked-after children at its end, for months that count every placement."""
        wide = (
            self.counts.pivot(index="month", columns="measure", values="value")
            .reindex(columns=list(COUNTED_AS.values()))
            .dropna()
        )
        return {
            month: {name: float(row[measure]) for name, measure in COUNTED_AS.items()} for month, row in wide.iterrows()
        }

    @property
    def lives(self) -> pd.DataFrame:
        """The counts of children, starts and ends alone."""
        return self.counts[~self.counts["measure"].isin(COUNTED_AS.values())].reset_index(drop=True)

    def table(self, area: str) -> pd.DataFrame:
        """The children of the last month's end, in the form of a table of children."""
        day = last_day(self.last).isoformat()
        rows = [
            (
                area,
                day,
                f"{group}_stock",
                "all",
                "all",
                str(self.count(self.last, group)),
                "children",
                "council",
                "monthly counts",
            )
            for group in ("lac", "cp")
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    def starts_after(self, period: str) -> dict[str, float]:
        """Children who started since the end of a financial year, by group."""
        since = self.counts[self.counts["month"] > year_end(period)[:7]].groupby("measure")["value"].sum()
        return {group: float(since[f"{group}_starts"]) for group in ("lac", "cp")}


def moved_on(scenarios: dict[str, Assumptions], actuals: Actuals, council: str, name: str) -> dict[str, Assumptions]:
    """The same assumptions, standing at the end of the last month that has come, for the council that sent it.

    Raises BadInput if that month is beyond the case's budget year: then a new case is due.
    """
    case = scenarios["central"].case
    if financial_year(actuals.last) != case.financial_year:
        raise BadInput(
            f"{actuals.last} is in {financial_year(actuals.last)} and the case's budget is for {case.financial_year}. "
            "Set up the case of the new year from the year's outturn, and name it in council.yaml under starts_from."
        )
    amount = scenarios["central"].value("budget.contingency")
    title = f"{name}, {month_in_words(actuals.last)}: will £{amount:,.0f} be enough?"
    moved = {"council": council, "month": actuals.last, "origin": last_day(actuals.last), "title": title, "name": name}
    return {slug: replace(a, case=a.case.model_copy(update=moved)) for slug, a in scenarios.items()}


def open_case(params: Path, data: Path, council: str, month: str) -> OpenCase:
    """Read and check everything a case needs. Raises BadInput; nothing is computed before all of it holds."""
    try:
        scenarios = load_scenarios(params, council, month, list_scenarios(params))
    except BadInput as fault:
        raise BadInput("\n".join([str(fault), *_table_faults(params, data, council, month)])) from None
    return with_data(data, scenarios)


def _table_faults(params: Path, data: Path, council: str, month: str) -> list[str]:
    """What is wrong with the tables of a case whose assumptions cannot be read, so that all is told at once."""
    try:
        case = check(CaseFile, read_document(params / council / month / "case.yaml", params)).case
    except BadInput:
        return []
    try:
        _read_tables(case, _table_files(data, case), last_day(case.month), None)
    except BadInput as fault:
        return [str(fault)]
    return []


def open_workbook(params: Path, data: Path, workbook: Path) -> OpenCase:
    """The same from an officer's workbook of assumptions, which says which case it is. Raises BadInput."""
    from forecast.case.workbook import read_workbook  # with what reads spreadsheets

    return with_data(data, read_workbook(workbook, params))


def with_data(
    data: Path,
    scenarios: dict[str, Assumptions],
    actuals: Actuals | None = None,
    as_at: date | None = None,
    returned: Path | None = None,
) -> OpenCase:
    """A case with the tables it names, all proven, and what has come in since. Raises BadInput.

    as_at     the day at which the tables must be known and not expired; by default the last of the case's month
    returned  a folder with tables of returns that came in since, known by the last of the case's month
    """
    case = scenarios["central"].case
    now = last_day(case.month)
    children, returns, plans = _names(case.tables["children"]), _returns(case), _plan_returns(case)
    files = _table_files(data, case, returned)
    tables = _read_tables(case, files, as_at or now, returned)
    single = [case.tables[role] for role in SINGLE]
    history = History(
        {name: tables[name] for name in children}
        | ({} if actuals is None else {"monthly counts": actuals.table(case.area)})
    )
    evidence = gather(
        case, history, *(_numbers(tables[name]) for name in single[:3]), by_year(tables[case.tables["country_by_year"]])
    )
    spend = _calibrated(data, SPEND).set_index("name")["value"].to_dict()
    parts = mix.from_table(_calibrated(data, MIX))
    evidence = replace(evidence, totals=totals.from_table(_calibrated(data, TOTALS)), spend=spend, mix=parts)
    if actuals is not None:
        evidence = replace(evidence, recent_starts=actuals.starts_after(case.calibration_year), placed=actuals.placed)
    if returns:
        typed = (_typed(tables[returns[kind]]) for kind in ("exposure", "starts", "open", "survival"))
        counted = read_local(*typed, case.origin.isoformat())
        of_the_month = files[returns["open"]].parent == returned
        evidence = replace(evidence, local=agreeing(counted, evidence, case.origin, of_the_month))
    if plans:
        evidence = replace(evidence, plans=read_plans(_typed(tables[plans[0]])))
    cards = {name: read_card(file) for name, file in files.items()}
    return OpenCase(evidence, history, tables, cards, scenarios, actuals, files)


def _calibrated(data: Path, name: str) -> pd.DataFrame:
    """A table that `forecast calibrate` made. Raises BadInput if it is not there."""
    if not (data / name).is_file():
        raise BadInput(f"data/{name} is missing. Restore it, or make it anew from a panel of councils (CONTRIBUTING)")
    return pd.read_csv(data / name)


def _returns(case: Case) -> dict[str, str]:
    return {kind: f"{case.tables['returns']}_{kind}" for kind in RATES} if "returns" in case.tables else {}


def _plan_returns(case: Case) -> list[str]:
    return [f"{case.tables['plan_returns']}_{PLAN_RATES}"] if "plan_returns" in case.tables else []


def _table_files(data: Path, case: Case, returned: Path | None = None) -> dict[str, Path]:
    """Every table that a case reads, and the file it stands in. Raises BadInput naming the roles it leaves out."""
    if lacking := [role for role in ("children", "country", *SINGLE) if role not in case.tables]:
        raise BadInput(
            f"{case.council}/{case.month}/case.yaml, tables: {', '.join(lacking)} not named. {made_by(case)}"
        )
    single = [case.tables[role] for role in SINGLE]
    names = [*_names(case.tables["children"]), *single, *_returns(case).values(), *_plan_returns(case)]
    return {name: table_folder(data, name, returned) / f"{name}.csv" for name in names}


def _read_tables(case: Case, files: dict[str, Path], as_at: date, returned: Path | None) -> dict[str, pd.DataFrame]:
    """Every table, proven and the council's. Raises one BadInput with all that is missing or wrong."""

    def read(name: str) -> pd.DataFrame:
        file = files[name]
        if not file.is_file():
            held = [path.stem for path in file.parent.glob(f"{name.split('_')[0]}_*.csv")]  # no other council's
            remedy = f"{nearest(name, held)} Else {made_by(case)}" if held else made_by(case)
            raise BadInput(f"{name}.csv is in no folder of data, and {case.council}/{case.month} reads it. {remedy}")
        table = published.read(file.parent, name, last_day(case.month) if file.parent == returned else as_at)
        code = read_card(file).la_code
        if code and case.la_code and code != case.la_code:
            raise BadInput(
                f"{name}.csv is about the council with code {code}, and this case is {case.area}'s ({case.la_code}). "
                + made_by(case)
            )
        return table

    tables = read_each(files, read)
    names = _names(case.tables["children"])
    read_each(names, lambda name: check_words(name, tables[name]))
    areas = {area for name in names for area in tables[name].get("area", ())}
    if case.area not in areas:
        held = ", ".join(sorted(areas - {case.tables["country"]})) or "the country alone"
        listed = ", ".join(f"{name}.csv" for name in names)
        raise BadInput(f"{listed} (children) holds {held}, not {case.area}. {made_by(case)}")
    return tables


def made_by(case: Case) -> str:
    """The command that makes a council's tables."""
    command = typed(f"new {case.la_code or case.council} --from FOLDER")
    return f"{command} makes it from official downloads; or correct its name in case.yaml"


def table_folder(data: Path, name: str, returned: Path | None = None) -> Path:
    """Where a table is: `returned` if it is there, data/local, which is the council's own and in no repository,
    data/published, or a council's folder in data/councils, which forecast new writes.

    Raises BadInput where it is in two of these.
    """
    if returned is not None and (returned / f"{name}.csv").is_file():
        return returned
    places = [data / "local", data / "published", *sorted((data / "councils").glob("*/*/"))]
    there = [folder for folder in places if (folder / f"{name}.csv").is_file()]
    if len(there) > 1:
        where = " and in ".join(folder.relative_to(data.parent).as_posix() for folder in there)
        raise BadInput(f"{name}.csv is in {where}. Keep one, so that it is plain which is used.")
    return there[0] if there else data / "published"


def agreeing(held: Local, evidence: Evidence, origin: date, of_the_month: bool) -> Local:
    """The returns' counts, proved to have as many children at the origin as the history.

    Returns that came with the month's counts (`of_the_month`) and disagree give their rates alone, for the month has to
    go on; the refresh tells it. Raises BadInput for others that disagree.
    """
    counted, said = int(held.here.sum()), evidence.lac.open_at_origin
    if not held.current or counted == said:
        return held
    if of_the_month:
        return replace(held, current=False)
    raise BadInput(
        f"the returns hold {counted} looked-after children on {origin} and the table of children says {said}. "
        "Make both from the same returns (forecast returns PATH --for-case NAME), or correct the one that is wrong."
    )


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """A table of the returns with its figures as numbers."""
    return table.astype({column: float for column in table.columns if column not in TEXT}).assign(
        **({"uasc": table["uasc"] == "True"} if "uasc" in table else {})
    )


def _names(tables: str | list[str]) -> list[str]:
    return [tables] if isinstance(tables, str) else tables


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of whole numbers as numbers; the door has already proved every cell."""
    whole = [name for name in table.columns if name in WHOLE_NUMBERS]
    return table.astype({name: int if table[name].ne("").all() else str for name in whole}).replace(
        {name: {"": "nan"} for name in whole}
    )


def by_year(table: pd.DataFrame) -> pd.DataFrame:
    """A table of the country by year with its figures as numbers; a blank is a figure not held."""
    figures = [name for name in table.columns if name not in ("area", "year")]
    return table.replace({name: {"": "nan"} for name in figures}).astype({"year": int} | dict.fromkeys(figures, float))
