"""Hands and eyes inside QGIS: real clicks, waiting, pictures, a watch on the event loop, the result."""

import json
import os
import subprocess
import sys
import threading
import time
import traceback

from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication, QDockWidget, QMessageBox
from qgis.utils import iface, plugins

OUT = os.environ["ECOVAL_GUI_OUT"]
HOME = os.environ["ECOVAL_GUI_HOME"]
LANG = os.environ.get("ECOVAL_GUI_LANG", "zh")
BLOCKED = 100.0  # ms for which the event loop may stand still
STRICT = bool(os.environ.get("ECOVAL_STRICT"))
SLOW = 1000.0  # where other work has the processors
steps, faults, boxes = [], [], []


def wait(condition, seconds, what):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        QApplication.processEvents()
        if condition():
            return True
        time.sleep(0.01)
    raise AssertionError("waited %s s for %s" % (seconds, what))


def settle(seconds=0.6):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        QApplication.processEvents()
        time.sleep(0.01)


def click_at(point, button=1):
    # away first: --sync waits for ever where the pointer stands there already
    command = ["xdotool", "mousemove", "2", "2", "sleep", "0.1", "mousemove", "--sync", str(point.x()), str(point.y())]
    command += ["sleep", "0.1", "click", str(button)]
    process = subprocess.Popen(command)
    wait(lambda: process.poll() is not None, 5, "xdotool")
    settle()


def show(widget):
    """Scroll a widget of the dock into view."""
    area = widget.parentWidget()
    while area is not None and not hasattr(area, "ensureWidgetVisible"):
        area = area.parentWidget()
    if area is not None:
        area.ensureWidgetVisible(widget)
        settle(0.6)


def click(widget):
    show(widget)
    click_at(widget.mapToGlobal(widget.rect().center()))


def picture(name):
    settle(0.3)
    iface.mainWindow().grab().save(os.path.join(OUT, "%s_%s_window.png" % (LANG, name)))
    dock().grab().save(os.path.join(OUT, "%s_%s_dock.png" % (LANG, name)))
    subprocess.run(["import", "-window", "root", os.path.join(OUT, "%s_%s_screen.png" % (LANG, name))], check=False)


def dock():
    return iface.mainWindow().findChild(QDockWidget, "EcovalDock")


def window():
    return plugins["ecoval_qgis"].window


def find(name):
    found = dock().findChild(object, name)
    assert found is not None, name
    return found


def step(name, action):
    begin = time.perf_counter()
    fine, text = True, ""
    try:
        text = action() or ""
    except Exception:
        fine, text = (
            False,
            traceback.format_exc() + " reason: %s failure: %s" % (window().control.reason(), window().control.failure),
        )
        picture("failed_" + name)
    steps.append({"name": name, "ok": fine, "seconds": round(time.perf_counter() - begin, 3), "text": str(text)})
    with open(os.path.join(OUT, "steps.log"), "a", encoding="utf-8") as stream:  # what is known where QGIS ends early
        stream.write(json.dumps(steps[-1], ensure_ascii=False) + "\n")


class Beat:
    """A timer of 5 ms on the event loop, and what Python did where it came late."""

    def __init__(self):
        self.timer = QTimer()
        self.timer.setInterval(5)
        self.timer.timeout.connect(self._beat)
        self.gaps, self.last, self.going = [], time.perf_counter(), False
        self.where = ""

    def __enter__(self):
        self.gaps, self.last, self.going, self.where = [], time.perf_counter(), True, ""
        self.timer.start()
        threading.Thread(target=self._watch, args=(threading.get_ident(),), daemon=True).start()
        return self

    def __exit__(self, *_failure):
        self.timer.stop()
        self.going = False

    def _beat(self):
        now = time.perf_counter()
        self.gaps.append((1000 * (now - self.last), self.where))
        self.last, self.where = now, ""

    def _watch(self, main):
        """Note where the main thread is while a beat is late."""
        while self.going:
            if time.perf_counter() - self.last > 0.05 and not self.where:
                frame, names = sys._current_frames().get(main), []
                while frame is not None and len(names) < 6:
                    names.append("%s:%s" % (os.path.basename(frame.f_code.co_filename), frame.f_lineno))
                    frame = frame.f_back
                self.where = " < ".join(names)
            time.sleep(0.01)

    @property
    def longest(self):
        """Longest time in ms that the event loop was not served."""
        return max([gap for gap, _ in self.gaps] or [0.0])

    def late(self, least=60.0):
        """The gaps that were long, with what Python did."""
        return ["%.0f ms %s" % (gap, where) for gap, where in self.gaps if gap > least]


def held(measured, bound, text):
    """Hold a time against its bound where times are held: `make test-qgis-long`."""
    assert measured <= bound or not STRICT, text


def loaded():
    """Whether other work has the processors, so that times say nothing."""
    return os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)


def memory(number="self"):
    """Resident memory of a process, MB."""
    with open("/proc/%s/status" % number, encoding="ascii") as stream:
        return next(int(line.split()[1]) / 1024 for line in stream if line.startswith("VmRSS"))


def clean():
    assert not faults, faults
    assert not boxes, boxes


def perform(names, functions):
    """Do the steps, write result.json, and end QGIS."""
    sys.excepthook = lambda kind, value, trace: faults.append("".join(traceback.format_exception(kind, value, trace)))
    watch = QTimer()
    watch.timeout.connect(
        lambda: boxes.extend(b.text() for b in QApplication.topLevelWidgets() if isinstance(b, QMessageBox) and b.isVisible())
    )
    watch.start(200)
    iface.mainWindow().resize(1366, 768)
    iface.mainWindow().move(0, 0)
    settle(0.5)
    for name in names.split():
        step(name, functions[name])
    with open(os.path.join(OUT, "result.json"), "w", encoding="utf-8") as stream:
        json.dump({"steps": steps, "faults": faults, "boxes": boxes}, stream, ensure_ascii=False, indent=1)
    sys.stdout.flush()
    os._exit(0 if all(each["ok"] for each in steps) else 1)
