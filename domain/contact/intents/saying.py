"""Finds what somebody says of himself and his debt: he paid, disputes it, is ill.

One clause is read at a time. What is denied is not said; what is hedged, or asked, is not sure.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.contact.intents.kinds import IntentKind
from domain.contact.intents.text import tokens
from domain.contact.intents.vocabulary import Statement, Vocabulary

_SENTENCE_END = re.compile(r"(?<=[?!.।\n;])\s*(?:\s|$)|\n")
_HEDGED = Decimal("0.25")
_ASKED = Decimal("0.30")


@dataclass(frozen=True, slots=True)
class Said:
    """Something that was recognised.

    Attributes:
        kind: What it means.
        confidence: How sure it is, from 0 to 1.
        rule: The id of the rule that spoke.
    """

    kind: IntentKind
    confidence: Decimal
    rule: str


def what_is_said(
    folded: str, words: Vocabulary, names: Collection[str] = frozenset()
) -> list[Said]:
    """Everything the rules of a language find in a text.

    Args:
        folded: The text in plain letters, folded as the language's words are.
        words: The language.
        names: The customer's names, in the same letters: "I am not Maria" is about him, "I am not
            well" is not.
    """
    found: dict[str, Said] = {}
    for sentence in _SENTENCE_END.split(folded):
        if not sentence or not sentence.strip():
            continue
        is_asked = sentence.rstrip().endswith("?")
        clauses = [tokens(part) for part in words.clause_end.split(sentence) if part.strip()]
        whole = tokens(sentence)
        for rule in words.statements:
            for clause in _matching(rule, [*clauses, whole] if len(clauses) > 1 else clauses):
                one = _judged(rule, clause, words, names, is_asked=is_asked)
                if one is None:
                    break
                if one.rule not in found or found[one.rule].confidence < one.confidence:
                    found[one.rule] = one
                break
    return list(found.values())


def _matching(rule: Statement, clauses: Sequence[Sequence[str]]) -> Iterator[Sequence[str]]:
    return (clause for clause in clauses if rule.pattern.search(" ".join(clause)))


def _judged(
    rule: Statement,
    clause: Sequence[str],
    words: Vocabulary,
    names: Collection[str],
    *,
    is_asked: bool,
) -> Said | None:
    spaced = " ".join(clause)
    match = rule.pattern.search(spaced)
    if match is None:
        return None
    name = match.groupdict().get("name")
    if name is not None and name not in names:
        return None
    if rule.kind is IntentKind.PAID and words.negations & set(match.group().split()):
        return None
    before = spaced[: match.start()].split()
    after = spaced[match.end() :].split()
    # "i havent paid" is no payment; a denial after it ("i paid not 50") leaves a doubt.
    if words.negations & set(before[-_NEAR:]):
        return None
    confidence = rule.confidence
    if words.hedges & set(before) or words.negations & set(after[:_NEAR]):
        confidence -= _HEDGED
    if is_asked and not rule.asked:
        confidence -= _ASKED
    return Said(rule.kind, confidence, rule.id)


_NEAR = 3
"""How many words away a denial still denies."""
