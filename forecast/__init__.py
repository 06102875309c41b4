"""Demand and budget forecasting for children's services.

case = forecast.open_case("slough", "2011-06")
case.population().plot()
future = case.change({"levers.births": 1.1}).simulate(draws=10_000, seed=2011)
forecast.compare({"central": case.simulate(), "births": future})
"""

import os

# Many small sums, and threads of our own: threads of OpenBLAS would only wait for each other. Before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.3.0"
__all__ = ["compare", "notebook", "open_case", "open_run", "open_sweep"]


def __getattr__(name: str):
    """The face, imported when it is first asked for, so that a room below never pulls in one above."""
    if name in __all__:
        import importlib

        return getattr(importlib.import_module("forecast.runs.toolkit"), name)
    raise AttributeError(f"module 'forecast' has no attribute {name!r}")
