"""SSDA903 returns as others write them: the layouts that regional tools and validators use, with counts known from outside.

The histories are drawn here and counted here, day by day, with nothing of the reader. Layouts follow public files of the
data-to-insight validator (`tests/fake_data`) and the regional demand model (`samples`): their names, columns and quirks.
"""

import csv
import io
import json
import os
import random
import zipfile
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.cli.commands import main

FIRST, YEARS = 2016, 3  # 1 April of the first year; years
LAST_DAY = date(FIRST + YEARS, 3, 31)
HEADER = ["CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"]
EPISODES = [
    "CHILD",
    "DECOM",
    "RNE",
    "LS",
    "CIN",
    "PLACE",
    "PLACE_PROVIDER",
    "DEC",
    "REC",
    "REASON_PLACE_CHANGE",
    "HOME_POST",
    "PL_POST",
    "URN",
]
PLACES = {
    ("U1", "PR1"): "kinship_fostering",
    ("U3", "PR1"): "kinship_fostering",
    ("U4", "PR1"): "in_house_fostering",
    ("U6", "PR1"): "in_house_fostering",
    ("U6", "PR4"): "ifa_fostering",
    ("U5", "PR4"): "ifa_fostering",
    ("A3", "PR1"): "placed_for_adoption",
    ("P1", "PR0"): "with_parents",
    ("K2", "PR4"): "residential",
    ("R3", "PR4"): "residential",
    ("K1", "PR3"): "secure",
    ("S1", "PR4"): "residential_school",
    ("H5", "PR4"): "supported",
    ("P2", "PR4"): "supported",
    ("R5", "PR3"): "other",
    ("T0", ""): "other",
}


@dataclass
class Stay:
    child: str
    start: date
    end: date | None
    rne: str
    legal: str
    place: str
    provider: str
    reason: str


@dataclass
class Life:
    child: str
    born: date
    until_uasc: date | None
    uasc: bool
    stays: list


def birthday(born: date, age: int) -> date:
    return date(born.year + age, 3, 1) if (born.month, born.day) == (2, 29) else born.replace(year=born.year + age)


def lives(seed: int, number: int = 160) -> list[Life]:
    """Children who come, move, leave and return; short breaks; some still open at the end."""
    draw, made = random.Random(seed), []
    for place in range(number):
        child = (
            draw.choice(
                [f"{draw.randint(1, 999_999)}", f"{draw.randint(1, 99_999):08d}", f"P{place}X{draw.randint(10, 99)}"]
            )
            + f"{place:03d}"
        )
        day = date(FIRST, 4, 1) + timedelta(draw.randint(-700, 365 * YEARS - 30))
        born = day - timedelta(draw.randint(0, 17 * 365))
        life = Life(child, born, None, draw.random() < 0.1, [])
        for _ in range(draw.choice([1, 1, 1, 2, 3])):
            day = spell(draw, life, day)
            if day is None:
                break
            day += timedelta(draw.randint(5, 300))
            if day >= min(LAST_DAY, birthday(born, 18) - timedelta(30)):
                break
        made.append(life)
    return made


def spell(draw, life: Life, day: date) -> date | None:
    """Add one period of care from a day; gives its end, None while it is open on the last day."""
    adult = birthday(life.born, 18)
    until = min(day + timedelta(draw.choice([3, 40, 200, 500, 1500])) + timedelta(draw.randint(0, 60)), adult)
    legal = draw.choice(["C1", "C2", "V2", "E1", "L2", "V3", "V4"] if not life.stays else ["C2", "V2"])
    rne, (place, provider) = "S", draw.choice(list(PLACES))
    while True:
        end = min(until, day + timedelta(draw.randint(1, 200)))
        over = end == until
        reason = draw.choice(["E4A", "E11", "E45", "E8"]) if over and until < adult else ("E7" if over else "X1")
        life.stays.append(Stay(life.child, day, end, rne, legal, place, provider, reason))
        if over:
            return end
        day, rne = end, draw.choice(["P", "L", "B", "T", "U"])
        if rne in "PBTU":
            place, provider = draw.choice(list(PLACES))
        if rne in "LBU" and legal not in ("V3", "V4"):
            legal = draw.choice(["C1", "C2", "E1"])


def true_stock(made: list[Life], day: date) -> Counter:
    """(age band, placement, uasc) -> children looked after at the end of the day."""
    held = Counter()
    for life in made:
        for stay in life.stays:
            if (
                stay.legal in ("V3", "V4")
                or not (stay.start <= day < stay.end)
                or not life.born <= day < birthday(life.born, 18)
            ):
                continue
            age = next(age for age in range(18, -1, -1) if birthday(life.born, age) <= day)
            band = (
                "under_1" if age < 1 else "1_4" if age < 5 else "5_9" if age < 10 else "10_15" if age < 16 else "16_17"
            )
            held[band, PLACES[stay.place, stay.provider], life.uasc] += 1
    return held


def return_rows(made: list[Life], year: int, form: str, open_reason: str = "") -> dict[str, list[list[str]]]:
    """Header, Episodes and UASC rows of the return to 31 March of `year`: every episode open on any of its days."""
    first, last = date(year - 1, 4, 1), date(year, 3, 31)
    rows = {"header": [], "episodes": [], "uasc": []}
    for life in made:
        stays = [stay for stay in life.stays if stay.start <= last and stay.end >= first]
        if not stays:
            continue
        rows["header"].append([life.child, "1", f"{life.born:%d/%m/%Y}", "WBRI", "A123456789012", "0", ""])
        rows["uasc"] += (
            [[life.child, "1", f"{life.born:%d/%m/%Y}", f"{birthday(life.born, 18) - timedelta(4):%d/%m/%Y}"]]
            if life.uasc
            else []
        )
        for stay in stays:
            dec, rec = (stay.end.strftime(form), stay.reason) if stay.end <= last else ("", open_reason)
            change = "CARPL" if stay.reason == "X1" else ""
            rows["episodes"].append(
                [
                    stay.child,
                    stay.start.strftime(form),
                    stay.rne,
                    stay.legal,
                    "N1",
                    stay.place,
                    stay.provider,
                    dec,
                    rec,
                    change,
                    "SL1 1AA",
                    "SL2 2BB",
                    "1234567",
                ]
            )
    return rows


UASC = ["CHILD", "SEX", "DOB", "DUC"]
HEADINGS = {"header": HEADER, "episodes": EPISODES, "uasc": UASC}


def text(headings: list[str], rows: list[list[str]], end: str = "\n", quote: bool = False) -> bytes:
    made = io.StringIO()
    csv.writer(made, lineterminator=end, quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL).writerows(
        [headings, *rows]
    )
    return made.getvalue().encode()


def by_year(made, name, form="%d/%m/%Y", open_reason="", **how) -> dict[str, bytes]:
    """Files of every year, named by name(kind, return year)."""
    files = {}
    for year in range(FIRST + 1, FIRST + YEARS + 1):
        for kind, rows in return_rows(made, year, form, open_reason).items():
            files[name(kind, year)] = text(HEADINGS[kind], rows, **how)
    return files


def regional(made) -> dict[str, bytes]:
    """One file of each kind, with LA and YEAR (the year a return starts in); episodes in ISO dates, the others as returned."""
    files = {}
    for kind, headings in HEADINGS.items():
        rows = [
            [*row, "Southwark", str(year - 1)]
            for year in range(FIRST + 1, FIRST + YEARS + 1)
            for row in return_rows(made, year, "%Y-%m-%d")[kind]
        ]
        files[f"v1/all_{kind}.csv"] = text([*headings, "LA", "YEAR"], rows)
    return files


def validated(made) -> dict[str, bytes]:
    """As a validator saves it: an index without a heading first, derived columns last, rows in another order, REC X1 on open rows."""
    files = {}
    for year in range(FIRST + 1, FIRST + YEARS + 1):
        for kind, rows in return_rows(made, year, "%d/%m/%Y", "X1").items():
            more = ["PL_LA", "PL_LOCATION", "PL_DISTANCE"] if kind == "episodes" else []
            shuffled = random.Random(year).sample(
                [[str(at), *row, *("E09", "IN", "3.5")[: len(more)]] for at, row in enumerate(rows)], len(rows)
            )
            files[f"{year - 1}_{year % 100}/{kind}.csv"] = text(["", *HEADINGS[kind], *more], shuffled)
    return files


def with_the_rest(made) -> dict[str, bytes]:
    """Every file of a return beside the three that are counted, and files of no return."""
    files = by_year(
        made, lambda kind, year: f"SSDA903 {year - 1}-{year % 100}/{kind.title() if kind != 'uasc' else 'UASC'}.csv"
    )
    others = {
        "AD1": "CHILD,DOB,DATE_INT,DATE_MATCH,FOSTER_CARE,NB_ADOPTR,SEX_ADOPTR,LS_ADOPTR",
        "OC2": "CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED",
        "OC3": "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM",
        "PlacedAdoption": "CHILD,DOB,DATE_PLACED,DATE_PLACED_CEASED,REASON_PLACED_CEASED",
        "PrevPerm": "CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM",
        "Missing": "CHILD,DOB,MISSING,MIS_START,MIS_END",
        "SWEpisodes": "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON",
        "DoLo": "CHILD,DOB,DOLO_START,DOLO_END",
        "Reviews": "CHILD,DOB,REVIEW,REVIEW_CODE",
    }
    files |= {
        f"SSDA903 {FIRST}-{(FIRST + 1) % 100}/{name}.csv": f"{columns}\n".encode() for name, columns in others.items()
    }
    return files | {
        "read me.txt": b"x",
        "Thumbs.db": b"\0",
        f"SSDA903 {FIRST}-{(FIRST + 1) % 100}/~$Episodes.xlsx": b"x",
    }


def in_small_letters(made) -> dict[str, bytes]:
    """Codes and identifiers as some systems write them, headings with spaces; the headers' identifiers as they were."""
    files = by_year(made, lambda kind, year: f"{year}/{kind}.csv")
    return {
        name: content.lower().replace(b"place_provider", b" Place  Provider ") if "episodes" in name else content
        for name, content in files.items()
    }


LAYOUTS = {
    "small letters": in_small_letters,
    "folder of the year it starts in": lambda made: by_year(made, lambda kind, year: f"{year - 1}/{kind}.csv"),
    "folder of the year it ends in": lambda made: by_year(made, lambda kind, year: f"{year}/{kind}.csv"),
    "2017-18": lambda made: by_year(made, lambda kind, year: f"{year - 1}-{year % 100:02d}/{kind.title()}.csv"),
    "2017/18": lambda made: by_year(made, lambda kind, year: f"{year - 1}/{year % 100:02d}/{kind.upper()}.CSV"),
    "903_2018_episodes.csv": lambda made: by_year(made, lambda kind, year: f"903_{year}_{kind}.csv"),
    "episodes_2017_18.CSV, quoted, CRLF": lambda made: by_year(
        made, lambda kind, year: f"{kind}_{year - 1}_{year % 100:02d}.CSV", end="\r\n", quote=True
    ),
    "year end in the name": lambda made: by_year(made, lambda kind, year: f"LAC {kind} to 31 March {year}.csv"),
    "UTF-8 with a mark": lambda made: {
        name: b"\xef\xbb\xbf" + content
        for name, content in by_year(made, lambda kind, year: f"{year}/{kind}.csv").items()
    },
    "ISO dates with midnight": lambda made: by_year(
        made, lambda kind, year: f"{year}/{kind}.csv", form="%Y-%m-%d 00:00:00"
    ),
    "X1 on open episodes": lambda made: by_year(made, lambda kind, year: f"{year}/{kind}.csv", open_reason="X1"),
    "regional": regional,
    "validated": validated,
    "with the rest": with_the_rest,
}


def give(folder: Path, files: dict[str, bytes], how: str) -> Path:
    """The files as a folder, a zip, or a folder with a zip for each year inside."""
    if how == "zip":
        with zipfile.ZipFile(folder / "returns.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(f"returns/{name}", content)
        return folder / "returns.zip"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_zips_inside_a_folder_are_opened(tmp_path):
    """A zip for each year, beside the years' folders or within them; a zip within a zip is not."""
    made = lives(99)
    files = by_year(made, lambda kind, year: f"{year - 1}-{year % 100}/{kind}.csv")
    for name, content in files.items():
        year, _, file = name.partition("/")
        for path in (tmp_path / "beside" / f"{year}.zip", tmp_path / "within" / year / "903 return.zip"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(path, "a") as archive:
                archive.writestr(file, content)
    assert wrong(tmp_path / "beside", made) == [] == wrong(tmp_path / "within", made)
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(tmp_path / "beside" / f"{FIRST}-{(FIRST + 1) % 100}.zip", "inner.zip")
    done = CliRunner().invoke(main, ["returns", str(tmp_path / "outer.zip")])
    assert done.exit_code == 2 and "holds no CSV file" in done.output


def test_a_workbook_that_is_none_is_told(tmp_path):
    (tmp_path / "Episodes.xlsx").write_bytes(b"PK")
    done = CliRunner().invoke(main, ["returns", str(tmp_path)])
    assert done.exit_code == 2 and "Episodes.xlsx: not an XLSX workbook, or a damaged or protected one" in done.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda name, content: (name, content.replace(b"/2016", b"/16").replace(b"/2017", b"/17")),
            "not a date in the file's one format",
        ),
        (lambda name, content: (name.replace("episodes", "episodes - Copy"), content), ""),
        (
            lambda name, content: (f"all {name.split('/')[1][:-4]} 3103{name[:4]}.csv", content),
            "name each by its own, such as 2017-18",
        ),
    ],
    ids=["two figures of the year", "another word in the name", "eight figures for a year"],
)
def test_what_cannot_be_known_is_not_guessed(tmp_path, change, said):
    made = lives(98)
    files = dict(
        change(name, content) for name, content in by_year(made, lambda kind, year: f"{year}/{kind}.csv").items()
    )
    path = give(tmp_path, files, "folder")
    done = CliRunner().invoke(main, ["returns", str(path)])
    assert (done.exit_code, bool(said)) in ((2, True), (0, False)) and said in done.output


def asked(path: Path, days: list[date]) -> dict:
    words = [word for day in days for word in ("--stock", day.isoformat())]
    done = CliRunner().invoke(main, ["returns", str(path), *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["stock"]


DAYS = [
    date(FIRST, 3, 31),
    date(FIRST, 9, 30),
    *(date(FIRST + more, 3, 31) for more in range(1, YEARS + 1)),
    date(FIRST + 1, 4, 1),
    date(FIRST + 2, 2, 28),
]


def wrong(path: Path, made: list[Life], days: list[date] = DAYS) -> list[str]:
    """Days on which the command's cells differ from the truth."""
    told, found = asked(path, days), []
    for day in days:
        cells = {
            (cell["age_band"], cell["placement"], cell["uasc"]): cell["children"]
            for cell in told[day.isoformat()]["cells"]
        }
        truth = dict(true_stock(made, day))
        if cells != truth or told[day.isoformat()]["total"] != sum(truth.values()):
            found.append(
                f"{day}: told {sum(cells.values())}, true {sum(truth.values())}, {sorted(set(cells.items()) ^ set(truth.items()))[:4]}"
            )
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("how", ["folder", "zip"])
def test_counted_exactly_however_others_write_it(tmp_path, layout, how):
    made = lives(seed=sorted(LAYOUTS).index(layout))
    assert sum(true_stock(made, DAYS[3]).values()) > 15
    assert wrong(give(tmp_path, LAYOUTS[layout](made), how), made) == []


# What others' files gave wrong before: small inputs kept outside the project, each with the right counts


CASES = {
    "02-control-same-ids": ("plans", {"2018-03-31": 40, "2019-03-31": 50}),
    "02-ids-changed-cin": ("plans", {"2018-03-31": 40, "2019-03-31": 50}),
    "03-leading-zeros-lost": ("returns", {"2018-03-31": 2}),
    "05-x1-gap": ("returns", {"2018-03-31": 2}),
    "06-annex-no-count": ("plans", {"2024-01-31": 2}),
    "07-annex-name-month": ("plans", {"2024-01-31": 2}),
    "08-annex-child-id-heading": ("plans", {"2024-01-31": 2}),
    "09-ssda903-xml": ("returns", {"2018-03-31": 1}),
    "10-blank-first-line": ("returns", {"2018-03-31": 2}),
    "11-dec-1900": ("returns", {"2018-03-31": 2}),
    "12-null-words": ("returns", {"2018-03-31": 2}),
    "13-cin-case-closed-plan-open": ("plans", {"2018-03-31": 2}),
    "14-year-1718": ("returns", {"2018-03-31": 2, "2019-03-31": 1}),
}


@pytest.mark.parametrize("case", CASES)
def test_others_small_inputs_give_the_right_counts(case):
    home = os.environ.get("FORECAST_CASES")
    if not home:
        pytest.skip("OTHERS' SMALL INPUTS ARE NOT TESTED: set FORECAST_CASES to their folder")
    command, expected = CASES[case]
    done = CliRunner().invoke(main, [command, str(Path(home) / case), "--json"])
    assert done.exit_code == 0, done.output
    stock = json.loads(done.output)["stock"]
    assert {day: stock[day]["total"] for day in expected} == expected


def test_every_small_input_of_others_is_tested():
    home = os.environ.get("FORECAST_CASES")
    if not home:
        pytest.skip("OTHERS' SMALL INPUTS ARE NOT TESTED: set FORECAST_CASES to their folder")
    assert {path.name for path in Path(home).iterdir() if path.is_dir()} == set(CASES)
