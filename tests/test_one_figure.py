"""Every headline figure of a run is the same in every output: collected by its words from each, and compared.

What each ought to be is worked out here from answer.json, with a rounding of its own.
"""

import json
import re
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import nbformat
import openpyxl
import pytest

from conftest import HOME
from forecast.report.render import check
from forecast.runs.home import Home
from forecast.runs.publication import write_paper

POUNDS = "-?£[0-9,]+"


def rounded(number: float, step: int = 1) -> int:
    return int((Decimal(repr(float(number))) / step).quantize(Decimal(1), ROUND_HALF_UP)) * step


def pounds(number: float) -> str:
    size = rounded(number, 10_000)
    return f"{'-' if size < 0 else ''}£{abs(size):,}"


def span(figure: dict, say) -> str:
    return f"{say(figure['p10'])} to {say(figure['p90'])}"


def tables_of(answer: dict) -> dict[str, str]:
    """What -> how it ought to be told in a row of a table: the years, and the scenarios."""
    central, wanted = answer["scenarios"]["central"], {}
    for year, cost in central["cost"].items():
        march = f"{int(year[:4]) + 1}-03"
        lac, cp = (
            next(row for row in central["children"][group]["month_ends"] if row["month"] == march)
            for group in ("lac", "cp")
        )
        over = rounded(cost["variance"]["mean"], 10_000)
        said = f"{'+' if over > 0 else ''}{pounds(cost['variance']['mean'])}"
        wanted[year] = [
            pounds(cost["net"]["mean"]),
            said,
            str(rounded(lac["mean"])),
            span(lac, lambda n: str(rounded(n))),
        ]
        wanted[year].append(str(rounded(cp["mean"])))
    for scenario in answer["scenarios"].values():
        held = scenario["contingency"]
        wanted[scenario["name"]] = [f"{rounded(100 * held['chance_holds'])}%", pounds(held["call"]["mean"])]
    return wanted


def sentences_of(answer: dict) -> list[tuple[str, str]]:
    """(a pattern with one group, what the group ought to say), for prose."""
    central, year = answer["scenarios"]["central"], answer["financial_year"]
    held, cost = central["contingency"], central["cost"][year]
    return [
        (rf"Will (?:a contingency of )?({POUNDS}) be enough", pounds(held["amount"])),
        (r"contingency holds in [^(]*? futures \(([0-9]+%)\)", f"{rounded(100 * held['chance_holds'])}%"),
        (rf"Projected outturn(?: [0-9-]+)?: ({POUNDS}) against", pounds(cost["net"]["mean"])),
        (rf"against a (?:derived )?budget of ({POUNDS}(?<!,)), {POUNDS} (?:over|under) budget", pounds(cost["budget"])),
        (rf"Expected call on the contingency: ({POUNDS}) \(", pounds(held["call"]["mean"])),
        (
            rf"Expected call on the contingency: {POUNDS} \(80% range ({POUNDS} to {POUNDS})\)",
            span(held["call"], pounds),
        ),
        (rf"(?:Enough in 8 of 10 futures: a contingency of |enough: )({POUNDS})", pounds(held["enough"]["80"])),
    ]


@pytest.fixture(scope="module")
def outputs(reference_folder, tmp_path_factory) -> dict[str, list[str]]:
    """A name -> its lines, cells between tabs; of everything a run and its paper are told in."""
    place = tmp_path_factory.mktemp("outputs")
    shutil.copytree(reference_folder, place / "runs" / "slough" / "2011-06")
    home = Home(HOME / "params", HOME / "data", place / "runs", HOME / "notebooks")
    write_paper(home, "slough", "2011-06", place / "paper", lambda step: None)
    terminal = (reference_folder / "answer.txt").read_text(encoding="utf-8")
    paper = place / "paper" / "slough-2011-06"
    told = {
        "terminal": [re.sub(" {2,}", "\t", line) for line in re.sub(r"\n  (?=\S)", " ", terminal).split("\n")],
        "answer.html": check.words_in_html(reference_folder / "answer.html").split("\n"),
        "paper, page": check.words_in_html(Path(f"{paper}.html")).split("\n"),
        "paper, Word": check.words_in_word(Path(f"{paper}.docx")).split("\n"),
        "workbook": [
            "\t".join(str(cell) for cell in row if cell is not None)
            for row in openpyxl.load_workbook(f"{paper}.xlsx")["Notes"].iter_rows(values_only=True)
        ],
    }
    for name in ("05_contingency", "08_scrutiny_report"):
        path = reference_folder / "notebooks" / f"{name}.ipynb"
        if path.is_file():
            cells = nbformat.read(path, as_version=4).cells
            text = [str(one.get("data", {}).get("text/plain", "")) for cell in cells for one in cell.get("outputs", [])]
            told[f"notebook {name}"] = "\n".join(text).split("\n")
    return told


def differences(answer: dict, outputs: dict[str, list[str]]) -> tuple[list[str], dict[str, int]]:
    """What is told otherwise than it ought to be, and how many figures were compared in each output."""
    found, looked = [], dict.fromkeys(outputs, 0)
    for name, lines in outputs.items():
        for pattern, wanted in sentences_of(answer):
            for said in re.findall(pattern, "\n".join(lines)):
                looked[name] += 1
                found += [] if said == wanted else [f"{name}: {pattern}: {said}, expected {wanted}"]
        if not name.startswith(("notebook", "workbook")):
            for what, wanted in tables_of(answer).items():
                row = next((line for line in lines if line.startswith(f"{what}\t")), None)
                if (
                    row is None
                    and name.startswith("paper")
                    and what in {s["name"] for s in answer["scenarios"].values()}
                ):
                    continue  # the front sheet shows those that save most
                for figure in wanted:
                    looked[name] += 1
                    there = row is not None and re.search(rf"(?<![0-9,£+-]){re.escape(figure)}(?![0-9,])", row)
                    found += [] if there else [f"{name}: {what}: {row}, expected {figure}"]
    return found, looked


def test_every_headline_figure_is_the_same_in_every_output(reference_folder, outputs):
    answer = json.loads((reference_folder / "answer.json").read_text(encoding="utf-8"))
    found, looked = differences(answer, outputs)
    print(f"{len(found)} of {sum(looked.values())} differ: {looked}")
    assert found == [] and min(looked.values()) >= 5 and sum(looked.values()) > 100


def test_a_figure_told_otherwise_is_found(reference_folder, outputs):
    answer = json.loads((reference_folder / "answer.json").read_text(encoding="utf-8"))
    answer["scenarios"]["central"]["contingency"]["call"]["mean"] += 10_000
    found, _ = differences(answer, outputs)
    assert {fault.split(":")[0] for fault in found} == set(outputs)
