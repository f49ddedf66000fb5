"""libasterix: records parsed and time, position and speed read as numbers. Usage: FILE of blocks MOST"""

import json
import sys
import time
from pathlib import Path

from asterix.base import Bits, RawDatablock
from asterix.generated import Cat_010_1_1, Cat_048_1_32, Cat_062_1_21

EDITIONS = {10: Cat_010_1_1, 48: Cat_048_1_32, 62: Cat_062_1_21}
ITEMS = {
    10: ("140", "041/LAT", "041/LON", "200/GSP", "200/TRA", "161/TRK"),
    48: ("140", "040/RHO", "040/THETA", "200/GSP", "200/HDG", "161/TRN"),
    62: ("070", "105/LAT", "105/LON", "185/VX", "185/VY", "040"),
}


def value(record: object, path: str) -> float:
    """One item, or one part of it, as a number."""
    name, _, part = path.partition("/")
    found = record.get_item(name).variation
    if part:
        found = found.get_item(part).variation
    content = found.content
    return content.as_quantity() if hasattr(content, "as_quantity") else found.as_uint()


data, most = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
start = time.process_time()
n_messages, at = 0, 0
while at < len(data) and n_messages < most:
    n = int.from_bytes(data[at + 1 : at + 3], "big")
    (raw,) = RawDatablock.parse(Bits.from_bytes(data[at : at + n]))
    category = raw.get_category()
    for record in EDITIONS[category].cv_uap.parse(raw.get_raw_records()):
        for path in ITEMS[category]:
            value(record, path)
        n_messages += 1
    at += n
print(json.dumps({"cpu_s": time.process_time() - start, "n_messages": n_messages}))
