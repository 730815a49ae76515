"""One module for each command of `bot.py`."""
