import re

import pytest

from tests.sandbox.running import OUR_NUMBER, Listener, RunningSandbox
from tests.sandbox.wire import PERSON, send_mail, send_text

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def phone_link(sandbox: RunningSandbox) -> str:
    found = re.search(r'href="(/sandbox/phones/\d+)"', sandbox.client.get("/sandbox").text)
    assert found is not None
    return found[1]


def test_an_empty_inbox_says_so(sandbox: RunningSandbox) -> None:
    page = sandbox.client.get("/sandbox")
    assert page.status_code == 200
    assert "No text message yet" in page.text
    assert "No mail yet" in page.text
    assert "Both providers answer as they should" in page.text


def test_messages_are_shown_as_text_and_pages_hold_no_address(sandbox: RunningSandbox) -> None:
    send_text(sandbox.client, "<script>alert(1)</script> & 'you'")
    send_mail(sandbox.client, subject="<b>Due</b>", text='<img src="x">\nsecond line')
    overview = sandbox.client.get("/sandbox").text
    links = re.findall(r'href="(/sandbox/(?:phones|mailboxes)/\d+)"', overview)
    assert len(links) == 2
    assert PERSON in overview
    phone, mailbox = (sandbox.client.get(link).text for link in links)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#39;you&#39;" in phone
    assert "&lt;b&gt;Due&lt;/b&gt;" in mailbox
    assert "&lt;img src=&#34;x&#34;&gt;\nsecond line" in mailbox
    for page in (overview, phone, mailbox):
        assert "<script" not in page
        assert "style=" not in page
        for address in re.findall(r'(?:href|action|src)="([^"]*)"', page):
            assert address.startswith(("/sandbox", "#", "?"))
            assert "555" not in address
            assert "@" not in address


def test_the_reply_box_posts_and_tells_the_outcome(sandbox: RunningSandbox, api: Listener) -> None:
    send_text(sandbox.client, "Please pay")
    link = phone_link(sandbox)
    answer = sandbox.client.post(
        f"{link}/replies", data={"to": OUR_NUMBER, "body": "I will\r\npay"}, follow_redirects=True
    )
    assert answer.status_code == 200
    assert "The API took the reply (204)" in answer.text
    assert "I will\npay" in answer.text
    assert [item.form["Body"] for item in api.received] == ["I will\npay"]

    api.answer = lambda _: 403
    answer = sandbox.client.post(
        f"{link}/replies", data={"to": OUR_NUMBER, "body": "again"}, follow_redirects=True
    )
    assert "The API answered 403" in answer.text


def test_a_refused_reply_keeps_its_text(sandbox: RunningSandbox, api: Listener) -> None:
    send_text(sandbox.client)
    link = phone_link(sandbox)
    long_text = "long " * 400
    answer = sandbox.client.post(f"{link}/replies", data={"to": OUR_NUMBER, "body": long_text})
    assert answer.status_code == 422
    assert "Not sent" in answer.text
    assert long_text in answer.text
    assert sandbox.client.post(f"{link}/replies", data={}).status_code == 422
    assert api.received == []


def test_faults_are_set_and_lifted_by_form(sandbox: RunningSandbox) -> None:
    form = {"provider": "twilio", "kind": "rate-limited", "times": "2"}
    page = sandbox.client.post("/sandbox/faults", data=form, follow_redirects=True)
    assert "Twilio: answer 429 and keep nothing, 2 more" in page.text
    assert send_text(sandbox.client).status_code == 429
    page = sandbox.client.post(
        "/sandbox/faults", data={**form, "times": "0"}, follow_redirects=True
    )
    assert "Both providers answer as they should" in page.text
    assert send_text(sandbox.client).status_code == 201
    for bad in ({"times": "-1"}, {"kind": "explode"}, {"provider": "pigeon"}):
        assert sandbox.client.post("/sandbox/faults", data={**form, **bad}).status_code == 422


def test_long_lists_are_paged(sandbox: RunningSandbox) -> None:
    for number in range(51):
        send_text(sandbox.client, to=f"+1555123{number:04}")
    first = sandbox.client.get("/sandbox").text
    second = sandbox.client.get("/sandbox?phones=2").text
    assert len(re.findall(r"/sandbox/phones/\d+", first)) == 50
    assert len(re.findall(r"/sandbox/phones/\d+", second)) == 1
    assert "+15551230000" in second
    assert "No more phones" in sandbox.client.get("/sandbox?phones=3").text
    assert sandbox.client.get(f"/sandbox?phones={10**30}").status_code == 200


@pytest.mark.parametrize("path", ["/sandbox/phones/1", "/sandbox/mailboxes/9", "/sandbox/phones/0"])
def test_a_missing_phone_is_not_found(sandbox: RunningSandbox, path: str) -> None:
    send_mail(sandbox.client)
    assert sandbox.client.get(path).status_code == 404
    assert sandbox.client.get(f"/sandbox/phones/{10**40}").status_code == 404


def test_pages_are_locked_down(sandbox: RunningSandbox) -> None:
    page = sandbox.client.get("/sandbox")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    style = sandbox.client.get("/sandbox/static/sandbox.css")
    assert style.headers["Content-Type"].startswith("text/css")
    assert sandbox.client.get("/sandbox/static/../app.py").status_code == 404
    assert sandbox.client.get("/sandbox/static/%2e%2e/app.py").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8025"},
        {"Host": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_sites_are_kept_away(
    sandbox: RunningSandbox, api: Listener, headers: dict[str, str]
) -> None:
    reply = {"from": PERSON, "to": OUR_NUMBER, "body": "STOP"}
    answer = sandbox.client.post("/sandbox/api/replies", json=reply, headers=headers)
    assert answer.status_code == 403
    assert api.received == []
    if "Host" in headers:
        assert sandbox.client.get("/sandbox", headers=headers).status_code == 403


def test_our_own_page_is_let_in(sandbox: RunningSandbox, api: Listener) -> None:
    reply = {"from": PERSON, "to": OUR_NUMBER, "body": "STOP"}
    headers = {"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin"}
    answer = sandbox.client.post("/sandbox/api/replies", json=reply, headers=headers)
    assert answer.json()["accepted"] is True
