"""A print that is asked for, before any printer is."""

from datetime import datetime

from counter_app.ports import PrintJob

FORM = "form:"
"""Before a form's name in what a job prints."""


def asked_for(
    job_id: str,
    what: str,
    subject: str,
    at: datetime,
    *,
    dossier_id: str | None = None,
    receipt_no: int = 0,
) -> PrintJob:
    """A job that waits. `dossier_id` where it is a dossier's, with the receipt it tells of."""
    return PrintJob(job_id, what, subject, dossier_id, receipt_no, "pending", None, 0, "", at)
