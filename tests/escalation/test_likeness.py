"""`escalation.likeness`: what speaks for two questions' asking the same."""

import numpy as np
import pytest

from assistant import Desk
from bench.grouping import Asked, b_cubed, pairwise
from escalation.likeness import Middles, Said, bones, said, shared, whitened


def test_middles_are_found_by_their_group_whatever_comes_and_goes(desk: Desk) -> None:
    """Also when there are more than room was made for, and after others went."""
    index, draw = desk.matcher.index, np.random.default_rng(7)
    size = desk.encoder.size
    wanted = {group: draw.normal(size=size).astype(np.float32) for group in range(600)}
    middles = Middles(index, size)
    middles.put(wanted)
    for group in range(0, 600, 3):
        middles.drop(group)
        middles.drop(group)
    left = {group: vector for group, vector in wanted.items() if group % 3}
    cosines = middles.cosines(whitened(np.array(list(left.values())), index))

    assert len(left) == len(middles)
    assert list(left) == [middles.ids[int(row.argmax())] for row in cosines]
    assert (True, False) == (1 in middles, 3 in middles)


def test_the_group_of_what_cannot_be_read_is_known(desk: Desk) -> None:
    """Until it goes, or gets a question with words."""
    nothing, something = np.zeros(desk.encoder.size, np.float32), desk.encoder.vector("malaria")
    middles = Middles(desk.matcher.index, desk.encoder.size)
    middles.put({1: something, 2: nothing})
    first = middles.blank
    middles.put({2: something})
    second = middles.blank
    middles.put({3: nothing})
    middles.drop(3)

    assert (2, None, None) == (first, second, middles.blank)


def test_marks_say_nothing_of_what_is_asked(desk: Desk) -> None:
    """Else all questions with a hidden word would be alike."""
    plain, marked = said("does it spread", desk.encoder), said("does […] it spread", desk.encoder)

    assert np.allclose(plain.vector, marked.vector)
    assert bones("does it spread") == marked.words
    assert said("[…] [phone]", desk.encoder).empty


def test_words_are_shared_across_scripts(desk: Desk) -> None:
    """As skeletons; rare ones tell more, and the likest of a group's questions counts."""
    index = desk.matcher.index
    one, other = bones("चिकनगुनिया बुखार"), bones("chikungunya bukhar")

    assert shared(one, [bones("cricket"), other], index) == pytest.approx(1.0)
    assert 0 == shared(one, [bones("cricket")], index)
    assert 0 == shared(frozenset(), [frozenset()], index)
    assert shared(one, [bones("chikungunya")], index) > shared(one, [bones("bukhar")], index)


def test_the_scores_of_a_grouping() -> None:
    """Bagga and Baldwin's B-cubed, and pairs, of four questions of two meanings."""
    nothing = Said(np.zeros(1, np.float32), frozenset())
    labels, groups = ["a", "a", "a", "b"], [1, 1, 2, 2]
    found = [Asked(nothing, form, label) for form, label in zip("xxyx", labels, strict=True)]
    cubed = b_cubed(labels, groups)
    pairs = pairwise(found, groups, lambda one, other: one == other)

    assert 0.75 == cubed.precision  # 1, 1, 1/2, 1/2
    assert cubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert (1.0, 1.0) == (pairs.precision, pairs.recall)
