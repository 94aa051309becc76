"""What is put into somebody's hands when a result is handed over."""

from dataclasses import dataclass

from counter_app.domain.events import Facts

_OFFICE_PAPERS = ("tờ khai", "đơn ", "văn bản đề nghị", "giấy đề nghị")
"""How papers begin that are written to the office."""


@dataclass(frozen=True, slots=True)
class GivenPaper:
    """One kind of paper that goes out."""

    name: str
    number: str = ""
    """The number of the decision, where it is known."""
    copies: int = 0
    """0 where nobody counted."""


def papers_given(facts: Facts, decision_no: str) -> tuple[GivenPaper, ...]:
    """The result with its number, certified copies by document, then the originals handed in.

    No catalogue says which originals the file must keep: whoever hands over judges it. What was only
    shown went back at the intake, and what was written to the office itself stays with it.
    """
    result = facts.procedure.result or f"Kết quả: {facts.procedure.name}"
    return (
        GivenPaper(result, decision_no, 0 if facts.pages else 1),
        *(GivenPaper(line.name or "Bản sao", copies=line.copies) for line in facts.pages),
        *(
            GivenPaper(f"Bản chính: {paper.name}", copies=paper.originals * facts.sets)
            for paper in facts.components
            if paper.originals and not paper.present and not _to_the_office(paper.name)
        ),
    )


def _to_the_office(name: str) -> bool:
    return name.casefold().startswith(_OFFICE_PAPERS)
