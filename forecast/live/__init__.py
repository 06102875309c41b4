"""The live page: levers that a person moves, and the answer that follows.

In: a case. Out: the headline, chart and table of the levers' values; a scenario saved as YAML.
It must never have a central case of its own.
"""
