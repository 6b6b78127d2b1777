"""Names every mistake of a strategy at once, so that its author mends it in one go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from domain.contact.channel import Channel
from domain.lending.arrears import LADDERS
from domain.recovery.conditions import ALWAYS
from domain.recovery.strategy import (
    MESSAGES,
    Action,
    Audience,
    Exit,
    PreDueStep,
    Step,
    Strategy,
)

Texts = Mapping[str, Mapping[tuple[str, Channel], frozenset[str]]]
"""The texts there are: language to key and medium to the variables of the text."""

Letters = Mapping[str, frozenset[str]]
"""The letters there are: language to their codes."""

FALLBACK_LANGUAGE: Final = "en"
"""In which a customer is written to whose own language has no text."""

LETTER_TEXT: Final = Channel.EMAIL
"""The medium whose text is posted as a letter."""

PAY_VARIABLE: Final = "portal_url"
"""The variable of a text that leads to where a customer pays."""

_BUCKETS: Final = frozenset(bucket.name for ladder in LADDERS.values() for bucket in ladder.steps)
"""The buckets a loan may be in, on any ladder."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake.

    Attributes:
        path: Where it is: `steps[3]`, `promises.grace_days`, or empty for the whole.
        text: What is wrong, in words for the author.
    """

    path: str
    text: str


def texts_of(files: Mapping[str, Mapping[str, object]]) -> Texts:
    """The texts that template files hold: language to the mapping of its file."""
    return {
        language: {
            (key, Channel(medium)): _names(text)
            for key, media in file.items()
            if isinstance(media, Mapping)
            for medium, text in media.items()
            if medium in set(Channel)
        }
        for language, file in files.items()
    }


def _names(text: object) -> frozenset[str]:
    found = text.get("variables") if isinstance(text, Mapping) else None
    return frozenset(str(name) for name in found) if isinstance(found, list) else frozenset()


def lint(
    strategy: Strategy, texts: Texts | None = None, letters: Letters | None = None
) -> tuple[Finding, ...]:
    """Every mistake in a strategy; none for a good one.

    Args:
        strategy: What is looked at.
        texts: The texts there are; None: not checked.
        letters: The letters there are; None: not checked.
    """
    return (
        *_stages(strategy),
        *_order(strategy),
        *_steps(strategy),
        *_ways(strategy),
        *_conditions(strategy),
        *_reach(strategy),
        *_texts(strategy, texts),
        *_letters(strategy, letters),
    )


def _stages(strategy: Strategy) -> Iterable[Finding]:
    if Exit.PAID not in strategy.exits:
        yield Finding("exits", "exits: there is no exit on payment")
    if not strategy.stages:
        yield Finding("stages", "there is no stage")
        return
    days = [stage.from_day for stage in strategy.stages]
    if days != sorted(set(days)):
        yield Finding("stages", "stages: the days must rise")
    yield from _repeated("stages", "stage", [stage.name for stage in strategy.stages])
    if days[0] > strategy.opens_after_days:
        yield Finding(
            "stages",
            f"stages: no stage holds on day {strategy.opens_after_days}, when a case opens",
        )
    for at, (stage, following) in enumerate(pairwise(strategy.stages)):
        if stage.to_day is None:
            continue
        if stage.to_day + 1 < following.from_day:
            yield Finding(
                f"stages[{at}]",
                f"stage {stage.name}: there is a gap from day {stage.to_day + 1} to day "
                f"{following.from_day - 1}, before stage {following.name}",
            )
        elif stage.to_day >= following.from_day:
            yield Finding(
                f"stages[{at}]",
                f"stage {stage.name}: it overlaps stage {following.name} from day "
                f"{following.from_day} to day {stage.to_day}",
            )
    last = strategy.stages[-1]
    if last.to_day is not None:
        yield Finding(
            f"stages[{len(strategy.stages) - 1}]",
            f"stage {last.name}: the last stage has no last day, a case may stay in it",
        )


def _order(strategy: Strategy) -> Iterable[Finding]:
    if not strategy.steps:
        yield Finding("steps", "there is no step")
    yield from _repeated(
        "steps",
        "step",
        [*(step.key for step in strategy.pre_due), *(step.key for step in strategy.steps)],
    )
    moments = [(step.day_offset, step.at) for step in strategy.steps]
    if moments != sorted(moments):
        yield Finding("steps", "steps: the days must rise")
    before = [(step.day_offset, step.at) for step in strategy.pre_due]
    if before != sorted(before):
        yield Finding("pre_due", "pre_due: the days must rise")
    for at, reminder in enumerate(strategy.pre_due):
        if reminder.day_offset + reminder.valid_days > 1:
            yield Finding(
                f"pre_due[{at}]", f"pre_due {reminder.key}: still valid after the due date"
            )
    yield from _repeated(
        "steps",
        "reminder by one channel on one day",
        [
            f"{step.day_offset} {step.channel}"
            for _, step in _messages(strategy)
            # Steps with conditions may be alternatives to each other.
            if step.channel is not None and _is_unconditional(step)
        ],
    )


def _steps(strategy: Strategy) -> Iterable[Finding]:
    names = {stage.name for stage in strategy.stages}
    for at, step in enumerate(strategy.steps):
        path = f"steps[{at}]"
        if step.day_offset < strategy.opens_after_days:
            yield Finding(path, f"step {step.key}: falls before a case opens")
        if step.stage not in names:
            yield Finding(path, f"step {step.key}: unknown stage {step.stage}")
        elif strategy.stage_on(step.day_offset) != step.stage:
            yield Finding(
                path,
                f"step {step.key}: day {step.day_offset} belongs to stage "
                f"{strategy.stage_on(step.day_offset)}, not {step.stage}",
            )


def _ways(strategy: Strategy) -> Iterable[Finding]:
    """What each action needs, and what it has no use for."""
    for at, step in enumerate(strategy.steps):
        for text in _needs(step):
            yield Finding(f"steps[{at}]", f"step {step.key}: {text}")


def _needs(step: Step) -> Iterable[str]:
    complete = step.channel is not None and step.template is not None
    if step.action in MESSAGES and not complete:
        yield "a reminder names a channel and a template"
    yield from _letter_needs(step)
    speaks = step.action in MESSAGES or step.action is Action.LETTER
    if step.channel is not None and step.action is Action.LETTER:
        yield "a letter has no channel"
    elif (step.channel is not None or step.template is not None) and not speaks:
        yield "only a reminder has a channel and a template"
    if step.fallback and step.action not in MESSAGES:
        yield "only a reminder falls back to another channel"
    if step.to is not Audience.PRIMARY and step.action not in MESSAGES:
        yield "only a reminder goes to other parties"
    if step.to is not Audience.PRIMARY and step.fallback:
        yield "another channel is chosen for the primary alone: name a step for each channel"
    ways = [step.channel, *(way.channel for way in step.fallback)]
    if step.fallback and len(set(ways)) < len(ways):
        yield "the same channel is tried twice"
    if None in ways[1:-1]:
        yield "nothing comes after a letter: it always arrives"
    if (step.percent is None) == (step.action is Action.OFFER_SETTLEMENT):
        yield (
            "an offer names its percent" if step.percent is None else "only an offer has a percent"
        )


def _letter_needs(step: Step) -> Iterable[str]:
    """What is posted: a letter of its own, or the text of an e-mail."""
    own, ways = step.action is Action.LETTER, step.fallback
    if (step.letter is not None and not own) or any(
        way.letter is not None and way.channel is not None for way in ways
    ):
        yield "only a letter names the code of one"
    if (own and (step.template is None) == (step.letter is None)) or any(
        way.channel is None and (way.template is None) == (way.letter is None) for way in ways
    ):
        yield "a letter names its code, or the template of an e-mail that is posted"


def _conditions(strategy: Strategy) -> Iterable[Finding]:
    for at, step in enumerate(strategy.steps):
        path = f"steps[{at}].when"
        for why in step.when.contradictions():
            yield Finding(path, f"step {step.key}: its condition is never true: {why}")
        if step.when.buckets and not step.when.buckets & _BUCKETS:
            yield Finding(
                path,
                f"step {step.key}: its condition is never true: no ladder has the buckets "
                f"{', '.join(sorted(step.when.buckets))}",
            )
        least = step.when.min_broken_promises
        if least is not None and least > strategy.promises.max_promises:
            yield Finding(
                path,
                f"step {step.key}: its condition is never true: no more than "
                f"{strategy.promises.max_promises} promises are accepted",
            )
        ways = [step.channel, *(way.channel for way in step.fallback)]
        media = [way for way in ways if way is not None]
        if (
            step.action in MESSAGES
            and len(media) == len(ways)
            and all(way in step.when.unreachable for way in media)
        ):
            yield Finding(
                path,
                f"step {step.key}: a message before consent: it goes by {' or '.join(media)} just "
                "when the customer may not be reached so",
            )


def _reach(strategy: Strategy) -> Iterable[Finding]:
    """Steps that are never taken, whatever a case does."""
    closed_by: Step | None = None
    asked_by: Step | None = None
    for at, step in enumerate(strategy.steps):
        path = f"steps[{at}]"
        if closed_by is not None:
            yield Finding(
                path, f"step {step.key}: unreachable: step {closed_by.key} has closed the case"
            )
        if step.action is Action.ESCALATE and asked_by is not None:
            yield Finding(
                path,
                f"step {step.key}: unreachable: step {asked_by.key} has asked an advisor already",
            )
        if step.action is Action.CLOSE and step.when == ALWAYS and closed_by is None:
            closed_by = step
        if step.action is Action.ESCALATE and step.when == ALWAYS and asked_by is None:
            asked_by = step
    for at, (step, following) in enumerate(pairwise(strategy.steps)):
        same_moment = (step.day_offset, step.at) == (following.day_offset, following.at)
        both_messages = step.action in MESSAGES and following.action in MESSAGES
        if same_moment and both_messages and following.when == ALWAYS:
            yield Finding(
                f"steps[{at}]",
                f"step {step.key}: unreachable: step {following.key} falls due at the same "
                "moment, and only the latest reminder is sent",
            )


def _texts(strategy: Strategy, texts: Texts | None) -> Iterable[Finding]:
    if texts is None:
        return
    for path, step in _messages(strategy):
        for language in _languages(step):
            there = texts.get(language, {})
            for template, channel in _wanted(step):
                variables = there.get((template, channel))
                if variables is None:
                    told = "" if language == FALLBACK_LANGUAGE else f" in language {language}"
                    yield Finding(
                        path, f"step {step.key}: there is no {channel} template {template}{told}"
                    )
                elif (
                    _leads_to_payment(step)
                    # A notice in the portal stands where he pays.
                    and not channel.waits_for_reader
                    and PAY_VARIABLE not in variables
                ):
                    yield Finding(
                        path,
                        f"step {step.key}: the {channel} template {template} has no "
                        f"{PAY_VARIABLE}, so it leads nowhere to pay",
                    )


def _letters(strategy: Strategy, letters: Letters | None) -> Iterable[Finding]:
    if letters is None:
        return
    for at, step in enumerate(strategy.steps):
        codes = [step.letter, *(way.letter for way in step.fallback)]
        for language in _languages(step):
            for code in dict.fromkeys(codes):
                if code is not None and code not in letters.get(language, frozenset()):
                    told = "" if language == FALLBACK_LANGUAGE else f" in language {language}"
                    yield Finding(
                        f"steps[{at}]", f"step {step.key}: there is no letter {code}{told}"
                    )


def _languages(step: Step | PreDueStep) -> Sequence[str]:
    if isinstance(step, Step) and step.when.languages:
        return sorted(step.when.languages)
    return (FALLBACK_LANGUAGE,)


def _wanted(step: Step | PreDueStep) -> Sequence[tuple[str, Channel]]:
    """The texts a step may need; a letter is written from the text of an e-mail."""
    wanted: list[tuple[str, Channel]] = []
    if step.template is not None and step.channel is not None:
        wanted.append((step.template, step.channel))
    if isinstance(step, Step):
        if step.action is Action.LETTER and step.template is not None:
            wanted.append((step.template, LETTER_TEXT))
        wanted += [
            (way.template, way.channel or LETTER_TEXT)
            for way in step.fallback
            if way.template is not None
        ]
    return tuple(dict.fromkeys(wanted))


def _leads_to_payment(step: Step | PreDueStep) -> bool:
    return isinstance(step, Step) and step.action is Action.PAY_LINK


def _is_unconditional(step: Step | PreDueStep) -> bool:
    return isinstance(step, PreDueStep) or step.when == ALWAYS


def _messages(strategy: Strategy) -> tuple[tuple[str, Step | PreDueStep], ...]:
    """Steps before and after the due date alike, each with its path."""
    return (
        *((f"pre_due[{at}]", step) for at, step in enumerate(strategy.pre_due)),
        *((f"steps[{at}]", step) for at, step in enumerate(strategy.steps)),
    )


def _repeated(path: str, what: str, names: Sequence[str]) -> Iterable[Finding]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(path, f"{what} {name} occurs twice")
