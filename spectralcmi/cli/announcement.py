"""What a run says before it begins and after it ended."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from spectralcmi.cli.messages import duration, number

if TYPE_CHECKING:
    import xarray as xr

    from spectralcmi.case.parameters import Parameters
    from spectralcmi.case.sections import Chiral, NeutronStar, Resolution, Thermal
    from spectralcmi.grid.radial import RadialBasis


def announcement(parameters: Parameters) -> Iterator[str]:
    """Lines that tell what a run will solve, and how much memory it will take.

    Parameters
    ----------
    parameters : Parameters

    Yields
    ------
    line : str
        Star, grid, terms and memory, each as soon as it is known.
    """
    from spectralcmi.build import build_basis
    from spectralcmi.runs.cost import memory, unknowns

    space = "metric of the star" if parameters.metric.kind == "star" else "flat space"
    yield f"star    {_star(parameters)}, {space}"
    basis = build_basis(parameters)
    count = f"{unknowns(parameters, basis):,}".replace(",", " ")
    yield f"grid    {_grid(parameters.resolution, basis)}: {count} unknowns"
    yield f"terms   {_terms(parameters)}"
    yield f"memory  about {number(memory(parameters, basis) / 1e9, 2)} GB"


def summary(dataset: xr.Dataset, output: Path, seconds: float | None = None) -> str:
    """The main numbers of a run and its file, in a line.

    Parameters
    ----------
    dataset : xarray.Dataset
    output : path-like
    seconds : float, optional
        Wall time of the run; without, it had been run before.

    Returns
    -------
    line : str
    """
    last = {name: float(dataset[name][-1]) for name in dataset if dataset[name].dims == ("time",)}
    energy = last["energy_poloidal"] + last["energy_toroidal"]
    # a field whose square underflows has none
    share = 100 * last["energy_toroidal"] / energy if energy > 0 else 0.0
    took = "" if seconds is None else f" in {duration(seconds)}"
    return (
        f"{output}: {float(dataset['time'][-1]):g} yr{took} "
        f"({last['accepted_steps']:g} steps, {last['rejected_steps']:g} rejected); "
        f"B_rms {number(last['rms_field'])} G, dipole outside {number(last['dipole_field'])} G, "
        f"energy {number(energy)} erg, {share:.0f} % toroidal; "
        f"energy balance within {number(energy_imbalance(dataset), 1)} of the Ohmic loss"
        + _noise(dataset)
    )


def _noise(dataset: xr.Dataset) -> str:
    """What was added to the initial field, where anything was."""
    noise = dataset.attrs.get("initial_noise")
    return f"; the start had noise, a {noise}" if noise else ""


def tails(dataset: xr.Dataset) -> str:
    """Until when the tails of a run's spectra were small, in a line; empty where unknown.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.

    Returns
    -------
    line : str
        That nothing would grow beyond the highest degree it does not say.
    """
    from spectralcmi.runs.tails import SMALL_TAIL, TAILS

    if not TAILS.keys() <= dataset.attrs.keys():
        return ""
    end = float(dataset["time"][-1])
    parts = []
    for attribute, name in TAILS.items():
        until, direction = float(dataset.attrs[attribute]), attribute.rpartition("_")[2]
        if math.isnan(float(dataset[name][0])):  # of a run that began with an older version
            parts.append(f"not measured from the start in {direction}")
        elif math.isnan(until):
            parts.append(f"never in {direction}")
        elif until == end:
            parts.append(f"all along in {direction}")
        else:
            largest = number(float(dataset[name].max()), 2)
            parts.append(f"until {until:g} yr in {direction} ({largest} at most)")
    small = f"{SMALL_TAIL:.0e}".replace("e-0", "e-")
    return f"tails below {small} {', '.join(parts)}"


def source_budget(dataset: xr.Dataset) -> str:
    """What the source of a run takes for granted, in a line; empty without captures.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.

    Returns
    -------
    line : str
        Captures per electron, the power that they spend and how long what there is would last, and
        the powers into the chirality and out of it by spin flips, at the end of the run.
    """
    names = ("captures_per_electron", "net_captures", "beta_power", "weak_power", "spin_flip_power")
    if not all(name in dataset for name in names) or "electron_number" not in dataset.attrs:
        return ""
    captured, rate, *powers = (float(dataset[name][-1]) for name in names)
    if rate == 0.0 or math.isnan(rate):
        return ""
    beta, weak, flips = (f"{number(power, 2)} erg/s" for power in powers)
    per_electron = number(rate / float(dataset.attrs["electron_number"]), 2)
    reservoir = abs(float(dataset.attrs["reservoir_delta_mu_erg"]))
    lasts = number(reservoir / abs(powers[0]), 2) if powers[0] else "nan"
    return (
        f"source: {number(captured, 2)} captures per electron ({per_electron}/s); they spend "
        f"{beta}, of a delta_mu that holds {number(reservoir, 2)} erg and would last {lasts} s; "
        f"{weak} go into chirality, spin flips heat with {flips}"
    )


def heat_budget(dataset: xr.Dataset) -> str:
    """What became of the heat of a run whose temperature is evolved, in a line; else empty.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.

    Returns
    -------
    line : str
        Temperatures at the end; energies since the start, and what the balance of heat lacks.
    """
    if "joule_energy" not in dataset:
        return ""
    last = {name: float(dataset[name][-1]) for name in dataset if dataset[name].dims == ("time",)}
    parts = ("thermal_energy", "joule_energy", "core_supply_energy", "photon_energy")
    names = (*parts, "neutrino_energy")
    change, heat, supply, photons, neutrinos = (
        float(dataset[name][-1] - dataset[name][0]) for name in names
    )
    lacking = abs(change - heat - supply + photons + neutrinos)
    largest = max(abs(change), heat, photons + neutrinos)
    share = number(lacking / largest, 1) if largest > 0 else "0"
    return (
        f"heat: T_b {number(last['T_b'])} K, T_core {number(last['T_core'])} K, L_gamma "
        f"{number(last['L_gamma_inf'])} erg/s; {number(heat)} erg from the field, "
        f"{number(neutrinos)} erg left as neutrinos and {number(photons)} erg as photons; heat "
        f"balance within {share} of the largest"
    )


def energy_imbalance(dataset: xr.Dataset) -> float:
    """Change of the magnetic energy minus the work of all terms, relative to the Ohmic loss.

    Parameters
    ----------
    dataset : xarray.Dataset
        A run.

    Returns
    -------
    imbalance : float
        Over the whole run; 0 where nothing was lost.
    """
    parts = ("energy_poloidal", "energy_toroidal", "energy_exterior")
    works = ("ohmic_energy", "chiral_energy", "angular_dissipation_energy")
    energy = dataset[parts[0]] + dataset[parts[1]] + dataset[parts[2]]
    if "inertial_energy" in dataset:
        energy = energy + dataset["inertial_energy"]
    work = dataset[works[0]] + dataset[works[1]] + dataset[works[2]]
    loss = abs(float(dataset["ohmic_energy"][-1]))
    residual = float(energy[-1] - energy[0] - (work[-1] - work[0]))
    return abs(residual) / loss if loss > 0 else 0.0


def _star(parameters: Parameters) -> str:
    from spectralcmi.profiles.crust import crust_radii

    background = parameters.background
    radii = "from {:.3f} to {:.3f} km".format(*crust_radii(background))
    if background.kind == "uniform_shell":
        return f"uniform shell {radii}"
    if background.kind == "table":
        return f"profiles of {background.file}, {radii}"
    if background.kind == "gourgouliatos_cumming":
        return f"crust of Gourgouliatos & Cumming (2014), {radii}"
    return (
        f"{background.equation_of_state}, {background.mass:g} solar masses, "
        f"{_temperature(background, parameters.thermal)}, crust {radii}"
    )


def _temperature(star: NeutronStar, thermal: Thermal) -> str:
    if thermal.enabled:
        start = thermal.core_history or f"{number(thermal.initial_temperature)} K"
        return f"temperature evolved from {start}"
    file = star.cooling_history or star.temperature_profile
    return f"temperature of {file}" if file else f"{number(star.temperature)} K"


def _grid(resolution: Resolution, basis: RadialBasis) -> str:
    every = f", every {resolution.mres}" if resolution.mres > 1 else ""
    angles = f"orders to {resolution.mmax}{every}" if resolution.mmax else "axisymmetric"
    return f"degrees to {resolution.lmax}, {angles}, {basis.description}"


def _deviation(chiral: Chiral) -> str:
    if chiral.delta_mu_file:
        return f"of {chiral.delta_mu_file}"
    return f"{number(chiral.delta_mu)} k_B T"


def _terms(parameters: Parameters) -> str:
    chiral, hall = parameters.chiral, parameters.hall.enabled
    terms = ["Ohmic decay"]
    if hall:
        inertia = parameters.hall.inertia
        terms.append(f"Hall drift (inertia {number(inertia)} G yr)" if inertia else "Hall drift")
    if chiral.enabled:
        feedback = "" if chiral.anomaly else ", no feedback of E.B"
        terms.append(
            f"chiral effect (delta_mu {_deviation(chiral)}, |k5| up to "
            f"{number(chiral.k5_max)}/km{feedback})"
        )
    if hall and parameters.dissipation.angular_rate:
        terms.append(f"angular dissipation {number(parameters.dissipation.angular_rate)}/yr")
    return f"{', '.join(terms)}; {parameters.initial.kind} to {parameters.time.end:g} yr"
