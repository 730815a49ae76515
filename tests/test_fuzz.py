"""`make fuzz` tries every target, and says what it found."""

import os
import random
import subprocess
import sys

import fuzz
import pytest
from conftest import HOME
from hypothesis import given
from hypothesis import strategies as st


def test_every_target_is_tried() -> None:
    """A few examples of each; what takes minutes is for people."""
    ran = subprocess.run(
        [sys.executable, "-m", "fuzz", "--seconds", "0", "--examples", "5", "--seed", "1"],
        cwd=HOME,
        env=os.environ | {"PYTHONPATH": str(HOME / "tests")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (ran.returncode, ran.stderr)
    assert "seed 1" in ran.stdout
    assert len(fuzz.TARGETS) == ran.stdout.count("  5 examples: nothing found")


def test_what_fails_is_shown_as_small_as_it_can_be(capsys: pytest.CaptureFixture[str]) -> None:
    """And ends the rounds of its target."""

    @given(number=st.integers())
    def small(number: int) -> None:
        assert number < 100

    found = fuzz.tried(small, 60, random.Random(1))  # noqa: S311 - no secret

    assert (1, False) == found
    assert "number=100" in capsys.readouterr().err
