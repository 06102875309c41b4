"""Where the project is."""

import os
from pathlib import Path

from forecast.case.errors import BadInput

TYPED = "FORECAST_TYPED"  # set by start.py, which runs this package


def typed(words: str) -> str:
    """A command as this person types it: through start.py where that is how it was started."""
    return f"{os.environ.get(TYPED, 'forecast')} {words}"


def find_home() -> Path:
    """The project's folder: the nearest one, from here upwards, that holds params and data."""
    for folder in (Path.cwd(), *Path.cwd().parents, Path(__file__).resolve().parents[2]):
        if (folder / "params" / "catalogue.yaml").is_file():
            return folder
    raise BadInput("no params/catalogue.yaml here or above. Run the command inside the project's folder.")


def beside(module: str, name: str = ""):
    """What the package's own YAML beside a module (`__file__`) says: that of the module's name, or NAME.yaml."""
    import yaml  # not for what only asks where the project is

    path = Path(module).with_name(f"{name}.yaml") if name else Path(module).with_suffix(".yaml")
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
