"""marlin-py (Rust): MMSI, position and speed read into numpy columns. 64 KiB feeds: more loses data. Usage: FILE"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from marlin.ais import AisParser

data = Path(sys.argv[1]).read_bytes()
start = time.process_time()
parser = AisParser.streaming()
mmsi, lat, lon, sog = [], [], [], []
n_messages = n_errors = 0
for i in range(0, len(data), 1 << 15):
    parser.feed(data[i : i + (1 << 15)])
    messages = iter(parser)
    while True:
        try:
            message = next(messages)
        except StopIteration:
            break
        except Exception:  # noqa: BLE001 - the peer raises on every damaged sentence
            n_errors += 1
            continue
        n_messages += 1
        body = message.body
        position = getattr(body, "latitude_deg", None)
        mmsi.append(getattr(body, "mmsi", 0))
        lat.append(position.value if position is not None else None)
        lon.append(body.longitude_deg.value if position is not None else None)
        speed = getattr(body, "speed_over_ground", None)
        sog.append(speed.value if speed is not None else None)
arrays = [np.array(column, np.float64) for column in (mmsi, lat, lon, sog)]
print(json.dumps({"cpu_s": time.process_time() - start, "n_messages": n_messages}))
