"""One file for each thing that happens in Slack, played through the whole app between the emulators."""
