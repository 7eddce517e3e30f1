"""The algorithms: those that the library declares, and two that are the plugin's own."""

from .. import declared
from .generic import DeclaredAlgorithm
from .map_atlas import MapAtlas
from .sample_project import SampleProject

OWN = (MapAtlas, SampleProject)


def algorithms():
    """One object of each."""
    return [*(DeclaredAlgorithm(entry) for entry in declared.algorithms()), *(kind() for kind in OWN)]


def algorithm(name):
    """The algorithm of a name, with its parameters."""
    made = next(each for each in algorithms() if each.name() == name)
    made.initAlgorithm()
    return made
