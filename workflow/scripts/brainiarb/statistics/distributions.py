"""Quantiles and tails of the distributions that p values and intervals need.

`scipy.special` holds the functions behind `scipy.stats`, whose import takes longer than most jobs
that need a p value. Both give the same bits.
"""


def t_quantile(share: float, freedom: float) -> float:
    """Return the value that a share of Student's t distribution lies below."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, share))


def t_tail(value: float, freedom: float) -> float:
    """Return the share of Student's t distribution that lies above a value."""
    from scipy.special import stdtr

    return float(stdtr(freedom, -value))


def shifted_t_tail(value: float, freedom: float, shift: float) -> float:
    """Return the share of the noncentral t distribution that lies above a value."""
    from scipy.special import nctdtr

    return float(1 - nctdtr(freedom, shift, value))


def normal_tail(value: float) -> float:
    """Return the share of the standard normal distribution that lies above a value."""
    from scipy.special import ndtr

    return float(ndtr(-value))


def normal_quantile(share: float) -> float:
    """Return the value that a share of the standard normal distribution lies below."""
    from scipy.special import ndtri

    return float(ndtri(share))


def beta_share(value: float, first: float, second: float) -> float:
    """Return the share of the beta distribution that lies below a value."""
    from scipy.special import betainc

    return float(betainc(first, second, value))


def beta_quantile(share: float, first: float, second: float) -> float:
    """Return the value that a share of the beta distribution lies below."""
    from scipy.special import betaincinv

    return float(betaincinv(first, second, share))
