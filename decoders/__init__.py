from decoders.ais.decoder import AisDecoder

DECODERS = {"ais": AisDecoder}
