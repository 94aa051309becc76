"""One row a dossier."""

from functools import cache

from django.db import models
from morango.models import Certificate, SyncableModel


@cache
def partition() -> str:
    """What everybody here may read and write: the root certificate's own part."""
    return str(Certificate.objects.get(parent=None).id)


class Dossier(SyncableModel):
    """What was taken in."""

    morango_profile = "register"
    morango_model_name = "dossier"

    event = models.CharField(max_length=40)
    record = models.TextField()

    def calculate_source_id(self, *_: object, **__: object) -> str:
        return str(self.event)

    def calculate_partition(self, *_: object, **__: object) -> str:
        return partition()
