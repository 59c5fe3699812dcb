"""Declarations: the properties of each measure that decide how it may be compared.

Each property is declared here and nowhere else, by the name of the measure; `*` stands for any part
of a name. A measure that no pattern names is unbounded, is compared by differences, and may be
compared with the expert's own value.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import pi

from brainiarb.statistics.measures import FLOOR

GROWS_WITH_RECORDING = ("strides", "net_flux_p")
"""They depend on the number of recorded steps or transitions, in which agents differ: a count
grows, and a p falls. They are not compared."""

SIMILARITIES = (
    "cka_*", "procrustes_*", "cca_*", "svcca_*", "pwcca_*", "rbf_cka_*", "rsa_*",
    "linear_predictivity_*",
)  # fmt: skip
"""They compare a layer of a clone with that of the expert, on one pool of states for all levels."""

CERTAIN_OF_EXPERT = (*SIMILARITIES, "stitched_r2_*")
"""The expert's own value is 0 or 1 by definition, so that a difference from it is no question."""

ON_STATES_OF_LEVEL = ("*_level",)
"""They are measured on states that the clones of the level visited themselves."""

TWO_MODES = (
    "survival", "return", "episode_length", "stitched_return_*", "stitched_scale_*",
    "time_to_fall_*",
)  # fmt: skip
"""Clones that walk and clones that fall lie far apart. The share of each is told, and the mean
only where all clones of a level do the same."""

MARKED = {"period_2": "alternate"}
"""A clone is marked by 1 or not by 0, whatever its expert is; the verb says what the marked do."""

COUNTED = ("survival", *MARKED)
"""Only the share of clones is told: their values are marks, or shares of few episodes."""

OF_STABLE_GAITS = ("fundamental", "spectral_peak")
"""An unstable value of them is no rate of the gait, so that equivalence is not asked of it."""

RATIOS = (
    "action_mse_*", "mean_kl_*", "stride_*_cv", "stride_*_cv_*",
    "mean_sd*",
)  # fmt: skip
"""Positive and skewed: their logarithms are averaged and compared, and results are ratios."""

SHARES = ("period_2", "falls_*")
"""Shares of few cases, such as the episodes of one clone, or marks of single clones."""

DISTANCES = ("procrustes_*", "spectral_distance", "log_spectral_distance", "map_distance")
"""The expert's own value is a distance between its own episodes: a floor near 0."""

BOUNDS = {
    "survival": (0.0, 1.0),
    "episode_length": (0.0, float("inf")),
    "time_to_fall_*": (0.0, float("inf")),
    "falls_*": (0.0, 1.0),
    "cka_*": (float("-inf"), 1.0),
    "procrustes_*": (0.0, pi / 2),
    "cca_*": (0.0, 1.0),
    "svcca_*": (0.0, 1.0),
    "pwcca_*": (0.0, 1.0),
    "rbf_cka_*": (float("-inf"), 1.0),
    "rsa_*": (-1.0, 1.0),
    "linear_predictivity_*": (float("-inf"), 1.0),
    "self_cka_*": (float("-inf"), 1.0),
    "silent_units_*": (0.0, 1.0),
    "*_r2_*": (float("-inf"), 1.0),
    "decode_contact_*": (0.0, 1.0),
    "decode_*": (float("-inf"), 1.0),
    "participation_ratio_*": (1.0, float("inf")),
    "action_mse_*": (0.0, float("inf")),
    "*_kl_*": (0.0, float("inf")),
    "duty_factor*": (0.0, 1.0),
    "double_support": (0.0, 1.0),
    "flight": (0.0, 1.0),
    "symmetry_index": (0.0, 200.0),
    "step_phase": (0.0, 1.0),
    "step_phase_concentration": (0.0, 1.0),
    "phase_agreement": (0.0, 1.0),
    "cycle_strength": (-1.0, 1.0),
    "map_recurrence": (0.0, 1.0),
    "recurrence_ratio": (0.0, float("inf")),
    "stride_*": (0.0, float("inf")),
    "settling_time": (0.0, float("inf")),
    "alternation": (-2.0, 2.0),
    "period_2": (0.0, 1.0),
    "strides": (0.0, float("inf")),
    "mean_sd*": (0.0, float("inf")),
    "fundamental": (0.0, float("inf")),
    "spectral_peak": (0.0, float("inf")),
    "rate_disagreement": (0.0, float("inf")),
    "harmonic_*": (0.0, 1.0),
    "even_odd_ratio": (0.0, float("inf")),
    "spectral_distance": (0.0, 1.0),
    "log_spectral_distance": (0.0, float("inf")),
    "return_map_lambda": (0.0, float("inf")),
    "return_map_fit": (float("-inf"), 1.0),
    "map_distance": (0.0, 1.0),
    "net_flux*": (0.0, 1.0),
    "modal_cycle_share": (0.0, 1.0),
    "published_return_distance": (0.0, float("inf")),
    "published_cycle_regions": (0.0, 1.0),
}
"""Least and largest possible value; the first pattern that fits holds."""


@dataclass(frozen=True)
class Declaration:
    """What is declared of one measure."""

    low: float
    high: float
    ratio: bool
    distance: bool
    referable: bool
    """Whether a difference from the expert's own value is a question."""
    grows: bool
    on_states_of_level: bool
    two_modes: bool
    counted: bool
    shares: bool
    of_stable: bool
    """Whether no equivalence is asked where a value is unstable."""
    marked: bool
    verb: str
    """What those clones do whose share is told, in the plural."""

    @property
    def share(self) -> str:
        """Return the unit of a share of clones."""
        return f"share that {self.verb}s"


def declaration(measure: str) -> Declaration:
    """Return what is declared of a measure; a `floor_` is declared as the measure it belongs to."""
    name = measure.removeprefix(FLOOR)
    low, high = next(
        (bounds for pattern, bounds in BOUNDS.items() if fnmatchcase(name, pattern)),
        (float("-inf"), float("inf")),
    )
    grows = grows_with_recording(name)
    return Declaration(
        low=low,
        high=high,
        ratio=_named(name, RATIOS),
        distance=_named(name, DISTANCES),
        referable=not (grows or _named(name, CERTAIN_OF_EXPERT) or _named(name, COUNTED)),
        grows=grows,
        on_states_of_level=_named(name, ON_STATES_OF_LEVEL),
        two_modes=_named(name, (*TWO_MODES, *MARKED)),
        counted=_named(name, COUNTED),
        shares=_named(name, SHARES),
        of_stable=_named(name, OF_STABLE_GAITS),
        marked=name in MARKED,
        verb=MARKED.get(name, "walk"),
    )


def grows_with_recording(measure: str) -> bool:
    """Return whether a measure depends on how much of an agent is recorded."""
    return _named(measure, GROWS_WITH_RECORDING)


def _named(measure: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(measure, pattern) for pattern in patterns)
