"""The benchmark's way from receiver to core, with few sentences: it ends, and counts what it says."""

import pytest

from monitor.bench import gateway
from tests.brokers import program

LINE = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"


@pytest.mark.realserver
def test_every_sentence_of_a_run_reaches_the_core() -> None:
    program()  # skips where there is no mosquitto
    found = gateway.one_run(LINE * 5000, 2)
    assert 0.0 < found.wall_s < gateway.MOST_S
    assert found.others_cpu_s > 0.0
