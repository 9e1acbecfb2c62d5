"""Marks that stack on a letter, whatever their class in Unicode."""

from messagerie.texts import MAX_COMBINING_RUN, clean_text


def test_marks_of_every_class_are_calmed():
    for mark in "\u0301\u0489\u20dd\u0e31":
        assert clean_text("a" + mark * 50).count(mark) <= MAX_COMBINING_RUN


def test_marks_of_living_scripts_are_kept():
    for text in ("Việt", "สวัสดีครับ", "कृपया", "❤️"):
        assert clean_text(text) == text
