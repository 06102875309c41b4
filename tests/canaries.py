"""500 invented names, identifiers, dates of birth, postcodes and notes in returns of every kind; then every byte that comes out is searched.

python tests/canaries.py            every damaged input by the command line too, and what was found; a test runs fewer
"""

import csv
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import numpy as np
import openpyxl
import pandas as pd
from openpyxl.comments import Comment

HOME = Path(__file__).resolve().parent.parent
COUNCIL = HOME / "data" / "example" / "council"
NUMBERS = {"name": 100, "child": 100, "upn": 75, "born": 75, "postcode": 75, "note": 75}
SYLLABLES = ["quax", "zorb", "vlim", "dreth", "kwyn", "jorp", "xelf", "myrd", "thozz", "gruj", "fnop", "skwee"]
TEAM = "Quarrymoor team"  # what councils put into the names of files
EXTRA = ["Forename", "Surname", "Name", "Postcode", "Address", "Comments", "Allocated Worker", "SW_NAME", "NHS number"]
WINDOW = 6  # bytes compared at once: the shortest canary has as many
STARTS_AT, HEADINGS = 10_000, 3


# The canaries, and their planting


def canaries(seed: int = 500) -> dict[str, list[str]]:
    """500 values by kind, none like another; dates of birth as yyyy-mm-dd are chosen in planting."""
    draw = random.Random(seed)

    def word(parts: int) -> str:
        return "".join(draw.choice(SYLLABLES) for _ in range(parts)).capitalize()

    held = {
        "name": [f"{word(3)} O'{word(3)}" if at % 9 == 0 else f"{word(3)} {word(4)}" for at in range(NUMBERS["name"])],
        "child": [
            f"Kx{draw.randrange(10**7, 10**8)}" if at % 2 else f"{draw.randrange(10**8, 10**9)}"
            for at in range(NUMBERS["child"])
        ],
        "upn": [f"W{draw.randrange(10**11, 10**12)}" for _ in range(NUMBERS["upn"])],
        "postcode": [
            f"QX{draw.randrange(10, 99)} {draw.randrange(9)}{draw.choice('QVX')}{draw.choice('QVX')}"
            for _ in range(400)
        ],
        "note": [f"{word(2)} said {word(3)} at {word(2)}" for _ in range(NUMBERS["note"])],
    }
    held["postcode"] = list(dict.fromkeys(held["postcode"]))[: NUMBERS["postcode"]]
    days = {
        date(2005, 1, 1) + timedelta(day)
        for day in range(0, 18 * 365)
        if 5 <= (date(2005, 1, 1) + timedelta(day)).day <= 25
    }
    held["born"] = [day.isoformat() for day in sorted(draw.sample(sorted(days), NUMBERS["born"]))]
    return held


class Planter:
    """Gives each child its identifier, date of birth and UPN, and every other cell the next canary of a kind."""

    def __init__(self, held: dict[str, list[str]]) -> None:
        self.held, self.turn, self.known = held, dict.fromkeys(held, 0), {}

    def next(self, kind: str) -> str:
        self.turn[kind] += 1
        return self.held[kind][self.turn[kind] % len(self.held[kind])]

    def child(self, number: str) -> tuple[str, str]:
        """Identifier and UPN of a child of the invented council."""
        if number not in self.known:
            at = len(self.known)
            child = self.held["child"][at] if at < len(self.held["child"]) else number
            self.known[number] = child, self.held["upn"][at % len(self.held["upn"])]
        return self.known[number]

    def born(self, written: str) -> str:
        """The nearest date of birth of the canaries at or before the true one, written in the same form."""
        british = "/" in written
        day = "-".join(reversed(written.split("/"))) if british else written
        if not day or day < self.held["born"][0]:
            return written
        found = max(born for born in self.held["born"] if born <= day)
        return "/".join(reversed(found.split("-"))) if british else found

    def extra(self, column: str) -> str:
        return self.next(
            "postcode" if "post" in column.lower() else "note" if column in ("Comments", "Address") else "name"
        )

    def cell(self, column: str, text: str, row: dict) -> str:
        """A cell of a return with its canary; cells that are counted as they are keep what they say."""
        child = row.get("CHILD") or row.get("LAchildID")
        if column in ("CHILD", "LAchildID"):
            return self.child(text)[0]
        if column in ("UPN", "FormerUPN"):
            return self.child(child)[1]
        if column in ("DOB", "PersonBirthDate", "MC_DOB"):
            return self.born(text)
        return (
            self.next("postcode")
            if column in ("HOME_POST", "PL_POST")
            else self.next("upn")
            if column == "URN"
            else self.next("note")
            if column in ("ETHNIC", "Ethnicity")
            else text
        )


def plant_csv(content: bytes, planter: Planter) -> bytes:
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    if not rows:
        return content
    made = io.StringIO()
    writer = csv.DictWriter(made, [*rows[0], *EXTRA], lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {column: planter.cell(column, text, row) for column, text in row.items()}
            | {column: planter.extra(column) for column in EXTRA}
        )
    return made.getvalue().encode()


def plant_xml(content: bytes, planter: Planter) -> bytes:
    tree = ElementTree.fromstring(content)
    for child in tree.iter("Child"):
        known = child.find("ChildIdentifiers")
        number = known.findtext("LAchildID")
        for element in known:
            element.text = planter.cell(element.tag, element.text or "", {"LAchildID": number})
        for column in EXTRA[:6]:
            ElementTree.SubElement(known, column).text = planter.extra(column)
        child.set("note", planter.next("note"))
        child.append(ElementTree.Comment(planter.next("name")))
        child.find("ChildCharacteristics/Ethnicity").text = planter.next("note")
    return ElementTree.tostring(tree, encoding="utf-8", xml_declaration=True)


def annex_a(planter: Planter) -> bytes:
    """Lists 7 and 8 in one workbook, with canaries in titles, comments, names of sheets and properties."""
    book = openpyxl.Workbook()
    book.properties.creator, book.properties.title = planter.next("name"), planter.next("note")
    lists = {
        "7": [
            "Child Unique ID",
            "Date of Birth",
            "Child Protection Plan Start Date",
            "Child Protection Plan End Date",
            "Number of Previous Child Protection Plans",
        ],
        "8": [
            "Child Unique ID",
            "Date of Birth",
            "Date Started to be Looked After",
            "Date Ceased to be Looked After",
            "Placement Postcode",
        ],
    }
    for number, headings in lists.items():
        sheet = book.create_sheet(f"{number} {planter.next('name')}"[:31])
        sheet.append([planter.next("note")])
        sheet.append([*headings, "Allocated Worker", "Comments"])
        for at in range(30):
            day = date(2024, 1, 1) + timedelta(5 * at)
            tail = 0 if number == "7" else planter.next("postcode")
            sheet.append(
                [
                    planter.held["child"][at],
                    date.fromisoformat(planter.held["born"][40 + at]),
                    day,
                    None,
                    tail,
                    planter.next("name"),
                    planter.next("note"),
                ]
            )
        sheet["A3"].comment = Comment(planter.next("note"), planter.next("name"))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def plant(folder: Path) -> dict[str, list[str]]:
    """Returns of every kind under a folder, good ones; gives the canaries. None is in a file's name: those are said in full."""
    held = canaries()
    planter = Planter(held)
    for kind in ("ssda903", "cin"):
        for file in sorted((COUNCIL / kind).rglob("*.*")):
            content = (plant_xml if file.suffix == ".xml" else plant_csv)(file.read_bytes(), planter)
            year = f"{file.parent.name} {TEAM}"
            give(folder / kind / year / f"{file.stem} {TEAM}{file.suffix}", content)
        stray = f"{planter.next('name')} {planter.next('born')} {planter.next('postcode')}"
        give(folder / kind / "chronology.docx", f"{stray} {planter.next('note')}".encode())
        give(
            folder / kind / "notes" / f"notes.{TEAM.split()[0]}",
            f"{planter.next('note')} {planter.next('name')} {planter.next('note')}".encode(),
        )
        give(
            folder / kind / "chronology.csv",
            f"Name,Date,UPN\n{planter.next('name')},{planter.next('born')},{planter.next('upn')}\n".encode(),
        )
    give(folder / "annex" / f"Annex A 2024-06-30 {TEAM}.xlsx", annex_a(planter))
    zip_up(folder / "ssda903", folder / "zipped" / "returns.zip", planter.next("note"))
    planter.turn = dict.fromkeys(held, 0)
    whole = "\n".join(f"{planter.next(kind)}," for kind in held for _ in held[kind])
    give(folder / "ssda903" / "2024-25 list" / "all.csv", f"Anything,\n{whole}\n".encode())
    give(folder / "cin" / "all.csv", f"Anything,\n{whole}\n".encode())
    return held


def give(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def zip_up(folder: Path, path: Path, comment: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment.encode()
        for file in sorted(folder.rglob("*.*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())


# Damage: each spoils one file of a small folder in another way, at a cell that holds a canary where it can


def in_row(old: str, new: str, row: int = 5):
    """Change something in one row."""

    def spoil(text: str) -> str:
        lines = text.split("\r\n")
        lines[row] = lines[row].replace(old, new) if old else new
        return "\r\n".join(lines)

    return spoil


def in_column(column: str, new, every: bool = False):
    """Change the cells of one column, in the tenth row or in every row; `new` is text or a function of the cell."""

    def spoil(text: str) -> str:
        rows = list(csv.reader(io.StringIO(text)))
        at = [" ".join(cell.split()) for cell in rows[0]].index(column)
        for row in rows[1:] if every else rows[10:11]:
            row[at] = new(row[at]) if callable(new) else new
        made = io.StringIO()
        csv.writer(made, lineterminator="\r\n").writerows(rows)
        return made.getvalue()

    return spoil


def tables_damage(name: str, born: str, note: str, child: str, start: str, end: str, identifier: str) -> dict:
    """Damage of a table, by name; `start`, `end` and `identifier` are its columns."""
    british = "/".join(reversed(born.split("-")))
    american = f"{born[5:7]}/{born[8:]}/{born[:4]}"
    return {
        "a name for a date": in_column(start, name),
        "a birth in words": in_column(start, f"born {british}"),
        "American": in_column(start, american[:0] + "05/25/2022", True),
        "an American cell": in_column(end, f"{born[5:7]}/25/{born[:4]}"),
        "ISO in a British file": in_column(start, born),
        "British in an ISO file": in_column(start, british),
        "two figures of the year": in_column(end, british[:6] + british[8:]),
        "a day that is none": in_column(start, f"31/02/{born[:4]}"),
        "a time": in_column(start, f"{born} 09:41"),
        "a formula": in_column(identifier, lambda cell: f"={cell}"),
        "at sign": in_column(identifier, lambda cell: f"@{cell}"),
        "rounded": in_column(identifier, lambda cell: f"{cell[2:]}.0" if cell[2:].isdigit() else "1.5E+9"),
        "every cell a name": in_column(start, name, True),
        "every end before": in_column(end, "01/01/1990" if start == "DECOM" else "1990-01-01", True),
        "every start blank": in_column(start, "", True),
        "identifiers blank": in_column(identifier, "", True),
        "a quote": in_row(",", f',"{note}', 4),
        "a quote inside": in_row(",", f',x"{note}"', 4),
        "a line break": in_row(",", f',"{note}\r\n",', 4),
        "a stray comma": in_row("", f"{child},{name},{note}" + "," * 40, 6),
        "cut": lambda text: text[: len(text) // 2],
        "a short row": in_row("", f"{child},{name}", 7),
        "semicolons": lambda text: text.replace(",", ";"),
        "tabs": lambda text: text.replace(",", "\t"),
        "bars": lambda text: text.replace(",", "|"),
        "UTF-16": lambda text: text.encode("utf-16"),
        "UTF-16 unmarked": lambda text: text.encode("utf-16-le"),
        "NUL": lambda text: text.replace(child, f"{child}\0"),
        "Latin-1": lambda text: text.replace(note, f"Zo\xeb {note}").encode("latin-1"),
        "empty": lambda text: "",
        "headings alone": lambda text: text.split("\r\n")[0],
        "no headings": lambda text: text.split("\r\n", 1)[1],
        "a heading twice": lambda text: text.replace("Name,", f"{name},{name},"),
        "a heading lost": lambda text: text.replace(start, name, 1),
        "a name as heading": lambda text: text.replace(identifier, name, 1),
        "binary": lambda text: b"\x00\xff" + text.encode(),
        "a name as year": lambda text: add_column(text, "YEAR", name),
        "blank authority": lambda text: add_column(text, "LA", ""),
        "names as authorities": lambda text: add_column(text, "LA", name, note),
    }


def add_column(text: str, heading: str, *cells: str) -> str:
    lines = text.split("\r\n")
    return "\r\n".join(
        [f"{lines[0]},{heading}", *(f"{line},{cells[at % len(cells)]}" for at, line in enumerate(lines[1:]) if line)]
    )


def xml_damage(name: str, born: str, note: str) -> dict:
    bomb = f'<!DOCTYPE m [<!ENTITY a "{name}"><!ENTITY b "&a;&a;">]>'
    inside = "<CINdetails>"

    def after(tag: str, more: str):
        return lambda text: text.replace(tag, tag + more, 1)

    def over(tag: str, more: str):
        return lambda text: re.sub(f"<{tag}>[^<]*<", f"<{tag}>{more}<", text)

    return {
        "a bomb": lambda text: text.replace("<Message>", f"{bomb}<Message>", 1),
        "outside": lambda text: text.replace(
            "<Message>", f'<!DOCTYPE m [<!ENTITY x SYSTEM "file:///{name}">]><Message>', 1
        ),
        "a DTD": lambda text: text.replace(
            "<Message>",
            f'<!DOCTYPE {name.split()[0]} PUBLIC "{note}" "http://{name.split()[0]}.example/x.dtd"><Message>',
            1,
        ),
        "an entity": after(inside, f"&{name.split()[0]};"),
        "cut": lambda text: text[: len(text) // 2],
        "not closed": after(inside, f"<{name.split()[0]}>"),
        "bad bytes": lambda text: text.encode().replace(name.encode(), b"\xff" + name.encode()),
        "another root": lambda text: text.replace("Message>", f"{name.split()[0]}>"),
        "not XML": lambda text: f"{name},{born}\n",
        "klingon": lambda text: text.replace("utf-8", "klingon-8", 1),
        "UTF-16 said": lambda text: text.replace("utf-8", "utf-16", 1),
        "long": after(inside, f"<Novelty>{note * 100}</Novelty>"),
        "deep": after(inside, "<a>" * 30 + name),
        "a child inside": after(inside, f"<Child>{name}</Child>"),
        "given twice": after("<CPPstartDate>", f"{born}</CPPstartDate><CPPstartDate>"),
        "a name for a date": over("CPPstartDate", name),
        "a British date": over("CPPendDate", "/".join(reversed(born.split("-")))),
        "a name for a year": over("Year", name),
        "a name for the day": over("ReferenceDate", name),
        "a birth for the day": over("ReferenceDate", born),
        "a prefix": lambda text: text.replace("<Message>", f"<{name.split()[0]}:Message>", 1),
        "an attribute open": after(inside, f'<Novelty note="{note}>'),
        "a name for each end": over("CPPendDate", name),
        "starts blank": over("CPPstartDate", ""),
        "ends before": over("CPPendDate", "1990-01-01"),
        "endless": after(inside, "<!--" + note * 60_000),
        "empty": lambda text: "",
    }


def damaged(folder: Path, good: Path, held: dict[str, list[str]]) -> dict[str, list[Path]]:
    """A folder for each damage, by reader."""
    name, born, note = held["name"][3], held["born"][30], held["note"][5]
    made: dict[str, list[Path]] = {"returns": [], "plans": []}
    headers, episodes = (one_of(good / "ssda903", f"2023-24*/{kind}*.csv") for kind in ("Header", "Episodes"))
    spoil = tables_damage(name, born, note, held["child"][11], "DECOM", "DEC", "CHILD")
    for what, change in spoil.items():
        made["returns"].append(
            small(folder / "returns" / what, {"Header": headers, "Episodes": change_of(change, episodes)}, ".csv")
        )
    for what in ("a name for a date", "American", "a formula", "cut", "UTF-16", "a heading lost"):
        change = tables_damage(name, born, note, held["child"][11], "DOB", "DOB", "CHILD")[what]
        made["returns"].append(
            small(folder / "headers" / what, {"Header": change_of(change, headers), "Episodes": episodes}, ".csv")
        )
    plans = joined_plans(good)
    for what, change in tables_damage(
        name, born, note, held["child"][11], "CPPstartDate", "CPPendDate", "LAchildID"
    ).items():
        made["plans"].append(small(folder / "tables" / what, {"plans": change_of(change, plans)}, ".csv"))
    census = one_of(good / "cin", "2023-24*/*.xml")
    for what, change in xml_damage(name, born, note).items():
        made["plans"].append(small(folder / "xml" / what, {"cin": change_of(change, census)}, ".xml"))
    book = one_of(good / "annex", "*.xlsx")
    for what, content in {
        "cut": book[:-300],
        "not one": name.encode(),
        "spoilt": book.replace(b"PK", b"QK", 3),
    }.items():
        made["plans"].append(small(folder / "books" / what, {"Annex A 2024-06-30": content}, ".xlsx"))
    return made | archives(folder, episodes, name, made)


def joined_plans(good: Path) -> bytes:
    """The plans of a year with the births of their children and what else was planted, as one table."""
    plans, children = (
        pd.read_csv(io.BytesIO(one_of(good / "cin", f"2023-24*/{kind}*.csv")), dtype=str, keep_default_na=False)
        for kind in ("ChildProtectionPlans", "ChildIdentifiers")
    )
    table = plans.merge(children[["LAchildID", "UPN", "PersonBirthDate"]], on="LAchildID", validate="many_to_one")
    return table.to_csv(index=False, lineterminator="\r\n").encode()


def archives(folder: Path, episodes: bytes, name: str, made: dict) -> dict[str, list[Path]]:
    """Zips that lead outside or are cut; nothing at all; a folder without a return."""
    for what, inside in {"outside": f"../{TEAM}.csv", "two": f"2023-24/{TEAM}.csv"}.items():
        path = folder / "zips" / what / f"{TEAM}.zip"
        path.parent.mkdir(parents=True)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(inside, episodes)
        made["returns"].append(path.parent)
        made["plans"].append(path.parent)
    give(folder / "zips" / "cut" / f"{TEAM}.zip", path.read_bytes()[:-40])
    give(folder / "none" / f"{TEAM}.docx", name.encode())
    for reader in ("returns", "plans"):
        made[reader] += [
            folder / "zips" / "cut",
            folder / "zips" / "cut" / f"{TEAM}.zip",
            folder / "zips" / "two" / f"{TEAM}.zip",
            folder / "none",
            folder / "none" / f"{TEAM}.docx",
            folder / f"no such {TEAM}",
        ]
    return made


def one_of(folder: Path, pattern: str) -> bytes:
    return next(iter(sorted(folder.glob(pattern)))).read_bytes()


def change_of(change, content: bytes) -> bytes:
    made = change(content.decode())
    return made if isinstance(made, bytes) else made.encode()


def small(folder: Path, files: dict[str, bytes], suffix: str) -> Path:
    for stem, content in files.items():
        give(folder / f"2023-24 {TEAM}" / f"{stem} {TEAM}{suffix}", content)
    return folder


# Everything that reads them


def run(words: list[str], place: Path, label: str) -> subprocess.CompletedProcess:
    """A command in a process of its own, whose temporary, home and cache folders are under `place`, and its output kept there."""
    where = {
        name: str(place / "kept" / name)
        for name in (
            "HOME",
            "TMPDIR",
            "TEMP",
            "TMP",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_CONFIG_DIR",
            "IPYTHONDIR",
            "MPLCONFIGDIR",
            "NUMBA_CACHE_DIR",
        )
    }
    for path in where.values():
        Path(path).mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "PATHEXT", "COMSPEC") if name in os.environ}
    env = (
        kept
        | where
        | {
            "USERPROFILE": where["HOME"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(HOME),
            "PYTHONIOENCODING": "utf-8",
        }
    )
    done = subprocess.run(words, env=env, capture_output=True, cwd=place / "kept")
    give(place / "kept" / "output" / f"{label}.out", done.stdout)
    give(place / "kept" / "output" / f"{label}.err", done.stderr)
    return done


def commands(good: Path, place: Path) -> dict[str, list[str]]:
    """Commands on good returns, with every option, each into a folder of its own."""
    returns, plans, out = str(good / "ssda903"), str(good / "cin"), place / "kept"
    options = ["--out", str(out / "tables"), "--area", "Exampleton", "--quality", str(out / "quality.html")]
    return {
        "returns": ["returns", returns, "--stock", "2023-09-30", "--published", "2024-03-31=40", *options],
        "returns json": ["returns", str(good / "zipped" / "returns.zip"), "--json", "--published", "2024-03-31=c"],
        "plans": [
            "plans",
            plans,
            "--with-returns",
            returns,
            "--stock",
            "2024-03-31",
            *options[:4],
            "--quality",
            str(out / "plans.html"),
        ],
        "plans json": ["plans", plans, "--json", "--with-returns", returns],
        "annex": ["plans", str(good / "annex"), "--out", str(out / "annex")],
    }


READ = """
import copy, json, pickle, sys, traceback, warnings
from pathlib import Path
warnings.simplefilter("always")
from click.testing import CliRunner
from forecast.cli.commands import main
from forecast.sources.cin import read_cin
from forecast.sources.ssda903 import read_returns

def chain(error):
    while error is not None:
        print(repr(error), str(error), error.args, getattr(error, "__notes__", ""), vars(error))
        traceback.print_exception(error, file=sys.stdout)
        print("".join(line for line in traceback.TracebackException.from_exception(error, capture_locals=True).format() if "todo = " not in line))
        error = error.__cause__ or error.__context__

def refused(attempt, *arguments):
    try:
        attempt(*arguments)
    except Exception as error:
        chain(error)
    else:
        print("NOT REFUSED", attempt)

def show(held):
    print(repr(held), str(held), format(held), dir(held))
    print([part for name in held.__slots__ for part in [getattr(held, name)] if not hasattr(part, "columns")])
    for keep in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        refused(keep, held)
    print(held.quality().to_csv(), held.exposure().to_csv(), held.durations().to_csv(), held.stock(held.last_day).to_csv())

told = {"read": 0, "stopped": 0}
todo = json.load(sys.stdin)  # the paths are typed by a person, and are no output
while todo:
    try:
        held = {"returns": read_returns, "plans": read_cin}[todo[-1][0]](Path(todo.pop()[1]))
        show(held)
        told["read"] += 1
    except Exception as error:
        chain(error)
        told["stopped"] += 1
print("TOLD", json.dumps(told))
"""


def read_all(paths: list[tuple[str, Path]], place: Path, leak: str = "") -> dict[str, int]:
    """Every folder through the readers in one process, with all that an exception could tell; how many were read and stopped."""
    where = place / "kept"
    where.mkdir(parents=True, exist_ok=True)
    env = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(HOME),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(where),
        "TEMP": str(where),
        "HOME": str(where),
    }
    env |= {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    given = json.dumps([(reader, str(path)) for reader, path in paths])
    done = subprocess.run(
        [sys.executable, "-c", leak + READ], input=given.encode(), env=env, capture_output=True, cwd=where
    )
    give(where / "output" / "readers.out", done.stdout)
    give(where / "output" / "readers.err", done.stderr)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout.decode().rsplit("TOLD", 1)[1])


CELLS = [
    "from pathlib import Path\nfrom forecast.sources.cin import read_cin\nfrom forecast.sources.ssda903 import read_returns",
    "returns = read_returns(Path(good) / 'ssda903')\nreturns",
    "returns.stock(returns.last_day)",
    "returns.quality()",
    "returns.survival()",
    "plans = read_cin(Path(good) / 'cin')\nplans",
    "plans.quality()",
    "dir(returns), dir(plans)",
    "%xmode Verbose\nread_returns(Path(spoilt[0]))",
    "read_returns(Path(spoilt[1]))",
    "read_cin(Path(spoilt[2]))",
    "read_cin(Path(spoilt[3]))",
    "import pickle\npickle.dumps(returns)",
]


def notebook(good: Path, spoilt: list[Path], place: Path) -> bytes:
    """A notebook that reads, shows and fails, run by papermill; its stored bytes."""
    book = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        }
    )
    first = nbformat.v4.new_code_cell("good, spoilt = '', []", metadata={"tags": ["parameters"]})
    book.cells = [
        first,
        *(nbformat.v4.new_code_cell(source, metadata={"tags": ["raises-exception"]}) for source in CELLS),
    ]
    source, made = place / "kept" / "in.ipynb", place / "kept" / "out.ipynb"
    source.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, source)
    given = f"good: '{good.as_posix()}'\nspoilt: {json.dumps([path.as_posix() for path in spoilt])}\n"
    run([sys.executable, "-m", "papermill", str(source), str(made), "-y", given, "--log-output"], place, "papermill")
    return made.read_bytes()


# The search


def forms(kind: str, value: str) -> list[str]:
    """The ways in which a value may be written."""
    if kind == "born":
        year, month, day = value.split("-")
        words = date.fromisoformat(value)
        return [
            value,
            f"{day}/{month}/{year}",
            f"{day}-{month}-{year}",
            f"{int(day)}/{int(month)}/{year}",
            f"{month}/{day}/{year}",
            f"{year}{month}{day}",
            f"{day}.{month}.{year}",
            f"{int(day)} {words:%B} {year}",
            f"{day}-{words:%b}-{year}",
            f"date({year}, {int(month)}, {int(day)})",
        ]
    parts = (
        [part for part in value.split() if len(part) > WINDOW and part != "said"] if kind in ("name", "note") else []
    )
    return [
        value,
        value.replace(" ", ""),
        value.replace(" ", "_"),
        value.replace("'", "\\'"),
        value.replace("'", "&#39;"),
        *parts,
    ]


def needles(held: dict[str, list[str]]) -> dict[bytes, str]:
    """Bytes to look for, in small letters -> the canary they tell of."""
    return {
        form.lower().encode(encoding): value
        for kind, values in held.items()
        for value in values
        for form in forms(kind, value)
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        if len(form.encode(encoding)) >= WINDOW
    }


def contents(folder: Path) -> list[tuple[str, bytes]]:
    """Every file's name and bytes, and what is inside zips, workbooks and Parquet files."""
    found = []
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        found += [(f"the name {name}", name.encode())] + (unpacked(name, file.read_bytes()) if file.is_file() else [])
    return found


def unpacked(name: str, content: bytes) -> list[tuple[str, bytes]]:
    found = [(name, content)]
    if content[:2] == b"PK" and zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found += [
                part for member in archive.namelist() for part in unpacked(f"{name}/{member}", archive.read(member))
            ]
    if content[:4] == b"PAR1":
        table = pd.read_parquet(io.BytesIO(content))
        found.append((f"{name} unpacked", (table.to_csv() + repr(table.attrs)).encode()))
    return found


def search(folder: Path, held: dict[str, list[str]]) -> list[tuple[str, str]]:
    """(canary, file) for every canary found anywhere in a folder."""
    wanted = needles(held)
    heads: dict[int, list[bytes]] = {}
    for needle in wanted:
        heads.setdefault(int.from_bytes(needle[:WINDOW], "big"), []).append(needle)
    known, found = np.array(sorted(heads), np.uint64), []
    for name, content in contents(folder):
        lower = content.lower()
        for at in places(lower, known):
            found += [
                (wanted[needle], name)
                for needle in heads[int.from_bytes(lower[at : at + WINDOW], "big")]
                if lower.startswith(needle, at)
            ]
    return sorted(set(found))


def places(content: bytes, known: np.ndarray) -> list[int]:
    """Where one of the known beginnings, as numbers of WINDOW bytes, stands."""
    text = np.frombuffer(content, np.uint8).astype(np.uint64)
    if text.size < WINDOW:
        return []
    length = text.size - WINDOW + 1
    value = np.zeros(length, np.uint64)
    for byte in range(WINDOW):
        value = value * np.uint64(256) + text[byte : byte + length]
    return np.flatnonzero(np.isin(value, known)).tolist()


def trial(place: Path, by_command: int | None) -> dict:
    """Plant, damage, run everything, search: what was found. `by_command` is how many damaged inputs go by the command too."""
    held = plant(place / "in" / "good")
    made = damaged(place / "in" / "damaged", place / "in" / "good", held)
    pairs = [(reader, path) for reader, paths in made.items() for path in paths]
    words = commands(place / "in" / "good", place)
    chosen = pairs if by_command is None else pairs[:: len(pairs) // by_command + 1]
    words |= {f"damaged {at}": [reader, str(path)] for at, (reader, path) in enumerate(chosen)}
    with ThreadPoolExecutor(2) as pool:
        notes = pool.submit(
            notebook,
            place / "in" / "good",
            [made["returns"][0], made["returns"][9], made["plans"][0], made["plans"][50]],
            place,
        )
        readers = pool.submit(read_all, pairs, place)
        codes = dict(
            zip(
                words,
                pool.map(
                    lambda item: run([sys.executable, "-m", "forecast.cli", *item[1]], place, item[0]).returncode,
                    words.items(),
                ),
                strict=True,
            )
        )
    return {
        "held": held,
        "inputs": len(pairs),
        "good": {label: codes[label] for label in codes if not label.startswith("damaged")},
        "readers": readers.result(),
        "damaged": [code for label, code in codes.items() if label.startswith("damaged")],
        "notebook": notes.result(),
        "kept": contents(place / "kept"),
        "found": search(place / "kept", held),
        "planted": {value for value, _ in search(place / "in" / "good", held)},
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = trial(Path(folder), None)
    print(
        f"{sum(map(len, told['held'].values()))} canaries, {len(told['planted'])} of them found where they were planted; {told['inputs']} damaged inputs"
    )
    stopped, read = told["damaged"].count(2), told["damaged"].count(0)
    print(f"good inputs by the commands: {told['good']}")
    print(
        f"damaged inputs by the commands: {stopped} stopped with a message, {read} read and counted, {len(told['damaged']) - stopped - read} otherwise"
    )
    print("damaged inputs by the readers:", told["readers"])
    size = sum(len(content) for _, content in told["kept"])
    print(
        f"searched {len(told['kept']):,} files and parts, {size:,} bytes: {len(told['found'])} canaries found {told['found'][:5]}"
    )


if __name__ == "__main__":
    main()
