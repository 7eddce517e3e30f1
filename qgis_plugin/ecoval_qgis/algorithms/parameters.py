"""Types of declared parameters: what QGIS shows for each. How they are read stands in `reading`."""

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputHtml,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
)

from .. import catalogue, declared
from ..i18n import language

HIDDEN = QgsProcessingParameterDefinition.Flag.FlagHidden
ADVANCED = QgsProcessingParameterDefinition.Flag.FlagAdvanced
BASIC = ("dem", "precipitation", "rain_daily", "evapotranspiration", "npp", "ndvi", "cover", "temperature")
KIND = QgsProcessing.SourceType
LANGUAGE = "language"  # a default: that of the user
OUTPUTS = {
    "boolean": QgsProcessingOutputBoolean,
    "file": QgsProcessingOutputFile,
    "folder": QgsProcessingOutputFolder,
    "html": QgsProcessingOutputHtml,
    "multilayer": QgsProcessingOutputMultipleLayers,
    "number": QgsProcessingOutputNumber,
    "raster": QgsProcessingOutputRasterLayer,
    "string": QgsProcessingOutputString,
    "vector": QgsProcessingOutputVectorLayer,
}


def options(entry):
    """Default and optionality, where they are said."""
    said = {"defaultValue": entry["default"]} if "default" in entry else {}
    return dict(said, optional=True) if entry.get("optional") else said


def choice(name, label, entry, several=False):
    """A choice by identifier, so that scripts do not change with the order."""
    known, default = declared.choices(entry), entry.get("default")
    if default is None and not entry.get("optional"):
        default = known[0]
    default = language() if default == LANGUAGE else default
    return QgsProcessingParameterEnum(
        name,
        label,
        known,
        allowMultiple=several,
        defaultValue=default,
        optional=entry.get("optional", False),
        usesStaticStrings=True,
    )


def choices(name, label, entry):
    """Several of the choices."""
    return choice(name, label, entry, True)


def number(name, label, entry, kind=QgsProcessingParameterNumber.Type.Double):
    """A number with its bounds."""
    made = QgsProcessingParameterNumber(
        name, label, type=kind, defaultValue=entry.get("default"), optional=entry.get("optional", False)
    )
    if "low" in entry:
        made.setMinimum(entry["low"])
    if "high" in entry:
        made.setMaximum(entry["high"])
    return made


def whole(name, label, entry):
    """A whole number."""
    return number(name, label, entry, QgsProcessingParameterNumber.Type.Integer)


def file(name, label, entry, kind=QgsProcessingParameterFile.Behavior.File):
    """A file that is there."""
    return QgsProcessingParameterFile(name, label, behavior=kind, optional=entry.get("optional", False))


def folder(name, label, entry):
    """A folder."""
    return file(name, label, entry, QgsProcessingParameterFile.Behavior.Folder)


def source(name, label, entry):
    """A vector layer, or the selected part of one."""
    kinds = [KIND.TypeVectorPolygon if entry.get("of") == "polygon" else KIND.TypeVector]
    return QgsProcessingParameterFeatureSource(name, label, kinds, **options(entry))


def sink(name, label, entry):
    """A copy that is written where somebody asks for it."""
    kind = KIND.TypeVectorPolygon if entry.get("of") == "polygon" else KIND.TypeVector
    return QgsProcessingParameterFeatureSink(name, label, kind, optional=True, createByDefault=False)


def several(kind):
    """Several layers or files of a kind."""

    def make(name, label, entry):
        return QgsProcessingParameterMultipleLayers(name, label, kind, **options(entry))

    return make


def simple(kind):
    """A parameter that QGIS makes of name, label, default, and whether it is optional."""

    def make(name, label, entry):
        return kind(name, label, **options(entry))

    return make


def field(name, label, entry):
    """A field of the layer of another parameter."""
    return QgsProcessingParameterField(name, label, parentLayerParameterName=entry["of"], **options(entry))


def landcover(name, label, _entry):
    """A raster, or polygons."""
    return QgsProcessingParameterMapLayer(name, label, types=[KIND.TypeRaster, KIND.TypeVectorPolygon])


def out_file(name, label, entry):
    """A file that is written."""
    return QgsProcessingParameterFileDestination(name, label, entry["of"])


def out_folder(name, label, _entry):
    """A folder that is written."""
    return QgsProcessingParameterFolderDestination(name, label, optional=True, createByDefault=False)


TYPES = {
    "choice": choice,
    "choices": choices,
    "crs": simple(QgsProcessingParameterCrs),
    "extent": simple(QgsProcessingParameterExtent),
    "field": field,
    "file": file,
    "files": several(KIND.TypeFile),
    "flag": simple(QgsProcessingParameterBoolean),
    "folder": folder,
    "landcover": landcover,
    "layers": several(KIND.TypeVectorPolygon),
    "new_folder": folder,
    "number": number,
    "out_file": out_file,
    "out_folder": out_folder,
    "out_raster": simple(QgsProcessingParameterRasterDestination),
    "out_vector": simple(QgsProcessingParameterVectorDestination),
    "quantiles": simple(QgsProcessingParameterString),
    "raster": simple(QgsProcessingParameterRasterLayer),
    "rasters": several(KIND.TypeRaster),
    "run": folder,
    "scheme": choice,
    "series": file,
    "sink": sink,
    "source": source,
    "study_file": file,
    "text": simple(QgsProcessingParameterString),
    "ticked": source,
    "units": source,
    "whole": whole,
    "year": whole,
}


def definitions(entry):
    """Parameters of QGIS for a declared one, each with its help; several for the roles of the layers.

    Parameters
    ----------
    entry : mapping

    Yields
    ------
    QgsProcessingParameterDefinition
    """
    if entry["type"] == "hidden":
        made = QgsProcessingParameterNumber(entry["name"], entry["name"], optional=True)
        made.setFlags(made.flags() | HIDDEN)
        yield made
        return
    if entry["type"] == "roles":
        yield from roles()
        return
    made = TYPES[entry["type"]](entry["name"], declared.said(entry["label"]), entry)
    yield explained(made, declared.said(entry["help"]), entry.get("advanced", False))


def roles():
    """A raster or a table for each role of the catalogue."""
    for role in catalogue.raster_roles():
        made = QgsProcessingParameterRasterLayer(role.upper(), catalogue.label(role), optional=True)
        yield explained(made, catalogue.role_help(role), role not in BASIC)
    for role in catalogue.table_roles():
        yield explained(file(role.upper(), catalogue.label(role), {"optional": True}), catalogue.role_help(role), True)


def explained(parameter, text, advanced):
    """A parameter with its help."""
    parameter.setHelp(text)
    if advanced:
        parameter.setFlags(parameter.flags() | ADVANCED)
    return parameter


def output(entry):
    """An output of QGIS for a declared one."""
    return OUTPUTS[entry["type"]](entry["name"], declared.said(entry["label"]))
