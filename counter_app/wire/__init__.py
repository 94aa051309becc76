"""The message contract shared with the upper server."""
