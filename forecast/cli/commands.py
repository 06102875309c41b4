"""The commands a person types, in one group, and what it says when one of them fails."""

import tempfile
import traceback
from pathlib import Path

import click

from forecast import __version__
from forecast.cli import ask, history, new, paper, record, returns, run
from forecast.cli.options import tell


class Plainly(click.Group):
    """Commands whose known errors are one message and exit code 2, never a traceback."""

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            tell(f"Stopped. {_refused(error)}", err=True)
            ctx.exit(1)
        except Exception as error:
            from forecast.case.errors import BadInput

            if isinstance(error, BadInput):
                tell(f"Stopped. Nothing was changed.\n{error}", err=True)
                ctx.exit(error.exit_code)
            tell(f"Failed: {type(error).__name__}. What was published before stands. {_noted(error)}", err=True)
            ctx.exit(1)


def _noted(error: Exception) -> str:
    """Keeps where in the program it went wrong, without the words of the error, which may hold what was read."""
    path = Path(tempfile.gettempdir()) / "forecast-failed.txt"
    lines = ["".join(traceback.format_tb(error.__traceback__)), type(error).__name__, ""]
    try:
        path.write_text("\n".join(lines), encoding="utf-8")
    except OSError:
        return "Where in the program could not be noted."
    return (
        f"Where in the program is noted in {path.name}, in the folder for temporary files: "
        "send it to who keeps the program."
    )


def _refused(error: OSError) -> str:
    """What the machine would not do, without the whole path."""
    what = Path(error.filename).name if isinstance(error.filename, str) else "a file"
    why = (error.strerror or "no reason given").lower()
    return (
        f"The computer would not read or write {what}: {why}. Close it elsewhere, or choose a place you may write to."
    )


SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True}


@click.group(cls=Plainly, no_args_is_help=True, context_settings=SETTINGS)
@click.version_option(__version__)
def main() -> None:
    """Demand and budget forecasting for children's services."""


for room in (run, new, ask, returns, record, history, paper):
    for part in vars(room).values():
        if isinstance(part, click.Command):
            main.add_command(part)
