"""Pages of administration, for the tests: addresses, foreign objects, forms."""

from django.urls import reverse

from comptes.models import User
from orientation.models import Membership, Opening, RuleSet, Structure


def url(model, page: str, *args: object) -> str:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
    return reverse(name, args=args)


def foreign(two) -> dict[type, object]:
    other = two.elsewhere
    return {
        Structure: other.structure,
        User: other.person,
        Membership: other.membership,
        Opening: other.opening,
        RuleSet: other.rule_set,
    }


def text(response) -> str:
    return response.content.decode() + str(response.headers)


def empty_inlines(*prefixes: str) -> dict[str, str]:
    return {
        f"{prefix}-{name}": "0"
        for prefix in prefixes
        for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }
