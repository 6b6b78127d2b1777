"""What a letter prints is data: nothing of it can change the page, and the same gives the same."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pypdfium2
from hypothesis import given, settings
from hypothesis import strategies as st

from api.letters.packs import LETTER_FILES, check_letters, letter_pack
from api.letters.typesetting import Sheet, Table, is_printable, packed, pdf, unpacked
from api.messages.rendering import compiled
from domain.letters import LetterCode

SHEET = Sheet(
    language="en",
    written_on=date(2028, 2, 1),
    number="LT-1001",
    sender="Harbor Credit",
    recipient=("Maria Keller", "1 Elm Street"),
    reference="Our reference: LN-1",
    dated="Feb 1, 2028",
    subject="About your loan",
    paragraphs=("First.", "Second."),
    tables=(Table(("Part", "Amount"), (("Principal", "$1.00"),)),),
    closing=("Harbor Credit",),
    legal=("You have rights.",),
)
MARKUP = '#$*_`<>@[](){}\\/"~=-+&^%|;:'


def words(file: bytes) -> str:
    """All that a file says, but for white space and hyphens: lines break as the layout wants."""
    pages = pypdfium2.PdfDocument(file)
    told = "".join(page.get_textpage().get_text_range() for page in pages)
    return plain(told.replace("\ufffe", ""))


def plain(text: str) -> str:
    return "".join(text.split()).replace("-", "")


@settings(max_examples=40, deadline=None)
@given(
    st.text(MARKUP + "abfilno1 ", min_size=1, max_size=40),
    st.text(MARKUP + "aeimnor2 ", min_size=1, max_size=40),
)
def test_no_name_breaks_out_of_its_place(name: str, text: str) -> None:
    file = pdf(replace(SHEET, recipient=(name,), paragraphs=(text,), subject=f"x{text}"))
    told = words(file)
    assert plain(name) in told
    assert plain(text) in told
    assert "Youhaverights." in told


def test_commands_and_files_stay_words() -> None:
    for hostile in (
        '#read("/etc/passwd")',
        "#panic()",
        '#import "@preview/x:0.1.0"',
        "#include",
        "$x$",
    ):
        file = pdf(replace(SHEET, recipient=(hostile,), sender=hostile, subject=hostile))
        assert words(file).count(plain(hostile)) >= 3


def test_the_same_letter_is_the_same_file_and_comes_back_as_it_was_kept() -> None:
    assert pdf(SHEET) == pdf(unpacked(packed(SHEET)))
    assert unpacked(packed(SHEET)) == SHEET
    file = pdf(SHEET)
    assert pypdfium2.PdfDocument(file).get_metadata_value("CreationDate").startswith("D:20280201")
    many = replace(SHEET, tables=(Table(("A", "B"), (("1", "2"),) * 200),))
    assert len(pypdfium2.PdfDocument(pdf(many))) > 3


def test_letters_are_there_in_every_language_with_the_same_places_and_law(tmp_path: Path) -> None:
    check_letters()
    assert set(LETTER_FILES) == {"en", "es", "hi"}
    english = letter_pack("en")
    assert english is not None
    for language in LETTER_FILES:
        pack = letter_pack(language)
        assert pack is not None
        assert pack.words.keys() == english.words.keys()
        assert pack.legal.keys() == english.legal.keys()
        for code in LetterCode:
            ours, theirs = pack.texts[code], english.texts[code]
            assert (ours.variables, ours.legal, len(ours.head)) == (
                theirs.variables,
                theirs.legal,
                len(theirs.head),
            )
            used = set(compiled(ours.subject + ours.body).analyze().globals)
            assert used <= ours.variables.keys()
            assert used == set(compiled(theirs.subject + theirs.body).analyze().globals)
    # Each can be printed with the fonts that are always there, whatever the folder of others holds.
    assert all(is_printable(language, str(tmp_path)) for language in LETTER_FILES)
