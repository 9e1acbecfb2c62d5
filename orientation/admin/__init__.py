"""Pages of administration. Importing this package registers them on `administration`."""

from orientation.admin import invitations, openings, people, places, rules

__all__ = ["invitations", "openings", "people", "places", "rules"]
