"""Live conversation: hearing a person, speaking to a person, and the rules between.

Sound is the same everywhere here: 16-bit little-endian PCM, 24 000 samples a second, one channel, no header.
Importing these modules loads no model; the detector's is loaded when a pair of ears opens.
"""
