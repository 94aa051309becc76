"""What goes out with a result, and what stays."""

from dataclasses import replace

from counter_app.domain.events import Facts, PageLine, Party, ProcedureRef, ReceivedComponent
from counter_app.domain.given_papers import GivenPaper, papers_given

FACTS = Facts(
    procedure=ProcedureRef(
        "9.000010", "Xác minh thử", "2026-01", "thu", "Thử", "thuong", "Thông thường", "Tư pháp",
        result="Giấy xác minh",
    ),
    applicant=Party("person", "HỒ THỊ NGUYỆT"),
    representative=None,
    components=(
        ReceivedComponent("1", "Tờ khai xác minh", originals=1),
        ReceivedComponent("2", "ĐƠN đề nghị", originals=1),
        ReceivedComponent("3", "Giấy chứng sinh", originals=1, copies=2),
        ReceivedComponent("4", "Căn cước (xuất trình)", originals=1, present=True),
        ReceivedComponent("5", "Giấy tờ nơi cư trú", certified=1, copies=1),
        ReceivedComponent("6", "Đơn thuốc cũ"),
    ),
    pages=(),
    sets=2,
    return_method="counter",
    note="",
    fees=(),
)  # fmt: skip


def test_the_result_and_the_originals_go_out() -> None:
    """An original a set; the form, the application, copies and what was only shown do not."""
    assert papers_given(FACTS, "212/2026") == (
        GivenPaper("Giấy xác minh", "212/2026", 1),
        GivenPaper("Bản chính: Giấy chứng sinh", copies=2),
    )


def test_certified_copies_are_counted_by_document() -> None:
    lines = (PageLine("Bằng tốt nghiệp", 1, 3), PageLine("", 2, 1))
    assert papers_given(replace(FACTS, components=(), pages=lines), "") == (
        GivenPaper("Giấy xác minh"),
        GivenPaper("Bằng tốt nghiệp", copies=3),
        GivenPaper("Bản sao", copies=1),
    )


def test_a_result_without_a_name_is_called_by_its_procedure() -> None:
    unnamed = replace(FACTS, components=(), procedure=replace(FACTS.procedure, result=""))
    assert papers_given(unnamed, "") == (GivenPaper("Kết quả: Xác minh thử", copies=1),)
