"""The scrutiny report of one published run, as data: the council's section order, our words, every figure from the run."""

from forecast.report import charts
from forecast.report.disclosure import Released
from forecast.report.model import PRIVATE, Block, Heading, Report
from forecast.report.notebook import Run
from forecast.report.paper import appendix, compare, front, implications, support
from forecast.report.paper.blocks import Draw, Paper, Release, same
from forecast.report.paper.gate import Gate, cleared_for_all, without_hidden
from forecast.report.paper.gather import gathered
from forecast.report.paper.settings import Meeting, Settings, meeting, read_settings
from forecast.report.told import Known, Voice
from forecast.report.words import day_in_words

__all__ = [
    "Meeting",
    "Settings",
    "cleared_for_all",
    "declared",
    "gathered",
    "meeting",
    "public_report",
    "read_settings",
    "scrutiny_report",
]


def scrutiny_report(run: Run, settings: Settings, release: Release = same, draw: Draw | None = charts.drawn) -> Report:
    """The report of a run that `gathered` has made ready: private, as every report is until disclosure control marks it.

    release  every table passes through it; `same` leaves it as it is
    draw     a chart as SVG and PNG bytes; None leaves charts out
    Raises ValueError if the run was not gathered, BadInput if report.yaml has no meeting for it.
    """
    if not isinstance(run, Known) or not run.beside:
        raise ValueError("the report needs what stands beside the run: give it gathered(run, as_of, home)")
    held = meeting(settings, run.beside["case"])
    p = Paper(Voice(run, front.places(run.answer, run.beside["budget_month"])), release, draw)
    return Report(
        title=settings.title,
        council=held.council,
        front=front_matter(settings, held),
        blocks=tuple(sections(p, settings, held)),
        marking=PRIVATE,
        run=f"{run.beside['name']}, version {run.answer['version']}, seed {run.answer['seed']}",
        day=held.date.isoformat(),
    )


def public_report(run: Known, settings: Settings, released: Released, draw: Draw | None = charts.drawn) -> Report:
    """The report with every hidden count left out of tables, charts and words, marked public.

    released  gate.cleared_for_all, of the same run
    Raises BadInput if anything in it did not pass disclosure control, such as a sentence that cannot do without a hidden count.
    """
    seen = without_hidden(run, released)
    gate = Gate(seen, released)
    return gate.marked(scrutiny_report(seen, settings, gate, draw))


def front_matter(settings: Settings, held: Meeting) -> tuple[tuple[str, str], ...]:
    """What stands above the title."""
    rows = [
        ("REPORT TO", held.report_to),
        ("DATE", day_in_words(held.date.isoformat())),
        ("CONTACT OFFICER", held.contact_officer),
        ("For all enquiries", held.enquiries),
        ("WARD(S)", held.wards),
        (settings.part, settings.kind),
    ]
    return tuple(row for row in rows if row[1])


def sections(p: Paper, settings: Settings, held: Meeting) -> list[Block]:
    """All sections in the council's order."""
    return [
        *front.first_page(p),
        *front.purpose(p, settings),
        *front.recommendations(p, settings),
        *front.priorities(settings),
        *implications.implications(p, settings),
        Heading("Supporting Information", 1, "5"),
        *support.background(p, held),
        *support.caseload(p),
        *support.cost(p),
        *support.contingency(p),
        *compare.causes(p),
        *compare.scenarios(p),
        *compare.enough(p),
        *compare.reliability(p),
        *compare.record(p),
        *appendix.conclusion(p, settings),
        *appendix.papers(p, held),
        *appendix.assumptions_log(p),
        *appendix.quality(p, settings.assurance),
    ]


def declared(settings: Settings, run: Known) -> list[str]:
    """Names that may hold digits and are no figures: titles of the council's own papers."""
    return meeting(settings, run.beside["case"]).background_papers
