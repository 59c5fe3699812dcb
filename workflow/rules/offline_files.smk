"""Files of the clones of each method of offline learning, at the levels of that method"""

OFFLINE_LEVELS = {
    method: OFFLINE.get(method, sorted({*sum(OFFLINE.values(), [])}))
    for method in METHODS
}
OFFLINE_EXPERTS = sorted(config["offline"]["experts"] or list(CLONED)[:1])


def offline_files(name, experts, method):
    """Return a file of each expert and level of a method; without {noise}, one of each expert."""
    return list(
        dict.fromkeys(
            expert_file(name).format(expert=expert, method=method, noise=level)
            for expert in experts
            for level in OFFLINE_LEVELS[method]
        )
    )


RETURNS_OF_METHODS = [
    file
    for method in sorted({*METHODS} - {"bc"})
    for file in offline_files("returns/{method}_{noise}.csv", OFFLINE_EXPERTS, method)
]


def of_method(name):
    """Return an input function that gives a file of {expert} for each level of the clones of {method}."""
    return lambda wildcards: offline_files(name, [wildcards.expert], wildcards.method)


def measures_of(method):
    """Return the tables of measures of a method: of its clones, of their floors and of the experts."""
    shared = ("measures/similarity.csv", "measures/functional_untrained.csv")
    parts = (
        "offline/{method}/returns.csv",
        "offline/{method}/gaits.csv",
        "measures/similarity_{method}_{noise}.csv",
        "measures/functional_{method}_{noise}.csv",
    )
    return [
        *expand(expert_file("{name}"), expert=OFFLINE_EXPERTS, name=shared),
        *[x for name in parts for x in offline_files(name, OFFLINE_EXPERTS, method)],
    ]
