"""What people write in Spanish. Accents are gone from texts and words alike."""

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

# Forms of asking, not of telling: "no me enviaron el recibo" is no STOP.
_SEND = (
    r"(?:envi(?:e|en|es|eis)|mand(?:e|en|es|eis)|escrib(?:a|an|as|ais)|contact(?:e|en|es)"
    r"|molest(?:e|en|es|eis)|llam(?:e|en|es|eis)|textee(?:n|s)?)(?:me)?"
)
_SENDING = r"(?:escrib|envi|mand|contact|molest|text|llam)(?:ar|ir|iar|ear)?(?:me|nos)?"
_MESSAGES = r"(?:mensajes?|sms|textos?|recordatorios?|correos?|avisos?|llamadas?)"
_STOP_ANYWHERE = phrase(
    rf"(?:ya )?no me {_SEND}|no {_SEND} (?:mas|nada)"
    rf"|(?:ya )?no me (?:vuelvan? a|sigan?) (?:{_SENDING}|\w+(?:ando|iendo))"
    rf"|(?:deja|deje|dejen|dejad|paren|pare|para) de {_SENDING}|(?:deja|deje|dejen|dejad)me en paz"
    rf"|(?:no (?:quiero|deseo|necesito)|no) (?:recibir )?(?:mas|ningun) {_MESSAGES}"
    rf"|no (?:quiero|deseo) recibir (?:mas|nada|(?:\w+ )?{_MESSAGES})"
    rf"|no (?:quiero|deseo) que me {_SEND}|basta de {_MESSAGES}"
    r"|(?:dar|darse|darme|darnos|den|deme|denme)(?: \w+)? de baja"
    rf"|(?:cancelar|cancela|cancele|cancelen) (?:los |las |la |mi |estos )?"
    rf"(?:{_MESSAGES}|suscripcion)"
    r"|(?:borr|elimin|quit|sac)\w+ (?:mi (?:numero|telefono|correo|email|datos)|de (?:la|su) lista)"
    r"|(?:retiro|revoco|retirar|revocar) (?:mi )?(?:consentimiento|autorizacion)"
    r"|desuscrib\w*|numero (?:equivocado|incorrecto|erroneo)"
)
_DIED = (
    r"(?:(?:ya )?(?:fallecio|murio|ha (?:fallecido|muerto)|esta (?:fallecid|muert)[oa]"
    r"|fallecid[oa]))"
)
_ONE = (
    r"(?:el|ella|(?:mi|su|nuestr[oa]) (?:esposo|esposa|marido|mujer|padre|madre|papa|mama|hermano"
    r"|hermana|hijo|hija|pareja|tio|tia|abuelo|abuela)|(?:el|la) (?:titular|cliente|deudora?"
    r"|senora?)"
    r"(?: \w+){0,2}|don \w+|dona \w+)"
)
_LAWYER = r"(?:abogad[oa]s?|asesor legal|representante legal|procurador)"
_DEBT = (
    r"(?:(?:esta|esa|la|su|este|ese|el|del|de la) )?"
    r"(?:deuda|cargo|importe|monto|cobro|prestamo|saldo|factura|cantidad)"
)
_STATEMENTS = statements(
    "es",
    (
        Kind.DECEASED,
        "died",
        rf"{_ONE} {_DIED}|{_DIED} (?:mi|su|nuestr[oa]|el titular|la titular) ?(?:\w+)?",
    ),
    (
        Kind.DECEASED,
        "death",
        r"(?:certificado|acta) de defuncion|soy (?:el|la) (?:viud|albacea)\w*",
    ),
    (
        Kind.LEGAL_REPRESENTATIVE,
        "has_one",
        rf"(?:tengo|tenemos|contrate|he contratado|ya tengo) (?:a )?(?:un|una) {_LAWYER}",
    ),
    (
        Kind.LEGAL_REPRESENTATIVE,
        "talk_to",
        rf"(?:hable|hablen|habla|contacte|contacten|comunique(?:n)?se|dirija(?:n)?se|llame|llamen"
        rf"|escriba|escriban|pongase en contacto) (?:con|a) (?:mi|nuestr[oa]|el|la) {_LAWYER}",
    ),
    (
        Kind.LEGAL_REPRESENTATIVE,
        "will_act",
        rf"(?:mi|nuestr[oa]) {_LAWYER} (?:se|les|le|lo|va|me|lleva|contactara|respondera|es|dice"
        rf"|dijo)"
        rf"|(?:represento|represento a|en nombre de) mi cliente|me representa (?:un|una"
        rf"|mi) {_LAWYER}",
    ),
    (
        Kind.BANKRUPTCY,
        "filed",
        r"(?:declare|declarad[oa]|declararme|me declare|me declaro|estoy|esta|estamos) (?:\w+ )?"
        r"(?:en )?(?:bancarrota|quiebra|concurso de acreedores|insolven\w+)"
        r"|(?:solicite|presente|pedi|he solicitado) (?:la |el )?"
        r"(?:bancarrota|quiebra|concurso|insolvencia|segunda oportunidad)"
        r"|ley de (?:la )?segunda oportunidad|capitulo (?:7|13)",
    ),
    (
        Kind.DISPUTE,
        "dispute",
        rf"(?:disputo|disputar|impugno|impugnar|reclamo|rechazo|no reconozco|no acepto"
        rf"|no estoy de acuerdo con|desconozco) {_DEBT}",
    ),
    (
        Kind.DISPUTE,
        "not_mine",
        rf"{_DEBT} no es (?:mi[oa]|correct[oa]|ciert[oa])"
        r"|(?:esto|eso|esta|esa|ese|este) no es (?:mi[oa]|correct[oa]|mi (?:deuda|prestamo))"
        r"|no es mi (?:deuda|prestamo)",
    ),
    (
        Kind.DISPUTE,
        "not_owed",
        r"(?:yo )?no (?:les |le |te |os )?debo (?:nada|dinero|eso|esa|ese|esto|tanto|ese dinero)",
    ),
    (
        Kind.DISPUTE,
        "wrong_amount",
        rf"(?:{_DEBT}) (?:esta|es|parece) (?:\w+ )?"
        r"(?:mal|equivocad[oa]|incorrect[oa]|erroneo|erronea|un error)"
        r"|hay un error (?:en|con) (?:el|la|mi) \w+|me (?:cobran|estan cobrando) (?:de mas|mal)",
    ),
    (
        Kind.DISPUTE,
        "never_took",
        r"(?:nunca|jamas|yo no) (?:he )?(?:pedi|pedido|firme|firmado|solicite|solicitado|saque|tome"
        r"|tuve|recibi|recibido)(?: \w+){0,2} (?:prestamo|dinero|contrato|credito|deuda|nada)",
    ),
    (
        Kind.COMPLAINT,
        "complaint",
        r"(?:(?:quiero|queremos|quisiera|deseo|necesito|voy a) )?"
        r"(?:poner|presentar|pongo|presento|hacer|hago|interponer|tengo) (?:una|mi) "
        r"(?:queja|reclamacion)|(?:esto|esta) es una (?:queja|reclamacion)"
        r"|(?:me quiero|quiero|queremos|deseo) quejar(?:me|nos)?|me quejo",
    ),
    (
        Kind.COMPLAINT,
        "ombudsman",
        r"(?:denunciar\w*|los denuncio|voy a ir) (?:a|al|ante) (?:la |el )?"
        r"(?:defensor|condusef|consumo|banco de espana|regulador)",
    ),
    (
        Kind.HARDSHIP,
        "lost_work",
        r"(?:perdi|he perdido|perdimos|perdio) (?:mi|el|su|nuestro) (?:trabajo|empleo|negocio|casa)"
        r"|me (?:despidieron|han despedido|quede sin (?:trabajo|empleo))"
        r"|(?:estoy|sigo|estamos) (?:desemplead|parad)[oa]s?|(?:estoy|sigo"
        r"|quede) (?:en (?:el )?paro"
        r"|sin (?:trabajo|empleo|ingresos|dinero))",
    ),
    (
        Kind.HARDSHIP,
        "cannot_afford",
        r"no (?:tengo|tenemos|me (?:queda|alcanza)|alcanza|nos alcanza) (?:el |para |dinero|plata"
        r"|con que|ni para)(?: ?(?:dinero|pagar|comer|pagarles?))?"
        r"|no me alcanza|no llego a fin de mes|no (?:puedo|podemos) (?:seguir )?pag\w+ (?:mas"
        r"|nada)",
    ),
    (
        Kind.HARDSHIP,
        "illness",
        r"(?:estoy|estuve|he estado) (?:muy )?(?:enferm[oa]|hospitalizad[oa]|ingresad[oa]"
        r"|de baja medica"
        r"|en el hospital)|(?:tengo|me diagnosticaron) cancer|(?:tuve|sufri) un accidente"
        r"|en el hospital",
    ),
    (
        Kind.HARDSHIP,
        "struggling",
        r"(?:dificultades|problemas|apuros|situacion) (?:economic[oa]s?|financier[oa]s?|de dinero"
        r"|dificil)|(?:plan|facilidades|convenio|acuerdo) de pagos?|aplazar (?:el|los|mi"
        r"|mis) pagos?"
        r"|(?:estoy|estamos) pasando (?:por )?(?:un|una) (?:mal momento|mala racha"
        r"|momento dificil)",
    ),
    (
        Kind.WRONG_PERSON,
        "not_me",
        r"(?:yo )?no soy (?:(?:el|la|don|dona) )?(?:senora? )?(?P<name>\w+)"
        r"|(?:se (?:equivoc\w+|han equivocado)|esta[ns]? equivocad[oa]s?|te equivocas"
        r"|equivocad[oa])"
        r" de (?:persona|numero)|persona equivocada|no soy (?:esa persona|quien busca\w*)",
    ),
    (
        Kind.WRONG_PERSON,
        "unknown",
        r"aqui no (?:vive|trabaja|hay|esta) (?:nadie|ningun[oa]?)(?: \w+){0,4}"
        r"|no (?:vive|hay) nadie (?:con|de|llamad[oa])(?: \w+){0,2}"
        r"|no conozco a (?:esa|ese|nadie|esta|la|ningun[oa]?)(?: \w+){0,2}"
        r"|numero (?:equivocado|incorrecto)"
        r"|este (?:ya )?no es (?:su|el) (?:numero|telefono)(?: de \w+)?",
    ),
    (
        Kind.PAID,
        "have_paid",
        r"(?:ya )?(?:lo |la |les |le |os )?(?:he|hemos|habia) (?:ya )?(?:pagado|ingresado|abonado)"
        r"|(?:he|hemos) (?:ya )?(?:enviado|transferido|hecho|realizado) (?:\w+ ){0,2}"
        r"(?:pago|transferencia|dinero|deposito|importe|[0-9]+)"
        r"|ya (?:lo |la |les |le )?(?:pague|pagamos|transferi|deposite|abone|ingrese"
        r"|esta pagad[oa])"
        r"|ya (?:lo |la |les |le )?(?:envie|hice|realice) (?:\w+ ){0,2}"
        r"(?:pago|transferencia|dinero|deposito|comprobante|[0-9]+)"
        r"|(?<!que )pague (?:ayer|anteayer|ya|esta manana|el (?:lunes|martes|miercoles|jueves"
        r"|viernes|sabado|domingo|mes pasado))",
    ),
    (
        Kind.PAID,
        "payment_made",
        r"(?:el )?(?:pago|deposito|ingreso|dinero)(?: ya)? (?:fue|esta|ha sido|quedo)(?: ya)? "
        r"(?:hecho|enviado|realizado|hecha|transferido)|(?:hice|realice) (?:el|la|un|una) "
        r"(?:pago|transferencia|deposito)|(?:la )?(?:transferencia)(?: ya)? (?:fue|esta|ha sido) "
        r"(?:hecha|enviada|realizada)",
    ),
    (
        Kind.CALL_ME,
        "call_me",
        r"(?:me )?(?:llamen|llame|llama|llamenme|llameme|llamame|llamadme|marquenme|marqueme)"
        r"(?: por telefono| por favor)?|(?:me )?(?:pueden?|puedes|podrian?|podeis) "
        r"(?:llamar(?:me)?|marcar(?:me)?)"
        r"|(?:quiero|quisiera|necesito|me gustaria|prefiero) (?:hablar con|que me llam\w+"
        r"|una llamada)"
        r"(?: (?:alguien|una persona|un asesor|un agente|ustedes))?",
    ),
)

_WEEKDAYS = numbered(
    "lunes lun",
    "martes mar",
    "miércoles mie miercole",
    "jueves jue",
    "viernes vie vier",
    "sábado sab",
    "domingo dom",
)
_MONTHS = numbered(
    "enero ene",
    "febrero feb",
    "marzo",
    "abril abr",
    "mayo may",
    "junio jun",
    "julio jul",
    "agosto ago",
    "septiembre setiembre sept sep",
    "octubre oct",
    "noviembre nov",
    "diciembre dic",
    start=1,
)
_RELATIVE = {"hoy": 0, "esta noche": 0, "esta tarde": 0, "manana": 1, "pasado manana": 2}
_UNITS = {"dia": 1, "dias": 1, "semana": 7, "semanas": 7}
_NUMBERS = numbered(
    "cero", "un una uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve",
    "diez", "once", "doce", "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho",
    "diecinueve", "veinte", "veintiuno veintiún", "veintidós", "veintitrés", "veinticuatro",
    "veinticinco", "veintiséis", "veintisiete", "veintiocho", "veintinueve",
) | {"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80,
     "noventa": 90, "cien": 100, "ciento": 100, "doscientos": 200, "trescientos": 300,
     "cuatrocientos": 400, "quinientos": 500, "seiscientos": 600, "setecientos": 700,
     "ochocientos": 800, "novecientos": 900}  # fmt: skip
_MONTH = any_of(_MONTHS)
_DATES = (
    ISO_DATE,
    re.compile(
        rf"\b(?:el\s+)?(?:dia\s+)?(?P<day>{DAY_NUMBER})(?:ro|ero)?\s+(?:de\s+)?(?P<month>{_MONTH})"
        r"(?:\s+(?:de\s+|del\s+)?(?P<year>20[0-9]{2}))?\b"
    ),
    re.compile(r"\b(?:el\s+dia|el|dia)\s+(?P<ordinal>[0-9]{1,2})(?![0-9.,:/-]*[0-9])\b"),
    re.compile(
        rf"\b(?:en|dentro\s+de)\s+(?P<count>[0-9]{{1,2}}|una|un)\s+(?P<unit>{any_of(_UNITS)})\b"
    ),
    *named_days(_WEEKDAYS, _RELATIVE),
)
_PAY = words(
    "pago pagar pagare pagaré pagaremos pagamos enviar envio enviare mando mandar mandare "
    "transferir transfiero transferire deposito depositar depositare abono abonar abonare doy dar "
    "dare hago hacer hare ingreso ingresar ingresare liquido liquidare cancelo cancelare"
)
_PESOS = frozenset({"MXN", "ARS", "CLP", "COP", "UYU", "DOP", "CUP", "PHP"})
_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD"})

SPANISH = Vocabulary(
    code="es",
    markers=words(
        "el la los las un una de del que y en es por con para mi yo les le lo hola gracias pago "
        "pagar pagaré puedo tengo ya viernes lunes martes miércoles jueves sábado domingo mañana "
        "hoy favor deuda estoy soy está dinero ustedes usted señor cuando día semana mitad todo "
        "préstamo trabajo abogado fue ha he mis su sí pero porque muy más nada quién murió falleció"
    ),
    stop_anywhere=_STOP_ANYWHERE,
    stop_alone=words("stop alto baja parar pare paren parad basta cancelar detener fin quitar"),
    fillers=words(
        "por favor porfavor porfa gracias ya ahora hola los las mensajes mensaje sms esto todo me "
        "señor señora señores inmediatamente el la la un de usted ok"
    ),
    start=words("iniciar empezar comenzar reanudar alta activar"),
    yes=words("sí si"),
    help=words("ayuda información informacion auxilio"),
    hedges=words(
        "si quizá quizás tal vez talvez puede posiblemente probablemente ojalá espero intentar "
        "intento intentaré trato trataré tratare podría podria debería deberia aproximadamente "
        "alrededor unos unas cerca casi mínimo mínimos máximo entre hasta creo supongo quisiera "
        "quiero gustaría depende desde o cuando apenas ver veré"
    ),
    negations=words("no nunca jamás jamas tampoco ni imposible nada sin ningún ninguna nadie"),
    other_matters=words(
        "pagué pague pagado pagada envié enviado transferí transferido deposité ayer anteayer debo "
        "debe deben deuda recibo recibí recibir cobro cobrar cobre reembolso disputa error "
        "equivocado equivocada antes después despues préstamo prestamo interés intereses comisión "
        "ella ellos esposo esposa marido murió falleció abogado quiebra bancarrota cada semanal "
        "mensual quincenal extra más mas menos solo sólo solamente cuarto tercio luego ciento hora "
        "horas minutos media medio"
    ),
    pay=_PAY,
    known=words(
        "yo el la los las un una de del al a en y que con por para voy vamos va a le les lo te os "
        "puedo podemos podré prometo promesa pago pagos primero esta este hola buenas buenos dias "
        "días tardes noches gracias favor porfavor señor señora señores su mi mis cuenta banco "
        "tarjeta efectivo transferencia vencido pendiente atrasado importe monto cuota saldo "
        "seguro claro ok bueno perdón perdon disculpe disculpen lo siento mañana tarde noche día "
        "próxima ahora ya sin falta entonces vale de acuerdo es será usted ustedes más tardar"
    )
    - words("sin más próxima"),
    everything=words("todo toda total completo completa entero entera resto"),
    half=words("mitad"),
    currencies={
        **dict.fromkeys(words("dólares dólar dolares dolar usd us"), _DOLLARS),
        **dict.fromkeys(words("pesos peso"), _PESOS),
        **dict.fromkeys(words("euros euro"), frozenset({"EUR"})),
        **dict.fromkeys(words("libras libra"), frozenset({"GBP"})),
        **dict.fromkeys(words("soles sol"), frozenset({"PEN"})),
        **dict.fromkeys(words("quetzales"), frozenset({"GTQ"})),
        **dict.fromkeys(words("rupias"), frozenset({"INR", "PKR", "LKR", "NPR"})),
    },
    weekdays=_WEEKDAYS,
    months=_MONTHS,
    relative=_RELATIVE,
    units=_UNITS,
    next=words("próximo proximo próxima proxima siguiente entrante viene"),
    dates=_DATES,
    clause_end=re.compile(r"[;!\n]+|[.,](?=\s|$)|\s-\s|\bpero\b|\bsino\b"),
    asks_us=re.compile(r"\b(?:puede|pueden|podria|podrian|puedes) (?:usted|ustedes|cobr\w+)\b"),
    courtesy=re.compile(
        r"\bsin falta\b|\ba mas tardar\b|\bpor la (?:manana|tarde|noche)\b"
        r"|\ben la (?:manana|tarde|noche)\b|\ben (?:el )?transcurso del dia\b"
    ),
    numbers=_NUMBERS,
    multipliers={"mil": 1000},
    joiners=words("y"),
    statements=_STATEMENTS,
    automatic=(
        "respuesta automatica",
        "mensaje automatico",
        "fuera de la oficina",
        "estoy conduciendo",
        "estoy manejando",
    ),
)
"""The words and rules of Spanish."""
