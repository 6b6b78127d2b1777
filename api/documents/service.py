"""The use cases of documents, in one place for whoever calls them."""

from api.documents.progress import (
    plan,
    record_reading,
    record_rendering,
    record_scan,
    settle,
    source,
    store_page,
)
from api.documents.queries import DocumentFilter
from api.documents.reading import (
    content,
    extraction,
    get,
    list_documents,
    list_of_customer,
    page_image,
)
from api.documents.review import reject, review
from api.documents.uploads import Arrival, look_at, uploaded_before, write_down

__all__ = [
    "Arrival",
    "DocumentFilter",
    "content",
    "extraction",
    "get",
    "list_documents",
    "list_of_customer",
    "look_at",
    "page_image",
    "plan",
    "record_reading",
    "record_rendering",
    "record_scan",
    "reject",
    "review",
    "settle",
    "source",
    "store_page",
    "uploaded_before",
    "write_down",
]
