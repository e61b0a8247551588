"""What a run says before it begins and after it ended."""

from spectralcmi.cli.messages import duration, number


def announcement(parameters):
    """Lines that tell what a run will solve, and what it will cost.

    Parameters
    ----------
    parameters : Parameters

    Yields
    ------
    line : str
        Star, grid, terms, memory and time, each as soon as it is known.
    """
    yield f"star    {_star(parameters.background)}"
    yield f"grid    {_grid(parameters.resolution)}"
    yield f"terms   {_terms(parameters)}"
    yield from _cost(parameters)


def summary(dataset, output, seconds=None):
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
    took = "" if seconds is None else f" in {duration(seconds)}"
    return (
        f"{output}: {float(dataset['time'][-1]):g} yr{took} "
        f"({last['accepted_steps']:g} steps, {last['rejected_steps']:g} rejected); "
        f"B_rms {number(last['rms_field'])} G, dipole {number(last['dipole_field'])} G, "
        f"energy {number(energy)} erg, {100 * last['energy_toroidal'] / energy:.0f} % toroidal; "
        f"energy balance within {number(energy_imbalance(dataset), 1)} of the Ohmic loss"
    )


def energy_imbalance(dataset):
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
    energy = sum(dataset[name] for name in parts)
    work = sum(dataset[name] for name in works)
    loss = abs(float(dataset["ohmic_energy"][-1]))
    residual = float(energy[-1] - energy[0] - (work[-1] - work[0]))
    return abs(residual) / loss if loss > 0 else 0.0


def _star(background):
    from spectralcmi.profiles.crust import crust_radii

    radii = "from {:.3f} to {:.3f} km".format(*crust_radii(background))
    if background.kind == "uniform_shell":
        return f"uniform shell {radii}"
    if background.kind == "table":
        return f"profiles of {background.file}, {radii}"
    if background.kind == "gourgouliatos_cumming":
        return f"crust of Gourgouliatos & Cumming (2014), {radii}"
    file = background.cooling_history or background.temperature_profile
    temperature = f"temperature of {file}" if file else f"{number(background.temperature)} K"
    return (
        f"{background.equation_of_state}, {background.mass:g} solar masses, {temperature}, "
        f"crust {radii}"
    )


def _grid(resolution):
    from spectralcmi.runs.cost import sizes

    size = sizes(resolution)
    every = f", every {resolution.mres}" if resolution.mres > 1 else ""
    angles = f"orders to {resolution.mmax}{every}" if resolution.mmax else "axisymmetric"
    unknowns = f"{size.unknowns:,}".replace(",", " ")
    return (
        f"degrees to {resolution.lmax}, {angles}, {resolution.radial_order} Chebyshev "
        f"polynomials: {unknowns} unknowns"
    )


def _terms(parameters):
    chiral, hall = parameters.chiral, parameters.hall.enabled
    terms = ["Ohmic decay"]
    if hall:
        terms.append("Hall drift")
    if chiral.enabled:
        feedback = "" if chiral.anomaly else ", no feedback of E.B"
        terms.append(
            f"chiral effect (delta_mu {number(chiral.delta_mu)} k_B T, |k5| up to "
            f"{number(chiral.k5_max)}/km{feedback})"
        )
    if hall and parameters.dissipation.angular_rate:
        terms.append(f"angular dissipation {number(parameters.dissipation.angular_rate)}/yr")
    return f"{', '.join(terms)}; {parameters.initial.kind} to {parameters.time.end:g} yr"


def _cost(parameters):
    from spectralcmi.runs import cost
    from spectralcmi.threads import Threads

    yield f"memory  about {number(cost.memory(parameters) / 1e9, 2)} GB"
    threads = Threads()
    set_up = cost.seconds_of_set_up(parameters, threads)
    step, steps = cost.seconds_per_step(parameters, threads), cost.steps(parameters)
    total = duration(set_up + step * steps)
    measured = (
        f"time    set-up {duration(set_up)}, a step {duration(step)} on "
        f"{threads.count} thread{'s' if threads.count > 1 else ''}"
    )
    if parameters.time.step > 0:
        yield f"{measured}; {steps:.0f} steps: {total}"
    else:
        yield (
            f"{measured}; {total} at {number(steps / parameters.time.end, 2)} steps a year as in "
            "the paper's run, more where Hall drift makes the field finer"
        )
