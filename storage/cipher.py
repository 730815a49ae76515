"""Text that lies encrypted in the database (Fernet: AES-128-CBC with HMAC-SHA256), if wanted."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from yamlfile import Problem, ProblemsError

MARK = "fernet:"  # before what is encrypted
SEALED = "[encrypted]"  # shown for what no key opens


class Cipher:
    """Seals with the first of its keys, opens with any; without keys text stays as it is."""

    def __init__(self, keys: Sequence[str] = (), place: str = "") -> None:
        """Take the keys into use.

        Args:
            keys: Each 32 bytes in URL-safe base64; newest first.
            place: What held the keys, for the sentence about a broken one.

        Raises:
            ProblemsError: A key is none; the sentence says which one, and never shows it.
        """
        made, problems = [], []
        for number, key in enumerate(keys, 1):
            try:
                made.append(Fernet(key))
            except ValueError:
                sentence = (
                    f"key {number} of {len(keys)} is not 32 bytes in URL-safe base64 "
                    "(44 characters); docs/running.md says how to make one"
                )
                problems.append(Problem(place, 1, "", sentence))
        if problems:
            raise ProblemsError(problems)
        self._keys = MultiFernet(made) if made else None

    def seal(self, text: str) -> str:
        """Return what to write of a text."""
        if self._keys is not None:
            return MARK + self._keys.encrypt(text.encode("utf-8", "replace")).decode("ascii")
        # What somebody typed must never be taken for something encrypted.
        return f" {text}" if text.startswith(MARK) else text

    def open(self, kept: str) -> str | None:
        """Return the text of what was written, or None when no key opens it."""
        if not kept.startswith(MARK):
            return kept
        if self._keys is None:
            return None
        try:
            opened = self._keys.decrypt(kept.removeprefix(MARK))
        except (InvalidToken, ValueError):  # ValueError: letters that no token has
            return None
        return opened.decode()
