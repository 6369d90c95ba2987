"""The Slack edge: what comes in becomes inbox rows, what goes out is paced, looked for and posted once."""
