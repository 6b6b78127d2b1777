"""What people write in English."""

import re

from domain.contact.intents.kinds import IntentKind as Kind
from domain.contact.intents.text import any_of, numbered, words
from domain.contact.intents.vocabulary import (
    DAY_NUMBER,
    ISO_DATE,
    Vocabulary,
    named_days,
    phrase,
    statements,
)

# Anywhere in a message they end it. Letters may be stretched ("stoooop").
_STOP_ANYWHERE = phrase(
    r"s+t+o+p+(?:all|now|it|me|texts?|texting|sms|msgs?|messages?|messaging|2end)?"
    r"|stop(?:end|pls|please)"
    r"|un\s?subscribe[ds]?|unsub|opt(?:ing|ed)?\s?out|revoke[ds]?|revoking"
    r"|withdraw(?:ing|n)? (?:my )?consent"
    r"|(?:dont|do not|never|no longer) (?:ever )?"
    r"(?:text|sms|message|msg|contact|email|mail|write)"
    r"|no more (?:texts?|sms|messages?|msgs?|reminders?|emails?|mails?|contact)"
    r"|(?:quit|cancel|cease|end) (?:all )?(?:the |these |your |this )?"
    r"(?:texts?|texting|sms|messages?|messaging|reminders?|emails?|contact|contacting)"
    r"|(?:take|get) me off|remove (?:me|my (?:number|phone|name|email|details))"
    r"|(?:delete|lose|forget) my (?:number|phone|email|details)"
    r"|leave me alone|wrong number|s t o p"
)
_DIED = r"(?:died|passed away|has passed|is dead|is deceased|is no longer alive|no longer with us)"
_ONE_WHO_DIED = (
    r"(?:he|she|they|customer|borrower|(?:account ?)?holder|(?:my|his|her|our) (?:late )?"
    r"(?:husband|wife|father|mother|dad|mum|mom|brother|sister|son|daughter|partner|spouse"
    r"|uncle|aunt|grandfather|grandmother|grandma|grandpa)|(?:mr|mrs|ms|miss) \w+(?: \w+)?)"
)
_LAWYER = r"(?:lawyer|attorney|solicitor|barrister|legal (?:representative|counsel|team))"
_DEBT = (
    r"(?:this|that|the|any|your)(?: \w+)?(?: (?:debt|loan|bill|charge|amount|balance|fee|account))?"
)
_STATEMENTS = statements(
    "en",
    (Kind.DECEASED, "died", rf"{_ONE_WHO_DIED} (?:(?:has|have|had|just|sadly|recently) )*{_DIED}"),
    (Kind.DECEASED, "death", r"death certificate|(?:the )?(?:estate|executor|widow(?:er)?) of"),
    (Kind.DECEASED, "executor", r"i am the (?:executor|widow|widower)|im (?:her|his|the) executor"),
    (
        Kind.LEGAL_REPRESENTATIVE,
        "has_one",
        rf"(?:i|we|ive|weve)(?: have| got| now| hired| retained| engaged)+ (?:a|an) {_LAWYER}",
    ),
    (
        Kind.LEGAL_REPRESENTATIVE,
        "talk_to",
        rf"(?:contact|call|talk to|speak (?:to|with)|write to|deal with|refer to|through) "
        rf"(?:my|our) {_LAWYER}",
    ),
    (
        Kind.LEGAL_REPRESENTATIVE,
        "will_act",
        rf"(?:my|our) {_LAWYER} (?:will|is|has|says|said|told|handles|represents|shall)",
    ),
    (
        Kind.LEGAL_REPRESENTATIVE,
        "represented",
        rf"represented by (?:a|an|my|our) \w+|i (?:act|write) (?:for|on behalf of) (?:my"
        rf"|our) client"
        rf"|represented by (?:legal )?counsel|(?:my|our) {_LAWYER}s? (?:number|name|address) is",
    ),
    (
        Kind.BANKRUPTCY,
        "filed",
        r"(?:filed|filing|file|declared|declaring|entered|gone|going|went) "
        r"(?:for )?(?:a |into )?(?:bankruptcy|bankrupt|insolvency|chapter (?:7|11|13))",
    ),
    (Kind.BANKRUPTCY, "am", r"(?:i am|im|we are|were) (?:now )?(?:bankrupt|insolvent)"),
    (Kind.BANKRUPTCY, "named", r"in (?:bankruptcy|chapter (?:7|13))|bankruptcy (?:case|trustee)"),
    (
        Kind.DISPUTE,
        "dispute",
        rf"(?:i|we|id like to|i want to|i wish to) (?:hereby )?(?:dispute|contest"
        rf"|challenge) {_DEBT}"
        rf"|disput(?:e|ing) (?:{_DEBT}|it)",
    ),
    (
        Kind.DISPUTE,
        "not_mine",
        r"(?:this|that|it|the (?:debt|loan|charge|amount)) (?:is not|isnt|was not|wasnt) "
        r"(?:mine|my (?:debt|loan)|correct|right|what i (?:owe|agreed|signed))",
    ),
    (
        Kind.DISPUTE,
        "not_owed",
        r"(?:i|we) (?:dont|do not|never) (?:owe|owed)(?: you| this| that| any| it)*"
        r"(?: money| amount| much| debt| anything| a \w+)?",
    ),
    (
        Kind.DISPUTE,
        "wrong_amount",
        r"(?:the|this|that|your) (?:amount|balance|sum|bill|fee|charge|interest|figure) "
        r"(?:is|looks|seems) (?:\w+ )?(?:wrong|incorrect|a mistake|too high|not right|not correct)",
    ),
    (
        Kind.DISPUTE,
        "never_took",
        r"(?:i|we) (?:never|did not|didnt) (?:take|took|sign|signed|borrow|borrowed|get|got|receive"
        r"|received|apply|applied)(?: \w+){0,3} (?:loan|money|contract|debt|credit|anything)",
    ),
    (
        Kind.COMPLAINT,
        "complain",
        r"(?:(?:i|we) (?:really )?(?:want|wish|would like|need|have|am going)|id like|im going"
        r"|i must|i will|ill) (?:to )?complain|(?:i am|im|we are) (?:really )?complaining",
    ),
    (
        Kind.COMPLAINT,
        "complaint",
        r"(?:(?:id like|i would like|i want|we want|i wish|i need|i have) to )?"
        r"(?:make|making|made|file|filing|filed|lodge|lodging|lodged|raise|raising|raised|submit"
        r"|submitting|submitted|have|register) (?:a|my|this) (?:formal |official )?complaint"
        r"|(?:this|here) is (?:a|my) (?:formal |official )?complaint|formal complaint",
    ),
    (
        Kind.COMPLAINT,
        "ombudsman",
        r"(?:going|go|write|report|complain|complaining|reporting) (?:you |this |it )?to the "
        r"(?:financial )?(?:ombudsman|regulator|cfpb|fca)|report(?:ing)? you to",
    ),
    (
        Kind.HARDSHIP,
        "lost_work",
        r"(?:lost|losing) (?:my|our|his|her) (?:job|jobs|work|income|business|home)"
        r"|(?:got|been|was|am|im) (?:laid off|fired|made redundant|sacked)"
        r"|(?:i am|im|am|currently) (?:unemployed|out of work|jobless|without work)",
    ),
    (
        Kind.HARDSHIP,
        "cannot_afford",
        r"(?:cant|cannot|can not|couldnt|unable to|not able to) (?:\w+ )?afford"
        r"|(?:i|we) (?:have|got) no (?:money|income|job|work)|no money (?:at all|left|for food)"
        r"|(?:i|we) (?:simply |just |really )?(?:cant|cannot|can not) pay "
        r"(?:anything|any more|any longer|it anymore|anymore)",
    ),
    (
        Kind.HARDSHIP,
        "illness",
        r"(?:i am|im|been|was) (?:very |seriously )?(?:ill|sick|hospitali[sz]ed)"
        r"|(?:is|am|im|was|been|are|still|hes|shes) in (?:the )?hospital"
        r"|(?:i have|got|diagnosed with) cancer|had (?:an accident|a stroke)",
    ),
    (
        Kind.HARDSHIP,
        "struggling",
        r"(?:financial|money) (?:hardship|difficult(?:y|ies)|problems|trouble)"
        r"|(?:struggling|(?:hard|difficult) time)s? (?:to pay|paying|financially"
        r"|with (?:the |my )?(?:payments?|money|bills))"
        r"|going through (?:a )?(?:hard|difficult|tough) times?|payment (?:plan|holiday|break)",
    ),
    (
        Kind.WRONG_PERSON,
        "not_me",
        r"(?:i am|im|this is) not (?:(?:mr|mrs|ms|miss) )?(?P<name>\w+)"
        r"|(?:i am|im|this is) not (?:him|her|that person|the (?:right )?person|who you)"
        r"|(?:you (?:have|got|ve) (?:got )?|youve got )?(?:the )?wrong (?:person|guy|man|woman)",
    ),
    (
        Kind.WRONG_PERSON,
        "unknown",
        r"(?:i )?(?:dont|do not) know (?:(?:this|that|any) )?(?:person|name|her|him|man|woman)"
        r"|no(?:body| one) (?:here )?(?:by|of|with|called) (?:that|this) ?(?:name)?(?: here)?"
        r"|wrong number|not my name",
    ),
    (
        Kind.PAID,
        "have_paid",
        r"(?:i|we|ive|weve)(?: have| had| just| already| did)* (?:paid|payed)(?! (?:for|rent|my "
        r"(?:rent|bills|doctor|lawyer|landlord|other|mortgage)|someone|somebody|him|her|them)\b)"
        r"|(?:i|we|ive|weve)(?: have| had| just| already)* (?:made|sent|transferred|deposited"
        r"|settled|cleared)(?: \w+){0,2} (?:money|payments?|instal\w+|amount|dues|debt|balance"
        r"|[0-9]+)"
        r"|already (?:paid|payed|settled)",
    ),
    (
        Kind.PAID,
        "payment_made",
        r"(?:payment|money|transfer)(?: has| have| was| is)*(?: been)?(?: just| already)* "
        r"(?:sent|made|done|transferred|gone out|completed)"
        r"|paid (?:it |you |in full |the \w+ )?(?:yesterday|today|already|this morning|last \w+)",
    ),
    (
        Kind.CALL_ME,
        "call_me",
        r"(?:call|phone|ring) (?:me|us)(?: back)?|give me a (?:call|ring)"
        r"|(?:can|could) (?:someone|somebody|an? \w+) (?:please )?(?:call|phone|ring)"
        r"|(?:want|like|need) (?:to (?:talk|speak) (?:to|with) (?:a|an|some)? ?\w+|a call)",
    ),
)

_WEEKDAYS = numbered(
    "monday mon",
    "tuesday tues tue",
    "wednesday weds wed",
    "thursday thurs thur thu",
    "friday fri",
    "saturday sat",
    "sunday sun",
)
_MONTHS = numbered(
    "january jan",
    "february feb",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sept sep",
    "october oct",
    "november nov",
    "december dec",
    start=1,
)
_RELATIVE = dict.fromkeys(words("today tonight 2day"), 0) | dict.fromkeys(
    words("tomorrow tommorow tomorow tmrw tmr tmw 2moro 2morrow"), 1
)
_UNITS = {"day": 1, "days": 1, "week": 7, "weeks": 7}
_NUMBERS = numbered(
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
) | {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60,
     "seventy": 70, "eighty": 80, "ninety": 90}  # fmt: skip
_MONTH = any_of(_MONTHS)
_DAY = rf"{DAY_NUMBER}(?:st|nd|rd|th)?"
_YEAR = r"(?:\s+(?P<year>20[0-9]{2}))?"
_DATES = (
    ISO_DATE,
    re.compile(rf"\b(?:the\s+)?(?P<day>{_DAY})(?:\s+of)?\s+(?P<month>{_MONTH}){_YEAR}\b"),
    re.compile(rf"\b(?P<month>{_MONTH})\s+(?:the\s+)?(?P<day>{_DAY})(?![.,][0-9]){_YEAR}\b"),
    re.compile(r"\b(?:the\s+)?(?P<ordinal>[0-9]{1,2})(?:st|nd|rd|th)\b"),
    re.compile(rf"\bin\s+(?P<count>[0-9]{{1,2}}|a)\s+(?P<unit>{any_of(_UNITS)})\b"),
    *named_days(_WEEKDAYS, _RELATIVE),
)
_PAY = words("pay send transfer give make do manage clear settle deposit")
_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD"})
_DINARS = frozenset({"KWD", "BHD", "IQD", "JOD", "LYD"})
_RUPEES = frozenset({"INR", "PKR", "LKR", "NPR"})

ENGLISH = Vocabulary(
    code="en",
    markers=words(
        "the i will pay on and is my you have can cant not it of this that for please am was do "
        "dont with me at in be money who"
    ),
    stop_anywhere=_STOP_ANYWHERE,
    # As the whole message they are a revocation; inside a sentence they may be ordinary words
    # ("the end of the month"), so a person reads it.
    stop_alone=words(
        "stop quit end revoke cancel unsubscribe stopall optout arret td remove desist cease"
    ),
    fillers=words(
        "please pls plz now thanks thank you ok okay all me it this that these texts text messages "
        "message sms the your my to from at once immediately sir madam hi hello hey kindly service "
        "a un just"
    ),
    start=words("start unstop"),
    yes=words("yes"),
    help=words("help info information"),
    hedges=words(
        "if maybe perhaps might possibly probably hopefully hope try trying unless or either "
        "should could would about around roughly approximately approx least most between until "
        "till unsure depends think guess wish want like from since"
    ),
    negations=words(
        "not no never cant cannot wont dont unable couldnt wouldnt shouldnt isnt arent impossible "
        "nothing none without nor neither aint didnt havent hasnt"
    ),
    other_matters=words(
        "paid payed sent transferred already owe owed owes receive received get gets getting "
        "refund dispute disputed wrong mistake before after instead loan loans fee fees interest "
        "charge charged he she they wife husband died dead lawyer solicitor bankrupt bankruptcy "
        "yours every each weekly monthly fortnightly extra more less only quarter then percent "
        "pct hour hours minutes"
    ),
    pay=_PAY,
    known=words(
        "i ill im we well will can shall going gonna to the on by of at for a an my it this that "
        "is be able promise promised payment payments first and but so just ok okay hi hello hey "
        "please pls thanks thank sorry sir madam in with day date morning afternoon evening night "
        "latest coming bank account card online back owing overdue balance amount due week month "
        "definitely surely certainly you u your"
    ),
    everything=words("all everything full whole lot total entire rest"),
    half=words("half"),
    currencies={
        **dict.fromkeys(("dollars", "dollar", "bucks"), _DOLLARS),
        "pounds": frozenset({"GBP", "EGP"}),
        "quid": frozenset({"GBP"}),
        **dict.fromkeys(("euros", "euro"), frozenset({"EUR"})),
        **dict.fromkeys(("rupees", "rs"), _RUPEES),
        "yen": frozenset({"JPY"}),
        **dict.fromkeys(("dinar", "dinars", "kd"), _DINARS),
    },
    weekdays=_WEEKDAYS,
    months=_MONTHS,
    relative=_RELATIVE,
    units=_UNITS,
    next=words("next"),
    dates=_DATES,
    clause_end=re.compile(r"[;!\n]+|[.,](?=\s|$)|\s-\s|\bbut\b"),
    asks_us=re.compile(r"\b(?:can|will|could|would) (?:you|u)\b"),
    courtesy=re.compile(r"\bthank (?:you|u)\b"),
    numbers=_NUMBERS,
    multipliers={"hundred": 100, "thousand": 1000, "lakh": 100_000, "lac": 100_000},
    joiners=words("and"),
    statements=_STATEMENTS,
    automatic=(
        "out of office",
        "automatic reply",
        "auto reply",
        "autoreply",
        "auto response",
        "this is an automated",
        "this is an automatic",
        "im driving",
        "i am driving",
        "i cant talk right now",
    ),
)
"""The words and rules of English."""
