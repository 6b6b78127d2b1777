"""What people write in Hindi, in Devanagari and in Latin letters.

Nobody spells Hindi alike in Latin letters (dunga, doonga; paisa, paisaa), so they are folded: long
vowels as short ones, w as v, z as j, double letters as one. Words here may be written as people
do; they are folded with the same rules.
"""

import re
import unicodedata
from typing import Final

from domain.contact.intents.kinds import IntentKind as Kind
from domain.contact.intents.text import BEGIN, END, any_of, plain
from domain.contact.intents.vocabulary import (
    DAY_NUMBER,
    ISO_DATE,
    Vocabulary,
    named_days,
    phrase,
    statements,
)

_SPELLINGS: Final = (("aa", "a"), ("ee", "i"), ("oo", "u"), ("w", "v"), ("z", "j"), ("ph", "f"))
_DOUBLE: Final = re.compile(r"([a-z])\1+")
_LATIN: Final = re.compile(r"(?<!\\)[a-z]+")


def fold(text: str) -> str:
    """A plain text with one spelling for what is spelt in many ways."""
    for written, meant in _SPELLINGS:
        text = text.replace(written, meant)
    return _DOUBLE.sub(r"\1", text)


def _words(*lines: str) -> frozenset[str]:
    return frozenset(fold(plain(" ".join(lines))).split())


def _numbered(*lines: str, start: int = 0) -> dict[str, int]:
    return {name: number for number, line in enumerate(lines, start=start) for name in _words(line)}


def _folded(pattern: str) -> str:
    """A pattern whose words are folded and whose signs are left alone."""
    spread = unicodedata.normalize("NFKD", pattern)
    spread = spread.replace("\u093c", "").replace("\u0901", "\u0902")
    return _LATIN.sub(lambda match: fold(match.group()), spread)


_TEXTS = r"(?:message|mesej|msg|sms|sandesh|text|reminder|मैसेज|मेसेज|संदेश|सन्देश|एसएमएस)s?"
_CALLS = r"(?:fon|phone|call|contact|sampark|pareshan|tang|disturb|फोन|कॉल|संपर्क|सम्पर्क|परेशान|तंग)"
# Forms of asking, not of telling: "message nahi bheja" is no STOP.
_ASKED = (
    r"(?:karo|kare|karen|kariye|karie|kijiye|kijie|karna|kar do|kar den|kar dijiye|bhejo|bheje"
    r"|bhejen"
    r"|bhejiye|bhejie|bhejna|करो|करें|करे|करिए|करिये|कीजिए|कीजिये|करना|कर दो|कर दें|कर दीजिए|भेजो"
    r"|भेजें"
    r"|भेजे|भेजिए|भेजिये|भेजना)"
)
_STOP_ANYWHERE = phrase(
    _folded(
        rf"{_TEXTS}(?: (?:bhejna|karna|bhejne|aana|भेजना|करना|आना))? (?:band|bandh|bund|बंद"
        rf"|बन्द) {_ASKED}"
        rf"|(?:{_TEXTS}|{_CALLS}) (?:mat|na|मत|ना|न) {_ASKED}|(?:mat|मत) (?:bhej|भेज)\S*"
        rf"|{_TEXTS} (?:nahi|nahin|nhi|नहीं) (?:chahi|चाहि)\S*"
        rf"|(?:bhejna|भेजना) (?:band|bandh|बंद|बन्द) {_ASKED}"
        r"|(?:mera|मेरा) (?:number|nambar|नंबर|नम्बर) (?:hata|delete|nikal|remove|हटा|निकाल)\S*"
        r"|(?:galat|गलत) (?:number|nambar|नंबर|नम्बर)|(?:list|सूची|लिस्ट) (?:se|से) (?:hata|हटा)\S*"
        r"|(?:स्टॉप|स्टोप|अनसब्सक्राइब)"
    )
)
_PERSON = (
    r"(?:pati|patni|pita|papa|pitaji|maa|mata|mataji|mummy|bhai|behan|bahan|beta|beti|dada|dadi"
    r"|chacha|husband|wife|father|mother|wo|woh|ve|unka|unki|inka|inki|grahak|ji|पति|पत्नी|पिता"
    r"|पिताजी|पापा|मां|माता|माताजी|मम्मी|भाई|बहन|बेटा|बेटे|बेटी|दादा|दादी|चाचा|वह|वो|वे|उनका|उनकी"
    r"|इनका|इनकी|ग्राहक|जी)"
)
_DEATH = (
    r"(?:nidhan|dehant|mrityu|maut|death|swargwas|intkal|निधन|देहांत|देहान्त|मृत्यु|मौत|स्वर्गवास"
    r"|इंतकाल)"
)
_LAWYER = r"(?:vakil|wakeel|lawyer|advocate|वकील|एडवोकेट)"
_DEBT = (
    r"(?:loan|lon|karz|karza|karj|udhar|rakam|amount|paisa|bill|kist|rashi|balance|लोन|कर्ज|कर्जा"
    r"|ऋण"
    r"|उधार|रकम|राशि|पैसा|बिल|किस्त|बकाया)"
)
_NOT = r"(?:nahi|nahin|nhi|nai|na|नहीं|नही|ना|न)"
_DONE = (
    r"(?:diya|diye|die|di|chuka|chuke|chuki|gaya|gaye|gayi|दिया|दिए|दिये|दी|चुका|चुके|चुकी|गया|गए"
    r"|गई|गये)"
)
_GONE = r"(?:chuka|chuke|chuki|gaya|gaye|gayi|चुका|चुके|चुकी|गया|गए|गई|गये)"
_AM = r"(?:hu|hun|hoon|hai|hain|हूं|हूँ|हु|है|हैं)"
_STATEMENTS = statements(
    "hi",
    *(
        (kind, name, _folded(pattern))
        for kind, name, pattern in (
            (
                Kind.DECEASED,
                "death",
                rf"(?:{_PERSON}|ka|ki|का|की)(?: \S+){{0,2}} {_DEATH}(?: (?:ho|हो))? ?{_DONE}?",
            ),
            (
                Kind.DECEASED,
                "died",
                rf"{_PERSON}(?: \S+){{0,2}} (?:mar|guzar|chal bas|expire|मर|गुजर|चल बस|एक्सपायर)"
                rf"(?: (?:ho|हो))? {_GONE}|(?:chal base|चल बसे)"
                rf"|{_PERSON}(?: (?:ji|ab|जी|अब))* {_NOT} (?:rahe|rahi|raha|रहे|रही|रहा)",
            ),
            (
                Kind.LEGAL_REPRESENTATIVE,
                "talk_to",
                rf"(?:mer[aei]|hamar[aei]|मेर[ाेी]|हमार[ाेी]) {_LAWYER}(?: \S+){{0,2}} "
                r"(?:baat|bat|sampark|jawab|contact|call|dekh|बात|संपर्क|जवाब|देख)\S*",
            ),
            (
                Kind.LEGAL_REPRESENTATIVE,
                "has_one",
                rf"(?:mere paas|mere pass|maine|meine|मेरे पास|मैंने)(?: (?:ek|एक))? {_LAWYER} "
                r"(?:hai|kar|rakh|है|कर|रख)\S*",
            ),
            (
                Kind.BANKRUPTCY,
                "bankrupt",
                r"(?:main|mai|me|hum|maine|मैं|हम|मैंने)(?: (?:ab|khud ko|अब|खुद को))? "
                r"(?:d[ie]wal[iy]+a|bankrupt|bankruptcy|दिवालिया)"
                rf"|(?:d[ie]wal[iy]+a|bankrupt|दिवालिया) (?:ho|ghoshit|हो|घोषित) ?(?:ho"
                rf"|हो)? ?{_DONE}",
            ),
            (
                Kind.DISPUTE,
                "not_mine",
                rf"{_DEBT} (?:mera|meri|mere|मेरा|मेरी|मेरे) {_NOT}"
                rf"|(?:ye|yeh|yah|यह|ये) (?:mera|meri|मेरा|मेरी) {_DEBT} {_NOT}",
            ),
            (
                Kind.DISPUTE,
                "never_took",
                rf"(?:maine|meine|मैंने|मैने)(?: \S+){{0,2}} (?:{_DEBT}|kuch|कुछ) {_NOT} "
                r"(?:liya|li|uthaya|लिया|ली|उठाया)",
            ),
            (
                Kind.DISPUTE,
                "wrong_amount",
                rf"{_DEBT} (?:(?:to|bilkul|तो|बिल्कुल) )?(?:galat|sahi {_NOT}|गलत|सही {_NOT})"
                r"|(?:galat|jyada|गलत|ज्यादा) (?:amount|rakam|paisa|charge|रकम|राशि|पैसा|चार्ज)",
            ),
            (
                Kind.DISPUTE,
                "not_owed",
                rf"(?:mujh ?pe|mujh par|mera|मुझ पर|मेरा|मुझपर) (?:koi|कोई) "
                rf"(?:{_DEBT}|bakaya|बकाया) {_NOT}"
                rf"|(?:ise|isko|is {_DEBT} ko|इसे|इस {_DEBT} को) {_NOT} (?:manta|manti|मानता"
                rf"|मानती)",
            ),
            (
                Kind.COMPLAINT,
                "complaint",
                r"(?:shikayat|shikayt|complaint|complain|शिकायत|कंप्लेंट)(?: \S+){0,1} "
                r"(?:kar|darj|hai|करनी|करना|करूंगा|करूंगी|कर|दर्ज|है)\S*",
            ),
            (
                Kind.COMPLAINT,
                "ombudsman",
                r"(?:lokpal|ombudsman|rbi|लोकपाल|आरबीआई)(?: \S+){0,2} "
                r"(?:shikayat|complaint|jaunga|jaungi|शिकायत|जाऊंगा|जाऊंगी)",
            ),
            (
                Kind.HARDSHIP,
                "lost_work",
                rf"(?:naukri|nokri|job|kaam|dhandha|नौकरी|काम|धंधा|जॉब)(?: \S+){{0,2}} "
                r"(?:chali ga|chala ga|chhut ga|chhoot ga|chut ga|kho|चली ग|चला ग|छूट ग|खो)\S*"
                rf"|(?:naukri|nokri|job|kaam|नौकरी|काम|जॉब) {_NOT} (?:hai|rahi|raha|bachi|है|रही"
                rf"|रहा)|(?:berozgar|berojgar|बेरोजगार)",
            ),
            (
                Kind.HARDSHIP,
                "no_money",
                rf"(?:paise|paisa|पैसे|पैसा)(?: \S+){{0,2}} {_NOT} (?:hai|hain|bache|है|हैं|बचे)"
                rf"|{_NOT} (?:hai|hain|है|हैं) (?:paise|paisa|पैसे|पैसा)"
                rf"|(?:salary|tankhwah|vetan|सैलरी|वेतन|तनख्वाह)(?: \S+)? {_NOT} (?:mil|aa|मिल"
                rf"|आ)\S*",
            ),
            (
                Kind.HARDSHIP,
                "illness",
                rf"(?:bimar|beemar|बीमार) (?:{_AM}|chal|pad|चल|पड)\S*"
                r"|(?:hospital|aspatal|asptal|अस्पताल|हॉस्पिटल) (?:me|mein|main|में)"
                rf"(?: (?:bharti|admit|भर्ती))? {_AM}",
            ),
            (
                Kind.HARDSHIP,
                "struggling",
                r"(?:aarthik|paise ki|paiso ki|आर्थिक|पैसों की|पैसे की) "
                r"(?:tangi|dikkat|pareshani|samasya|problem|mushkil|तंगी|दिक्कत|परेशानी|समस्या"
                r"|मुश्किल)"
                r"|(?:mushkil|musibat|मुश्किल|मुसीबत) (?:me|mein|samay|में|समय)",
            ),
            (
                Kind.WRONG_PERSON,
                "not_me",
                rf"(?:main|mai|mein|मैं) (?P<name>\S+) {_NOT} (?:hu|hun|hoon|हूं|हूँ)"
                r"|(?:galat|गलत) (?:aadmi|vyakti|insan|person|आदमी|व्यक्ति|इंसान)",
            ),
            (
                Kind.WRONG_PERSON,
                "unknown",
                rf"(?:is|इस) (?:naam|nam|name|नाम) (?:ka|ki|का|की|के)(?: \S+){{0,2}} {_NOT}"
                rf"|(?:main|mai|मैं) (?:ise|use|unhe|inhe|इसे|उसे|उन्हें|इन्हें) {_NOT} (?:jan"
                rf"|जान)\S*"
                r"|(?:galat|गलत) (?:number|nambar|नंबर|नम्बर)"
                rf"|(?:ye|yah|यह|ये) (?:unka|uska|उनका|उसका) (?:number|nambar|नंबर|नम्बर) {_NOT}",
            ),
            (
                Kind.PAID,
                "have_paid",
                r"(?:paise|paisa|payment|pement|pay|bhugtan|kist|emi|rakam|rupaye|jama|transfer|upi"
                r"|पैसे|पैसा|भुगतान|पेमेंट|किस्त|ईएमआई|रकम|रुपये|रुपए|जमा|ट्रांसफर)(?: \S+){0,3}? "
                rf"(?:kar|kr|de|bhej|chuka|bhar|कर|दे|भेज|चुका|भर) {_DONE}"
                r"|(?:payment|pement|bhugtan|jama|transfer|पेमेंट|भुगतान|जमा|ट्रांसफर) "
                rf"(?:(?:bhi|to|भी|तो) )?(?:ho|हो) {_GONE}",
            ),
            (
                Kind.PAID,
                "done",
                rf"(?:maine|meine|मैंने|मैने)(?: \S+){{0,3}} (?:de|bhej|chuka|bhar|दे|भेज|चुका"
                rf"|भर) {_DONE}"
                rf"|(?:pehle hi|pahle hi|पहले ही)(?: \S+){{0,2}} (?:de|kar|bhej|chuka|दे|कर|भेज"
                rf"|चुका) {_DONE}",
            ),
            (
                Kind.CALL_ME,
                "call_me",
                r"(?:call|fon|fone|phone|कॉल|फोन) (?:kar ?)?(?:back|karo|kare|karen|kariye|karie"
                r"|kijiye"
                r"|kijie|karna|do|dijiye|करो|करें|करे|करिए|कीजिए|कीजिये|कर दो|करना|दीजिए|बैक)"
                r"|(?:baat|bat|बात) (?:karni|karna|करनी|करना) (?:hai|chah\S*|है|चाह\S*)",
            ),
        )
    ),
)

_WEEKDAYS = _numbered(
    "somvar somwar monday सोमवार मंडे",
    "mangalvar mangal tuesday मंगलवार मंगल ट्यूजडे",
    "budhvar budh wednesday बुधवार बुध वेडनेसडे",
    "guruvar brihaspativar veervar thursday गुरुवार गुरूवार बृहस्पतिवार वीरवार थर्सडे",
    "shukravar shukrawar sukravar shukra jumma jumme friday शुक्रवार जुम्मा फ्राइडे",
    "shanivar shani saturday शनिवार शनि सैटरडे",
    "ravivar raviwar itvar itwar sunday रविवार इतवार संडे",
)
_MONTHS = _numbered(
    "janvari january jan जनवरी",
    "farvari february feb फरवरी",
    "march मार्च",
    "april aprail अप्रैल",
    "may मई",
    "june jun जून",
    "july julai जुलाई",
    "august agast अगस्त",
    "september sitambar sitamber सितंबर सितम्बर",
    "october aktubar october अक्टूबर अक्तूबर",
    "november navambar navamber नवंबर नवम्बर",
    "december disambar disamber दिसंबर दिसम्बर",
    start=1,
)
_RELATIVE = _numbered("aaj today आज", "kal tomorrow कल", "parso parson परसों परसो")
_UNITS = dict.fromkeys(_words("din dino days दिन दिनों"), 1) | dict.fromkeys(
    _words("hafte hafta haftey saptah week weeks हफ्ते हफ्ता हफ़्ते सप्ताह"), 7
)
_NUMBERS = (
    _numbered(
        "ek एक", "do दो", "teen तीन", "chaar चार", "paanch panch पांच पाँच", "chhah chhe छह छः",
        "saat सात", "aath आठ", "nau नौ", start=1,
    )
    | {name: value for value, names in (
        (10, "das दस"), (11, "gyarah ग्यारह"), (12, "barah बारह"), (15, "pandrah पंद्रह पन्द्रह"),
        (20, "bees बीस"), (25, "pachees पच्चीस"), (30, "tees तीस"), (35, "paintees पैंतीस"),
        (40, "chalees चालीस"), (45, "paintalees पैंतालीस"), (50, "pachaas पचास"),
        (60, "साठ"), (70, "sattar सत्तर"), (75, "pachhattar पचहत्तर"), (80, "assi अस्सी"),
        (90, "nabbe नब्बे"),
    ) for name in _words(names)}
)  # fmt: skip
_MULTIPLIERS = {
    **dict.fromkeys(_words("sau hundred सौ"), 100),
    **dict.fromkeys(_words("hazar hajar thousand हजार हज़ार"), 1000),
    **dict.fromkeys(_words("lakh laakh lac लाख"), 100_000),
    **dict.fromkeys(_words("crore karod करोड़"), 10_000_000),
}
_MONTH = any_of(_MONTHS)
_DATES = (
    ISO_DATE,
    re.compile(
        rf"{BEGIN}(?P<day>{DAY_NUMBER})\s+(?P<month>{_MONTH})(?:\s+(?P<year>20[0-9]{{2}}))?{END}"
    ),
    re.compile(rf"{BEGIN}(?P<ordinal>[0-9]{{1,2}})\s+(?:tarikh|तारीख|तारिख|ko{END}|को{END})"),
    re.compile(
        rf"{BEGIN}(?P<count>[0-9]{{1,2}}|ek|एक)\s+(?P<unit>{any_of(_UNITS)})\s+"
        rf"(?:ke\s+|के\s+)?(?:mein|me|bad|andar|में|बाद|अंदर){END}"
    ),
    *named_days(_WEEKDAYS, _RELATIVE),
)
_FUTURE = _words(
    "dunga dungi denge karunga karungi karenge bhejunga bhejungi bhejenge chukaunga chukaungi",
    "chukayenge bharunga bharungi bharenge दूंगा दूंगी दूँगा दूँगी देंगे करूंगा करूंगी करूँगा करूँगी",
    "करेंगे भेजूंगा भेजूंगी भेजेंगे चुकाऊंगा चुकाऊंगी चुकाएंगे भरूंगा भरूंगी भरेंगे will",
)
_RUPEES = frozenset({"INR", "PKR", "LKR", "NPR"})

HINDI = Vocabulary(
    code="hi",
    markers=_words(
        "main mai mein hai hain nahi nahin nhi ko ka ki ke kal mujhe mera mere meri kar karo karna",
        "dunga dungi denge karunga karungi rupaye rupay paise paisa bhej diya diye hu hoon hun aur",
        "kya aap abhi shukravar somvar mangalvar budhvar guruvar shanivar ravivar parso aaj tak",
        "karz naukri vakil maine bhugtan baat hafte tarikh mat band kijiye bimar pati patni pita",
        "madad shuru gaya gayi sab pura aadha sau hazar lekin",
    ),
    stop_anywhere=_STOP_ANYWHERE,
    stop_alone=_words("stop band bandh bas roko ruko rukiye बंद बन्द बस रोको रुको रुकिए स्टॉप"),
    fillers=_words(
        "please plz ji sir madam karo kar do kare karen kijiye kariye dijiye ise isko ye yah ab",
        "abhi sab kripya namaste message sms mujhe aap thanks dhanyavad करो कर दो करें करे कीजिए",
        "कीजिये दीजिए इसे इसको यह ये अब अभी सब कृपया नमस्ते मैसेज जी मुझे धन्यवाद चाहिए chahiye",
    ),
    start=_words("shuru chalu शुरू शुरु चालू"),
    yes=_words("haan हां हाँ"),
    help=_words("madad sahayata jankari मदद सहायता जानकारी"),
    hedges=_words(
        "agar yadi shayad koshish kosis lagbhag kareeb karib umeed ummid sochta sochti ya kya jab",
        "kabhi varna mushkil maybe if try अगर यदि शायद कोशिश लगभग करीब उम्मीद सोचता सोचती या क्या",
        "जब कभी वरना मुश्किल chahta chahti चाहता चाहती paya paunga paungi",
    ),
    negations=_words("nahi nahin nhi nai na mat no not cant नहीं नही ना न मत"),
    other_matters=_words(
        "diya diye die di gaya gaye gayi liya liye bheja bheje kiya tha thi milega milegi mile",
        "mila lena lunga lungi udhar byaj loan karz pati patni bhai papa wo woh unhone usne aap",
        "aapne tum har sirf keval kam jyada ghante ghanta minute do dijiye dijie lo pehle pahle",
        "salary galat paid sent दिया दिए दिये दी गया गए गई लिया लिए भेजा किया था थी मिलेगा मिलेगी मिला",
        "लेना लूंगा लूंगी उधार ब्याज लोन कर्ज पति पत्नी भाई पापा वह वो उन्होंने उसने आप आपने तुम हर सिर्फ केवल कम",
        "ज्यादा घंटे घंटा मिनट दो दीजिए दीजिये लो पहले सैलरी गलत",
    ),
    pay=_FUTURE | _words("pay de दे"),
    known=_words(
        "main mai mein me hum ham ko ka ki ke se tak par mera meri mere apna apne hu hun hoon hai",
        "hain ho ji sir madam namaste please plz kripya theek thik accha haan ab abhi subah sham",
        "shaam dopahar raat tarikh bank account upi gpay phonepe paytm online kist emi payment",
        "bhugtan baki bacha pakka zaroor jarur vada sakta sakti sakte to bhi hi din jama kar bhej",
        "chuka bhar paise paisa rakam dhanyavad shukriya thanks i मैं हम को का की के से तक पर मेरा मेरी",
        "मेरे अपना अपने हूं हूँ है हैं हो जी सर मैडम नमस्ते कृपया ठीक अच्छा हां अब अभी सुबह शाम दोपहर रात तारीख",
        "बैंक खाता खाते ऑनलाइन किस्त भुगतान बाकी पक्का जरूर वादा सकता सकती सकते तो भी ही दिन जमा कर भेज",
        "चुका भर पैसे पैसा रकम राशि धन्यवाद शुक्रिया में पेमेंट",
    ),
    everything=_words(
        "sab sara saara saare pura poora puri poori kul full all सब सारा सारे सारी पूरा पूरी पूरे कुल"
    ),
    half=_words("aadha aadhi aadhe half आधा आधी आधे"),
    currencies={
        **dict.fromkeys(
            _words("rupaye rupay rupaya rupees rupe rupiya rs inr रुपये रुपए रुपया रुपयों रु"), _RUPEES
        ),
        **dict.fromkeys(_words("dollar dollars डॉलर"), frozenset({"USD", "CAD", "AUD"})),
    },
    weekdays=_WEEKDAYS,
    months=_MONTHS,
    relative=_RELATIVE,
    units=_UNITS,
    next=_words("agle agla agli aane aanewale next अगले अगला अगली आने"),
    dates=_DATES,
    clause_end=re.compile(
        rf"[;!।\n]+|[.,](?=\s|$)|\s-\s|{BEGIN}(?:lekin|magar|parantu|kintu|लेकिन|मगर|परंतु|किंतु"
        rf"|but)"
        rf"{END}"
    ),
    asks_us=re.compile(r"(?!)"),
    courtesy=re.compile(rf"{BEGIN}(?:ek sath|एक साथ|kam se kam){END}"),
    numbers=_NUMBERS,
    multipliers=_MULTIPLIERS,
    joiners=frozenset(),
    statements=_STATEMENTS,
    two_way=_words("kal parso parson कल परसों परसो"),
    future=_FUTURE,
    automatic=("यह एक स्वचालित", "स्वचालित संदेश"),
    fold=fold,
)
"""The words and rules of Hindi."""
