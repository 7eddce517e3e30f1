"""ecoval:sample_project, the sample county as a QGIS project."""

import os

from qgis.core import QgsProcessingAlgorithm, QgsProcessingOutputFile, QgsProcessingParameterFolderDestination

from .. import sample
from ..i18n import tr
from .base import EcovalAlgorithm, mark


class SampleProject(EcovalAlgorithm):
    """A project to try everything with."""

    identifier = "sample_project"
    title = mark("Sample project")
    section = mark("Start")
    words = "sample demo 示例 演示 shili yanshi tutorial"
    summary = mark(
        "Unpacks a small fictitious county with its data, and a QGIS project whose layers have their roles already."
    )

    def flags(self):
        """In the main thread: a project is written."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def declare(self):
        """Parameters and outputs."""
        self.add(
            QgsProcessingParameterFolderDestination("FOLDER", tr("Folder"), optional=True, createByDefault=False),
            tr("Where the sample is unpacked; empty: ecoval_sample in the home folder."),
        )
        self.addOutput(QgsProcessingOutputFile("PROJECT", tr("Project")))

    def compute(self, parameters, context, feedback):
        """Unpack and write the project."""
        folder = self.text(parameters, "FOLDER", context) or os.path.join(os.path.expanduser("~"), "ecoval_sample")
        path = sample.unpack(folder)
        feedback.pushInfo(tr("Written: {path}").format(path=path))
        return {"PROJECT": path, "FOLDER": folder}
