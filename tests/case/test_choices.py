"""Choices of the case file: what implements them has the same names, no more and no fewer."""

import pytest

from spectralcmi.case import choices
from spectralcmi.case.parameters import section_classes
from spectralcmi.fields.boundary import INNER, OUTER
from spectralcmi.profiles.crust import BACKGROUNDS
from spectralcmi.star.composition import COMPOSITIONS
from spectralcmi.terms.chiral import CHIRAL_CONVENTIONS
from spectralcmi.timestepping.schemes import SCHEMES


@pytest.mark.parametrize(
    ("alias", "registry"),
    [
        (choices.Scheme, SCHEMES),
        (choices.ChiralConvention, CHIRAL_CONVENTIONS),
        (choices.Composition, COMPOSITIONS),
        (choices.InnerBoundary, INNER),
        (choices.OuterBoundary, OUTER),
    ],
)
def test_a_choice_is_what_there_is(alias, registry):
    assert set(choices.choices(alias)) == set(registry)


def test_every_kind_of_background_is_there():
    assert section_classes("background").keys() == BACKGROUNDS.keys()


def test_schemes_of_fixed_steps_are_those_without_an_error_estimate():
    without = {name for name, scheme in SCHEMES.items() if scheme.embedded is None}
    assert set(choices.FIXED_STEP_SCHEMES) == without


def test_the_first_choice_is_the_default():
    for section in ("background", "chiral", "boundary", "time"):
        for cls in section_classes(section).values():
            for name, field in cls.model_fields.items():
                names = choices.choices(field.annotation)
                if names and all(isinstance(choice, str) for choice in names):
                    assert field.default == names[0], f"{section}.{name}"
