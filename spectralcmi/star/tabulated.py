"""Equations of state from tables, with the composition of the crust."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import PPoly

from spectralcmi.constants import ERG_PER_MEV, FERMI, SPEED_OF_LIGHT
from spectralcmi.star.columns import read_columns, read_number
from spectralcmi.star.composition import CrustTable, monotone_pieces
from spectralcmi.star.equation_of_state import EquationOfState
from spectralcmi.star.files import read_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

COLUMNS = {
    "n_b": "fm-3",
    "rho": "g cm-3",
    "P": "dyn cm-2",
    "Z": "1",
    "A_cluster": "1",
    "A_cell": "1",
}
_FEWEST_ROWS = 8


def read_equation_of_state(
    path: str | Path, crust_core_density: float | None = None
) -> EquationOfState:
    """Read an equation of state with its composition from a table.

    Parameters
    ----------
    path : str or Path
        Either a text file of columns n_b, rho, P, Z, A_cluster, A_cell, separated by commas,
        whose header holds their units (``n_b [fm-3], rho [g cm-3], P [MeV fm-3], Z, ...``) and
        in which Z is empty or 0 in the core; or a folder with the files eos.nb, eos.thermo and
        eos.compo of a cold star in beta equilibrium, in the format of CompOSE.
    crust_core_density : float, optional
        Baryon density of the boundary between crust and core [fm-3]; by default the last one
        with nuclei.

    Returns
    -------
    EquationOfState
        The same object whenever the same unchanged file is read.

    Raises
    ------
    ValueError
        If something is missing or impossible.
    OSError
        If a file cannot be read.

    Notes
    -----
    ln rho and ln P are interpolated against ln n, monotonically and twice continuously
    differentiable.

    References
    ----------
    Typel et al., Eur. Phys. J. A 58, 221 (2022): the CompOSE manual, sections on eos.nb,
    eos.thermo and eos.compo.
    """
    path = Path(path)
    files = [path / name for name in _COMPOSE_FILES] if path.is_dir() else [path]
    for file in files:
        if not file.is_file():
            raise ValueError(f"the file {file.name} is missing{_PURPOSE.get(file.name, '')}")
    versions = tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)
    return _read(str(path), versions, crust_core_density)


@lru_cache(maxsize=8)
def _read(
    path: str, versions: tuple[tuple[str, int, int], ...], crust_core_density: float | None
) -> EquationOfState:
    place = Path(path)
    columns = _read_compose(place) if place.is_dir() else read_columns(place, COLUMNS)
    return equation_of_state_from_columns(place.stem, columns, crust_core_density)


def equation_of_state_from_columns(
    name: str, columns: dict[str, np.ndarray], crust_core_density: float | None = None
) -> EquationOfState:
    """Build an equation of state from columns of numbers.

    Parameters
    ----------
    name : str
    columns : dict
        n_b [fm-3], rho [g cm-3], P [dyn cm-2], Z, A_cluster, A_cell; ndarrays of equal length.
        Z is nan or 0 in the core.
    crust_core_density : float, optional
        Baryon density of the boundary between crust and core [fm-3].

    Returns
    -------
    EquationOfState

    Raises
    ------
    ValueError
        If a column is not what it should be.
    """
    if len(columns["n_b"]) < _FEWEST_ROWS:
        raise ValueError(f"{len(columns['n_b'])} rows are fewer than {_FEWEST_ROWS}")
    for key in ("n_b", "rho"):
        _require_rising(key, columns[key])
    columns = {**columns, "P": _without_plateaus(columns)}
    curves = _logarithmic_curves(columns)

    def density(baryon_density: ArrayLike) -> np.ndarray:
        return np.exp(curves(np.log(baryon_density))[..., 0])

    def barotrope(baryon_density: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        values = curves(np.log(baryon_density))
        return np.exp(values[..., 0]), np.exp(values[..., 1]), values[..., 2]

    crust = crust_table(columns)
    return EquationOfState(
        name=name,
        density=density,
        barotrope=barotrope,
        composition=crust.composition,
        layer_limits=lambda: np.exp(crust.layer_limit),
        crust_core_density=_crust_core_density(columns, crust_core_density),
        minimum_baryon_density=float(columns["n_b"][0]),
        maximum_baryon_density=float(columns["n_b"][-1]),
        # The third derivatives jump at every row, which costs a high-order scheme its order;
        # radii are good to a millimetre all the same.
        tolerance=1e-8,
    )


def _logarithmic_curves(columns: dict[str, np.ndarray]) -> PPoly:
    """ln n -> (ln rho, ln P, d ln P/d ln n) in one polynomial, for speed."""
    x = np.log(columns["n_b"])
    density, pressure = (
        PPoly.from_bernstein_basis(monotone_pieces(x, np.log(columns[name])))
        for name in ("rho", "P")
    )
    slope = pressure.derivative().c
    slope = np.concatenate([np.zeros_like(slope[:1]), slope])
    return PPoly(np.stack([density.c, pressure.c, slope], axis=-1), x)


def _without_plateaus(columns: dict[str, np.ndarray]) -> np.ndarray:
    """Pressure that rises in the core, if only by 1e-7 a row where two phases are in equilibrium.

    The structure equations are solved against ln n: a plateau is crossed at one radius, to the
    same 1e-7. In the crust the density has to be a function of the radius.
    """
    pressure = np.array(columns["P"], dtype=float)
    core = np.cumsum(_has_nuclei(columns)[::-1])[::-1] == 0
    for row in np.flatnonzero((np.diff(pressure) == 0.0) & core[:-1]):
        pressure[row + 1] = pressure[row] * (1.0 + 1e-7)
    _require_rising("P", pressure)
    return pressure


def _require_rising(name: str, values: np.ndarray) -> None:
    if not np.all(np.isfinite(values)) or values[0] <= 0.0:
        raise ValueError(f"column {name} must hold positive numbers only")
    falls = np.flatnonzero(np.diff(values) <= 0.0)
    if len(falls):
        first, second = values[falls[0] : falls[0] + 2]
        raise ValueError(f"column {name} must rise, but {second:g} follows {first:g}")


def _crust_core_density(columns: dict[str, np.ndarray], chosen: float | None) -> float:
    last = columns["n_b"][_has_nuclei(columns)][-1]
    if chosen is None:
        return float(last)
    if not columns["n_b"][0] < chosen < columns["n_b"][-1]:
        raise ValueError(
            f"crust_core_density={chosen:g} fm-3 is outside the table, "
            f"{columns['n_b'][0]:g} to {columns['n_b'][-1]:g}"
        )
    return float(chosen)


def _has_nuclei(columns: dict[str, np.ndarray]) -> np.ndarray:
    return np.isfinite(columns["Z"]) & (columns["Z"] > 0.0)


def crust_table(columns: dict[str, np.ndarray]) -> CrustTable:
    """Sort the rows with nuclei into layers of the outer crust and points of the inner crust.

    Parameters
    ----------
    columns : dict
        n_b [fm-3], Z, A_cluster, A_cell. Rows before the first one with more nucleons in a cell
        than in its nucleus belong to the outer crust.

    Returns
    -------
    CrustTable

    Raises
    ------
    ValueError
        If there are no nuclei, impossible ones or fewer than two points of inner crust.
    """
    rows = _has_nuclei(columns)
    if not rows.any():
        raise ValueError("lacks the composition: no row has a Z")
    n, charge, cluster, cell = (columns[key][rows] for key in ("n_b", "Z", "A_cluster", "A_cell"))
    _require_nuclei(n, charge, cluster, cell)
    # Printed tables round the nucleon numbers; at the drip point itself cells gain several %.
    dripped = cluster < (1.0 - 1e-3) * cell
    outer = np.argmax(dripped) if dripped.any() else len(n)
    if len(n) - outer < 2:
        raise ValueError("lacks the inner crust: fewer than two rows have A_cell above A_cluster")
    limit, centre, first = _layers(np.log(n[:outer]), charge[:outer], cluster[:outer])
    return CrustTable(
        layer_limit=limit,
        layer_centre=centre,
        layer_charge=charge[:outer][first],
        layer_mass=cluster[:outer][first],
        inner_density=np.log(n[outer:]),
        inner_charge=charge[outer:],
        inner_electrons=charge[outer:] / cell[outer:],
        inner_bound=np.minimum(cluster[outer:] / cell[outer:], 1.0),
    )


def _require_nuclei(
    n: np.ndarray, charge: np.ndarray, cluster: np.ndarray, cell: np.ndarray
) -> None:
    wrong = ~((charge <= cluster) & (cluster <= 1.001 * cell))
    if wrong.any():
        row = np.argmax(wrong)
        raise ValueError(
            f"Z={charge[row]:g}, A_cluster={cluster[row]:g}, A_cell={cell[row]:g} at "
            f"n_b={n[row]:g} fm-3 do not obey Z <= A_cluster <= A_cell"
        )


def _layers(
    logarithm: np.ndarray, charge: np.ndarray, cluster: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inner limits, centres and first rows of runs of the same nuclide."""
    if not len(logarithm):
        return np.empty(0), np.empty(0), np.empty(0, dtype=int)
    new = (np.diff(charge) != 0.0) | (np.diff(cluster) != 0.0)
    first = np.concatenate([[0], np.flatnonzero(new) + 1])
    last = np.concatenate([first[1:] - 1, [len(logarithm) - 1]])
    # Between two layers the limit lies somewhere between their nearest rows.
    between = 0.5 * (logarithm[last[:-1]] + logarithm[first[1:]])
    limit = np.concatenate([between, logarithm[-1:]])
    return limit, 0.5 * (logarithm[first] + logarithm[last]), first


# --- CompOSE ----------------------------------------------------------------------------------

_COMPOSE_FILES = ("eos.nb", "eos.thermo", "eos.compo")
_PURPOSE = {
    "eos.nb": ": it holds the baryon densities",
    "eos.thermo": ": it holds pressure and energy",
    "eos.compo": ": it holds the composition, Z, A_cluster and A_cell",
}


def _read_compose(folder: Path) -> dict[str, np.ndarray]:
    """Columns of a one-dimensional CompOSE table in the units of `COLUMNS`."""
    first_index, baryon_density = _read_compose_densities(folder / "eos.nb")
    thermodynamics = _read_compose_thermodynamics(folder / "eos.thermo", first_index)
    nuclei = _read_compose_nuclei(folder / "eos.compo", first_index)
    missing = [index for index in range(len(baryon_density)) if index not in thermodynamics]
    if missing:
        raise ValueError(f"eos.thermo lacks the density n_b={baryon_density[missing[0]]:g} fm-3")
    pressure, energy = np.array([thermodynamics[i] for i in range(len(baryon_density))]).T
    core = (np.nan, np.nan, np.nan)
    charge, cluster, cell = np.array([nuclei.get(i, core) for i in range(len(baryon_density))]).T
    scale = ERG_PER_MEV / FERMI**3
    return {
        "n_b": baryon_density,
        "rho": baryon_density * energy * scale / SPEED_OF_LIGHT**2,
        "P": baryon_density * pressure * scale,
        "Z": charge,
        "A_cluster": cluster,
        "A_cell": cell,
    }


def _read_compose_densities(file: Path) -> tuple[int, np.ndarray]:
    """First index and densities [fm-3]: the numbers of the first and the last, then all of them."""
    numbers = read_text(file).split()
    if len(numbers) < 2:
        raise ValueError(f"{file.name} lacks the indices of its first and last density")
    first, last = (_integer(file, 1 + i, numbers[i]) for i in range(2))
    densities = np.array([_number(file, 3 + i, number) for i, number in enumerate(numbers[2:])])
    if len(densities) != last - first + 1:
        raise ValueError(
            f"{file.name} has {len(densities)} densities, not those from {first} to {last}"
        )
    return first, densities


def _number(file: Path, line: int, field: str) -> float:
    try:
        return read_number(field)
    except ValueError:
        raise ValueError(f"{file.name}, line {line}: {field!r} is not a number") from None


def _integer(file: Path, line: int, field: str) -> int:
    number = _number(file, line, field)
    if not number.is_integer():
        raise ValueError(f"{file.name}, line {line}: {field!r} is not an integer")
    return int(number)


def _rows(file: Path, first_index: int) -> Iterator[tuple[int, int, list[float]]]:
    """(density index from 0, line, remaining numbers) of every line; one temperature, one Y_q."""
    planes = set()
    for number, line in enumerate(read_text(file).splitlines()):
        fields = line.split()
        if not fields or (number == 0 and file.name == "eos.thermo"):
            continue
        if len(fields) < 4:
            raise ValueError(f"{file.name}, line {number + 1}: nothing behind the three indices")
        planes.add((fields[0], fields[2]))
        if len(planes) > 1:
            raise ValueError(
                f"{file.name} holds several temperatures or charge fractions: "
                "a cold star in beta equilibrium has one"
            )
        index = _integer(file, number + 1, fields[1]) - first_index
        yield index, number + 1, [_number(file, number + 1, field) for field in fields[3:]]


def _read_compose_thermodynamics(file: Path, first_index: int) -> dict[int, tuple[float, float]]:
    """P/n_b and energy per baryon [MeV], by index: Q1, and Q7 with m_n c^2 (1 + Q7)."""
    header = read_text(file).split("\n", 1)[0].split()
    if len(header) < 3:
        raise ValueError("eos.thermo, line 1: the masses of neutron and proton and a 1 are missing")
    neutron, _, leptons = (_number(file, 1, field) for field in header[:3])
    if leptons != 1:
        raise ValueError(f"eos.thermo lacks the leptons: its third number is {leptons:g}, not 1")
    values = {}
    for index, line, fields in _rows(file, first_index):
        if len(fields) < 7:
            raise ValueError(f"eos.thermo, line {line}: Q1 to Q7 are wanted, {len(fields)} there")
        values[index] = (fields[0], neutron * (1.0 + fields[6]))
    return values


def _read_compose_nuclei(file: Path, first_index: int) -> dict[int, tuple[float, float, float]]:
    """(Z, A, 1/Y) of the nucleus that binds most nucleons, by index, where there is one.

    A line goes on with the phase, the number of pairs (particle, Y), these pairs, the number of
    quadruples (nuclei, A, Z, Y), and these; Y is a number per baryon.
    """
    nuclei, expected = {}, 0
    for index, line, fields in _rows(file, first_index):
        # what is missing would be interpolated over; behind the last line is the core
        if index > expected:
            missing = expected + first_index
            raise ValueError(
                f"eos.compo, line {line}: the line of density {missing} is missing before"
            )
        expected = index + 1
        start = 2 + 2 * _count(line, fields[1]) if len(fields) > 1 else len(fields)
        if len(fields) <= start:
            raise ValueError(f"eos.compo, line {line}: the numbers of pairs or quadruples lack")
        count = _count(line, fields[start])
        if len(fields) < start + 1 + 4 * count:
            raise ValueError(f"eos.compo, line {line}: it has not the {count} quadruples it states")
        quadruples = np.reshape(fields[start + 1 : start + 1 + 4 * count], (count, 4))
        quadruples = quadruples[(quadruples[:, 2] > 0.0) & (quadruples[:, 3] > 0.0)]
        if len(quadruples):
            _, cluster, charge, share = max(quadruples, key=lambda row: row[1] * row[3])
            nuclei[index] = (charge, cluster, 1.0 / share)
    if not nuclei:
        raise ValueError("eos.compo lacks the nuclei of the crust: no line has a quadruple")
    return nuclei


def _count(line: int, number: float) -> int:
    if not (number >= 0.0 and number.is_integer()):
        raise ValueError(f"eos.compo, line {line}: {number:g} is no number of pairs or quadruples")
    return int(number)
