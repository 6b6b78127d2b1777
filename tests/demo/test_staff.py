"""The demo's staff: who does which task, and in which order."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from contracts.names import Role
from contracts.tasks import Task
from tenor.demo.people import Behaviour, Person
from tenor.demo.staff import Work, work_of_day

DAY = date(2028, 3, 20)


def task(kind: str, case_id: UUID | None = None, role: str = "agent", days_ago: int = 1) -> Task:
    at = datetime(2028, 3, 20, 9, tzinfo=UTC) - timedelta(days=days_ago)
    return Task(
        id=uuid4(),
        case_id=case_id,
        customer_id=case_id,
        kind=kind,
        title=f"A {kind}",
        status="open",
        role=role,
        due_at=at + timedelta(days=1),
        created_at=at,
        done_at=None,
    )


def cases(count: int, behaviour: Behaviour = Behaviour.SILENT) -> dict[UUID, Person]:
    return {uuid4(): Person(number, behaviour) for number in range(1001, 1001 + count)}


def done(*tasks: Task, people: dict[UUID, Person], overlooked: int | None = None) -> list[Work]:
    return list(work_of_day(1, DAY, tasks, people, overlooked))


def test_agents_call_in_the_order_of_the_customers_whatever_the_order_of_the_tasks() -> None:
    people = cases(30)
    tasks = [task("call", case_id) for case_id in people]
    there, back = done(*tasks, people=people), done(*reversed(tasks), people=people)
    assert [work.task_id for work in there] == [each.id for each in tasks]
    assert there == back
    assert {work.outcome for work in there} == {"no_answer", "voicemail"}


def test_keys_are_the_same_in_every_run() -> None:
    first, second = cases(5), cases(5)
    keys = [
        [work.key for work in done(*(task("call", case_id) for case_id in people), people=people)]
        for people in (first, second)
    ]
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 5


def test_an_advisor_lets_some_escalations_pass_and_keeps_to_it() -> None:
    people = cases(400)
    tasks = [task("escalation", case_id, "advisor") for case_id in people]
    taken = done(*tasks, people=people)
    assert {work.role for work in taken} == {Role.ADVISOR}
    assert 0.65 < len(taken) / len(tasks) < 0.85
    next_day = work_of_day(1, DAY + timedelta(days=1), tasks, people, None)
    assert {work.task_id for work in next_day} == {work.task_id for work in taken}


def test_one_customer_is_always_overlooked_until_a_manager_is_asked() -> None:
    people = cases(1)
    (case_id,) = people
    assert done(task("escalation", case_id, "advisor"), people=people, overlooked=1001) == []
    (work,) = done(task("escalation", case_id, "manager"), people=people, overlooked=1001)
    assert work.role is Role.MANAGER


def test_replies_are_answered_and_what_nobody_knows_stays_open() -> None:
    reply, data, foreign = task("reply"), task("data"), task("call", uuid4())
    assert [work.task_id for work in done(reply, data, foreign, people={})] == [reply.id]
