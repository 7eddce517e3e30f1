#!/usr/bin/env bash
# Tests of the plugin in a real QGIS. Where none can be had, one line says what was not run, and that is no failure.
# Usage: scripts/qgis_tests.sh [ENGINE_PYTHON] [pytest arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
engine=${1:-.venv/bin/python}
shift || true
environment=${ECOVAL_PLUGIN_ENVIRONMENT:-.envs/plugin}
packages="python3-qgis qgis-providers qgis python3-venv xvfb xauth openbox xdotool imagemagick fonts-dejavu-core fonts-wqy-zenhei"

sees_qgis() { QT_QPA_PLATFORM=offscreen /usr/bin/python3 -W ignore -c 'import qgis.core' > /dev/null 2>&1; }
not_run() { echo "plugin tests were not run: $1"; exit 0; }

if ! sees_qgis || ! command -v xdotool > /dev/null || [ ! -x /usr/bin/qgis_process.bin ]; then
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || { sees_qgis || not_run "no QGIS for /usr/bin/python3, and no right to install one"; }
    if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
        export DEBIAN_FRONTEND=noninteractive
        { apt-get -qq update && apt-get -qq install -y --no-install-recommends $packages; } > /tmp/ecoval_apt.log 2>&1 || true
    fi
    sees_qgis || not_run "QGIS could not be installed (see /tmp/ecoval_apt.log)"
fi

if [ ! -f "$environment/.complete" ]; then
    rm -rf "$environment"
    /usr/bin/python3 -m venv "$environment" || not_run "/usr/bin/python3 makes no environment (python3-venv)"
    "$environment/bin/pip" install --quiet --disable-pip-version-check $(/usr/bin/python3 scripts/constraints.py) pytest pytest-qgis || not_run "pytest-qgis could not be installed"
    # after pip, or pip would take the system's old packages for its own
    site=$(echo "$environment"/lib/python3*/site-packages)
    printf '/usr/lib/python3/dist-packages\n/usr/share/qgis/python/plugins\n' > "$site/zz_system.pth"
    touch "$environment/.complete"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -m 700 "$work/run"
export XDG_RUNTIME_DIR="$work/run" XDG_DATA_HOME="$work/数据 目录" XDG_CONFIG_HOME="$work/config" QGIS_CUSTOM_CONFIG_PATH="$work/qgis"
export QT_QPA_PLATFORM=offscreen LC_ALL=C.UTF-8 PYTHONPATH="$PWD/qgis_plugin"
ECOVAL_TEST_PYTHON=$(cd "$(dirname "$engine")" && pwd)/$(basename "$engine")
export ECOVAL_TEST_PYTHON
mkdir -p "$XDG_DATA_HOME"
"$environment/bin/python" -m pytest --basetemp="$work/pytest" -c tests/plugin/pytest.ini --rootdir=tests/plugin tests/plugin "$@"
