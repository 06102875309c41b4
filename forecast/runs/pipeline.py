"""One run of a case: every scenario, every table, the charts and the notebooks, published as one folder."""

import json
import os
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pandas as pd

from forecast.case import freeze, log_frame, log_markdown, not_yours, others
from forecast.case.errors import NotebookFailed
from forecast.case.lines import LINES
from forecast.case.log import table_markdown
from forecast.model import projection
from forecast.model.cases import MIX, SPEND, TOTALS, OpenCase
from forecast.model.ownership import copied_tables, unusual_figures
from forecast.questions import drivers, sensitivity
from forecast.questions.answer import head, scenario
from forecast.questions.history_causes import years_apart
from forecast.questions.monthly import monthly_costs
from forecast.record.io import record_told
from forecast.report import charts, words
from forecast.report.answer_page import answer_page
from forecast.report.notebook import RUN_FOLDER
from forecast.report.workbook import sources_table
from forecast.runs import consistent, folders
from forecast.runs.home import Home, Settings
from forecast.runs.steps import Steps, keeping
from forecast.runs.toolkit import CENTRAL, DETAIL, SENSITIVITY_DRAWS, asked, checks_of, detail_of
from forecast.sources import files
from forecast.sources.cards import card_path
from forecast.sources.official.places import read_places, spoken_names

NOTEBOOKS_AT_ONCE = 2
CELL_TIMEOUT = 300
PRINT_DPI = 150


def run_name(month: str, workbook: Path | None) -> str:
    """The folder of a run: the month or, from a workbook, the month and the workbook's name in plain letters."""
    if workbook is None:
        return month
    return f"{month}-{re.sub('[^a-z0-9]+', '-', workbook.stem.lower()).strip('-') or 'workbook'}"


@dataclass(frozen=True)
class More:
    """What a run is given beside its case.

    at         the time to log, ISO with its zone
    record     keeps the published run's figures
    inputs     the files the run was made from, where they are not those of the case alone
    write      writes more into the folder, before the notebooks: called with folder, base, central case and answer
    steps      keeps what was simulated for notebooks on the same files and draws; only for a case read from these files
    scenarios  those to run beside the central one; all where none is named
    workbook   the file that the case was read from, if one
    """

    at: str = ""
    record: folders.Record | None = None
    inputs: dict[str, Path] | None = None
    write: Callable[[Path, projection.Base, projection.Projection, dict], None] | None = None
    steps: Steps | None = None
    scenarios: tuple[str, ...] = ()
    workbook: Path | None = None


def run_open(home: Home, case: OpenCase, settings: Settings, say: Callable[[str], None], more: More = More()) -> dict:
    """Run an open case and publish its folder; returns the answer."""
    council, month = case.central.case.council, run_name(case.central.case.month, more.workbook)
    draws, chosen = settings.draws, case.scenarios
    if more.scenarios:
        chosen = {slug: a for slug, a in chosen.items() if slug in {CENTRAL, *more.scenarios}}
    with folders.publishing(home.runs, council, month, more.at, more.record) as folder:
        say("calibrating to the published year")
        base = prepared(case, settings, keeping(home, case, draws, settings.seed))
        central = projection.project(base, case.central)
        answer, by_month = head(base) | beside(home, case), []
        looked_behind = settings.notebooks or more.steps is not None
        checks, behind = checks_of(case, base, central) if looked_behind else {}, {}
        # What matters most is asked on futures of its own: it shares nothing with the scenarios but processors.
        with ThreadPoolExecutor(1) as aside:
            matters = aside.submit(sensitivities, case, base, central) if draws > SENSITIVITY_DRAWS else None
            for number, (slug, assumptions) in enumerate(chosen.items(), start=1):
                say(f"scenario {number} of {len(chosen)}: {assumptions.scenario.name}, {draws:,} draws")
                projected = central if slug == CENTRAL else projection.project(base, assumptions)
                answer["scenarios"][slug] = scenario(base, projected, central)
                by_month.append(monthly_costs(base, {slug: projected}))
                if looked_behind:
                    behind[slug] = detail_of(base, projected, checks)
            say("what matters most, and what would be enough")
            answer |= matters.result() if matters else sensitivities(case, base, central)
        say("writing the answer, tables and charts")
        write_run(folder, case, chosen, base, central, answer, pd.concat(by_month, ignore_index=True))
        if more.write is not None:
            more.write(folder, base, central, answer)
        if more.steps is not None:  # as the steps that a notebook on the same case, draws and seed asks for
            drawn = {name: answer[name] for name in ("draws", "seed")}
            for slug, figures in answer["scenarios"].items():
                alone = answer | {"sensitivities": None, "drivers": None, "scenarios": {slug: figures}}
                question = asked(answer["council"], answer["month"], slug) | drawn
                more.steps.keep("future", question, {"answer": alone, "detail": behind[slug]})
            question = asked(answer["council"], answer["month"], CENTRAL) | drawn
            more.steps.keep("sensitivities", question, answer["sensitivities"])
            more.steps.keep("drivers", question, answer["drivers"])
        if settings.notebooks:
            say("running the notebooks")
            files.write_json(folder / DETAIL, behind)
            run_notebooks(home.notebooks, folder, f"{council}/{month}", say)
        inputs = input_files(home, case, more.workbook) if more.inputs is None else more.inputs
        made = folders.manifest(folder, inputs, draws, settings.seed, {"notebooks": settings.notebooks})
        files.write_json(folder / folders.MANIFEST, made)
    return answer


def beside(home: Home, case: OpenCase) -> dict:
    """What the answer says besides what is projected: past forecasts, which figures are another's, what is unusual."""
    known = others(home.params, case.central.case.council)
    found = not_yours(case.central, known, spoken_names(read_places(home.data)))
    return {
        "record": record_told(home.data.parent),
        "not_yours": [*(one.key for one in found), *copied_tables(case, home.data)],
        "unusual": unusual_figures(case, home.params, home.data),
    }


def prepared(case: OpenCase, settings: Settings, keep=lambda work: work()) -> projection.Base:
    """What every scenario of a case shares; `keep` as `projection.prepare` has it."""
    asked = (settings.draws, settings.seed, settings.threads, case.ledger, keep)
    return projection.prepare(case.central, case.evidence, *asked)


def sensitivities(case: OpenCase, base, central) -> dict:
    """For the answer: what matters most and what would be enough; what drives demand; on the run's first draws."""
    fewer, held = base, central
    if base.draws > SENSITIVITY_DRAWS:
        fewer = base.first(SENSITIVITY_DRAWS)
        held = projection.project(fewer.to_year_end, case.central)
    return {
        "sensitivities": sensitivity.figures(fewer, held),
        "drivers": drivers.rows(fewer.without_expected(), central, base),
    }


def write_run(folder: Path, case: OpenCase, chosen: dict, base, central, answer: dict, by_month: pd.DataFrame) -> None:
    """Everything but the notebooks."""
    files.write_json(folder / "answer.json", answer)
    lines = words.page(answer)
    files.write_text(folder / "answer.txt", "\n".join(lines))
    later = {name: f"**Yes.** {c.hindsight_reason}" if c.hindsight else "No" for name, c in case.cards.items()}
    cards = [[f"{c.title} (`{name}`)", c.publisher, c.published, later[name]] for name, c in case.cards.items()]
    tables = table_markdown(pd.DataFrame(cards, columns=["Table", "Publisher", "Published", "Known only later"]))
    log = f"{log_markdown(case.central).rstrip()}\n\n## Tables\n\n{tables}"
    files.write_text(folder / "assumptions.md", log)
    for slug, assumptions in chosen.items():
        files.write_text(folder / "frozen" / f"{slug}.yaml", freeze(assumptions))
    for name, table in (tables_of(case, base, central, answer) | {"monthly": by_month}).items():
        files.write_table(folder / "tables", name, table)
    asked_of = answer_tables(answer) | {"monthly": by_month}
    written = {name: pd.read_parquet(folder / "tables" / f"{name}.parquet") for name in asked_of}
    consistent.check(json.loads((folder / "answer.json").read_text(encoding="utf-8")), asked_of, written)
    drawn = charts_of(answer)
    if drawn:
        files.write_text(folder / "answer.html", answer_page(answer, drawn))
    for name, chart in drawn.items():
        files.write_text(folder / "charts" / f"{name}.alt.txt", chart.alt)
        for end, picture in zip(("svg", "png"), chart.pictures(PRINT_DPI), strict=True):
            (folder / "charts" / f"{name}.{end}").write_bytes(picture)


def tables_of(case: OpenCase, base, central, answer: dict) -> dict[str, pd.DataFrame]:
    """Every table of the run, tidy, one fact a row."""
    return answer_tables(answer) | {
        **checks_of(case, base, central),
        "population": central.population.flows.round(3).assign(month=base.months),
        "history": case.history.frame,
        "years_apart": years_apart(case),
        "sensitivities": pd.DataFrame(answer["sensitivities"]["assumptions"]),
        "drivers": pd.DataFrame(answer["drivers"]),
        "levers": pd.DataFrame(answer["sensitivities"]["levers"]),
        "assumptions": log_frame(case.central),
        "sources": sources_table(case.cards),
    }


def answer_tables(answer: dict) -> dict[str, pd.DataFrame]:
    """What the answer says of each scenario.

    children     group x figure x month
    cost         financial year x line
    contingency  month of the draw-down
    causes       of the change of the expected call from the central case
    """
    children, cost, contingency, causes = [], [], [], []
    for slug, shown in answer["scenarios"].items():
        for group, figures in shown["children"].items():
            for figure, months in figures.items():
                children += [{"scenario": slug, "group": group, "figure": figure, **row} for row in months]
        for year, of_year in shown["cost"].items():
            for line, figures in of_year["lines"].items():
                named = {"line": line, "name": LINES[line][0], "group": LINES[line][1]}
                cost.append({"scenario": slug, "financial_year": year, **named, **figures})
        holds = {"scenario": slug, "chance_holds": shown["contingency"]["chance_holds"]}
        contingency += [holds | row for row in shown["contingency"]["call_by_month"]]
        causes += [[slug, *part] for part in shown["causes"]["parts"].items()] if shown["causes"] else []
    return {
        "children": pd.DataFrame(children),
        "cost": pd.DataFrame(cost),
        "contingency": pd.DataFrame(contingency),
        "causes": pd.DataFrame(causes, columns=["scenario", "cause", "pounds"]),
    }


def charts_of(answer: dict) -> dict[str, charts.Chart]:
    with_causes = [slug for slug, scenario in answer["scenarios"].items() if scenario["causes"] is not None]
    return {
        "contingency": charts.contingency_fan(answer),
        "looked_after": charts.children_fan(answer, "lac", "Looked-after children"),
        "plans": charts.children_fan(answer, "cp", "Child protection plans"),
        "front_door": charts.front_door(answer),
        "scenarios": charts.scenario_paths(answer),
        "cost": charts.cost_by_year(answer),
        "sensitivities": charts.tornado(answer),
    } | {f"causes_{slug}": charts.waterfall(answer, slug) for slug in with_causes}


def input_files(home: Home, case: OpenCase, workbook: Path | None = None) -> dict[str, Path]:
    """Every file of the project that the case was made from."""
    central = case.central.case
    params = [home.params / "catalogue.yaml"]
    if workbook is None:
        params += [home.params / "national.yaml", home.params / central.council / central.month / "case.yaml"]
        params += [home.params / "scenarios" / f"{slug}.yaml" for slug in case.scenarios]
    data = [part for file in case.files.values() if file.is_relative_to(home.data) for part in (file, card_path(file))]
    data += [home.data / name for name in (TOTALS, SPEND, MIX)]
    files = {f"params/{path.relative_to(home.params).as_posix()}": path for path in params}
    files |= {} if workbook is None else {f"workbook/{workbook.name}": workbook}
    files |= {f"notebooks/{path.name}": path for path in sorted(home.notebooks.glob("[0-9]*.ipynb"))}
    return files | {f"data/{path.relative_to(home.data).as_posix()}": path for path in data}


def run_notebooks(source: Path, folder: Path, run: str, say: Callable[[str], None]) -> None:
    """Every notebook on the run in `folder`, on two kernels side by side. Raises if any of them fails.

    A kernel is emptied between notebooks, which then find it as one just started, but for what it need not load again.

    The kernels find the unpublished folder through the environment, so that what is stored names the run alone.
    """
    papermill = import_papermill()
    notebooks = sorted(source.glob("[0-9]*.ipynb"))
    (folder / "notebooks").mkdir(exist_ok=True)
    os.environ[RUN_FOLDER] = str(folder.resolve())

    from jupyter_client.manager import AsyncKernelManager
    from jupyter_core.utils import run_sync

    kernels, idle = [AsyncKernelManager(kernel_name="python3") for _ in notebooks[:NOTEBOOKS_AT_ONCE]], SimpleQueue()
    for kernel in kernels:
        idle.put(kernel)

    def execute(notebook: Path) -> str:
        kernel = idle.get()
        try:
            if kernel.has_kernel:
                _emptied(kernel)
            papermill.execute_notebook(
                str(notebook),
                str(folder / "notebooks" / notebook.name),
                parameters={"run": run},
                kernel_name="python3",
                progress_bar=False,
                log_output=False,
                extra_arguments=["--IPKernelApp.log_level=50"],
                execution_timeout=CELL_TIMEOUT,
                start_timeout=CELL_TIMEOUT,
                km=kernel,
            )
        finally:
            idle.put(kernel)
        return notebook.name

    try:
        with ThreadPoolExecutor(NOTEBOOKS_AT_ONCE) as pool:
            for number, name in enumerate(pool.map(execute, notebooks), start=1):
                say(f"notebook {number} of {len(notebooks)}: {name}")
    except papermill.PapermillExecutionError as failed:
        raise NotebookFailed(
            f"a notebook stopped at its cell {failed.exec_count} ({failed.ename}). "
            "Send this message to who keeps the program; meanwhile --no-notebooks leaves them out."
        ) from None
    finally:
        for kernel in kernels:
            if kernel.has_kernel:
                run_sync(kernel.shutdown_kernel)(now=True)
        del os.environ[RUN_FOLDER]


def _emptied(kernel) -> None:
    """Takes every name out of a kernel, which then counts its cells from 1."""
    client = kernel.blocking_client()
    client.start_channels()
    try:
        client.execute("get_ipython().reset(new_session=True)", store_history=False, reply=True, timeout=CELL_TIMEOUT)
    finally:
        client.stop_channels()


def import_papermill():
    """papermill without an optional grammar that takes a second to load and that nothing here needs."""
    sys.modules.setdefault("rfc3987_syntax", None)
    os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")
    import papermill

    return papermill
