"""Time zones as people write them, and how they are shown."""

from .cities import city_of_zone
from .zone_names import format_moment, in_zone, parse_zone, zone_label

__all__ = ["city_of_zone", "format_moment", "in_zone", "parse_zone", "zone_label"]
