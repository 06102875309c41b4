"""Tables to files: the same bytes on every machine."""

from pathlib import Path

import pandas as pd


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Write a table as UTF-8 with LF line ends; makes the folder; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(table.to_csv(index=False, lineterminator="\n"), encoding="utf-8", newline="\n")
    return path
