"""What people write in Spanish, and how it is understood."""

from datetime import date, time
from decimal import Decimal

import pytest

from domain.contact.intents.kinds import CONFIDENT, Intent, IntentKind
from domain.contact.intents.reading import read
from tests.domain.contact.understood import assert_promise

WEDNESDAY = date(2028, 3, 1)
OVERDUE = Decimal("99.50")


def understand(text: str, *, country: str = "ES", currency: str = "EUR") -> Intent:
    return read(text, "es", WEDNESDAY, currency, OVERDUE, country=country, name="María López")


@pytest.mark.parametrize(
    ("text", "amount", "on"),
    [
        ("Pagaré 50 el viernes", "50", "2028-03-03"),
        ("pago 20 mañana", "20", "2028-03-02"),
        ("puedo pagar 120,50 el 12 de marzo", "120.50", "2028-03-12"),
        ("Hola, pagaré 1.234,56 € pasado mañana, gracias", "1234.56", "2028-03-03"),
        ("voy a pagar 1.200 euros el lunes", "1200", "2028-03-06"),
        ("pago la mitad el viernes", "49.75", "2028-03-03"),
        ("pagaré todo el viernes", "99.50", "2028-03-03"),
        ("pago todo hoy", "99.50", "2028-03-01"),
        ("mañana por la mañana pago", "99.50", "2028-03-02"),
        ("les pago cincuenta el viernes", "50", "2028-03-03"),
        ("pagaré treinta y cinco el sábado", "35", "2028-03-04"),
        ("pagaré doscientos cincuenta el sábado", "250", "2028-03-04"),
        ("pagaré dos mil quinientos el sábado", "2500", "2028-03-04"),
        ("el 5 de diciembre pago 100", "100", "2028-12-05"),
        ("el 5 de enero de 2029 pago 100", "100", "2029-01-05"),
        ("el día 15 pago 100", "100", "2028-03-15"),
        ("el 15 les transfiero 100", "100", "2028-03-15"),
        ("pago 100 el 05/12", "100", "2028-12-05"),
        ("pago 100 el 05/12/2028", "100", "2028-12-05"),
        ("en dos semanas pago 100", "100", "2028-03-15"),
        ("dentro de 3 días deposito 100", "100", "2028-03-04"),
        ("no puedo esta semana, 30 el viernes", "30", "2028-03-03"),
        ("No puedo ahora pero pago 30 el viernes", "30", "2028-03-03"),
        ("20 el viernes", "20", "2028-03-03"),
        ("el miercoles 20 euros", "20", "2028-03-08"),
        ("prometo pagar 80 el domingo sin falta", "80", "2028-03-05"),
    ],
)
def test_a_promise(text: str, amount: str, on: str) -> None:
    intent = understand(text)
    assert_promise(intent, amount, on)
    assert intent.language == "es"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("STOP", IntentKind.STOP),
        ("baja", IntentKind.STOP),
        ("BASTA", IntentKind.STOP),
        ("Alto por favor", IntentKind.STOP),
        ("no me escriban más", IntentKind.STOP),
        ("Por favor no me envíen más mensajes", IntentKind.STOP),
        ("dejen de escribirme", IntentKind.STOP),
        ("dejen de molestar", IntentKind.STOP),
        ("quiero darme de baja", IntentKind.STOP),
        ("no quiero recibir mensajes", IntentKind.STOP),
        ("borren mi número", IntentKind.STOP),
        ("número equivocado", IntentKind.STOP),
        ("déjenme en paz", IntentKind.STOP),
        ("pago 50 el viernes pero no me manden más mensajes", IntentKind.STOP),
        ("iniciar", IntentKind.START),
        ("alta", IntentKind.START),
        ("Sí", IntentKind.START),
        ("ayuda", IntentKind.HELP),
        ("información por favor", IntentKind.HELP),
        ("Ya pagué", IntentKind.PAID),
        ("ya lo he pagado", IntentKind.PAID),
        ("pagué ayer", IntentKind.PAID),
        ("ya hice la transferencia", IntentKind.PAID),
        ("El pago ya fue realizado", IntentKind.PAID),
        ("no reconozco esta deuda", IntentKind.DISPUTE),
        ("yo no les debo nada", IntentKind.DISPUTE),
        ("esa deuda no es mía", IntentKind.DISPUTE),
        ("el importe está equivocado", IntentKind.DISPUTE),
        ("nunca pedí ese préstamo", IntentKind.DISPUTE),
        ("Me están cobrando de más", IntentKind.DISPUTE),
        ("perdí mi trabajo", IntentKind.HARDSHIP),
        ("estoy en paro", IntentKind.HARDSHIP),
        ("me despidieron el mes pasado", IntentKind.HARDSHIP),
        ("no tengo dinero para pagar", IntentKind.HARDSHIP),
        ("no me alcanza", IntentKind.HARDSHIP),
        ("estoy en el hospital", IntentKind.HARDSHIP),
        ("¿Podemos acordar un plan de pagos?", IntentKind.HARDSHIP),
        ("perdí mi trabajo pero pago 20 el viernes", IntentKind.HARDSHIP),
        ("no soy María", IntentKind.WRONG_PERSON),
        ("se equivocan de persona", IntentKind.WRONG_PERSON),
        ("aquí no vive nadie con ese nombre", IntentKind.WRONG_PERSON),
        ("no conozco a esa persona", IntentKind.WRONG_PERSON),
        ("hablen con mi abogado", IntentKind.LEGAL_REPRESENTATIVE),
        ("tengo un abogado", IntentKind.LEGAL_REPRESENTATIVE),
        ("mi abogada se pondrá en contacto", IntentKind.LEGAL_REPRESENTATIVE),
        ("me declaré en bancarrota", IntentKind.BANKRUPTCY),
        ("estoy en concurso de acreedores", IntentKind.BANKRUPTCY),
        ("mi esposo falleció la semana pasada", IntentKind.DECEASED),
        ("la titular ha fallecido", IntentKind.DECEASED),
        ("falleció mi madre", IntentKind.DECEASED),
        ("llámenme por favor", IntentKind.CALL_ME),
        ("¿Me pueden llamar mañana a las 5 de la tarde?", IntentKind.CALL_ME),
        ("quiero hablar con alguien", IntentKind.CALL_ME),
    ],
)
def test_what_people_say(text: str, kind: IntentKind) -> None:
    intent = understand(text)
    assert intent.kind is kind
    assert intent.confidence >= CONFIDENT


@pytest.mark.parametrize(
    "text",
    [
        "no pagaré 50 el viernes",
        "nunca voy a pagar 50 el viernes",
        "quizás pago 50 el viernes",
        "si puedo pago 50 el viernes",
        "intentaré pagar 50 el viernes",
        "pago 50 el viernes o el sábado",
        "pago 50 el próximo viernes",
        "pago 50 el viernes que viene",
        "pago la próxima semana",
        "pago 50 en marzo",
        "pago 50 el 31 de febrero",
        "¿puedo pagar 50 el viernes?",
        "pago 50 o 60 el viernes",
        "pago 50 dólares el viernes",
        "pago unos 50 el viernes",
        "mi esposo paga 50 el viernes",
        "cuando cobre pago 50",
        "pago 1,200 el viernes",
        "pago pronto",
        "no he pagado",
        "todavía no pagué",
        "¿ya pagué?",
        "no tengo abogado",
        "quizás mi abogado les llame",
        "¿estoy en bancarrota?",
        "no soy capaz",
        "no me enviaron el recibo",
        "¿a qué cuenta para enviar el dinero?",
        "no me molesta esperar",
        "no quiero recibir una multa",
        "después de estar de baja vuelvo",
        "se me murió el teléfono",
        "no conozco la cuenta",
        "no hay nadie que me ayude",
        "nunca recibí su carta",
        "les he enviado un correo",
        "quieren que pague el lunes",
        "no tengo el recibo",
        "hola",
        "el viernes",
        "50",
    ],
)
def test_what_leaves_a_doubt_goes_to_a_person(text: str) -> None:
    assert understand(text).kind is IntentKind.UNCLEAR


def test_a_day_in_figures_is_a_doubt_where_people_write_it_in_two_ways() -> None:
    assert understand("pago 100 el 05/12", country="US").kind is IntentKind.UNCLEAR


def test_mexico_parts_thousands_with_a_comma() -> None:
    intent = understand("pago 1,234.56 pesos el viernes", country="MX", currency="MXN")
    assert intent.amount == Decimal("1234.56")


def test_a_call_is_asked_for_at_a_time() -> None:
    intent = understand("¿Me pueden llamar mañana a las 5 de la tarde?")
    assert (intent.on, intent.at) == (date(2028, 3, 2), time(17))
