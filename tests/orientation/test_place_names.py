"""Names are compared in one plain form, whatever people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orientation.place_names import (
    arrondissement,
    intact_halves,
    one_slip_apart,
    plain,
    postal_code,
    search_key,
    split_postal_code,
    splits,
)

ANY_TEXT = st.text(st.characters())  # lone surrogates and control characters included
LETTERS = st.text("abcdefgh ", min_size=4, max_size=14)


@given(ANY_TEXT)
def test_plain_keeps_only_small_letters_digits_and_single_spaces(text):
    words = plain(text)
    assert set(words) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert words == " ".join(words.split())


@given(ANY_TEXT)
def test_plain_and_key_change_nothing_the_second_time(text):
    assert plain(plain(text)) == plain(text)
    assert search_key(search_key(text)) == search_key(text)


@given(ANY_TEXT)
def test_no_text_makes_the_readers_fail(text):
    words = plain(text)
    assert postal_code(text) is None or len(postal_code(text)) == 5
    assert all(name and narrowing for name, narrowing in splits(words))
    found = split_postal_code(words)
    assert found is None or (found[0] and found[1].isdigit())
    arrondissement(words)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Châlons-en-Champagne", "chalons en champagne"),
        ("ST DENIS", "saint denis"),
        ("Ste-Marie", "sainte marie"),
        ("Sainte Marie", "sainte marie"),
        ("Le Havre", "havre"),
        ("L’Haÿ-les-Roses", "hay les roses"),
        ("L'Haÿ les Roses", "hay les roses"),
        ("Les Lilas", "lilas"),
        ("Œuilly", "oeuilly"),
        ("Chalon s/ Saône", "chalon sur saone"),
        ("Rosny s/s Bois", "rosny sous bois"),
        ("\u200bParis\u00ad 16 ème", "paris 16"),
        ("Paris 16e Arrondissement", "paris 16"),
        ("16e arrondissement de Paris", "paris 16"),
        ("Paris 01", "paris 1"),
        ("Marseille 1er", "marseille 1"),
        ("Paris 21", "paris 21"),
        ("La", "la"),
        ("Saint-Denis\x00", "saint denis"),
        ("東京", ""),
    ],
)
def test_search_key(typed, key):
    assert search_key(typed) == key


@pytest.mark.parametrize("typed", ["13001", " 13 001 ", "13.001", "1 3 0 0 1", "\u200b13001\u00a0"])
def test_five_digits_alone_are_a_postal_code(typed):
    assert postal_code(typed) == "13001"


@pytest.mark.parametrize("typed", ["1300", "130011", "2A004", "13001 Marseille", "", "cinq"])
def test_other_texts_are_no_postal_code(typed):
    assert postal_code(typed) is None


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("saint denis 97400", ("saint denis", "97400")),
        ("75 016 paris", ("paris", "75016")),
        ("59033 lille cedex 9", ("lille", "59033")),
        ("marseille 13", None),
        ("97400", None),
        ("rue 123456 lille", None),
    ],
)
def test_split_postal_code(words, found):
    assert split_postal_code(words) == found


def test_splits_try_the_longest_area_first():
    cuts = splits("saint denis dans le 93")
    assert ("saint denis", "93") in cuts
    assert cuts.index(("saint", "denis dans le 93")) < cuts.index(("saint denis", "93"))
    assert ("saint denis", "reunion") in splits("saint denis la reunion")
    assert ("saint denis", "93") in splits("93 saint denis")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lyon 3eme", ("lyon", 3, True)),
        ("marseille 13", ("marseille", 13, False)),
        ("marseille 13e arrondissement", ("marseille", 13, True)),
        ("lyon 10", None),
        ("nantes 3", None),
    ],
)
def test_arrondissement(words, found):
    assert arrondissement(words) == found


@pytest.mark.parametrize(
    ("left", "right", "apart"),
    [
        ("marseile", "marseille", True),
        ("maresille", "marseille", True),
        ("toulouze", "toulouse", True),
        ("grenobles", "grenoble", True),
        ("lille", "lille", False),
        ("lille", "lyon", False),
        ("ab", "abcd", False),
    ],
)
def test_one_slip_apart(left, right, apart):
    assert one_slip_apart(left, right) is apart


@given(LETTERS, st.data())
def test_a_slip_is_seen_both_ways_and_leaves_a_half_whole(key, data):
    at = data.draw(st.integers(0, len(key) - 1))
    slip = data.draw(
        st.sampled_from(
            [
                key[:at] + key[at + 1 :],
                key[:at] + "z" + key[at:],
                key[:at] + "z" + key[at + 1 :],
                key[:at] + key[at : at + 2][::-1] + key[at + 2 :],
            ]
        )
    )
    start, end = intact_halves(slip)
    assert slip == key or (one_slip_apart(slip, key) and one_slip_apart(key, slip))
    assert key.startswith(start) or key.endswith(end)
