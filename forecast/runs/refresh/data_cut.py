"""What is known at the end of a month, as a case: the assumptions it starts from, moved on to the last month."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from forecast.case import Assumptions
from forecast.case.months import day_in_words, financial_year, last_day
from forecast.model.cases import COUNTED_AS, Actuals, OpenCase, moved_on, with_data
from forecast.money.ledger import ledger_of as to_ledger
from forecast.runs.refresh.returned import with_returns
from forecast.sources.arrivals import Card
from forecast.sources.arrivals.vintages import counts_of, ledger_of


@dataclass(frozen=True, eq=False)
class DataCut:
    """What a forecast of one month rests on.

    scenarios  assumptions of every scenario, as the case they start from has them
    rows       every figure as known: month, figure, item, value
    budget     line -> pounds for the year, as agreed
    levels     months of the ledger that tell what the rest of the year will cost; None: all of them
    returned   the folder of the tables made of child-level returns, or None
    """

    card: Card
    scenarios: dict[str, Assumptions]
    rows: pd.DataFrame
    budget: dict[str, float]
    levels: tuple[str, ...] | None = None
    returned: Path | None = None

    @cached_property
    def actuals(self) -> Actuals:
        """Counts and ledger, as a case takes them."""
        money = ledger_of(self.rows).dropna(subset=["actual"])
        if money.empty:
            return Actuals(counts_of(self.rows), None)
        ledger = to_ledger(money, self.budget, financial_year(self.last))
        return Actuals(counts_of(self.rows), replace(ledger, levels=self.levels))

    def case(self, data: Path) -> OpenCase:
        """The case, every table it names as good as when the case was set up. Raises BadInput.

        `expired` tells those that are not good any more.
        """
        actuals, scenarios = self.actuals, with_returns(self.scenarios, self.returned)
        moved = moved_on(scenarios, actuals, self.card.slug, self.card.council)
        return with_data(data, moved, actuals, last_day(self.card.starts_from.month), self.returned)

    def expired(self, case: OpenCase) -> list[str]:
        """Tables that were good for the case and have expired by the last month: a newer edition is due."""
        now = last_day(self.last)
        return [
            f"{card.title}: expired on {day_in_words(card.expires)}. Put the newer edition in its place."
            for card in case.cards.values()
            if card.expires < now
        ]

    def until(self, month: str) -> "DataCut":
        """The same with nothing of any figure after `month`."""
        return replace(self, rows=self.rows[self.rows["month"] <= month].reset_index(drop=True))

    def with_ledger_until(self, month: str | None) -> "DataCut":
        """The same with no actuals after `month`; with None, none at all."""
        kept = self.rows["figure"].eq("children") | (self.rows["month"] <= (month or ""))
        return replace(self, rows=self.rows[kept].reset_index(drop=True))

    def with_placed_until(self, month: str) -> "DataCut":
        """The same with nothing of where children are placed after `month`."""
        kept = ~self.rows["item"].isin(COUNTED_AS.values()) | (self.rows["month"] <= month)
        return replace(self, rows=self.rows[kept].reset_index(drop=True))

    @property
    def placed_months(self) -> tuple[str, ...]:
        """Months of which it is known where children are placed, in order."""
        return tuple(sorted(self.rows.loc[self.rows["item"].isin(COUNTED_AS.values()), "month"].unique()))

    @cached_property
    def last(self) -> str:
        """The last month counted."""
        return counts_of(self.rows)["month"].max()

    @property
    def ledger_months(self) -> tuple[str, ...]:
        """Months with actuals, in order."""
        return tuple(sorted(self.rows.loc[self.rows["figure"] == "actual", "month"].unique()))
