"""HeyGen's operations in the conversation: which may be found, by whom, how they run, and who speaks in a video."""
