"""Section [initial] of the case file: what field a run starts with, a class for each kind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from spectralcmi.case.choices import (
    FieldPart,
    HelicityPattern,
    RadialShape,
)
from spectralcmi.case.errors import broken
from spectralcmi.case.kinds import default_kind
from spectralcmi.case.quantities import (
    Section,
    nonempty,
    nonzero,
    quantity,
)

_LARGEST_SEED = 2**63 - 1


class InitialField(Section):
    """What every initial field can have on top: a small random perturbation of all modes."""

    perturbation_amplitude: float = quantity(
        0.0, "1", "root mean square of a random field added, relative to the initial field's", ge=0
    )
    perturbation_seed: int = quantity(
        0, "", "seed of the random field added", ge=0, le=_LARGEST_SEED
    )


class Dipole(InitialField):
    """Poloidal dipole along the axis, the free-decay-like start of the paper."""

    kind: Literal["dipole"] = quantity("dipole", "", "poloidal dipole along the axis")
    polar_field: Annotated[float, AfterValidator(nonzero)] = quantity(
        1e12, "G", "radial field at the north pole of the outer radius", ge=-1e18, le=1e18
    )


class Mode(Section):
    """One spherical-harmonic mode of an initial field."""

    degree: int = quantity(..., "1", "degree l", ge=1)
    order: int = quantity(0, "1", "order m", ge=0)
    kind: FieldPart = quantity("poloidal", "", "poloidal or toroidal")
    amplitude: Annotated[float, AfterValidator(nonzero)] = quantity(
        1e12,
        "G",
        "root mean square over the shell of this mode's field alone; its sign is the mode's",
        ge=-1e18,
        le=1e18,
    )
    shape: RadialShape = quantity(
        "free_decay",
        "",
        "radial shape. free_decay: the mode of that index, slowest first, of Ohmic decay; "
        "polynomial: the lowest polynomial that obeys the boundary conditions",
    )
    index: int = quantity(1, "1", "index n of the free-decay mode, 1 the slowest", ge=1)

    @model_validator(mode="after")
    def _check_order(self) -> Mode:
        if self.order > self.degree:
            raise broken(f"order={self.order} exceeds degree={self.degree}", "order", self.order)
        return self


class Modes(InitialField):
    """A sum of chosen modes."""

    kind: Literal["modes"] = quantity("modes", "", "a sum of chosen modes")
    modes: Annotated[tuple[Mode, ...], AfterValidator(nonempty)] = quantity(
        ...,
        "",
        "list of modes {degree, order, kind, amplitude, shape, index}",
        strict=False,
    )


class RandomField(InitialField):
    """A random field of given spectrum and helicity."""

    kind: Literal["random"] = quantity("random", "", "a random field")
    seed: int = quantity(0, "", "seed of the random numbers", ge=0, le=_LARGEST_SEED)
    rms_field: float = quantity(
        1e12, "G", "root mean square of the field over the shell", gt=0, le=1e18
    )
    slope: float = quantity(
        0.0,
        "1",
        "exponent of the energy in the shell per degree, E_l ~ l^slope; the field outside is not "
        "counted, in the stored spectra neither",
        ge=-20,
        le=20,
    )
    lmin: int = quantity(1, "1", "lowest degree", ge=1)
    lmax: int = quantity(10, "1", "highest degree; no energy beyond", ge=1)
    damped_below: int = quantity(
        0, "1", "the amplitudes of degrees below this one are multiplied by damping", ge=0
    )
    damping: float = quantity(
        0.1, "1", "factor on the amplitudes of the degrees below damped_below", gt=0, le=1
    )
    toroidal_share: float = quantity(
        0.5, "1", "share of the toroidal field in the energy of each degree", ge=0, le=1
    )
    radial_wavenumber: float = quantity(
        0.0,
        "1/km",
        "wavenumber along the proper radius of waves of random phase that vanish at both "
        "boundaries; 0: the four slowest free-decay modes",
        ge=0,
    )
    helicity: float = quantity(
        0.0,
        "1",
        "magnetic helicity as a fraction of the largest that the spectrum allows, that of a "
        "toroidal field T ~ P; with helicity_pattern random_sign, of each (l, m) apart from its "
        "sign",
        ge=-1,
        le=1,
    )
    helicity_pattern: HelicityPattern = quantity(
        "uniform",
        "",
        "uniform: the same fraction at each degree; random_sign: that sign times a random one of "
        "each (l, m); hemispheric: T ~ cos(theta) P, that sign in the north, the other in the "
        "south, none as a whole; legacy: the correlation of the coefficients of modes of equal "
        "index, as before helicity was measured",
    )

    @model_validator(mode="after")
    def _check_degrees(self) -> RandomField:
        if self.lmax < self.lmin:
            raise broken(f"lmax={self.lmax} is below lmin={self.lmin}", "lmax", self.lmax)
        if self.helicity_pattern == "hemispheric" and self.lmax == self.lmin:
            raise broken(
                f"needs degrees l and l+1, but lmin=lmax={self.lmax}",
                "helicity_pattern",
                self.helicity_pattern,
            )
        return self

    @model_validator(mode="after")
    def _check_helicity(self) -> RandomField:
        if self.helicity_pattern == "legacy":
            for name in ("radial_wavenumber", "toroidal_share", "damped_below"):
                if (value := getattr(self, name)) != type(self).model_fields[name].default:
                    raise broken('is not for helicity_pattern = "legacy"', name, value)
            return self
        if self.helicity != 0 and self.toroidal_share in (0, 1):
            raise broken(
                f"toroidal_share={self.toroidal_share:g} allows none", "helicity", self.helicity
            )
        return self


class FieldFile(InitialField):
    """The last snapshot of an earlier run."""

    kind: Literal["file"] = quantity("file", "", "the last snapshot of an earlier run")
    file: str = quantity(
        ...,
        "",
        "netCDF file of a run; a relative path starts from the working directory",
        min_length=1,
    )

    def files(self) -> dict[str, str]:
        """Files and folders that the section names, by key."""
        return {"file": self.file}


class GivenStart(InitialField):
    """A field that Python was given."""

    kind: Literal["given"] = quantity(
        "given", "", "a field that cmi.run(initial=) was given in Python, not for case files"
    )
    digest: str = quantity(..., "", "digest of its content", min_length=1)
    origin: str = quantity("", "", "what it is, and what of it the run can't hold")


Initial = Annotated[
    Dipole | Modes | RandomField | FieldFile | GivenStart,
    Field(discriminator="kind"),
    default_kind("initial"),
]
