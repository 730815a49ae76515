"""Telegram, in and out.  Only this room knows the library python-telegram-bot."""

import os

# Waiting times as timedelta, as the library will have it; without it each one warns.
os.environ.setdefault("PTB_TIMEDELTA", "true")
