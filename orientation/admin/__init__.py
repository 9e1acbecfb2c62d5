"""Pages of administration. Importing this package registers them on `administration`."""

from orientation.admin import openings, people, places, rules

__all__ = ["openings", "people", "places", "rules"]
