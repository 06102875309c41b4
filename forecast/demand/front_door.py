"""The front door: contacts, referrals, assessments, enquiries and conferences, and the plans and care that follow.

Upstream of a plan nothing is simulated child by child: each step is the one after it over its rate, which drifts.
"""

from dataclasses import dataclass

import numpy as np

from forecast.case.sampling import rng
from forecast.demand.levers import Lever

CONTACTS, REFERRALS, ASSESSMENTS, S47, ICPC = "contacts", "referrals", "assessments", "s47", "icpc"
PLANS, PROCEEDINGS, CARE = "cp_starts", "proceedings", "lac_starts"
STEPS = (CONTACTS, REFERRALS, ASSESSMENTS, S47, ICPC, PLANS, PROCEEDINGS, CARE)
COUNTED = (REFERRALS, S47, ICPC, PLANS, CARE)  # published for every council


@dataclass(frozen=True)
class FrontDoor:
    """What a set of assumptions says of the front door.

    contacts      for each referral; assessed: share of referrals that go on to an assessment
    police        share of referrals that the police make
    risk          how likely children whom a lever diverts or brings are to go on to a plan, against other referred ones
    drift         step, later ones first -> SD of the yearly log change of its rate into the step after it
    police_lever, assessment_lever  referrals by the police; referrals that go on to an assessment
    """

    contacts: float
    assessed: float
    police: float
    risk: float
    drift: tuple[tuple[str, float], ...]
    police_lever: Lever = Lever()
    assessment_lever: Lever = Lever()

    def referred(self, months: int) -> np.ndarray:
        """What levers put on referrals, [month]."""
        return 1 + self.police * (self.police_lever.by_month(months) - 1)

    def on_cases(self, months: int) -> np.ndarray:
        """What levers at the front door put on children assessed, [month]."""
        return self.referred(months) * self.assessment_lever.by_month(months)

    def on_plans(self, months: int) -> np.ndarray:
        """What levers at the front door put on plans started, [month]: what they divert or bring, at its risk."""
        return 1 + self.risk * (self.on_cases(months) - 1)


def upstream(
    plan: FrontDoor, held: dict[str, float], conferenced: np.ndarray, levers: np.ndarray, years: float, seed: int
) -> dict[str, np.ndarray]:
    """Contacts, referrals, assessments and enquiries of one year, [draw] each, that its conferences come from.

    held         step -> count of the year that rates are taken from; steps before a gap are left out
    conferenced  [draw x month]  children conferenced
    levers       [3 x month]     what levers put on referrals, on assessments, and on plans started
    years        since the year that rates are taken from
    """
    referred, assessed, plans = levers
    flow, step, found = conferenced, ICPC, {}
    for before, drift in plan.drift:
        if before not in held:
            break
        strays = drift * np.sqrt(years) * rng(f"front door {before}", seed).standard_normal((len(flow), 1))
        flow = flow * held[before] / held[step] * np.exp(strays - drift**2 * years / 2)  # no drift on average
        found[before], step = flow, before
    if REFERRALS in found:  # a lever at the front door thins what comes after it alone
        found[REFERRALS] = found[REFERRALS] / plans * referred
        found[ASSESSMENTS] = found[REFERRALS] * plan.assessed * assessed
        found[CONTACTS] = found[REFERRALS] * plan.contacts
    return {step: flow.sum(axis=1) for step, flow in found.items()}


def counted(plan: FrontDoor, held: dict[str, float]) -> dict[str, float]:
    """Step -> the year that rates are taken from; contacts and assessments, which few publish, by their assumptions."""
    if REFERRALS not in held:
        return held
    return held | {CONTACTS: held[REFERRALS] * plan.contacts, ASSESSMENTS: held[REFERRALS] * plan.assessed}
