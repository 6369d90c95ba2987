"""The tools for programs that speak MCP: the same calls, rows and money rules as in a Slack thread."""
