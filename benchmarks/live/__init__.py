"""Time that Greenroom, Pipecat and LiveKit Agents add to a live conversation, on the same fakes in one run."""
