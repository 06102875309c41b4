"""The same work on one core, on several, or on a cluster: results in the order of the tasks, whoever did them."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process

SEED_BYTES = 6


def spread(work: Callable, tasks: list, workers: int = 1, cluster: str | None = None) -> Iterator:
    """Each task's result, in order, as it becomes ready.

    work     a function of the module level and picklable arguments (functools.partial of one)
    workers  processes on this machine; 1 works in this process
    cluster  address of a Dask scheduler, such as tcp://host:8786, which then does the work instead
    """
    if cluster:
        yield from _on_cluster(work, tasks, cluster)
    elif workers == 1:
        yield from map(work, tasks)
    else:
        # spawned, so that every system does the same and no thread is copied half way
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=leave_with_parent) as pool:
            yield from pool.map(work, tasks)


def leave_with_parent() -> None:
    """A worker whose parent is killed would work on for minutes, unseen: it leaves with it."""

    def watch() -> None:
        parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _on_cluster(work: Callable, tasks: list, address: str) -> Iterator:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        for future in client.map(work, tasks, pure=False):
            yield future.result()


def number(*parts) -> int:
    """A seed of its own for each council, measure and origin, whichever machine works on it."""
    text = " ".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:SEED_BYTES], "big")
