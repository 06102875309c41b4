"""What every reader of child-level returns shares; a return's own package names its columns, codes and rules as data.

`files` finds and opens, `sheets` and `xml` read text strictly, `days` reads dates and years, `counts` counts.
"""
