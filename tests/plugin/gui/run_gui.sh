#!/usr/bin/env bash
# The whole desktop under Xvfb: the installed zip, a fresh profile under a Chinese user folder, real clicks.
# Usage: run_gui.sh ZIP ENGINE_PYTHON OUT [zh|en] [driver.py|endurance.py]      Exit status is the verdict; OUT holds result.json and the pictures.
set -uo pipefail
zip=$(realpath "$1"); engine=$2; out=$(realpath -m "$3"); lang=${4:-zh}; driver=${5:-driver.py}
here=$(cd "$(dirname "$0")" && pwd)
home="$out/用户 数据"
rm -rf "$out"; mkdir -p "$home" "$out"
profile="$home/profiles/profiles/default"
mkdir -p "$profile/QGIS" "$profile/python/plugins"
/usr/bin/python3 -m zipfile -e "$zip" "$profile/python/plugins"
{
    printf '[PythonPlugins]\necoval_qgis=true\nprocessing=true\nMetaSearch=false\ndb_manager=false\ngrassprovider=false\n'
    printf '[core]\nNewsFeed\\httpsfeedqgisorg\\disabled=true\n[app]\nnews-feed\\httpsfeedqgisorg\\disabled=true\n'
    printf '[qgis]\ncheckVersion=false\nshowTips=false\nenableMacros=never\n'
} > "$profile/QGIS/QGIS3.ini"
export XDG_RUNTIME_DIR="$out/run"; mkdir -m 700 -p "$XDG_RUNTIME_DIR"
export XDG_DATA_HOME="$home/share"; mkdir -p "$XDG_DATA_HOME/fonts"
if [ -n "${ECOVAL_TEST_FONTS:-}" ]; then cp "$ECOVAL_TEST_FONTS"/*.ttc "$XDG_DATA_HOME/fonts/" 2>/dev/null; fi
exec 8> "$out/dpy"
Xvfb -displayfd 8 -screen 0 1366x768x24 -nolisten tcp 2> "$out/xvfb.log" & x=$!
until [ -s "$out/dpy" ]; do sleep 0.1; done
export DISPLAY=:$(cat "$out/dpy") QT_QPA_PLATFORM=xcb LC_ALL=C.UTF-8 HOME="$home"
export ECOVAL_PYTHON="$engine" ECOVAL_GUI_OUT="$out" ECOVAL_GUI_HOME="$home" ECOVAL_GUI_LANG="$lang" ECOVAL_GUI_HERE="$here"
locale=zh-Hans; [ "$lang" = en ] && locale=en
openbox 2> /dev/null & w=$!
timeout -k 5 "${ECOVAL_GUI_SECONDS:-480}" /usr/bin/qgis.bin --nologo --noversioncheck --profiles-path "$home/profiles" --profile default \
    --lang "$locale" --code "$here/$driver" > "$out/qgis.log" 2>&1; rc=$?
kill "$w" "$x" 2> /dev/null
[ -f "$out/result.json" ] || rc=9
exit $rc
