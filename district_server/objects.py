"""Where finished pages lie above: a folder, or a store of objects by its URL."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from district_server.faults import ServerFault

DEFAULT = "attachments"
"""A folder where `serve` was started that was told nothing else."""

_KEYS = ("DISTRICT_S3_ACCESS_KEY", "DISTRICT_S3_SECRET_KEY")
_NONE = ("NoSuchKey", "NoSuchObject")
_PATIENCE = 10.0
"""Seconds: a store that does not answer must not hold those who ask for dossiers."""


class Objects(Protocol):
    """Whole contents under names; a name never changes its content."""

    def has(self, key: str, size: int) -> bool:
        """Whether it lies there with that many bytes."""

    def put(self, key: str, content: bytes) -> None:
        """Keep it durably; the same again changes nothing."""

    def get(self, key: str) -> bytes | None:
        """None where there is none."""

    def part(self, key: str, start: int, size: int) -> bytes | None:
        """At most so many bytes of it; None where there is none. `start` lies within it."""

    def names(self) -> Iterator[str]:
        """Of everything that lies there."""

    def remove(self, key: str) -> None:
        """It lies there no longer, where it did."""


class Folder:
    """Files in a folder, readable by the server's user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, key: str, size: int) -> bool:
        """Whether the file stands there whole; under its own name it always is."""
        try:
            return (self._folder / key).stat().st_size == size
        except OSError:
            return False

    def put(self, key: str, content: bytes) -> None:
        """Write, wait for the disk, then give it its name."""
        target = self._folder / key
        part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with open(handle, "wb") as out:
                    out.write(content)
                    out.flush()
                    os.fsync(out.fileno())
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
        except OSError:
            raise ServerFault(
                "attachments_failed",
                "Không ghi được bản quét. Xem ổ đĩa còn chỗ và thư mục ghi được không.",
            ) from None

    def get(self, key: str) -> bytes | None:
        """The file's bytes."""
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None

    def part(self, key: str, start: int, size: int) -> bytes | None:
        """Some of the file's bytes."""
        try:
            with (self._folder / key).open("rb") as opened:
                opened.seek(start)
                return opened.read(size)
        except FileNotFoundError:
            return None

    def remove(self, key: str) -> None:
        """Away with the file."""
        try:
            (self._folder / key).unlink(missing_ok=True)
        except OSError:
            raise ServerFault(
                "attachments_failed",
                "Không xóa được bản quét hết hạn lưu. Xem thư mục bản quét có quyền ghi không.",
            ) from None

    def names(self) -> Iterator[str]:
        """Every file that has its name; not what is being written."""
        for path in sorted(self._folder.rglob("*")):
            if path.is_file() and path.suffix != ".part":
                yield path.relative_to(self._folder).as_posix()


class Bucket:
    """A store of objects that speaks S3, such as MinIO or Ceph, in the same house as the server."""

    def __init__(self, url: str) -> None:
        from minio import Minio  # loads only where there is such a store
        from urllib3 import PoolManager, Retry, Timeout

        asked = urlsplit(url)
        self._bucket = asked.path.strip("/")
        access, secret = (os.environ.get(name, "") for name in _KEYS)
        if not asked.hostname or not self._bucket or "/" in self._bucket or not access:
            raise _no_place()
        pool = PoolManager(
            timeout=Timeout(connect=_PATIENCE, read=_PATIENCE),
            retries=Retry(total=1, backoff_factor=0.2),
            cert_reqs="CERT_REQUIRED",
            ca_certs=os.environ.get("SSL_CERT_FILE"),
        )
        self._client = Minio(
            asked.netloc,
            access_key=access,
            secret_key=secret,
            secure=asked.scheme == "s3",
            region=os.environ.get("DISTRICT_S3_REGION") or "us-east-1",
            http_client=pool,
        )

    def has(self, key: str, size: int) -> bool:
        """Whether the object is there; a store of objects never shows half of one."""
        from minio.error import S3Error

        with _in_words():
            try:
                return self._client.stat_object(self._bucket, key).size == size
            except S3Error as fault:
                if fault.code in _NONE:
                    return False
                raise

    def put(self, key: str, content: bytes) -> None:
        """One request; the same again writes the same."""
        with _in_words():
            self._client.put_object(
                self._bucket,
                key,
                BytesIO(content),
                len(content),
                content_type="application/octet-stream",
            )

    def get(self, key: str) -> bytes | None:
        """The whole object."""
        return self.part(key, 0, 0)

    def part(self, key: str, start: int, size: int) -> bytes | None:
        """Some of the object; all that follows `start` where `size` is 0."""
        from minio.error import S3Error

        with _in_words():
            try:
                answer = self._client.get_object(self._bucket, key, offset=start, length=size)
            except S3Error as fault:
                if fault.code in _NONE:
                    return None
                raise
            try:
                return bytes(answer.read())
            finally:
                answer.close()
                answer.release_conn()

    def remove(self, key: str) -> None:
        """One request; older versions that the store itself keeps are the store's to drop."""
        with _in_words():
            self._client.remove_object(self._bucket, key)

    def names(self) -> Iterator[str]:
        """Every object, page by page of the store's list."""
        with _in_words():
            for found in self._client.list_objects(self._bucket, recursive=True):
                yield str(found.object_name)


@contextmanager
def _in_words() -> Iterator[None]:
    from minio.error import MinioException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (MinioException, HTTPError) as fault:
        raise ServerFault(
            "attachments_failed",
            "Kho chứa bản quét không trả lời đúng. Xem máy kho còn chạy, khóa và tên ngăn có đúng không, đường truyền "
            "có mã hóa (s3://) hay không (s3+http://).",
        ) from fault


def _no_place() -> ServerFault:
    return ServerFault(
        "attachments_url",
        "DISTRICT_ATTACHMENTS phải là một thư mục, hoặc s3://MÁY:CỔNG/NGĂN (s3+http:// khi không "
        f"mã hóa đường truyền), với khóa ở {_KEYS[0]} và {_KEYS[1]}.",
    )


def objects_at(url: str) -> Objects:
    """What `DISTRICT_ATTACHMENTS` names: a folder, or `s3://HOST[:PORT]/BUCKET`."""
    if url.startswith(("s3://", "s3+http://")):
        return Bucket(url)
    if "://" in url:
        raise _no_place()
    return Folder(Path(url or DEFAULT))
