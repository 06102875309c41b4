"""council.yaml: what a council sends each month, in its own words, and what is too odd to be taken without a person."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from forecast.case.documents import Month, Strict, Text
from forecast.case.home import beside
from forecast.case.lines import LINES
from forecast.case.months import MONTHS_A_YEAR, days_in, financial_year, year_months
from forecast.case.wording import nearest, read_as, refuse
from forecast.sources.arrivals.mapping import MAPPING, read_mapping

CARD = "council.yaml"
FOLDER = re.compile("[a-z0-9][a-z0-9_-]*")
COUNTS, LEDGER, ANNEX, TRIAL = "counts", "ledger", "annex_a", "trial_balance"
SERVICES = {"lac": "looked-after children", "cp": "children on a child protection plan"}
DATA = beside(__file__)
MEASURES: dict[str, str] = DATA["measures"]
PLACED: dict[str, str] = DATA["placed"]  # where they live, for councils that count it: all of them or none
COUNTED = MEASURES | PLACED
MONTH, YEAR, PERIOD, ACCOUNT, BUDGET, ACTUAL = "month", "financial_year", "period", "cost_line", "budget", "actual"
LEDGER_FIELDS = (YEAR, PERIOD, ACCOUNT, BUDGET, ACTUAL)
CENTRE, SUBJECTIVE, DEBIT, CREDIT, POSTING = "cost_centre", "subjective", "debit", "credit", "posting"
TO_DATE = {each: f"{each}_to_date" for each in (BUDGET, ACTUAL, DEBIT, CREDIT)}
TRIAL_FIELDS = (CENTRE, SUBJECTIVE, PERIOD, YEAR, BUDGET, ACTUAL, DEBIT, CREDIT, POSTING, *TO_DATE.values())
COST_LINES = tuple(LINES)
PERSONAL, WHOSE, OF_ACCOUNTS = (
    frozenset(DATA[words].split()) for words in ("of_one_person", "whose_number", "of_accounts")
)
NUMBERED = frozenset(("id", "ref", "identifier", "number", "no"))


class Base(Strict):
    """The case whose assumptions the council starts from."""

    council: Text = Field(description="the folder of the case in params, such as slough")
    month: Month = Field(description="the month of the case, such as 2025-04")


class Months(Strict):
    """The months whose figures are wanted, both included."""

    first: Month = Field(description="the first month whose figures are wanted, such as 2025-04")
    last: Month = Field(description="the last month whose figures are wanted, such as 2026-03")


class Opening(Strict):
    """Children at the end of the month before the first."""

    lac: int = Field(ge=0, description="looked-after children at the end of the month before the first")
    cp: int = Field(ge=0, description="children on a child protection plan at the end of the month before the first")


class ExpectedFile(Strict):
    """A file that comes every month: one month's, or a running file of all months so far. CSV or Excel.

    An Annex A stands in the place of counts; a trial balance, with mapping.csv beside the card, in that of the ledger.
    """

    kind: Literal["counts", "ledger", "annex_a", "trial_balance"] = Field(
        description="counts or annex_a; ledger or trial_balance"
    )
    pattern: Text = Field(description="the file's name without its ending, * for what changes, such as counts_*")
    sheet: Text | None = Field(None, description="the sheet to read, where the file is a workbook")
    unit: Literal["pounds", "thousands"] | None = Field(None, description="pounds or thousands, for a ledger")
    columns: dict[str, str] = Field({}, description="the file's headings, each with what stands under it")
    ignore: dict[str, str] = Field({}, description="headings that are not read, each with the reason")
    accruals: list[str] = Field([], description="how a trial balance marks accruals, under posting")


class Budget(Strict):
    """Yearly budgets by cost line from a month on; a later one changes the lines it names."""

    month: Month = Field(description="the first month it holds for, such as 2025-04")
    note: Text = Field(description="who agreed it and when")
    lines: dict[str, float] = Field(description="cost line: pounds a year, income negative")


class Tolerances(Strict):
    """What passes without a person; anything beyond stops until somebody has looked."""

    stock_change_lac: int = Field(ge=0, description="most children by which looked-after children change in a month")
    stock_change_cp: int = Field(ge=0, description="most children by which plans change in a month")
    stock_identity: int = Field(ge=0, description="most children between a stock and the one before + starts - ends")
    revision_children: int = Field(ge=0, description="most children by which a count already held may be restated")
    revision_pounds: float = Field(ge=0, description="most pounds by which a figure of the ledger may be restated")
    footing: float = Field(ge=0, description="most pounds between a ledger's total and the sum of its lines")
    wrong_sign: float = Field(ge=0, description="largest actual of the other sign, as a share of the period's budget")


class Accepted(Strict):
    """A figure beyond a tolerance that a person has looked at and found right."""

    month: Month = Field(description="the month of the figure, such as 2025-10")
    item: Text = Field(
        description="the measure or the cost line, such as lac or private_residential; ledger for all lines"
    )
    why: Text = Field(description="why it is right, and who says so")


class Card(Strict):
    """The whole of a council.yaml."""

    council: Text = Field(description="the council's name as readers see it")
    slug: Text = Field(description="the council's name in folders: small letters, digits, - and _")
    starts_from: Base = Field(description="the case whose assumptions it starts from: council and month")
    months: Months = Field(description="the first and the last month wanted")
    opening: Opening = Field(description="children at the end of the month before the first: lac and cp")
    files: dict[str, ExpectedFile] = Field(description="the files that come every month, by a name for each")
    accounts: dict[str, str] = Field(
        {}, description="the ledger's own names of cost lines, each with the line it is part of"
    )
    total: Text | None = Field(None, description="what the ledger calls the row of the period's total")
    phasing: Literal["twelfths", "days", "own"] = Field(
        description="how the year's budget falls on periods: twelfths, days or own"
    )
    budgets: dict[str, Budget] = Field(
        description="yearly budgets, the first for every line, later ones for what changed"
    )
    tolerances: Tolerances = Field(description="what passes without a person")
    accepted: dict[str, Accepted] = Field({}, description="figures beyond a tolerance that a person has found right")

    @property
    def lines(self) -> list[str]:
        """The cost lines of the ledger, in the order of the council's reports."""
        return [line for line in COST_LINES if line in self.accounts.values()]

    @property
    def measures(self) -> list[str]:
        """What is counted every month: children, starts and ends, and where children are placed if any file has it."""
        counted = {field for file in self.files.values() if file.kind == COUNTS for field in file.columns.values()}
        return list(COUNTED if counted & set(PLACED) or self.has(ANNEX) else MEASURES)

    def has(self, kind: str) -> bool:
        """Whether a file of a kind is expected."""
        return any(file.kind == kind for file in self.files.values())

    @property
    def opening_month(self) -> str:
        """The month before the first."""
        return month_before(self.months.first)

    def budget(self, month: str) -> dict[str, float]:
        """Cost line -> pounds a year, as agreed by a month."""
        agreed = sorted((each for each in self.budgets.values() if each.month <= month), key=lambda each: each.month)
        return {line: pounds for budget in agreed for line, pounds in budget.lines.items()}

    def period_budget(self, month: str) -> dict[str, float]:
        """Cost line -> pounds of one period, by twelfths or days; evenly where the council phases it in its own way."""
        share = 1 / MONTHS_A_YEAR
        if self.phasing == "days":
            share = days_in([month])[0] / days_in(year_months(financial_year(month))).sum()
        return {line: pounds * share for line, pounds in self.budget(month).items()}

    def found_right(self, month: str, item: str) -> Accepted | None:
        """What a person said of a figure that is beyond a tolerance, if anybody did."""
        found = (each for each in self.accepted.values() if (each.month, each.item) == (month, item))
        return next(found, None)


def read_card(path: Path) -> Card:
    """The card of a council, with the lines of mapping.csv beside it where its ledger is a trial balance.

    Raises BadInput naming file, line and key of every fault found.
    """
    card, doc = read_as(Card, path, path.parent)
    if card.has(TRIAL) and not card.accounts:
        card = card.model_copy(
            update={"accounts": {line: line for line in read_mapping(path.with_name(MAPPING)).lines}}
        )
    for faults in (_own_faults, _file_faults, _account_faults, _budget_faults, _accepted_faults):
        refuse(doc, (), faults(card))
    return card


def month_before(month: str) -> str:
    """The month before a month."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - (number == 1)}-{(number - 2) % MONTHS_A_YEAR + 1:02d}"


def same_words(text: str) -> str:
    """Headings and names are compared without regard to case and to the number of spaces."""
    return " ".join(text.split()).casefold()


def is_personal(heading: str) -> bool:
    """Whether a heading is of a column about one person: a name, a date of birth, an identifier."""
    parts = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", heading).lower())
    if set(parts) <= OF_ACCOUNTS and len(parts) > 1:
        return False
    words = {*parts, "".join(parts)}
    numbered = bool(NUMBERED & words) and (bool(WHOSE & words) or len(parts) == 1)
    return numbered or bool(PERSONAL & words)


Faults = Iterator[tuple[str | tuple[str, ...], str]]  # where on the card, and the sentence


def _own_faults(card: Card) -> Faults:
    if not FOLDER.fullmatch(card.slug):
        yield "slug", "is not the name of a folder; expected small letters, digits, - and _. Write it so"
    if card.months.last < card.months.first:
        yield "months", "end before they begin; expected first, then last. Swap them"
    accounts = {same_words(account) for account in card.accounts}
    if card.has(LEDGER) and not (card.total and accounts):
        yield "accounts", "or total is missing; expected both for a ledger of cost lines. Add them"
    if card.has(TRIAL) and (card.total or set(card.accounts) != set(card.accounts.values())):
        yield "accounts", f"and total are given beside a trial balance; expected {MAPPING} in their place. Remove them"
    if (
        card.has(TRIAL)
        and card.phasing == "own"
        and not any({BUDGET, TO_DATE[BUDGET]} & set(file.columns.values()) for file in card.files.values())
    ):
        yield "phasing", "is own, and the trial balance has no budget to tell it; expected twelfths or days. Correct it"
    if card.total and same_words(card.total) in accounts:
        yield "total", "is also a cost line under accounts; expected the name of the total row alone. Remove it there"
    if len(accounts) < len(card.accounts):
        yield "accounts", "two differ only by case or spaces; expected each once. Remove one"


def _file_faults(card: Card) -> Faults:
    for name, file in card.files.items():
        yield from ((("files", name, field), sentence) for field, sentence in _faults_of(file))
    measures = [field for file in card.files.values() if file.kind == COUNTS for field in file.columns.values()]
    lacking = [measure for measure in card.measures if measures.count(measure) != 1]
    if card.has(ANNEX):
        lacking = [measure for measure in card.measures if measure in measures]
    ledgers = [file.kind for file in card.files.values() if file.kind in (LEDGER, TRIAL)]
    if card.has(ANNEX) and (lacking or [file.kind for file in card.files.values()].count(ANNEX) > 1):
        yield "files", "have counts twice; expected an Annex A or files of counts. Remove one"
    elif lacking or len(ledgers) != 1:
        expected = "expected one ledger, and every measure in one column of one file of counts"
        what = f"these are not in one column: {', '.join(lacking)}" if lacking else f"there are {len(ledgers)} ledgers"
        yield "files", f"{what}; {expected}. Correct kind and columns"


# kind -> what may stand under its headings, and what must.
FIELDS = {
    COUNTS: ((MONTH, *COUNTED), (MONTH,)),
    LEDGER: (LEDGER_FIELDS, LEDGER_FIELDS),
    ANNEX: ((), ()),
    TRIAL: (TRIAL_FIELDS, (CENTRE, SUBJECTIVE, PERIOD)),
}


def _faults_of(file: ExpectedFile) -> Iterator[tuple[str, str]]:
    right, needed = FIELDS[file.kind]
    given = list(file.columns.values())
    wrong = next((field for field in given if field not in right), None)
    if file.kind == ANNEX and given:
        yield "columns", "are given for an Annex A, whose headings are known; expected none. Remove them"
    elif wrong:
        expected = f"which is not known; expected {', '.join(right)}. {nearest(wrong, list(right))}"
        yield "columns", f"lead to {wrong[:40]}, {expected}"
    if any(given.count(field) > 1 for field in given) or not set(needed) <= set(given):
        yield "columns", f"do not lead to each field once; expected {', '.join(needed)}. Correct the columns"
    sides = [{DEBIT, CREDIT}, {TO_DATE[DEBIT], TO_DATE[CREDIT]}]
    amounts = [
        (one in given) + len(both & set(given)) / 2 for one, both in zip((ACTUAL, TO_DATE[ACTUAL]), sides, strict=True)
    ]
    if file.kind == TRIAL and (not set(amounts) <= {0, 1} or not any(amounts)):
        expected = f"expected {ACTUAL}, or {DEBIT} and {CREDIT}, or these with _to_date"
        yield "columns", f"lead to no amounts, or to two kinds; {expected}. Correct them"
    if bool(file.accruals) != (POSTING in given):
        yield "accruals", f"goes with a column that leads to {POSTING}; expected both or neither. Correct it"
    if (file.unit is None) == (file.kind in (LEDGER, TRIAL)):
        expected = "expected pounds or thousands for a ledger only. Correct it"
        yield "unit", f"is given for counts or missing for a ledger; {expected}"
    if any(is_personal(heading) for heading in file.ignore):
        yield "ignore", "names a column about one person; expected none in any file. Have it left out of the export"
    if "/" in file.pattern or "\\" in file.pattern:
        yield "pattern", "holds a folder; expected the file's name alone. Write it without the folder"


def _account_faults(card: Card) -> Faults:
    for account, line in card.accounts.items():
        if line not in COST_LINES:
            expected = f"expected a cost line. {nearest(line, list(COST_LINES))}"
            yield ("accounts", account), f"leads to {line[:40]}; {expected}"


def _budget_faults(card: Card) -> Faults:
    unknown = [(name, line) for name, budget in card.budgets.items() for line in budget.lines if line not in card.lines]
    for name, line in unknown:
        expected = f"expected one under accounts. {nearest(line, card.lines)}"
        yield ("budgets", name, "lines", line), f"is not a cost line of this ledger; {expected}"
    months = [budget.month for budget in card.budgets.values()]
    if not months or min(months) > card.months.first or set(card.lines) - set(card.budget(min(months))):
        what = f"do not begin with one for every cost line by {card.months.first}"
        yield "budgets", f"{what}; expected {', '.join(card.lines)}. Add the lines that are missing"
    if len(set(months)) < len(months):
        yield "budgets", "two begin in one month; expected one a month. Put their lines together"


def _accepted_faults(card: Card) -> Faults:
    known = [*card.measures, *card.lines, LEDGER]  # the last: all lines of a month together
    for name, accepted in card.accepted.items():
        if accepted.item not in known:
            expected = f"expected a measure or a cost line. {nearest(accepted.item, known)}"
            yield ("accepted", name, "item"), f"is {accepted.item[:40]}; {expected}"
