"""What is kept: tables, migrations, retention.  No text of the public but redacted questions."""
