from datetime import date

import pytest

from domain.contact.channel import Purpose
from domain.recovery.holds import (
    EFFECTS,
    Hold,
    HoldKind,
    active,
    active_kinds,
    binds,
    stops,
    stops_fees,
    suspends,
)


def test_a_hold_binds_from_its_first_day_until_the_day_it_ends() -> None:
    hold = Hold(HoldKind.DISPUTE, date(2028, 3, 10), date(2028, 3, 12))
    days = [9, 10, 11, 12]
    assert [binds(hold, date(2028, 3, day)) for day in days] == [False, True, True, False]


def test_an_open_hold_binds_until_somebody_ends_it() -> None:
    assert binds(Hold(HoldKind.CEASE, date(2028, 3, 10)), date(2099, 1, 1))


def test_a_hold_ended_on_its_first_day_never_binds() -> None:
    day = date(2028, 3, 10)
    assert not binds(Hold(HoldKind.MANUAL, day, day), day)


def test_only_binding_holds_are_active() -> None:
    now = Hold(HoldKind.MANUAL, date(2028, 3, 1))
    later = Hold(HoldKind.FRAUD, date(2028, 4, 1))
    assert active([now, later], date(2028, 3, 10)) == (now,)
    assert active_kinds([now, later], date(2028, 4, 10)) == {HoldKind.MANUAL, HoldKind.FRAUD}


def test_every_kind_has_its_effects() -> None:
    assert set(EFFECTS) == set(HoldKind)
    assert all(Purpose.COLLECTION in effect.stops for effect in EFFECTS.values())


@pytest.mark.parametrize("kind", list(HoldKind))
def test_only_vulnerability_leaves_the_clock_running(kind: HoldKind) -> None:
    assert bool(suspends([kind])) is (kind is not HoldKind.VULNERABLE)


def test_what_only_a_person_with_evidence_ends() -> None:
    assert {kind for kind, effect in EFFECTS.items() if effect.ended_by_person} == {
        HoldKind.DECEASED,
        HoldKind.BANKRUPTCY,
        HoldKind.CEASE,
        HoldKind.LEGAL_REPRESENTATIVE,
        HoldKind.DISPUTE,
        HoldKind.COMPLAINT,
        HoldKind.FRAUD,
    }


def test_statutory_notices_stop_only_for_the_dead() -> None:
    assert stops(HoldKind, Purpose.STATUTORY) == {HoldKind.DECEASED}


def test_fees_stop_with_some_holds() -> None:
    assert stops_fees([HoldKind.MANUAL, HoldKind.MORATORIUM])
    assert not stops_fees([HoldKind.MANUAL, HoldKind.CEASE])
    assert not stops_fees([])
