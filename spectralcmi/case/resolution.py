"""Section [resolution] of the case file: angular and radial resolution."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, model_validator

from spectralcmi.case.choices import Dealiasing, RadialGrid
from spectralcmi.case.errors import broken
from spectralcmi.case.quantities import (
    LARGEST_RESOLUTION,
    Section,
    auto_or_fraction,
    auto_or_positive,
    auto_or_radial_order,
    element_order_of_c1,
    quantity,
    radial_grid_or_breakpoints,
)

# the two defaults of the radial grid
DEFAULT_RADIAL_GRID: RadialGrid = "auto"
DEFAULT_RADIAL_ORDER: Literal["auto"] | int = "auto"

GLOBAL_RADIAL_ORDER = 192
"""Chebyshev polynomials of the global expansion where radial_order is "auto"."""

_LARGEST_ELEMENT_ORDER = 32  # steps get short long before


class Resolution(Section):
    """Angular and radial resolution."""

    lmax: int = quantity(60, "1", "highest degree", ge=1, le=LARGEST_RESOLUTION)
    mmax: int = quantity(0, "1", "highest order; 0: axisymmetric, lmax: full 3D", ge=0)
    mres: int = quantity(1, "1", "orders are the multiples of mres (an mres-fold symmetry)", ge=1)
    radial_grid: Annotated[
        RadialGrid | tuple[float, ...], BeforeValidator(radial_grid_or_breakpoints)
    ] = quantity(
        DEFAULT_RADIAL_GRID,
        "km",
        "auto: polynomials on elements, small where the field will vary; global: one "
        "Chebyshev expansion from end to end; or the breakpoints between elements, a list of "
        "radii from the inner to the outer one",
    )
    element_order: Annotated[int, AfterValidator(element_order_of_c1)] = quantity(
        7,
        "1",
        "degree of the poloidal polynomials of an element, at least 3; that of the toroidal ones "
        "is one less; nothing to a global radial_grid",
        le=_LARGEST_ELEMENT_ORDER,
    )
    radial_order: Annotated[Literal["auto"] | int, BeforeValidator(auto_or_radial_order)] = (
        quantity(
            DEFAULT_RADIAL_ORDER,
            "1",
            "number of radial functions, at least 8: Chebyshev polynomials, or elements times "
            "(element_order - 1). auto: 192 for a global radial_grid, else what radial_grid "
            "gives; a number scales what radial_grid = auto gives",
        )
    )
    map_parameter: Annotated[Literal["auto"] | float, BeforeValidator(auto_or_fraction)] = quantity(
        "auto",
        "1",
        "a of the Kosloff-Tal-Ezer map of a global radial_grid, in [0, 1); auto: "
        "sech(ln(1e12)/radial_order); 0: unmapped",
    )
    functions_per_wavelength: Annotated[
        Literal["auto"] | float, BeforeValidator(auto_or_positive)
    ] = quantity(
        "auto",
        "1",
        "radial functions to a wavelength of the fastest chiral waves, where radial_grid is auto; "
        "auto: a number that grows with lmax",
    )
    dealiasing: Dealiasing = quantity(
        2, "1", "the grid is free of aliasing for products of this many fields"
    )

    @property
    def is_global(self) -> bool:
        """Whether one expansion reaches from the inner to the outer radius."""
        return self.radial_grid == "global"

    @property
    def elements(self) -> int | None:
        """Number of radial elements; None where only the star decides."""
        if isinstance(self.radial_grid, tuple):
            return len(self.radial_grid) - 1
        return 1 if self.is_global else None

    @property
    def radial_functions(self) -> int | None:
        """Number of radial functions of each kind; None where only the star decides."""
        if isinstance(self.radial_grid, tuple):
            return (len(self.radial_grid) - 1) * (self.element_order - 1)
        if not self.is_global:
            return None
        return GLOBAL_RADIAL_ORDER if self.radial_order == "auto" else self.radial_order

    @model_validator(mode="after")
    def _check_orders(self) -> Resolution:
        if self.mmax > self.lmax:
            raise broken(f"mmax={self.mmax} exceeds lmax={self.lmax}", "mmax", self.mmax)
        if self.mmax % self.mres:
            raise broken(
                f"mmax={self.mmax} is not a multiple of mres={self.mres}", "mmax", self.mmax
            )
        return self

    @model_validator(mode="after")
    def _check_radial_grid(self) -> Resolution:
        if self.map_parameter != "auto" and not self.is_global:
            raise broken(
                'belongs to radial_grid = "global"; elements have no map',
                "map_parameter",
                self.map_parameter,
            )
        if isinstance(self.radial_grid, tuple):
            elements = len(self.radial_grid) - 1
            self._check_functions(elements, elements * (self.element_order - 1))
        return self

    def _check_functions(self, elements: int, functions: int) -> None:
        """Raise unless breakpoints give as many functions as are allowed and wanted."""
        count = f"{elements} element" + ("s" if elements > 1 else "")
        gives = f"{count} of order {self.element_order} give {functions} functions"
        if functions > LARGEST_RESOLUTION:
            raise broken(
                f"{gives}, more than {LARGEST_RESOLUTION}", "radial_grid", self.radial_grid
            )
        if self.radial_order not in ("auto", functions):
            raise broken(
                f"{gives}, elements x (element_order - 1); leave it out, or change the breakpoints",
                "radial_order",
                self.radial_order,
            )
