"""Accounts and registered numbers: what the base itself refuses."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from comptes.models import Professional, User, UserKind, validate_rpps
from tests import factories as make

bodies = st.text("0123456789", min_size=10, max_size=10)


@given(bodies)
def test_the_key_makes_a_number_right(body):
    validate_rpps(body + luhn.calc_check_digit(body))


@given(bodies, st.integers(1, 9))
def test_any_other_key_makes_it_wrong(body, shift):
    wrong = (int(luhn.calc_check_digit(body)) + shift) % 10
    with pytest.raises(ValidationError, match="clé"):
        validate_rpps(f"{body}{wrong}")


@given(bodies, st.integers(0, 9), st.integers(1, 9))
def test_one_mistyped_digit_is_seen(body, place, shift):
    number = body + luhn.calc_check_digit(body)
    digit = (int(number[place]) + shift) % 10
    with pytest.raises(ValidationError):
        validate_rpps(number[:place] + str(digit) + number[place + 1 :])


@given(st.text(max_size=14))
def test_anything_else_gets_a_sentence(text):
    if len(text) == 11 and text.isascii() and text.isdigit():
        return
    with pytest.raises(ValidationError, match="onze chiffres"):
        validate_rpps(text)


@pytest.mark.django_db
class TestBase:
    def refused(self, name: str, act) -> None:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            act()

    def test_one_address_one_account_whatever_the_capitals(self):
        User.objects.create_user("Lea@Exemple.invalid")
        assert User.objects.get().email == "lea@exemple.invalid"
        other = User(email="LEA@exemple.invalid")
        self.refused("user_email_once", other.save)

    def test_kinds_are_known_and_superusers_are_administrators(self):
        user = make.UserFactory()
        all_users = User.objects.filter(pk=user.pk)
        self.refused("user_kind_known", lambda: all_users.update(kind="AUTRE"))
        self.refused("user_superuser_is_administrator", lambda: all_users.update(is_superuser=True))

    def test_a_number_is_eleven_digits_and_once(self):
        held = make.ProfessionalFactory()
        rows = Professional.objects.filter(pk=held.pk)
        self.refused("professional_rpps_digits", lambda: rows.update(rpps="1234567890X"))
        self.refused("professional_profession_known", lambda: rows.update(profession="99"))
        self.refused("rpps", lambda: make.ProfessionalFactory(rpps=held.rpps))

    def test_without_a_password_nobody_signs_in_by_password(self):
        user = User.objects.create_user("code@exemple.invalid")
        assert not user.has_usable_password()
        assert not user.check_password("")
        with pytest.raises(ValueError, match="adresse"):
            User.objects.create_user("")

    def test_who_always_needs_a_second_factor(self):
        assert {kind: User(kind=kind).needs_second_factor_always for kind in UserKind.values} == {
            "PATIENT": False,
            "PROFESSIONAL": True,
            "ADMINISTRATOR": True,
            "EVALUATOR": True,
        }

    def test_patients_read_a_first_name_and_a_profession(self):
        held = make.professional(first_name="Lucie", last_name="Secret").professional
        assert held.public_name == "Lucie, infirmier"
