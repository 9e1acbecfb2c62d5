"""Times as people say them, on the clock of a territory. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _


def said_hour(moment: datetime, time_zone: str) -> str:
    """ "14 h" or "14 h 05", with unbreakable spaces."""
    local = moment.astimezone(ZoneInfo(time_zone))
    hour = f"{local.hour}\u00a0h"
    return f"{hour}\u00a0{local.minute:02d}" if local.minute else hour


def said_day(moment: datetime, time_zone: str, now: datetime) -> str:
    """ "aujourd'hui", "demain", "lundi" within six days, else "le 3 décembre"."""
    zone = ZoneInfo(time_zone)
    local = moment.astimezone(zone)
    days = (local.date() - now.astimezone(zone).date()).days
    if days == 0:
        return _("aujourd'hui")
    if days == 1:
        return _("demain")
    if 1 < days < 7:
        return date_format(local, "l")
    return _("le %(day)s") % {"day": date_format(local, "j F")}


def said_date(day: date) -> str:
    """ "1er mars 2027", "2 mars 2027"."""
    written = date_format(day, "j F Y")
    return f"1er{written[1:]}" if day.day == 1 else written


def said_before(moment: datetime, time_zone: str, now: datetime) -> str:
    """A deadline: "avant 14 h" today, else "demain avant 9 h 30"."""
    hour = _("avant %(hour)s") % {"hour": said_hour(moment, time_zone)}
    day = said_day(moment, time_zone, now)
    return hour if day == _("aujourd'hui") else f"{day} {hour}"


def said_at(moment: datetime, time_zone: str, now: datetime) -> str:
    """A moment to come: "aujourd'hui à 14 h", "lundi à 9 h"."""
    return _("%(day)s à %(hour)s") % {
        "day": said_day(moment, time_zone, now),
        "hour": said_hour(moment, time_zone),
    }
