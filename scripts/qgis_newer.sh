#!/usr/bin/env bash
# The plugin's tests and desktop runs in a newer QGIS: Debian 13 (QGIS 3.40) in a folder of its own, by debootstrap; not for CI.
# Usage: scripts/qgis_newer.sh [pytest arguments]      ECOVAL_MIRROR is the archive (default: that of this system), ECOVAL_SUITE the suite (trixie, sid).
set -euo pipefail
cd "$(dirname "$0")/.."
suite=${ECOVAL_SUITE:-trixie}
mirror=${ECOVAL_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 2> /dev/null | grep -v security | head -n 1 || true)}
place=$PWD/.envs/$suite
packages="python3-qgis qgis-providers qgis python3-venv xvfb xauth openbox xdotool imagemagick fonts-dejavu-core fonts-wqy-zenhei ca-certificates"

not_run() { echo "tests on a newer QGIS were not run: $1"; exit 0; }

[ -n "$mirror" ] || not_run "no archive of packages is known: set ECOVAL_MIRROR"
[ "$(id -u)" = 0 ] || not_run "they need root, for debootstrap and chroot"
command -v debootstrap > /dev/null || not_run "debootstrap is not installed (apt-get install debootstrap)"

if [ ! -f "$place/.system" ]; then
    [ -x "$place/usr/bin/apt-get" ] || debootstrap --variant=minbase "$suite" "$place" "$mirror" > /tmp/ecoval_debootstrap.log 2>&1 \
        || not_run "debootstrap failed (see /tmp/ecoval_debootstrap.log)"
fi
mounted=()
leave() { for point in "${mounted[@]}"; do umount "$point" || umount -l "$point"; done; }
trap leave EXIT
bind() { mkdir -p "$place$2"; mount --bind "$1" "$place$2"; mounted=("$place$2" "${mounted[@]}"); }
bind /proc /proc
bind /dev /dev
bind "$PWD" /src
cp /etc/resolv.conf "$place/etc/resolv.conf"
inside() {
    chroot "$place" /usr/bin/env -i HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore "$@"
}

if [ ! -f "$place/.system" ]; then
    inside apt-get -qq update > /tmp/ecoval_apt_newer.log 2>&1
    inside apt-get -qq install -y --no-install-recommends $packages >> /tmp/ecoval_apt_newer.log 2>&1 \
        || not_run "QGIS could not be installed (see /tmp/ecoval_apt_newer.log)"
    touch "$place/.system"
fi
# the certificates that this machine trusts, for pip behind a proxy
[ ! -f /etc/ssl/certs/ca-certificates.crt ] || cp /etc/ssl/certs/ca-certificates.crt "$place/etc/ssl/certs/ca-certificates.crt"
if [ ! -f "$place/opt/engine/.complete" ]; then
    inside bash -c 'rm -rf /opt/engine && python3 -m venv /opt/engine && /opt/engine/bin/pip install --quiet --editable "/src[test]" && touch /opt/engine/.complete' \
        || not_run "the library could not be installed there"
fi
inside bash -c 'python3 -W ignore -c "from qgis.core import Qgis; import sys; print(\"QGIS\", Qgis.QGIS_VERSION, \"Python\", sys.version.split()[0])"'
inside ECOVAL_PLUGIN_ENVIRONMENT=/opt/plugin ECOVAL_GUI_RUNS="${ECOVAL_GUI_RUNS:-4}" bash /src/scripts/qgis_tests.sh /opt/engine/bin/python "$@"
