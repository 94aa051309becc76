"""Every form at its longest: nothing on something else, nothing off the page, nothing lost."""

import re
from collections import Counter as Multiset
from dataclasses import replace

import pytest
from pdf import embedded_and_ours, faults_of, text_of

import resources
from counter_app.domain.form import FormContent
from counter_app.domain.form_content import sample
from counter_app.domain.form_kinds import KINDS
from counter_app.domain.form_sets import parse_form_set
from counter_app.domain.form_template import parse_template
from counter_app.printing.form import draw_form

NAME, ADDRESS = 120, 300
"""As long as the contract lets them be."""
PAPERS, ROWS = 30, 6
"""Of the papers of a dossier; of every other table."""
SHAPES = {
    "words": "Nguyễn Phường Thượng Ẩm Ướt ",
    "capitals": "ẬẪỘ ỮỰ WWW ",
    "one word": "W",
}
LONG = {
    **dict.fromkeys(
        (
            "applicant_name", "representative_name", "accepted_by", "officer", "approver",
            "receiver_name", "witness", "signed_by", "giver", "receiver", "given_by", "taken_by",
            "unit", "unit_at_fault", "partner", "way", "result", "result_name", "email", "name",
            "office_name", "relation", "receiver_relation", "receiver_paper", "method",
            "case_name", "field_name", "stage", "outcome", "what",
        ),
        NAME,
    ),
    **dict.fromkeys(
        (
            "address", "office_address", "reason", "note", "return_note", "payment_note", "item",
            "procedure_name", "other_codes",
        ),
        ADDRESS,
    ),
}  # fmt: skip
FORMS = [
    (found.name, form)
    for found in map(parse_form_set, resources.form_set_texts())
    for form in sorted(found.forms)
]


def longest(form: str, shape: str) -> FormContent:
    """Every field and every cell as long as it may be."""
    kind = KINDS[form]
    content = sample(kind)

    def value(name: str, usual: str) -> str:
        return (shape * ADDRESS)[: LONG[name]].strip() if name in LONG else usual

    return replace(
        content,
        letterhead=(value("office_name", ""), value("office_name", "")),
        fields={name: value(name, usual) for name, usual in content.fields.items()},
        tables={
            name: tuple(
                tuple(value(column, usual) for column, (_, usual) in columns.items())
                for _ in range(PAPERS if name == "papers" else ROWS)
            )
            for name, columns in kind.tables.items()
        },
        qr="1K3F" * 43,
    )


def drawn(form_set: str, form: str, content: FormContent, paper: str) -> bytes:
    text = resources.form_text(form_set, form)
    assert text is not None
    return draw_form(parse_template(text, form), content, paper)


@pytest.mark.parametrize(
    ("paper", "shape"), [("a5", "words"), ("a5", "one word"), ("a4", "capitals")]
)
@pytest.mark.parametrize(("form_set", "form"), FORMS)
def test_the_longest_content_stands_where_it_should(
    form_set: str, form: str, paper: str, shape: str
) -> None:
    pdf = drawn(form_set, form, longest(form, SHAPES[shape]), paper)
    assert faults_of(pdf)[:5] == []


@pytest.mark.parametrize("paper", ["a5", "a4"])
@pytest.mark.parametrize(("form_set", "form"), FORMS)
def test_an_ordinary_form_has_our_fonts_and_the_same_bytes_twice(
    form_set: str, form: str, paper: str
) -> None:
    content = sample(KINDS[form])
    pdf = drawn(form_set, form, content, paper)
    assert embedded_and_ours(pdf)
    assert faults_of(pdf) == []
    assert drawn(form_set, form, content, paper) == pdf


@pytest.mark.parametrize(("form_set", "form"), FORMS)
def test_no_letter_of_a_long_name_is_lost(form_set: str, form: str) -> None:
    """A sign that no template has counts the letters that arrive."""
    content = sample(KINDS[form])
    for name in content.fields:
        if name not in LONG:
            continue
        marked = replace(content, fields={**content.fields, name: "¤" * LONG[name]})
        here = Multiset(text_of(drawn(form_set, form, marked, "a5")))["¤"]
        # as often as the template names it
        assert here % LONG[name] == 0, name
        text = resources.form_text(form_set, form) or ""
        outside = len(re.findall(rf"{{{name}[:}}]", text))
        assert here // LONG[name] <= outside, name
