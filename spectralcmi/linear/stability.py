"""The fastest growing perturbation of a state held fixed, by evolving perturbations in time.

Any state on any basis will do; perturbations of an axisymmetric one on radial elements are faster
found by factorisation, see `spectralcmi.linear.shift_invert`.

Perturbations are evolved by the package's time scheme. With P the evolution over an interval tau,
a mode v has P v = exp((rate + i frequency) tau) v; the modes that grow fastest have the eigenvalues
of largest modulus, which an Arnoldi iteration on P v, P P v, .. finds, complex pairs included. Its
inner product is that of the magnetic energy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from spectralcmi.errors import InputError
from spectralcmi.linear.growth import Growth, chiral_bound, parts_of
from spectralcmi.linear.linearised_model import LinearisedModel
from spectralcmi.model import InductionModel
from spectralcmi.timestepping.controller import rung_below
from spectralcmi.timestepping.integrator import Integrator
from spectralcmi.timestepping.schemes import SCHEMES

SCHEME = "ark3"
#: Steps that tell how long a step may be, and the last of them, which noise no longer shortens.
TRIAL_STEPS, LAST_STEPS = 80, 20
#: Tolerance of the trial: it is the stability of the scheme that should limit the step.
TRIAL_TOLERANCE = 1e-3
#: Step over the shortest of the last of the trial, about a rung below it: clear of the limit of
#: stability.
SAFETY = 0.85
#: Largest |eigenvalue| times step of a mode, for an error of phase^3/24 = 1e-4 of the eigenvalue.
LARGEST_PHASE = 0.15
#: Steps of an interval at least, so that stiff perturbations are gone at its end, and at most.
FEWEST_STEPS, MOST_STEPS = 100, 1000
#: Growth exponent of the fastest chiral wave over an interval at least: modes that grow at unlike
#: rates have to part, however short the steps of a fine grid.
INTERVAL_EXPONENT = 0.25
#: Change over an interval below which a mode is neutral; residuals are then relative to this.
NEUTRAL = 1e-2
#: Vectors of the iteration, and those that it goes on with once it has as many.
KRYLOV_VECTORS, KEPT_VECTORS = 60, 20


@dataclass(frozen=True, eq=False)
class EvolvedGrowth(Growth):
    """A growth found by evolving perturbations; its residual is |P v - mu v| over |mu v log(mu)|.

    Attributes
    ----------
    intervals : int
        How often an interval was evolved.
    interval, step : float
        [yr]
    """

    intervals: int
    interval: float
    step: float


def fastest_growth(
    model: InductionModel,
    state: np.ndarray,
    *,
    time: float = 0.0,
    columns: np.ndarray | None = None,
    start: np.ndarray | None = None,
    seed: int = 0,
    tolerance: float = 1e-3,
    most_intervals: int = 200,
) -> EvolvedGrowth:
    """The fastest growing small perturbation of a state that is held fixed.

    Parameters
    ----------
    model : InductionModel
        Its resolution is that of the perturbation.
    state : ndarray, shape `model.shape`
        Coefficients, for example `model.coefficients(profiles_on(stored, model.shell))`.
    time : float
        Of the coefficients of the model [yr].
    columns : ndarray of bool, shape (columns,), optional
        See `LinearisedModel`.
    start : ndarray, shape `model.shape`, optional
        What the iteration begins with, for example the mode of a coarser model; default: a random
        perturbation. From a mode of one order or one class of symmetry others are found late.
    seed : int
        Of the random perturbation, which also tells how long a step may be.
    tolerance : float
        Largest residual.
    most_intervals : int
        Intervals after which the iteration ends, its residual whatever it is.

    Returns
    -------
    EvolvedGrowth

    Raises
    ------
    InputError
        If the state or the start has not the shape of the model, or no column is left.

    Notes
    -----
    Cost: `TRIAL_STEPS` time steps of the model, then some hundred an interval. Memory:
    `KRYLOV_VECTORS` states. Modes that grow alike take long to tell apart; their rate is known
    before.
    """
    for name, field in (("state", state), ("start", start)):
        if field is not None and field.shape != model.shape:
            raise InputError(f"{name}.shape={field.shape} is not {model.shape}, that of the model")
    linear = LinearisedModel(model, state, time, columns)
    if not linear.columns.any():
        raise InputError("columns: none is left to perturb")
    step, grown = _trial(linear, linear.random(seed))
    start = grown if start is None else start * linear.columns
    intervals = 0
    while True:
        steps = _interval_steps(model, step)
        most = max(most_intervals - intervals, 1)
        found = _arnoldi(linear, start, (step, steps), tolerance, most)
        intervals += found.intervals
        eigenvalue = _eigenvalue(linear, found.mode, step)
        # too long a step makes fast oscillations grow or fade; a shorter one tells
        if abs(eigenvalue) * step < LARGEST_PHASE or intervals >= most_intervals:
            break
        step, start = step / 2, parts_of(found.mode)[0]
    interval = steps * step
    rate, turns = _rate(found.multiplier, eigenvalue, interval)
    mode = found.mode if turns >= 0 else found.mode.conj()
    return EvolvedGrowth(
        rate, abs(turns), mode / _norm(linear, mode), found.residual, intervals, interval, step
    )


# --- evolution over an interval ---------------------------------------------------------------


def _trial(linear: LinearisedModel, start: np.ndarray) -> tuple[float, np.ndarray]:
    """A step that the scheme is stable with [yr], and what has become of a perturbation."""
    integrator = Integrator(SCHEMES[SCHEME], linear, start, tolerance=TRIAL_TOLERANCE)
    lengths = []
    for _ in range(TRIAL_STEPS):
        step = integrator.attempt()
        integrator.accept(step)
        lengths.append(step.length)
    longest = min(SAFETY * min(lengths[-LAST_STEPS:]), LARGEST_PHASE / chiral_bound(linear.model))
    return rung_below(longest), integrator.state


def _interval_steps(model: InductionModel, step: float) -> int:
    """Steps of an interval."""
    steps = math.ceil(min(INTERVAL_EXPONENT / (chiral_bound(model) * step), MOST_STEPS + 1))
    # more than the most: there is no chiral wave to speak of, or too slow a one
    return FEWEST_STEPS if steps > MOST_STEPS else max(steps, FEWEST_STEPS)


def _evolved(linear: LinearisedModel, start: np.ndarray, step: float, steps: int) -> np.ndarray:
    """A perturbation some fixed steps later; linear in it."""
    norm = linear.norm(start)
    integrator = Integrator(SCHEMES[SCHEME], linear, start / norm, step=step)
    for _ in range(steps):
        integrator.accept(integrator.attempt())
    return norm * integrator.state


def _eigenvalue(linear: LinearisedModel, mode: np.ndarray, step: float) -> complex:
    """Rate + i frequency of a mode from a single step, in which a phase is not ambiguous.

    A difference in time rather than the operator itself, which enlarges what is stiff in the error
    of the mode.
    """
    parts = parts_of(mode)
    after = [
        _evolved(linear, part, step, 1) if part.any() else np.zeros(part.shape) for part in parts
    ]
    mass = [linear.mass_of(part) for part in parts]
    overlap = np.vdot(mass[0] + 1j * mass[1], after[0] + 1j * after[1])
    square = sum(np.vdot(part, m) for part, m in zip(parts, mass, strict=True))
    return complex(np.log(overlap / square)) / step


def _rate(multiplier: complex, eigenvalue: complex, interval: float) -> tuple[float, float]:
    """Rate and frequency, which exp(i frequency interval) leaves ambiguous, near an eigenvalue."""
    logarithm = np.log(complex(multiplier)) / interval
    turn = 2 * np.pi / interval
    turns = round((eigenvalue.imag - logarithm.imag) / turn)
    return float(logarithm.real), float(logarithm.imag + turns * turn)


# --- Arnoldi iteration ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Found:
    """Eigenvalue of the evolution over an interval, with its vector."""

    multiplier: complex
    mode: np.ndarray
    residual: float
    intervals: int


def _arnoldi(
    linear: LinearisedModel,
    start: np.ndarray,
    interval: tuple[float, int],
    tolerance: float,
    most: int,
) -> _Found:
    """The eigenpair of largest modulus among the combinations of start, P start, P P start, ..

    V are the vectors so far, orthonormal, and P V = V H + v b^T with the next vector v; what is to
    come is orthogonal to all of them.
    """
    vectors = [start / linear.norm(start)]
    matrix = np.zeros((KRYLOV_VECTORS + 1, KRYLOV_VECTORS))  # H above b^T
    for intervals in range(1, most + 1):
        size = len(vectors)
        image = _evolved(linear, vectors[-1], *interval)
        for _ in range(2):  # once more, for what round-off left
            mass_image = linear.mass_of(image)
            overlaps = np.array([np.vdot(vector, mass_image) for vector in vectors])
            matrix[:size, size - 1] += overlaps
            for overlap, vector in zip(overlaps, vectors, strict=True):
                image -= overlap * vector
        matrix[size, size - 1] = rest = linear.norm(image)
        values, combinations = np.linalg.eig(matrix[:size, :size])
        best = np.lexsort((-values.imag, -np.abs(values)))[0]
        combination = combinations[:, best].astype(complex)
        change = abs(values[best]) * max(abs(np.log(complex(values[best]))), NEUTRAL)
        residual = float(abs(matrix[size, :size] @ combination) / change)
        if residual <= tolerance or intervals == most:
            break
        if size == KRYLOV_VECTORS:
            vectors, matrix = _shrunk(vectors, matrix)
        vectors.append(image / rest)
    combination *= np.exp(-0.5j * np.angle(np.sum(combination**2)))
    mode = sum(c * vector for c, vector in zip(combination, vectors, strict=True))
    return _Found(complex(values[best]), mode, residual, intervals)


def _shrunk(vectors: list[np.ndarray], matrix: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The combinations of the largest modulus, which are again of the form P V = V H + v b^T.

    From the Schur form of H (Stewart, SIAM J. Matrix Anal. Appl. 23, 601 (2002)).
    """
    size = len(vectors)
    moduli = np.sort(np.abs(np.linalg.eigvals(matrix[:size])))
    limit = moduli[-KEPT_VECTORS] * (1 - 1e-9)  # both of a pair
    schur, rotation, kept = scipy.linalg.schur(
        matrix[:size], sort=lambda real, imaginary: np.hypot(real, imaginary) >= limit
    )
    new = np.zeros_like(matrix)
    new[:kept, :kept] = schur[:kept, :kept]
    new[kept, :kept] = matrix[size] @ rotation[:, :kept]
    stack = np.array(vectors)
    return [np.tensordot(column, stack, axes=1) for column in rotation.T[:kept]], new


def _norm(linear: LinearisedModel, mode: np.ndarray) -> float:
    """Root of the energy of a complex mode."""
    real, imaginary = parts_of(mode)
    return float(np.hypot(linear.norm(real), linear.norm(imaginary)))
