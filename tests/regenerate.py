"""Regenerate what is committed of the reference case: notebook outputs, golden tables, README. Review the diff.

python tests/regenerate.py
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conftest import DRAWS, HOME, run_reference  # noqa: E402
from forecast.record.io import calibration_table  # noqa: E402
from forecast.report import words  # noqa: E402
from forecast.runs import (
    record_page,  # noqa: E402
    score,  # noqa: E402
)
from forecast.runs.pipeline import PRINT_DPI  # noqa: E402
from forecast.runs.steps import STEPS_FOLDER  # noqa: E402
from forecast.sources.files import write_text  # noqa: E402

GOLDEN = HOME / "tests" / "golden"
TABLES = ("children", "cost", "contingency", "calibration", "reconciliation", "population", "spread", "rates")


def store_outputs(notebook: Path) -> None:
    """Run a notebook on the reference run's steps and keep its outputs, without times or machine."""
    content = nbformat.read(notebook, as_version=4)
    NotebookClient(
        content,
        kernel_name="python3",
        resources={"metadata": {"path": str(notebook.parent)}},
        extra_arguments=["--IPKernelApp.log_level=50"],
    ).execute()
    for cell in content.cells:
        cell.metadata.pop("execution", None)
    content.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.write(content, notebook)


def store_golden(run: Path) -> None:
    """Golden tables and answer, on the draws of the tests: CSV, labelled golden by their folder."""
    GOLDEN.mkdir(exist_ok=True)
    for name in TABLES:
        (GOLDEN / f"{name}.csv").write_bytes((run / "tables" / f"{name}.csv").read_bytes())
    (GOLDEN / "answer.txt").write_bytes((run / "answer.txt").read_bytes())


def between(text: str, mark: str, content: str) -> str:
    """The text with what stands between two marks replaced."""
    first, last = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    return f"{text.split(first)[0]}{first}\n{content}\n{last}{text.split(last)[1]}"


def score_block(run: Path, whole: bool) -> str:
    """The forecast beside what happened, as Markdown: the totals or, if `whole`, what they are made of too."""
    told = json.loads((run / "answer.json").read_text(encoding="utf-8"))
    rows = score.scored(told, HOME / "data", told["outturns"])
    rows = {group: held if whole or " " not in group else [] for group, held in rows.items()}
    table = score.score_table(rows)
    lines = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    return "\n".join(
        [*(f"| {' | '.join(line)} |" for line in lines), "", *(f"* {line}" for line in score.verdict(rows)[1:])]
    )


def record_block() -> str:
    """The panel's record of a few methods, as Markdown, from the tables the back-test keeps."""
    table = record_page.methods().reset_index()
    lines = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    held = record_page.ranges().reset_index()
    kept = [list(held.columns), ["---"] * held.shape[1], *held.to_numpy().tolist()]
    said = ["Share of outturns inside the 80% range (it should be 80%):", ""]
    return "\n".join(
        [
            *(f"| {' | '.join(map(str, line))} |" for line in lines),
            "",
            *said,
            *(f"| {' | '.join(map(str, line))} |" for line in kept),
        ]
    )


def store_pages(run: Path) -> None:
    """The answer and the score in README and CHANGELOG, the record in docs, and the pictures."""
    answer = (run / "answer.txt").read_text(encoding="utf-8").rstrip()
    readme, page, changes = (HOME / name for name in ("README.md", "docs/record.md", "CHANGELOG.md"))
    text = between(readme.read_text(encoding="utf-8"), "answer", f"```text\n{answer}\n```")
    record = between(page.read_text(encoding="utf-8"), "record", record_block())
    write_text(page, between(record, "score", score_block(run, True)))
    write_text(readme, between(text, "score", score_block(run, False)))
    told = json.loads((run / "answer.json").read_text(encoding="utf-8"))
    first = "\n".join(f"* {line}" for line in words.headline(told)[1:10])
    write_text(changes, between(changes.read_text(encoding="utf-8"), "answer", first))
    (HOME / "docs" / "contingency.png").write_bytes((run / "charts" / "contingency.png").read_bytes())
    chart = record_page.own_chart(calibration_table(HOME, "record_slough"), "lac")
    (HOME / "docs" / "track_record.png").write_bytes(chart.pictures(PRINT_DPI)[1])


def main() -> None:
    with tempfile.TemporaryDirectory() as runs:
        run_reference(Path(runs) / "few", draws=DRAWS, notebooks=False)
        store_golden(Path(runs) / "few" / "slough" / "2011-06")
        run_reference(Path(runs))
        run = Path(runs) / "slough" / "2011-06"
        os.environ[STEPS_FOLDER] = str(Path(runs) / ".steps")
        store_pages(run)
        for notebook in [*sorted((HOME / "notebooks").glob("[0-9]*.ipynb")), HOME / "notebooks" / "region.ipynb"]:
            store_outputs(notebook)


if __name__ == "__main__":
    main()
