# %% [markdown]
"""
# Which multipoles does the field have, and who chooses them?

The start, Hall drift, or the instability? Linear theory for many degrees, runs without the one or
the other term, and a start that is no dipole. A quarter of a minute on one core.
"""

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import spectralcmi as cmi

# a coarser and shorter case, for a first try of the page
QUICK = {"resolution.lmax": 6, "time.end": 16.0} if "QUICK" in os.environ else {}

# %% [markdown]
# ## The instability does not choose
#
# Waves of twenty metres in a crust of nine hundred do not feel how they vary along the sphere: the
# fastest mode has the same growth rate at any low degree.

# %%
case = cmi.Parameters().replace(
    {
        "chiral.delta_mu": 1.0,  # [k_B T]
        "resolution.lmax": 24,
        "time.end": 50.0,  # yr
        "output.snapshot_times": [0.0, 50.0],
        **QUICK,
    }
)
modes = cmi.eigenmodes(case, degrees=[1, 2, 4, 8, 16, 32], modes=1)
print(modes["growth_rate"].squeeze("mode").to_series().round(6).to_string())

# %% [markdown]
# ## Two symmetries
#
# About the equator a field has two classes that Hall drift keeps apart: the *dipole family* (in
# axisymmetry poloidal field of odd degree, toroidal of even degree) and the quadrupole family. The
# chiral term keeps another pair apart: even from odd degrees. It makes toroidal field of the
# *same* degree from poloidal field, and so leaves the dipole family at once.
#
# Three runs show it. That of Hall drift alone has 1e14 G and a thousand years, since in a weak
# field nothing happens.

# %%
alone = {
    "chiral.enabled": False,
    "initial.polar_field": 1e14,  # G
    "time.end": 20.0 * case.time.end,
    "output.series_interval": 20.0,
}
runs = {
    "both terms": cmi.run(case),
    "chiral term alone": cmi.run(case.replace({"hall.enabled": False})),
    "Hall drift alone": cmi.run(case.replace(alone)),
}


def even_degrees(dataset):
    """Share of even degrees in the magnetic energy of the crust."""
    energy = dataset["energy_poloidal"] + dataset["energy_toroidal"]
    return 1.0 - dataset["energy_odd_degrees"] / energy


def quadrupole_family(dataset):
    """Share of the quadrupole family in the magnetic energy of the crust."""
    energy = dataset["energy_poloidal"] + dataset["energy_toroidal"]
    return 1.0 - dataset["energy_dipole_family"] / energy


print(f"{'at the end':20} even degrees  quadrupole family")
for name, dataset in runs.items():
    even, other = (float(share(dataset)[-1]) for share in (even_degrees, quadrupole_family))
    print(f"{name:20} {even:12.1e}  {other:17.1e}")

# %% [markdown]
# Shares of 1e-16 are round-off: each term alone keeps its symmetry exactly. Together they keep
# none. Even degrees appear from nothing, since Hall drift couples the two fields of l = 1.

# %%
with cmi.style(width=5.0):
    figure, ax = plt.subplots()
    for name in ("both terms", "chiral term alone"):
        share = np.abs(even_degrees(runs[name]))
        ax.plot(share["time"], np.maximum(share, 1e-18), label=name)
    ax.set(yscale="log", ylim=(1e-18, 1), xlabel="$t$ [yr]")
    ax.set_ylabel("even degrees, share of the energy")
    ax.legend()
plt.show()

# %% [markdown]
# ## The start chooses
#
# The same case from a start with a tenth of its field in l = 2 and in l = 5. Each degree grows at
# the same rate, from as much of the fastest mode as its start contained.

# %%
start = [
    {"degree": 1, "amplitude": 1e12},  # G, rms over the crust
    {"degree": 2, "amplitude": 1e11},
    {"degree": 5, "amplitude": 1e11},
]
mixed = cmi.run(case.replace({"initial": {"kind": "modes", "modes": start}}))

energy = mixed["spectrum_poloidal"] + mixed["spectrum_toroidal"]
with cmi.style(width=5.0):
    figure, ax = plt.subplots()
    for degree in (1, 2, 3, 4, 5, 6):
        given = degree in (1, 2, 5)
        of_degree = energy.sel(degree=degree)
        ax.plot(
            energy["time"],
            of_degree.where(of_degree > 1e-16 * energy.max()),
            ls="-" if given else ":",
            label=f"$l = {degree}$",
        )
    ax.set(yscale="log", xlabel="$t$ [yr]", ylabel="energy in the crust [erg]")
    ax.legend(ncols=2, title="solid: in the start")
plt.show()

# %% [markdown]
# The degrees of the start grow side by side. Hall drift makes the others from products of these;
# once there, they grow as fast, and when the field is strong Hall drift feeds them directly. The
# spectra at the end still tell the two starts apart:

# %%
with cmi.style(width=6.0, height=2.8):
    figure, axes = plt.subplots(1, 2, sharey=True)
    for ax, (name, dataset) in zip(
        axes, {"dipole": runs["both terms"], "mixed start": mixed}.items(), strict=True
    ):
        cmi.plot.spectra(dataset, ax, times=[dataset["time"][-1]])
        ax.annotate(name, (0.96, 0.94), xycoords="axes fraction", ha="right", va="top")
plt.show()

# %% [markdown]
# ## What it means, and what it does not
#
# - That l = 1 holds 95 per cent of the energy in the paper's run is a property of its start, not of
#   the instability.
# - **Which dipole.** All of this is the field inside the crust. Outside the field of the start is
#   left, whatever grows below.
# - **Which metric.** The star's; the symmetries are those of flat space.
# - **Which noise.** None but round-off here. Real stars have some: with
#   `initial.perturbation_amplitude` it grows in all degrees at the same rate, even ones included.
# - **Which resolution.** Once Hall drift acts, energy runs to high degrees, and the spectra above
#   depend on lmax. `cmi.stability` tells whether something would grow beyond it. The asterisk says
#   that by then the radial functions, too, are no longer enough for an error of 1e-3.
#
# ## To change
#
# - `"chiral.delta_mu": 0.01` and `"time.end": 110.0`.
# - Start from a toroidal field: `{"degree": 1, "kind": "toroidal", "amplitude": 1e12}`.
# - `"resolution.mmax": 24` with `"initial.perturbation_amplitude": 1e-3`: which orders appear?
