from decoders.lines import LineDecoder
from decoders.radar.asterix import AsterixDecoder

# By wire format: sentences in lines, AIS and radar alike; ASTERIX datagrams as a pcap stream.
DECODERS = {"nmea": LineDecoder, "asterix": AsterixDecoder}
