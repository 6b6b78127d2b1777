"""One test per clause of the contact rules: where it is written, a situation, the answer."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from domain.contact.caps import ContactKind
from domain.contact.channel import Purpose
from domain.contact.consent import Consent, ConsentState
from domain.contact.decision import FollowUp, ReplyTo
from domain.contact.hours import HourRules, Window
from domain.contact.packs import Licence
from domain.recovery.holds import HoldKind
from tests.domain.contact.golden.situations import (
    AGREED,
    ALLOW,
    BELFAST,
    BERLIN,
    BOSTON,
    BROOKLYN,
    CALL,
    CHICAGO,
    DEFER,
    DENY,
    EMAIL,
    GLASGOW,
    LEEDS,
    NOWHERE,
    OTTAWA,
    PACKS,
    PUNE,
    SMS,
    SYDNEY,
    TOKYO,
    Clause,
    contacts,
    talk,
)

EVENINGS = HourRules((Window(time(18), time(20)),))
NIGHTS = HourRules((Window(time(22), time(23)),))

REG_F_HOURS = "12 CFR 1006.6(b)(1)"
REG_F_CALLS = "12 CFR 1006.14(b)(2)(i)(A)"
REG_F_WAIT = "12 CFR 1006.14(b)(2)(i)(B)"
REG_F_EXCLUDED = "12 CFR 1006.14(b)(3)"
F_HOURS, F_CALLS, F_WAIT = (
    "us-reg-f.hours", "us-reg-f.calls-7-in-7", "us-reg-f.wait-7-after-talk",
)  # fmt: skip

REGULATION_F = [
    Clause("before eight", REG_F_HOURS, CHICAGO, "2028-03-10T07:59:59", DEFER, F_HOURS,
           until="2028-03-10T08:00"),
    Clause("from eight on", REG_F_HOURS, CHICAGO, "2028-03-10T08:00", ALLOW, F_HOURS),
    Clause("the last second", REG_F_HOURS, CHICAGO, "2028-03-10T20:59:59", ALLOW, F_HOURS),
    Clause("from nine on", REG_F_HOURS, CHICAGO, "2028-03-10T21:00", DEFER, F_HOURS,
           until="2028-03-11T08:00"),
    Clause("any medium: e-mail", REG_F_HOURS, CHICAGO, "2028-03-10T21:00", DEFER, F_HOURS, EMAIL,
           until="2028-03-11T08:00"),
    Clause("any medium: SMS", REG_F_HOURS, CHICAGO, "2028-03-10T07:00", DEFER, F_HOURS, SMS,
           until="2028-03-10T08:00"),
    Clause("Sundays too", REG_F_HOURS, CHICAGO, "2028-03-12T12:00", ALLOW, F_HOURS),
    Clause("the night the clocks go forward", REG_F_HOURS, CHICAGO, "2028-03-12T01:59", DEFER,
           F_HOURS, until="2028-03-12T08:00"),
    Clause("the night they go back", REG_F_HOURS, CHICAGO, "2028-11-05T01:30", DEFER, F_HOURS,
           fold=1, until="2028-11-05T08:00"),
    Clause("conflicting places, early", REG_F_HOURS, CHICAGO.also_in("America/Los_Angeles"),
           "2028-03-10T09:59:59", DEFER, F_HOURS, until="2028-03-10T10:00"),
    Clause("conflicting places, convenient in all", REG_F_HOURS,
           CHICAGO.also_in("America/Los_Angeles"), "2028-03-10T10:00", ALLOW, F_HOURS),
    Clause("conflicting places, late", REG_F_HOURS, CHICAGO.also_in("America/New_York"),
           "2028-03-10T20:00", DEFER, F_HOURS, until="2028-03-11T08:00"),
    Clause("times the consumer names", REG_F_HOURS, CHICAGO, "2028-03-10T12:00", DEFER,
           "tenor.wishes", wishes=EVENINGS, until="2028-03-10T18:00"),
    Clause("inside the times they name", REG_F_HOURS, CHICAGO, "2028-03-10T18:00", ALLOW,
           "tenor.wishes", wishes=EVENINGS),
    Clause("a wish widens nothing", REG_F_HOURS, CHICAGO, "2028-03-10T22:30", DENY,
           "tenor.hours", wishes=NIGHTS),
    Clause("the seventh call", REG_F_CALLS, CHICAGO, "2028-03-07T12:00", ALLOW, F_CALLS,
           contacts=contacts(6, "2028-03-01")),
    Clause("above seven", REG_F_CALLS, CHICAGO, "2028-03-07T12:00", DEFER, F_CALLS,
           contacts=contacts(7, "2028-03-01"), until="2028-03-08T08:00"),
    Clause("the eighth day", REG_F_CALLS, CHICAGO, "2028-03-08T12:00", ALLOW, F_CALLS,
           contacts=contacts(7, "2028-03-01")),
    Clause("calls that nobody takes count", REG_F_CALLS, CHICAGO, "2028-03-07T12:00", DEFER,
           F_CALLS, contacts=contacts(7, "2028-03-01", kind=ContactKind.UNANSWERED)),
    Clause("per debt", REG_F_CALLS, CHICAGO, "2028-03-07T12:00", ALLOW, F_CALLS,
           contacts=contacts(7, "2028-03-01", debt="b")),
    Clause("about two debts, one of them full", REG_F_CALLS, CHICAGO, "2028-03-07T12:00", DEFER,
           F_CALLS, contacts=contacts(7, "2028-03-01", debt="b"), debts=frozenset({"a", "b"})),
    Clause("a text is no call", REG_F_CALLS, CHICAGO, "2028-03-07T12:00", ALLOW, "us.hours", SMS,
           contacts=contacts(7, "2028-03-01")),
    Clause("calls the consumer makes do not count", REG_F_EXCLUDED, CHICAGO, "2028-03-07T12:00",
           ALLOW, F_CALLS, contacts=contacts(7, "2028-03-01", by_customer=True)),
    Clause("calls with consent do not count", REG_F_EXCLUDED, CHICAGO, "2028-03-07T12:00", ALLOW,
           F_CALLS, contacts=contacts(7, "2028-03-01", consented=True)),
    Clause("consent of seven days, the last of them", REG_F_EXCLUDED, CHICAGO,
           "2028-03-07T12:00", ALLOW, F_CALLS, contacts=contacts(7, "2028-03-07"),
           consents=(Consent(CALL, ConsentState.GIVEN, given_on=date(2028, 3, 1)),)),
    Clause("consent that is eight days old", REG_F_EXCLUDED, CHICAGO, "2028-03-08T12:00", DEFER,
           F_CALLS, contacts=contacts(7, "2028-03-07"),
           consents=(Consent(CALL, ConsentState.GIVEN, given_on=date(2028, 3, 1)),)),
    Clause("within seven days of a talk", REG_F_WAIT, CHICAGO, "2028-03-10T12:00", DEFER, F_WAIT,
           contacts=talk("2028-03-04"), until="2028-03-11T08:00"),
    Clause("the day of the talk is the first", REG_F_WAIT, CHICAGO, "2028-03-11T12:00", ALLOW,
           F_WAIT, contacts=talk("2028-03-04")),
    Clause("the day of the talk itself", REG_F_WAIT, CHICAGO, "2028-03-04T12:00", DEFER, F_WAIT,
           contacts=talk("2028-03-04")),
    Clause("a talk the consumer began", REG_F_WAIT, CHICAGO, "2028-03-10T12:00", DEFER, F_WAIT,
           contacts=talk("2028-03-04", by_customer=True)),
    Clause("a talk about another debt", REG_F_WAIT, CHICAGO, "2028-03-10T12:00", ALLOW, F_WAIT,
           contacts=talk("2028-03-04", debt="b")),
    Clause("a text after a talk", REG_F_WAIT, CHICAGO, "2028-03-10T12:00", ALLOW, "us.hours", SMS,
           contacts=talk("2028-03-04")),
    Clause("a call with consent after a talk", REG_F_EXCLUDED, CHICAGO, "2028-03-10T12:00", ALLOW,
           F_WAIT, contacts=talk("2028-03-04"),
           consents=(Consent(CALL, ConsentState.GIVEN, given_on=date(2028, 3, 9)),)),
    Clause("an original creditor is not bound", "12 CFR 1006.2(i)",
           CHICAGO.owing(Licence.CREDITOR), "2028-03-10T12:00", ALLOW, "us.calls-7-in-7",
           contacts=talk("2028-03-04")),
    Clause("a debt buyer is bound", "12 CFR 1006.2(i)", CHICAGO.owing(Licence.DEBT_BUYER),
           "2028-03-10T12:00", DEFER, F_WAIT, contacts=talk("2028-03-04")),
    Clause("no e-mail to an address that opted out", "12 CFR 1006.6(e)", CHICAGO,
           "2028-03-10T12:00", DENY, "tenor.opt-out", EMAIL, opted_out=frozenset({EMAIL})),
    Clause("another medium may still be used", "12 CFR 1006.6(e)", CHICAGO, "2028-03-10T12:00",
           ALLOW, "us.hours", CALL, opted_out=frozenset({EMAIL, SMS})),
    Clause("a medium they asked not to use", "12 CFR 1006.14(h)(1)", CHICAGO, "2028-03-10T12:00",
           DENY, "tenor.consent", consents=(Consent(CALL, ConsentState.REVOKED),)),
    Clause("a dispute suspends", "12 CFR 1006.38(d)(2)", CHICAGO, "2028-03-10T12:00", DENY,
           "tenor.hold.dispute", holds=frozenset({HoldKind.DISPUTE})),
    Clause("a cease request", "12 CFR 1006.6(c)(1)", CHICAGO, "2028-03-10T12:00", DENY,
           "tenor.hold.cease", holds=frozenset({HoldKind.CEASE})),
    Clause("a final notice after it", "12 CFR 1006.6(c)(2)", CHICAGO, "2028-03-10T12:00", ALLOW,
           F_HOURS, EMAIL, Purpose.STATUTORY, holds=frozenset({HoldKind.CEASE})),
    Clause("a known representative", "12 CFR 1006.6(b)(2)", CHICAGO, "2028-03-10T12:00", DENY,
           "tenor.hold.legal_representative",
           holds=frozenset({HoldKind.LEGAL_REPRESENTATIVE})),
]  # fmt: skip

TCPA = [
    Clause("no SMS without consent", "47 CFR 64.1200(a)(1)", CHICAGO, "2028-03-10T12:00", DENY,
           "us.sms-consent", SMS, consents=()),
    Clause("no SMS after a STOP", "47 CFR 64.1200(a)(10)", CHICAGO, "2028-03-10T12:00", DENY,
           "tenor.opt-out", SMS, opted_out=frozenset({SMS})),
    Clause("one confirmation of it, at once", "47 CFR 64.1200(a)(12)", CHICAGO,
           "2028-03-10T23:30", ALLOW, "tenor.stop-confirmation", SMS, Purpose.REPLY,
           opted_out=frozenset({SMS}), answers=ReplyTo.STOP),
    Clause("HELP is answered all the same", "47 CFR 64.1200(a)(10)", CHICAGO, "2028-03-10T12:00",
           ALLOW, "tenor.opt-out", SMS, Purpose.REPLY, opted_out=frozenset({SMS}),
           answers=ReplyTo.HELP),
]  # fmt: skip

MA, MA_RULE = "940 CMR 7.04(1)(f)", "us-ma.phone-2-in-7"
NYC, NYC_CAP, NYC_CONSENT = "6 RCNY 5-77", "us-nyc.contacts-3-in-7", "us-nyc.consent"
THREE_MEDIA = (
    *contacts(1, "2026-08-28", EMAIL), *contacts(1, "2026-08-28", SMS),
    *contacts(1, "2026-08-29", CALL),
)  # fmt: skip

STATES = [
    Clause("the second by phone or text", MA, BOSTON, "2028-03-10T12:00", ALLOW, MA_RULE,
           contacts=contacts(1, "2028-03-05", SMS)),
    Clause("the third by phone or text", MA, BOSTON, "2028-03-10T12:00", DEFER, MA_RULE,
           contacts=(*contacts(1, "2028-03-05", SMS), *contacts(1, "2028-03-06")),
           until="2028-03-12T08:00"),
    Clause("the third by text", MA, BOSTON, "2028-03-10T12:00", DEFER, MA_RULE, SMS,
           contacts=contacts(2, "2028-03-06")),
    Clause("about another debt", MA, BOSTON, "2028-03-10T12:00", ALLOW, MA_RULE,
           contacts=contacts(2, "2028-03-06", debt="b")),
    Clause("an e-mail is neither", MA, BOSTON, "2028-03-10T12:00", ALLOW, "us.hours", EMAIL,
           contacts=contacts(2, "2028-03-06")),
    Clause("federal hours bind there too", MA, BOSTON, "2028-03-10T21:00", DEFER, "us.hours",
           until="2028-03-11T08:00"),
    Clause("the day before the rule", NYC, BROOKLYN, "2026-08-31T12:00", ALLOW,
           contacts=THREE_MEDIA),
    Clause("the first day of the rule", NYC, BROOKLYN, "2026-09-01T12:00", DEFER, NYC_CAP,
           contacts=THREE_MEDIA, until="2026-09-04T08:00"),
    Clause("about another account", NYC, BROOKLYN, "2026-09-01T12:00", ALLOW, NYC_CAP,
           contacts=contacts(3, "2026-08-29", debt="b")),
    Clause("an e-mail without consent, before", NYC, BROOKLYN, "2026-08-31T12:00", ALLOW, "",
           EMAIL, consents=()),
    Clause("an e-mail without consent, since", NYC, BROOKLYN, "2026-09-01T12:00", DENY,
           NYC_CONSENT, EMAIL, consents=()),
    Clause("an SMS without consent, since", NYC, BROOKLYN, "2026-09-01T12:00", DENY, NYC_CONSENT,
           SMS, consents=()),
    Clause("consent taken back", NYC, BROOKLYN, "2026-09-01T12:00", DENY, "tenor.consent", EMAIL,
           consents=(*AGREED, Consent(EMAIL, ConsentState.REVOKED))),
    Clause("before collection begins", NYC, BROOKLYN, "2026-09-01T12:00", ALLOW, "us.hours", EMAIL,
           Purpose.SERVICING, contacts=THREE_MEDIA, consents=()),
]  # fmt: skip

CONC = "FCA Handbook, CONC 7"
HOLIDAYS = "Banking and Financial Dealings Act 1971"
SPACE = "SI 2020/1311, reg. 7"

UNITED_KINGDOM = [
    Clause("before eight", CONC, LEEDS, "2028-03-10T07:59", DEFER, "gb.hours",
           until="2028-03-10T08:00"),
    Clause("after nine in the evening", CONC, LEEDS, "2028-03-10T21:00", DEFER, "gb.hours",
           until="2028-03-11T08:00"),
    Clause("Saturday", CONC, LEEDS, "2028-03-11T12:00", ALLOW, "gb.hours"),
    Clause("Sunday", CONC, LEEDS, "2028-03-12T12:00", DEFER, "gb.hours",
           until="2028-03-13T08:00"),
    Clause("the week-end the clocks go back", CONC, LEEDS, "2028-10-28T21:00", DEFER, "gb.hours",
           until="2028-10-30T08:00"),
    Clause("Good Friday", HOLIDAYS, LEEDS, "2028-04-14T12:00", DEFER, "gb.hours",
           until="2028-04-15T08:00"),
    Clause("Easter Monday", HOLIDAYS, LEEDS, "2028-04-17T12:00", DEFER, "gb.hours",
           until="2028-04-18T08:00"),
    Clause("early May", HOLIDAYS, LEEDS, "2028-05-01T12:00", DEFER, "gb.hours"),
    Clause("spring", HOLIDAYS, LEEDS, "2028-05-29T12:00", DEFER, "gb.hours"),
    Clause("summer", HOLIDAYS, LEEDS, "2028-08-28T12:00", DEFER, "gb.hours"),
    Clause("the substitutes of Christmas", HOLIDAYS, LEEDS, "2027-12-27T12:00", DEFER, "gb.hours",
           until="2027-12-29T08:00"),
    Clause("a new year that began on Saturday", HOLIDAYS, LEEDS, "2028-01-03T12:00", DEFER,
           "gb.hours", until="2028-01-04T08:00"),
    Clause("St Andrew's Day in Scotland", HOLIDAYS, GLASGOW, "2028-11-30T12:00", DEFER,
           "gb-sct.hours", until="2028-12-01T08:00"),
    Clause("St Andrew's Day in England", HOLIDAYS, LEEDS, "2028-11-30T12:00", ALLOW, "gb.hours"),
    Clause("St Patrick's Day in Belfast", HOLIDAYS, BELFAST, "2028-03-17T12:00", DEFER,
           "gb-nir.hours", until="2028-03-18T08:00"),
    Clause("breathing space", SPACE, LEEDS, "2028-03-10T12:00", DENY, "tenor.hold.moratorium",
           holds=frozenset({HoldKind.MORATORIUM})),
    Clause("mental capacity", "FCA Handbook, CONC 7.10", LEEDS, "2028-03-10T12:00", DENY,
           "tenor.hold.vulnerable", holds=frozenset({HoldKind.VULNERABLE})),
]  # fmt: skip

RBI, RBI_MFI = "RBI, recovery agents", "RBI, Microfinance Loans Directions, 2022"
FIELD = PUNE.owing(Licence.MICROFINANCE)

INDIA = [
    Clause("before eight", RBI, PUNE, "2028-03-10T07:59", DEFER, "in.hours",
           until="2028-03-10T08:00"),
    Clause("messages too", RBI, PUNE, "2028-03-10T19:00", DEFER, "in.hours", SMS,
           until="2028-03-11T08:00"),
    Clause("the last minute", RBI, PUNE, "2028-03-10T18:59", ALLOW, "in.hours"),
    Clause("microfinance, before nine", RBI_MFI, FIELD, "2028-03-10T08:59", DEFER,
           "in-microfinance.hours", until="2028-03-10T09:00"),
    Clause("microfinance, from six on", RBI_MFI, FIELD, "2028-03-10T18:00", DEFER,
           "in-microfinance.hours", until="2028-03-11T09:00"),
    Clause("microfinance, in between", RBI_MFI, FIELD, "2028-03-10T17:59", ALLOW,
           "in-microfinance.hours"),
]  # fmt: skip

REG_74 = "R.R.O. 1990, Reg. 74"
ON_CAP, ON_NOTICE = "ca-on.contacts-3-in-7", "ca-on-collectors.notice-6"
AGENCY = OTTAWA.owing(Licence.COLLECTOR)

ONTARIO = [
    Clause("before seven", REG_74, OTTAWA, "2028-03-10T06:59", DEFER, "ca-on.hours",
           until="2028-03-10T07:00"),
    Clause("after nine in the evening", REG_74, OTTAWA, "2028-03-10T21:00", DEFER, "ca-on.hours",
           until="2028-03-11T07:00"),
    Clause("Sunday before one", REG_74, OTTAWA, "2028-03-19T12:59", DEFER, "ca-on.hours",
           until="2028-03-19T13:00"),
    Clause("Sunday afternoon", REG_74, OTTAWA, "2028-03-19T16:59", ALLOW, "ca-on.hours"),
    Clause("Sunday from five on", REG_74, OTTAWA, "2028-03-19T17:00", DEFER, "ca-on.hours",
           until="2028-03-20T07:00"),
    Clause("Sunday the clocks go forward", REG_74, OTTAWA, "2028-03-12T02:30", DEFER,
           "ca-on.hours", until="2028-03-12T13:00"),
    Clause("Family Day", REG_74, OTTAWA, "2028-02-21T12:00", DEFER, "ca-on.hours"),
    Clause("Victoria Day", REG_74, OTTAWA, "2028-05-22T12:00", DEFER, "ca-on.hours"),
    Clause("Canada Day on a Saturday", REG_74, OTTAWA, "2028-07-01T12:00", DEFER, "ca-on.hours",
           until="2028-07-02T13:00"),
    Clause("Labour Day", REG_74, OTTAWA, "2028-09-04T12:00", DEFER, "ca-on.hours"),
    Clause("Thanksgiving", REG_74, OTTAWA, "2028-10-09T12:00", DEFER, "ca-on.hours"),
    Clause("the third contact", REG_74, OTTAWA, "2028-03-10T12:00", ALLOW, ON_CAP,
           contacts=contacts(2, "2028-03-07", SMS)),
    Clause("the fourth contact", REG_74, OTTAWA, "2028-03-10T12:00", DEFER, ON_CAP, EMAIL,
           contacts=(*contacts(2, "2028-03-07", SMS), *contacts(1, "2028-03-08")),
           until="2028-03-14T07:00"),
    Clause("calls that nobody takes do not count", REG_74, OTTAWA, "2028-03-10T12:00", ALLOW,
           ON_CAP, contacts=contacts(6, "2028-03-08", kind=ContactKind.UNANSWERED)),
    Clause("no collection without a notice", REG_74, AGENCY, "2028-03-10T12:00", DENY, ON_NOTICE),
    Clause("the sixth day after the notice", REG_74, AGENCY, "2028-03-10T12:00", DEFER, ON_NOTICE,
           notice_on=date(2028, 3, 4), until="2028-03-11T07:00"),
    Clause("six days have passed", REG_74, AGENCY, "2028-03-11T12:00", ALLOW, ON_NOTICE,
           notice_on=date(2028, 3, 4)),
    Clause("the notice itself", REG_74, AGENCY, "2028-03-10T12:00", ALLOW, "ca-on.hours", EMAIL,
           Purpose.STATUTORY),
]  # fmt: skip

RG_96, AU_HOURS = "ACCC/ASIC RG 96", "au.phone-hours"
AU_WEEK, AU_MONTH = "au.contacts-3-a-week", "au.contacts-10-a-month"
TEN = (
    *contacts(3, "2028-03-01"), *contacts(3, "2028-03-08"), *contacts(3, "2028-03-15"),
    *contacts(1, "2028-03-22"),
)  # fmt: skip

AUSTRALIA = [
    Clause("a weekday before half past seven", RG_96, SYDNEY, "2028-03-10T07:29", DEFER, AU_HOURS,
           until="2028-03-10T07:30"),
    Clause("a weekday from nine on", RG_96, SYDNEY, "2028-03-09T21:00", DEFER, AU_HOURS,
           until="2028-03-10T07:30"),
    Clause("a week-end before nine", RG_96, SYDNEY, "2028-03-11T08:59", DEFER, AU_HOURS,
           until="2028-03-11T09:00"),
    Clause("a week-end", RG_96, SYDNEY, "2028-03-12T20:59", ALLOW, AU_HOURS),
    Clause("texts as well", RG_96, SYDNEY, "2028-03-11T08:59", DEFER, AU_HOURS, SMS),
    Clause("Australia Day", RG_96, SYDNEY, "2028-01-26T12:00", DEFER, AU_HOURS,
           until="2028-01-27T07:30"),
    Clause("Anzac Day", RG_96, SYDNEY, "2028-04-25T12:00", DEFER, AU_HOURS),
    Clause("Easter Monday", RG_96, SYDNEY, "2028-04-17T12:00", DEFER, AU_HOURS),
    Clause("the Sunday the clocks go back", RG_96, SYDNEY, "2028-04-02T02:30", DEFER, AU_HOURS,
           fold=1, until="2028-04-02T09:00"),
    Clause("the third in a week", RG_96, SYDNEY, "2028-03-12T12:00", ALLOW, AU_WEEK,
           contacts=contacts(2, "2028-03-06")),
    Clause("the fourth in a week", RG_96, SYDNEY, "2028-03-12T12:00", DEFER, AU_WEEK,
           contacts=contacts(3, "2028-03-06"), until="2028-03-13T07:30"),
    Clause("the week begins on Monday", RG_96, SYDNEY, "2028-03-13T12:00", ALLOW, AU_WEEK,
           contacts=contacts(3, "2028-03-12")),
    Clause("another account", RG_96, SYDNEY, "2028-03-12T12:00", ALLOW, AU_WEEK,
           contacts=contacts(3, "2028-03-06", debt="b")),
    Clause("the eleventh in a month", RG_96, SYDNEY, "2028-03-30T12:00", DEFER, AU_MONTH,
           contacts=TEN, until="2028-04-01T09:00"),
    Clause("the tenth in a month", RG_96, SYDNEY, "2028-03-30T12:00", ALLOW, AU_MONTH,
           contacts=TEN[1:]),
    Clause("the next month", RG_96, SYDNEY, "2028-04-01T12:00", ALLOW, AU_MONTH, contacts=TEN),
]  # fmt: skip

EU = "Tenor's default; national hours differ"

EUROPE_AND_ELSEWHERE = [
    Clause("before eight", EU, BERLIN, "2028-03-10T07:59", DEFER, "eu.hours",
           until="2028-03-10T08:00"),
    Clause("from eight in the evening on", EU, BERLIN, "2028-03-10T20:00", DEFER, "eu.hours",
           until="2028-03-11T08:00"),
    Clause("Sunday the clocks go forward", EU, BERLIN, "2028-03-26T12:00", DEFER, "eu.hours",
           until="2028-03-27T08:00"),
    Clause("unknown jurisdiction: India's evening", "strictest pack", TOKYO, "2028-03-10T19:00",
           DEFER, "in.hours", until="2028-03-11T09:00"),
    Clause("unknown jurisdiction: Australia's Saturday", "strictest pack", TOKYO,
           "2028-03-11T08:30", DEFER, AU_HOURS, until="2028-03-11T09:00"),
    Clause("unknown jurisdiction: no Sundays", "strictest pack", TOKYO, "2028-03-12T14:00", DEFER,
           "gb.hours", until="2028-03-13T08:00"),
    Clause("unknown jurisdiction: everybody's holidays", "strictest pack", TOKYO,
           "2028-11-30T12:00", DEFER, "gb-sct.hours", until="2028-12-01T08:00"),
    Clause("unknown jurisdiction: the lowest cap", "strictest pack", TOKYO, "2028-03-10T12:00",
           DEFER, MA_RULE, contacts=contacts(2, "2028-03-08"), until="2028-03-15T08:00"),
    Clause("unknown jurisdiction: consent", "strictest pack", TOKYO, "2028-03-10T12:00", DENY,
           NYC_CONSENT, EMAIL, consents=()),
    Clause("unknown zone: no call", "12 CFR 1006.6(b)(1)", NOWHERE, "2028-03-10T12:00", DENY,
           "tenor.zone"),
    Clause("unknown zone: no SMS", "12 CFR 1006.6(b)(1)", NOWHERE, "2028-03-10T12:00", DENY,
           "tenor.zone", SMS),
    Clause("a statutory notice is above caps", "obligation", LEEDS, "2028-03-10T12:00", ALLOW,
           "gb.frequency-3-in-7", EMAIL, Purpose.STATUTORY,
           contacts=contacts(9, "2028-03-10", EMAIL)),
]  # fmt: skip

HOUSE = "Tenor's default: no figure in the source"

OWN_FIGURES = [
    Clause("messages in the United States", HOUSE, CHICAGO, "2028-03-10T12:00", DEFER,
           "us.frequency-7-in-7", EMAIL, contacts=contacts(7, "2028-03-08", SMS),
           until="2028-03-15T08:00"),
    Clause("calls of original creditors", HOUSE, CHICAGO.owing(Licence.BANK), "2028-03-10T12:00",
           DEFER, "us.calls-7-in-7", contacts=contacts(7, "2028-03-08")),
    Clause("three in seven days in the United Kingdom", HOUSE, LEEDS, "2028-03-10T12:00", DEFER,
           "gb.frequency-3-in-7", contacts=contacts(3, "2028-03-08", EMAIL)),
    Clause("three in seven days in India", HOUSE, PUNE, "2028-03-10T12:00", DEFER,
           "in.frequency-3-in-7", contacts=contacts(3, "2028-03-08", SMS)),
    Clause("three in seven days in the Union", HOUSE, BERLIN, "2028-03-10T12:00", DEFER,
           "eu.frequency-3-in-7", SMS, contacts=contacts(3, "2028-03-08")),
]  # fmt: skip

CLAUSES = [
    *REGULATION_F, *TCPA, *STATES, *UNITED_KINGDOM, *INDIA, *ONTARIO, *AUSTRALIA,
    *EUROPE_AND_ELSEWHERE, *OWN_FIGURES,
]  # fmt: skip


@pytest.mark.parametrize(
    "clause", [pytest.param(one, id=f"{one.citation}: {one.name}") for one in CLAUSES]
)
def test_clause(clause: Clause) -> None:
    decision = clause.decide()
    spoken = [(reason.rule_id, reason.outcome) for reason in decision.reasons]
    assert decision.outcome is clause.expected, spoken
    if clause.rule:
        assert (clause.rule, clause.expected) in spoken
    if clause.until is not None:
        assert decision.defer_until == clause.defer_until


def test_every_rule_of_every_pack_decides_in_some_clause() -> None:
    decisive = {
        reason.rule_id
        for clause in CLAUSES
        for reason in clause.decide().reasons
        if reason.outcome is not ALLOW
    }
    own = {
        rule.rule_id
        for pack in PACKS
        for rule in (*pack.hours, *pack.caps, *pack.waits, pack.consent, pack.notice)
        if rule is not None
    }
    assert own <= decisive, own - decisive


def test_the_instant_of_sending_counts() -> None:
    clause = Clause("", REG_F_HOURS, CHICAGO, "2028-03-10T20:59", ALLOW)
    decision = clause.decide()
    assert decision.valid_until == clause.now + timedelta(minutes=1)


def test_the_confirmation_of_a_stop_is_late_after_five_minutes() -> None:
    clause = next(one for one in TCPA if one.answers is ReplyTo.STOP)
    assert clause.decide().valid_until == clause.now + timedelta(minutes=5)


def test_a_blocked_statutory_notice_goes_to_a_person() -> None:
    clause = Clause(
        "", "obligation", NOWHERE, "2028-03-10T12:00", DENY, "", EMAIL, Purpose.STATUTORY
    )
    assert clause.decide().follow_up == {FollowUp.DELIVER_NOTICE, FollowUp.FIND_ZONE}


@pytest.mark.parametrize("clause", [one for one in CLAUSES if one.until is not None])
def test_who_waits_as_told_may_ask_again(clause: Clause) -> None:
    """A deferral ends at an instant at which no rule of time speaks against it any more."""
    later = replace(clause, at=clause.until or "", fold=0).decide()
    assert later.outcome is ALLOW
