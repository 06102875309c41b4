"""How fast the engine is, against the machine's own limit, in one run:  python -m benchmarks.engine

Slough, June 2011, 60 months, LAC and CP together, with practice drift and uncertain rates. The limit is the time this
machine needs to draw the same number of random numbers and do nothing else: numpy's generator on as many threads.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from forecast.case.home import find_home
from forecast.case.months import months_between
from forecast.demand import caseload
from forecast.demand.pathways import engine
from forecast.model import projection
from forecast.model.cases import open_case

DRAWS, SEED, ROUNDS = 10_000, 2011, 5
MONTHS = months_between("2011-06", "2016-05")


def groups():
    """The two groups of the reference case, ready to run for 60 months."""
    home = find_home()
    case = open_case(home / "params", home / "data", "slough", "2011-06")
    base = projection.prepare(case.central, case.evidence, 1000, SEED)
    for name, fit in (("lac", base.lac), ("cp", base.cp)):
        starts = np.tile(base.streams[name].expected.mean(axis=0), (len(MONTHS), 1))
        spread = caseload.practice(fit, DRAWS, len(MONTHS), projection._generators(SEED, name))
        stream = caseload.master_stream(fit, starts, base.norms[name].family)
        yield fit, base.norms[name], stream, starts, spread


def live(ready, threads: int) -> list:
    return [
        caseload.simulate(fit, norms, stream, starts, spread, np.ones(starts.shape), MONTHS, SEED, threads)
        for fit, norms, stream, starts, spread in ready
    ]


def drawn(ready, paths) -> tuple[int, int]:
    """Random numbers the run used: uniforms and exponentials (counted from what it did)."""
    uniforms = exponentials = 0
    for (fit, _norms, stream, _starts, _spread), path in zip(ready, paths, strict=True):
        children, family = int(path.starts.sum()), stream.children_per_family
        families = children / family
        exponentials += DRAWS * fit.opening.children + children + int(families) + DRAWS * len(MONTHS)
        uniforms += DRAWS + int(2 * families) + children
    return uniforms, exponentials


def limit(uniforms: int, exponentials: int, threads: int) -> float:
    """Seconds to draw as many numbers with numpy's generator on `threads` threads, in blocks that stay in cache."""
    block = 1 << 15

    def part(number: int) -> None:
        generator, room = np.random.default_rng([SEED, number]), np.empty(block)
        for _ in range(exponentials // threads // block):
            generator.standard_exponential(out=room)
        for _ in range(uniforms // threads // block):
            generator.random(out=room)

    with ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        list(pool.map(part, range(threads)))
        return time.perf_counter() - began


def median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def timed(work) -> tuple[float, object]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def first_call(ready) -> float:
    """Seconds of the first call in this process: a compile, or a load from the cache."""
    small = [
        (f, n, s, x, type(p)(p.start_factor[:2], p.leave_factor[:2], p.start_rate[:2], p.leave_rate[:2], p.demand[:2]))
        for f, n, s, x, p in ready
    ]
    return timed(lambda: live(small, 1))[0]


def main() -> None:
    began = time.perf_counter()
    compiled = bool(engine._run_draws.signatures)
    ready = list(groups())
    print(
        f"calibration and preparation        {time.perf_counter() - began:6.2f} s (engine compiled before: {compiled})"
    )
    print(f"first small call after it          {first_call(ready):6.2f} s")
    one, both = timed(lambda: live(ready, 1))[1], timed(lambda: live(ready, 2))[1]
    same = all(
        np.array_equal(a, b)
        for p, q in zip(one, both, strict=True)
        for a, b in zip(vars(p).values(), vars(q).values(), strict=True)
    )
    print(f"same numbers on 1 and 2 threads    {same}")
    print(f"identity breaks                    {sum(path.breaks() for path in both)}")
    uniforms, exponentials = drawn(ready, both)
    for threads in (1, 2):
        pairs = [
            (timed(lambda: live(ready, threads))[0], limit(uniforms, exponentials, threads)) for _ in range(ROUNDS)
        ]
        ran, floor = median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs])
        share = median([low / high for high, low in pairs])
        print(
            f"{threads} thread(s): {DRAWS:,} draws x {len(MONTHS)} months  {ran:6.3f} s; "
            f"{(uniforms + exponentials) / 1e6:.0f} million random numbers alone {floor:6.3f} s; ratio {share:.0%}"
        )


if __name__ == "__main__":
    main()
