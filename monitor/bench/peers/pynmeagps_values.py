"""pynmeagps (pure Python): every sentence parsed, which turns its fields into values. Usage: FILE"""

import json
import sys
import time
from pathlib import Path

from pynmeagps import NMEAReader

lines = [line + b"\r\n" for line in Path(sys.argv[1]).read_bytes().splitlines()]
start = time.process_time()
n_messages = 0
for line in lines:
    NMEAReader.parse(line)
    n_messages += 1
print(json.dumps({"cpu_s": time.process_time() - start, "n_messages": n_messages}))
