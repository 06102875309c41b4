"""A panel of councils by year, read strictly, and what of it was known at each origin."""

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.demand.totals import MARCH
from forecast.demand.trend.past import Past, compare, on_one_base

MEASURES = {"lac": ("lac", "lac_started", "lac_ceased"), "cp": ("cpp", "cpp_started", "cpp_ended")}
MEASURE_WORDS = {"lac": "Looked-after children", "cp": "Child protection plans"}
SPEND = "lac_spend"  # pounds of a financial year, beside the counts
SCORED = MEASURE_WORDS | {SPEND: "Spend on looked-after children"}
NAMES = ["la_code", "la_name", "year"]
SIGNED = ["net_internal_migration_all_ages", "net_international_migration_all_ages"]
BY_MID_YEAR = ["births_yr_to_mid_year", *SIGNED, "population_all_ages"]
FIGURES = [name for names in MEASURES.values() for name in names] + ["pop_0_17", *BY_MID_YEAR]
UASC = "uasc"
FRONT_DOOR = ("referrals", "s47", "icpc")  # in the year to 31 March
RATE_OF_ENDS = "cpp_ended_rate_per_10k"
FIRST_PUBLISHED = {name: f"{name}_first_published" for name in MEASURES["lac"]}
ROUNDED = "lac_rounded_to_5"
PER_10K = 10_000
YEARS = 1990, 2100
LEAP, LEAST_BESIDE = 8, 20  # times the years beside it: a digit too many; below so many children a leap may be true
EDITION_COLUMNS = ["la_code", "year", "measure", "value", "edition"]


def tunes(council: str) -> bool:
    """Whether a council has an even DfE code: those tune the figures that the others are forecast with."""
    return int(council) % 2 == 0


@dataclass(frozen=True)
class Panel:
    """Councils by year.

    figures  indexed by (council, year), one column a figure; a blank is a gap
    names    council -> name
    editions (council, year, measure, edition) -> value as that year's edition published it, or None
    """

    figures: pd.DataFrame
    names: dict[str, str]
    editions: pd.DataFrame | None = None

    @property
    def councils(self) -> list[str]:
        return sorted(self.names)

    def outturns(self, council: str, column: str) -> pd.Series:
        """The figures of one council as they stand today, year -> value."""
        return self.figures.loc[council, column].dropna()


def read_panel(path: Path, editions: Path | None = None) -> Panel:
    """Read a panel and, where given, its figures by edition. Raises BadInput naming file, line and column."""
    rows = read_rows(path, [*NAMES, *FIGURES])
    optional = [name for name in [UASC, *FRONT_DOOR, RATE_OF_ENDS, *FIRST_PUBLISHED.values()] if name in rows]
    frame = rows[NAMES].copy()
    for column in [*FIGURES, *optional]:
        frame[column] = _numbers(path, rows, column)
    if ROUNDED in rows:
        frame[ROUNDED] = rows[ROUNDED] == "True"
    frame["year"] = _numbers(path, rows, "year").astype(int)
    twice = frame.duplicated(["la_code", "year"])
    if twice.any():
        line = int(twice.to_numpy().argmax()) + 2
        raise BadInput(
            f"{path.name}, line {line}: a second row for council {frame['la_code'].iloc[line - 2]} and its year; "
            "keep one"
        )
    _plausible(path, frame)
    names = dict(zip(frame["la_code"], frame["la_name"], strict=True))
    figures = _ends(frame.drop(columns="la_name").set_index(["la_code", "year"]).sort_index())
    return Panel(figures, names, None if editions is None else _editions(editions))


def _plausible(path: Path, frame: pd.DataFrame) -> None:
    """Refuse what no panel holds: a year in another form, a year that is nowhere, a count times ten."""

    def stop(line: int, found: str, expected: str) -> BadInput:
        row = frame.iloc[line]
        return BadInput(
            f"{path.name}, line {line + 2}: {row['la_name']} ({row['la_code']}) {found}; expected {expected}"
        )

    wrong = ~frame["year"].between(*YEARS)
    if wrong.any():
        at = int(wrong.to_numpy().argmax())
        raise stop(
            at, f"has the year {frame['year'].iloc[at]}", "the year of the 31 March in four digits, such as 2015"
        )
    held = set(frame["year"])
    lacking = sorted(set(range(min(held), max(held))) - held)
    if lacking:
        raise BadInput(
            f"{path.name}: no council has a row for {', '.join(map(str, lacking))}; expected every year from "
            f"{min(held)} to {max(held)}. Add the rows, cells left blank where nothing is known"
        )
    ordered = frame.sort_values(["la_code", "year"], kind="stable")
    by_council = ordered.groupby("la_code", sort=False)
    for column in (name for name, *_ in MEASURES.values()):
        beside = pd.concat([by_council[column].shift(), by_council[column].shift(-1)], axis=1)
        low, high = beside.min(axis=1), beside.max(axis=1)
        leap = (ordered[column] > LEAP * high) | (ordered[column] < low / LEAP)
        leap &= (low >= LEAST_BESIDE) & ordered[column].notna()
        if leap.any():
            at = leap.idxmax()
            found = f"has {ordered[column][at]:,.0f} in {column} in {ordered['year'][at]}, and {low[at]:,.0f} to "
            raise stop(at, f"{found}{high[at]:,.0f} in the years beside it", "a like number: look for a digit too many")


def read_rows(path: Path, wanted: list[str]) -> pd.DataFrame:
    if not path.is_file():
        raise BadInput(f"{path.name} is not there; give the path of a panel of councils as CSV")
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    missing = [name for name in wanted if not rows or name not in rows[0]]
    if missing:
        raise BadInput(f"{path.name}: the header lacks {', '.join(missing)}; a panel has at least {', '.join(wanted)}")
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(rows[0]):
            raise BadInput(
                f"{path.name}, line {line}: {len(row)} cells, expected {len(rows[0])}; look for a stray comma"
            )
    return pd.DataFrame(rows[1:], columns=rows[0], dtype=str)


def _numbers(path: Path, rows: pd.DataFrame, column: str) -> pd.Series:
    """A column as numbers; a blank is a gap."""
    values = []
    for line, cell in enumerate(rows[column], start=2):
        try:
            value = float(cell) if cell else np.nan
        except ValueError:
            raise BadInput(
                f"{path.name}, line {line}, {column}: {cell!r} is not a number; expected digits or a blank"
            ) from None
        if np.isinf(value) or (value < 0 and column not in SIGNED):
            raise BadInput(f"{path.name}, line {line}, {column}: {cell}; expected 0 or more, or a blank")
        values.append(value)
    return pd.Series(values, index=rows.index, dtype=float)


def _ends(figures: pd.DataFrame) -> pd.DataFrame:
    """Plans ended where only their published rate per 10,000 children is held: rate x children."""
    if RATE_OF_ENDS not in figures:
        return figures
    by_rate = figures[RATE_OF_ENDS] * figures["pop_0_17"] / PER_10K
    return figures.assign(cpp_ended=figures["cpp_ended"].fillna(by_rate))


def _editions(path: Path) -> pd.DataFrame:
    rows = read_rows(path, EDITION_COLUMNS)
    first = pd.Series([int(edition[:4]) for edition in rows["edition"]])
    return pd.DataFrame(
        {
            "la_code": rows["la_code"],
            "year": _numbers(path, rows, "year").astype(int),
            "measure": rows["measure"],
            "value": _numbers(path, rows, "value"),
            "edition": first,
            "rounded": rows["edition"].str.contains("rounded"),
        }
    )


def as_known(panel: Panel, origin: int) -> pd.DataFrame:
    """Figures to 31 March of `origin` as they stood when that year's figures came out.

    LAC as the edition of that year had them where editions are held, else the year's own as first published; plans are
    not revised in the panel. Children, births and migration run to the middle of the year before.
    """
    known = panel.figures[panel.figures.index.get_level_values("year") <= origin].copy()
    for column, first in FIRST_PUBLISHED.items():
        if first in known:
            latest = known.index.get_level_values("year") == origin
            known.loc[latest, column] = known.loc[latest, first].fillna(known.loc[latest, column])
    if panel.editions is not None:
        _put_edition(known, panel.editions, origin)
    late = known.index.get_level_values("year") == origin
    known.loc[late, BY_MID_YEAR] = np.nan
    return known


def _put_edition(known: pd.DataFrame, editions: pd.DataFrame, origin: int) -> None:
    """Overwrite LAC figures by those of the origin's edition, where it holds them unrounded."""
    held = editions[(editions["edition"] == origin) & ~editions["rounded"] & (editions["year"] <= origin)].dropna(
        subset="value"
    )
    for measure, rows in held.groupby("measure"):
        values = rows.drop_duplicates(["la_code", "year"], keep="last").set_index(["la_code", "year"])["value"]
        both = known.index.intersection(values.index)
        known.loc[both, measure] = values[both]


class CannotRun(Exception):
    """A council's counts cannot be compared with England's, and why, in words."""


@dataclass(frozen=True)
class Known:
    """One council's figures up to an origin, and the country's.

    council  year -> figures of the panel
    """

    measure: str
    origin: int
    council: pd.DataFrame
    england: pd.DataFrame

    @property
    def counts(self) -> pd.Series:
        """Children counted at each 31 March, year -> children."""
        return self.council[MEASURES[self.measure][0]].dropna()

    @property
    def children(self) -> np.ndarray | None:
        """Children of the council at each count, one census base, [count]; None where no estimate is held yet."""
        held = on_one_base(self.council["pop_0_17"].dropna())
        return None if held.empty else _to_all(held, self.counts)[self.counts.index].to_numpy(float)

    @property
    def rounded(self) -> pd.Series:
        """Which of the counts were published rounded to 5."""
        column = f"{MEASURES[self.measure][0]}_rounded_to_5"
        held = self.council[column] if column in self.council else pd.Series(False, index=self.council.index)
        return held[self.counts.index].astype(bool)

    def past(self) -> Past:
        """The counts beside the country's. Raises CannotRun where the last cannot be compared."""
        children, country = (on_one_base(t.dropna()) for t in (self.council["pop_0_17"], self.england["children"]))
        counts, theirs = self.counts.rename(lambda year: year + MARCH), self.england[self.measure]
        try:
            return compare(counts, _to_all(children, counts), theirs, _to_all(country, theirs))
        except ValueError as error:
            raise CannotRun(str(error)) from None


def _to_all(children: pd.Series, counts: pd.Series) -> pd.Series:
    """Children for every year of the counts: before the first year known, the first (the first on the census base)."""
    years = sorted({int(np.floor(time)) for time in counts.index} | set(children.index))
    return children.reindex(years).bfill().ffill()
