"""The Hall effect: electrons carry the current, and the field drifts with them."""

from __future__ import annotations

import numba


@numba.njit(nogil=True, error_model="numpy", inline="always")
def hall_field(
    prefactor: float,
    field_r: float,
    field_theta: float,
    field_phi: float,
    current_r: float,
    current_theta: float,
    current_phi: float,
) -> tuple[float, float, float]:
    """Electric field of the Hall effect at a point: c E = f_h (curl B) x B.

    Parameters
    ----------
    prefactor : float
        f_h = c/(4 pi e n_e) [km2/yr per 1e12 G], positive.
    field_r, field_theta, field_phi : float
        B [1e12 G].
    current_r, current_theta, current_phi : float
        curl B [1e12 G/km].

    Returns
    -------
    tuple of three float
        r, theta and phi component of c E [1e12 G km/yr].

    Notes
    -----
    The sign is that of electrons: their velocity is -j/(e n_e), so that dB/dt = -curl(c E) carries
    the field along -curl B. E is normal to B, so that the chiral density does not feel it, and to
    curl B, so that it does no work: it moves energy between scales and changes none.

    References
    ----------
    Goldreich & Reisenegger, ApJ 395, 250 (1992), equation (11);
    Dehman & Pons, arXiv:2408.05281, equation (5).
    """
    return (
        prefactor * (current_theta * field_phi - current_phi * field_theta),
        prefactor * (current_phi * field_r - current_r * field_phi),
        prefactor * (current_r * field_theta - current_theta * field_r),
    )
