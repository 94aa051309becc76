"""`make FILE`, `serve FILE PORT`, or `load|take FILE URL RECORDS`."""

import json
import sys
from pathlib import Path

import django
from django.conf import settings
from turns import take_turns

what, file, *rest = sys.argv[1:]
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": file,
            "OPTIONS": {"timeout": 60},
        }
    },
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "mptt",
        "rest_framework",
        "morango",
        "morango_peer",
    ],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    ROOT_URLCONF="morango.urls",
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="of a throw-away run",
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from morango.models import Certificate, Filter, ScopeDefinition  # noqa: E402
from morango.sync.controller import MorangoProfileController  # noqa: E402

from morango_peer.models import Dossier, partition  # noqa: E402

_PROFILE = "register"


def make() -> None:
    """An empty store with the certificate that all share."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    ScopeDefinition.objects.create(
        id="commune",
        profile=_PROFILE,
        version=1,
        primary_scope_param_key="commune",
        description="all of ${commune}",
        read_filter_template="",
        write_filter_template="",
        read_write_filter_template="${commune}",
    )
    Certificate.generate_root_certificate("commune")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")


def serve(port: str) -> None:
    from django.core.wsgi import get_wsgi_application
    from waitress import serve as listen

    listen(get_wsgi_application(), host="127.0.0.1", port=int(port))


def work(url: str, records: str) -> None:
    if what == "load":
        with transaction.atomic():
            for line in Path(records).read_text(encoding="utf-8").splitlines():
                told = json.loads(line)
                text = json.dumps(told["record"], ensure_ascii=False, separators=(",", ":"))
                Dossier(event=told["id"], record=text).save()
    certificate = Certificate.objects.get(parent=None)
    controller = MorangoProfileController(_PROFILE)
    everything = Filter(partition())

    def sync(word: str) -> str:
        line = controller.create_network_connection(url)
        session = line.create_sync_session(certificate, certificate)
        ways = {"up": [session.get_push_client], "down": [session.get_pull_client]}
        for way in ways.get(word) or [session.get_push_client, session.get_pull_client]:
            client = way()
            client.initialize(everything)
            client.run()
            client.finalize()
        line.close_sync_session(session.sync_session)
        line.close()
        return ""

    take_turns(sync, Dossier.objects.count)


match what:
    case "make":
        make()
    case "serve":
        serve(*rest)
    case _:
        work(*rest)
