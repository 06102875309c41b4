"""The cost lines of the council's reports, and the groups they belong to."""

# Cost lines in the order of the council's reports: name -> (what it is called, the group it belongs to).
LINES = {
    "in_house_fostering": ("In-house fostering", "placements"),
    "kinship_fostering": ("Fostering by relatives and friends", "placements"),
    "ifa_fostering": ("Agency (IFA) fostering", "placements"),
    "fostering_service": ("Fostering service", "placements"),
    "own_homes": ("Council's own children's homes", "placements"),
    "private_residential": ("Private children's homes", "placements"),
    "residential_school": ("Residential schools and other residential", "placements"),
    "supported": ("Supported accommodation", "placements"),
    "other_placements": ("Other placements", "placements"),
    "other_lac_services": ("Other services for looked-after children", "placements"),
    "contact": ("Court-ordered contact", "contact"),
    "iro": ("Independent reviewing officers", "iro"),
    "review_administration": ("Administration of reviews and conferences", "iro"),
    "measures": ("Measures taken", "measures"),
    "uasc_grant": ("UASC grant (income)", "income"),
    "contributions": ("Health, education and other contributions (income)", "income"),
}
GROUPS = {
    "placements": "Placements",
    "contact": "Court-ordered contact",
    "iro": "IRO and administration",
    "measures": "Measures taken",
    "income": "Income",
}
# Lines (or, for the council's homes, a part of one) that cost the same whatever the children: line -> yearly cost.
SERVICES = {
    "own_homes": "costs.own_homes",
    "fostering_service": "costs.fostering_service",
    "other_lac_services": "costs.other_lac_services",
}


# Lines of the council's reports that one line of the published s251 outturn holds.
RESIDENTIAL = ("own_homes", "private_residential", "residential_school")
FOSTERING = ("in_house_fostering", "kinship_fostering", "ifa_fostering", "fostering_service")


def in_group(lines: dict, group: str):
    """Cost of the lines of one group."""
    return sum(cost for line, cost in lines.items() if LINES[line][1] == group)


def net(lines: dict):
    """Net cost of all lines, income negative."""
    return sum(lines.values())
