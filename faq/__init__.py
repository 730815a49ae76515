"""What the assistant may say, and finding it."""
