"""The assumptions as an Excel workbook: written as a template, filled in by hand, read back under the same checks."""

from forecast.workbook.filled import read_workbook
from forecast.workbook.template import write_template
from forecast.workbook.yaml_files import to_yaml

__all__ = ["read_workbook", "to_yaml", "write_template"]
