"""The layouts of national archives: which header means what, and what their words stand for.

A format is found by its header line alone. Names are compared in lower case without blanks and underscores, which is
all that separates the generations of the American files (`BaseDateTime`, `base_date_time`).
"""

from dataclasses import dataclass

from decoders.archive.cells import DAY_FIRST, YEAR_FIRST


@dataclass(frozen=True, slots=True)
class Format:
    """One layout. `columns` maps a normalised header name to the house name of what stands below it."""

    name: str
    columns: dict[str, str]
    required: frozenset[str]  # house names without which it is not this format
    time_digits: tuple[tuple[int, ...], ...]
    station_types: dict[bytes, int]  # lower-case words of the `kind` column -> the message type that kind sends
    ship_types: dict[bytes, int]  # lower-case words -> ITU-R M.1371-5 table 53; empty: the column holds the number
    statuses: dict[bytes, int]  # lower-case words -> navigational status; empty: the column holds the number


POSITION = frozenset({"t_unix_s", "mmsi", "lat_deg", "lon_deg"})

# Danish Maritime Authority, daily files (the publisher's own note on the columns). C and D: that note gives C as the
# distance to starboard and D to port, the reverse of the order on the wire.
DANISH = Format(
    name="dma",
    columns={
        "#timestamp": "t_unix_s",
        "timestamp": "t_unix_s",
        "typeofmobile": "kind",
        "mmsi": "mmsi",
        "latitude": "lat_deg",
        "longitude": "lon_deg",
        "navigationalstatus": "nav_status",
        "rot": "turn_deg_per_min",
        "sog": "sog_kn",
        "cog": "cog_deg",
        "heading": "heading_deg",
        "imo": "imo",
        "callsign": "callsign",
        "name": "name",
        "shiptype": "ship_type",
        "width": "width_m",
        "length": "length_m",
        "draught": "draught_m",
        "destination": "destination",
        "eta": "eta",
        "a": "to_bow_m",
        "b": "to_stern_m",
        "c": "to_starboard_m",
        "d": "to_port_m",
    },
    required=POSITION | {"kind"},
    time_digits=DAY_FIRST,
    station_types={
        b"class a": 1,
        b"class b": 18,
        b"base station": 4,
        b"aton": 21,
        b"sar airborne": 9,
        b"search and rescue transponder": 1,
        b"emergency pirb": 1,
        b"man overboard device": 1,
    },
    ship_types={
        b"wig": 20,
        b"fishing": 30,
        b"towing": 31,
        b"towing long/wide": 32,
        b"dredging": 33,
        b"diving": 34,
        b"military": 35,
        b"sailing": 36,
        b"pleasure": 37,
        b"hsc": 40,
        b"pilot": 50,
        b"sar": 51,
        b"tug": 52,
        b"port tender": 53,
        b"anti-pollution": 54,
        b"law enforcement": 55,
        b"spare 1": 56,
        b"spare 2": 57,
        b"medical": 58,
        b"not party to conflict": 59,
        b"passenger": 60,
        b"cargo": 70,
        b"tanker": 80,
        b"other": 90,
    },
    statuses={
        b"under way using engine": 0,
        b"at anchor": 1,
        b"not under command": 2,
        b"restricted maneuverability": 3,
        b"constrained by her draught": 4,
        b"moored": 5,
        b"aground": 6,
        b"engaged in fishing": 7,
        b"under way sailing": 8,
        b"reserved for future amendment [hsc]": 9,
        b"reserved for future amendment [wig]": 10,
        b"ais-sart (active), mob-ais, epirb-ais": 14,
        b"ais-sart": 14,
    },
)

# MarineCadastre (NOAA, BOEM, US Coast Guard): 2015-2017 without transceiver class, 2018-2024 with it (misspelt in some
# years), 2025 on in lower case with longitude before latitude. Transceiver class and vessel type are as sent.
MARINECADASTRE = Format(
    name="marinecadastre",
    columns={
        "basedatetime": "t_unix_s",
        "mmsi": "mmsi",
        "lat": "lat_deg",
        "latitude": "lat_deg",
        "lon": "lon_deg",
        "longitude": "lon_deg",
        "sog": "sog_kn",
        "cog": "cog_deg",
        "heading": "heading_deg",
        "vesselname": "name",
        "imo": "imo",
        "callsign": "callsign",
        "vesseltype": "ship_type",
        "status": "nav_status",
        "length": "length_m",
        "width": "width_m",
        "draft": "draught_m",
        "cargo": "cargo",
        "transceiverclass": "kind",
        "transcieverclass": "kind",
        "transceiver": "kind",
    },
    required=POSITION,
    time_digits=YEAR_FIRST,
    station_types={b"a": 1, b"b": 18},
    ship_types={},
    statuses={},
)

FORMATS = (DANISH, MARINECADASTRE)


def header_names(line: bytes) -> list[str]:
    """The normalised names of a header line: lower case, no blanks, underscores, quotes or byte order mark."""
    text = line.decode("utf-8-sig", "replace").strip().lower()
    return [name.strip().strip('"').replace(" ", "").replace("_", "") for name in text.split(",")]


def find_format(line: bytes) -> tuple[Format, dict[str, int]] | None:
    """The format of a file with this header line and, for each house name, the number of its column; None if it is no
    archive we know."""
    names = header_names(line)
    for form in FORMATS:
        places = {form.columns[name]: at for at, name in enumerate(names) if name in form.columns}
        if form.required <= places.keys():
            return form, places
    return None
