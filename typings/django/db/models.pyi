# What mypy needs to know of Django to check the modules that hold rules: enumerations with labels.
from enum import StrEnum

class TextChoices(StrEnum):  # type: ignore[misc]  # its members are declared by subclasses
    @property
    def label(self) -> str: ...
