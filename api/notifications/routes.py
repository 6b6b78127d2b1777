"""HTTP of notifications."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import WorkDep
from api.notifications import service
from api.pagination import PageQuery
from contracts.notifications import Notification, NotificationPage

router = APIRouter(tags=["Notifications"])


@router.get("/notifications", summary="My notifications")
async def list_notifications(work: WorkDep, page: PageQuery) -> NotificationPage:
    """What I have been told, newest first, and how much of it is unread.

    A customer finds the messages that were sent to him; advisors and managers the tasks that
    wait for them.
    """
    return await service.list_own(work, page)


@router.get("/customers/{customer_id}/notifications", summary="A customer's notifications")
async def list_customer_notifications(
    work: WorkDep, page: PageQuery, customer_id: UUID
) -> NotificationPage:
    """The notifications of one customer, newest first, for himself and for the staff."""
    return await service.list_of_customer(work, customer_id, page)


@router.patch(
    "/notifications/{notification_id}/read",
    summary="Mark as read",
    description="Only one's own. A second time changes nothing, so no If-Match is needed.",
)
async def read_notification(work: WorkDep, notification_id: UUID) -> Notification:
    """Mark one of my notifications as read."""
    return await service.read(work, notification_id)
