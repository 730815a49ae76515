"""What the assistant must not answer, or keep."""
