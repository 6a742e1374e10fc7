#!/usr/bin/python3
"""Answers fitting requests with OpenStack Nova, in the process and without a database.

Reads one JSON object a line and answers each with one:
  {"host": NAME, "nodes": [{"cores", "takenCores", "gib", "takenGib", "gpus", "nics"}]}
      makes a host known: `cores` are lists of sibling CPUs, `takenCores` positions among them,
      devices those that are free. All memory is in huge pages of 1 GiB, as in Evenkeel's request.
  {"fit": HOST, "request": {"cells", "vcpus", "gib", "gpus", "nics"}, "calls": N}
      the median time of N calls of `numa_fit_instance_to_host`
  {"filter": [HOST, ...], "request": {...}}
      the time of one pass of `NUMATopologyFilter` over these hosts
Times are thread CPU time in milliseconds; copies that a call consumes are made outside of them.
"""
import json
import statistics
import sys
import time
import uuid

from nova import objects
from nova.objects import fields
from nova.pci import stats
from nova.scheduler import host_manager
from nova.scheduler.filters import numa_topology_filter
from nova.virt import hardware

GIB_IN_KIB = 1 << 20
GIB_IN_MIB = 1 << 10
PRODUCTS = {"gpus": ("10de", "2330"), "nics": ("15b3", "1021")}


def host_cell(position, node):
    pairs = [set(core) for core in node["cores"]]
    pinned = set().union(*(pairs[core] for core in node["takenCores"]))
    page = objects.NUMAPagesTopology(
        size_kb=GIB_IN_KIB, total=node["gib"], used=node["takenGib"], reserved=0)
    base = objects.NUMAPagesTopology(size_kb=4, total=GIB_IN_KIB, used=0, reserved=0)
    return objects.NUMACell(
        id=position, socket=position, cpuset=set(), pcpuset=set().union(*pairs),
        siblings=pairs, pinned_cpus=pinned, cpu_usage=len(pinned),
        memory=node["gib"] * GIB_IN_MIB, memory_usage=node["takenGib"] * GIB_IN_MIB,
        mempages=[base, page],
        network_metadata=objects.NetworkMetadata(physnets=set(), tunneled=False))


def known_host(nodes):
    topology = objects.NUMATopology(cells=[host_cell(i, node) for i, node in enumerate(nodes)])
    pools = [
        objects.PciDevicePool(
            vendor_id=vendor, product_id=product, numa_node=i, count=node[kind],
            tags={"dev_type": "type-PCI"})
        for i, node in enumerate(nodes)
        for kind, (vendor, product) in PRODUCTS.items() if node[kind] > 0]
    return topology, stats.PciDeviceStats(topology, objects.PciDevicePoolList(objects=pools))


def guest_cells(request):
    cells = request["cells"]
    vcpus, memory = request["vcpus"] // cells, request["gib"] * GIB_IN_MIB // cells
    return objects.InstanceNUMATopology(cells=[
        objects.InstanceNUMACell(
            id=i, cpuset=set(), pcpuset=set(range(i * vcpus, (i + 1) * vcpus)), memory=memory,
            pagesize=GIB_IN_KIB, cpu_policy=fields.CPUAllocationPolicy.DEDICATED)
        for i in range(cells)])


def pci_requests(request):
    return [
        objects.InstancePCIRequest(
            count=request[kind], alias_name=kind, request_id=str(uuid.uuid4()),
            numa_policy=fields.PCINUMAAffinityPolicy.REQUIRED,
            spec=[{"vendor_id": vendor, "product_id": product, "dev_type": "type-PCI"}])
        for kind, (vendor, product) in PRODUCTS.items() if request[kind] > 0]


def fit(host, request, calls):
    topology, pci = host
    limits = objects.NUMATopologyLimits(cpu_allocation_ratio=1.0, ram_allocation_ratio=1.0)
    guest, wanted = guest_cells(request), pci_requests(request)
    times = []
    for _ in range(calls):
        asked = guest.obj_clone()
        started = time.thread_time_ns()
        found = hardware.numa_fit_instance_to_host(topology, asked, limits, wanted, pci)
        times.append((time.thread_time_ns() - started) / 1e6)
    return {"ms": statistics.median(times), "fits": found is not None}


def filtered(hosts, request):
    spec = objects.RequestSpec(
        instance_uuid=str(uuid.uuid4()), num_instances=1,
        flavor=objects.Flavor(
            vcpus=request["vcpus"], memory_mb=request["gib"] * GIB_IN_MIB, root_gb=1,
            ephemeral_gb=0, swap=0, extra_specs={
                "hw:cpu_policy": "dedicated", "hw:mem_page_size": "1GB",
                "hw:numa_nodes": str(request["cells"])}),
        image=objects.ImageMeta(properties=objects.ImageMetaProps()),
        numa_topology=guest_cells(request),
        pci_requests=objects.InstancePCIRequests(requests=pci_requests(request)))
    states = []
    for i, (topology, pci) in enumerate(hosts):
        state = host_manager.HostState(f"host-{i}", f"host-{i}", str(uuid.uuid4()))
        state.numa_topology, state.pci_stats, state.limits = topology, pci, {}
        state.cpu_allocation_ratio = state.ram_allocation_ratio = 1.0
        states.append(state)
    chosen = numa_topology_filter.NUMATopologyFilter()
    started = time.thread_time_ns()
    fits = sum(1 for _ in chosen.filter_all(states, spec))
    return {"ms": (time.thread_time_ns() - started) / 1e6, "fits": fits}


def main():
    objects.register_all()
    hosts = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "host" in asked:
            hosts[asked["host"]] = known_host(asked["nodes"])
            answer = {}
        elif "fit" in asked:
            answer = fit(hosts[asked["fit"]], asked["request"], asked["calls"])
        else:
            answer = filtered([hosts[name] for name in asked["filter"]], asked["request"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
