from decoders.lines import LineDecoder

DECODERS = {"nmea": LineDecoder}
"""A source's decoder by the wire format that its bytes have: lines of AIS and radar sentences."""
