"""The folders of a project, and how its cases are run."""

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


@dataclass(frozen=True)
class Settings:
    """How a case is run: draws and seed decide its figures; threads change the time, notebooks what is shown."""

    draws: int = 10_000
    seed: int = 2011
    threads: int = 2
    notebooks: bool = True
