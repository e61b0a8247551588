# %% [markdown]
"""
# How long does the field take, by how far the crust is from beta equilibrium?

A scan: the same case at several values of a parameter, as one dataset. Each run ends when its
question is answered. A quarter of a minute on one core.
"""

# %%
import os

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from dask.distributed import Client

import spectralcmi as cmi

QUICK = "QUICK" in os.environ  # two points instead of seven, for a first try of the page

# %% [markdown]
# ## The case
#
# While the field grows it is nearly all l = 1, so four degrees are enough to see when it passes
# 1e14 G; they would not be for what Hall drift makes of it later. `time.stop_when` ends each run
# there.

# %%
TARGET = 1e14  # G
case = cmi.Parameters().replace(
    {
        "resolution.lmax": 4,
        "time.end": 500.0,  # yr
        "time.stop_when": f"rms_field > {TARGET:g}",
        "output.snapshot_times": [0.0],
    }
)
deviations = [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001][: 2 if QUICK else None]  # [k_B T]

# %% [markdown]
# ## The scan
#
# Each point is a run in a file of its own, in a folder; the same call takes what is there and goes
# on with the rest, and a point that fails harms no other.
#
# This page computes its points one after the other in this process, which works in any notebook or
# script. **Leave `client` out** to use all cores: then `cmi.scan` starts a process for each, and a
# script has to keep its own work under `if __name__ == "__main__":`. On a cluster, `client` is that
# of dask-jobqueue.

# %%
with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
    table = cmi.scan(case, {"chiral.delta_mu": deviations}, client, folder="deviations")
print(table[["status", "reason"]].to_dataframe().to_string())

# %% [markdown]
# The table has the variables of a run, with a dimension more, named as the key. They are read from
# the files when they are asked for.

# %%
with cmi.style(width=5.0):
    ax = cmi.plot.scan(table)
    ax.axhline(TARGET, color="grey", lw=0.7)
    ax.set_ylabel(r"$B_\mathrm{rms}$ in the crust [G]")
plt.show()

# %% [markdown]
# ## The answer
#
# The year in which each line passes 1e14 G, and beside it what linear theory would say: the time
# for the fastest mode to grow from the field of the start.


# %%
def year_of(time, field):
    """Year in which a field passes the target, from a straight line in its logarithm."""
    rising = np.isfinite(field)
    return np.interp(np.log(TARGET), np.log(field[rising]), time[rising], right=np.nan)


field = table["rms_field"].load()
growing = field.where(field.cumulative("time").max() == field)  # the first years only decay
years = xr.apply_ufunc(
    year_of, table["time"], growing, input_core_dims=[["time"], ["time"]], vectorize=True
)
rates = [
    float(cmi.eigenmodes(case.replace({"chiral.delta_mu": d}), [1], 1)["growth_rate"].squeeze())
    for d in deviations
]
linear = np.log(TARGET / field.isel(time=0)) / rates

with cmi.style(width=5.0):
    figure, ax = plt.subplots()
    ax.plot(deviations, years, "o", color="black", label="the runs")
    ax.plot(deviations, linear, "--", color="tab:orange", label="all of the start in the mode")
    ax.set(xscale="log", yscale="log", xlabel=r"$\delta\mu / k_B T$", ylabel="year of 1e14 G")
    ax.legend()
plt.show()

print("deviation   rate [1/yr]   year of 1e14 G")
for deviation, rate, year in zip(deviations, rates, years.values, strict=True):
    print(f"{deviation:9g}   {rate:11.3f}   {year:14.1f}")

# %% [markdown]
# ## What it means, and what it does not
#
# - The rate falls far more slowly than the deviation, because k5 is cut off at 600 /km
#   (`chiral.k5_max`, a numerical choice of the paper) wherever it would be larger. What a smaller
#   deviation changes is how much of the crust reaches that.
# - Most of the waiting is for the fastest mode to emerge: it is a small part of a smooth dipole.
# - **Which dipole.** The field of the crust. That outside stays at 1e12 G at every point.
# - **Which metric.** The star's. **Which temperature.** 1e9 K for good, which at the long dates no
#   star has: with `"thermal.enabled": True` the same scan has other years.
# - **Which noise.** None; the year moves with the logarithm of how much of the mode the start has.
# - **Which constant.** `chiral.convention = "textbook"`, C = 2 alpha/pi.
#
# ## To change
#
# - Two keys at once, `{"chiral.delta_mu": [...], "background.temperature": [...]}`: the figure
#   becomes a map.
# - From the command line the same is a case file with a table `[scan.grid]`, run by
#   `spectralcmi scan`.
