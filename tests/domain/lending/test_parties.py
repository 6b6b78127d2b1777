"""Who may stand on a loan, who owes what, and who may be asked."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError, ErrorCode
from domain.lending.parties import (
    ALLOWED,
    Liability,
    Party,
    PartyRole,
    Standing,
    added,
    called,
    check_all,
    check_terms,
    ended,
    restoration,
    share_of,
    standing,
    succession,
    successor,
)

START, TODAY = date(2028, 2, 1), date(2028, 5, 4)
PRIMARY = Party(UUID(int=1), PartyRole.PRIMARY, Liability.FULL, START)
CO_BORROWER = Party(UUID(int=2), PartyRole.CO_BORROWER, Liability.FULL, START)
GUARANTOR = Party(UUID(int=3), PartyRole.GUARANTOR, Liability.GUARANTEE, START)
THIRD = Party(UUID(int=4), PartyRole.AUTHORISED_THIRD_PARTY, Liability.NONE, START)
ESTATE = Party(UUID(int=5), PartyRole.ESTATE, Liability.FULL, START)
SHARER = replace(
    CO_BORROWER, person=UUID(int=6), liability=Liability.SEVERAL, share_percent=Decimal(40)
)


@pytest.mark.parametrize("role", list(PartyRole))
@pytest.mark.parametrize("liability", list(Liability))
def test_a_role_has_only_its_own_liabilities(role: PartyRole, liability: Liability) -> None:
    share = Decimal(30) if liability is Liability.SEVERAL else None
    party = Party(UUID(int=9), role, liability, START, share)
    if liability in ALLOWED[role]:
        check_terms(party)
    else:
        with pytest.raises(DomainError) as refused:
            check_terms(party)
        assert refused.value.code is ErrorCode.INVALID_PARTY


def test_a_third_party_is_never_liable() -> None:
    assert ALLOWED[PartyRole.AUTHORISED_THIRD_PARTY] == (Liability.NONE,)
    assert standing(THIRD, TODAY) is Standing.NOT_LIABLE
    assert share_of(THIRD) == 0


@pytest.mark.parametrize("share", [None, Decimal(0), Decimal(100), Decimal(-1), Decimal(101)])
def test_a_several_liability_is_a_real_share(share: Decimal | None) -> None:
    with pytest.raises(DomainError):
        check_terms(replace(SHARER, share_percent=share))
    with pytest.raises(DomainError):
        check_terms(replace(CO_BORROWER, share_percent=Decimal(40)))


def test_there_is_exactly_one_primary_and_nobody_stands_twice() -> None:
    check_all([PRIMARY, CO_BORROWER, GUARANTOR, THIRD, SHARER], TODAY)
    second = replace(PRIMARY, person=UUID(int=7))
    for wrong in (
        [],
        [CO_BORROWER],
        [PRIMARY, second],
        [PRIMARY, replace(CO_BORROWER, person=PRIMARY.person)],
        [PRIMARY, *(replace(SHARER, person=UUID(int=n)) for n in range(10, 13))],
        [PRIMARY, *(replace(THIRD, person=UUID(int=n)) for n in range(10, 30))],
    ):
        with pytest.raises(DomainError) as refused:
            check_all(wrong, TODAY)
        assert refused.value.code is ErrorCode.INVALID_PARTY
    # Who left stands in nobody's way, himself included.
    check_all([replace(PRIMARY, until_on=TODAY), second], TODAY)
    check_all([PRIMARY, replace(CO_BORROWER, until_on=TODAY), CO_BORROWER], TODAY)


def test_a_primary_or_an_estate_is_added_and_ended_by_nobody() -> None:
    for party in (replace(PRIMARY, person=UUID(int=7)), ESTATE):
        with pytest.raises(DomainError):
            added([PRIMARY], party, TODAY)
        with pytest.raises(DomainError):
            ended(party, TODAY)
    with pytest.raises(DomainError) as refused:
        added([PRIMARY], replace(CO_BORROWER, from_on=date(2028, 5, 5)), TODAY)
    assert refused.value.code is ErrorCode.INVALID_DATE
    assert added([PRIMARY], CO_BORROWER, TODAY) == (PRIMARY, CO_BORROWER)


def test_a_guarantor_is_asked_only_once_he_was_called() -> None:
    assert standing(GUARANTOR, TODAY) is Standing.NOT_CALLED
    called_on = date(2028, 5, 2)
    found = called(GUARANTOR, called_on, TODAY)
    assert standing(found, TODAY) is Standing.LIABLE
    assert standing(found, date(2028, 5, 1)) is Standing.NOT_CALLED
    for party, on in (
        (found, called_on),
        (CO_BORROWER, called_on),
        (GUARANTOR, date(2028, 5, 5)),
        (GUARANTOR, date(2028, 1, 31)),
        (replace(GUARANTOR, until_on=TODAY), called_on),
    ):
        with pytest.raises(DomainError):
            called(party, on, TODAY)


def test_who_left_is_asked_no_more() -> None:
    left = ended(CO_BORROWER, TODAY)
    assert standing(left, date(2028, 5, 3)) is Standing.LIABLE
    assert standing(left, TODAY) is Standing.NOT_LIABLE
    assert standing(None, TODAY) is Standing.NOT_LIABLE
    assert standing(ESTATE, TODAY) is Standing.ESTATE
    with pytest.raises(DomainError):
        ended(left, TODAY)


def test_the_longest_standing_full_co_borrower_takes_the_loan_over() -> None:
    later = replace(CO_BORROWER, person=UUID(int=8), from_on=date(2028, 3, 1))
    everybody = [PRIMARY, later, SHARER, GUARANTOR, CO_BORROWER]
    assert successor(everybody, PRIMARY.person, TODAY) == CO_BORROWER
    assert successor([PRIMARY, SHARER, GUARANTOR, THIRD], PRIMARY.person, TODAY) is None
    gone = replace(CO_BORROWER, until_on=TODAY)
    assert successor([PRIMARY, gone, later], PRIMARY.person, TODAY) == later


def test_a_death_brings_the_estate_and_a_survivor_and_a_mistake_takes_both_back() -> None:
    executor = ESTATE.person
    alone = succession([PRIMARY, SHARER, GUARANTOR], PRIMARY.person, executor, TODAY)
    assert (alone.ended, alone.primary) == (frozenset(), PRIMARY.person)
    assert [(each.person, each.role) for each in alone.begun] == [(executor, PartyRole.ESTATE)]
    joint = succession([PRIMARY, CO_BORROWER, GUARANTOR], PRIMARY.person, executor, TODAY)
    heir = CO_BORROWER.person
    assert (joint.ended, joint.primary) == ({PRIMARY.person, heir}, heir)
    after = [*joint.begun, GUARANTOR]
    check_all(after, TODAY)
    with pytest.raises(DomainError):
        succession([PRIMARY, CO_BORROWER], PRIMARY.person, heir, TODAY)

    back = restoration(after, PRIMARY.person, executor, heir, TODAY)
    assert (back.ended, back.primary) == ({executor, heir}, PRIMARY.person)
    check_all([*back.begun, GUARANTOR], TODAY)
    assert {(each.person, each.role) for each in back.begun} == {
        (PRIMARY.person, PartyRole.PRIMARY),
        (heir, PartyRole.CO_BORROWER),
    }
    simple = restoration([PRIMARY, *alone.begun], PRIMARY.person, executor, None, TODAY)
    assert (simple.ended, simple.begun) == ({executor}, ())
    # The survivor died too, and the loan passed on: no going back over him.
    third = replace(PRIMARY, person=UUID(int=7))
    with pytest.raises(DomainError) as refused:
        restoration([third], PRIMARY.person, executor, heir, TODAY)
    assert refused.value.code is ErrorCode.ILLEGAL_TRANSITION


@given(
    st.lists(
        st.builds(
            Party,
            st.builds(UUID, int=st.integers(1, 6)),
            st.sampled_from(PartyRole),
            st.sampled_from(Liability),
            st.dates(date(2028, 1, 1), date(2028, 6, 1)),
            st.none() | st.decimals(1, 99, places=0),
            st.none() | st.dates(date(2028, 2, 1), date(2028, 6, 1)),
        ),
        max_size=6,
    )
)
def test_whatever_is_let_in_leaves_one_primary_and_no_liable_third_party(
    wanted: list[Party],
) -> None:
    there: tuple[Party, ...] = (PRIMARY,)
    for party in wanted:
        try:
            there = added(there, party, TODAY)
        except DomainError:
            continue
    check_all(there, TODAY)
    assert [each.person for each in there if each.role is PartyRole.PRIMARY] == [PRIMARY.person]
    assert not any(
        standing(each, TODAY) is Standing.LIABLE
        for each in there
        if each.role in {PartyRole.AUTHORISED_THIRD_PARTY, PartyRole.GUARANTOR}
    )
