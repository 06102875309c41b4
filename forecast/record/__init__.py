"""How good forecasts made this way were: every past origin of a panel of councils, scored beside other methods.

In: a panel of published counts. Out: scores, ranges and the calibrated figures of the forecast.
It must never see an outturn later than its origin.
"""
