"""The invented council, and the folder of files it would hold."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from invented import cin, ssda903, truth
from invented.care import invent_care
from invented.chance import Chance
from invented.ledger import monthly_counts, spend
from invented.lives import Child, Register
from invented.plans import invent_plans
from invented.settings import COUNCIL, Oddities, Settings
from invented.tables import write_csv

EXAMPLE_SEED = 32
EXAMPLE_SHARE = 0.05  # of the default council: about 60 children with a plan or in care over three years
EXAMPLE_ODDITIES = Oddities(
    leap_day_births=0.1,
    temporary_home=0.15,
    temporary_placement=0.1,
    adoption_disrupted=0.1,
    same_carer_moves=0.2,
    short_breaks=20.0,
)  # so many that a small council has each


@dataclass(frozen=True, repr=False)
class Council:
    """An invented council: its true rates, and every child's life; `children` holds each child once."""

    settings: Settings
    seed: int
    children: tuple[Child, ...]
    ledger: pd.DataFrame

    def __repr__(self) -> str:
        """Counts only: a life is not to be printed by accident, even an invented one."""
        spells = sum(len(child.spells) for child in self.children)
        plans = sum(len(child.plans) for child in self.children)
        years = self.settings.all_years
        return f"<{COUNCIL}, {years[0]} to {years[-1]}: {len(self.children)} children, {spells} spells, {plans} plans>"

    def truth(self) -> dict[str, pd.DataFrame]:
        """The true tables, computed from the lives and not from the files; see `invented.truth`."""
        return truth.tables(self.settings, self.children)

    def write_truth(self, folder: Path) -> list[Path]:
        """Each true table as a CSV file; returns the files."""
        return [write_csv(table, folder / f"{name}.csv") for name, table in self.truth().items()]


def invent(settings: Settings, seed: int) -> Council:
    """Draw every life from the settings' rates; the same settings and seed give the same council."""
    chance = Chance(seed)
    register = Register(settings, chance)
    invent_plans(settings, register, chance)
    invent_care(settings, register, chance)
    children = tuple(register.children)
    return Council(settings, seed, children, spend(settings, children, chance))


def write(council: Council, folder: Path) -> list[Path]:
    """Write the council's files and return them.

    ssda903/YEAR/   Header, Episodes, UASC, Reviews, PlacedAdoption
    cin/YEAR/       cin_census.xml, and the same as tables
    monthly_counts.csv, ledger.csv
    """
    held = ssda903.submitted(council.children, council.settings.oddities, council.seed)
    files = []
    for year in council.settings.all_years:
        files += ssda903.write_return(held, year, folder / "ssda903" / year)
        files += cin.write_census(council.children, year, folder / "cin" / year)
    files.append(write_csv(monthly_counts(council.truth()), folder / "monthly_counts.csv"))
    files.append(write_csv(council.ledger, folder / "ledger.csv"))
    return files


def write_example(folder: Path) -> list[Path]:
    """A small council of about 60 children over three return years, always the same; returns the files."""
    return write(invent(example_settings(), EXAMPLE_SEED), folder)


def example_settings() -> Settings:
    """The default rates in a small council with every awkwardness, over years in which placement codes change."""
    return Settings(first_year="2022-23", years=3, lac_returning=0.4, oddities=EXAMPLE_ODDITIES).scaled(EXAMPLE_SHARE)
