"""What is asked of projections: the answer, differences, causes that sum, what matters, what is enough.

In: projections of one or more scenarios. Out: figures for the answer and its tables.
It must never own a rule of its own for the budget.
"""
