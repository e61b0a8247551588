"""Papers on the chiral instability in neutron-star crusts, reproduced: runs, figures, claims."""

from __future__ import annotations

from spectralcmi.paper.registry import DEFAULT, PAPERS, paper_of
from spectralcmi.paper.reproduction import claims_document, judge_stored, reproduce

__all__ = ["DEFAULT", "PAPERS", "claims_document", "judge_stored", "paper_of", "reproduce"]
