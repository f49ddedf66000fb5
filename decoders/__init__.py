from decoders.lines import LineDecoder
from decoders.radar.asterix import AsterixDecoder
from decoders.radar.ivef import IvefDecoder

# By wire format: sentences in lines, AIS and radar alike; ASTERIX datagrams as a pcap stream; IVEF documents.
DECODERS = {"nmea": LineDecoder, "asterix": AsterixDecoder, "ivef": IvefDecoder}
