"""Robustness: dose and response of every agent, and what it keeps."""

from figure_drawing import bars, drawn, points, tables_of


def test_dose_responses_are_drawn_for_every_agent_and_who_has_no_value_is_counted():
    figure, numbers = drawn("fig_robustness")
    assert len(figure.axes) == 6
    assert len(numbers) == 9 * 6
    pushes = figure.axes[0]
    assert pushes.get_xlabel() == "push (N, for 50 ms)"
    assert len(pushes.lines) == 1 + 2 * 5
    expert, _, noisy = points(pushes)
    assert expert.get_ydata().tolist() == [5001, 4901, 4801]
    assert noisy.get_ydata().tolist() == [4598.5, 4498.5, 4398.5]
    assert [label.get_text() for label in figure.axes[2].get_xticklabels()] == [
        "expert\nn = 1 of 1", "0 %\nn = 4 of 4", "40 %\nn = 3 of 4",
    ]  # fmt: skip


def test_the_kept_return_has_the_intervals_of_its_levels():
    statistics = tables_of("fig_robustness")["statistics"]
    rows = statistics.query("kind == 'level' and measure == 'robust_push' and level >= 0")
    kept = drawn("fig_robustness")[0].axes[2]
    assert len(rows) == 2
    assert bars(kept) == rows[["low", "high"]].to_numpy().tolist()
