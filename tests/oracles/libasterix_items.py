"""What libasterix reads in each block, as JSON; run by the peers' interpreter, which has it. Usage: FILE of hex lines.

A line of output for each line of input: null for a block that it refuses, else a list of records, each a mapping from
"item" or "item/part" to the value in the specification's unit; parts without a unit come as whole numbers.
"""

import json
import sys
from pathlib import Path

from asterix.base import Bits, RawDatablock
from asterix.generated import Cat_010_1_1, Cat_034_1_29, Cat_048_1_32, Cat_062_1_21, Cat_063_1_7, Cat_065_1_6

EDITIONS = {10: Cat_010_1_1, 34: Cat_034_1_29, 48: Cat_048_1_32, 62: Cat_062_1_21, 63: Cat_063_1_7, 65: Cat_065_1_6}
PARTS = {
    10: "010/SAC 010/SIC 000 020/TYP 020/SIM 020/TST 140 041/LAT 041/LON 040/RHO 040/TH 042/X 042/Y 200/GSP 200/TRA "
    "202/VX 202/VY 161/TRK 170/CNF 170/TRE 170/CST 170/GHO 245/CHR 270/LENGTH 270/WIDTH 500/DEVX 500/DEVY 131",
    34: "010/SAC 010/SIC 000 030 041 120/HGT 120/LAT 120/LON",
    48: "010/SAC 010/SIC 140 020/TYP 020/SIM 020/TST 040/RHO 040/THETA 200/GSP 200/HDG 161/TRN 170/CNF 170/TRE 170/GHO "
    "210/SIGX 210/SIGY 240 130/PAM",
    62: "010/SAC 010/SIC 015 070 105/LAT 105/LON 185/VX 185/VY 040 080/CNF 080/SIM 080/TSE 080/CST 245/CHR 270/LENGTH "
    "270/WIDTH 500/APC/X 500/APC/Y",
    63: "010/SAC 010/SIC 030 050/SAC 050/SIC",
    65: "010/SAC 010/SIC 000 015 030 040/NOGO",
}


def value(rule: object) -> object:
    """A number in the specification's unit where it has one."""
    for method in ("as_quantity", "as_string", "as_uint"):
        try:
            return getattr(rule.variation.content if hasattr(rule.variation, "content") else rule, method)()
        except (AttributeError, TypeError):
            continue
    return rule.as_uint()


def part(record: object, path: str) -> object:
    """The item or part of an item at a path; None where it was not sent."""
    name, *inner = path.split("/")
    found = record.get_item(name)
    for step in inner:
        if found is None:
            return None
        found = found.variation.get_item(step)
    return None if found is None else value(found)


def read(block: bytes) -> object:
    raw = RawDatablock.parse(Bits.from_bytes(block))
    if isinstance(raw, ValueError) or len(raw) != 1:
        return None
    category = raw[0].get_category()
    made = EDITIONS[category].cv_uap.parse(raw[0].get_raw_records())
    if isinstance(made, ValueError):
        return None
    return [{p: v for p in PARTS[category].split() if (v := part(r, p)) is not None} for r in made]


if __name__ == "__main__":
    for line in Path(sys.argv[1]).read_text().split():
        print(json.dumps(read(bytes.fromhex(line))))
