"""Freezing a receipt: number and signature; what it says is built from the event."""

import base64
from datetime import datetime

from counter_app.domain.events import Facts, ReceiptSeal
from counter_app.domain.slip_code import FIRST_YEAR, SlipCode, applicant_check
from counter_app.errors import Refused
from counter_app.ports import Signer


class ReceiptSealer:
    """Signs receipts with the device's key."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    @property
    def device_id(self) -> str:
        """Whose key it is."""
        return self._signer.device_id

    def seal(
        self, code: str, no: int, received_at: datetime, due_at: datetime, facts: Facts
    ) -> ReceiptSeal:
        """The seal over what the QR will say. Refused where the clock stands before every slip."""
        if received_at.year < FIRST_YEAR:
            raise Refused(
                "clock_wrong",
                f"Đồng hồ máy đang ở năm {received_at.year}. Chỉnh lại ngày giờ của máy rồi làm lại.",
            )
        applicant = facts.applicant
        slip = SlipCode(
            code,
            no,
            received_at,
            due_at,
            self._signer.key_id,
            applicant_check(code, applicant.name, applicant.personal_number),
        )
        return self._seal(no, self._signer.sign(slip.signed_bytes()))

    def unsigned(self) -> ReceiptSeal:
        """A seal that verifies nowhere: for previews of what is not in the book."""
        return self._seal(1, bytes(64))

    def _seal(self, no: int, signature: bytes) -> ReceiptSeal:
        return ReceiptSeal(no, self._signer.key_id, base64.b64encode(signature).decode("ascii"))
