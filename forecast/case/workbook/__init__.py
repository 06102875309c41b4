"""The assumptions as an Excel workbook: written as a template, filled in by hand, read back under the same checks."""

from forecast.case.workbook.filled import read_workbook
from forecast.case.workbook.template import write_template
from forecast.case.workbook.yaml_files import to_yaml

__all__ = ["read_workbook", "to_yaml", "write_template"]
