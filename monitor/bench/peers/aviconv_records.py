"""aviconv-asterix (pure Python, pydantic): typed records. Usage: FILE of blocks MOST, the number of records to read"""

import json
import sys
import time
from pathlib import Path

from aviconv_asterix import iter_records

data, most = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
start = time.process_time()
n_messages = 0
for _ in iter_records(data):
    n_messages += 1
    if n_messages >= most:
        break
print(json.dumps({"cpu_s": time.process_time() - start, "n_messages": n_messages}))
