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

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xarray as xr
from dask.distributed import Client
from matplotlib.figure import Figure

import spectralcmi as cmi
from spectralcmi.paper import measures, study

NAME = "slurm_scan"
TARGET = 1e15  # G


def parameters(quick: bool = False) -> tuple[cmi.Parameters, dict[str, list[float]]]:
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


def compute(
    parameters: tuple[cmi.Parameters, dict[str, list[float]]], client: Client, folder: Path
) -> xr.Dataset:
    """Run the points that `folder` lacks, and take the year of 1e15 G from each."""
    table = cmi.scan(*parameters, client=client, folder=folder)
    dataset = table[["rms_field", "status", "reason"]].compute()
    year = xr.apply_ufunc(
        measures.crossing_year, dataset["time"], dataset["rms_field"], TARGET,
        input_core_dims=[["time"], ["time"], []], vectorize=True,
    )  # fmt: skip
    dataset["year"] = year.assign_attrs(units="julian_year", long_name=f"year of {TARGET:g} G")
    return dataset


def draw(dataset: xr.Dataset) -> Figure:
    """Year of 1e15 G against the deviation, a line for each temperature."""
    from matplotlib import pyplot as plt

    figure, ax = plt.subplots(layout="constrained")
    for temperature, years in dataset["year"].groupby("temperature", squeeze=False):
        ax.plot(
            dataset["delta_mu"], years.squeeze("temperature"), "o-",
            label=f"{temperature:.0e} K",
        )  # fmt: skip
    ax.set(xscale="log", xlabel=r"$\delta\mu/k_BT$", ylabel=f"year of {TARGET:.0e} G")
    if dataset["year"].notnull().any():  # none comes there in the quick mode
        ax.set_yscale("log")
    ax.legend()
    return figure


def report(dataset: xr.Dataset) -> str:
    """The years, by temperature and deviation."""
    return dataset["year"].to_pandas().to_string(float_format="{:.4g}".format)


@contextlib.contextmanager
def slurm_client(
    jobs: int = 2,
    cores: int = 16,
    walltime: str = "12:00:00",
    account: str | None = None,
    partition: str | None = None,
) -> Iterator[Client]:
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


def local_client() -> Client:
    """Client of a worker in this process."""
    return Client(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None,
        set_as_default=False,
    )  # fmt: skip


def _answer(quick: bool, folder: Path, **slurm: Any) -> xr.Dataset:
    with local_client() if quick else slurm_client(**slurm) as client:
        return compute(parameters(quick), client, folder / NAME)


STUDY = study.Study(NAME, __doc__, _answer, draw, report)
main = STUDY.main


def command_line() -> None:
    """Options and `main`."""
    study.use_no_screen()
    parser = STUDY.parser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cores", type=int, default=16, help="workers of a job")
    parser.add_argument("--walltime", default="12:00:00")
    parser.add_argument("--account")
    parser.add_argument("--partition")
    chosen = vars(parser.parse_args())
    common = {name: chosen.pop(name) for name in ("quick", "output", "redraw")}
    dataclasses.replace(STUDY, compute=functools.partial(_answer, **chosen)).main(**common)


if __name__ == "__main__":
    command_line()
