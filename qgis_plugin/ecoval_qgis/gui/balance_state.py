"""What the tab of the project balance knows: project, tables of the engine, ticks, sums, and the engine's verdict.

It computes sums (`live.Live`) and nothing else; every verdict is the engine's.
"""

import copy
import csv
import os
import time

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from .. import inputs, live, projects, records, remembered, session, tomltext
from ..engine import client as states
from ..engine import locate
from ..i18n import language, tr
from .project_file import complete, normal

QUIET = 300  # ms without a tick before the engine is asked
LOOK = 15  # ms between two looks at its answer
ENTRY = "offset"
LOSS, CREDITS, PORTFOLIO, BALANCE = (
    "ecoval:" + name for name in ("project_loss", "offset_credits", "offset_portfolio", "offset_balance")
)
ALTERNATIVES = "ecoval:compare_alternatives"
ALGORITHMS = (LOSS, CREDITS, PORTFOLIO, BALANCE, ALTERNATIVES)
ROLES = {"footprints": "footprint", "candidates": "candidates"}


class BalanceState(QObject):
    """The project balance of the QGIS project that is open."""

    changed = pyqtSignal()  # project, layers or stage
    summed = pyqtSignal()  # ticks and sums
    confirmed = pyqtSignal()  # the engine has answered

    def __init__(self, control, parent=None):
        super().__init__(parent)
        self.control = control
        self.timer = self._timer(QUIET, self.ask_engine, single=True)
        self.poll = self._timer(LOOK, self._look)
        self.clear()

    def _timer(self, interval, action, single=False):
        made = QTimer(self)
        made.setInterval(interval)
        made.setSingleShot(single)
        made.timeout.connect(action)
        return made

    def clear(self):
        """Forget everything."""
        self.content = {}
        self.folder = ""
        self.after_class = ""
        self.live = None
        self.parcels = []
        self.tables = {}
        self.ticked = {}
        self.sums = []
        self.engine = {}
        self.sure = False
        self.said_at = ""
        self.trouble = ""
        self.answer = None
        self.stale = False
        self.exported = {}
        self.rules = {}
        self.timer.stop()
        self.poll.stop()

    # remembered in the project

    def load(self):
        """Read what the QGIS project remembers."""
        stored = remembered.read(ENTRY)
        self.clear()
        self.content = normal(stored.get("content", {}))
        self.folder = stored.get("folder", "")
        self.after_class = stored.get("after_class", "")
        self.ticked = {(each[0], each[1]): each[2] for each in stored.get("ticked", [])}
        self.stale = bool(stored.get("stale"))
        if self.folder and os.path.isfile(self.file()):
            self.read_tables()
        self.changed.emit()

    def store(self):
        """Write it into the QGIS project."""
        kept = {
            "content": self.content,
            "folder": self.folder,
            "after_class": self.after_class,
            "stale": self.stale,
            "ticked": [[*pair, share] for pair, share in sorted(self.ticked.items())],
        }
        remembered.write(ENTRY, kept)

    def set(self, table, key, value):
        """Change a key of the project; what was computed is stale."""
        known = self.content.setdefault(table, {})
        if known.get(key) == value:
            return
        if value in (None, ""):
            known.pop(key, None)
        else:
            known[key] = value
        self.stale = bool(self.tables)
        self.store()
        self.changed.emit()

    def get(self, table, key, default=""):
        """A key of the project."""
        return self.content.get(table, {}).get(key, default)

    # layers

    def layer(self, table):
        """Layer of the QGIS project that plays a part, or None."""
        role = ROLES[table]
        for layer in QgsProject.instance().mapLayers().values():
            if layer.customProperty("ecoval/role", "") == role:
                return layer
        return None

    def assign(self, table, layer):
        """Choose the layer of the footprints or candidates."""
        old = self.layer(table)
        if old is layer:
            return
        if old is not None:
            old.removeCustomProperty("ecoval/role")
        if layer is not None:
            layer.setCustomProperty("ecoval/role", ROLES[table])
        self.stale = bool(self.tables)
        if table == "footprints" and layer is not None:
            names = self.alternatives()
            if names and self.get("record", "chosen") not in names:
                self.content.setdefault("record", {})["chosen"] = names[0]
        self.store()
        self.changed.emit()

    def alternative_field(self):
        """Field of the footprints that names the alternative; empty where there is none."""
        layer = self.layer("footprints")
        name = self.get("footprints", "alternative", "alternative_id")
        return name if layer is not None and layer.fields().lookupField(name) >= 0 else ""

    def alternatives(self):
        """Names of the alternatives, in their order."""
        layer, name = self.layer("footprints"), self.alternative_field()
        if layer is None:
            return []
        if not name:
            return ["A"]
        return sorted({str(feature[name]) for feature in layer.getFeatures() if feature[name] not in (None, "")})

    def patches(self):
        """Features of the chosen alternative."""
        layer, name = self.layer("footprints"), self.alternative_field()
        chosen = self.get("record", "chosen")
        found = list(layer.getFeatures()) if layer is not None else []
        return [feature for feature in found if not name or not chosen or str(feature[name]) == chosen]

    # the project file

    def file(self):
        """Path of the project file that the engine reads."""
        return os.path.join(self.folder, "project.toml")

    def composed(self):
        """Content of the project file: what is known, with the layers of the QGIS project."""
        content = copy.deepcopy(self.content)
        content.setdefault("project", {}).setdefault("name", QgsProject.instance().title() or tr("Project"))
        for table in ROLES:
            layer = self.layer(table)
            entry = inputs.as_file(layer) if layer is not None else None
            if entry is not None:
                entry = {key: text for key, text in entry.items() if text}
                known = content.get(table, {})
                same = known.get("path") and os.path.abspath(known["path"]) == entry["path"]
                content[table] = dict(known, **entry) if same else entry
        return complete(content)

    def footprint_constants(self):
        """Fields that the layer of the footprints lacks, with the one value that the tab gives them."""
        layer = self.layer("footprints")
        made = {}
        if layer is not None and self.after_class:
            made["after_class"] = projects.number(self.after_class, "after_class")
        if layer is not None and not self.alternative_field():
            made["alternative_id"] = self.get("record", "chosen") or "A"
        return made

    def place(self):
        """Folder of this balance; made where there is none yet."""
        if not self.folder or not os.path.isdir(self.folder):
            self.folder = inputs.default_folder(QgsProject.instance().homePath(), "offset")
            os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, inputs.MARK), "a", encoding="utf-8"):
            return self.folder

    def prepare(self):
        """Write the project file into the folder of this balance."""
        self.place()
        self.stop_asking()
        tomltext.write(self.composed(), self.file())
        self.stale = False
        self.store()
        return self.file()

    # what an algorithm gets

    def parameters(self, algorithm):
        """Parameters of an algorithm of the balance."""
        project = self.prepare() if algorithm in (LOSS, CREDITS, ALTERNATIVES) else self.file()
        made = {"PROJECT": project, "OUT_FOLDER": self.folder}
        if algorithm in (LOSS, CREDITS, ALTERNATIVES):
            for table, name in (("footprints", "FOOTPRINT"), ("candidates", "CANDIDATES")):
                layer = self.layer(table)
                wanted = table == "footprints" or algorithm == CREDITS
                plain = layer is not None and inputs.as_file(layer) is not None and not layer.subsetString()
                if layer is not None and wanted and (not plain or (table == "footprints" and self.after_class)):
                    made[name] = layer.id()
            if "FOOTPRINT" in made and self.after_class:
                made["AFTER_CLASS"] = self.after_class
        elif algorithm == PORTFOLIO:
            made["OUT_FOLDER"] = os.path.join(self.folder, "suggestion")
        elif algorithm == BALANCE:
            path = os.path.join(self.folder, "ticked.csv")
            with open(path, "w", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream)
                writer.writerow(["candidate_id", "option_id", "share"])
                writer.writerows([[*pair, repr(share)] for pair, share in sorted(self.ticked.items())])
            made["CHOSEN"] = path
            made["OUT_FOLDER"] = inputs.default_folder(QgsProject.instance().homePath(), "statement")
        return made

    def reason(self, algorithm):
        """Why a step cannot start, as a sentence; empty where it can."""
        if self.control.busy:
            return tr("A run is going on.")
        if remembered.refusal():
            return remembered.refusal()
        if not locate.candidates():
            return tr("Install the engine first: at the top of this panel.")
        if self.layer("footprints") is None:
            return tr("Draw a footprint, or choose its layer.")
        if not self.get("project", "study") and not self.get("project", "densities"):
            return tr("Choose the study, or compute the account once: its models and prices are needed.")
        if not self.content.get("area_units") and not self.get("project", "area_units", None):
            return tr("Choose the areas within which the services must balance.")
        if algorithm in (LOSS, ALTERNATIVES):
            return ""
        if self.layer("candidates") is None:
            return tr("Choose the layer of the candidate parcels.")
        if algorithm == CREDITS:
            return ""
        if self.stale:
            return tr("Something was changed: compute the gains again.")
        if not self.parcels:
            return tr("Compute the gains first.")
        if algorithm == BALANCE and not self.ticked:
            return tr("Tick at least one parcel.")
        return ""

    def ended(self, algorithm, results):
        """Take in what an algorithm has made."""
        if algorithm in (LOSS, CREDITS):
            if algorithm == LOSS:
                self.parcels = []
                for name in ("candidates.csv", "credits.csv"):
                    path = os.path.join(self.folder, name)
                    if os.path.isfile(path):
                        os.remove(path)
            self.read_tables()
        elif algorithm == PORTFOLIO:
            rows = records.table_rows(os.path.join(results["FOLDER"], "portfolio.csv"))
            self.ticked = {
                (row["candidate_id"], row["option_id"]): float(row["share"])
                for row in rows
                if float(row["share"]) > 0.0
            }
            self.store()
            self.tick_changed()
        elif algorithm == BALANCE:
            self.exported = dict(results)
        self.changed.emit()

    def read_tables(self):
        """Read the tables of the stages in the folder."""
        paths = {
            name: os.path.join(self.folder, name + ".csv")
            for name in ("requirements", "credits", "candidates", "statutory")
        }
        self.tables = {name: path for name, path in paths.items() if os.path.isfile(path)}
        if "requirements" not in self.tables:
            self.live, self.parcels = None, []
            return
        complete = "credits" in self.tables and "candidates" in self.tables
        given = (
            [self.tables[name] for name in ("requirements", "credits", "candidates")]
            if complete
            else [self.tables["requirements"]]
        )
        self.take(live.Live.read(*given), records.table_rows(self.tables["candidates"]) if complete else [])

    def take(self, sums, parcels):
        """Use requirements and credits, and the parcels that may be ticked."""
        self.live, self.parcels = sums, parcels
        known = {(row["candidate_id"], row["option_id"]) for row in parcels if not row["excluded"]}
        self.ticked = {pair: share for pair, share in self.ticked.items() if pair in known} if parcels else self.ticked
        self.tick_changed()

    # ticks

    def tick(self, pair, on, share=1.0):
        """Tick or untick a parcel; of several options of one candidate only one."""
        if on:
            for other in [each for each in self.ticked if each[0] == pair[0] and each != pair]:
                del self.ticked[other]
            self.ticked[pair] = share
        else:
            self.ticked.pop(pair, None)
        self.tick_changed()

    def tick_all(self, pairs):
        """Tick exactly these."""
        self.ticked = {pair: self.ticked.get(pair, 1.0) for pair in pairs}
        self.tick_changed()

    def tick_changed(self):
        """Sum now; ask the engine after some quiet."""
        self.stop_asking()
        self.sums = self.live.sums(self.ticked) if self.live is not None else []
        self.sure = False
        self.summed.emit()
        if self.parcels and not self.stale:
            self.timer.start()

    def stop_asking(self):
        """No answer is waited for any longer."""
        self.timer.stop()
        self.poll.stop()
        self.answer = None

    def ask_engine(self):
        """Send the ticked parcels to the engine."""
        self.store()
        if self.control.busy or self.stale or not self.parcels or not locate.candidates():
            return
        if session.client().state in (states.ABSENT, states.OUTDATED, states.CRASHED):
            return
        rows = [{"candidate_id": c, "option_id": o, "share": share} for (c, o), share in sorted(self.ticked.items())]
        self.answer = session.client().request(
            "offset", stage="balance", project=self.file(), ticked=rows, lang=language()
        )
        self.poll.start()

    def _look(self):
        """Take the answer where it is there."""
        if self.answer is None:
            self.poll.stop()
            return
        event = self.answer.next(0)
        while event is not None and event["event"] not in ("result", "error"):
            event = self.answer.next(0)
        if event is None:
            return
        self.poll.stop()
        self.answer = None
        self.trouble = session.sentence(event) if event["event"] == "error" else ""
        if event["event"] == "result":
            self.engine, self.sure, self.said_at = event, True, time.strftime("%H:%M:%S")
        self.confirmed.emit()

    def engine_rows(self):
        """Rows of the engine's last answer: (service, unit) -> row."""
        return (
            {(row["service"], str(row["area_unit"])): row for row in self.engine.get("nets") or []} if self.sure else {}
        )
