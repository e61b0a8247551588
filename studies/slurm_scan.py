"""How does the time to 1e15 G depend on the temperature and on the source of the chiral asymmetry?

Twenty-five runs on a SLURM cluster: five temperatures, five deviations from beta equilibrium. An
example of a scan whose workers are batch jobs; change `parameters` and the questions to your own.

Expected: the year falls with the deviation, from thousands of years at 1e-5 kT to twenty at 1 kT,
and falls with the temperature, to which the deviation is in proportion, far more slowly than the
rates of electron capture alone would suggest, since what grows is capped by the cutoff of k5.

Run time: that of the slowest run, some hours for the smallest deviations, if there are as many
cores as points; `--quick` ten seconds, without SLURM. Needs dask-jobqueue (python -m pip install
dask-jobqueue) and a folder that all nodes see. Jobs that come to the end of their wall time are
replaced, and their points go on from their last checkpoint; so does the whole scan if this script
is started again.

    python studies/slurm_scan.py [--quick] [--output FOLDER] [--redraw FILE.nc]
        [--jobs N] [--cores N] [--account NAME] [--partition NAME] [--walltime HH:MM:SS]
"""

import argparse
import contextlib
from pathlib import Path

import matplotlib
import numpy as np
import xarray as xr
from dask.distributed import Client

import spectralcmi as cmi

NAME = "slurm_scan"
TARGET = 1e15  # G


def parameters(quick=False):
    """The base case, and what is scanned."""
    if quick:
        small = {"resolution.lmax": 4, "resolution.radial_order": 24, "time.end": 3.0}
        base = cmi.Parameters().replace({**small, "output.snapshot_times": [0.0]})
        return base, {"background.temperature": [1e9], "chiral.delta_mu": [1.0, 1e-2]}
    base = cmi.Parameters().replace({"time.end": 8000.0, "output.series_interval": 5.0})
    return base, {
        "background.temperature": [1e8, 3e8, 1e9, 3e9, 1e10],
        "chiral.delta_mu": [1.0, 1e-1, 1e-2, 1e-3, 1e-5],
    }


def compute(parameters, client, folder):
    """Run the points that `folder` lacks, and take the year of 1e15 G from each."""
    table = cmi.scan(*parameters, client=client, folder=folder)
    dataset = table[["rms_field", "status", "reason"]].compute()
    year = xr.apply_ufunc(
        first_year_above, dataset["rms_field"], dataset["time"], TARGET,
        input_core_dims=[["time"], ["time"], []], vectorize=True,
    )  # fmt: skip
    dataset["year"] = year.assign_attrs(units="yr", long_name=f"year of {TARGET:g} G")
    return dataset


def first_year_above(field, time, level):
    """Year at which a field comes to a level, between two times of its series by its logarithm."""
    above = np.flatnonzero(field >= level)
    if above.size == 0:
        return np.nan
    i = above[0]
    if i == 0:
        return time[0]
    return np.interp(np.log(level), np.log(field[i - 1 : i + 1]), time[i - 1 : i + 1])


def draw(dataset):
    """Year of 1e15 G against the deviation, a line for each temperature."""
    from matplotlib import pyplot as plt

    figure, ax = plt.subplots(layout="constrained")
    for temperature, years in dataset["year"].groupby("background.temperature", squeeze=False):
        ax.plot(
            dataset["chiral.delta_mu"], years.squeeze("background.temperature"), "o-",
            label=f"{temperature:.0e} K",
        )  # fmt: skip
    ax.set(xscale="log", xlabel=r"$\delta\mu/k_BT$", ylabel=f"year of {TARGET:.0e} G")
    if dataset["year"].notnull().any():  # none comes there in the quick mode
        ax.set_yscale("log")
    ax.legend()
    return figure


@contextlib.contextmanager
def slurm_client(jobs, cores, walltime, account=None, partition=None):
    """Client of workers of one thread each, `cores` to a job, replaced when a job ends."""
    from dask_jobqueue import SLURMCluster

    options = {"account": account, "queue": partition}
    with SLURMCluster(
        cores=cores,
        processes=cores,
        memory=f"{2 * cores}GB",
        walltime=walltime,
        **{name: value for name, value in options.items() if value is not None},
    ) as cluster:
        cluster.adapt(minimum_jobs=jobs, maximum_jobs=jobs)
        with Client(cluster, set_as_default=False) as client:
            yield client


def local_client():
    """Client of a worker in this process."""
    return Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None,
        set_as_default=False,
    )  # fmt: skip


def main(quick=False, output="runs", redraw=None, **slurm):
    """Compute or reload, save, print and draw."""
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    if redraw is None:
        with local_client() if quick else slurm_client(**slurm) as client:
            dataset = compute(parameters(quick), client, folder / NAME)
        dataset.to_netcdf(folder / f"{NAME}.nc", engine="h5netcdf")
    else:
        dataset = xr.load_dataset(redraw, engine="h5netcdf")
    print(dataset["year"].to_pandas().to_string(float_format="{:.4g}".format))
    draw(dataset).savefig(folder / f"{NAME}.png")
    return dataset


def command_line():
    """Options and `main`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--output", default="runs")
    parser.add_argument("--redraw")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cores", type=int, default=16)
    parser.add_argument("--walltime", default="12:00:00")
    parser.add_argument("--account")
    parser.add_argument("--partition")
    matplotlib.use("Agg")
    main(**vars(parser.parse_args()))


if __name__ == "__main__":
    command_line()
