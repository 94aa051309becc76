"""Making the file, and bringing an older one up to date, with a backup before it."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from counter_app import data_folder
from counter_app.errors import EnvironmentFault
from db.copying import copy_whole
from db.engine import engine

SCHEMA = 4
"""The newest schema this release knows; stands in `user_version` of the file."""


def create_file(path: Path, key: bytes) -> None:
    """An encrypted file with every table and nothing in it; refuses where one exists."""
    with path.open("xb"):
        pass
    writing = engine(path, key, write=True)
    try:
        _upgrade(writing)
    finally:
        writing.dispose()


def bring_up_to_date(
    reading: Engine, writing: Engine, path: Path, key: bytes, at: datetime
) -> None:
    """Run what is missing, in one transaction. A file of a newer release is refused untouched. Where
    nothing is missing nobody who writes is waited for.
    """
    with reading.connect() as connection:
        found: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if found == SCHEMA:
            return
        if found > SCHEMA:
            raise EnvironmentFault(
                "store_newer",
                "Sổ này do bản chương trình mới hơn ghi. Hãy cài bản mới rồi mở lại; "
                "sổ chưa bị thay đổi gì.",
            )
    name = f"truoc-nang-cap-{found}-{at:%Y%m%d-%H%M%S}.db"
    copy_whole(path, key, path.parent / data_folder.BACKUPS / name)
    _upgrade(writing)


def _upgrade(writing: Engine) -> None:
    # alembic is heavy and needed only when the schema differs
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with writing.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
