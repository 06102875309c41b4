"""Random single edits of real inputs, and what becomes of each: refused, told, nothing moved, or silent.

    python tests/random_edits.py [--seed 1] [--edits 1000] [--kind KIND] [--first] [--list]

An edit changes one digit, one row, one column or one unit of one file: the assumptions of Slough, April 2025, its
tables and their cards, a delivery of the example council, its card, what is held, a published run. It is read by the
code that a run reads it by. `same` means that every figure that reaches a forecast is what it was, so that the answer
moves by nothing; `silent` that a figure changed without a word (an upper bound on what moves the answer by £1 or more,
for nothing is forecast here). --first: no run of the case stands yet, so that what changed since is not known. --list
prints the silent ones.
"""

import argparse
import collections
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

import pandas as pd

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from forecast.case import differing, held_elsewhere, list_scenarios, load_scenarios, plausible  # noqa: E402
from forecast.case.errors import BadInput  # noqa: E402
from forecast.runs import folders  # noqa: E402
from forecast.runs.refresh import io  # noqa: E402
from forecast.sources import files, published  # noqa: E402
from forecast.sources.arrivals import CARD, INBOX, Held, accept, read_card, read_inbox, write_held  # noqa: E402
from forecast.sources.arrivals.vintages import KEY  # noqa: E402
from forecast.sources.cards import read_card as read_table_card  # noqa: E402
from forecast.sources.history import COLUMNS, check_words  # noqa: E402

REFUSED, TOLD, SAME, SILENT = "refused", "told", "same", "silent"
A_POUND = 1.0
FIGURES = ("value", "low", "high", "price_base", "unit")
NUMBER = re.compile(r"(?<![\w.])-?[0-9]+(?:\.[0-9]+)?(?![\w])")
UNITS = (10, 12, 1000, 0.1, 1 / 12, 0.001)


def edited(text: str, draw: random.Random) -> tuple[str, str]:
    """A text with one edit, and what it was."""
    how = draw.choice(
        ["digit", "digit", "digit", "digit lost", "digit twice", "unit", "row lost", "row twice", "rows", "column"]
    )
    lines = text.split("\n")
    numbers = list(NUMBER.finditer(text))
    if how in ("digit", "digit lost", "digit twice"):
        at = draw.choice([at for at, letter in enumerate(text) if letter.isdigit()])
        new = {
            "digit": draw.choice([d for d in "0123456789" if d != text[at]]),
            "digit lost": "",
            "digit twice": text[at] * 2,
        }
        return text[:at] + new[how] + text[at + 1 :], f"{how} in {_line(text, at)}"
    if how == "unit" and numbers:
        found, by = draw.choice(numbers), draw.choice(UNITS)
        new = f"{float(found[0]) * by:.6f}".rstrip("0").rstrip(".")
        return text[: found.start()] + new + text[found.end() :], f"times {by:.4g} in {_line(text, found.start())}"
    at = draw.randrange(max(len(lines) - 2, 1))
    if how == "column" and "," in lines[0]:
        width = lines[0].count(",") + 1
        one, other = draw.sample(range(width), 2) if width > 1 else (0, 0)
        rows = [line.split(",") for line in lines]
        for row in rows[draw.choice([0, 1]) :]:  # with its heading, or without
            if len(row) == width:
                row[one], row[other] = row[other], row[one]
        return "\n".join(",".join(row) for row in rows), f"columns {one + 1} and {other + 1} swapped"
    if how == "rows":
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    else:
        lines[at : at + 1] = [] if how == "row lost" else [lines[at]] * 2
    return "\n".join(lines), f"{how}: {lines[min(at, len(lines) - 1)][:60]}"


def _line(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 :].split("\n")[0].strip()[:80]


class Assumptions:
    """The assumptions of a case, its scenarios and the national file."""

    def __init__(self, place: Path):
        self.params = place / "params"
        shutil.copytree(HOME / "params", self.params)
        self.files = [self.params / "national.yaml", self.params / "slough" / "2025-04" / "case.yaml"]
        self.files += [*self.files, *sorted(self.params.glob("scenarios/*.yaml"))]
        self.bands = plausible.read_bands(HOME / "data")
        prices = pd.read_csv(HOME / "data" / "published" / "gdp_deflator.csv").set_index("financial_year")["deflator"]
        self.prices, self.before = prices.to_dict(), {}
        self.right = self.read()

    def with_a_run(self) -> None:
        """From now on a run of the case stands, made of the files as they are."""
        self.before = load_scenarios(self.params, "slough", "2025-04", list_scenarios(self.params))

    def read(self) -> tuple:
        scenarios = load_scenarios(self.params, "slough", "2025-04", list_scenarios(self.params))
        said = plausible.unusual(scenarios, held_elsewhere(self.params, scenarios["central"]), self.bands, self.prices)
        figures = {
            slug: (a.case, {key: tuple(getattr(entry, name) for name in FIGURES) for key, entry in a.entries.items()})
            for slug, a in scenarios.items()
        }
        for slug in self.before:
            said += differing(self.before[slug], scenarios[slug], slug) if slug in scenarios else []
        return figures, said


class Tables:
    """Published tables with their cards."""

    def __init__(self, place: Path):
        shutil.copytree(HOME / "data" / "published", place / "published")
        self.files = sorted((place / "published").glob("*.csv"))
        self.files += [path.with_name(f"{path.stem}.card.yaml") for path in self.files]
        self.right = None

    def read(self, file: Path) -> tuple:
        table = file.with_name(file.name.split(".")[0] + ".csv")
        card, was = read_table_card(table), read_table_card(HOME / "data" / "published" / table.name)
        frame = published.prove(table, card)
        if list(frame.columns) == COLUMNS:
            check_words(table.stem, frame)
        decides = ("table", "columns", "la_code")  # of its dates it is known alone whether the table may be used
        same = frame.equals(published.prove(HOME / "data" / "published" / table.name, was))
        return same and all(getattr(card, name) == getattr(was, name) for name in decides), []


class Deliveries:
    """The example council's months: counts and ledger as they come, its card, and what is held."""

    def __init__(self, place: Path):
        self.council, source, self.before = place / "council", HOME / "data" / "example" / "months", {}
        (self.council / INBOX).mkdir(parents=True)
        shutil.copyfile(source / CARD, self.council / CARD)
        card, held, self.made, self.said = read_card(self.council / CARD), None, {}, []
        for delivery in sorted((source / "deliveries").iterdir()):
            came = {path.name: path.read_text(encoding="utf-8") for path in sorted(delivery.iterdir())}
            for name, text in came.items():
                files.write_text(self.council / INBOX / name, text)
            arrived = read_inbox(self.council, card, held)
            for name in came:
                self.before[name] = held
                self.made[name] = arrived.rows
            self.said += arrived.warnings
            held = accept(held, arrived)
            for name in came:
                self.before[name] = (self.before[name], came)
        for path in (self.council / INBOX).iterdir():
            path.unlink()
        self.files = [self.council / INBOX / name for name in self.before]

    def read(self, file: Path, text: str) -> tuple:
        held, came = self.before[file.name]
        try:
            for name, right in came.items():
                files.write_text(file.with_name(name), text if name == file.name else right)
            arrived = read_inbox(self.council, read_card(self.council / CARD), held or Held())
        finally:
            for name in came:
                file.with_name(name).unlink(missing_ok=True)
        said = [warning for warning in arrived.warnings if warning not in self.said]
        right = self.made[file.name]
        alike = arrived.rows[KEY].equals(right[KEY])
        return alike and (arrived.rows["value"] - right["value"]).abs().sum() < A_POUND, said


class Runs:
    """A published run, and what a council folder holds."""

    def __init__(self, place: Path):
        home, held = place / "runs", place / "council" / io.HELD
        with folders.publishing(home, "example", "2026-11", "2026-12-03T06:30:00+00:00") as staging:
            answer = {"chance": 0.51, "call": {"mean": 220_000, "p10": -40_000, "p90": 480_000}}
            files.write_json(staging / "answer.json", answer)
            files.write_text(staging / "tables" / "cost.csv", "line,mean,p10\nifa,100.5,90\niro,5,4\n")
            files.write_text(staging / "answer.txt", "Expected call £220,000\n80% range\n")
            write_held(Held(), staging / io.HELD)
            files.write_json(staging / "manifest.json", folders.manifest(staging, {}, 100, 1))
        self.run = home / "example" / "2026-11"
        rows = "vintage,month,figure,item,value\n2026-11,2026-11,children,lac,173\n2026-11,2026-11,children,cp,140\n"
        files.write_text(held / "vintages.csv", rows)
        files.write_text(held / "files.csv", "sha256,file\n12,counts\n34,ledger\n")
        files.write_json(held / io.SUMS, files.checksums(held))
        self.held = held
        self.files = [
            path for path in self.run.rglob("*") if path.is_file() and any(map(str.isdigit, path.read_text()))
        ]
        self.files += [held / "vintages.csv", held / "files.csv"]

    def read(self, file: Path) -> tuple:
        folders.as_published(self.run)
        io.as_left(self.held, self.run.parent / "none")
        return False, []


def outcome(of, file: Path, text: str) -> str:
    """What becomes of a file that holds `text`."""
    try:
        if isinstance(of, Deliveries):
            same, said = of.read(file, text)
        else:
            file.write_text(text, encoding="utf-8", newline="")
            if isinstance(of, Assumptions):
                figures, said = of.read()
                same, said = figures == of.right[0], [each for each in said if each not in of.right[1]]
            else:
                same, said = of.read(file)
    except BadInput:
        return REFUSED
    return TOLD if said else SAME if same else SILENT


def main() -> dict:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--edits", type=int, default=1000)
    asked.add_argument("--kind", choices=[kind.__name__.lower() for kind in KINDS])
    asked.add_argument("--first", action="store_true", help="before the first run of the case")
    asked.add_argument("--list", action="store_true", help="print the silent edits")
    given = asked.parse_args()
    draw, counts = random.Random(given.seed), collections.Counter()
    with tempfile.TemporaryDirectory() as place:
        chosen = [kind for kind in KINDS if given.kind in (None, kind.__name__.lower())]
        kinds = {kind.__name__: kind(Path(place) / kind.__name__) for kind in chosen}
        if Assumptions in chosen and not given.first:
            kinds["Assumptions"].with_a_run()
        for _ in range(given.edits):
            name = draw.choice(list(kinds))
            of = kinds[name]
            file = draw.choice(of.files)
            right = (
                of.before[file.name][1][file.name] if isinstance(of, Deliveries) else file.read_text(encoding="utf-8")
            )
            text, what = edited(right, draw)
            if text == right:
                continue
            found = outcome(of, file, text)
            if not isinstance(of, Deliveries):
                file.write_text(right, encoding="utf-8", newline="")
            counts[name, found] += 1
            if given.list and found == SILENT:
                print(f"{name} {file.name}: {what}")
    print(f"{'':14}" + "".join(f"{each:>10}" for each in (REFUSED, TOLD, SAME, SILENT, "all")))
    for name in [*kinds, "all"]:
        row = [sum(n for (of, was), n in counts.items() if was == each and name in (of, "all")) for each in OUTCOMES]
        print(f"{name:14}" + "".join(f"{n:>10,}" for n in [*row, sum(row)]))
    return counts


KINDS, OUTCOMES = (Assumptions, Tables, Deliveries, Runs), (REFUSED, TOLD, SAME, SILENT)

if __name__ == "__main__":
    main()
