"""The packages: all of the tree, and the sample county, which lies beside it; the rest is said in setup.cfg."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["ecoval", "ecoval.*"]), "ecoval.sample"])
