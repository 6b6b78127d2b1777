"""The command `tenor bench`: measures a part of Tenor beside a yardstick."""

from typing import Annotated

import typer

from tenor.bench import close, delivery, payments, quote

bench = typer.Typer(
    name="bench",
    help="Measure a part of Tenor beside a yardstick, in one run on this machine.",
    no_args_is_help=True,
)

AsJson = Annotated[
    bool,
    typer.Option("--json", help="The last line of standard output is one JSON object."),
]


@bench.command("payments")
def bench_payments(
    *,
    as_json: AsJson = False,
    batch: Annotated[
        bool, typer.Option("--batch", help="Also post a hundred payments a request.")
    ] = False,
    hot: Annotated[bool, typer.Option("--hot", help="Also let 200 callers pay one loan.")] = False,
    loans: Annotated[int, typer.Option(help="How many loans there are.", min=1)] = 10_000,
    rounds: Annotated[int, typer.Option(help="The median of how many rounds.", min=1)] = 3,
    seconds: Annotated[int, typer.Option(help="How long a round takes.", min=1)] = 8,
) -> None:
    """Measure accepted payments a second over HTTP, beside pgbench posting as plain SQL."""
    size = payments.Size(loans, rounds, seconds)
    payments.measure(size, batch=batch, hot=hot).show(as_json=as_json)


@bench.command("close")
def bench_close(
    *,
    as_json: AsJson = False,
    loans: Annotated[int, typer.Option(help="How many loans there are.", min=100)] = 1_000_000,
) -> None:
    """Measure the end of a day over a whole book, beside one scan of its instalments."""
    close.measure(loans).show(as_json=as_json)


@bench.command("delivery")
def bench_delivery(
    *,
    as_json: AsJson = False,
    messages: Annotated[
        int, typer.Option(help="How many reminders are due.", min=1, max=1_000_000)
    ] = 10_000,
    meanwhile: Annotated[
        bool, typer.Option("--meanwhile", help="Receipts come in while messages go out.")
    ] = False,
) -> None:
    """Measure reminders a second from queue to outcome, beside empty calls of the same SDK."""
    delivery.measure(messages, meanwhile=meanwhile).show(as_json=as_json)


@bench.command("quote")
def bench_quote(
    *,
    as_json: AsJson = False,
    rounds: Annotated[int, typer.Option(help="The median of how many rounds.", min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="How long each side takes.", min=0.01)] = 2.0,
) -> None:
    """Measure schedules a second on one core, beside numpy-financial's ipmt and ppmt."""
    quote.measure(rounds, seconds).show(as_json=as_json)
