"""A conversation's journal, and playing it again: what today's code would do where it has done something once."""
