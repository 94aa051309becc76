"""A window in a process of its own, to be killed: types half an intake, says so, and waits.

Usage: killed.py FOLDER KEY
"""

import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from hands import Hand, Loop, Morning, Pace, Place, before_sign_in, sign_in
from PySide6.QtWidgets import QApplication

import ui.keys
from ui.application import Window
from ui.assets import load_fonts


def main(folder: Path, key: bytes) -> None:
    """Never returns."""
    application = QApplication([])
    load_fonts()
    pace = Pace()
    vars(ui.keys)["time"] = pace
    place = Place(folder, key, Morning())
    window = Window(place.doors())
    hand: Hand = before_sign_in(Loop(), window, pace)
    sign_in(hand)
    hand.press("F2")
    hand.settle()
    hand.type("045190001235")
    hand.press("Enter")
    hand.telex("Vox Thij Sen")
    hand.press("Enter")
    second = place.open()
    officer = second.officers.all()[0]
    hand.wait(lambda: any("SEN" in str(d.fields).upper() for d in second.drafts.list(officer.id)))
    print("typed", flush=True)
    application.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))
