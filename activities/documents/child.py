"""The child process in which a file is opened: one file, then it ends.

It gets one frame on its standard input (a JSON head, then the file) and answers with one (a JSON
head, then images). Frames are lengths of eight bytes, each before its part. It has no network
where that can be had, no environment, may write no file, and ends with its parent.
"""

import gc
import os
import sys
from typing import BinaryIO, Final, Literal

from pydantic import BaseModel, ConfigDict

from activities.documents.limits import Limits, bind, die_with_parent, leave_network
from activities.documents.pdf import render_pages
from activities.documents.reading import read_file
from contracts.documents import ReadResult
from domain.documents.rejection import Refused, RejectionCode

LENGTH: Final = 8
"""Bytes of a length."""

READY: Final = b"R"
"""What the child says when it waits for a file."""


class Order(BaseModel):
    """What the child is to do with the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    job: Literal["read", "render"]
    first: int = 0
    last: int = 0
    limits: Limits


class Answer(BaseModel):
    """What came of it: what was read, or how many images follow, or why it was refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    result: ReadResult | None = None
    images: int = 0
    rejection: RejectionCode | None = None


def write(stream: BinaryIO, part: bytes) -> None:
    """Write one part of a frame."""
    stream.write(len(part).to_bytes(LENGTH, "big"))
    stream.write(part)


def main() -> int:
    """Read the order and the file, and answer."""
    die_with_parent()
    leave_network()
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not stand in the answer.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # It waits here, its libraries loaded, until there is a file.
    answers.write(READY)
    answers.flush()
    head = _part(sys.stdin.buffer)
    if head is None:
        return 0
    order = Order.model_validate_json(head)
    bind(order.limits)
    images: list[bytes] = []
    try:
        content = _part(sys.stdin.buffer) or b""
        answer, images = _done(order, content)
    except MemoryError:
        gc.collect()
        answer = Answer(rejection=RejectionCode.TOO_MUCH_MEMORY)
    write(answers, answer.model_dump_json().encode())
    for image in images:
        write(answers, image)
    answers.flush()
    return 0


def _done(order: Order, content: bytes) -> tuple[Answer, list[bytes]]:
    limits = order.limits
    if order.job == "read":
        return Answer(result=read_file(content, limits)), []
    try:
        images = render_pages(content, order.first, order.last, limits)
    except Refused as refused:
        return Answer(rejection=refused.code), []
    return Answer(images=len(images)), images


def _part(stream: BinaryIO) -> bytes | None:
    """One part of a frame; null when there is none."""
    length = stream.read(LENGTH)
    return stream.read(int.from_bytes(length, "big")) if len(length) == LENGTH else None


if __name__ == "__main__":
    code = main()
    # Nothing is left to tidy up, and libraries that met a broken file may not end well.
    os._exit(code)
