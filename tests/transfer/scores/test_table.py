from transfer.scores import Scores
from transfer.scores.table import HEADER, cell, figures, markdown


def test_what_is_not_defined_is_a_dash_and_nothing_is_minus_zero():
    assert [cell(figure) for figure in (None, 0.456, -0.001, -1.0)] == ["-", "0.46", "0.00", "-1.00"]


def test_the_score_stands_before_the_second_judge():
    one = Scores(0.5, 0.5, 1.0, 1.0, 0.25)
    assert dict(zip(HEADER, figures(one), strict=True))["second judge"] == 0.25
    assert markdown({"a": one}).splitlines()[-1] == "| a | 0.50 | 0.50 | 1.00 | 1.00 | 0.67 | 0.25 |"
