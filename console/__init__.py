"""The web: the public's chat page."""
