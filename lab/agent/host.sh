# The first process of the emulated host once its root is mounted: what a distribution's start-up would
# do as far as libvirt and the agent need it.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
hostname lab
ip link set lo up
echo '127.0.0.1 localhost lab' > /etc/hosts
mkdir -p /dev/hugepages
mount -t hugetlbfs -o pagesize=2M hugetlbfs /dev/hugepages
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
# As on a host that is made ready for it: pages stay where they are put.
echo 0 > /proc/sys/kernel/numa_balancing
# libvirt asks every emulator what it can before it answers; one is enough.
rm -f /usr/bin/qemu-system-i386 /usr/bin/qemu-system-x86_64-microvm
ulimit -l unlimited
echo "lab: host up after $(cut -d' ' -f1 /proc/uptime) s"
# Not in the shell's place: as the first process it waits for all that lose their parents.
/product/bin/node /product/lab/agent/agent.mjs
