"""What a leg can do to a fence."""

import enum


class Event(enum.IntEnum):
    ENTERED = 0  # from outside to inside
    LEFT = 1  # from inside to outside
    CROSSED = 2  # right through: a line, or an area that held neither end of the leg
    TOUCHED = 3  # the boundary was met and nothing changed
