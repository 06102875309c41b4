"""The scrutiny report of one published run, as data: words and order from a template, every figure from the run."""

from dataclasses import replace

from forecast.report import charts
from forecast.report.disclosure.figures import Released
from forecast.report.figures import RunInContext
from forecast.report.model import PRIVATE, Report
from forecast.report.paper.gate import Gate, without_hidden
from forecast.report.paper.settings import Settings, meeting
from forecast.report.paper.tables import Draw, Release, Tables, same
from forecast.report.paper.template import Filling
from forecast.report.words import GROUP_NAMES, day_in_words


def scrutiny_report(
    run: RunInContext,
    settings: Settings,
    release: Release = same,
    draw: Draw | None = charts.drawn,
    quality: bool = False,
) -> Report:
    """The report of a run that `gathered` has made ready: private, as all are until disclosure control marks them.

    release  every table passes through it; `same` leaves it as it is
    draw     a chart as SVG and PNG bytes; None leaves charts out
    quality  its quality-assurance log, appendix B, instead
    Raises ValueError if the run was not gathered, BadInput if report.yaml has no meeting for it.
    """
    if not isinstance(run, RunInContext) or not run.context:
        raise ValueError("the report needs what is known about the run: give it gathered(run, as_of, home)")
    own, front = meeting(settings, run.context["case"]), settings.front
    filling = Filling(settings.quality if quality else settings.template)
    central, year = "scenarios/central", run.answer["financial_year"]
    places = {  # short names of the sources that sentences use
        "S": central,
        "C": f"{central}/contingency",
        "COST": f"{central}/cost/{year}",
        "E": f"{central}/effect",
        "WORK": f"{central}/activity/{year}",
    }
    for group in GROUP_NAMES:
        for end, month in (("", run.context["budget_month"]), ("_END", run.answer["horizon"])):
            places[f"{group.upper()}{end}"] = f"{central}/children/{group}/month_ends/month={month}"
    tables = Tables(replace(run, places=places), filling, release, draw)
    head = [
        ("REPORT TO", own.report_to),
        ("DATE", day_in_words(own.date.isoformat())),
        ("CONTACT OFFICER", own.contact_officer),
        ("For all enquiries", own.enquiries),
        ("WARD(S)", own.wards),
        (front.part, front.kind),
    ]
    return Report(
        title=f"Appendix B: quality-assurance log. {front.title}" if quality else front.title,
        council=own.council,
        front=tuple(line for line in head if line[1]),
        blocks=filling.blocks(tables.names(own)),
        marking=PRIVATE,
        run=f"{run.context['name']}, version {run.answer['version']}, seed {run.answer['seed']}",
        day=own.date.isoformat(),
    )


def public_report(
    run: RunInContext, settings: Settings, released: Released, draw: Draw | None = charts.drawn, quality: bool = False
) -> Report:
    """The report with every hidden count left out of tables, charts and words, marked public.

    released  gate.cleared_for_all, of the same run
    Raises BadInput if anything in it did not pass disclosure control, such as a sentence that needs a hidden count.
    """
    seen = without_hidden(run, released)
    gate = Gate(seen, released)
    return gate.marked(scrutiny_report(seen, settings, gate, draw, quality))
