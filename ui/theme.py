"""Every colour, size and space of the window: the one place where they are literals."""

import re
from dataclasses import dataclass
from string import Template


@dataclass(frozen=True, slots=True)
class Tint:
    """A chip's text on its ground."""

    text: str
    ground: str


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by meaning."""

    ink: str
    ink2: str
    ink3: str
    placeholder: str
    surface: str
    canvas: str
    panel: str
    line: str
    field: str
    accent: str
    accent_hover: str
    on_accent: str
    chosen: str
    on_chosen: str
    selected: str
    hover: str
    soft: str
    focus: str
    rail: str
    rail_text: str
    rail_dim: str
    rail_active: str
    badge: str
    gold: str
    green: str
    amber: str
    red: str
    border: int
    chips: dict[str, Tint]


LIGHT = Palette(
    ink="#16202B",
    ink2="#3D4A58",
    ink3="#566474",
    placeholder="#667585",
    surface="#FFFFFF",
    canvas="#EEF1F5",
    panel="#F7F9FB",
    line="#D7DEE6",
    field="#7D8C9C",
    accent="#1B4F91",
    accent_hover="#163F75",
    on_accent="#FFFFFF",
    chosen="#E6EEF8",
    on_chosen="#1B4F91",
    selected="#DCE8F7",
    hover="#F0F5FB",
    soft="#E6EEF8",
    focus="#FFF8DC",
    rail="#14263F",
    rail_text="#D6E0EC",
    rail_dim="#9FB2C8",
    rail_active="#27508A",
    badge="#3A5578",
    gold="#F2C14E",
    green="#17693F",
    amber="#8A5300",
    red="#B3261E",
    border=1,
    chips={
        "blue": Tint("#17497F", "#DFEBF8"),
        "green": Tint("#0F5C36", "#DDF2E5"),
        "amber": Tint("#744600", "#FDEFCF"),
        "red": Tint("#9A1B1B", "#FBE2E0"),
        "violet": Tint("#4F2F86", "#EBE5F7"),
        "teal": Tint("#0A5257", "#D8EFF0"),
        "grey": Tint("#3D4A58", "#E6EAEF"),
    },
)

CONTRAST = Palette(
    ink="#000000",
    ink2="#000000",
    ink3="#1A1A1A",
    placeholder="#3A3A3A",
    surface="#FFFFFF",
    canvas="#FFFFFF",
    panel="#FFFFFF",
    line="#000000",
    field="#000000",
    accent="#00308F",
    accent_hover="#001F5C",
    on_accent="#FFFFFF",
    chosen="#00308F",
    on_chosen="#FFFFFF",
    selected="#FFEE00",
    hover="#FFF9B0",
    soft="#FFFFFF",
    focus="#FFEE00",
    rail="#000000",
    rail_text="#FFFFFF",
    rail_dim="#FFFFFF",
    rail_active="#00308F",
    badge="#00308F",
    gold="#FFEE00",
    green="#003D1C",
    amber="#4A2C00",
    red="#8A0000",
    border=2,
    chips={
        "blue": Tint("#00308F", "#FFFFFF"),
        "green": Tint("#003D1C", "#FFFFFF"),
        "amber": Tint("#4A2C00", "#FFFFFF"),
        "red": Tint("#8A0000", "#FFFFFF"),
        "violet": Tint("#3A1470", "#FFFFFF"),
        "teal": Tint("#003A3D", "#FFFFFF"),
        "grey": Tint("#000000", "#FFFFFF"),
    },
)

SCALES = (1.0, 1.15, 1.3)
"""Text sizes that can be chosen."""


class _Text:
    """The text size in force: one for the program, as it has one window."""

    scale = SCALES[0]


def text_scale() -> float:
    """How much larger than at 100 % letters are now."""
    return _Text.scale


def set_text_scale(scale: float) -> None:
    """Another text size; what stands on the screen follows by `ui.widgets.refit`."""
    _Text.scale = scale


def px(size: int) -> int:
    """The one way from a measure to pixels: what holds text, given for 100 %, grows with the text."""
    return round(size * _Text.scale)


@dataclass(frozen=True, slots=True)
class Theme:
    """A palette, and the sheet that is made of it."""

    palette: Palette

    def style_sheet(self) -> str:
        """The one sheet of the application, at the text size in force."""
        values = {
            name: getattr(self.palette, name)
            for name in self.palette.__slots__
            if name not in ("chips", "border")
        }
        values["edge"] = f"{self.palette.border}px"
        values |= {f"px{size}": f"{px(int(size))}px" for size in re.findall(r"\$px(\d+)", _SHEET)}
        sheet = Template(_SHEET).substitute(values)
        for name, tint in self.palette.chips.items():
            sheet += (
                f'QLabel[chip="{name}"] {{ color: {tint.text}; background: {tint.ground};'
                f" border-radius: 6px; padding: 1px 9px; font-weight: 600;"
                f" font-size: {px(13)}px; min-height: {px(20)}px;"
                f" border: {self.palette.border - 1}px solid {tint.text}; }}\n"
                f'QFrame[verdict="{name}"] {{ background: {tint.ground};'
                f" border: {self.palette.border}px solid {tint.text}; border-radius: 8px; }}\n"
                f'QFrame[verdict="{name}"] QLabel {{ color: {tint.text}; }}\n'
                f'QLabel[tile="{name}"] {{ background: {tint.ground}; border-radius: 8px;'
                f" border: {self.palette.border - 1}px solid {tint.text}; }}\n"
            )
        return sheet


_SHEET = """
* { font-family: "Noto Sans"; font-size: $px14; color: $ink; }
QWidget#canvas { background: $canvas; }
QWidget#header, QWidget#actions { background: $surface; }
QWidget#header { border-bottom: $edge solid $line; }
QWidget#actions { border-top: $edge solid $line; }
QWidget#rail { background: $rail; }
QWidget#status { background: $rail; }
QWidget#status QLabel { color: $rail_text; font-size: $px13; }
QLabel#brand { font-family: "Be Vietnam Pro"; font-weight: 600; font-size: $px16;
  color: $on_accent; }
QLabel#railSmall { color: $rail_dim; font-size: $px12; }
QLabel#railName { color: $on_accent; font-weight: 600; }
/* two marks on a capital (Ễ) stand above the ascent: without room the upper one is cut */
QLabel#title { font-family: "Be Vietnam Pro"; font-weight: 600; font-size: $px20; padding-top: 6px; qproperty-indent: 0; }
QLabel#clock { font-family: "Be Vietnam Pro"; font-weight: 600; font-size: $px16; }
QLabel#bigDim { font-family: "Be Vietnam Pro"; font-weight: 600; font-size: $px25; color: $ink3; }
QLabel#big { font-family: "Be Vietnam Pro"; font-weight: 600; font-size: $px25; color: $accent; }
QLabel#huge { font-family: "Be Vietnam Pro"; font-weight: 600; font-size: $px34; color: $on_accent; }
QLabel#code { font-weight: 700; font-size: $px25; color: $green; }
QLabel#verdict { font-family: "Be Vietnam Pro"; font-weight: 600; font-size: $px16; }
QLabel#due { font-weight: 700; font-size: $px16; color: $accent; }
QLabel#codeSmall { font-weight: 700; font-size: $px16; color: $green; }
QLabel#cardTitle { font-weight: 700; font-size: $px16; }
QLabel#sectionTitle { font-weight: 700; font-size: $px14; }
QLabel#sectionNumber { background: $soft; color: $accent; font-weight: 700; font-size: $px13;
  border-radius: 5px; padding: 0px; min-width: $px20; max-width: $px20; min-height: $px20;
  max-height: $px20; }
QLabel#queue { font-family: "Be Vietnam Pro"; font-weight: 600; font-size: $px72; color: $accent; }
QLabel#figure { font-family: "Be Vietnam Pro"; font-weight: 600; font-size: $px34; }
QLabel#figureRed { font-family: "Be Vietnam Pro"; font-weight: 600; font-size: $px34; color: $red; }
QLabel#required { color: $red; font-weight: 600; }
QLabel#missing { color: $red; font-weight: 600; font-size: $px13; }
QLabel#enough { color: $green; font-weight: 600; font-size: $px13; }
QLabel#statusStrong { font-weight: 600; }
QWidget#status QLabel#statusRed { font-weight: 600; color: $on_accent; background: $red;
  border-radius: 4px; }
QLabel#caption { color: $ink3; font-size: $px13; }
QLabel#label { color: $ink2; font-size: $px13; }
QLabel#strong { font-weight: 600; }
QLabel#problem { color: $red; font-size: $px13; }
QLabel#warning { color: $amber; font-size: $px13; }
QLabel#good { color: $green; font-weight: 600; }
QLabel#keycap { color: $ink2; font-size: $px12; font-weight: 600; border: 1px solid $field;
  border-radius: 4px; padding: 1px 5px; background: $surface; }
QFrame#card { background: $surface; border: $edge solid $line; border-radius: 8px; }
QFrame#banner { background: $focus; border: $edge solid $amber; border-radius: 8px; }
QFrame#bannerRed { background: $surface; border: 2px solid $red; border-radius: 8px; }
QFrame#bannerGreen { background: $surface; border: 2px solid $green; border-radius: 8px; }
QFrame#next { background: $soft; border: 1px dotted $accent; border-radius: 8px; }
QFrame#actForm { background: $panel; border: 2px solid $accent; border-radius: 8px; }
QComboBox QLineEdit, QComboBox QLineEdit:focus { border: none; padding: 0px; background: transparent; min-height: $px20; }
QFrame#rule { background: $line; max-height: 1px; }
QLineEdit, QPlainTextEdit, QComboBox { background: $surface; border: $edge solid $field;
  border-radius: 5px; padding: 3px 9px; font-size: $px15; min-height: $px24;
  selection-background-color: $accent; selection-color: $on_accent;
  placeholder-text-color: $placeholder; }
QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus { border: 2px solid $accent;
  background: $focus; padding: 2px 8px; }
QLineEdit[state="error"], QPlainTextEdit[state="error"] { border: 2px solid $red; padding: 2px 8px; }
QLineEdit[state="warning"] { border: 2px solid $amber; padding: 2px 8px; }
QLineEdit[state="good"] { border: 2px solid $green; padding: 2px 8px; }
QLineEdit:read-only { background: $panel; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox QAbstractItemView { background: $surface; border: $edge solid $field;
  selection-background-color: $focus; selection-color: $ink; outline: none; }
QPushButton { background: $surface; border: $edge solid $field; border-radius: 6px;
  padding: 4px 12px; min-height: $px24; }
QPushButton:hover { background: $hover; }
QPushButton:focus { border: 2px solid $accent; background: $focus; padding: 3px 11px; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; font-weight: 600;
  border: 2px solid $accent; padding: 3px 14px; }
QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton[kind="primary"]:focus { border: 2px solid $gold; }
QPushButton[kind="danger"] { color: $red; border-color: $red; }
QPushButton[kind="ghost"] { color: $accent; border-color: transparent; background: transparent; }
QPushButton[kind="rail"] { text-align: left; color: $rail_text; background: transparent;
  border: none; border-left: 4px solid transparent; border-radius: 0px; padding: 0px 8px; }
QPushButton[kind="rail"]:hover { background: $rail_active; }
QPushButton[kind="rail"]:checked { background: $rail_active; color: $on_accent; font-weight: 600;
  border-left: 4px solid $gold; }
QPushButton[kind="choice"], QPushButton[kind="tab"] { font-weight: 600; }
QPushButton[kind="choice"] { padding: 4px 10px; }
QPushButton[kind="choice"]:checked { border: 2px solid $accent; background: $chosen;
  color: $on_chosen; font-weight: 600; padding: 3px 9px; }
QPushButton[kind="choice"]:focus { border: 2px solid $accent; background: $focus; color: $ink;
  padding: 3px 9px; }
QPushButton[kind="choice"]:checked:focus { color: $accent; }
QPushButton[kind="nav"] { text-align: left; border: none; border-left: 4px solid transparent;
  border-radius: 0px; padding: 0px 12px; min-height: $px38; background: transparent; }
QPushButton[kind="nav"]:hover { background: $hover; }
QPushButton[kind="nav"]:checked { background: $selected; font-weight: 600;
  border-left: 4px solid $accent; }
QPushButton[kind="nav"]:focus { background: $focus; border: none; border-left: 4px solid $accent; }
QPushButton[kind="tab"] { border: none; border-bottom: 3px solid transparent; border-radius: 0px;
  background: transparent; padding: 4px 8px; }
QPushButton[kind="tab"]:checked { color: $accent; font-weight: 600;
  border-bottom: 3px solid $accent; }
QPushButton[kind="tile"] { text-align: left; font-size: $px15; font-weight: 600; min-height: $px60;
  border-radius: 10px; padding: 3px 16px; }
QPushButton[kind="tile"]:checked { border: 2px solid $accent; background: $soft; }
QPushButton[kind="figure"] { text-align: left; border: $edge solid $line; border-radius: 8px; }
QPushButton[kind="figure"]:checked { border: 2px solid $accent; background: $focus; }
QCheckBox { spacing: 8px; selection-color: $on_accent; }
QWidget#sectionSide { min-width: $px116; max-width: $px116; }
QFrame#paperHead { background: $panel; border-bottom: $edge solid $line;
  border-left: 4px solid transparent; min-height: $px24; }
QFrame#paperRow { background: $surface; border-bottom: $edge solid $line; border-left: 4px solid transparent;
  min-height: $px30; }
QFrame#paperRow[state="focus"] { background: $focus; border-left: 4px solid $accent; }
QFrame#paperRow QLineEdit { min-height: $px20; padding: 1px 5px; font-size: $px14; }
QFrame#paperRow QLineEdit:focus { padding: 0px 4px; }
QFrame#queueLine { background: $surface; border-top: $edge solid $line; }
QFrame#line { background: $surface; border-bottom: $edge solid $line; }
QCheckBox::indicator { width: $px18; height: $px18; border: $edge solid $field; border-radius: 4px;
  background: $surface; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; }
QCheckBox:focus { background: $focus; }
QListView { background: $surface; border: none; outline: none; }
QListWidget::item:selected { background: $selected; color: $ink; }
QListWidget::item:selected:focus { background: $focus; color: $ink; }
QScrollArea { border: none; background: transparent; }
QScrollArea > QWidget > QWidget { background: transparent; }
QAbstractScrollArea::corner { background: $panel; border: none; }
QScrollBar:vertical { background: $panel; width: 10px; margin: 0px; }
QScrollBar::handle:vertical { background: $field; border-radius: 5px; min-height: 30px; }
QScrollBar:horizontal { background: $panel; height: 10px; margin: 0px; }
QScrollBar::handle:horizontal { background: $field; border-radius: 5px; min-width: 30px; }
QScrollBar::add-line:horizontal, QScrollBar::sub-line:horizontal { width: 0px; }
QScrollBar::add-line:vertical, QScrollBar::sub-line:vertical { height: 0px; }
QProgressBar { border: none; background: transparent; max-height: 3px; }
QProgressBar::chunk { background: $accent; }
QDialog { background: $surface; }
"""
