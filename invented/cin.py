"""CIN census returns: the census XML of each year, and the same flattened to tables.

Only children with a section 47 enquiry or a CP plan are in it: the invented council has no other children in need.
"""

from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from invented.days import iso, year_days
from invented.lives import Child, Enquiry, Plan
from invented.settings import AUTHORITY_CODE, COUNCIL
from invented.ssda903 import LETTERS_FROM, number, sex, upn
from invented.tables import write_csv

SEX_FROM = "2023-24"  # the element is GenderCurrent before
UNBORN = {False: "0", True: "U"}  # by whether sex is given in letters
TARGET_DAYS = 21  # 15 working days from the enquiry to the initial conference
MOVED_IN_FROM, OTHERWISE = "5C", "6"  # referral source: another council; the police
MOVED_OUT_TO, CEASED = "RC5", "RC7"  # reason for closure: services of another council; services ceased
IDENTIFIERS = ["LAchildID", "UPN", "PersonBirthDate", "ExpectedPersonBirthDate"]
COLUMNS = {
    "ChildCharacteristics": ["LAchildID", "Ethnicity"],
    "CINdetails": [
        *("LAchildID", "CINdetailsID", "CINreferralDate", "ReferralSource", "PrimaryNeedCode", "CINclosureDate"),
        *("ReasonForClosure", "DateOfInitialCPC", "ReferralNFA"),
    ],
    "Section47": [
        "LAchildID",
        "CINdetailsID",
        "S47ActualStartDate",
        "InitialCPCtarget",
        "DateOfInitialCPC",
        "ICPCnotRequired",
    ],
    "ChildProtectionPlans": [
        *("LAchildID", "CINdetailsID", "CPPID", "CPPstartDate", "CPPendDate", "InitialCategoryOfAbuse"),
        *("LatestCategoryOfAbuse", "NumberOfPreviousCPP"),
    ],
    "Reviews": ["LAchildID", "CINdetailsID", "CPPID", "CPPreviewDate"],
}
IDS = ("LAchildID", "CINdetailsID", "CPPID")
Rows = dict[str, list[dict[str, str]]]


def write_census(children: tuple[Child, ...], year: str, folder: Path) -> list[Path]:
    """One year's census: the XML and its tables; returns the files."""
    held = [(child, _cases(child, year_days(year))) for child in children]
    rows = [_child(child, cases, year) for child, cases in held if cases]
    sexes = _sex_element(year)
    columns = {"ChildIdentifiers": [*IDENTIFIERS, sexes], **COLUMNS}
    tables = {name: [row for child in rows for row in child[name]] for name in columns}
    files = [write_csv(pd.DataFrame(tables[name], columns=columns[name]), folder / f"{name}.csv") for name in columns]
    return [_write_xml(rows, year, folder / "cin_census.xml"), *files]


def _cases(child: Child, days: range) -> list[Plan | Enquiry]:
    """CIN episodes open in the year, in order of referral."""
    cases = [case for case in (*child.plans, *child.enquiries) if case.referred <= days[-1] and case.closed >= days[0]]
    return sorted(cases, key=lambda case: case.referred)


def _sex_element(year: str) -> str:
    return "Sex" if year >= SEX_FROM else "GenderCurrent"


def _child(child: Child, cases: list[Plan | Enquiry], year: str) -> Rows:
    """Every row of one child, by table; what had not come by 31 March is blank."""
    days = year_days(year)
    rows: Rows = {"ChildIdentifiers": [_identifiers(child, year)], **{name: [] for name in COLUMNS}}
    rows["ChildCharacteristics"] = [{"LAchildID": number(child), "Ethnicity": child.ethnicity}]
    for place, case in enumerate(cases, 1):
        ids = {"LAchildID": number(child), "CINdetailsID": str(place)}
        rows["CINdetails"].append(ids | _details(child, case, days))
        rows["Section47"] += [ids | row for row in _enquiry(case, days)]
        if isinstance(case, Plan) and case.start <= days[-1] and case.end >= days[0]:
            ids = ids | {"CPPID": "1"}
            rows["ChildProtectionPlans"].append(ids | _plan(case, days))
            rows["Reviews"] += [ids | {"CPPreviewDate": iso(day)} for day in case.reviews if day in days]
    return rows


def _identifiers(child: Child, year: str) -> dict[str, str]:
    """A child not born by 31 March has an expected date of birth and no sex."""
    born = child.birth <= year_days(year)[-1]
    birth = {"PersonBirthDate": iso(child.birth)} if born else {"ExpectedPersonBirthDate": iso(child.expected_birth)}
    sexed = sex(child, year) if born else UNBORN[year >= LETTERS_FROM]
    return {"LAchildID": number(child), "UPN": upn(child) if born else "", **birth, _sex_element(year): sexed}


def _known(day: int | None, days: range) -> str:
    return iso(day) if day is not None and day <= days[-1] else ""


def _conference(case: Plan | Enquiry) -> int | None:
    """The day of the initial conference: a plan starts on it."""
    return case.start if isinstance(case, Plan) else case.conference


def _details(child: Child, case: Plan | Enquiry, days: range) -> dict[str, str]:
    moved_in = isinstance(case, Plan) and case.route == "transfer_in"
    moved_out = isinstance(case, Plan) and case.ending == "transfer_out"
    closed = _known(case.closed, days)
    return {
        "CINreferralDate": iso(case.referred),
        "ReferralSource": MOVED_IN_FROM if moved_in else OTHERWISE,
        "PrimaryNeedCode": child.need,
        "CINclosureDate": closed,
        "ReasonForClosure": (MOVED_OUT_TO if moved_out else CEASED) if closed else "",
        "DateOfInitialCPC": _known(_conference(case), days),
        "ReferralNFA": "0",
    }


def _enquiry(case: Plan | Enquiry, days: range) -> list[dict[str, str]]:
    """The section 47 enquiry, if one began in the year."""
    start = case.enquiry if isinstance(case, Plan) else case.start
    if start is None or start not in days:
        return []
    needed = _conference(case) is not None
    return [
        {
            "S47ActualStartDate": iso(start),
            "InitialCPCtarget": iso(start + TARGET_DAYS) if needed else "",
            "DateOfInitialCPC": _known(_conference(case), days),
            "ICPCnotRequired": "false" if needed else "true",
        }
    ]


def _plan(plan: Plan, days: range) -> dict[str, str]:
    return {
        "CPPstartDate": iso(plan.start),
        "CPPendDate": _known(plan.end, days),
        "InitialCategoryOfAbuse": plan.category,
        "LatestCategoryOfAbuse": plan.category,
        "NumberOfPreviousCPP": str(plan.previous),
    }


def _write_xml(rows: list[Rows], year: str, path: Path) -> Path:
    message = ElementTree.Element("Message")
    _header(message, year)
    children = ElementTree.SubElement(message, "Children")
    for child in rows:
        _child_element(children, child)
    ElementTree.indent(message)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(ElementTree.tostring(message, encoding="utf-8", xml_declaration=True) + b"\n")
    return path


def _header(message: ElementTree.Element, year: str) -> None:
    day = iso(year_days(year)[-1])
    header = ElementTree.SubElement(message, "Header")
    _fill(header, "CollectionDetails", {"Collection": "CIN", "Year": day[:4], "ReferenceDate": day})
    source = {"SourceLevel": "L", "LEA": AUTHORITY_CODE, "SoftwareCode": COUNCIL, "Release": "1", "SerialNo": "001"}
    _fill(header, "Source", source | {"DateTime": f"{day}T23:59:59"})


def _child_element(children: ElementTree.Element, rows: Rows) -> None:
    child = ElementTree.SubElement(children, "Child")
    _fill(child, "ChildIdentifiers", rows["ChildIdentifiers"][0], keep="LAchildID")
    _fill(child, "ChildCharacteristics", rows["ChildCharacteristics"][0])
    for details in rows["CINdetails"]:
        case = details["CINdetailsID"]
        element = _fill(child, "CINdetails", details)
        for row in _of(rows["Section47"], case):
            _fill(element, "Section47", row)
        for row in _of(rows["ChildProtectionPlans"], case):
            plan = _fill(element, "ChildProtectionPlans", row)
            for review in _of(rows["Reviews"], case):
                _fill(plan, "Reviews", review)


def _of(rows: list[dict[str, str]], case: str) -> list[dict[str, str]]:
    return [row for row in rows if row["CINdetailsID"] == case]


def _fill(parent: ElementTree.Element, name: str, row: dict[str, str], keep: str = "") -> ElementTree.Element:
    """A new element with one child element for each filled cell; the tables' own keys are left out."""
    element = ElementTree.SubElement(parent, name)
    for column, value in row.items():
        if value and (column not in IDS or column == keep):
            ElementTree.SubElement(element, column).text = value
    return element
