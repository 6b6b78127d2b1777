"""What people write in Hindi, in Devanagari and in Latin letters, and how it is understood."""

from datetime import date, time
from decimal import Decimal

import pytest

from domain.contact.intents.kinds import CONFIDENT, Intent, IntentKind
from domain.contact.intents.reading import read
from tests.domain.contact.understood import assert_promise

WEDNESDAY = date(2028, 3, 1)
OVERDUE = Decimal("1999.50")


def understand(text: str, *, language: str = "hi", currency: str = "INR") -> Intent:
    return read(text, language, WEDNESDAY, currency, OVERDUE, country="IN", name="Ramesh रमेश")


@pytest.mark.parametrize(
    ("text", "amount", "on"),
    [
        ("शुक्रवार को 500 रुपये दूंगा", "500", "2028-03-03"),
        ("मैं कल 500 दे दूँगा", "500", "2028-03-02"),
        ("कल ५०० रुपये भेजूंगा", "500", "2028-03-02"),
        ("परसों 1,500 जमा करूंगी", "1500", "2028-03-03"),
        ("सोमवार को आधा दूंगा", "999.75", "2028-03-06"),
        ("शुक्रवार को पूरा दे दूंगा", "1999.50", "2028-03-03"),
        ("शुक्रवार को भुगतान करूंगा", "1999.50", "2028-03-03"),
        ("5 दिसंबर को ₹1,00,000 दूंगा", "100000", "2028-12-05"),
        ("दो हजार शुक्रवार को दूंगा", "2000", "2028-03-03"),
        ("पाँच सौ रुपए शनिवार को दूंगी", "500", "2028-03-04"),
        ("1 लाख 20 हजार सोमवार को दूंगा", "120000", "2028-03-06"),
        ("15 तारीख को 700 दूंगा", "700", "2028-03-15"),
        ("दो हफ्ते में 700 दूंगा", "700", "2028-03-15"),
        ("अभी नहीं दे सकता, शुक्रवार को 300 दूंगा", "300", "2028-03-03"),
        ("shukravar ko 500 rupaye dunga", "500", "2028-03-03"),
        ("main kal 500 de doonga", "500", "2028-03-02"),
        ("kal 500 bhej dunga ji", "500", "2028-03-02"),
        ("aaj 500 jama kar dungi", "500", "2028-03-01"),
        ("somwar ko aadha dunga", "999.75", "2028-03-06"),
        ("Friday ko poora payment karunga", "1999.50", "2028-03-03"),
        ("15 tarikh ko 700 dunga", "700", "2028-03-15"),
        ("do hafte mein 700 de dunga", "700", "2028-03-15"),
        ("paanch sau rupay ravivar ko dunga", "500", "2028-03-05"),
        ("2 hazaar friday ko dunga", "2000", "2028-03-03"),
        ("abhi nahi de sakta, shukrawar ko 300 dunga", "300", "2028-03-03"),
        ("500 rs shanivar ko", "500", "2028-03-04"),
        ("05/12 ko 500 dunga", "500", "2028-12-05"),
    ],
)
def test_a_promise(text: str, amount: str, on: str) -> None:
    intent = understand(text)
    assert_promise(intent, amount, on)
    assert intent.language == "hi"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("STOP", IntentKind.STOP),
        ("बंद करो", IntentKind.STOP),
        ("कृपया मैसेज बंद करें", IntentKind.STOP),
        ("मुझे मैसेज मत भेजो", IntentKind.STOP),
        ("परेशान मत करो", IntentKind.STOP),
        ("स्टॉप", IntentKind.STOP),
        ("शुक्रवार को 500 दूंगा पर मैसेज मत भेजिए", IntentKind.STOP),
        ("गलत नंबर", IntentKind.STOP),
        ("message band karo", IntentKind.STOP),
        ("sms bhejna band kijiye", IntentKind.STOP),
        ("mujhe message mat bhejo", IntentKind.STOP),
        ("pareshan mat karo", IntentKind.STOP),
        ("band karo", IntentKind.STOP),
        ("शुरू", IntentKind.START),
        ("shuru karo", IntentKind.START),
        ("हाँ", IntentKind.START),
        ("मदद", IntentKind.HELP),
        ("madad chahiye", IntentKind.HELP),
        ("मैंने पैसे दे दिए", IntentKind.PAID),
        ("कल भुगतान कर दिया", IntentKind.PAID),
        ("payment kar diya hai", IntentKind.PAID),
        ("maine kal paise bhej diye", IntentKind.PAID),
        ("kal 500 jama kar diya", IntentKind.PAID),
        ("यह लोन मेरा नहीं है", IntentKind.DISPUTE),
        ("मैंने कोई लोन नहीं लिया", IntentKind.DISPUTE),
        ("राशि गलत है", IntentKind.DISPUTE),
        ("ye loan mera nahi hai", IntentKind.DISPUTE),
        ("maine koi karz nahi liya", IntentKind.DISPUTE),
        ("amount galat hai", IntentKind.DISPUTE),
        ("मेरी नौकरी चली गई", IntentKind.HARDSHIP),
        ("पैसे नहीं हैं", IntentKind.HARDSHIP),
        ("मैं बीमार हूँ", IntentKind.HARDSHIP),
        ("meri naukri chali gayi", IntentKind.HARDSHIP),
        ("mere paas paise nahi hai", IntentKind.HARDSHIP),
        ("main hospital mein hu", IntentKind.HARDSHIP),
        ("naukri chali gayi lekin shukravar ko 200 dunga", IntentKind.HARDSHIP),
        ("मैं रमेश नहीं हूँ", IntentKind.WRONG_PERSON),
        ("इस नाम का कोई नहीं है", IntentKind.WRONG_PERSON),
        ("main ramesh nahi hu", IntentKind.WRONG_PERSON),
        ("galat aadmi ko message kiya", IntentKind.WRONG_PERSON),
        ("मेरे वकील से बात कीजिए", IntentKind.LEGAL_REPRESENTATIVE),
        ("mere vakeel se baat karo", IntentKind.LEGAL_REPRESENTATIVE),
        ("मैं दिवालिया हो गया हूँ", IntentKind.BANKRUPTCY),
        ("main diwaliya ho gaya hu", IntentKind.BANKRUPTCY),
        ("मेरे पति का निधन हो गया", IntentKind.DECEASED),
        ("उनकी मृत्यु हो गई है", IntentKind.DECEASED),
        ("mere pita ka dehant ho gaya", IntentKind.DECEASED),
        ("woh guzar gaye", IntentKind.DECEASED),
        ("मुझे कॉल करें", IntentKind.CALL_ME),
        ("mujhe call karo", IntentKind.CALL_ME),
        ("kal shaam 5 baje phone kijiye", IntentKind.CALL_ME),
    ],
)
def test_what_people_say(text: str, kind: IntentKind) -> None:
    intent = understand(text)
    assert intent.kind is kind
    assert intent.confidence >= CONFIDENT


@pytest.mark.parametrize(
    "text",
    [
        "kal 500",
        "कल 500",
        "kal 500 nahi dunga",
        "शुक्रवार को 500 नहीं दूंगा",
        "shayad shukravar ko 500 dunga",
        "शायद शुक्रवार को 500 दूंगा",
        "agar paise mile to kal 500 dunga",
        "koshish karunga shukravar ko 500",
        "agle hafte 500 dunga",
        "अगले हफ्ते 500 दूंगा",
        "agle shukravar ko 500 dunga",
        "shukravar ya shanivar ko 500 dunga",
        "kya shukravar ko 500 dunga?",
        "shukravar ko 500 de do",
        "pati shukravar ko 500 denge",
        "31 february ko 500 dunga",
        "shukravar ko 500 aur 600 dunga",
        "shukravar ko 500 dollar dunga",
        "payment nahi kiya",
        "भुगतान नहीं किया",
        "naukri nahi gayi",
        "kya main diwaliya ho gaya?",
        "mera phone band tha",
        "maine message nahi bheja",
        "main contact nahi kar paya",
        "payment fail ho gaya",
        "payment nahi kar diya",
        "maine abhi tak bhugtan nahi kiya",
        "ve paise nahi de rahe",
        "main taiyar nahi hu",
        "main khush nahi hu",
        "मैंने मैसेज नहीं भेजा",
        "मेरा फोन बंद था",
        "namaste",
        "नमस्ते",
        "ठीक है",
    ],
)
def test_what_leaves_a_doubt_goes_to_a_person(text: str) -> None:
    assert understand(text).kind is IntentKind.UNCLEAR


def test_a_hindi_reply_is_understood_whatever_language_is_on_file() -> None:
    for language in ("en", "es", ""):
        assert understand("शुक्रवार को 500 दूंगा", language=language).kind is IntentKind.PROMISE
        assert understand("shukravar ko 500 dunga", language=language).kind is IntentKind.PROMISE
        assert understand("मैसेज मत भेजो", language=language).kind is IntentKind.STOP


def test_a_call_is_asked_for_at_a_time() -> None:
    intent = understand("शाम 5 बजे कॉल करें")
    assert (intent.kind, intent.at) == (IntentKind.CALL_ME, time(17))
