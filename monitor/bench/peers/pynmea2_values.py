"""pynmea2 (pure Python): every sentence parsed and its fields turned into values. Usage: FILE"""

import json
import sys
import time
from pathlib import Path

import pynmea2

lines = Path(sys.argv[1]).read_text().splitlines()
NAMES = {
    "TTM": ("target_number", "distance", "bearing", "speed", "cog", "dist_unit", "status", "timestamp", "name"),
    "TLL": ("target_number", "lat", "lat_dir", "lon", "lon_dir", "target_status", "timestamp", "target_name"),
}
start = time.process_time()
n_messages = 0
for line in lines:
    message = pynmea2.parse(line, check=True)
    values = [getattr(message, name) for name in NAMES[message.sentence_type]]
    if message.sentence_type == "TTM":
        float(message.distance), float(message.bearing), float(message.speed), float(message.cog)
    else:
        for degrees, digits in ((message.lat, 2), (message.lon, 3)):
            int(degrees[:digits]) + float(degrees[digits:]) / 60
    n_messages += 1
print(json.dumps({"cpu_s": time.process_time() - start, "n_messages": n_messages}))
