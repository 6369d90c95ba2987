"""Judges by others: HeyGen's schema served by Prism, a model played by aimock and llmock. See `.ci/outside`."""
