"""Everything that is drawn, behind one door, so that its libraries load together at the first use."""

from collections.abc import Iterator, Sequence
from io import BytesIO

from counter_app.domain.form import FormContent
from counter_app.domain.form_template import Template
from counter_app.domain.printer import Profile
from counter_app.domain.slips import SlipContent
from counter_app.ports import PagePicture
from counter_app.printing.escpos import job_bytes
from counter_app.printing.form import draw_form
from counter_app.printing.layout import slip_blocks
from counter_app.printing.place import place
from counter_app.printing.slip import draw_slip, draw_test_page
from counter_app.printing.slip_pdf import draw_slips

_DOTS_AN_INCH = 203


class Paper:
    """Slips as pictures and as printer bytes, forms as PDF."""

    def slip_png(self, content: SlipContent, width: int, copy_no: int) -> bytes:
        """The slip as a picture."""
        out = BytesIO()
        draw_slip(content, width, copy_no).save(out, "PNG")
        return out.getvalue()

    def slip_job(self, content: SlipContent, profile: Profile, copy_no: int) -> bytes:
        """The slip as the bytes that this printer takes."""
        if profile.pages:
            return self.slips_pdf([(content, copy_no)], profile.width)
        return job_bytes(draw_slip(content, profile.width, copy_no), profile)

    def slips_pdf(self, contents: Sequence[tuple[SlipContent, int]], width: int) -> bytes:
        """Slips, each with how many prints were before it, one a page of the roll's own width."""
        return draw_slips([place(slip_blocks(*one), width) for one in contents], "Phiếu", "")

    def test_png(self, width: int) -> bytes:
        """That page as a picture."""
        out = BytesIO()
        draw_test_page(width).save(out, "PNG")
        return out.getvalue()

    def test_job(self, profile: Profile) -> bytes:
        """A page for trying a printer."""
        page = draw_test_page(profile.width)
        if not profile.pages:
            return job_bytes(page, profile)
        out = BytesIO()
        page.save(out, "PDF", resolution=_DOTS_AN_INCH)
        return out.getvalue()

    def form_pdf(self, template: Template, content: FormContent, paper: str) -> bytes:
        """A form in that wording."""
        return draw_form(template, content, paper)

    def joined(self, pdfs: Sequence[bytes]) -> bytes:
        """Their pages one after the other."""
        # megabytes of code that most counters need at the end of a day
        from pypdfium2 import PdfDocument

        whole, out = PdfDocument.new(), BytesIO()
        for pdf in pdfs:
            whole.import_pages(PdfDocument(pdf))
        whole.save(out)
        return out.getvalue()

    def pictures(self, pdf: bytes, dots_an_inch: int) -> Iterator[PagePicture]:
        """Its pages, one at a time: a page for a printer is some megabytes."""
        from pypdfium2 import PdfDocument

        with PdfDocument(pdf) as document:
            for page in document:
                drawn = page.render(scale=dots_an_inch / 72, grayscale=True)
                rows = memoryview(drawn.buffer)
                grey = b"".join(
                    rows[at : at + drawn.width]
                    for at in range(0, drawn.stride * drawn.height, drawn.stride)
                )
                yield PagePicture(page.get_size(), drawn.width, drawn.height, grey)
