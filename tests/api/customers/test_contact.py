"""Contact cards: the latest word counts, an address binds everybody who has it."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api.audit.tables import AuditRow
from api.customers import service
from api.security.principal import Principal
from contracts.names import Role
from contracts.parties import ConsentTerms, CustomerEdit, NewCustomer
from domain.contact.channel import Channel, Purpose
from domain.contact.consent import Consent, ConsentProblem, ConsentState, may_use
from domain.errors import DomainError, ErrorCode
from tests.api.conftest import WorkFactory
from tests.api.support import Api, make_scene

YES = ConsentTerms(medium="sms", granted=True)
NO = ConsentTerms(medium="sms", granted=False)


async def new(work: WorkFactory, **fields: object) -> UUID:
    body = {
        "name": "Maria Keller",
        "country": "US",
        "phone": "+12125550123",
        "email": "maria@customers.example",
        "consents": [YES],
    } | fields
    async with work() as unit:
        made = await service.create(unit, NewCustomer.model_validate(body), sandbox=True)
    return made.id


async def edit(work: WorkFactory, customer_id: UUID, **fields: object) -> None:
    async with work() as unit:
        await service.edit(unit, customer_id, CustomerEdit.model_validate(fields), lambda _: None)


async def card(work: WorkFactory, customer_id: UUID) -> service.ContactCard:
    async with work() as unit:
        return await service.contact_card(unit, customer_id)


async def test_a_card_holds_all_that_a_message_needs(work: WorkFactory) -> None:
    customer_id = await new(work, language="es")
    found = await card(work, customer_id)
    assert (found.name, found.first_name) == ("Maria Keller", "Maria")
    assert found.address(Channel.SMS) == "+12125550123"
    assert found.address(Channel.EMAIL) == "maria@customers.example"
    assert found.zones == ("America/New_York",)
    assert (found.country, found.language) == ("US", "es")
    assert found.suppressed == frozenset()
    assert found.consents == (Consent(Channel.SMS, ConsentState.GIVEN),)
    assert found.test_clock_id is None
    sealed = found.cipher.encrypt("hello", "messages.body")
    async with work() as unit:
        opened = await service.decrypt(unit, customer_id, sealed, "messages.body")
    assert opened == "hello"


async def test_a_number_from_elsewhere_adds_its_zone(work: WorkFactory) -> None:
    customer_id = await new(work, zone="America/New_York", phone="+13105550199")
    assert (await card(work, customer_id)).zones == ("America/New_York", "America/Los_Angeles")


async def test_an_unknown_zone_stays_unknown(work: WorkFactory) -> None:
    assert (await card(work, await new(work, phone="+18005550100"))).zones == ()


async def test_the_latest_word_counts(work: WorkFactory) -> None:
    customer_id = await new(work)
    for words, state in (
        ([NO], ConsentState.REVOKED),
        ([YES], ConsentState.GIVEN),
        ([YES, NO], ConsentState.REVOKED),
    ):
        await edit(work, customer_id, consents=words)
        assert (await card(work, customer_id)).consents == (Consent(Channel.SMS, state),)


async def test_a_consent_is_for_the_address_it_was_given_for(work: WorkFactory) -> None:
    customer_id = await new(work)
    await edit(work, customer_id, phone="+12125550124")
    moved = await card(work, customer_id)
    assert moved.consents == ()
    assert (
        may_use(Channel.SMS, Purpose.COLLECTION, moved.consents, moved.suppressed)
        is ConsentProblem.MISSING
    )
    await edit(work, customer_id, consents=[YES])
    assert (await card(work, customer_id)).consents == (Consent(Channel.SMS, ConsentState.GIVEN),)
    await edit(work, customer_id, phone="+12125550123")
    assert (await card(work, customer_id)).consents == (Consent(Channel.SMS, ConsentState.GIVEN),)


async def test_a_revocation_follows_to_the_next_address(work: WorkFactory) -> None:
    customer_id = await new(work, consents=[NO])
    await edit(work, customer_id, phone="+12125550124")
    assert (await card(work, customer_id)).consents == (Consent(Channel.SMS, ConsentState.REVOKED),)


async def test_a_stop_binds_everybody_who_has_the_number(work: WorkFactory) -> None:
    maria, jose = await new(work), await new(work, name="José Keller", email=None)
    other = await new(work, phone="+12125550124")
    async with work() as unit:
        holders = await service.find_by_phone(unit, "+12125550123")
        assert [holder.id for holder in holders] == [maria, jose]
        assert holders[0].phone_index is not None
        index = holders[0].phone_index
        assert await service.suppress(unit, Channel.SMS, index, "stop")
        assert not await service.suppress(unit, Channel.SMS, index, "stop")
    for customer_id, stopped in ((maria, {Channel.SMS}), (jose, {Channel.SMS}), (other, set())):
        assert (await card(work, customer_id)).suppressed == stopped
    async with work() as unit:
        assert (await service.get(unit, maria)).opted_out == ["sms"]
        audited = await unit.session.scalars(
            select(AuditRow.subject_id).where(AuditRow.action == "customer.suppressed")
        )
        assert set(audited) == {maria, jose}
        assert await service.unsuppress(unit, Channel.SMS, index)
        assert not await service.unsuppress(unit, Channel.SMS, index)
    assert (await card(work, jose)).suppressed == frozenset()


async def test_a_stop_stays_with_the_number(work: WorkFactory) -> None:
    maria = await new(work)
    async with work() as unit:
        index = service.phone_index(unit.vault, "+12125550123")
        await service.suppress(unit, Channel.SMS, index, "stop")
    await edit(work, maria, phone="+12125550124")
    assert (await card(work, maria)).suppressed == frozenset()
    newcomer = await new(work)
    assert (await card(work, newcomer)).suppressed == {Channel.SMS}


async def test_a_stop_is_more_than_a_dead_address(work: WorkFactory) -> None:
    async with work() as unit:
        index = service.phone_index(unit.vault, "+12125550123")
        assert await service.suppress(unit, Channel.SMS, index, "invalid")
        assert await service.suppress(unit, Channel.SMS, index, "stop")
        assert not await service.suppress(unit, Channel.SMS, index, "invalid")


async def test_an_unknown_reason_is_a_mistake(work: WorkFactory) -> None:
    async with work() as unit:
        with pytest.raises(ValueError, match="whim"):
            await service.suppress(unit, Channel.SMS, b"x" * 32, "whim")


async def test_a_stop_on_sms_leaves_mail_alone(work: WorkFactory) -> None:
    maria = await new(work)
    async with work() as unit:
        await service.suppress(
            unit, Channel.EMAIL, service.email_index(unit.vault, "MARIA@customers.example"), "stop"
        )
        assert [row.id for row in await service.find_by_email(unit, "Maria@Customers.example")] == [
            maria
        ]
    assert (await card(work, maria)).suppressed == {Channel.EMAIL}


async def test_nobody_has_no_card(work: WorkFactory) -> None:
    for ask in (service.contact_card, service.lock, service.by_id):
        with pytest.raises(DomainError) as caught:
            async with work() as unit:
                await ask(unit, uuid4())
        assert caught.value.code is ErrorCode.NOT_FOUND


async def test_a_card_is_on_the_customers_clock(api: Api, work: WorkFactory) -> None:
    scene = await make_scene(api)
    customer_id = UUID(await scene.customer())
    assert str((await card(work, customer_id)).test_clock_id) == scene.clock_id
    async with work() as unit:
        assert await service.zone_of(unit, customer_id) == "America/New_York"
        assert await service.languages(unit, [customer_id]) == {customer_id: "en"}
        assert set(await service.rows(unit, [customer_id, uuid4()])) == {customer_id}


async def test_text_is_sealed_under_the_customers_own_key(work: WorkFactory) -> None:
    maria, jose = await new(work), await new(work)
    async with work() as unit:
        sealed = await service.encrypt(unit, maria, "she called", "notes.text")
        assert sealed is not None
        assert b"she called" not in sealed
        assert await service.decrypt(unit, maria, sealed, "notes.text") == "she called"
        assert await service.encrypt(unit, maria, None, "notes.text") is None
        assert await service.decrypt(unit, maria, None, "notes.text") is None
        for who, column in ((jose, "notes.text"), (maria, "messages.body")):
            with pytest.raises(Exception) as caught:  # noqa: PT011 - the library's has no text
                await service.decrypt(unit, who, sealed, column)
            assert type(caught.value).__name__ == "InvalidTag"


async def test_a_customer_reaches_no_card_but_his_own(work: WorkFactory) -> None:
    maria, jose = await new(work), await new(work)
    principal = Principal("m", Role.CUSTOMER, user_id=uuid4(), customer_id=maria)
    async with work(principal) as unit:
        assert (await service.contact_card(unit, maria)).customer_id == maria
        with pytest.raises(DomainError):
            await service.contact_card(unit, jose)
        assert [row.id for row in await service.find_by_phone(unit, "+12125550123")] == [maria]
