#!/bin/sh
# Builds the guest into the new folder $1: a kernel with its USB, input, serial and camera modules, and a small Debian.
# Takes half a minute and a download of 130 MB, and must be root. What it needs stands in needs.py.
set -eu
mkdir -p "$1"
cd "$1"
. /etc/os-release

package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
apt-get -q download "$package"
dpkg-deb -x "$package"_*.deb kernel
mmdebstrap --quiet --variant=minbase --include=python3,udev,kmod,v4l-utils,libzbar0 "$VERSION_CODENAME" sysroot

version=$(ls kernel/lib/modules)
depmod -b kernel "$version"
files_of() {
    for module in "$@"; do modprobe -d kernel -S "$version" --show-depends "$module"; done |
        awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}
for file in $(files_of 9p 9pnet_virtio virtio_rng ext4 evdev xhci_pci usbhid hid_generic ftdi_sio vivid); do
    install -D -m 644 "$file" "sysroot/lib/modules/${file#*lib/modules/}"
done
cp kernel/lib/modules/"$version"/modules.builtin kernel/lib/modules/"$version"/modules.order "sysroot/lib/modules/$version/"
depmod -b sysroot "$version"

mkdir -p ird/bin ird/dev ird/proc ird/sys ird/mnt ird/mod
cp /bin/busybox ird/bin/
number=10
for file in $(files_of virtio_pci virtio_blk crc32c_generic ext4); do
    number=$((number + 1))
    cp "$file" "ird/mod/$number.ko"
done
cat >ird/init <<'INIT'
#!/bin/busybox sh
B=/bin/busybox
$B mount -t proc p /proc
$B mount -t sysfs s /sys
$B mount -t devtmpfs d /dev
for module in /mod/*.ko; do $B insmod $module; done
tries=0
while [ ! -e /dev/vda ] && [ $tries -lt 100 ]; do $B sleep 0.1; tries=$((tries + 1)); done
$B mount -o ro /dev/vda /mnt
$B mount --move /dev /mnt/dev
exec $B switch_root /mnt /sbin/hil
INIT
# The repository and its packages reach the guest as they lie on the host, read-only: new code needs no new guest.
# Whatever happens in it, it is over after five minutes.
cat >sysroot/sbin/hil <<'INIT'
#!/bin/sh
mount -t proc p /proc
mount -t sysfs s /sys
mount -t tmpfs t /run
mkdir -p /dev/shm /run/project /run/packages
mount -t tmpfs t /dev/shm
modprobe 9pnet_virtio
for tag in project packages; do
    mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144 $tag /run/$tag
done
modprobe -a evdev xhci_pci usbhid hid_generic ftdi_sio
/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add
udevadm settle
export HOME=/run TMPDIR=/run PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
export PYTHONPATH=/run/project:/run/packages
cd /run/project && timeout 300 python3 -m tests.hil.guest
echo o >/proc/sysrq-trigger
sleep 5
INIT
chmod +x ird/init sysroot/sbin/hil

(cd ird && find . | cpio -o -H newc --quiet | gzip -1) >initrd.gz
cp kernel/boot/vmlinuz-"$version" vmlinuz
truncate -s 900M guest.img
mke2fs -q -t ext4 -O ^has_journal -d sysroot guest.img
readlink sysroot/usr/bin/python3 >python
rm -rf kernel sysroot ird ./*.deb
