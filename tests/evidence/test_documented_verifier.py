"""The verifier that the documentation prints agrees with ours: a third party can write one."""

import re
from collections.abc import Callable
from typing import cast

import pytest

from tenor.stack import PROJECT_ROOT
from tests.evidence.packs import KEY, pack

Verify = Callable[[bytes], str]


@pytest.fixture(scope="module")
def verify() -> Verify:
    """The program in `docs/evidence.md`, as it is printed there."""
    text = (PROJECT_ROOT / "docs" / "evidence.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {"__name__": "documented"}
    exec(compile(program, "docs/evidence.md", "exec"), names)  # noqa: S102 - our own page
    return cast(Verify, names["verify"])


def test_it_accepts_a_pack(verify: Verify) -> None:
    assert verify(pack()) == KEY.signer.fingerprint


def test_it_finds_any_byte_that_was_changed(verify: Verify) -> None:
    whole = pack()
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with pytest.raises(Exception):  # noqa: B017, PT011 - whichever way it says no
            verify(changed)


def test_it_finds_any_line_that_was_removed(verify: Verify) -> None:
    lines = pack().splitlines(keepends=True)
    for at in range(len(lines)):
        with pytest.raises(Exception):  # noqa: B017, PT011 - whichever way it says no
            verify(b"".join(lines[:at] + lines[at + 1 :]))
