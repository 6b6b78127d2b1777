"""The demo's check of a pack finds what it says it finds."""

from tenor.demo.evidence import changed, holds
from tests.evidence.packs import pack


def test_a_pack_holds_until_a_byte_is_changed() -> None:
    assert holds(pack())
    assert not holds(changed(pack()))
    assert len(changed(pack())) == len(pack())
