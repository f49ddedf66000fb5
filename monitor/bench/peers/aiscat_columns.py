"""aiscat (C++, AIS-catcher's decoder): dictionaries gathered into numpy columns. Usage: FILE"""

import json
import sys
import time
from pathlib import Path

import aiscat
import numpy as np

data = Path(sys.argv[1]).read_bytes()
NAMES = ("mmsi", "type", "lat", "lon", "speed", "course")
start = time.process_time()
decoder = aiscat.Decoder()
columns = {name: [] for name in NAMES}
n_messages = 0
for i in range(0, len(data), 1 << 16):
    decoder.feed(data[i : i + (1 << 16)])
    while (message := decoder.next()) is not None:
        n_messages += 1
        for name in NAMES:
            columns[name].append(message.get(name, np.nan))
arrays = {name: np.array(column, np.float64) for name, column in columns.items()}
print(json.dumps({"cpu_s": time.process_time() - start, "n_messages": n_messages}))
