"""Lets what was agreed on a case move money, and plans the case: what its workflow asks first.

Books and loans are locked before cases, so what follows from an agreement for loans (the rest of a
settlement, the interest of a moratorium, the cases of joint debtors) is done before the case is
looked at.
"""

from uuid import UUID

from api.recovery import joint, moratoria, plan_queries, planning, settlements
from api.work import Work
from contracts.work import CasePlan


async def plan(work: Work, case_id: UUID) -> CasePlan:
    """Do what was agreed, record what has come true, and say what comes next.

    A closed case answers that it is closed. Raises `NOT_FOUND`.
    """
    await settle_agreed(work, case_id)
    await joint.follow(work, case_id)
    return await planning.plan(work, case_id)


async def settle_agreed(work: Work, case_id: UUID) -> None:
    """Forgive the rest of a settlement that is paid, and follow moratoria; convergent."""
    if await plan_queries.any_agreed(work, case_id):
        await settlements.fulfil(work, case_id)
        await moratoria.follow(work, case_id)
