"""Level and damped trend behind noisy counts, fitted by maximum likelihood (statsmodels), on the full monthly grid.

Months without a count are missing, so annual and monthly points mix. What is fitted is the logarithm of the rate
(count + a half, over the population if that is known), less its first value and in units of its own monthly change:
variances are then near 1 whatever the size of the council, and the optimiser starts close. The paths take the
estimated variances as known. A fit takes some 20 milliseconds alone. On busy cores the threads of numpy's linear
algebra wait for each other and it takes ten times that; many fits side by side want OPENBLAS_NUM_THREADS=1.
"""

import warnings

import numpy as np

from forecast.demand.trend.series import Ask, Fit, Series, Unfit, logs_of, places

CONVERGED = "converged"
# Two or three variances are estimated; four counts or fewer give too few changes to tell them apart.
LEAST_POINTS = 5
# A slope loses half of itself in three years: 0.79 a year, at the low end of the 0.8 to 0.98 common in forecasting
# practice, for services whose practice and law change every few years. It is fixed and not estimated: sixteen annual
# counts cannot tell 0.95 from 0.99 a month, and an estimate would sit on a limit. It is 0.981 a month.
HALF_LIFE_MONTHS = 36
DAMPING = 0.5 ** (1 / HALF_LIFE_MONTHS)
# Where the optimiser starts: noise, level and slope, as variances in units of the past's monthly change. First half of
# the change to noise, half to the level; should its line search stumble (it does where the best variance is 0), then
# nearer 0.
STARTS = [(0.5, 0.5, 0.01), (0.1, 0.1, 0.01), (0.01, 0.01, 0.001)]
# A level that may begin anywhere: in units of a month's change, 1,000 of them.
ANYWHERE = 1e6
# A fit takes 10 to 40 steps; one that has not settled in 200 will not.
MOST_STEPS = 200


def scaled(series: Series) -> tuple[np.ndarray, float, float]:
    """The logarithm of the rate on the monthly grid, [month], NaN where there is no count; its first value; its unit.

    Raises Unfit with too few counts, or if they never change.
    """
    if len(series.counts) < LEAST_POINTS:
        raise Unfit(f"fewer than {LEAST_POINTS} counts")
    exposure = 1 if series.exposure is None else series.exposure
    logs, place = logs_of(series.counts) - np.log(exposure), places(series.months)
    unit = float(np.sqrt(np.mean(np.diff(logs) ** 2 / np.diff(place))))
    if not unit > 0:
        raise Unfit("the counts never change" if series.exposure is None else "the rate never changes")
    grid = np.full(place[-1] + 1, np.nan)
    grid[place] = (logs - logs[0]) / unit
    return grid, float(logs[0]), unit


def fitted(model, variances: int):
    """The model with so many variances fitted, from the first start that settles. Raises Unfit if none does."""
    for start in STARTS[:-1]:
        try:
            return fitted_from(model, start[:variances])
        except Unfit:
            continue
    return fitted_from(model, STARTS[-1][:variances])


def fitted_from(model, start: tuple[float, ...]):
    """The model fitted from one start. Raises Unfit if the optimiser did not settle or a number is not finite.

    statsmodels only warns of a fit that has not converged; here the flag is read, so the warnings are not shown.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = model.fit(start_params=start, method="lbfgs", maxiter=MOST_STEPS, cov_type="none", disp=False)
        except (np.linalg.LinAlgError, ValueError, ArithmeticError) as error:
            raise Unfit("the fit broke down") from error
    if not result.mle_retvals["converged"]:
        raise Unfit("the fit did not converge")
    if not (np.isfinite(result.params).all() and np.isfinite(result.filtered_state[:, -1]).all()):
        raise Unfit("the fit gave numbers that are not finite")
    return result


def last_states(result, ask: Ask) -> np.ndarray:
    """The state at the last observation, drawn from what the filter knows of it, [draw x state]."""
    mean, spread = result.filtered_state[:, -1], result.filtered_state_cov[:, :, -1]
    return ask.rng.multivariate_normal(mean, spread, ask.draws, method="eigh", check_valid="ignore")


def noise(variance: float, ask: Ask) -> np.ndarray:
    """Normal noise of a variance, [draw x month]."""
    return ask.rng.normal(0, np.sqrt(variance), (ask.draws, ask.months))


def exposure_ahead(series: Series, ask: Ask) -> tuple[np.ndarray, tuple[str, ...]]:
    """Children in the population in the months ahead, [month]; 1 if the series has no population."""
    if series.exposure is None:
        unused = () if ask.exposure_ahead is None else ("the population ahead was not used: the series has none",)
        return np.ones(ask.months), unused
    if ask.exposure_ahead is None:
        return np.full(ask.months, series.exposure[-1]), ("the population stays as at the last count",)
    return ask.exposure_ahead, ()


def as_fit(scaled_paths: np.ndarray, first: float, unit: float, series: Series, ask: Ask) -> Fit:
    """Logarithms of counts from scaled paths of the rate, [draw x month]."""
    children, notes = exposure_ahead(series, ask)
    return Fit(scaled_paths * unit + first + np.log(children), CONVERGED, notes)


def local_level(series: Series, ask: Ask) -> Fit:
    """A level that wanders, seen through noise. Raises Unfit if it cannot."""
    grid, first, unit = scaled(series)
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    result = fitted(UnobservedComponents(grid, "local level"), 2)
    noise_variance, level_variance = result.params
    levels = last_states(result, ask) + np.cumsum(noise(level_variance, ask), axis=1)
    return as_fit(levels + noise(noise_variance, ask), first, unit, series, ask)


def damped_model(grid: np.ndarray):
    """The damped local linear trend of a scaled series [month]: parameters are variances of noise, level and slope."""
    from statsmodels.tsa.statespace.mlemodel import MLEModel

    class Damped(MLEModel):
        """Level and slope; the slope fades by the damping every month and may begin anywhere it could have come to."""

        param_names = ["noise", "level", "slope"]

        def __init__(self, endog):
            super().__init__(endog, k_states=2, k_posdef=2, loglikelihood_burn=1)
            self["design"] = [[1, 0]]
            self["transition"] = [[1, DAMPING], [0, DAMPING]]
            self["selection"] = np.eye(2)

        def transform_params(self, unconstrained):
            return unconstrained**2

        def untransform_params(self, constrained):
            return constrained**0.5

        def update(self, params, **settings):
            noise_variance, level, slope = super().update(params, **settings)
            self["obs_cov", 0, 0] = noise_variance
            self["state_cov"] = np.diag([level, slope])
            self.ssm.initialize_known(np.zeros(2), np.diag([ANYWHERE, slope / (1 - DAMPING**2)]))

    return Damped(grid)


def damped_trend(series: Series, ask: Ask) -> Fit:
    """A level that wanders with a slope that fades, through noise. Raises Unfit if it cannot be fitted."""
    grid, first, unit = scaled(series)
    result = fitted(damped_model(grid), 3)
    noise_variance, level_variance, slope_variance = result.params
    level, slope = last_states(result, ask).T
    level_steps, slope_steps = noise(level_variance, ask), noise(slope_variance, ask)
    levels = np.empty((ask.draws, ask.months))
    for month in range(ask.months):
        level = level + DAMPING * slope + level_steps[:, month]
        slope = DAMPING * slope + slope_steps[:, month]
        levels[:, month] = level
    return as_fit(levels + noise(noise_variance, ask), first, unit, series, ask)
