"""Activities of documents: fetch a file, look into it in a child process, report what was found.

Neither a file nor what stands in it is an input or an output here: both go between this worker
and the system of record.
"""

from typing import Final

import structlog
from temporalio import activity

from activities.documents.pool import ReaderKilledError, ReaderPool
from activities.documents.scan import scan
from activities.heartbeat import heartbeats
from activities.system_of_record import SystemOfRecord
from contracts.documents import ReadResult
from contracts.names import ActivityName
from contracts.work import DocumentPlan, DocumentRendered, DocumentRun, DocumentScan
from domain.documents.rejection import Refused, RejectionCode

_TRIES: Final = 3
"""Children that somebody may kill over one file before it is taken to be the file's doing."""
_PAGES_A_CHILD: Final = 8
"""Pages that one child makes images of: they lie in memory together."""

_log = structlog.stdlib.get_logger(__name__)


class DocumentActivities:
    """What a `Document` asks for."""

    def __init__(self, system: SystemOfRecord, readers: ReaderPool) -> None:
        """Keep the client, whose scope is `documents:work`, and who opens files."""
        self._system = system
        self._readers = readers

    @activity.defn(name=ActivityName.PLAN_DOCUMENT.value)
    async def plan_document(self, run: DocumentRun) -> DocumentPlan:
        """Hear what is done with a document next."""
        return await self._system.plan_document(run.document_id)

    @activity.defn(name=ActivityName.SCAN_DOCUMENT.value)
    async def scan_document(self, run: DocumentRun) -> DocumentPlan:
        """Look at a file for the first time, and report what it is; answer what follows."""
        async with heartbeats(str):
            content = await self._system.document_source(run.document_id)
            try:
                found = DocumentScan(format=scan(content, self._readers.limits).format.value)
            except Refused as refused:
                found = DocumentScan(rejection=refused.code.value)
            return await self._system.record_document_scan(run.document_id, found)

    @activity.defn(name=ActivityName.READ_DOCUMENT.value)
    async def read_document(self, run: DocumentRun) -> DocumentPlan:
        """Read a file, and report what stands in it; answer what follows."""
        async with heartbeats(str):
            content = await self._system.document_source(run.document_id)
            try:
                result = await self._readers.read(content)
            except ReaderKilledError:
                # Once may be the machine's want of memory, or an operator. Always is the file.
                if activity.info().attempt < _TRIES:
                    raise
                result = ReadResult(rejection=RejectionCode.CRASHED_READER.value)
            return await self._system.record_document_reading(run.document_id, result)

    @activity.defn(name=ActivityName.RENDER_DOCUMENT.value)
    async def render_document(self, run: DocumentRun) -> DocumentPlan:
        """Make images of a file's pages, and hand them over; answer what follows.

        A page that cannot be shown ends it: those before it have their images.
        """
        async with heartbeats(str):
            pages = (await self._system.plan_document(run.document_id)).page_count
            content = await self._system.document_source(run.document_id)
            done = 0
            while done < pages:
                last = min(done + _PAGES_A_CHILD, pages)
                images = await self._images(content, done + 1, last)
                for image in images:
                    done += 1
                    await self._system.store_document_page(run.document_id, done, image)
                if done < last:
                    break
            rendered = DocumentRendered(pages=done)
            return await self._system.record_document_rendering(run.document_id, rendered)

    @activity.defn(name=ActivityName.SETTLE_DOCUMENT.value)
    async def settle_document(self, run: DocumentRun) -> DocumentPlan:
        """Have a document decided by what is known of it; answer where it stands."""
        return await self._system.settle_document(run.document_id)

    async def _images(self, content: bytes, first: int, last: int) -> list[bytes]:
        try:
            return await self._readers.render(content, first, last)
        except Refused as refused:
            _log.info("pages cannot be shown", first=first, last=last, reason=refused.code.value)
            return []
        except ReaderKilledError:
            if activity.info().attempt < _TRIES:
                raise
            return []
