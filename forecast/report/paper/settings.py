"""What of the scrutiny report is the council's own: read from params/report.yaml, without a figure of the forecast in it."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field

from forecast.case.documents import Day, Strict, Text
from forecast.case.errors import BadInput
from forecast.case.reader import Document
from forecast.case.wording import read_as, refuse
from forecast.report.told import undeclared

FILE = "report.yaml"
ABOUT = Literal["contingency", "looked_after", "plans", "placements", "recovery_plan", "reviewing", "budget", "none"]


class Priority(Strict):
    """A priority of the council's strategy and how this report serves it."""

    name: Text = Field(description="the priority's name, such as Being Safe, Feeling Safe")
    served: list[Text] = Field(description="how the work serves it, a sentence each")


class Risk(Strict):
    """A row of the risk table. What the forecast says about it is filled in from the run."""

    recommendation: Text = Field(description="the recommendation or work the risk belongs to")
    risk: Text = Field(description="the risk, threat or opportunity, in a sentence without figures")
    about: ABOUT = Field(description="which figure of the forecast stands beside it")
    mitigation: Text = Field(description="what is done about it, in a sentence without figures")


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


class Assurance(Strict):
    """Who answers for the analysis, by the roles of the Aqua Book."""

    commissioner: Text = Field(description="who asked for the analysis and says what it is for")
    analyst: Text = Field(description="who ran it")
    assurer: Text = Field(description="who checked it, and did not make it")
    approver: Text = Field(description="who accepts that it is fit for its purpose")
    delivery: list[Text] = Field(description="how it is handed over and kept, a sentence each")
    limitations: list[Text] = Field(description="what it cannot tell, a sentence each")


class Settings(Strict):
    """The words of the report that are the same at each meeting, and its meetings by council and month."""

    title: Text = Field(description="the report's title, without figures")
    part: Text = Field(description="the part of the agenda, such as PART I")
    kind: Text = Field(description="what is asked of the panel, such as FOR INFORMATION, SCRUTINY AND CHALLENGE")
    purpose: list[Text] = Field(description="what the report is for, a paragraph each")
    recommendations: list[Text] = Field(description="what the panel is asked to do, besides noting the forecast")
    priorities: list[Priority] = Field(description="the strategy's priorities")
    risks: list[Risk] = Field(description="the rows of the risk table")
    legal: list[Text] = Field(description="Human Rights Act and other legal implications")
    equalities: list[Text] = Field(description="equalities impact")
    workforce: list[Text] = Field(description="workforce, besides the posts that the run works out")
    conclusion: list[Text] = Field(description="what the panel is asked to conclude, besides the forecast")
    assurance: Assurance = Field(description="who answers for the analysis")
    meetings: dict[str, Meeting] = Field(description="council/month -> the meeting its report goes to")


def read_settings(params: Path) -> Settings:
    """The whole of report.yaml. Raises BadInput naming file and line of every fault, a figure in the text among them."""
    settings, doc = read_as(Settings, params / FILE, params)
    refuse(doc, (), _figures(doc, doc.data, ()))
    return settings


def meeting(settings: Settings, case: str) -> Meeting:
    """The meeting of one case, such as slough/2011-06. Raises BadInput saying what to add."""
    if case not in settings.meetings:
        raise BadInput(
            f"{FILE}: there is no meeting {case} under meetings. Copy one that is there ({', '.join(settings.meetings)}), call it {case} and change its words."
        )
    return settings.meetings[case]


FREE = {
    "date",
    "enquiries",
    "background_papers",
    "council",
    "report_to",
    "wards",
}  # names, numbers to ring and titles of papers


def _figures(doc: Document, value: object, path: tuple):
    """Digits in text that goes into the prose, as (path, sentence): figures come from the run."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in FREE:
                yield from _figures(doc, inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _figures(doc, inner, (*path, place))
    elif isinstance(value, str):
        found = undeclared(value)
        if found or re.search("[£%]", value):
            yield (
                path,
                f"holds {found[0] if found else 'a sum or a share'}; figures come from the run. Say it in words, or leave it out; dates, sections and years of Acts may stand",
            )
