"""Memory that a process may use."""

import resource

from spectralcmi.memory import usable_memory


def test_the_memory_asked_for_is_that_of_the_machine_or_less(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (12345, resource.RLIM_INFINITY))
    assert usable_memory() == 12345
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY,) * 2)
    assert usable_memory() > 12345
