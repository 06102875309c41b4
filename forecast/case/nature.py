"""What an assumption can be: the causes of change and what they move. Which key is which stands in the catalogue."""

CAUSES = (  # in the order in which a change is told
    "births",
    "migration",
    "deaths",
    "start rates",
    "length of stay",
    "placement mix",
    "prices",
    "practice",
    "measures",
    "commitments and budget",
)
TIMING = "timing"  # when levers act: it belongs to every cause that it times
INTERACTION = "interaction"
ACTS_ON = ("fit", "population", "care", "cost", "care and cost", "contingency", "report")
