"""Posts a batch of payments with the code of single ones; each has a result of its own.

Every payment goes under a key of its own, the same as when it is sent singly, so a batch that was
cut off in the middle is simply sent again.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import orjson
from fastapi import Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api import problems
from api.idempotency.service import Once, saved_answer
from api.payments.asking import Ask, Asker
from api.payments.desk import PostingDesk
from contracts.payments import BatchPayment, NewPayment, PaymentBatch
from domain.errors import DomainError, ErrorCode

SINGLE_OPERATION: Final = "post_payment"
"""The operation under which a payment's own key counts, alone or in a batch."""

_LARGEST_PART: Final = 250
_SERVER_ERROR: Final = 500
_OK: Final = 200


async def post_batch(desk: PostingDesk, batch: PaymentBatch, once: Once, asker: Asker) -> Response:
    """Post all payments of a batch that can be posted, and say of each what became of it.

    Raises `IDEMPOTENCY_KEY_REUSED` for another batch under the same key. An answer is kept unless
    a payment failed for a reason that passes: then the same batch may be sent again, and only
    what is missing is posted.
    """
    room = desk.poster.room
    async with room.begin(asker.principal, asker.request_id) as work:
        kept = await once.answered(work, batch)
    if kept is not None:
        return kept
    asks = [_ask(item, place, once, asker) for place, item in enumerate(batch.items)]
    answers: list[Response | BaseException] = []
    for start in range(0, len(asks), _LARGEST_PART):
        answers += await desk.post_all(asks[start : start + _LARGEST_PART])
    results = list(_results(answers))
    content = orjson.dumps({"items": results})
    if all(int(str(result["status"])) < _SERVER_ERROR for result in results):
        async with room.begin(asker.principal, asker.request_id) as work:
            await once.keep(work, batch, content)
    return saved_answer(content, _OK, replayed=False)


def _ask(item: BatchPayment, place: int, once: Once, asker: Asker) -> Ask:
    """A payment of a batch as it would be asked for on its own."""
    base = once.path.removesuffix("/payments/batch")
    own = Once(
        SINGLE_OPERATION,
        f"{base}/loans/{item.loan_id}/payments",
        item.key if item.key is not None else f"{once.key}#{place}",
    )
    new = NewPayment(
        amount=item.amount,
        currency=item.currency,
        value_on=item.value_on,
        method=item.method,
        reference=item.reference,
        payoff=item.payoff,
        status=item.status,
    )
    return Ask(asker.principal, asker.request_id, item.loan_id, new, own)


def _results(answers: Sequence[Response | BaseException]) -> Iterator[dict[str, object]]:
    for place, answer in enumerate(answers):
        given = _problem(answer) if isinstance(answer, BaseException) else answer
        content = bytes(given.body)
        result: dict[str, object] = {
            "index": place,
            "status": given.status_code,
            "replayed": "Idempotent-Replayed" in given.headers,
        }
        if isinstance(answer, BaseException):
            said = orjson.loads(content)
            result["problem"] = {"code": said["code"], "detail": said["detail"]}
        else:
            result["payment"] = orjson.Fragment(content)
        yield result


def _problem(error: BaseException) -> Response:
    """The answer that the payment on its own would have got."""
    if isinstance(error, DomainError):
        return problems.from_domain(error)
    if isinstance(error, DBAPIError | PoolTimeoutError):
        return problems.problem(
            ErrorCode.UNAVAILABLE, "The database did not answer: send the batch again."
        )
    if isinstance(error, Exception):
        return problems.unexpected(error)
    raise error
