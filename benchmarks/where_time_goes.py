"""Where the processor's time of a run goes, part by part:  python -m benchmarks.where_time_goes [DRAWS]

Slough, June 2011. Processor seconds, this process's and its children's, so that other work on the machine counts for
little; each beside a yardstick of the same run: drawing ten million random numbers. Writes docs/performance.md.
"""

import datetime
import importlib
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROUNDS, NUMBERS = 3, 10_000_000
COMMANDS = ("--help", "list", "check")
TO = Path(__file__).parent.parent / "docs" / "performance.md"
HEAD = """# Where the time goes

Made by `python -m benchmarks.where_time_goes {draws}` on {day}: Slough, June 2011, {draws:,} draws, {cores} cores.
Processor seconds, not seconds of waiting. The yardstick, measured in the same run, is one generator of NumPy drawing
ten million exponential numbers: {yardstick:.3f} s. Times hold for that machine and day; the ratios travel better.

| part | processor seconds | times the yardstick |
| --- | --- | --- |
"""


def spent() -> float:
    """Processor seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


class Parts(dict):
    """Processor seconds by part, in order."""

    def of(self, name: str, work: Callable, rounds: int = 1):
        """Do the work and note it under `name`, the least of so many rounds; gives what the work gives."""
        took = []
        for _ in range(rounds):
            began, result = spent(), work()
            took.append(spent() - began)
        self[name] = self.get(name, 0.0) + min(took)
        print(f"{name:60s} {self[name]:7.2f}", flush=True)
        return result


def draw() -> None:
    """The yardstick."""
    np.random.default_rng(0).standard_exponential(NUMBERS)


def command(word: str) -> None:
    subprocess.run([sys.executable, "-m", "forecast.cli", word], check=True, stdout=subprocess.DEVNULL)


def parts_of_a_run(parts: Parts, draws: int, folder: Path) -> None:
    """A run of the reference case, taken apart as `pipeline.run_open` puts it together."""
    import pandas as pd

    from forecast.model import projection
    from forecast.model.cases import open_case
    from forecast.questions.answer import head, scenario
    from forecast.questions.monthly import monthly_costs
    from forecast.record.io import record_told
    from forecast.runs import pipeline
    from forecast.runs.home import Home, Settings
    from forecast.runs.toolkit import DETAIL, checks_of, detail_of
    from forecast.sources import files

    home = Home.found()
    case = parts.of("reading and checking the case", lambda: open_case(home.params, home.data, "slough", "2011-06"))
    settings = Settings(draws=draws)
    base = parts.of("calibration and preparation", lambda: pipeline.prepared(case, settings))
    central = parts.of("scenario: Central", lambda: projection.project(base, case.central))
    answer, by_month, behind = head(base) | {"record": record_told(home.data.parent)}, [], {}
    checks = parts.of("how the model stands", lambda: checks_of(case, base, central))
    for slug, a in case.scenarios.items():

        def told(slug=slug, a=a) -> None:
            held = central if slug == pipeline.CENTRAL else projection.project(base, a)
            answer["scenarios"][slug] = scenario(base, held, central)
            by_month.append(monthly_costs(base, {slug: held}))
            behind[slug] = detail_of(base, held, checks)

        parts.of(f"scenario: {a.scenario.name}", told)
    matters = parts.of("what matters most", lambda: pipeline.sensitivities(case, base, central))
    answer |= matters
    whole = pd.concat(by_month, ignore_index=True)
    write = (folder, case, case.scenarios, base, central, answer, whole)
    parts.of("writing the answer, tables and charts", lambda: pipeline.write_run(*write))
    files.write_json(folder / DETAIL, behind)
    looked_at = (home.notebooks, folder, "slough/2011-06", lambda said: None)
    parts.of("notebooks, all of them", lambda: pipeline.run_notebooks(*looked_at))


def levers_moved(parts: Parts, draws: int = 1000, steps: int = 3) -> None:
    """The live page's answer to each of its levers moved a step at a time from where it stands, without a browser."""
    from forecast.case.home import find_home
    from forecast.live.live import open_live

    home = find_home()
    page = open_live(home / "params", home / "data", "slough", "2011-06", draws, 2011)
    took = []
    for step in range(1, steps + 1):
        for lever in page.levers.values():
            now, way = page.case.central.value(lever.key), step * lever.step
            began = spent()
            page.show({lever.key: now + way if now + way <= lever.high else now - way})
            took.append(spent() - began)
    for name, share in (("median", 0.5), ("95th percentile", 0.95)):
        parts[f"a lever moved on the live page, {draws:,} draws: {name} of {len(took)}"] = float(
            np.quantile(took, share)
        )


def main() -> None:
    draws, parts = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, Parts()
    parts.of("yardstick", draw, ROUNDS)
    yardstick = parts.pop("yardstick")
    for word in COMMANDS:
        parts.of(f"the command {word}, start and all", lambda word=word: command(word), ROUNDS)
    parts.of("importing the program", lambda: importlib.import_module("forecast.runs.pipeline"))
    with tempfile.TemporaryDirectory() as folder:
        parts_of_a_run(parts, draws, Path(folder))
    parts["all parts of the run, without the three commands"] = sum(list(parts.values())[len(COMMANDS) :])
    levers_moved(parts)
    rows = [f"| {name} | {took:.2f} | {took / yardstick:.1f} |" for name, took in parts.items()]
    of_this = {"draws": draws, "day": datetime.datetime.now(datetime.UTC).date(), "cores": os.cpu_count()}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    text = HEAD.format(yardstick=yardstick, **of_this) + "\n".join(rows)
    TO.write_text(f"{text}\n\nPeak memory of the process, notebooks aside: {peak:,.0f} MB.\n", encoding="utf-8")
    print(f"docs/{TO.name} is written.")


if __name__ == "__main__":
    main()
