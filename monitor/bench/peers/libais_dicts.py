"""libais (C++): payloads split by hand, a dictionary a message, no checksum test. Usage: FILE"""

import json
import sys
import time
from pathlib import Path

import ais

lines = Path(sys.argv[1]).read_text("latin-1").split("\n")
start = time.process_time()
n_messages = 0
for line in lines:
    at = line.find("!")
    fields = line[at:].split(",") if at >= 0 else []
    if len(fields) < 7 or fields[1] != "1":
        continue
    try:
        ais.decode(fields[5], int(fields[6][0]))
        n_messages += 1
    except (ais.DecodeError, ValueError, IndexError):
        pass
print(json.dumps({"cpu_s": time.process_time() - start, "n_messages": n_messages}))
