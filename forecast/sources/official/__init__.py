"""Official downloads, as their publishers lay them out: what a new council's case is made from.

`kinds` (what the files are, as data), `tables` (files of figures by council and year), `workbooks` (the ONS's and
MHCLG's), `folder` (all of a folder, one figure each), `places` (councils and their codes), `children`, `starting` (what
a case starts from), `writing` (the case, its tables and their cards).
"""
