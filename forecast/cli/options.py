"""What the commands share: options, the project's folders, and how a command prints."""

import json
import sys
import time
from pathlib import Path

import click

COUNCIL, MONTH, DRAWS, FEWER_DRAWS, SEED = "slough", "2011-06", 10_000, 1000, 2011
PATH = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


def council_option(where: str = "params"):
    text = f"The council's folder in {where}, or its name or official code."
    return click.option("--council", default=COUNCIL, help=text, callback=lambda ctx, param, given: folder_of(given))


def month_option(text: str = "The month of the report, such as 2011-06."):
    return click.option(
        "--month",
        default=None,
        show_default=f"{MONTH} of {COUNCIL}, else the council's last",
        help=text,
        callback=lambda ctx, param, given: given or last_month(ctx.params.get("council", COUNCIL)),
    )


def folder_of(council: str) -> str:
    """A council's folder, however the council is named; what was given where no such folder is held."""
    from forecast.case.errors import BadInput

    try:
        home = find_home()
        if (home / "params" / council).is_dir():
            return council
        from forecast.sources.official.places import find, read_places  # with what reads tables

        slug = find(council, read_places(home / "data")).slug
    except BadInput:
        return council
    return slug if (home / "params" / slug).is_dir() else council


def last_month(council: str) -> str:
    """The last month of a council's cases; of the reference council, the reference month."""
    from forecast.case.errors import BadInput

    try:
        held = sorted(path.parent.name for path in (find_home() / "params" / council).glob("*/case.yaml"))
    except BadInput:
        return MONTH
    return MONTH if council == COUNCIL and MONTH in held or not held else held[-1]


def together(*options):
    """Several options as one decorator."""

    def add(command):
        for option in reversed(options):
            command = option(command)
        return command

    return add


case_options = together(council_option(), month_option())


def draws_option(default: int = DRAWS, text: str = "Futures drawn.", most: int = 1_000_000):
    return click.option("--draws", default=default, type=click.IntRange(100, most), help=text)


seed_option = click.option("--seed", default=SEED, type=click.IntRange(0), help="The same seed gives the same draws.")
run_options = together(
    draws_option(),
    seed_option,
    click.option("--threads", default=2, type=click.IntRange(1, 64), help="Changes the time, never the numbers."),
)


def runs_option(verb: str = "are"):
    """Where run folders are, or go."""
    text = f"Where run folders {verb} (default: runs in the project)."
    return click.option("--runs", "runs_folder", type=PATH, help=text)


def notebooks_option(default: bool = True):
    return click.option("--notebooks/--no-notebooks", default=default, help="Run the notebooks too.")


json_option = click.option("--json", "as_json", is_flag=True, help="Print it for machines.")


def find_home() -> Path:
    """The project's folder. Raises BadInput outside of one."""
    from forecast.case import home

    return home.find_home()


def project(runs_folder: Path | None = None):
    """The project's folders (runs.home.Home), with the runs elsewhere where a person says so."""
    from forecast.runs.home import Home

    home = find_home()
    return Home(home / "params", home / "data", runs_folder or home / "runs", home / "notebooks")


def tell(text: str = "", err: bool = False) -> None:
    """Print, in plain letters where the terminal has no others."""
    try:
        text.encode((sys.stderr if err else sys.stdout).encoding or "ascii")
    except UnicodeEncodeError:
        from forecast.report.words import plain

        text = plain(text)
    click.echo(text, err=err)


def page(name: str, **facts) -> list[str]:
    """The lines of page/NAME.txt: what a command tells, with these facts in it."""
    from jinja2 import Environment, PackageLoader

    from forecast.case.home import typed
    from forecast.report import words

    pages = Environment(loader=PackageLoader("forecast.cli", "page"), trim_blocks=True, lstrip_blocks=True)
    text = pages.get_template(f"{name}.txt").render(words=words, typed=typed, **facts)
    return text.rstrip("\n").split("\n")


def tell_json(content) -> None:
    tell(json.dumps(content, indent=1, ensure_ascii=False))


class Progress:
    """Says each step on the error stream, with the seconds since the command began."""

    def __init__(self, quiet: bool = False):
        self._began, self._quiet = time.monotonic(), quiet

    def __call__(self, step: str) -> None:
        if not self._quiet:
            tell(f"[{self.seconds:5.1f} s] {step}", err=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began


def watched() -> bool:
    """Whether a person watches the error stream."""
    return sys.stderr.isatty()


def short(path: Path) -> str:
    """A path as seen from here, where it is below."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.as_posix()
