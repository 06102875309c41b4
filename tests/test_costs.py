"""Cost by line: one small council worked by hand, then prices, days, directions and sums."""

from calendar import monthrange
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast.case.lines import FOSTERING, GROUPS, LINES, RESIDENTIAL
from forecast.demand.placements import PLACEMENTS
from forecast.demand.workload import Workload
from forecast.model.projection import costed
from forecast.money.activity import activity_of
from forecast.money.costs import beside, by_year, contributions, net, uasc_placements
from forecast.money.plan import STREAMS, CostPlan, Setting, Values, read_costs

FEBRUARY = "2011-02"  # 28 days: four weeks exactly, and 28/365.25 of a year
INCOME = [line for line, (_, group) in LINES.items() if group == "income"]

# 20 children: 2 under 1, 3 aged 1-4, 4 aged 5-9, 6 aged 10-15, 5 aged 16-17. Where they live, by age band:
#   fostering 2, 2, 3, 2, 2 = 11   placed for adoption 1 aged 1-4   with parents 1 aged 5-9
#   residential 3 aged 10-15 and 1 aged 16-17 = 4   residential school 1 aged 10-15
#   supported 1, other 1, both aged 16-17
CHILDREN = np.array([2.0, 3, 4, 6, 5])
LIVING = {
    "fostering": [2, 2, 3, 2, 2],
    "placed_for_adoption": [0, 1, 0, 0, 0],
    "with_parents": [0, 0, 1, 0, 0],
    "residential": [0, 0, 0, 3, 1],
    "residential_school": [0, 0, 0, 1, 0],
    "supported": [0, 0, 0, 0, 1],
    "other": [0, 0, 0, 0, 1],
}
PRICES = {  # pounds a child and week, of 2010-11
    "in_house_fostering": 300,
    "kinship_fostering": 150,
    "ifa_fostering": 700,
    "own_home": 140,
    "private_residential": 2_800,
    "residential_school": 1_400,
    "supported": 420,
    "with_parents": 10,
    "placed_for_adoption": 20,
    "other_placement": 500,
}
YEARLY = {  # pounds a year, of 2010-11: multiples of 365.25, so that a day costs a round sum
    "costs.own_homes": 365_250,
    "costs.fostering_service": 730_500,
    "costs.other_lac_services": 109_575,
    "measure.set_up": 7_000,
    "measure.running": 36_525,
    "measure.place_upkeep": 3_652.5,
    "contact.in_house_cost": 36_525,
    "iro.post_cost": 36_525,
    "iro.admin_post_cost": 18_262.5,
}
HOURLY = {"contact.agency_hour": 35, "contact.travel": 10, "measure.allowance": 100}
OTHER = {
    "measure.allowed_share": 0.5,
    **dict.fromkeys((f"measure.from_{stream}" for stream in STREAMS), 0.0),
    "placements.in_house_fostering_places": 6,
    "placements.own_home_places": 3,
    "placements.kinship_share": 0.1,
    "costs.new_placement_price": 1,
    "families.cp": 2,
    "contact.sessions_under_1": 5,
    "contact.sessions_1_4": 3,
    "contact.sessions_5_9": 2,
    "contact.sessions_10_15": 1,
    "contact.sessions_16_17": 0.5,
    "contact.sessions_after_order": 7.305,
    "contact.hours_a_session": 2,
    "contact.children_a_session": 1.25,
    "contact.in_house_hours": 20,
    "iro.hours_a_lac_review": 8,
    "iro.hours_a_conference": 9,
    "iro.admin_hours_a_lac_review": 4,
    "iro.admin_hours_a_conference": 8,
    "iro.hours_a_post": 1_461,
    "iro.agency_premium": 1.4,
    "iro.posts": 1,
    "iro.admin_posts": 1.5,
    "income.uasc_under_16": 665,
    "income.uasc_16_17": 497,
    "income.residential_share": 0.1,
    "income.fostering_share": 0.01,
    "prices.pay": 0,
    "prices.placements": 0,
    "prices.general": 0,
    "drift.unit_cost": 1,
    "workforce.caseload": 20,
    "workforce.other_cases": 68,
    "workforce.held": 4,
    "workforce.vacancies": 1,
    "workforce.agency_premium": 1.5,
    "workforce.managers": 0.5,
    "workforce.manager_grade": 1.2,
    "workforce.recruits": 2,
    "workforce.induction": 0.2,
    "budget.workforce_in_call": 1,
    "budget.legal_in_call": 0.75,
}
UASC_SHARE = np.array([0, 0, 0, 0.25, 0.4])
ORDINARY = {
    f"costs.{line}": price
    for line, price in zip(
        (
            "remand",
            "special_guardianship",
            "adoption_allowances",
            "arrangement_allowances",
            "leaving_care",
            "staying_put",
            "joint_funding",
        ),
        (36_525.0, 73_050, 109_575, 18_262.5, 146_100, 7_305, 14_610),
        strict=True,
    )
}  # £100, £200, £300, £50, £400, £20 and £40 a day
ORDINARY |= {"costs.legal": 150, "costs.social_worker": 36_525}
PRICED = {f"costs.{name}": price for name, price in PRICES.items()} | YEARLY | HOURLY | ORDINARY


def plan(**changed) -> CostPlan:
    """The small council's prices and norms; `changed` keys are written with __ for the dot."""
    held = PRICED | OTHER | {key.replace("__", "."): value for key, value in changed.items()}
    return read_costs(Values(held, {key: "2010-11" if key in PRICED else None for key in held}, {}))


def setting(months: int, **changed) -> Setting:
    mix = np.array([LIVING[name] for name in PLACEMENTS], float).T / CHILDREN[:, None]
    plain = Setting(
        mix=mix,
        residential=np.ones(months),
        new_share=np.zeros(months),
        added_places=np.zeros(months),
        contact_lever=np.ones(months),
        price_lever=np.ones(months),
        iro_lever=np.ones(months),
        case_lever=np.ones(months),
        measure_begins=np.zeros(months),
        measure_months=np.ones(months),
        drift=np.zeros(months),
        starts_per_icpc=0.8,
    )
    return replace(plain, **changed)


def work(months: list[str], children: np.ndarray = CHILDREN) -> Workload:
    """The small council's children and events, the same every day: those of February, 28 days, at hand."""
    days = np.array([monthrange(int(month[:4]), int(month[5:]))[1] for month in months], float)
    in_proceedings = np.minimum(children, [2.0, 1, 0, 0, 0])  # both babies, and one child aged 1-4
    by_band = [days[:, None] * counted for counted in (children, in_proceedings)]
    events = [days / 28 * count for count in (4, 12, 2, 6)]  # LAC reviews, plans started, transfers in, CP reviews
    alike = [days * 12, days / 28 * 2, days * 0]  # 12 children on plans, 2 come into care, no measure took any out
    return Workload(months, *(part[None] for part in [*by_band, *events, by_band[0] * UASC_SHARE, *alike]))


def one_month(month: str = FEBRUARY, changed: dict | None = None, **set_to) -> dict[str, float]:
    lines = costed(work([month]), plan(**(changed or {})), setting(1, **set_to))
    return {line: np.asarray(cost).item() for line, cost in lines.items()}


# --- every line by hand, February 2011, prices of its own year ----------------------------------------------------------

BY_HAND = {
    # 11 foster children, 1.1 with relatives; of the other 9.9, 6 fill the council's places and 3.9 overflow to agencies
    "in_house_fostering": 7_200,  # 6 x 4 weeks x £300
    "kinship_fostering": 660,  # 1.1 x 4 x £150
    "ifa_fostering": 10_920,  # 3.9 x 4 x £700
    "fostering_service": 56_000,  # £2,000 a day x 28
    # 4 in children's homes: 3 fill the council's own, 1 goes to a private one
    "own_homes": 29_680,  # 3 x 4 x £140 = 1,680, and £1,000 a day x 28
    "private_residential": 11_200,  # 1 x 4 x £2,800
    "residential_school": 5_600,  # 1 x 4 x £1,400
    "supported": 1_680,  # 1 x 4 x £420
    "other_placements": 2_120,  # with parents 1 x 4 x £10, adoption 1 x 4 x £20, other 1 x 4 x £500
    "other_lac_services": 8_400,  # £300 a day x 28
    "remand": 0,  # from April 2013
    # Sessions in proceedings: 2 babies x 4 weeks x 5 + 1 child x 4 x 3 = 52. After the order: 17 children x 28 days = 476
    # child-days, 7.305/365.25 = 0.02 a day: 9.52. 61.52 in 1.25s: 49.216. Hours 98.432, of which 20 x 4 in-house: 18.432 bought
    "contact": 3_937.28,  # £100 a day x 28 = 2,800; 18.432 x £35 = 645.12; 49.216 x £10 = 492.16
    # Conferences: (12 - 2)/0.8/2 = 6.25 initial, 2/2 = 1 transfer, 6/2 = 3 review: 10.25
    # IRO hours 4 x 8 + 10.25 x 9 = 124.25; a post gives 1,461 x 28/365.25 = 112: 1.109375 posts needed, 1 held
    "iro": 3_228.75,  # £100 a day x 28 x (1 + 0.109375 x 1.4)
    # Hours 4 x 4 + 10.25 x 8 = 98: 0.875 posts needed, 1.5 held and paid
    "review_administration": 2_100,  # 1.5 x £50 a day x 28
    "legal": 1_350,  # 3 children in proceedings x 4 weeks x £150, of which the call knows three quarters
    "special_guardianship": 5_600,  # £200 a day x 28, and so on
    "adoption_allowances": 8_400,
    "arrangement_allowances": 1_400,
    "leaving_care": 11_200,
    "staying_put": 560,
    # 20 looked after, 12 on plans and 68 others at 20 each: 5 posts, 4 held, 1 of them vacant: 3 own and 2 of agencies at
    # half as much again; half a manager at 1.2; 2 recruits at 0.2: 7 posts in all
    "social_workers": 19_600,  # £100 a day x 28 x 7
    "measures": 2_800,  # £100 a day x 28; set up in another month
    # UASC: 6 x 0.25 = 1.5 aged 10-15 at £665 and 5 x 0.4 = 2 aged 16-17 at £497, 4 weeks
    "uasc_grant": -7_966,  # 3,990 + 3,976
    # 10% of homes and schools (29,680 + 11,200 + 5,600 = 46,480) and 1% of fostering (7,200 + 660 + 10,920 + 56,000 = 74,780)
    "contributions": -5_395.8,  # 4,648 + 747.80
    "joint_funding": -1_120,  # £40 a day x 28
}


def test_every_line_has_a_hand_worked_figure():
    assert list(BY_HAND) == list(LINES)


def test_drift_moves_placements_and_what_is_met_of_them_alone():
    """A log change of log 1.1, felt by half: placements cost 1.1 ** 0.5 times as much, and so do contributions."""
    plain, moved = one_month(), one_month(drift=np.full(1, np.log(1.1)), changed={"drift__unit_cost": 0.5})
    placed = {line for line, (_, group) in LINES.items() if group == "placements"} | {"contributions"}
    for line, cost in plain.items():
        assert moved[line] == pytest.approx(cost * (1.1**0.5 if line in placed else 1)), line


@pytest.mark.parametrize("line", LINES)
def test_a_line_by_hand(line):
    assert one_month()[line] == pytest.approx(BY_HAND[line], abs=1e-6)


def test_gross_and_income_make_net():
    # Gross: 193,636.03 from the lines above; income 14,481.80; net 179,154.23
    lines = one_month()
    gross = sum(cost for line, cost in lines.items() if line not in INCOME)
    assert gross == pytest.approx(193_636.03, abs=0.005)
    assert sum(lines[line] for line in INCOME) == pytest.approx(-14_481.80, abs=0.005)
    assert net(lines) == pytest.approx(179_154.23, abs=0.005)


def test_every_line_is_in_a_group():
    assert {group for _, group in LINES.values()} == set(GROUPS)


# --- places and overflow ------------------------------------------------------------------------------------------------


def test_added_places_move_children_from_agencies():
    # 2 more places: 2 x 4 weeks move from £700 to £300, £3,200 less
    before, after = one_month(), one_month(added_places=np.array([2.0]))
    assert after["in_house_fostering"] - before["in_house_fostering"] == pytest.approx(2_400)
    assert after["ifa_fostering"] - before["ifa_fostering"] == pytest.approx(-5_600)


def test_empty_places_cost_nothing_and_hold_no_one():
    # 9.9 children for 50 places: none with agencies, 9.9 x 4 x £300 = 11,880
    lines = one_month(changed={"placements__in_house_fostering_places": 50, "placements__own_home_places": 50})
    assert (lines["in_house_fostering"], lines["ifa_fostering"]) == pytest.approx((11_880, 0))
    assert (lines["own_homes"], lines["private_residential"]) == pytest.approx((28_000 + 4 * 4 * 140, 0))


def test_the_marginal_child_costs_more_than_the_average_one():
    """One more child aged 5-9 lives with foster parents 3 times in 4, all of it at agency price but for relatives."""
    more = work([FEBRUARY], CHILDREN + [0, 0, 1, 0, 0])
    lines = costed(more, plan(), setting(1))
    # 0.75 x 0.9 x 4 x £700 = 1,890 at agencies; 0.75 x 0.1 x 4 x £150 = 45 with relatives; in-house full
    assert lines["ifa_fostering"].item() - BY_HAND["ifa_fostering"] == pytest.approx(1_890)
    assert lines["kinship_fostering"].item() - BY_HAND["kinship_fostering"] == pytest.approx(45)
    assert lines["in_house_fostering"].item() == pytest.approx(BY_HAND["in_house_fostering"])


# --- contact, reviews, conferences ------------------------------------------------------------------------------------


def test_contact_inside_the_in_house_block_is_not_bought():
    # 30 hours a week x 4 = 120 for 98.432 needed: 2,800 + 492.16
    assert one_month(changed={"contact__in_house_hours": 30})["contact"] == pytest.approx(3_292.16)


def test_all_hours_beyond_the_block_are_bought():
    # Sessions up by half: 73.824, 147.648 hours, 67.648 bought: 2,800 + 2,367.68 + 738.24
    assert one_month(contact_lever=np.array([1.5]))["contact"] == pytest.approx(5_905.92)


def test_iro_hours_up_by_a_fifth():
    # 149.1 hours need 1.33125 posts: 2,800 x (1 + 0.33125 x 1.4); administration 117.6 hours need 1.05 of 1.5 held
    lines = one_month(iro_lever=np.array([1.2]))
    assert (lines["iro"], lines["review_administration"]) == pytest.approx((4_098.5, 2_100))


def test_posts_held_beyond_the_need_are_paid():
    assert one_month(changed={"iro__posts": 3})["iro"] == pytest.approx(8_400)  # 3 x £100 x 28


# --- prices -----------------------------------------------------------------------------------------------------------

# What each line costs in April 2011 (30 days) if only one index is 10%: the priced share of the February figure x 30/28 x 1.1
PAY = [
    "in_house_fostering",
    "kinship_fostering",
    "fostering_service",
    "other_lac_services",
    "iro",
    "review_administration",
]
ALLOWANCES = [line for line, (_, group) in LINES.items() if group == "allowances"]
AGENCY = ["ifa_fostering", "private_residential", "residential_school", "supported", "other_placements"]
UPRATED = {  # line -> index -> pounds of February's figure that the index moves
    **{line: {"pay": BY_HAND[line]} for line in PAY},
    **{line: {"placements": BY_HAND[line]} for line in AGENCY},
    "own_homes": {"pay": 29_680},
    "contact": {"pay": 2_800, "general": 1_137.28},
    **{line: {"general": BY_HAND[line]} for line in ("legal", *ALLOWANCES, "joint_funding")},
    "social_workers": {"pay": 19_600},
    "remand": {},
    "uasc_grant": {},
    "measures": {"pay": 2_800},
    # 10% of 29,680 and 1% of 63,860 (own fostering and relatives 7,860, service 56,000) by pay; 10% of 16,800 and 1% of 10,920
    "contributions": {"pay": -3_606.6, "placements": -1_789.2},
}


@pytest.mark.parametrize("index", ["pay", "placements", "general"])
@pytest.mark.parametrize("line", LINES)
def test_a_line_is_uprated_by_its_own_index(line, index):
    april = one_month("2011-04", {f"prices__{index}": 0.1})[line]
    moved = UPRATED[line].get(index, 0)
    assert april == pytest.approx((BY_HAND[line] + 0.1 * moved) * 30 / 28, rel=1e-9)


def test_prices_step_on_1_april_and_on_no_other_day():
    """£700 of 2010-11 at 5% a year: 700 to March 2011, 735 to March 2012, 771.75 from April 2012."""
    months = ["2010-04", "2011-03", "2011-04", "2011-12", "2012-01", "2012-03", "2012-04", "2013-03"]
    price = plan(prices__placements=0.05).weekly["ifa_fostering"].in_months(months)
    assert price == pytest.approx([700, 700, 735, 735, 735, 735, 771.75, 771.75])


def test_a_price_of_a_later_year_is_taken_back():
    # £800 of 2011-12 at 5% is 800 / 1.05 = 761.90 in 2010-11
    price = Values({"costs.p": 800, "prices.pay": 0.05}, {"costs.p": "2011-12"}, {}).price("costs.p", "prices.pay")
    price = price.in_months(["2011-03", "2011-04"])
    assert price == pytest.approx([761.904762, 800])


def test_an_index_may_differ_from_draw_to_draw():
    price = plan(prices__placements=np.array([0.0, 0.1])).weekly["ifa_fostering"].in_months(["2011-03", "2012-04"])
    assert price == pytest.approx(np.array([[700, 700], [700, 847]]))  # 700 x 1.1 x 1.1


def test_a_price_without_its_year_is_refused():
    with pytest.raises(KeyError, match="costs.p is a price and needs a price_base"):
        Values({"costs.p": 1, "prices.pay": 0}, {"costs.p": None}, {}).price("costs.p", "prices.pay")


def test_new_placements_may_be_dearer():
    """Half of the child-days in new placements, 20% dearer: agencies and homes bought cost 10% more, the council's own do not."""
    before, after = one_month(), one_month(changed={"costs__new_placement_price": 1.2}, new_share=np.array([0.5]))
    assert [after[line] / before[line] for line in AGENCY] == pytest.approx([1.1] * len(AGENCY))
    assert [after[line] / before[line] for line in PAY] == pytest.approx([1] * len(PAY))


def test_a_lever_on_prices_acts_in_its_own_month():
    months = ["2011-05", "2011-07"]  # 31 days each
    lines = costed(work(months), plan(), setting(2, price_lever=np.array([1, 0.9])))
    assert lines["ifa_fostering"][0] == pytest.approx([10_920 * 31 / 28, 9_828 * 31 / 28])
    assert lines["kinship_fostering"][0] == pytest.approx([660 * 31 / 28] * 2)


# --- days -------------------------------------------------------------------------------------------------------------


def financial_months(first: int) -> list[str]:
    return [f"{first}-{month:02d}" for month in range(4, 13)] + [f"{first + 1}-{month:02d}" for month in range(1, 4)]


@pytest.mark.parametrize(
    ("first", "days"), [(2010, 365), (2011, 366), (2012, 365), (2013, 365), (2014, 365), (2015, 366)]
)
def test_a_fixed_cost_is_paid_by_day(first, days):
    """£365,250 a year is £1,000 a day: £365,000 in most years and £366,000 in one with a 29 February."""
    months = financial_months(first)
    cost = plan().ordinary["own_homes"].by_day(months)
    assert cost.sum() == pytest.approx(days * 1_000)
    assert cost[:2] == pytest.approx([30_000, 31_000])  # April and May


def test_what_the_call_does_not_know_stands_beside():
    """A quarter of £1,800 of legal costs, and nothing of social workers, whom the call knows in full."""
    held, one = plan(), work([FEBRUARY])
    apart = beside(one, activity_of(one, held, setting(1)), held)
    assert {line: cost.item() for line, cost in apart.items()} == pytest.approx({"legal": 450, "social_workers": 0})


def test_a_line_begins_in_its_month_and_a_case_without_a_price_has_none():
    """Remand: £100 a day from April 2013; at a price of 0 there is no line."""
    lines = costed(work(["2013-03", "2013-04"]), plan(costs__leaving_care=0), setting(2))
    assert lines["remand"][0].tolist() == pytest.approx([0, 3_000]) and not lines["leaving_care"].any()
    assert "leaving_care" not in plan(costs__leaving_care=0).ordinary


def test_fewer_assessed_need_fewer_social_workers():
    """Half of 68 other cases: 66 at 20 each are 3.3 posts, within the 4 held: 3 own, 1 of an agency, managers, recruits."""
    assert one_month(case_lever=np.array([0.5]))["social_workers"] == pytest.approx(2_800 * (3 + 1.5 + 0.6 + 0.4))


def test_the_same_children_cost_a_day_more_in_a_leap_year():
    """Same children, reviews and hours every day: every line is 29/28 of a plain February, to the penny."""
    plain, leap = (one_month(month) for month in ("2011-02", "2012-02"))
    assert {line: leap[line] for line in LINES} == pytest.approx(
        {line: plain[line] * 29 / 28 for line in LINES}, abs=0.005
    )


def test_years_hold_every_month_once():
    months = ["2011-02", "2011-03", "2011-04", "2012-03", "2012-04"]
    lines = costed(work(months), plan(), setting(5))
    held = by_year(lines, months)
    assert list(held) == ["2010-11", "2011-12", "2012-13"]
    for line, cost in lines.items():
        assert [held[year][line].item() for year in held] == pytest.approx(
            [cost[0, :2].sum(), cost[0, 2:4].sum(), cost[0, 4]]
        )


# --- for any children -------------------------------------------------------------------------------------------------

SOME = arrays(float, 5, elements=st.floats(0, 40))


@given(SOME, SOME)
def test_more_children_never_cost_less_gross(children, more):
    before, after = (costed(work([FEBRUARY], some), plan(), setting(1)) for some in (children, children + more))
    for line in LINES:
        if line not in INCOME:
            assert after[line].item() >= before[line].item() - 1e-6, line
        else:
            assert after[line].item() <= before[line].item() + 1e-6, line


@given(SOME)
def test_lines_sum_to_the_total_to_the_penny(children):
    lines = costed(work([FEBRUARY], children), plan(), setting(1))
    by_group = {
        group: sum(lines[line].item() for line, (_, held) in LINES.items() if held == group) for group in GROUPS
    }
    assert sum(by_group.values()) == pytest.approx(net(lines).item(), abs=0.005)


@given(SOME, st.floats(0, 20))
def test_more_in_house_places_never_cost_more(children, places):
    """Beyond what each is paid for whether it is filled or not."""
    free = plan(measure__place_upkeep=0.0)
    before, after = (
        costed(work([FEBRUARY], children), free, setting(1, added_places=np.array([added]))) for added in (0.0, places)
    )
    assert net(after).item() <= net(before).item() + 1e-6


def test_each_draw_is_costed_with_its_own_values():
    """Three draws of values at once are three runs of one draw."""
    drawn = {
        "costs__ifa_fostering": [640, 700, 760],
        "placements__kinship_share": [0.08, 0.1, 0.14],
        "contact__sessions_under_1": [3, 5, 6],
        "contact__hours_a_session": [1.75, 2, 2.5],
        "iro__hours_a_lac_review": [6, 8, 10],
        "iro__agency_premium": [1.2, 1.4, 1.6],
        "income__residential_share": [0.08, 0.1, 0.15],
        "income__uasc_16_17": [400, 497, 500],
        "prices__pay": [0, 0.01, 0.02],
        "contact__children_a_session": [1.2, 1.25, 1.8],
        "costs__new_placement_price": [0.9, 1, 1.2],
        "costs__own_home": [100, 140, 200],
    }
    months, new = ["2011-04", "2011-05"], np.array([0.2, 0.6])
    one = work(months)
    three = Workload(months, **{name: np.repeat(part, 3, axis=0) for name, part in one.parts().items()})
    together = costed(
        three, plan(**{key: np.array(held, float) for key, held in drawn.items()}), setting(2, new_share=new)
    )
    for draw in range(3):
        alone = costed(one, plan(**{key: held[draw] for key, held in drawn.items()}), setting(2, new_share=new))
        for line in LINES:
            assert together[line].shape == (3, 2), line
            assert together[line][draw] == pytest.approx(alone[line][0], rel=1e-12), line


def test_a_line_that_nobody_costs_is_refused(monkeypatch):
    """No line is taken for another: a new cost line without code stops the costing."""
    monkeypatch.setitem(LINES, "secure", ("Secure accommodation", "placements"))
    with pytest.raises(ValueError, match="costed secure; expected"):
        one_month()


def test_what_a_measure_brings_is_paid_for_while_it_stands():
    """Two places it added, £10 a day each: 28 days, £560 beside the rest. Three children it took out of care, half with
    an allowance: 4 weeks at £100 each, £600.
    """
    plain, more = one_month(), one_month(added_places=np.array([2.0]))
    assert more["measures"] - plain["measures"] == pytest.approx(560)
    out = replace(work([FEBRUARY]), moved_out=np.array([[3 * 28.0]]))
    lines = costed(out, plan(), setting(1))
    assert lines["special_guardianship"].item() - plain["special_guardianship"] == pytest.approx(600)


def test_unaccompanied_children_are_placed_at_agencies_prices():
    """1.5 of 6 aged 10 to 15 and 2 of 5 aged 16 and 17 are unaccompanied: each age's weeks by its placements' prices."""
    one, held = work([FEBRUARY]), setting(1)
    found = sum(cost.item() for cost in uasc_placements(one, plan(), held).values())
    price = {"fostering": "ifa_fostering", "residential": "private_residential", "other": "other_placement"}
    by_hand = sum(
        children * share * PRICES[price.get(name, name)] * 4
        for children, shares in zip((1.5, 2.0), held.mix[3:], strict=True)
        for name, share in zip(PLACEMENTS, shares, strict=True)
    )
    assert found == pytest.approx(by_hand)
    # new ones half as dear again and a fifth of all, prices up a tenth: 1.1 x 1.1; spend a child doubled
    dearer = uasc_placements(
        one,
        plan(costs__new_placement_price=1.5),
        replace(held, new_share=np.full(1, 0.2), price_lever=np.full(1, 1.1), drift=np.full(1, np.log(2))),
    )
    assert sum(cost.item() for cost in dearer.values()) == pytest.approx(2 * 1.21 * by_hand)


def test_partners_may_pay_the_whole_of_a_measure():
    assert plan(measure__from_partners=1.0).funded["partners"] == 1


def test_a_council_without_a_fostering_service_has_contributions_all_the_same():
    """Three lines of £100 in homes at a tenth, and three of fostering, for the fourth is not there, at a fifth: £90; and
    of a measure of £100 partners pay a half.
    """
    held = [name for name in (*RESIDENTIAL, *FOSTERING, "measures") if name != "fostering_service"]
    plan = SimpleNamespace(residential_share=0.1, fostering_share=0.2, funded={"partners": 0.5})
    assert contributions({name: np.array([[100.0]]) for name in held}, plan).item() == pytest.approx(-140)
