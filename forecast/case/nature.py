"""What each assumption is: the cause of change it belongs to."""

# Cause -> beginnings of the keys it owns; the longest beginning decides. Every key of the catalogue belongs to one.
CAUSES = {
    "births": ("population.births_growth", "levers.births"),
    "migration": ("migration.", "levers.moves_in", "levers.family_streams"),
    "deaths": ("population.deaths",),
    "start rates": (
        "levers.lac_starts",
        "levers.cp_starts",
        "shock.lac_starts",
        "shock.cp_starts",
        "rates.",
        "trend.",
        "drift.",
        "families.",
        "breaks.",
    ),
    "length of stay": ("levers.lac_leaving", "levers.cp_leaving", "shock.cp_ends"),
    "placement mix": ("placements.", "levers.residential", "levers.in_house_places"),
    "prices": ("prices.", "costs.", "income.", "ledger.", "levers.placement_prices"),
    "practice": ("contact.", "iro.", "reviews.", "proceedings.", "levers.contact_sessions", "levers.iro_hours"),
    "measures": ("measure.",),
    "commitments and budget": ("budget.", "disclosure."),
}
TIMING = (
    "levers.starts_after",
    "levers.ramp",
    "levers.lasts",
    "levers.half_life",
    "shock.begins_after",
    "shock.lasts",
    "measure.effect",
)
INTERACTION = "interaction"
