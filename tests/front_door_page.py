"""What the front door and the panel say, written to docs/front_door.md: rates with their intervals, and what an
inspection brings.

python tests/front_door_page.py [DRAWS]
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from conftest import HOME, slough  # noqa: E402
from forecast.case import Assumptions  # noqa: E402
from forecast.model import projection  # noqa: E402
from forecast.money import costs  # noqa: E402
from forecast.money.activity import activity_of  # noqa: E402
from forecast.questions.compare import years_in  # noqa: E402

PAGE = HOME / "docs" / "front_door.md"
DRAWS, SEED = 2000, 2011
HEAD = """# The front door, and what follows from it

Written by `python tests/front_door_page.py`; no figure here is typed.

## Elasticities, correlations and rates

From `data/calibration/drivers.csv`, which `forecast calibrate` makes from a panel of councils (DfE and ONS, years to 31 March 2010 to
2025 for the front door). A warning gets the weight that it earns: a rise of enquiries or of conferences in one year does not make the
next year's plans easier to tell in councils that it was not fitted on (`helps`, below: the share of the mean absolute miss that it
takes away), so it moves no forecast. The panel has years, not months: within a quarter conferences are known to lead plans by days.

"""
SHOCK = """
## An inspection shock, Slough, June 2011

What the shock of `inspection-shock` brings beside the same future without it, {draws:,} draws, seed {seed}; means. *Before*: care
follows nothing that moves plans (`front_door.care_from_plans` at 0, as it was). *After*: as the case has it ({power:g}, 80% range {low:g} to
{high:g}). Legal costs and social workers stand beside the call in this case.

"""


def certain(a: Assumptions, **values: float) -> Assumptions:
    """The same assumptions with some keys (`__` for the dot) at a value without doubt."""
    changed = {key.replace("__", "."): value for key, value in values.items()}
    entries = {k: a.entry(k).model_copy(update={"value": v, "low": v, "high": v}) for k, v in changed.items()}
    return replace(a, entries=a.entries | entries)


def figures(out: projection.Projection) -> pd.DataFrame:
    """What one future holds, year by year."""
    plan, months = out.plan.money.costs, out.months
    needed = activity_of(out.work, plan, out.setting)
    beside = costs.beside(out.work, needed, plan)
    rows = {}
    for year, inside in years_in(months).items():
        at = out.forecast_months.index(f"{year[:2]}{year[-2:]}-03")
        pounds = {
            name: line[:, inside].sum(axis=1).mean()
            for name, line in (out.lines | beside).items()
            if name in ("contact", "iro", "legal", "social_workers")
        }
        rows[year] = {
            "plans at 31 March": out.cp.stock[:, at].sum(axis=1).mean(),
            "looked after at 31 March": out.lac.stock[:, at].sum(axis=1).mean(),
            "children in proceedings": out.work.proceedings[:, inside].sum(axis=(1, 2)).mean() / 365.25,
            "IRO posts needed": needed.posts["iro"][:, inside].mean(),
            "social work posts needed": needed.posts["social_work"][:, inside].mean(),
            "contact sessions a week": needed.sessions[:, inside].sum(axis=1).mean() / 52.18,
            "contact, £": pounds["contact"],
            "IRO, £": pounds["iro"],
            "legal costs, £": pounds["legal"],
            "social workers, £": pounds["social_workers"],
            "net cost in the call, £": sum(line[:, inside].sum(axis=1).mean() for line in out.lines.values()),
        }
    return pd.DataFrame(rows)


def shock_table(draws: int) -> pd.DataFrame:
    """By year, what the shock adds before and after care follows plans."""
    case = slough()
    base = projection.prepare(case.central, case.evidence, draws, SEED).without_expected()
    shock, parts = case.scenarios["inspection-shock"], {}
    for name, changed in (("before", {"front_door__care_from_plans": 0.0}), ("after", {})):
        comes, not_ = certain(shock, **changed), certain(case.central, shock__chance=0.0, **changed)
        parts[name] = figures(projection.project(base, comes)) - figures(projection.project(base, not_))
    return pd.concat(parts, axis=1).swaplevel(axis=1).sort_index(axis=1, level=0, sort_remaining=False)


def markdown(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]) + "\n"


def drivers_table() -> str:
    table = pd.read_csv(HOME / "data" / "calibration" / "drivers.csv")
    rows = [["of", "what", "years", "value", "80% interval", "councils", "changes", "how"]]
    rows += [
        [
            r.measure,
            r.name,
            str(r.years),
            f"{r.value:.3f}",
            f"{r.low:.3f} to {r.high:.3f}",
            str(r.councils),
            f"{r.changes:,}",
            r.how,
        ]
        for r in table.itertuples(index=False)
    ]
    return markdown(rows)


def main(draws: int) -> None:
    table, entry = shock_table(draws), slough().central.entry("front_door.care_from_plans")
    rows = [["added by the shock", *(f"{year}, {when}" for year, when in table.columns)]]
    for name, line in table.iterrows():
        rows.append([str(name), *(f"{n:+,.0f}" if "£" in str(name) else f"{n:+.1f}" for n in np.round(line, 1) + 0.0)])
    shock = SHOCK.format(draws=draws, seed=SEED, power=entry.value, low=entry.low, high=entry.high)
    PAGE.write_text(HEAD + drivers_table() + shock + markdown(rows), encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS)
