"""The folders of a project."""

from dataclasses import dataclass
from pathlib import Path

from forecast.case.home import find_home


@dataclass(frozen=True)
class Home:
    """Where things are: the project's folders."""

    params: Path
    data: Path
    runs: Path
    notebooks: Path

    @classmethod
    def found(cls) -> "Home":
        """The project that the working folder lies in. Raises BadInput where there is none."""
        home = find_home()
        return cls(home / "params", home / "data", home / "runs", home / "notebooks")
