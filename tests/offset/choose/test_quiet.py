"""Standard output holds the answer alone, whatever native code prints while several solves overlap."""

import json
import os
import threading

import choose_cases as cases
import project_cases
import pytest
import scipy.optimize

from ecoval.__main__ import main
from ecoval.offset.choose import select_portfolio
from ecoval.offset.choose.quiet import solver_output_aside


def noisy(monkeypatch):
    real = scipy.optimize.milp

    def milp(*given, **named):
        os.write(1, b"HiGHS says something\n")
        return real(*given, **named)

    monkeypatch.setattr(scipy.optimize, "milp", milp)


def test_a_choice_prints_nothing_on_standard_output(monkeypatch, capfd):
    noisy(monkeypatch)
    select_portfolio(*cases.example(), whole=False)
    out, err = capfd.readouterr()
    assert out == ""
    assert "HiGHS says something" in err


def test_solves_that_overlap_restore_standard_output_once(capfd):
    inside, leave = threading.Event(), threading.Event()

    def first():
        with solver_output_aside():
            inside.set()
            leave.wait(10)

    beside = threading.Thread(target=first)
    beside.start()
    inside.wait(10)
    with solver_output_aside():
        leave.set()
        beside.join()
        os.write(1, b"still aside\n")
    os.write(1, b"answer\n")
    out, err = capfd.readouterr()
    assert (out, "still aside" in err) == ("answer\n", True)


def test_a_failure_restores_standard_output(capfd):
    with pytest.raises(ValueError, match="broken"), solver_output_aside():
        raise ValueError("broken")
    os.write(1, b"answer\n")
    assert capfd.readouterr().out == "answer\n"


def test_the_answer_of_assess_stays_one_object(monkeypatch, capfd, tmp_path):
    noisy(monkeypatch)
    project_cases.example_1(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(["offset", "assess", str(tmp_path / "project.toml"), "--out", str(tmp_path / "run"), "--json"])
    assert stop.value.code in (0, None)
    out, err = capfd.readouterr()
    assert "verdict" in json.loads(out)
    assert "HiGHS says something" in err
