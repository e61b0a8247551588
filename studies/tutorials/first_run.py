# %% [markdown]
"""
# How fast does the field grow, and does anybody outside see it?

A first run: the crust of a neutron star whose electrons are captured faster than they are made
keeps an excess of one handedness, and its magnetic field grows by the chiral magnetic effect. We
follow a dipole for sixty years, measure its growth, set it beside linear theory, and look at where
the field is. Ten seconds on one core.
"""

# %%
import os

import matplotlib.pyplot as plt
import numpy as np

import spectralcmi as cmi

# a coarser and shorter case, for a first try of the page
QUICK = {"resolution.lmax": 4, "time.end": 26.0} if "QUICK" in os.environ else {}

# %% [markdown]
# ## The case
#
# Every key of a case has a default, which together are the run of Dehman & Pons
# (arXiv:2408.05281): a crust of 1.4 solar masses at 1e9 K in the metric of the star, and a poloidal
# dipole of 1e12 G at the pole. We change three things: a deviation from beta equilibrium a hundred
# times larger, so that sixty years are enough; half the degrees; and when whole fields are kept.

# %%
parameters = cmi.Parameters().replace(
    {
        "chiral.delta_mu": 1.0,  # [k_B T]; the paper's is 0.01
        "resolution.lmax": 30,
        "time.end": 60.0,  # yr
        "output.snapshot_times": [0.0, 25.0, 60.0],  # yr
        **QUICK,
    }
)
print(parameters)

# %% [markdown]
# ## The run
#
# What comes back is an `xarray.Dataset`, the same as in the file: series along `time`, whole fields
# along `snapshot`, each with its unit. The same call with the same file goes on where it ended; so
# does `cmi.resume("first_run.nc")`. An interrupt (the square button) returns what there is.

# %%
dataset = cmi.run(parameters, "first_run.nc")
print({name: int(size) for name, size in dataset.sizes.items()}, dataset.attrs["status"])

# %% [markdown]
# ## How fast?
#
# In the first years the field rearranges itself, then it grows exponentially, until it is strong
# enough to use up the handedness that drives it. Linear theory has the rate of the fastest mode.

# %%
rate = np.log(dataset["rms_field"]).differentiate("time")
modes = cmi.eigenmodes(parameters, degrees=[1], modes=1)
linear = float(modes["growth_rate"].squeeze())
year = float(rate.idxmax("time"))
print(f"largest rate of the run: {float(rate.max()):.3f} /yr, at {year:.0f} yr")
print(f"fastest mode of l = 1:   {linear:.3f} /yr")

# %% [markdown]
# The run stays a few per cent below the mode: it saturates before the fastest mode has left all
# slower ones behind.

# %%
with cmi.style(width=5.0):
    figure, ax = plt.subplots()
    ax.plot(rate["time"], rate, color="black", label="the run")
    ax.axhline(linear, color="tab:orange", ls="--", label="fastest mode of $l = 1$")
    ax.set(xlabel="$t$ [yr]", ylabel=r"growth rate of $B_\mathrm{rms}$ [yr$^{-1}$]")
    ax.legend()
plt.show()

# %% [markdown]
# ## Who sees it?
#
# Two quantities are called *the dipole field*. `dipole_rms_field` is the mean of l = 1 inside the
# crust, which grows a thousandfold. `dipole_field` is what is left of it outside, at the pole, and
# `dipole_timing_field` what an observer would infer from the spin-down. They do not move.

# %%
with cmi.style(width=5.0):
    ax = cmi.plot.dipoles(dataset)
plt.show()

# %% [markdown]
# ## Where is it?
#
# In a layer of a few hundred metres, half a kilometre below the surface, where the product of
# diffusivity and k5² is largest. There it alternates every ten metres, so that outside next to
# nothing of it remains.

# %%
with cmi.style():
    panels = cmi.plot.radial(dataset)
plt.show()

# %% [markdown]
# ## What it means, and what it does not
#
# - **Which dipole.** The one that grows is that of the crust, not the one of spin-down.
# - **Which metric.** That of the star, the default. In flat space, `"metric.kind": "flat"`, the
#   field grows by a fifth faster.
# - **Which noise.** None: the start is an exact axisymmetric dipole, so even degrees come from Hall
#   drift alone, and no order but m = 0 can appear. `initial.perturbation_amplitude` adds noise, and
#   `resolution.mmax` opens the third dimension.
# - **Which source.** The deviation from beta equilibrium is held by hand. No known process holds
#   it: the last line shows how often each electron of the crust has been captured by the end, and
#   once uses it up.

# %%
print(f"captures per electron: {float(dataset['captures_per_electron'][-1]):.1e}")

# %% [markdown]
# ## To change
#
# - `"chiral.delta_mu": 0.01` and `"time.end": 120.0`: the paper's own date of 1e15 G.
# - `"hall.enabled": False`: the same growth; what differs after 30 years is Hall drift's doing.
# - `"thermal.enabled": True`: the crust cools, and the field heats it; `cmi.plot.cooling(dataset)`.
