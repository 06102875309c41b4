"""Runs: made in staging, published in one step, kept, compared, refreshed each month.

In: a case and what has arrived. Out: a published folder with its manifest, and the history of runs.
It must never leave half a result.
"""
