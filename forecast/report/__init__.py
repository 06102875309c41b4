"""Words, pictures, tables, paper and workbook of a run.

In: a published run. Out: sentences, charts with alternative text, documents.
It must never compute a figure of its own.
"""
