"""What an Annex A says, for machines."""

from datetime import date

from forecast.sources.annex_a import codes
from forecast.sources.annex_a.tables import STOCKS, AnnexA

SCHEMA = "forecast-annex-a-1"


def summary(annex: AnnexA, days: list[date]) -> dict:
    """Stocks on the lists' own day and on the days asked for, the front door of six months, and the quality table.

    Raises BadInput for a day that the lists do not cover.
    """
    wanted = sorted({annex.last_day, *days})
    return {
        "schema": SCHEMA,
        "name": annex.name,
        "from": annex.first_day.isoformat(),
        "to": annex.last_day.isoformat(),
        "dated": annex.dated,
        "warnings": annex.warnings(),
        "lists": list(annex.lists),
        "not_there": [number for number in codes.LISTS if number not in annex.lists],
        "stock": {
            day.isoformat(): {what: stock for what in STOCKS if (stock := annex.stock(day, what))} for day in wanted
        },
        "front_door": annex.front_door().to_dict("records"),
        "quality": annex.quality().to_dict("records"),
    }
