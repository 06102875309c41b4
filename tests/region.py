"""A small sweep of invented councils, which the notebook of a region shows: python tests/region.py makes it anew."""

import shutil
import tempfile
from datetime import date
from pathlib import Path

import official
import pandas as pd

HOME = Path(__file__).resolve().parents[1]
EXAMPLE = HOME / "data" / "example" / "region"
INVENTED = {"rutland": "Eastmarch", "cumberland": "Northwater", "westmorland-and-furness": "Westhay"}
DRAWS, SEED = 100, 2011


def cases(home: Path) -> tuple[tuple[str, str], ...]:
    """Cases of three councils with invented figures in a project of their own; (council, month) of each."""
    from forecast.sources.official.folder import read_folder
    from forecast.sources.official.places import find, read_places
    from forecast.sources.official.writing import new_case, write

    shutil.copytree(HOME / "params", home / "params", ignore=shutil.ignore_patterns("slough"))
    shutil.copytree(HOME / "data", home / "data", ignore=shutil.ignore_patterns("example"))
    held = read_folder(official.write(home / "downloads", official.files()), home / "data")
    for council in INVENTED:
        place = find(council, read_places(home / "data"))
        write(new_case(home / "params", home / "data", held, place, date(2026, 11, 28)), False)
    return tuple((council, "2025-04") for council in INVENTED)


def main() -> None:
    from forecast.runs.sweep import Asked, sweep

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        asked = Asked(cases(home), ("permanence",), DRAWS, SEED)
        print(sweep(home / "params", home / "data", home / "swept", asked, 1, None, print))
        rows = pd.concat(map(pd.read_parquet, sorted((home / "swept").rglob("*.parquet"))), ignore_index=True)
    rows["area"] = rows["council"].map(INVENTED)  # the figures are nobody's, and so are the names
    rows["council"], rows["la_code"] = rows["area"].str.lower(), ""
    EXAMPLE.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(EXAMPLE / "invented.parquet", index=False)


if __name__ == "__main__":
    main()
