"""One spelling for each record: nothing else is read, and nothing else is written."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.evidence.canonical import NotCanonicalError, canonical, digest_of, instant, parse

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=126, exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
RECORDS = st.dictionaries(KEYS, VALUES, max_size=5)


@given(RECORDS)
def test_what_is_spelt_is_read_back(record: dict[str, object]) -> None:
    assert parse(canonical(record)) == record


@given(RECORDS)
def test_the_order_of_keys_does_not_matter(record: dict[str, object]) -> None:
    turned = dict(reversed(record.items()))
    assert canonical(turned) == canonical(record)


@given(RECORDS, RECORDS)
def test_other_records_have_other_digests(one: dict[str, object], two: dict[str, object]) -> None:
    # true and 1 are equal in Python, and are two things in a record
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert (digest_of(one) == digest_of(two)) is same


@given(RECORDS, st.data())
def test_any_other_spelling_is_refused(record: dict[str, object], data: st.DataObject) -> None:
    spelt = canonical(record)
    at = data.draw(st.integers(0, len(spelt)))
    blank = data.draw(st.sampled_from([b" ", b"\n", b"\t"]))
    changed = spelt[:at] + blank + spelt[at:]
    try:
        found = parse(changed)
    except NotCanonicalError:
        return
    assert found != record  # the blank fell into a text


def test_the_spelling_is_that_of_rfc_8785() -> None:
    record = {"b": [True, None, 10], "a": '€$\x0f\nA\'B"\\\\"/', "é".encode().hex(): 1}
    assert canonical(record).decode() == (
        '{"a":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/","b":[true,null,10],"c3a9":1}'
    )


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": 1.5}, id="fraction"),
        pytest.param({"a": float("nan")}, id="nan"),
        pytest.param({"a": 2**53}, id="too-large"),
        pytest.param({"ä": 1}, id="key"),
        pytest.param({"a": "\ud800"}, id="half-a-character"),
        pytest.param({"a": b"bytes"}, id="bytes"),
    ],
)
def test_what_has_no_spelling_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(NotCanonicalError):
        canonical(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'"text"',
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":"\\u0041"}',
        b'{"a":"\xff"}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' * 100_000,
    ],
    ids=range(13),
)
def test_anything_but_the_one_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(NotCanonicalError):
        parse(data)


def test_an_instant_is_spelt_in_utc_to_the_microsecond() -> None:
    noon = datetime(2028, 3, 1, 12, tzinfo=timezone(timedelta(hours=-5)))
    assert instant(noon) == "2028-03-01T17:00:00.000000Z"
    assert instant(datetime(2028, 3, 1, 17, 0, 0, 7, tzinfo=UTC)) == "2028-03-01T17:00:00.000007Z"
