"""The monthly cycle: what has come is read and checked, every scenario runs anew, and what moved is explained.

council.py   a council folder and what is held of it, as a case that stands at the last month
movement.py  what moved since last month, in pounds and children, by cause
alarm.py     do the latest months still fit?
summary.py   one screen for the officer: text, HTML, JSON
door.py      `forecast refresh` and `forecast replay`: files, locks and exit codes
"""
