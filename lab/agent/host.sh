# The first process of the emulated host once its root is mounted. It does what libvirt and the
# agent need of a distribution's start-up.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
hostname lab
ip link set lo up
echo '127.0.0.1 localhost lab' > /etc/hosts
# As systemd does: the modules of its files, and a hugetlbfs of the default size.
cat /etc/modules-load.d/*.conf | grep '^[^#;]' | while read -r module; do modprobe "$module"; done
mkdir -p /dev/hugepages
mount -t hugetlbfs hugetlbfs /dev/hugepages
mkdir -p /var/log/libvirt/qemu /run/libvirt
mkdir -p /dev/virtio-ports
for port in /sys/class/virtio-ports/*; do
  [ -e "$port/name" ] && ln -sf "/dev/${port##*/}" "/dev/virtio-ports/$(cat "$port/name")"
done
cat > /etc/libvirt/qemu.conf << CONF
user = "root"
group = "root"
security_driver = "none"
namespaces = [ ]
stdio_handler = "file"
remember_owner = 0
CONF
# As on a prepared host: pages stay where they are allocated.
echo 0 > /proc/sys/kernel/numa_balancing
# libvirt probes every emulator before its first answer; one is enough.
rm -f /usr/bin/qemu-system-i386 /usr/bin/qemu-system-x86_64-microvm
ulimit -l unlimited
echo "lab: host up after $(cut -d' ' -f1 /proc/uptime) s"
# Without exec: as the first process, the shell waits for all orphaned processes.
/product/bin/node /product/lab/agent/agent.mjs
