"""The door of texts in versions."""

from api.templates.authoring import approve, draft, edit, list_versions, retire
from api.templates.authoring import get as get_version
from api.templates.catalogue import get, list_templates
from api.templates.previewing import preview
from api.templates.queries import VersionFilter

__all__ = [
    "VersionFilter",
    "approve",
    "draft",
    "edit",
    "get",
    "get_version",
    "list_templates",
    "list_versions",
    "preview",
    "retire",
]
