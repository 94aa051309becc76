"""Amounts as receipts have them: known ones, and the places where Vietnamese changes a word."""

import pytest

from counter_app.domain.money import in_words, vnd


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (1, "Một đồng"),
        (4, "Bốn đồng"),
        (5, "Năm đồng"),
        (10, "Mười đồng"),
        (11, "Mười một đồng"),
        (14, "Mười bốn đồng"),
        (20, "Hai mươi đồng"),
        (25, "Hai mươi lăm đồng"),
        (44, "Bốn mươi tư đồng"),
        (91, "Chín mươi mốt đồng"),
        (100, "Một trăm đồng"),
        (101, "Một trăm linh một đồng"),
        (104, "Một trăm linh bốn đồng"),
        (110, "Một trăm mười đồng"),
        (115, "Một trăm mười lăm đồng"),
        (555, "Năm trăm năm mươi lăm đồng"),
        (1_000, "Một nghìn đồng"),
        (1_001, "Một nghìn không trăm linh một đồng"),
        (1_010, "Một nghìn không trăm mười đồng"),
        (21_000, "Hai mươi mốt nghìn đồng"),
        (100_000, "Một trăm nghìn đồng"),
        (105_000, "Một trăm linh năm nghìn đồng"),
        (400_000, "Bốn trăm nghìn đồng"),
        (1_000_000, "Một triệu đồng"),
        (1_000_500, "Một triệu năm trăm đồng"),
        (4_500_000, "Bốn triệu năm trăm nghìn đồng"),
        (24_000_000, "Hai mươi tư triệu đồng"),
        (1_000_000_000, "Một tỷ đồng"),
        (1_000_000_000_000, "Một nghìn tỷ đồng"),
        (
            1_234_567_891,
            "Một tỷ hai trăm ba mươi tư triệu năm trăm sáu mươi bảy nghìn "
            "tám trăm chín mươi mốt đồng",
        ),
    ],
)
def test_known_amounts(amount: int, words: str) -> None:
    assert in_words(amount) == words


def test_money_on_paper_is_never_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        in_words(-1)


@pytest.mark.parametrize(
    ("amount", "figures"),
    [
        (0, "0 đ"),
        (500, "500 đ"),
        (8_000, "8.000 đ"),
        (12_000, "12.000 đ"),
        (1_000_000_000, "1.000.000.000 đ"),
        (-2_000, "-2.000 đ"),
    ],
)
def test_figures(amount: int, figures: str) -> None:
    assert vnd(amount) == figures
