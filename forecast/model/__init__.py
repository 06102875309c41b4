"""The method end to end: a case is opened, its steps are chained, once for each scenario.

In: a case and its proven tables. Out: one projection a scenario, draw by draw.
It must never write a file.
"""
