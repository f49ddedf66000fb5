"""aiscat (C++, AIS-catcher's decoder): a dictionary a message, thrown away. Usage: FILE"""

import json
import sys
import time
from pathlib import Path

import aiscat

data = Path(sys.argv[1]).read_bytes()
start = time.process_time()
decoder = aiscat.Decoder()
n_messages = 0
for i in range(0, len(data), 1 << 16):
    decoder.feed(data[i : i + (1 << 16)])
    while decoder.next() is not None:
        n_messages += 1
print(json.dumps({"cpu_s": time.process_time() - start, "n_messages": n_messages}))
