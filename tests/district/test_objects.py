"""Where finished pages lie: a folder and a store of objects do the same."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from scans_made import noisy
from sync_steps import Pair, accept, synced
from upper import running

from counter_app.bootstrap import Counter
from district_server.commands import store_trouble
from district_server.database import Database
from district_server.faults import ServerFault
from district_server.keys import load_keys, make_keys
from district_server.objects import Bucket, Folder, Objects, objects_at
from district_server.schema import bring_up_to_date
from district_server.sealing import Sealed

KEY = "H50.99.01/ab/" + "ab" * 32


@pytest.fixture(scope="module")
def store_port() -> Iterator[int]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield port
    server.stop()


@pytest.fixture
def bucket_url(store_port: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket made by another's client than ours."""
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{store_port}",
        aws_access_key_id="thu",
        aws_secret_access_key="thu",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="ban-quet")
    monkeypatch.setenv("DISTRICT_S3_ACCESS_KEY", "thu")
    monkeypatch.setenv("DISTRICT_S3_SECRET_KEY", "thu")
    return f"s3+http://127.0.0.1:{store_port}/ban-quet"


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "folder":
        return objects_at(str(tmp_path / "tren"))
    return objects_at(request.getfixturevalue("bucket_url"))


def test_what_goes_in_comes_out(objects: Objects) -> None:
    content = os.urandom(200_000)
    other = KEY.replace("ab", "cd")
    assert objects.get(other) is None
    assert not objects.has(other, len(content))
    objects.put(other, content)
    objects.put(other, content)
    assert objects.get(other) == content
    assert objects.part(other, 65_536, 1_000) == content[65_536:66_536]
    assert objects.part(other, 199_990, 1_000) == content[-10:]
    assert objects.part(KEY.replace("ab", "ef"), 0, 10) is None
    assert objects.has(other, len(content))
    assert not objects.has(other, len(content) + 1)


def test_what_lies_there_is_listed_and_sealed_in_place(objects: Objects, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'khoa.sqlite3'}")
    bring_up_to_date(database)
    with database.begin() as connection:
        make_keys(connection, None)
        sealed = Sealed(objects, load_keys(connection, None))
    database.close()
    before, after = KEY.replace("ab", "12"), KEY.replace("ab", "34")
    content = os.urandom(150_000)
    objects.put(before, content)
    sealed.put(after, content)
    assert {before, after} <= set(sealed.names())
    assert (sealed.seal(before), sealed.seal(before), sealed.seal(after)) == (True, False, False)
    for key in (before, after):
        lying = objects.get(key)
        assert lying is not None
        assert content[:64] not in lying
        assert sealed.has(key, len(content))
        assert sealed.get(key) == content
        assert sealed.part(key, 65_000, 70_000) == content[65_000:135_000]
        assert sealed.part(key, 149_990, 100) == content[-10:]


def test_the_object_is_what_others_find(bucket_url: str, store_port: int) -> None:
    objects_at(bucket_url).put(KEY, b"trang")
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{store_port}",
        aws_access_key_id="thu",
        aws_secret_access_key="thu",
        region_name="us-east-1",
    )
    found = client.get_object(Bucket="ban-quet", Key=KEY)
    assert found["Body"].read() == b"trang"
    assert found["ContentType"] == "application/octet-stream"


def test_a_store_that_is_not_there_is_a_sentence(
    bucket_url: str, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    gone = objects_at(f"s3+http://127.0.0.1:{closed_port}/ban-quet")
    for ask in (lambda: gone.has(KEY, 1), lambda: gone.put(KEY, b"x"), lambda: gone.get(KEY)):
        with pytest.raises(ServerFault) as fault:
            ask()
        assert fault.value.code == "attachments_failed"
    missing = objects_at(bucket_url.replace("ban-quet", "khong-co"))
    with pytest.raises(ServerFault):
        missing.put(KEY, b"x")


@pytest.fixture
def closed_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize("url", ["s3://", "s3://may", "s3://may/", "s3://may/a/b"])
def test_half_an_address_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTRICT_S3_ACCESS_KEY", "thu")
    with pytest.raises(ServerFault) as fault:
        objects_at(url)
    assert fault.value.code == "attachments_url"


def test_without_a_word_it_is_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(objects_at(""), Folder)
    monkeypatch.delenv("DISTRICT_S3_ACCESS_KEY", raising=False)
    with pytest.raises(ServerFault):
        Bucket("s3://may/ngan")


def test_a_counters_page_goes_through_the_bucket_to_another(
    bucket_url: str,
    store_port: int,
    make_counter: Callable[..., Counter],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All the way, as `serve` puts it together; a bucket that is away stops no dossier."""
    monkeypatch.setenv("DISTRICT_ATTACHMENTS", bucket_url)
    with running(f"sqlite:///{tmp_path / 'tren.sqlite3'}") as upper:
        upper.stop()
        upper.objects = Sealed(objects_at(os.environ["DISTRICT_ATTACHMENTS"]), upper.keys)
        upper.start()
        pairs: list[Pair] = []
        for number in (1, 2):
            counter = make_counter(number)
            counter.enrol(upper.url, upper.code(counter), None)
            pairs.append((counter, counter.officers.all()[0]))
        (first, officer), (second, _) = pairs
        made = accept(pairs[0])
        paper = first.attachments.add(made.dossier_id, "giay.png", noisy(7, 120), "", officer)
        with monkeypatch.context() as patch:
            gone = objects_at(bucket_url.replace("ban-quet", "khong-co"))
            patch.setattr(upper.objects, "_inner", gone)
            assert first.sync.cycle().waiting == 0
        assert [one.sent for one in first.attachments.of(made.dossier_id)] == [0]
        for pair in pairs:
            synced(pair)
        assert second.sync.fetch(second.attachments.missing(made.dossier_id)).pages == 1
    (page,) = paper.scanned.pages
    content = second.attachments.content(page)
    assert hashlib.sha256(content).hexdigest() == page.sha256
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{store_port}",
        aws_access_key_id="thu",
        aws_secret_access_key="thu",
        region_name="us-east-1",
    )
    key = f"H50.99.01/{page.sha256[:2]}/{page.sha256}"
    lying = client.get_object(Bucket="ban-quet", Key=key)["Body"].read()
    assert content[:64] not in lying


def test_a_store_that_does_not_answer_is_told_when_the_server_starts(
    bucket_url: str, tmp_path: Path
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'tren.db'}")
    bring_up_to_date(database)
    with database.begin() as connection:
        make_keys(connection, None)
        keys = load_keys(connection, None)
    database.close()
    for url, said in (
        (str(tmp_path / "tren"), ""),
        (bucket_url, ""),
        (bucket_url + "-khac", "Kho chứa bản quét"),
        (bucket_url.replace("s3+http", "s3"), "s3+http://"),
    ):
        told = store_trouble(Sealed(objects_at(url), keys))
        assert (said in told, bool(told)) == (True, bool(said)), url
