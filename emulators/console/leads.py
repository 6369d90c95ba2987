"""A list of people as a salesperson would have it, of any length and the same each time."""

from __future__ import annotations

import csv
import io

FIRST = ("Ada", "Ben", "Chloe", "Dev", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mina")
FIRMS = ("Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne", "Soylent", "Vandelay", "Tyrell", "Wonka")


def lead_list(count: int) -> bytes:
    """`count` different people with a name and a company, as CSV in UTF-8."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(["name", "company"])
    rows.writerows(_lead(number) for number in range(count))
    return text.getvalue().encode()


def _lead(number: int) -> tuple[str, str]:
    """Names and firms go round at different speeds; a number tells those apart that meet again."""
    again = number // (len(FIRST) * len(FIRMS))
    firm = FIRMS[number % len(FIRMS)]
    return FIRST[number % len(FIRST)], f"{firm} {again + 1}" if again else firm
