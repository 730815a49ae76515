"""What people must see: the log of unmatched questions."""
