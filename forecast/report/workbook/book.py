"""The sheets of a run's workbook, in the order of their tabs."""

from forecast.report.workbook import children, evidence, money, pot
from forecast.report.workbook.cells import Sheet
from forecast.report.workbook.control import control
from forecast.report.workbook.front import cover, notes
from forecast.report.workbook.run import Run
from forecast.report.workbook.sources import sources


def sheets_of(run: Run) -> list[Sheet]:
    """Every sheet that has rows: the cover first, the control sheet last."""
    profile, budget = money.profile(run), money.budget_months(run)
    made = [
        notes(run),
        evidence.inputs(run),
        sources(run),
        evidence.changes(run),
        evidence.history(run),
        evidence.calibration(run),
        evidence.reconciliation(run),
        profile,
        budget,
        money.ranges(run),
        money.monitoring(run, profile, budget),
        money.years(run),
        pot.scenarios(run),
        money.scenario_months(run),
        pot.contingency(run),
        pot.sensitivities(run),
        pot.levers(run),
        pot.causes(run),
        children.children(run),
    ]
    held = {sheet.name: sheet for sheet in made if sheet is not None and sheet.rows}
    held |= {(checked := control(run, held)).name: checked}
    return [cover(run, held), *held.values()]
