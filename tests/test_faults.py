"""The fault list: what may be wrong in what a council gives, keeps or publishes, and what must be said of it.

tests/faults/*.csv holds one fault a row: where it is, the edit, and words that the message must hold. A fault is added
by adding a row. Nothing here may pass in silence: it is refused (BadInput), or told.
"""

import csv
import json
import re
import shutil
import zipfile
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from click.testing import CliRunner

from conftest import HOME, slough_base
from forecast.case import freeze, held_elsewhere, list_scenarios, load, load_scenarios, plausible
from forecast.case.documents import case_faults
from forecast.case.errors import BadInput
from forecast.case.rules import faults
from forecast.cli import commands
from forecast.model.projection import project
from forecast.questions.answer import head, scenario
from forecast.questions.monthly import monthly_costs
from forecast.report.notebook import RUN_FOLDER
from forecast.runs import consistent, folders, history, pipeline, publication, toolkit
from forecast.runs.home import Home
from forecast.runs.refresh import io
from forecast.runs.refresh.movement import Figures
from forecast.runs.since import changed_since
from forecast.sources import cards, files
from forecast.sources import published as published_tables
from forecast.sources.arrivals import CARD, INBOX, accept, read_card, read_inbox
from forecast.sources.arrivals.card import Accepted
from forecast.sources.arrivals.checks import by_month
from forecast.sources.arrivals.shape import out_of_shape, read_bands
from forecast.sources.history import COLUMNS, History, check_words

FAULTS = HOME / "tests" / "faults"


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table of faults."""
    with (FAULTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def each(name: str):
    """Every row of a table as a test of its own."""
    held = rows(name)
    return pytest.mark.parametrize("row", held, ids=[" ".join(list(row.values())[:-1])[:70] for row in held])


# ---- published runs, and what a council folder holds -----------------------------------------------------------------

RUN = {
    "answer.json": '{"council": "example", "chance": 0.51, "call": 200000}\n',
    "answer.txt": "Will £600,000 be enough? 5 in 10\n",
    "answer.html": "<p>Expected call £220,000</p>\n",
    "assumptions.md": "| births | 1.02 |\n",
    "summary.json": '{"call": "200000.00"}\n',
    "frozen/central.yaml": "value: 1.02\n",
    "tables/cost.csv": "line,mean\nifa_fostering,100.5\n",
    "charts/contingency.svg": "<svg>600</svg>\n",
    "notebooks/detail.json": '{"central": 1}\n',
    "held/vintages.csv": "vintage,month,figure,item,value\n2026-11,2026-11,children,lac,173\n",
    "held/files.csv": "sha256,file\n12,counts\n",
    "council.yaml": "council: Example\nlac: 173\n",
}


def edit(path: Path, how: str) -> None:
    """One edit of a file by hand: any byte counts."""
    content = path.read_bytes() if path.is_file() else b""
    if how == "deleted":
        path.unlink()
        return
    digit = next((at for at, byte in enumerate(content) if chr(byte).isdigit()), 0)
    path.write_bytes(
        {
            "digit": content[:digit] + (b"9" if content[digit : digit + 1] != b"9" else b"8") + content[digit + 1 :],
            "cut": content[:-2],
            "emptied": b"",
            "line added": content + b" \n",
        }[how]
    )


@pytest.fixture
def published(tmp_path) -> Path:
    """The folder of a small published run with a file of every kind."""
    with folders.publishing(tmp_path / "runs", "example", "2026-11", "2026-12-03T06:30:00+00:00") as staging:
        for name, text in RUN.items():
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            files.write_text(staging / name, text)
        pd.DataFrame({"line": ["ifa_fostering"], "mean": [100.5]}).to_parquet(staging / "tables" / "cost.parquet")
        files.write_json(staging / "manifest.json", folders.manifest(staging, {}, 100, 1))
    return tmp_path / "runs" / "example" / "2026-11"


@each("runs")
def test_an_edited_run_is_named_and_stopped(published, row):
    assert folders.as_published(published) == published
    edit(published / row["file"], row["edit"])
    with pytest.raises(BadInput) as stopped:
        folders.as_published(published)
    assert row["said"] in str(stopped.value)


def test_whoever_shows_a_run_asks_whether_it_is_as_published(published, monkeypatch):
    """Paper, notebooks, history (and with it diff, retain and the next refresh), and what refresh compares with."""
    home = Home(HOME / "params", HOME / "data", published.parents[1], HOME / "notebooks")
    monkeypatch.setattr(toolkit.pages, "find_home", lambda: published.parents[2])
    monkeypatch.delenv(RUN_FOLDER, raising=False)
    assert toolkit.open_run("example/2026-11").answer["chance"] == 0.51
    edit(published / "answer.json", "digit")
    for look in (
        lambda: publication._folder(home, "example", "2026-11"),
        lambda: toolkit.open_run("example/2026-11"),
        lambda: history.catch_up(home.runs, "example"),
    ):
        with pytest.raises(BadInput, match="example/2026-11/answer.json is not what was published"):
            look()


def test_a_manifest_made_to_fit_the_edit_is_not_the_one_in_the_log(published):
    """Whoever edits a file and its checksum too is still found: runs.log names the run."""
    edit(published / "answer.json", "digit")
    made = json.loads((published / "manifest.json").read_text(encoding="utf-8"))
    made["outputs"]["answer.json"] = files.sha256(published / "answer.json")
    files.write_json(published / "manifest.json", files.sealed(made))
    with pytest.raises(BadInput, match="manifest.json is not what was published"):
        folders.as_published(published)


@pytest.mark.parametrize("how", ["digit", "cut", "emptied", "line added", "deleted"])
@pytest.mark.parametrize("name", ["vintages.csv", "files.csv", "returns/open.csv"])
def test_what_is_held_stands_as_the_last_refresh_left_it(published, tmp_path, name, how):
    held = tmp_path / "council" / "held"
    for each_name in ("vintages.csv", "files.csv"):
        files.write_text(held / each_name, RUN[f"held/{each_name}"])
    files.write_text(held / "returns/open.csv", "age,children\n4,12\n")
    files.write_json(held / io.SUMS, files.checksums(held))
    io.as_left(held, published.parent)
    edit(held / name, how)
    with pytest.raises(BadInput, match=f"council/held/{name} is not as the last refresh left it"):
        io.as_left(held, published.parent)


def test_what_is_held_is_held_against_the_last_run_where_its_checksums_are_gone(published, tmp_path):
    held = tmp_path / "council" / "held"
    files.write_text(held / "vintages.csv", RUN["held/vintages.csv"])
    io.as_left(held, published.parent)
    edit(held / "vintages.csv", "digit")
    with pytest.raises(BadInput, match="held/vintages.csv is not as the last refresh left it"):
        io.as_left(held, published.parent)


# ---- the figures of a run, before it is published ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def figures_of_a_run():
    """The answer of the central case on a few draws, and its tables."""
    base = slough_base(200, 11)
    central = project(base, base.central)
    answer = head(base) | {"scenarios": {"central": scenario(base, central, central)}}
    answer = json.loads(json.dumps(answer))
    return answer, pipeline.answer_tables(answer) | {"monthly": monthly_costs(base, {"central": central})}


def test_the_figures_of_a_run_go_together(figures_of_a_run):
    answer, made = figures_of_a_run
    consistent.check(answer, made, made)


@each("answers")
def test_a_figure_that_does_not_follow_from_the_others_is_not_published(figures_of_a_run, row):
    answer, made = figures_of_a_run
    changed = json.loads(json.dumps(answer))
    *path, last = (int(part) if part.isdecimal() and len(part) < 2 else part for part in row["where"].split("."))
    part = changed["scenarios"]["central"]
    for name in path:
        part = part[name]
    assert last in part
    by = row["edit"].split(" ")
    part[last] = part[last] * float(by[1]) if by[0] == "times" else float(by[0])
    with pytest.raises(BadInput, match="the run was not published") as stopped:
        consistent.check(changed, made, made)
    said = {
        what
        for what, holds in [*consistent._of_answer(changed), *consistent._of_months(changed, made["monthly"])]
        if not holds
    }
    assert any(row["said"] in what for what in said), said
    assert any(what in str(stopped.value) for what in said)


def test_causes_that_do_not_lead_from_the_central_call_to_a_scenarios_are_not_published(figures_of_a_run):
    """A scenario whose call is the central one: £10 more and £10 less."""
    answer = json.loads(json.dumps(figures_of_a_run[0]))
    call = answer["scenarios"]["central"]["contingency"]["call"]["mean"]
    right = {"before": call, "after": call, "parts": {"numbers": 10.0, "price": -10.0}}
    for causes, said in (
        (right, set()),
        (right | {"parts": {"numbers": 10.0, "price": -9.0}}, {"tried: the causes make the change of the call"}),
        (
            right | {"before": call + 100, "parts": {"numbers": -90.0, "price": -10.0}},
            {"tried: the causes begin at the central call"},
        ),
        (
            right | {"after": call + 100, "parts": {"numbers": 110.0, "price": -10.0}},
            {"tried: the causes end at its call"},
        ),
    ):
        answer["scenarios"]["tried"] = answer["scenarios"]["central"] | {"causes": causes}
        assert {what for what, holds in consistent._of_answer(answer) if not holds} == said


@pytest.mark.parametrize("name", ["children", "cost", "contingency", "monthly"])
def test_a_table_that_is_not_of_the_answer_is_not_published(figures_of_a_run, name):
    answer, made = figures_of_a_run
    other = made[name].assign(mean=made[name]["mean"].where(made[name].index != 3, made[name]["mean"] + 1))
    with pytest.raises(BadInput, match=f"tables/{name} is that of answer.json"):
        consistent.check(answer, made, made | {name: other})


# ---- a month of the ledger -------------------------------------------------------------------------------------------

MONTHS = HOME / "data" / "example" / "months"
SPOILT = "2025-09"  # month 6


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """The example's year read delivery by delivery: the card, its figures by month as known at its end, the bands."""
    folder = tmp_path_factory.mktemp("year")
    (folder / INBOX).mkdir()
    shutil.copyfile(MONTHS / CARD, folder / CARD)
    card, held = read_card(folder / CARD), None
    for delivery in sorted((MONTHS / "deliveries").iterdir()):
        for file in delivery.iterdir():
            shutil.copyfile(file, folder / INBOX / file.name)
        held = accept(held, read_inbox(folder, card, held))  # raises where a right month is asked about
    return card, by_month(held.vintages.as_known()), read_bands(HOME / "data")


def asked_of(month: str, spoilt: dict[str, float], year) -> list[str]:
    """What is asked of a month of the example's ledger whose actuals are `spoilt`."""
    card, months, bands = year
    actual = {at: lines for (at, figure), lines in months.items() if figure == "actual" and at <= month}
    counts = {at: lines for (at, figure), lines in months.items() if figure == "children"}
    found = out_of_shape(month, actual | {month: spoilt}, card.period_budget(month), counts, bands)
    return [f"{line}: {what}; expected {expected}" for line, what, expected in found]


def right(month: str, year) -> dict[str, float]:
    return year[1][month, "actual"]


def spoilt(row: dict[str, str], year) -> dict[str, float]:
    """The actuals of the spoilt month as the row's edit leaves them."""
    now, how = right(SPOILT, year), row["edit"]
    lines = list(now) if row["line"] == "all" else row["line"].split("+")
    earlier = [f"2025-{month:02d}" for month in range(4, 9)]
    if how == "swapped":
        one, other = lines
        return now | {one: now[other], other: now[one]}
    of = {
        "year to date": lambda line: now[line] + sum(right(at, year)[line] for at in earlier),
        "quarter to date": lambda line: now[line] + sum(right(at, year)[line] for at in earlier[-2:]),
        "the month before": lambda line: right(earlier[-1], year)[line],
        "the budget": lambda line: year[0].period_budget(SPOILT)[line],
        "nothing": lambda line: 0.0,
    }
    if how.startswith("times "):
        made = lambda line: now[line] * float(Fraction(how.removeprefix("times ")))  # noqa: E731
    elif how.startswith("spent "):
        made = lambda line: float(how.removeprefix("spent "))  # noqa: E731
    else:
        made = of[how]
    return now | {line: round(made(line), 2) for line in lines}


@each("ledgers")
def test_a_wrong_ledger_needs_a_person(year, row):
    told = " ".join(asked_of(SPOILT, spoilt(row, year), year))
    assert row["said"] in told, told or "nothing was asked"


def test_two_lines_swapped_are_asked_about_once(year):
    swapped = spoilt({"line": "ifa_fostering+private_residential", "edit": "swapped"}, year)
    assert len(asked_of(SPOILT, swapped, year)) == 1


def test_right_ledgers_are_not_asked_about(year):
    months = sorted(month for month, figure in year[1] if figure == "actual")
    assert len(months) == 12 and not [asked for at in months for asked in asked_of(at, right(at, year), year)]


def months_of(*lines: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame([("central", *line) for line in lines], columns=["scenario", "month", "line", "mean"])


@pytest.mark.parametrize(
    ("call", "accepted", "said"),
    [
        (300_000, {}, []),
        (950_000, {}, ["Private children's homes did most of it: £900,000 came where £500,000 was forecast"] * 2),
        (950_000, {"2025-09": "private_residential"}, ["Accepted by a person: seen"]),
        (50_000, {}, ["is outside the 80% range of August 2025 (£100,000 to £500,000)"] * 2),
    ],
)
def test_an_outturn_beyond_last_months_range_needs_a_person_by_name_of_the_line(tmp_path, call, accepted, said):
    folder = tmp_path / "2025-08"
    central = {"cost": {"2025-26": {"net": {"mean": 2e5, "p10": 1e5, "p90": 5e5}}}}
    files.write_json(folder / "answer.json", {"financial_year": "2025-26", "scenarios": {"central": central}})
    (folder / "tables").mkdir()
    lines = months_of(("2025-09", "private_residential", 5e5), ("2025-09", "iro", 2e4))
    lines.to_parquet(folder / "tables" / "monthly.parquet")

    def found_right(month, item):
        return Accepted(month=month, item=item, why="seen") if accepted.get(month) == item else None

    ledger = SimpleNamespace(actual={"2025-09": {"private_residential": 9e5, "iro": 2.1e4}})
    now = SimpleNamespace(
        card=SimpleNamespace(found_right=found_right),
        last="2025-09",
        ledger_months=("2025-09",),
        budget={"private_residential": 1.0, "iro": 1.0},
        actuals=SimpleNamespace(ledger=ledger),
    )
    after = Figures(Decimal(0), Decimal(call), 0, 0, 0)
    moves = {
        "numbers": Figures(Decimal(0), Decimal(10), 0, 0, 0),
        "price": Figures(Decimal(0), Decimal(-5000), 0, 0, 0),
    }
    told = io.beyond_range(tmp_path, "2025-08", SimpleNamespace(ledger_months=()), now, after, moves)
    assert len(told) == len(said) and all(words in one for words, one in zip(said, told, strict=True)), told


# ---- assumptions that are within their limits and unusual ------------------------------------------------------------


@pytest.fixture(scope="module")
def held_figures():
    """Slough, April 2025, with what its figures are held against."""
    params = HOME / "params"
    scenarios = load_scenarios(params, "slough", "2025-04", list_scenarios(params))
    prices = pd.read_csv(HOME / "data" / "published" / "gdp_deflator.csv")
    deflator = prices.set_index("financial_year")["deflator"].to_dict()
    return scenarios, held_elsewhere(params, scenarios["central"]), plausible.read_bands(HOME / "data"), deflator


def edited(scenarios: dict, key: str, how: str) -> tuple[dict, list[str]]:
    """The scenarios with one edit, and what its rules refuse of it."""
    word, number = how.rsplit(" ", 1)
    central = scenarios["central"]
    if word == "horizon":
        return {"central": replace(central, case=central.case.model_copy(update={"horizon": number}))}, []
    if word == "scenario":
        slug, lever = key.split(" ")
        old = scenarios[slug]
        change = old.scenario.changes[lever].model_copy(update={"value": float(number)})
        scenario = old.scenario.model_copy(update={"changes": old.scenario.changes | {lever: change}})
        entry = old.entries[lever].model_copy(update={"value": float(number)})
        return scenarios | {slug: replace(old, scenario=scenario, entries=old.entries | {lever: entry})}, []
    entry = central.entries[key]
    of = {
        "value": lambda: {"value": float(number)},
        "times": lambda: {name: getattr(entry, name) and getattr(entry, name) * float(number) for name in ENDS},
        "add": lambda: {"value": entry.value + float(number)},
        "price base": lambda: {"price_base": number},
        "range times": lambda: {"low": entry.value / float(number), "high": entry.value},
    }
    entry = entry.model_copy(update=of[word]())
    refused = (
        [sentence for _, sentence in faults(entry, *central.catalogue.item_and_unit(key))] if word != "value" else []
    )
    item = central.catalogue.items[key]
    if not item.minimum <= entry.value <= item.maximum:
        refused.append("outside its limits")
    changed = replace(central, entries=central.entries | {key: entry}, central=central.central | {key: entry})
    return {"central": changed}, refused


ENDS = ("value", "low", "high")


@each("assumptions")
def test_an_absurd_assumption_is_refused_or_told(held_figures, row):
    scenarios, *against = held_figures
    changed, refused = edited(scenarios, row["key"], row["edit"])
    told = plausible.unusual(changed, *against)
    if row["said"] == "limit":
        assert refused
    else:
        assert any(row["said"] in sentence for sentence in told), (refused, told)


@pytest.mark.parametrize("month", ["2011-06", "2025-04"])
def test_the_cases_held_are_not_unusual(month):
    params = HOME / "params"
    scenarios = load_scenarios(params, "slough", month, list_scenarios(params))
    prices = pd.read_csv(HOME / "data" / "published" / "gdp_deflator.csv").set_index("financial_year")["deflator"]
    bands = plausible.read_bands(HOME / "data")
    assert plausible.unusual(scenarios, held_elsewhere(params, scenarios["central"]), bands, prices.to_dict()) == []


# ---- assumptions that changed since the last run ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def run_of_a_case(tmp_path_factory):
    """Slough, April 2025, as a run left it: the project's folders, its assumptions frozen, its files' checksums."""
    place = tmp_path_factory.mktemp("since")
    shutil.copytree(HOME / "params", place / "params")
    home = Home(place / "params", HOME / "data", place / "runs", HOME / "notebooks")
    names = ["national.yaml", "slough/2025-04/case.yaml", *(f"scenarios/{slug}.yaml" for slug in CHOSEN)]
    with folders.publishing(home.runs, "slough", "2025-04") as staging:
        for slug, assumptions in load_scenarios(home.params, "slough", "2025-04", CHOSEN).items():
            files.write_text(staging / "frozen" / f"{slug}.yaml", freeze(assumptions))
        inputs = {f"params/{name}": home.params / name for name in names}
        files.write_json(staging / "manifest.json", folders.manifest(staging, inputs, 100, 1))
    return home


CHOSEN = ["central", "gatekeeping", "first-response"]


def since_the_run(home: Home) -> list[str]:
    scenarios = load_scenarios(home.params, "slough", "2025-04", CHOSEN)
    return changed_since(home, SimpleNamespace(central=scenarios["central"], scenarios=scenarios))


@each("since")
def test_a_figure_changed_since_the_last_run_is_told(run_of_a_case, row):
    path = run_of_a_case.params / row["file"]
    text = path.read_text(encoding="utf-8")
    found = re.search(rf"{re.escape(row['key'])}:[^#]*?(?<![\w.]){re.escape(row['old'])}(?![\w.])", text)
    assert found, "the row's figure is no longer there"
    try:
        path.write_text(text[: found.end() - len(row["old"])] + row["new"] + text[found.end() :], encoding="utf-8")
        assert since_the_run(run_of_a_case) == [f"changed since the last run: {row['said']}"]
    finally:
        path.write_text(text, encoding="utf-8")


def test_nothing_is_told_where_nothing_changed_or_no_run_stands(run_of_a_case, tmp_path):
    assert since_the_run(run_of_a_case) == []
    path = run_of_a_case.params / "scenarios" / "gatekeeping.yaml"
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(text + "# looked at again\n", encoding="utf-8")
        assert since_the_run(run_of_a_case) == [], "a comment is no figure"
        path.write_text(text.replace("0.85", "0.83"), encoding="utf-8")
        assert since_the_run(replace(run_of_a_case, runs=tmp_path)) == []
    finally:
        path.write_text(text, encoding="utf-8")


# ---- tables and their cards ------------------------------------------------------------------------------------------

CHILDREN = HOME / "data" / "published" / "slough_children_to_2011.csv"


@pytest.fixture(scope="module")
def children():
    card = cards.read_card(CHILDREN)
    return card, published_tables.prove(CHILDREN, card)


@each("tables")
def test_a_wrong_table_is_refused(children, row, tmp_path):
    """As the card was made for the table, save its checksum, so that the cell itself must be seen."""
    card, table = children
    what, _, value = row["edit"].partition("=")
    with pytest.raises(BadInput) as stopped:
        if row["where"] == "card":
            text = cards.card_path(CHILDREN).read_text(encoding="utf-8")
            text = re.sub(rf"^{what}: .*$", f"{what}: {value}", text, flags=re.MULTILINE)
            files.write_text(tmp_path / f"{CHILDREN.stem}.card.yaml", text)
            cards.read_card(tmp_path / CHILDREN.name)
        elif row["where"] == "case":
            case = load(HOME / "params", "slough", "2011-06", "central").case
            first = case.tables["children"][0]
            other = {"twice": [first, first], "as population": [case.tables["population"], first]}[value]
            found = list(case_faults(case.model_copy(update={"tables": case.tables | {"children": other}})))
            raise BadInput(" ".join(sentence for _, sentence in found))
        else:
            at = int((table[["measure", "breakdown"]] == row["where"]).any(axis=1).to_numpy().argmax())
            edits = {
                "row again": lambda: pd.concat([table, table.iloc[[at]]], ignore_index=True),
                "row away": lambda: table.drop(index=at),
                "row of another year": lambda: pd.concat([table, table.iloc[[at]].assign(period="1999-03-31")]),
            }
            changed = (
                edits[what]() if what in edits else table.assign(**{what: table[what].where(table.index != at, value)})
            )
            changed.to_csv(tmp_path / CHILDREN.name, index=False, lineterminator="\n")
            seal = files.sha256(tmp_path / CHILDREN.name) if "card was made" not in row["said"] else card.sha256
            as_if = card.model_copy(update={"sha256": seal, "control_totals": []})
            check_words(CHILDREN.stem, published_tables.prove(tmp_path / CHILDREN.name, as_if))
    assert row["said"] in str(stopped.value)


def test_stocks_and_flows_that_do_not_close_are_told_and_those_that_do_are_not():
    """By hand: 100 + 30 - 20 = 110, published 110 and then 111; a country is published to the nearest ten."""

    def counted(area: str, by: int, last: int) -> list[tuple]:
        figures = [("lac_stock", "2010-03-31", 100), ("lac_starts", "2010-11", 30), ("lac_ceases", "2010-11", 20)]
        figures.append(("lac_stock", "2011-03-31", last))
        return [(area, at, what, "all", "all", str(by * count), "children", "", "") for what, at, count in figures]

    rows = [*counted("Closes", 1, 110), *counted("Open", 1, 111), *counted("Country", 1000, 110)]
    rows[-1] = (*rows[-1][:5], "110020", *rows[-1][6:])
    history_of = History({"t": pd.DataFrame(rows, columns=COLUMNS)})
    assert history_of.not_closing("Closes") == [] and history_of.not_closing("Country") == []
    assert history_of.not_closing("Open") == [
        "lac_stock of Open on 2011-03-31: 100 before + 30 starts - 20 ends in 2010-11 make 110, and 111 is published"
    ]


# ---- names -----------------------------------------------------------------------------------------------------------


@each("names")
def test_two_of_one_name_or_what_is_no_file_is_refused(row, tmp_path):
    shutil.copytree(HOME / "params" / "scenarios", tmp_path / "scenarios")
    here, edit_of = tmp_path / "scenarios", row["edit"]

    def scenario(name: str, order: object, file: str) -> None:
        files.write_text(here / file, f"name: {name}\norder: {order}\nreason: to try\nchanges: {{}}\n")

    if row["what"] == "name":
        long = {"60+1": ["x" * 61], "300": ["x" * 300]}
        for number, name in enumerate(long.get(edit_of, edit_of.split("|"))):
            scenario(name, 50 + number, f"tried-{number}.yaml")
    elif row["what"] == "order":
        scenario("Tried", edit_of, "tried.yaml")
    elif row["what"] == "file":
        scenario("Tried", 50, edit_of)
    else:
        (here / edit_of).mkdir()
    with pytest.raises(BadInput) as stopped:
        list_scenarios(tmp_path)
    assert row["said"] in str(stopped.value)


def test_the_scenarios_held_have_names_of_their_own():
    assert len(list_scenarios(HOME / "params")) == 9


def test_a_zip_with_one_endless_line_is_told_as_that(tmp_path):
    with zipfile.ZipFile(tmp_path / "returns.zip", "w", zipfile.ZIP_DEFLATED) as held:
        held.writestr("episodes.csv", "CHILD," * 20_000)
    done = CliRunner().invoke(commands.main, ["returns", str(tmp_path / "returns.zip")])
    assert done.exit_code == 2 and "20,001 cells in one line" in done.output


def test_a_wrong_ledger_stops_the_month_until_it_is_accepted_with_a_reason(tmp_path, year):
    """Through the door itself: the year to date in the place of September."""
    card, (folder, _) = year[0], (tmp_path, (tmp_path / INBOX).mkdir())
    shutil.copyfile(MONTHS / CARD, folder / CARD)
    held = None
    for delivery in sorted((MONTHS / "deliveries").iterdir())[:6]:
        for file in delivery.iterdir():
            shutil.copyfile(file, folder / INBOX / file.name)
        if delivery.name < "2025-10":
            held = accept(held, read_inbox(folder, card, held))
    path = folder / INBOX / "ledger_2025-09.csv"
    ledger = pd.read_csv(path, dtype={"Period": str})
    ledger["Actual"] = (ledger["Actual"] * 6).round(2)
    ledger.to_csv(path, index=False)
    with pytest.raises(BadInput, match="the year to date and not the month.*month 2025-09, item ledger, why"):
        read_inbox(folder, card, held)
    why = Accepted(month="2025-09", item="ledger", why="Finance: five late months were posted, K. Ali")
    taken = read_inbox(folder, card.model_copy(update={"accepted": {"late": why}}), held)
    assert any("Accepted by a person" in warning and "K. Ali" in warning for warning in taken.warnings)
