"""Restart the server, or cut its connections, in the middle of a run."""
