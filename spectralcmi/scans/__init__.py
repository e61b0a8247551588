"""Scans: many runs over a grid or a list of parameters, on all cores or a cluster, as one Dataset.

Each point is a run of its own in a file of its own, named after its parameters. So no point is run
twice, a scan that was interrupted goes on where it was, and a run that diverges harms no other.
"""
