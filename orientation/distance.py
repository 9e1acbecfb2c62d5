"""Distance as the crow flies between two points. Pure."""

from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6371.0


def km_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Kilometres between two WGS84 points in degrees, by the haversine formula."""
    low, high = radians(lat), radians(other_lat)
    half = sin((high - low) / 2) ** 2
    half += cos(low) * cos(high) * sin(radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))
