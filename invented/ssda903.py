"""SSDA903 returns as a council submits them: one a year, with what was known at 31 March and that year's codes."""

from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from invented.chance import Chance
from invented.days import anniversary, band_edges, british, year_days
from invented.episodes import Episode, as_submitted, episodes
from invented.lives import MALE, Child
from invented.settings import AUTHORITY_CODE, Oddities
from invented.tables import write_csv

COLUMNS = {
    "Header": ["CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"],
    "Episodes": [
        *("CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE"),
        *("HOME_POST", "PL_POST", "URN"),
    ],
    "UASC": ["CHILD", "SEX", "DOB", "DUC"],
    "Reviews": ["CHILD", "DOB", "REVIEW", "REVIEW_CODE"],
    "PlacedAdoption": ["CHILD", "DOB", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED"],
}
# Codes used in the returns of some years only: placement codes before a year, placement codes and sex from a year.
LAST_Q_CODES = "2014-15"
Q_CODES = {"U1": "Q1", "U2": "Q1", "U3": "Q1", "U4": "Q2", "U5": "Q2", "U6": "Q2"}
K3_FROM, K3_FOR = "2024-25", ("H5", "P2")
Z11_FROM, Z_CODES = "2024-25", ("Z11", "Z12", "Z13", "Z14")
LETTERS_FROM = "2024-25"
E45_FROM, BEFORE_E45 = "2018-19", {"E45": "E43", "E46": "E44"}
HOME_AREAS = 9
NOT_REGISTERED = "XXXXXXX"
TOO_YOUNG, TOO_YOUNG_YEARS, TOOK_PART = "PN0", 4, ("PN1", "PN2", "PN3", "PN4", "PN5", "PN6", "PN7")
AGE_ASSESSED = "E15"

Held = list[tuple[Child, list[Episode]]]


def submitted(children: tuple[Child, ...], oddities: Oddities, seed: int) -> Held:
    """Every child ever in care with all episodes, the same in each year's return."""
    chance = Chance((seed, 1))
    cared_for = [child for child in children if child.spells]
    return [
        (child, [row for spell in child.spells for row in as_submitted(episodes(spell), oddities, chance)])
        for child in cared_for
    ]


def write_return(held: Held, year: str, folder: Path) -> list[Path]:
    """The files of one return."""
    rows = _tables(held, year)
    return [
        write_csv(pd.DataFrame(rows[name], columns=columns), folder / f"{name}.csv")
        for name, columns in COLUMNS.items()
    ]


def write_xml(held: Held, year: str, path: Path) -> Path:
    """The same return in one file, as it is sent: a CHILD with its HEADER and each EPISODE."""
    of_child: dict[str, dict[str, list[dict[str, str]]]] = {}
    for name, rows in _tables(held, year).items():
        for row in rows:
            cells = dict(zip(COLUMNS[name], row, strict=True))
            of_child.setdefault(cells.pop("CHILD"), {}).setdefault(name, []).append(cells)
    root = ElementTree.Element("EXPSSDA903")
    for number_of, tables in of_child.items():
        child = ElementTree.SubElement(root, "CHILD")
        header = ElementTree.SubElement(child, "HEADER")
        uasc = [{"UASC": "1", "DUC": row["DUC"]} for row in tables.get("UASC", [])]
        _add(header, {"CHILDID": number_of} | tables["Header"][0] | (uasc[0] if uasc else {}))
        for row in tables.get("Reviews", []):
            _add(ElementTree.SubElement(header, "AREVIEW"), {name: row[name] for name in ("REVIEW", "REVIEW_CODE")})
        for row in tables["Episodes"]:
            episode = {"PL" if name == "PLACE" else name: cell for name, cell in row.items()}
            _add(ElementTree.SubElement(child, "EPISODE"), episode)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    return path


def _add(element: ElementTree.Element, cells: dict[str, str]) -> None:
    for name, cell in cells.items():
        ElementTree.SubElement(element, name).text = cell


def _tables(held: Held, year: str) -> dict[str, list[list[str]]]:
    """The rows of one return: the episodes that touch the year, and the children they belong to."""
    days = year_days(year)
    touched = [(child, [row for row in rows if row.start <= days[-1] and row.end >= days[0]]) for child, rows in held]
    touched = [(child, rows) for child, rows in touched if rows]
    return {
        "Header": [_header(child, year) for child, _ in touched],
        "Episodes": [_episode(child, row, year) for child, rows in touched for row in rows],
        "UASC": [_uasc(child, year) for child, _ in touched if child.uasc],
        "Reviews": [row for child, _ in touched for row in _reviews(child, days)],
        "PlacedAdoption": [row for child, _ in touched for row in _placed(child, days)],
    }


def number(child: Child) -> str:
    """The council's number of a child, the same in every file and year."""
    return f"EX{child.number:06d}"


def upn(child: Child) -> str:
    """A unique pupil number of a school that does not exist."""
    return f"X{AUTHORITY_CODE}{child.number:09d}"


def sex(child: Child, year: str) -> str:
    """1 and 2 in the returns to 2023-24, M and F after."""
    codes = ("M", "F") if year >= LETTERS_FROM else ("1", "2")
    return codes[0] if child.sex == MALE else codes[1]


def placement_code(code: str, year: str, child: Child) -> str:
    """A placement code as the year's return has it."""
    if year <= LAST_Q_CODES:
        return Q_CODES.get(code, code)
    if code in K3_FOR and year >= K3_FROM:
        return "K3"
    if code == "Z1" and year >= Z11_FROM:
        return Z_CODES[child.number % len(Z_CODES)]
    return code


def _known(day: int, year: str) -> int | None:
    """The day, if it had come by 31 March."""
    return day if day <= year_days(year)[-1] else None


def _header(child: Child, year: str) -> list[str]:
    mother = "" if child.sex == MALE else "0"
    return [number(child), sex(child, year), british(child.birth), child.ethnicity, upn(child), mother, ""]


def _episode(child: Child, row: Episode, year: str) -> list[str]:
    end = _known(row.end, year)
    reason = row.reason if year >= E45_FROM else BEFORE_E45.get(row.reason, row.reason)
    ended = [british(end), reason, row.place_change] if end else ["", "", ""]
    place = [placement_code(row.stay.code, year, child), row.stay.provider]
    start = [number(child), british(row.start), row.rne, row.legal, child.need]
    return [*start, *place, *ended, _home(child), row.stay.postcode, NOT_REGISTERED]


def _home(child: Child) -> str:
    """The home postcode, of an area that does not exist; unaccompanied children have none."""
    area, part = child.family % HOME_AREAS, child.family // HOME_AREAS % HOME_AREAS
    return "" if child.uasc else f"ZZ{area + 1} {part + 1}ZZ"


def _uasc(child: Child, year: str) -> list[str]:
    ceased = [spell.end for spell in child.spells if spell.reason == AGE_ASSESSED]
    end = _known(min([*ceased, band_edges(child.birth)[-1]]), year)
    return [number(child), sex(child, year), british(child.birth), british(end)]


def _reviews(child: Child, days: range) -> list[list[str]]:
    held = [day for spell in child.spells for day in spell.reviews if day in days]
    return [[number(child), british(child.birth), british(day), _took_part(child, day)] for day in held]


def _took_part(child: Child, day: int) -> str:
    young = day < anniversary(child.birth, TOO_YOUNG_YEARS)
    return TOO_YOUNG if young else TOOK_PART[(child.number + day) % len(TOOK_PART)]


def _placed(child: Child, days: range) -> list[list[str]]:
    """Placements for adoption that begin in the year or break down in it."""
    rows = []
    for spell in child.spells:
        for stay, after in zip(spell.stays, [*(stay.first for stay in spell.stays[1:]), spell.end], strict=True):
            ceased = after if stay.ceased_by and after <= days[-1] else None
            if stay.placement == "placed_for_adoption" and (stay.first in days or (ceased or 0) in days):
                why = stay.ceased_by if ceased else ""
                rows.append([number(child), british(child.birth), british(stay.first), british(ceased), why])
    return rows
