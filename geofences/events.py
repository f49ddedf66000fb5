"""What a leg can do to a fence."""

from enum import IntEnum


class Event(IntEnum):
    """One row of `crossing.Crossings`."""

    ENTERED = 0  # the leg came into the area and stayed in it
    LEFT = 1  # the leg went out of the area in which it was
    CROSSED = 2  # an area entered and left again between two reports, or a line passed
    TOUCHED = 3  # the boundary was met and not passed: an apex grazed, an edge followed, an end on the rim


class Side(IntEnum):
    """The side of a line from which a leg came, looking from the line's first vertex to its last."""

    NONE = 0  # not a line
    PORT = -1  # from the left
    STARBOARD = 1  # from the right
