"""The operator's commands: look at turns, jobs, submissions and deliveries, have them tried again, give them up."""

from bot.operations.arguments import add_commands, completed
from bot.operations.commands import run

__all__ = ["add_commands", "completed", "run"]
