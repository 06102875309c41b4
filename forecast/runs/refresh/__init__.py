"""The monthly cycle: what has come is read and checked, every scenario runs anew, and what moved is explained.

data_cut.py  what is known at the end of a month, as a case
movement.py  what moved since last month, in pounds and children, by cause
alarm.py     do the latest months still fit?
summary.py   one screen for the officer: text, HTML, JSON
io.py        `forecast refresh` and `forecast replay`: files, locks and exit codes
"""
