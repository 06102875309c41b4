"""Where the project is."""

from pathlib import Path

from forecast.errors import BadInput


def find_home() -> Path:
    """The project's folder: the nearest one, from here upwards, that holds params and data."""
    for folder in (Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parent.parent):
        if (folder / "params" / "catalogue.yaml").is_file():
            return folder
    raise BadInput("no params/catalogue.yaml here or above. Run the command inside the project's folder.")
