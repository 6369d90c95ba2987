"""What the process serves besides Slack's requests: webhooks, links to results, health."""
