"""The frameworks of others, each in an environment of its own, with the snippets of docs/mcp.md. Run by .ci/interop."""
