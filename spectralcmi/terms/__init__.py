"""What acts on the field: Ohmic decay, Hall drift, the chiral effect, angular dissipation.

How a term is added
-------------------
*A part of Ohm's law*, explicit: an inline function of B and curl B at a point in a file of its own,
as `spectralcmi.terms.hall` has one; a line in `_ohms_law` and in `_local_law` of
`spectralcmi.terms.ohms_law`, which fuse all of them into one pass over the grid; its coefficient in
`LocalCoefficients`, filled in `spectralcmi.build.local_coefficients` from the profiles of the
crust. What it does to the energy follows from its work; a power of its own is one more of
`InductionModel.quadratures`.

*A damping of degrees or radial functions*, implicit: a rate or a form in a file of its own, as
`spectralcmi.terms.dissipation` and `spectralcmi.terms.ohmic` have them, added to the stiffness of
`spectralcmi.fields.element_space` and `spectralcmi.fields.mode_space`.

Either comes with its switch in `spectralcmi.case.sections` and a test file of its own.
"""
