"""The committee paper: every figure the run's, directions from the number, whole files or none, public only through the gate."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from directions_of_words import (
    AS_OF,
    caught_in_run,
    caught_in_text,
    faults_of,
    headlines,
    ready,
    reference,
    written,
)

from conftest import HOME
from forecast.case.errors import BadInput
from forecast.report import figures, paper
from forecast.report.disclosure.figures import Cell, Sheet, read_release, rule_in, write_release
from forecast.report.disclosure.release import release
from forecast.report.model import PRIVATE, PUBLIC, Bullets, Heading, Paragraph, Report, Table
from forecast.report.notebook import Run
from forecast.report.paper.gate import COUNTED, cleared_for_all, counted, sheet_of
from forecast.report.paper.gather import gathered
from forecast.report.paper.settings import meeting, read_settings
from forecast.report.render import check
from forecast.report.render.html import to_html
from forecast.report.render.word import to_word
from forecast.runs.home import Home
from forecast.runs.publication import write_paper
from forecast.sources.files import write_table

TITLE = "Report to the Education and Children's Services Scrutiny Panel on the announced inspection of safeguarding and looked-after children, 9 June 2011"
RANDOM_ANSWERS = 40  # the script beside this file tries a thousand


@pytest.fixture(scope="module")
def run(reference_folder) -> figures.RunInContext:
    return ready(reference())


@pytest.fixture(scope="module")
def report(run) -> Report:
    return written(run)


@pytest.fixture(scope="module")
def home(tmp_path_factory, reference_folder) -> Home:
    """A place of its own with the reference run in it."""
    folder = tmp_path_factory.mktemp("paper") / "runs"
    shutil.copytree(reference_folder, folder / "slough" / "2011-06")
    return Home(HOME / "params", HOME / "data", folder, HOME / "notebooks")


@pytest.fixture(scope="module")
def files(home, tmp_path_factory) -> dict[str, Path]:
    """The whole paper, as the command writes it."""
    out = tmp_path_factory.mktemp("out") / "paper"
    made = write_paper(home, "slough", "2011-06", out, lambda step: None)
    return {path.relative_to(out).as_posix(): path for path in made}


# ---- every number is the run's ----


def test_every_figure_is_told_by_the_run(run, report):
    assert figures.unsourced(report, [TITLE]) == [] and figures.wrong(report, run, {}) == []


def test_a_typed_figure_is_found(run, report):
    typed = replace(report, blocks=(*report.blocks, Paragraph(("There are 178 children.",))))
    assert len(figures.unsourced(typed, [TITLE])) == 1


def test_each_figure_of_the_prose_changed_in_the_run_is_caught(run, report):
    parts = headlines(report)
    assert len(parts) > 100
    assert caught_in_run(run, report, parts) == []


def test_each_figure_of_the_prose_changed_in_the_files_is_caught(run, report, tmp_path):
    prose = replace(report, blocks=tuple(block for block in report.blocks if not isinstance(block, Table)))
    to_word(prose, tmp_path / "r.docx")
    to_html(prose, tmp_path / "r.html")
    for lines in (
        check.words_in_word(tmp_path / "r.docx").split("\n"),
        check.words_in_html(tmp_path / "r.html").split("\n"),
    ):
        looked, missed = caught_in_text(prose, run, lines)
        assert looked > 100 and missed == []


@pytest.mark.parametrize("first", range(0, RANDOM_ANSWERS, 10))
def test_directions_are_right_in_random_answers(run, first):
    faults = [fault for number in range(first, first + 10) for fault in faults_of(run, number)[0]]
    assert faults == []


def test_a_wrong_direction_is_found(run, report, monkeypatch):
    monkeypatch.setitem(figures.HOW, "within_or_beyond", lambda held: "within the contingency")
    assert any("within" in fault or "beyond" in fault for number in range(10) for fault in faults_of(run, number)[0])


# ---- the council's order and manner ----


def test_sections_stand_in_the_councils_order(report):
    numbered = [
        (block.number, block.text)
        for block in report.blocks
        if isinstance(block, Heading) and block.level == 1 and block.number
    ]
    assert numbered == [
        ("1", "Purpose of Report"),
        ("2", "Recommendation(s)/Proposed Action"),
        ("3", "Community Strategy Priorities"),
        ("4", "Other Implications"),
        ("5", "Supporting Information"),
        ("6", "Conclusion"),
        ("7", "Appendices Attached"),
        ("8", "Background Papers"),
    ]
    risks = next(table for table in report.tables() if table.name == "risks")
    assert risks.columns[:2] == ("Recommendation", "Risk/Threat/Opportunity") and risks.columns[-1] == "Mitigation"
    assert [label for label, _ in report.front][:3] == ["REPORT TO", "DATE", "CONTACT OFFICER"]


def test_red_assumptions_and_expired_sources_stand_on_the_first_page(run, report):
    def first(report: Report) -> str:
        numbers = [
            place for place, block in enumerate(report.blocks) if isinstance(block, Heading) and block.number == "1"
        ]
        return "\n".join(
            figures.text_of(row)
            for block in report.blocks[: numbers[0]]
            if isinstance(block, Paragraph | Bullets)
            for row in figures.rows_of(block)
        )

    assert f"{len(run.answer['red_assumptions'])} assumptions are red" in first(report)
    later = gathered(reference(), date(2031, 1, 1), HOME, "the reference run")
    assert "of the sources are past the date to replace them on 1 January 2031" in first(written(later))


def test_every_heading_of_the_quality_log_is_there(run):
    log = written(run, quality=True)
    assert figures.unsourced(log, [TITLE]) == [] and figures.wrong(log, run, {}) == []
    headings = [block.text for block in log.blocks if isinstance(block, Heading)]
    for heading in (
        "Roles and scope",
        "Specification",
        "Design",
        "Analysis",
        "Verification",
        "Validation",
        "Delivery and communication",
        "Uncertainty",
        "Limitations",
    ):
        assert heading in headings


def test_another_council_and_a_run_that_lacks_much_can_be_told(run):
    answer = json.loads(json.dumps(run.answer))
    answer["scenarios"] = {"central": answer["scenarios"]["central"]}
    answer |= {"sensitivities": None, "record": {}, "central_path": None, "breaks": None}
    answer["scenarios"]["central"]["contingency"]["exhaustion"] = None
    bare = gathered(Run(run.folder, answer), AS_OF, HOME, "a bare run")
    report = written(bare)
    assert figures.unsourced(report, [TITLE]) == [] and figures.wrong(report, bare, {}) == []
    assert "In no future drawn does it run out." in " ".join(
        figures.text_of(row)
        for block in report.blocks
        if isinstance(block, Paragraph)
        for row in figures.rows_of(block)
    )


def test_a_meeting_that_is_not_there_is_refused():
    with pytest.raises(BadInput, match="no meeting slough/2010-01"):
        meeting(read_settings(HOME / "params"), "slough/2010-01")


@pytest.fixture
def own(tmp_path) -> Path:
    """A council's own params, to change."""
    (tmp_path / "papers").mkdir()
    for name in ("report.yaml", "papers/scrutiny.md", "papers/quality.md"):
        shutil.copy(HOME / "params" / name, tmp_path / name)
    return tmp_path


def changed_in(path: Path, old: str, new: str) -> int:
    """Change a file's words at one place; returns the number of the line."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("name", "old", "new", "found"),
    [
        ("report.yaml", "Members have looked before", "Members have looked 3 times", "3"),
        ("papers/scrutiny.md", "The figures will move", "The 176 figures will move", "176"),
        ("papers/scrutiny.md", "The figures will move", "The £ figures will move", "£"),
        ("papers/quality.md", "| Director of Finance |", "| Director 2 |", "2"),
    ],
)
def test_a_figure_typed_into_the_councils_words_is_refused_with_its_line(own, name, old, new, found):
    line = changed_in(own / name, old, new)
    with pytest.raises(BadInput, match=rf"{Path(name).name}, line {line}: .*holds ({found}|a sum or a share);"):
        read_settings(own)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ('{{ money("C/call/men") }}', r"line {line}: the run holds no scenarios/central/contingency/call/men"),
        ("{{ context.expired | length }}", r"line {line}: .* is no figure with a source"),
        ("{{ monney('C/amount') }}", r"line {line}: 'monney' is undefined"),
        ("{{ money('C/amount' }}", r"line {line}: unexpected '}'"),
        ("{{ ().__class__.__base__.__subclasses__() }}", r"line {line}: .*unsafe"),
        ("The **figures** will move.", "cannot show strong"),
        ("> The figures will move.", "cannot show block quote"),
        ("<script>1</script>", "holds 1"),
        ("### A heading that skips a level", "skip a level"),
        ("#### A heading too deep", "level four or more"),
        ('## A heading of {{ money("C/amount") }}', "words and a figure together"),
    ],
)
def test_what_a_template_cannot_say_is_refused_plainly(run, own, new, message):
    line = changed_in(own / "papers" / "scrutiny.md", "The figures will move as months go by.", f"\n\n{new}\n\n") + 2
    with pytest.raises(BadInput, match=message.replace("{line}", str(line))):
        paper.scrutiny_report(run, read_settings(own), draw=None)


def test_a_council_changes_words_tables_and_order_without_python(run, own):
    template = own / "papers" / "scrutiny.md"
    changed_in(template, "# 3 Community Strategy Priorities", "# 3 Our Priorities")
    changed_in(template, "| Fund the Recovery Plan |", "| Pay for the Recovery Plan |")
    changed_in(
        template,
        "The figures will move as months go by.",
        '> [!NOTE]\n> Beware of *nothing*: {{ money("C/amount") }}.'.replace("*", ""),
    )
    made = paper.scrutiny_report(run, read_settings(own), draw=None)
    assert Heading("Our Priorities", 1, "3") in made.blocks
    assert any(row[0] == "Pay for the Recovery Plan" for table in made.tables() for row in table.rows)
    notes = [figures.text_of(block.parts) for block in made.blocks if getattr(block, "kind", "") == "note"]
    assert any(note.startswith("Beware of nothing: £") for note in notes)
    assert figures.unsourced(made, [TITLE]) == [] and figures.wrong(made, run, {}) == []


def test_text_of_the_run_is_never_taken_for_markdown(run):
    """A scenario, a source and an assumption named in Markdown, HTML and Jinja stand in the paper as they are written."""
    answer = json.loads(json.dumps(run.answer))
    hostile = "**bold** | # <b>x</b> [a](b) {{ answer }} `c`"
    answer["scenarios"]["gatekeeping"]["name"] = answer["area"] = hostile
    made = written(replace(run, answer=answer))
    shown = [figures.text_of(row[:1]) for table in made.tables() if table.name == "scenarios" for row in table.rows]
    assert hostile in shown
    assert any(hostile in figures.text_of(block.parts) for block in made.blocks if isinstance(block, Paragraph))


def test_words_left_in_report_yaml_are_told_where_they_stand_now(own):
    with (own / "report.yaml").open("a", encoding="utf-8") as file:
        file.write("legal:\n  - The council must safeguard children.\n")
    with pytest.raises(BadInput, match="legal now stand in papers/scrutiny.md"):
        read_settings(own)


# ---- the files ----


def test_the_whole_paper_is_written_and_reads_back(files, report, run):
    assert {name for name in files if "/" not in name} == {
        *(f"slough-2011-06.{end}" for end in ("docx", "html", "pdf", "xlsx")),
        *(f"slough-2011-06-quality.{end}" for end in ("docx", "html", "pdf")),
    }
    blocks = [name for name in files if name.startswith("blocks/")]
    ends = {
        end: sum(name.endswith(f".{end}") for name in blocks)
        for end in ("csv", "svg", "png", "html", "docx", "alt.txt")
    }
    charts, tables = 4, len(report.tables())
    assert ends["html"] == ends["docx"] >= charts + tables and ends["svg"] == ends["png"] == ends["alt.txt"] == charts
    for found in (check.found_in_word(files["slough-2011-06.docx"]), check.found_in_html(files["slough-2011-06.html"])):
        assert check.faults(found) == []
        assert len(found.pictures) == ends["png"] and all(found.pictures)
    assert files["slough-2011-06.pdf"].read_bytes().startswith(b"%PDF")
    assert openpyxl.load_workbook(files["slough-2011-06.xlsx"]).sheetnames[0] == "Cover"


def pages(pdf: Path) -> list[str]:
    """The text of each page of a PDF. Skips where poppler is not installed."""
    if shutil.which("pdftotext") is None:
        pytest.skip("SKIPPED: pdftotext is not installed, so the pages of the PDF were not counted")
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    return text.split("\f")[:-1]


def test_one_page_in_front_and_at_most_six_of_the_body(files):
    front, *body = pages(files["slough-2011-06.pdf"])
    assert "How far to trust it" in front and "workbook, sheet Inputs" in front
    assert "1 Purpose of Report" in body[0] and len(body) <= 6
    for page in body[:-1]:
        lines = [line for line in page.split("\n") if line.strip()]
        assert len(lines) >= 20 and not re.match(r"[0-9(]\S* [A-Z]", lines[-2]), (
            "a page all but empty, or a heading at its foot"
        )
    assert len(pages(files["slough-2011-06-quality.pdf"])) <= 6


def test_private_is_said_on_every_page(files):
    found = check.found_in_word(files["slough-2011-06.docx"])
    assert found.headers and all("private" in header.lower() for header in found.headers if header.strip())


def test_the_same_run_gives_the_same_bytes(files, home, tmp_path):
    again = write_paper(home, "slough", "2011-06", tmp_path / "again", lambda step: None)
    assert len(again) == len(files)
    for path in again:
        assert path.read_bytes() == files[path.relative_to(tmp_path / "again").as_posix()].read_bytes(), path.name


def test_what_does_not_read_back_is_not_kept(home, tmp_path, monkeypatch):
    from forecast.runs import publication

    out = tmp_path / "paper"
    out.mkdir()
    (out / "slough-2011-06.docx").write_bytes(b"last month's")
    kept = publication.check.words_in_word
    monkeypatch.setattr(publication.check, "words_in_word", lambda path: kept(path).replace("£600,000", "£610,000"))
    with pytest.raises(BadInput, match="does not read back"):
        write_paper(home, "slough", "2011-06", out, lambda step: None)
    assert [path.name for path in out.iterdir()] == ["slough-2011-06.docx"] and (
        out / "slough-2011-06.docx"
    ).read_bytes() == b"last month's"
    assert [path.name for path in tmp_path.iterdir()] == ["paper"], "nothing half written is left"


def test_a_run_that_is_not_there_is_refused(home, tmp_path):
    with pytest.raises(BadInput, match="there is no run of slough, 2010-01"):
        write_paper(home, "slough", "2010-01", tmp_path / "a", lambda step: None)


# ---- public ----


def public(run: figures.RunInContext, released, quality: bool = False) -> Report:
    return paper.public_report(run, read_settings(HOME / "params"), released, None, quality)


def test_a_paper_is_private_until_it_has_passed(run, report):
    released = cleared_for_all(run, rule_in(run.table("assumptions")), [], "first")
    assert report.marking == PRIVATE and public(run, released).marking == PUBLIC


def with_history(run: figures.RunInContext, folder: Path, changes: dict[tuple[str, str], str]) -> figures.RunInContext:
    """The run with some of the council's own counts changed."""
    shutil.copytree(run.folder, folder)
    table = run.table("history")
    for (measure, period), value in changes.items():
        own = (
            (table["area"] == run.context["area"])
            & (table["measure"] == measure)
            & (table["period"] == period)
            & (table["breakdown"] == "all")
        )
        assert own.sum() == 1, (measure, period)
        table.loc[own, "value"] = value
    write_table(folder / "tables", "history", table)
    return gathered(Run(folder, run.answer), AS_OF, HOME, "changed", {"lac": [], "cp": []})


def test_a_small_count_is_hidden_and_cannot_be_worked_out(run, tmp_path):
    small = with_history(run, tmp_path / "run", {("uasc_stock", "2010-03-31"): "4"})
    released = cleared_for_all(small, rule_in(small.table("assumptions")), [], "first")
    assert "uasc_stock 2010-03-31" in released.hidden
    made = public(small, released, quality=True)
    table = next(table for table in made.tables() if table.name == "history")
    column = next(place for place, name in enumerate(table.columns) if name.startswith("of whom"))
    row = next(row for row in table.rows if figures.text_of((row[0],)) == "31 March 2010")
    assert figures.text_of((row[column],)) == "c"
    assert figures.unsourced(made, [TITLE, *released.notes]) == [] and figures.unmatched(made, small) == []


def test_what_one_month_hid_the_next_does_not_show(run, tmp_path):
    small = with_history(run, tmp_path / "run", {("uasc_stock", "2010-03-31"): "4"})
    rule = rule_in(small.table("assumptions"))
    first = cleared_for_all(small, rule, [], "first")
    kept = read_release(write_release(first))
    larger = with_history(run, tmp_path / "later", {("uasc_stock", "2010-03-31"): "4"})
    second = cleared_for_all(larger, rule, [kept], "second")
    assert "uasc_stock 2010-03-31" in second.hidden


def test_a_sentence_that_needs_a_hidden_count_stops_the_public_paper(run, tmp_path):
    rule = rule_in(run.table("assumptions"))
    cells = [
        replace(cell, value=3.0) if cell.key == f"lac_stock {run.answer['origin']}" else cell
        for cell in sheet_of(run).cells
    ]
    few = release([Sheet(COUNTED, tuple(cells), ())], rule, [], "few")
    with pytest.raises(BadInput, match="open_at_origin/lac"):
        public(run, few)


def test_every_actual_count_the_paper_tells_is_in_the_release(run, report):
    """By the look of the source, independently of the list of counts."""
    sources = {source for part in figures.figures_in(report) for source in part.source.split(figures.MINUS)}
    counts = {
        source
        for source in sources
        if source.startswith("open_at_origin/")
        or source.endswith(("/counted", "/outturn", "/no_change"))
        or (source.startswith("tables/history/") and source.endswith("/value"))
    }
    counts -= {source for source in counts if source.startswith("record/")}
    unsaid = {source for source in counts if source not in counted(run)}
    assert counts and all(not str(run.value(source)).isdecimal() for source in unsaid), sorted(unsaid)[:5]


def test_a_public_paper_is_written_and_recorded(home, tmp_path):
    made = write_paper(home, "slough", "2011-06", tmp_path / "public", lambda step: None, public=True)
    words = check.words_in_html(next(path for path in made if path.name == "slough-2011-06.html"))
    assert "private" not in words.lower().split("purpose of report")[0]
    record = home.runs / "slough" / "releases" / "2011-06.json"
    assert read_release(record.read_text(encoding="utf-8")).name.startswith("2011-06-")


def test_no_other_room_marks_a_report_public():
    """PUBLIC is given in the gate alone; the workbook takes the marking that the paper has."""
    held = {
        path.relative_to(HOME / "forecast").as_posix()
        for path in (HOME / "forecast").rglob("*.py")
        if "PUBLIC" in path.read_text(encoding="utf-8").replace("PUBLICATION", "")
    }
    assert (
        held
        == {
            "runs/publication.py",
            "report/paper/gate.py",
            "report/model.py",
            "report/render/layout.py",
            "report/workbook/__init__.py",
            "report/workbook/front.py",
            "report/workbook/run.py",
        }
        & held
    )
    assert "PUBLIC" not in (HOME / "forecast" / "report" / "paper" / "__init__.py").read_text(encoding="utf-8")


def test_the_reports_counts_have_no_two_values(run):
    held: dict[str, Cell] = {}
    for cell in counted(run).values():
        assert held.setdefault(cell.key, cell) == cell
