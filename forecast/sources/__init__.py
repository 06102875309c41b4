"""Files as people hold them, read strictly: published tables with cards, returns, monthly arrivals, ledgers.

In: files. Out: proven tables; of child-level files only counts, the rows are dropped.
It must never guess.
"""

import pandas as pd

pd.options.mode.string_storage = "python"  # for tables of some thousand rows a third faster than Arrow's strings
