"""The sheets of a run's workbook, in the order of their tabs, from sheets.yaml, checks.yaml and front.yaml."""

from pathlib import Path

from ruamel.yaml import YAML

from forecast.report.workbook import records
from forecast.report.workbook.cells import Column, Link, Sheet
from forecast.report.workbook.control import NAME as CONTROL
from forecast.report.workbook.control import NOT_OK, OK, control, verdict
from forecast.report.workbook.run import Run
from forecast.report.workbook.table import said, table, wanted

COVER = "Cover"


def sheets_of(run: Run) -> list[Sheet]:
    """Every sheet that has rows: the cover first, the control sheet last."""
    files = (Path(__file__).with_name(f"{name}.yaml") for name in ("front", "sheets", "checks"))
    front, described, checks = map(YAML(typ="safe").load, files)
    words, given, spread = records.texts(run, front["markings"]), records.figures(run), records.columns(run)
    explained = [[subject, said(note, words)] for subject, note in front["notes"]]
    flags = {name for name, on in (("public", run.public), ("previous", run.previous is not None)) if on}
    sheets: dict[str, Sheet] = {}
    for name, rows in records.of(run, explained).items():
        if rows:
            held = described[name]
            columns = []
            for entry in held["columns"]:
                columns += spread[entry] if isinstance(entry, str) else [entry]
            parts = {"columns": wanted(columns, flags, 4), "about": wanted(held.get("about", ()), flags, 1)}
            sheets[name] = table(name, held | parts, rows, words, given, sheets)
    flags |= {*sheets, *(["months"] if len(sheets["Children"].rows) > 1 else [])}
    checks = [check for check in checks if check.get("if", CONTROL) in {*flags, CONTROL}]
    sheets[CONTROL] = control(checks, given, sheets)
    bad = f"Control checks: {NOT_OK}. See the sheet {CONTROL}"
    holds = verdict(sheets[CONTROL], f"Control checks: {OK}. All hold", bad)
    about = (*(said(line, words) for line in front["cover"]), holds)
    columns = (Column("Sheet", width=26), Column("What it shows", width=96))
    contents = tuple((Link(sheet.name), sheet.says) for sheet in sheets.values())
    return [Sheet(COVER, "Contents", run.title, "", about, columns, contents), *sheets.values()]
