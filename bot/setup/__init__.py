"""`python -m bot setup`: from no settings to a bot that has said its first word in Slack."""

from bot.setup.arguments import add_arguments
from bot.setup.going_live import run

__all__ = ["add_arguments", "run"]
