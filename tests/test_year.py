"""The invented council's year of deliveries: the same bytes, the stated rates, and what is said to lie in it."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from conftest import HOME
from forecast.case.errors import BadInput
from forecast.model.cases import open_case
from forecast.model.projection import prepare
from forecast.sources.arrivals import Arrived, Held, accept, read_card, read_inbox
from forecast.sources.cards import read_card as read_source_card
from forecast.sources.published import prove
from invented.year import (
    BUDGET,
    PLACED_HEADINGS,
    YearSettings,
    as_first_sent,
    draw_counts,
    draw_ledger,
    placed,
    write_year,
)

EXAMPLE = HOME / "data" / "example" / "months"
PLACED = (110, 2, 10, 20, 3, 25, 10)
MONTHS = [f"2025-{number:02d}" for number in range(4, 13)] + ["2026-01", "2026-02", "2026-03"]
DAYS = [30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31]
DELIVERIES = [f"2025-{number:02d}" for number in range(5, 13)] + ["2026-01", "2026-02", "2026-03", "2026-04"]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def rows_of(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def known() -> dict:
    return YAML(typ="safe").load((EXAMPLE / "expected.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def replay(tmp_path_factory) -> list[tuple[Arrived, Held]]:
    """Each delivery copied to the inbox in turn and accepted."""
    folder, held, found = tmp_path_factory.mktemp("exampleton"), None, []
    shutil.copy(EXAMPLE / "council.yaml", folder)
    (folder / "inbox").mkdir()
    card = read_card(folder / "council.yaml")
    for delivery in DELIVERIES:
        for path in (EXAMPLE / "deliveries" / delivery).iterdir():
            shutil.copy(path, folder / "inbox")
        arrived = read_inbox(folder, card, held)
        held = accept(held, arrived)
        found.append((arrived, held))
        assert read_inbox(folder, card, held).state == "nothing new"
    return found


def test_the_example_is_what_the_year_writes(tmp_path):
    files = write_year(tmp_path)
    assert contents(tmp_path) == contents(EXAMPLE), "write data/example/months anew with write_year"
    assert sorted(path.relative_to(tmp_path).as_posix() for path in files) == sorted(contents(EXAMPLE))
    assert all(b"\r" not in content and content.endswith(b"\n") for content in contents(EXAMPLE).values())


def test_another_seed_is_another_year(tmp_path):
    write_year(tmp_path, seed=12)
    ours, theirs = contents(EXAMPLE), contents(tmp_path)
    changed = {name for name in ours if ours[name] != theirs[name]}
    assert changed == {name for name in ours if name.startswith("deliveries/")} | {"expected.yaml"}


def test_twelve_deliveries_and_one_ledger_late():
    assert sorted(path.name for path in (EXAMPLE / "deliveries").iterdir()) == DELIVERIES
    ledgers = {
        delivery: sorted(path.name for path in (EXAMPLE / "deliveries" / delivery).glob("ledger_*"))
        for delivery in DELIVERIES
    }
    assert ledgers["2025-07"] == [] and ledgers["2025-08"] == ["ledger_2025-06.csv", "ledger_2025-07.csv"]
    assert sum(map(len, ledgers.values())) == 12


def test_every_delivery_is_accepted_as_what_it_is(replay, known):
    states = {delivery: arrived.state for delivery, (arrived, _) in zip(DELIVERIES, replay, strict=True)}
    assert states.pop("2025-07") == "new month, ledger late"
    assert set(states.values()) == {"new month complete"}
    assert [arrived.months for arrived, _ in replay] == [(month,) for month in MONTHS]
    assert [arrived.lagging for arrived, _ in replay] == [
        (known["late_ledger"]["month"],) if at == 2 else () for at in range(12)
    ]
    late = replay[DELIVERIES.index(known["late_ledger"]["arrives_in"])][0]
    assert late.ledger["month"].unique().tolist() == ["2025-06", "2025-07"]


def test_the_revision_is_the_one_that_is_known(replay, known):
    for delivery, (arrived, _) in zip(DELIVERIES, replay, strict=True):
        found = [{"month": one.month, "measure": one.item, "was": one.was, "now": one.now} for one in arrived.revisions]
        wanted = known["revision"]["figures"] if delivery == known["revision"]["arrives_in"] else []
        assert sorted(found, key=str) == sorted(wanted, key=str)
    assert {one["month"] for one in known["revision"]["figures"]} == {"2025-08", "2025-09"}
    assert all(one["now"] - one["was"] == 2 for one in known["revision"]["figures"])


def test_what_is_held_at_the_end_is_the_last_delivery(replay, known):
    held, last = replay[-1][1], rows_of(EXAMPLE / "deliveries" / "2026-04" / "counts_to_2026-03.csv")
    lac = held.counts[held.counts["measure"] == "lac"]
    assert (
        lac["value"].tolist() == [int(row["Looked-after children"]) for row in last]
        and lac["value"].iloc[-1] == known["last_month"]["lac"]
    )
    as_sent = held.vintages.as_known("2025-09")
    assert as_sent[(as_sent["month"] == "2025-08") & (as_sent["item"] == "lac")]["value"].tolist() == [
        known["revision"]["figures"][1]["was"]
    ]
    assert len(held.ledger) == 12 * len(BUDGET)


def test_every_delivery_keeps_the_identity_of_stocks():
    for path in sorted((EXAMPLE / "deliveries").rglob("counts_*")):
        lac, cp = 173, 161
        for row in rows_of(path):
            lac += int(row["LAC starts"]) - int(row["LAC ends"])
            cp += int(row["CP starts"]) - int(row["CP ends"])
            assert (int(row["Looked-after children"]), int(row["Child protection plans"])) == (lac, cp)


def test_every_ledger_foots_to_the_penny():
    for path in sorted((EXAMPLE / "deliveries").rglob("ledger_*")):
        *lines, total = rows_of(path)
        for column in ("Budget", "Actual"):
            assert sum(round(float(row[column]) * 100) for row in lines) == round(float(total[column]) * 100)
        assert len(lines) == len(BUDGET) and total["Cost line"] == "Total"


def test_the_opening_stock_is_that_of_the_published_case():
    rows = rows_of(HOME / "data" / "published" / "slough_children_to_2025.csv")
    published = {
        row["measure"]: row["value"]
        for row in rows
        if row["area"] == "Slough" and row["period"] == "2025-03-31" and row["breakdown"] == "all"
    }
    card = read_card(EXAMPLE / "council.yaml")
    assert (
        (str(card.opening.lac), str(card.opening.cp))
        == (published["lac_stock"], published["cp_stock"])
        == ("173", "161")
    )
    assert (HOME / "params" / card.starts_from.council / card.starts_from.month / "case.yaml").is_file()


def test_the_budget_is_proved_by_its_card_and_is_the_council_cards():
    table = prove(EXAMPLE / "budget.csv", read_source_card(EXAMPLE / "budget.csv"))
    assert dict(zip(table["line"], table["value"].astype(float), strict=True)) == read_card(
        EXAMPLE / "council.yaml"
    ).budget("2025-04")
    assert table["value"].astype(int).sum() == 20_259_860


def test_the_invented_budget_is_for_the_lines_of_the_case_it_starts_from():
    """The council is invented and its budget its own; in all it is within a twentieth of what the case would set."""
    case = open_case(HOME / "params", HOME / "data", "slough", "2025-04")
    budgets = prepare(case.central, case.evidence, 200, 2011).budgets["2025-26"]
    spent = {line for line, budget in budgets.items() if budget.any()}  # neither measures nor lines the case has not
    assert spent <= set(BUDGET) <= set(budgets)
    whole = sum(float(budget.mean()) for budget in budgets.values())
    assert sum(pounds for _, pounds in BUDGET.values()) == pytest.approx(whole, rel=0.05)


# The rates, from many years.

YEARS = 600


@pytest.fixture(scope="module")
def years() -> list[pd.DataFrame]:
    return [draw_counts(YearSettings(), np.random.default_rng(seed)) for seed in range(YEARS)]


def mean_of(years: list[pd.DataFrame], measure: str, first: int, last: int) -> tuple[float, float]:
    """Mean of a month's figure over months `first` to `last` (from 1) of all years, and its standard error by years."""
    each = [year[measure].iloc[first - 1 : last].mean() for year in years]
    return float(np.mean(each)), float(np.std(each) / np.sqrt(len(each)))


@pytest.mark.parametrize(
    ("measure", "first", "last", "wanted"),
    [("lac_starts", 1, 7, 88 / 12), ("lac_starts", 8, 12, 88 / 12 * 2.2), ("cp_starts", 1, 12, 225 / 12)],
)
def test_starts_come_at_the_stated_rates(years, measure, first, last, wanted):
    mean, error = mean_of(years, measure, first, last)
    assert abs(mean - wanted) < 4 * error and error < 0.02 * wanted


@pytest.mark.parametrize(("service", "hazard", "opening"), [("lac", 0.51, 173), ("cp", 1.40, 161)])
def test_ends_come_at_the_stated_rates(years, service, hazard, opening):
    """Ends of the first month over the opening stock, against 1 - exp(-hazard / 12)."""
    ends = np.array([year[f"{service}_ends"].iloc[0] for year in years])
    wanted = opening * (1 - np.exp(-hazard / 12))
    assert abs(ends.mean() - wanted) < 4 * ends.std() / np.sqrt(len(years))


def test_every_child_lives_in_one_placement(replay):
    for _, held in replay:
        wide = held.counts.pivot(index="month", columns="measure", values="value")
        assert (wide[list(PLACED_HEADINGS.values())].sum(axis=1) == wide["lac"]).all()


def test_children_who_start_are_placed_at_the_stated_shares():
    """Nobody leaves and 1,200 start: each placement holds its opening and its share, within four standard errors."""
    counts = pd.DataFrame({"lac_starts": [100] * 12, "lac_ends": [0] * 12})
    there = placed(YearSettings(), counts, np.random.default_rng(0)).iloc[-1]
    settings = YearSettings()
    for name, opening, share in zip(
        PLACED_HEADINGS.values(), settings.opening_placed, settings.first_placed, strict=True
    ):
        assert abs(there[name] - opening - 1200 * share) <= 4 * np.sqrt(1200 * share * (1 - share))


def test_children_who_leave_are_any_of_those_here():
    """Half of the children leave: so do half of those in foster care, within four standard errors of a draw without return."""
    counts = pd.DataFrame({"lac_starts": [0], "lac_ends": [86]})
    left = [
        112 - placed(YearSettings(), counts, np.random.default_rng(seed))["lac_fostering"].item() for seed in range(200)
    ]
    error = np.sqrt(86 * (112 / 173) * (61 / 173) * (87 / 172) / 200)
    assert abs(np.mean(left) - 86 * 112 / 173) < 4 * error


def test_the_ledger_without_noise_is_children_times_unit_cost():
    """By hand: private homes in October, 31 days, from 20 to 22 children in them: 5,558,702 x 31 / 365 x 21 / 20 x 1.12."""
    still = dict(zip(PLACED_HEADINGS.values(), PLACED, strict=True))
    counts = pd.DataFrame(
        {"month": MONTHS, "lac": [180] * 12} | {name: [children] * 12 for name, children in still.items()}
    )
    counts["lac_residential"] = [20] * 6 + [22] * 6
    settings = YearSettings(lac=180, opening_placed=PLACED, noise=0.0)
    ledger = draw_ledger(settings, counts, np.random.default_rng(0))
    homes = ledger[ledger["cost_line"] == "Children's homes, private"]["actual"].tolist()
    assert homes[6] == pytest.approx(5_558_702 * 31 / 365 * 21 / 20 * 1.12, abs=0.01)
    assert homes[5] == pytest.approx(5_558_702 * 30 / 365, abs=0.01)
    agencies = ledger[ledger["cost_line"] == "Fostering agencies"]["actual"].tolist()
    assert agencies == pytest.approx([2_781_199 * days / 365 for days in DAYS], abs=0.01)
    team = ledger[ledger["cost_line"] == "Fostering team"]["actual"].tolist()
    assert team == pytest.approx([2_480_601 * days / 365 for days in DAYS], abs=0.01)
    grant = ledger[ledger["cost_line"] == "UASC grant"]
    assert (grant[["budget", "actual"]] < 0).all(axis=None)
    assert grant["budget"].tolist() == [-103_208.58] * 12


def test_the_price_rise_is_seen_in_the_example():
    """Actual over the children placed, private homes against agencies, before and from October: 1.12 within the noise of 12 months."""
    sent = pd.read_csv(EXAMPLE / "deliveries" / "2026-04" / "counts_to_2026-03.csv")
    at_the_end = sent[["In children's homes", "With foster carers"]].to_numpy(float)
    children = (np.vstack([[15.0, 112.0], at_the_end[:-1]]) + at_the_end) / 2
    spent = {row["Cost line"]: [] for row in rows_of(EXAMPLE / "deliveries" / "2025-05" / "ledger_2025-04.csv")}
    for month in MONTHS:
        (path,) = (EXAMPLE / "deliveries").rglob(f"ledger_{month}.csv")
        for row in rows_of(path):
            spent[row["Cost line"]].append(float(row["Actual"]))
    ratio = np.log(
        np.array(spent["Children's homes, private"])
        / children[:, 0]
        / (np.array(spent["Fostering agencies"]) / children[:, 1])
    )
    rise, error = ratio[6:].mean() - ratio[:6].mean(), 0.02 * np.sqrt(2) * np.sqrt(2 / 6)
    assert abs(rise - np.log(1.12)) < 3 * error and rise > 3 * error


def test_first_sent_lacks_what_is_recorded_late():
    counts = pd.DataFrame(
        {name: [10] * 12 for name in ("lac", "cp", "lac_starts", "lac_ends", "cp_starts", "cp_ends", "lac_fostering")}
    ).assign(month=MONTHS)
    sent = as_first_sent(YearSettings(), counts)
    assert sent["lac_starts"].tolist() == [10] * 4 + [8] + [10] * 7 and sent["lac"].tolist() == [10] * 4 + [8] * 8
    assert sent["lac_fostering"].tolist() == [10] * 4 + [8] * 8 and sent["lac_ends"].tolist() == [10] * 12
    with pytest.raises(BadInput, match="fewer starts in the revised month than are recorded late"):
        as_first_sent(YearSettings(recorded_late=11), counts)


def test_the_pages_say_what_the_settings_say(known):
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    assert "June 2025 comes with that of July 2025" in text and "12% more from October 2025" in text
    assert known["price_rise"] == {"line": "private_residential", "from": "2025-10", "share": 0.12}
    assert known["structural_break"] == {"measure": "lac_starts", "from": "2025-11", "factor": 2.2}
    assert all(ord(character) < 128 for character in text)
