"""No number of fewer than five people is shown in a table, nor follows from its sums."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lineament.database.releases.cells import FEW, HIDDEN, hide, plain, table, told

COUNTS = st.one_of(st.integers(0, 8), st.integers(0, 500))
TABLES = st.integers(1, 5).flatmap(
    lambda width: st.dictionaries(
        st.sampled_from("abcdef"), st.fixed_dictionaries({f"c{n}": COUNTS for n in range(width)}), min_size=1
    )
)


@given(TABLES)
def test_no_small_number_is_shown(counts: dict[str, dict[str, int]]) -> None:
    shown = hide(counts)
    for name, row in counts.items():
        for column, count in row.items():
            text = shown[name][column]
            assert (text == FEW) == (0 < count < 5)
            assert text in (FEW, HIDDEN) or int(text.replace(",", "")) == count
            assert text != HIDDEN or count >= 5


@given(TABLES)
def test_no_total_gives_a_hidden_number_away(counts: dict[str, dict[str, int]]) -> None:
    shown = hide(counts)
    columns = next(iter(shown.values()))
    lines = [list(row.values()) for row in shown.values()]
    lines += [[row[column] for row in shown.values()] for column in columns]
    for line in lines:
        hidden = sum(text in (FEW, HIDDEN) for text in line)
        assert hidden != 1 or all(text in (FEW, HIDDEN, "0") for text in line)


def test_a_number_that_goes_with_a_hidden_one_is_not_told() -> None:
    assert told("12", "7", "30") == "12"
    assert told("12", "7", FEW) == "not told"
    assert told("12", HIDDEN) == "not told"


def test_text_of_others_stays_text() -> None:
    assert plain("a|b\n<script>") == r"a\|b \<script\>"
    assert table(("n",), [("a|b",)]) == "| n |\n| --- |\n| a\\|b |"
