"""Pounds: what the children cost by line and month, against the budget and the contingency.

In: the work that children bring, prices, the budget. Out: cost lines, variance, call, chance.
It must never change a child.
"""
