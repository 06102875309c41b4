"""Children: how many there will be, by age, month, state and draw, and the meetings they bring.

In: assumptions and the published figures of one council. Out: population, starts, stock, child-days, reviews.
It must never know a pound.
"""
