"""Many councils and scenarios at once, each kept as soon as it is known: a sweep goes on where it stopped.

A council's scenarios share its children, so a council and month is one piece of work, on this machine's cores or on a
Dask cluster. Each piece is one Parquet file of the sweep's folder, written whole or not at all.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import numpy as np
import pandas as pd

from forecast.case import freeze
from forecast.case.errors import BadInput
from forecast.case.home import typed
from forecast.model.cases import OpenCase, open_case
from forecast.model.projection import Base, Projection, prepare, project
from forecast.questions.region import together
from forecast.record.parallel import leave_with_parent
from forecast.sources.cards import fingerprint
from forecast.sources.files import write_whole

RANGE = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
SHARES = np.linspace(0, 1, 101)  # percentiles, of which a total of councils is made
MISSES = {
    "lac_at_year_end": "lac",
    "cp_at_year_end": "cp",
    "call": "lac_spend",
    "variance": "lac_spend",
}  # of the record
TOTAL_DRAWS = 10_000
TRIES = 3  # a piece whose worker is lost so often is given up
LOST = "its worker was lost again and again: too little memory?"


@dataclass(frozen=True)
class Asked:
    """What is swept: (council, month) pairs, scenarios (all if none is named), draws and seed."""

    cases: tuple[tuple[str, str], ...]
    scenarios: tuple[str, ...]
    draws: int
    seed: int

    def part(self, out: Path, case: OpenCase) -> Path:
        """The file of one piece. Other draws or another seed go to another folder; a case that was changed, or other
        scenarios of it, to another file."""
        said = [freeze(a) for a in case.scenarios.values()] + [card.sha256 for card in case.cards.values()]
        mark = fingerprint("".join(said).encode("utf-8"))[:12]
        name = f"{case.central.case.council}_{case.central.case.month}_{mark}.parquet"
        return out / f"draws={self.draws}" / f"seed={self.seed}" / name


def sweep(
    params: Path, data: Path, out: Path, asked: Asked, workers: int, cluster: str | None, tell: Callable[[str], None]
) -> tuple[int, dict[str, str]]:
    """Work out every piece that is not kept yet; how many there are now, and council and month -> why it failed.

    workers, cluster  processes of this machine, or the address of a Dask scheduler
    """
    failed, opened, parts, kept = {}, {}, {}, 0
    for council, month in asked.cases:
        name = f"{council} {month}"
        try:
            case = _chosen(open_case(params, data, council, month), asked.scenarios)
        except BadInput as fault:
            failed[name] = str(fault).splitlines()[0]
            continue
        parts[name] = asked.part(out, case)
        if parts[name].exists():
            kept += 1
        else:
            opened[name] = case
    tell(f"{len(asked.cases)} councils and months, {kept} of them kept already")
    began = time.monotonic()
    for done, (name, rows) in enumerate(_worked_out(opened, asked, workers, cluster), start=1):
        if isinstance(rows, str):
            failed[name] = rows
        else:
            _keep(parts[name], rows)
            kept += 1
        spent = time.monotonic() - began
        tell(f"{done} of {len(opened)}: {name}; about {spent / done * (len(opened) - done) / 60:.0f} minutes left")
    return kept, failed


def council_rows(case: OpenCase, draws: int, seed: int) -> list[dict]:
    """One row a scenario of one council: children, call and chance at the end of the budget year."""
    base = prepare(case.central, case.evidence, draws, seed, threads=1, ledger=case.ledger).to_year_end
    return [_row(base, project(base, a)) | {"draws": draws, "seed": seed} for a in case.scenarios.values()]


def read(folder: Path, scenario: str) -> pd.DataFrame:
    """The rows of one scenario of a sweep, a council each. Raises BadInput where there is none, or a council twice."""
    import duckdb

    if not next(folder.rglob("*.parquet"), None):
        raise BadInput(f"there is no sweep in {folder.name}. Make it with: {typed('sweep --all')}")
    files = duckdb.read_parquet(f"{folder.as_posix()}/**/*.parquet", union_by_name=True, hive_partitioning=False)
    held = files.df().sort_values("area", ignore_index=True)
    rows = held[held["scenario"] == scenario].reset_index(drop=True)
    if rows.empty:
        raise BadInput(f"the sweep holds no scenario {scenario}. It holds: {', '.join(sorted(set(held['scenario'])))}")
    if (twice := rows["council"].duplicated()).any():
        name = rows["area"][twice].iloc[0]
        raise BadInput(
            f"the sweep holds {name} more than once: of several months, draws or seeds. Give the folder of one"
        )
    return rows


def totals(rows: pd.DataFrame, record: pd.DataFrame) -> pd.DataFrame:
    """What councils come to together at the year's end: a row a figure, with its range under the misses that councils
    were found to share, and as it would be were their misses each council's own, or one and the same.

    record  the correlation of misses by measure and years ahead (data/calibration/record_together.csv)
    """
    shared, made = record[record["horizon"] == "1"].set_index("measure")["correlation"].astype(float), []
    for figure, measure in MISSES.items():
        held, row = np.stack(rows[f"{figure}_percentiles"].to_list()), {"figure": figure}
        row |= {"mean": rows[f"{figure}_mean"].sum(), "correlation": shared[measure]}
        for name, correlation in {"": shared[measure], "apart_": 0.0, "as_one_": 1.0}.items():
            total = together(held, correlation, TOTAL_DRAWS, int(rows["seed"].iloc[0]))
            row |= {f"{name}{at}": float(np.quantile(total, share)) for at, share in RANGE.items()}
        made.append(row)
    return pd.DataFrame(made).set_index("figure")


def _chosen(case: OpenCase, scenarios: tuple[str, ...]) -> OpenCase:
    kept = {slug: a for slug, a in case.scenarios.items() if not scenarios or slug == "central" or slug in scenarios}
    if unknown := sorted(set(scenarios) - set(kept)):
        raise BadInput(f"there is no scenario {unknown[0]}. Those held are: {', '.join(case.scenarios)}")
    return replace(case, scenarios=kept)


def _row(base: Base, held: Projection) -> dict:
    case, drawn = held.assumptions.case, held.drawn
    about = {"council": case.council, "area": case.area, "la_code": case.la_code or "", "month": case.month}
    row = about | {"scenario": held.assumptions.scenario.slug, "year": case.financial_year}
    last = held.forecast_months.index(base.year[-1])
    for group in ("lac", "cp"):
        row[f"{group}_now"] = int(getattr(base, group).opening.children)
        row |= _spread(f"{group}_at_year_end", getattr(held, group).stock[:, last].sum(axis=1))
    row |= {"contingency": drawn.amount, "chance_holds": drawn.chance}
    return row | _spread("call", drawn.at_year_end) | _spread("variance", drawn.variance)


def _spread(name: str, draws: np.ndarray) -> dict[str, float]:
    """The mean, the 80% range and every percentile from the least to the most (a list)."""
    spread = {f"{name}_mean": float(draws.mean())}
    spread |= {f"{name}_{at}": float(np.quantile(draws, share)) for at, share in RANGE.items()}
    return spread | {f"{name}_percentiles": np.quantile(draws, SHARES).tolist()}


def _safely(case: OpenCase, draws: int, seed: int) -> list[dict] | str:
    """The rows, or the sentence that says why there are none, so that one council does not stop the rest."""
    try:
        return council_rows(case, draws, seed)
    except BadInput as fault:
        return str(fault).splitlines()[0]
    except Exception as fault:  # whatever it is, the other councils are worked out
        return f"the program failed on it ({type(fault).__name__})"


def _worked_out(
    opened: dict[str, OpenCase], asked: Asked, workers: int, cluster: str | None
) -> Iterator[tuple[str, list[dict] | str]]:
    """Name and rows of each piece, as each becomes ready, whoever did it."""
    if cluster:
        yield from _on_cluster(opened, asked, cluster)
    elif workers == 1:
        yield from ((name, _safely(case, asked.draws, asked.seed)) for name, case in opened.items())
    else:
        yield from _on_cores(opened, asked, workers)


def _on_cores(opened: dict[str, OpenCase], asked: Asked, workers: int) -> Iterator[tuple[str, list[dict] | str]]:
    """On processes of this machine. One that is lost has its piece begun again by another, and no other piece."""
    waiting, done = deque((name, TRIES) for name in opened), SimpleQueue()

    def serve() -> None:
        pool = _process()
        with suppress(IndexError):  # nothing waits any more
            while True:
                name, tries = waiting.popleft()
                try:
                    rows = pool.submit(_safely, opened[name], asked.draws, asked.seed).result()
                except BrokenProcessPool:
                    pool = _process()
                    if tries > 1:
                        waiting.append((name, tries - 1))
                        continue
                    rows = LOST
                done.put((name, rows))
        pool.shutdown()

    for _ in range(min(workers, len(opened))):
        Thread(target=serve, daemon=True).start()
    yield from (done.get() for _ in opened)


def _process() -> ProcessPoolExecutor:
    """One process of this machine, which leaves when this one does."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=leave_with_parent)


def _on_cluster(opened: dict[str, OpenCase], asked: Asked, address: str) -> Iterator[tuple[str, list[dict] | str]]:
    """On a Dask cluster, which begins anew by itself what a lost worker had in hand."""
    import distributed

    with distributed.Client(address, set_as_default=False) as client:
        at = {
            client.submit(_safely, case, asked.draws, asked.seed, pure=False, retries=TRIES): name
            for name, case in opened.items()
        }
        ready = distributed.as_completed(list(at), loop=client.loop, with_results=True, raise_errors=False)
        for future, rows in ready:
            yield at.pop(future), LOST if future.status == "error" else rows
            future.release()  # a worker that is lost later takes nothing with it that is here already


def _keep(part: Path, rows: list[dict]) -> None:
    part.parent.mkdir(parents=True, exist_ok=True)
    write_whole(part, pd.DataFrame(rows).to_parquet(index=False))
    for old in part.parent.glob(f"{part.name.rsplit('_', 1)[0]}_*.parquet"):
        if old != part:
            old.unlink()  # of a case that was changed since
