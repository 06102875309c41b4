"""What of the scrutiny report is the council's own: its meetings in report.yaml, its words in a template beside it."""

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from forecast.case.documents import Day, Strict, Text
from forecast.case.errors import BadInput
from forecast.case.reader import Document, read_document
from forecast.case.wording import check
from forecast.report.figures import undeclared
from forecast.report.paper.template import FROM_THE_RUN, typed_figures

FILE, TEMPLATE, QUALITY = "report.yaml", Path("papers") / "scrutiny.md", Path("papers") / "quality.md"
# Names, numbers to ring and titles of papers may hold digits.
FREE = {"date", "enquiries", "background_papers", "council", "report_to", "wards"}
# Words that stood in report.yaml up to version 0.3.
MOVED = {"purpose", "recommendations", "priorities", "risks", "legal", "equalities", "workforce", "conclusion"}
MOVED |= {"assurance"}


class Meeting(Strict):
    """One report to one meeting."""

    council: Text = Field(description="the council's full name")
    report_to: Text = Field(description="the panel or committee")
    date: Day = Field(description="the day of the meeting, such as 2011-06-09")
    contact_officer: Text = Field(description="the officer to ask, by post")
    enquiries: str = Field("", description="a telephone number or address for enquiries; may be left out")
    wards: Text = Field(description="the wards, or All")
    background: list[Text] = Field(
        description="what led to the report, a paragraph each, without figures of the forecast"
    )
    appendices: list[Text] = Field(description="appendices besides those made here; [] if none")
    background_papers: list[Text] = Field(
        description="the council's own papers, such as reports of earlier meetings; [] if none"
    )


class Front(Strict):
    """The head of the report, and its meetings by council and month."""

    title: Text = Field(description="the report's title, without figures")
    part: Text = Field(description="the part of the agenda, such as PART I")
    kind: Text = Field(description="what is asked of the panel, such as FOR INFORMATION, SCRUTINY AND CHALLENGE")
    meetings: dict[str, Meeting] = Field(description="council/month -> the meeting its report goes to")


@dataclass(frozen=True)
class Settings:
    """The head and meetings of the report, and the templates of its words and of its quality log."""

    front: Front
    template: Path
    quality: Path


def read_settings(params: Path) -> Settings:
    """report.yaml, and where the template is.

    Raises BadInput naming file and line of every fault, a figure typed into either among them.
    """
    doc, templates = read_document(params / FILE, params), [params / TEMPLATE, params / QUALITY]
    if moved := sorted(MOVED & set(doc.data)):
        raise BadInput(
            f"{FILE}: {', '.join(moved)} now stand in {TEMPLATE.as_posix()}. Put the words there, and take them "
            "out here"
        )
    front = check(Front, doc)
    for template in templates:
        if not template.is_file():
            raise BadInput(f"papers/{template.name}: there is no such file in {params}. It holds words of the paper")
    faults = [str(doc.problem(path, sentence)) for path, sentence in _figures(doc, doc.data, ())]
    if faults := [*faults, *(fault for template in templates for fault in typed_figures(template))]:
        raise BadInput("\n".join(faults))
    return Settings(front, *templates)


def meeting(settings: Settings, case: str) -> Meeting:
    """The meeting of one case, such as slough/2011-06. Raises BadInput saying what to add."""
    meetings = settings.front.meetings
    if case not in meetings:
        raise BadInput(
            f"{FILE}: there is no meeting {case} under meetings. Copy one that is there ({', '.join(meetings)}), "
            f"call it {case} and change its words."
        )
    return meetings[case]


def _figures(doc: Document, value: object, path: tuple):
    """Digits in text that goes into the prose, as (path, sentence): figures come from the run."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in parts:
            if key not in FREE:
                yield from _figures(doc, inner, (*path, key))
    elif isinstance(value, str):
        found = undeclared(value)
        if found or re.search("[£%]", value):
            yield path, f"holds {found[0] if found else 'a sum or a share'}; {FROM_THE_RUN}"
