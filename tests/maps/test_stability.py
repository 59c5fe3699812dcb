"""How alike the regions are when the map is made otherwise."""

from dataclasses import replace

from brainiarb.maps import stability
from builders import MAP_SETTINGS, a_walk


def test_stability_is_told_over_seeds_perplexities_and_bandwidths(monkeypatch):
    monkeypatch.setattr(stability, "SEEDS", 2)
    monkeypatch.setattr(stability, "PERPLEXITIES", (2.0,))
    few = replace(MAP_SETTINGS, points=120)
    table = stability.stability_table([a_walk(), a_walk(40)], few, 0)
    assert set(table["expert"]) == {"crossq_0"}
    assert table["changed"].unique().tolist() == ["seed", "perplexity", "bandwidth"]
    same = table.query("changed == 'bandwidth' and value == 0.03")["adjusted_rand"]
    assert same.tolist() == [1]
    assert table["adjusted_rand"].between(-1, 1).all()
