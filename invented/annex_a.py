"""Annex A as a council would export it on a day: the lists as a workbook, from what was known on that day."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from openpyxl import Workbook

from invented.episodes import episodes
from invented.lives import Child, Plan
from invented.ssda903 import number

MONTHS_BACK, LETTERS = 183, {True: "a) Yes", False: "b) No"}
# List -> the template's headings of what is written; the other columns of the template are of no use here.
HEADINGS = {
    3: ("Child Unique ID", "Date of Birth", "Date of referral", "Referral Source"),
    5: (
        *("Child Unique ID", "Date of Birth", "Strategy discussion initiating Section 47 Enquiry Start Date"),
        "Date of Initial Child Protection Conference",
    ),
    6: ("Child Unique ID", "Date of Birth", "CIN Start Date", "CIN Closure Date", "Case Status"),
    7: (
        *("Child Unique ID", "Date of Birth", "Child Protection Plan Start Date", "Child Protection Plan End Date"),
        "Number of Previous Child Protection Plans",
    ),
    8: (
        *(
            "Child Unique ID",
            "Date of Birth",
            "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N)",
        ),
        *("Date Started to be Looked After", "Child's Legal Status", "Date Ceased to be Looked After"),
        *("Placement Type", "Placement Provider"),
    ),
}


def write_annex(children: tuple[Child, ...], day: date, path: Path) -> Path:
    """The lists of everybody in them at any time in the six months to `day`, with what had come by then."""
    last = day.toordinal()
    rows = {name: [row for child in children for row in of(child, last)] for name, of in ROWS.items()}
    book = Workbook()
    book.remove(book.active)
    for name, headings in HEADINGS.items():
        sheet = book.create_sheet(f"List {name}")
        for row in [headings, *rows[name]]:
            sheet.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def _known(day: int | None, last: int) -> date | None:
    return date.fromordinal(day) if day is not None and day <= last else None


def _in_time(start: int | None, end: int, last: int) -> bool:
    return start is not None and start <= last and end > last - MONTHS_BACK


def _child(child: Child, last: int) -> list:
    return [number(child), date.fromordinal(child.birth if child.birth <= last else child.expected_birth)]


def _referrals(child: Child, last: int) -> list[list]:
    cases = [case for case in (*child.plans, *child.enquiries) if _in_time(case.referred, case.referred, last)]
    return [[*_child(child, last), date.fromordinal(case.referred), "6: Police"] for case in cases]


def _enquiries(child: Child, last: int) -> list[list]:
    held = [(plan.enquiry, plan.start) for plan in child.plans]
    held += [(enquiry.start, enquiry.conference) for enquiry in child.enquiries]
    return [
        [*_child(child, last), date.fromordinal(start), _known(conference, last)]
        for start, conference in held
        if _in_time(start, start or 0, last)
    ]


def _cases(child: Child, last: int) -> list[list]:
    found = []
    for case in (*child.plans, *child.enquiries):
        if _in_time(case.referred, case.closed, last):
            closed = _known(case.closed, last)
            status = "e) Closed episode" if closed else "b) Child Protection plan" if isinstance(case, Plan) else ""
            found.append(
                [*_child(child, last), date.fromordinal(case.referred), closed, status or "c) Child in need plan"]
            )
    return found


def _plans(child: Child, last: int) -> list[list]:
    return [
        [*_child(child, last), date.fromordinal(plan.start), _known(plan.end, last), plan.previous]
        for plan in child.plans
        if _in_time(plan.start, plan.end, last)
    ]


def _care(child: Child, last: int) -> list[list]:
    found = []
    for spell in child.spells:
        if _in_time(spell.start, spell.end, last):
            now = [episode for episode in episodes(spell) if episode.start <= last][-1]
            of_spell = [date.fromordinal(spell.start), now.legal, _known(spell.end, last)]
            found.append([*_child(child, last), LETTERS[child.uasc], *of_spell, now.stay.code, now.stay.provider])
    return found


ROWS: dict[int, Callable[[Child, int], list[list]]] = {
    3: _referrals,
    5: _enquiries,
    6: _cases,
    7: _plans,
    8: _care,
}
