"""Numbers of the radar sentences that decoding and encoding share.

The binary sentence (TTD) carries targets of 90 bits, 15 characters of 6-bit armour each. Its layout is known from open
encoders and agrees with the sentences in the manuals of Furuno and Koden; IEC 61162-1 itself was not at hand.
"""

METRES_PER_NM = 1852.0
METRES_PER_UNIT = {b"N": METRES_PER_NM, b"K": 1000.0, b"S": 1609.344}  # of distances: nautical mile, km, statute mile
KNOTS_PER_UNIT = {unit: metres / METRES_PER_NM for unit, metres in METRES_PER_UNIT.items()}  # of speeds, an hour each

TARGET_BITS = 90
TARGET_CHARS = 15
# first bit and width of each field
TARGET_SLOTS = {
    "version": (0, 2),
    "number": (2, 10),
    "bearing": (12, 12),  # 0.1 degree, true
    "speed": (24, 12),  # 0.1 knot
    "course": (36, 12),  # 0.1 degree
    "heading": (48, 12),  # 0.1 degree, as AIS told it
    "status": (60, 3),
    "is_test": (63, 1),
    "range": (64, 14),  # 0.01 nautical mile
    "is_relative": (78, 1),  # speed and course
    "is_water": (79, 1),  # stabilised by water, not ground
    "correlation": (82, 8),  # equal for targets that the radar takes for one
}
N_A_ANGLE, N_A_SPEED, N_A_RANGE = 4095, 4095, 16383
# status: 0 not tracking, 1 acquiring, 2 lost, 4 tracking, 6 and 7 tracking with a CPA alarm; 3 and 5 reserved
ACQUIRING, LOST_TARGET, TRACKING = 1, 2, 4
