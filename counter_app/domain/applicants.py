"""Telling the same applicant again, as far as papers tell."""

from counter_app.domain.events import Party
from counter_app.domain.text import search_key


def applicant_key(applicant: Party) -> str:
    """The number on the paper, else the folded name with the birth date.

    Many share a surname given to a whole people, so a name alone says nothing.
    """
    number = applicant.personal_number or applicant.tax_code or applicant.other_document
    if number:
        return number
    return f"{search_key(applicant.name)}|{applicant.born_on or ''}"
