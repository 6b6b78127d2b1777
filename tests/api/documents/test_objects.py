"""The store of documents: a folder and a bucket behave alike."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from api.documents.objects import Objects
from api.settings import Settings
from domain.errors import DomainError, ErrorCode

BUCKET = "documents"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Objects:
    if request.param == "folder":
        return Objects(settings.model_copy(update={"documents_dir": str(tmp_path / "files")}))
    return Objects(in_bucket(settings, request.getfixturevalue("endpoint")))


def in_bucket(settings: Settings, endpoint: str) -> Settings:
    given = {"aws_access_key_id": "id", "aws_secret_access_key": "secret"}
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **given).create_bucket(
        Bucket=BUCKET
    )
    return settings.model_copy(
        update={
            "documents_bucket": BUCKET,
            "documents_prefix": "tenor",
            "s3_endpoint": endpoint,
            "s3_access_key_id": "id",
            "s3_secret_access_key": settings.admin_password,
        }
    )


async def test_what_was_put_is_got_and_is_never_overwritten(objects: Objects) -> None:
    assert await objects.get("a/content") is None
    assert await objects.put("a/content", b"first") is True
    assert await objects.put("a/content", b"second") is False
    assert await objects.get("a/content") == b"first"


async def test_a_store_that_is_away_is_said(settings: Settings) -> None:
    away = Objects(
        settings.model_copy(
            update={
                "documents_bucket": BUCKET,
                "s3_endpoint": "http://127.0.0.1:9",
                "s3_access_key_id": "id",
                "s3_secret_access_key": settings.admin_password,
            }
        )
    )
    with pytest.raises(DomainError) as caught:
        await away.get("a/content")
    assert caught.value.code is ErrorCode.UNAVAILABLE


async def test_nothing_leaves_the_folder(settings: Settings, tmp_path: Path) -> None:
    objects = Objects(settings.model_copy(update={"documents_dir": str(tmp_path / "files")}))
    with pytest.raises(ValueError, match="path"):
        await objects.put("../outside", b"x")
    assert not (tmp_path / "outside").exists()
