#!/bin/sh
# The initramfs of the emulated host: loads modules, mounts a tmpfs over the read-only root, and
# switches to it.
export PATH=/bin:/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /lib/modules/*.ko; do insmod "$module" || echo "lab: $module cannot be loaded"; done
mkdir -p /low /up
mount -t erofs -o ro /dev/vda /low || exec sh
mount -t tmpfs -o size=1G up /up
mkdir -p /up/upper /up/work
mount -t overlay -o lowerdir=/low,upperdir=/up/upper,workdir=/up/work overlay /new || exec sh
mkdir -p /new/proc /new/sys /new/dev /new/run /new/tmp /new/product /new/guest /new/lib/modules
# The files that the machine is set by, as a reboot would find them.
cp -R /kept/. /new/
mount -t proc proc /new/proc
mount -t sysfs sys /new/sys
mount -t devtmpfs dev /new/dev
mkdir -p /new/dev/pts /new/dev/shm
mount -t devpts pts /new/dev/pts
mount -t tmpfs shm /new/dev/shm
mount -t tmpfs run /new/run
mount -t tmpfs tmp /new/tmp
mount -t cgroup2 cgroup /new/sys/fs/cgroup
mount -t erofs -o ro /dev/vdb /new/product || exec sh
mount -t erofs -o ro /dev/vdc /new/guest || exec sh
mount -t erofs -o ro /dev/vdd /new/lib/modules || exec sh
echo "lab: root mounted after $(cut -d' ' -f1 /proc/uptime) s"
exec chroot /new /bin/sh /product/lab/agent/host.sh
