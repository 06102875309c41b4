"""The assumptions log: what is assumed, why, how far to trust it, and what is due for review."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from forecast.case.layers import Assumptions

if TYPE_CHECKING:
    import pandas as pd

RANGE_RULE = (
    "Where a scenario gives a value without a range, the central 80% range is carried with it: in the same proportion "
    "for amounts, in the same proportion of odds for shares, by the same amount for figures that may be negative."
)
COLUMNS = ["Assumption", "Value", "80% range", "Reliability", "Source", "Why", "Review by"]
DIFFERENCE = ["Assumption", "Central", "Here", "Why"]


def log_frame(assumptions: Assumptions) -> "pd.DataFrame":
    """One row per assumption, in the catalogue's order, under column names a reader understands."""
    import pandas as pd

    return pd.DataFrame([_row(assumptions, key) for key in assumptions.entries])


def log_markdown(assumptions: Assumptions) -> str:
    """The log as Markdown: what differs from central, then the red entries, then the rest by section."""
    import pandas as pd

    frame = log_frame(assumptions)
    red = frame["Reliability"] == "Red"
    parts = [f"# Assumptions: {assumptions.case.title}\n", f"Scenario: **{assumptions.scenario.name}**. "]
    parts[-1] += f"{assumptions.scenario.reason}\n"
    parts.append("## What differs from central\n")
    if assumptions.differs:
        rows, names = pd.DataFrame(assumptions.differs, columns=DIFFERENCE), frame.set_index("Key")["Assumption"]
        rows["Assumption"] = rows["Assumption"].map(lambda key: f"{names[key]} (`{key}`)")
        rows[["Central", "Here"]] = rows[["Central", "Here"]].map(number)
    parts += [table_markdown(rows), RANGE_RULE + "\n"] if assumptions.differs else ["Nothing.\n"]
    parts += [
        "## Red: weak evidence, read with care\n",
        table_markdown(_readable(frame[red])) if red.any() else "None.\n",
    ]
    for section, rows in frame[~red].groupby("Section", sort=False):
        parts += [f"## {section}\n", table_markdown(_readable(rows))]
    return "\n".join(parts)


def overdue(assumptions: Assumptions, today: date) -> list[str]:
    """The keys whose review date is before `today`."""
    return [key for key, entry in assumptions.entries.items() if entry.review_by < today]


def red(assumptions: Assumptions, with_ledger: bool = False) -> list[str]:
    """Keys of the red assumptions that the figures rest on: those about the ledger only where there is one."""
    used = [key for key in assumptions.keys() if with_ledger or not key.startswith("ledger.")]
    return [key for key in used if assumptions.entry(key).reliability == "red"]


def number(value: float) -> str:
    """A number as people write it: 600,000; 815; 0.25; to six figures where it is not whole."""
    rounded = Decimal(f"{value:.6g}") if abs(value) < 1000 else Decimal(f"{value:.2f}")
    text = f"{rounded:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _row(assumptions: Assumptions, key: str) -> dict:
    entry, item = assumptions.entry(key), assumptions.catalogue.items[key]
    return {
        "Section": key.split(".")[0].replace("_", " ").capitalize(),
        "Key": key,
        "Assumption": item.description,
        "Value": entry.value,
        "Low": entry.low,
        "High": entry.high,
        "Unit": assumptions.catalogue.units[entry.unit].description,
        "Sampled": item.kind == "uncertain",
        "Reliability": entry.reliability.capitalize(),
        "Source": entry.source,
        "Why": entry.why,
        "Prices of": entry.price_base,
        "Known only later": entry.hindsight,
        "Set by": entry.layer,
        "Reviewed": entry.reviewed,
        "Review by": entry.review_by,
        "Central value": assumptions.central[key].value,
    }


def _readable(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The columns of the Markdown log, each cell in words."""
    import pandas as pd

    written = pd.DataFrame(index=frame.index)
    later = frame["Known only later"].map({True: " **Known only later.**", False: ""})
    written["Assumption"] = frame["Assumption"] + " (`" + frame["Key"] + "`)"
    prices = frame["Prices of"].map(lambda year: "" if pd.isna(year) else f", {year} prices")
    written["Value"] = frame["Value"].map(number) + " " + frame["Unit"] + prices
    ends = zip(frame["Low"], frame["High"], strict=True)
    written["80% range"] = ["fixed" if pd.isna(low) else f"{number(low)} to {number(high)}" for low, high in ends]
    written[["Reliability", "Source"]] = frame[["Reliability", "Source"]]
    written["Why"] = frame["Why"] + later
    written["Review by"] = frame["Review by"].map(date.isoformat)
    return written[COLUMNS]


def table_markdown(frame: "pd.DataFrame") -> str:
    """A table as Markdown, each cell on one line."""
    lines = [frame.columns, ["---"] * frame.shape[1], *frame.itertuples(index=False)]
    rows = [[" ".join(str(cell).replace("|", "\\|").split()) for cell in line] for line in lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
