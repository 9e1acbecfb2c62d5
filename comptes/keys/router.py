"""Send the wrapped keys to their own database, and nothing else there."""

from typing import Any


class KeysRouter:
    """DataKey lives in the database "keys"; every other model in "default"."""

    def _alias(self, model: Any) -> str | None:
        # Not `label_lower`: the stand-in model of the database cache has two names only.
        names = (model._meta.app_label, model._meta.model_name)
        return "keys" if names == ("comptes", "datakey") else None

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self._alias(model)

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return self._alias(model)

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool | None:
        # The instances themselves: request.user is a lazy stand-in whose type is not the model.
        return False if self._alias(first) != self._alias(second) else None

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        if app_label == "comptes" and model_name == "datakey":
            return db == "keys"
        return db != "keys"
