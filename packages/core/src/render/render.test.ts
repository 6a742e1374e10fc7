import * as fc from "fast-check";
import { expect, test } from "vitest";
import { GiB } from "../unit/bytes.ts";
import { hasAccelerators } from "../guest/nccl/print.ts";
import { guestFromPlan } from "../guest/from-plan.ts";
import { pciForms } from "../guest/ports.ts";
import { render, renderData } from "./render.ts";
import { renderings } from "./renderings.ts";
import { generatedPlans } from "../../testing/guest/generated-plans.ts";
import { planOf } from "../../testing/guest/plan-of.ts";

const options = fc.record({
  pci: fc.constantFrom(...pciForms),
  emulated: fc.boolean(),
  monitor: fc.constantFrom(undefined, "/run/monitor"),
  contractFile: fc.constantFrom(undefined, "/run/contract.json"),
});

test("every plan is rendered in every form, and the same way twice", () => {
  fc.assert(
    fc.property(generatedPlans, options, (plan, chosen) => {
      for (const as of renderings) {
        if (as === "nccl" && !hasAccelerators(guestFromPlan(plan))) {
          expect(() => render(plan, as, chosen)).toThrow("the VM has no accelerators");
          continue;
        }
        const text = render(plan, as, chosen);
        expect(render(structuredClone(plan), as, chosen)).toBe(text);
        const data = renderData(plan, as, chosen);
        expect(data === null).toBe(as === "libvirt" || as === "nccl" || as === "cloud-init");
      }
    }),
    { numRuns: 200 },
  );
});

test("plans written before links and switches were told are rendered too", () => {
  fc.assert(
    fc.property(generatedPlans, fc.constantFrom(...pciForms), (plan, pci) => {
      const devices = plan.devices.map((device) => ({ ...device, switches: null, class: null }));
      const old = { ...plan, devices, links: null };
      for (const as of renderings.filter((name) => name !== "nccl")) render(old, as, { pci });
      if (hasAccelerators(guestFromPlan(old))) {
        expect(render(old, "nccl", { pci })).not.toContain("nvlink");
      }
    }),
  );
});

const plan = planOf({
  vm: "llm-a",
  tenant: "acme",
  distances: [
    [10, 21],
    [21, 10],
  ],
  cells: [0, 1].map((cell) => ({
    cores: 2,
    memory: [{ node: cell, bytes: 16 * GiB }],
    pageBytes: GiB,
    devices: [
      { address: `0000:${cell}b:00.0`, switches: [`0000:${cell}a:00.0`], barBytes: [128 * GiB] },
      { address: `0000:${cell}c:00.0`, switches: [`0000:${cell}a:00.0`], kind: "nic" as const },
    ],
  })),
});

test("QEMU's list for two cells, with their devices below switches", () => {
  const command = renderData(plan, "qemu", {
    pci: "switches",
    monitor: "/run/qemu.sock",
    contractFile: "/run/contract.json",
    firmwareVariables: "/var/lib/vars.fd",
  });
  expect(command).toMatchInlineSnapshot(`
    {
      "arguments": [
        "-name",
        "guest=acme_llm-a,debug-threads=on",
        "-uuid",
        "8988f4f8-dd4f-807a-8932-1aaa5e2e3b71",
        "-no-user-config",
        "-nodefaults",
        "-display",
        "none",
        "-chardev",
        "socket,id=monitor,path=/run/qemu.sock,server=on,wait=off",
        "-mon",
        "chardev=monitor,mode=control",
        "-S",
        "-blockdev",
        "{"driver":"file","filename":"/usr/share/OVMF/OVMF_CODE_4M.fd","node-name":"firmware-file","read-only":true}",
        "-blockdev",
        "{"driver":"raw","file":"firmware-file","node-name":"firmware","read-only":true}",
        "-blockdev",
        "{"driver":"file","filename":"/var/lib/vars.fd","node-name":"firmware-variables-file","read-only":false}",
        "-blockdev",
        "{"driver":"raw","file":"firmware-variables-file","node-name":"firmware-variables","read-only":false}",
        "-machine",
        "q35,vmport=off,hpet=off,usb=off,dump-guest-core=off,mem-merge=off,pflash0=firmware,pflash1=firmware-variables",
        "-accel",
        "kvm",
        "-global",
        "q35-pcihost.pci-hole64-size=549755813888",
        "-cpu",
        "host,migratable=off,host-phys-bits=on,kvm-hint-dedicated=on",
        "-smp",
        "8,sockets=2,dies=1,cores=2,threads=2",
        "-object",
        "{"qom-type":"iothread","id":"iothread1"}",
        "-m",
        "size=32768M",
        "-overcommit",
        "mem-lock=off",
        "-object",
        "{"qom-type":"memory-backend-memfd","hugetlb":true,"hugetlbsize":1073741824,"id":"ram-node0","size":17179869184,"prealloc":true,"host-nodes":[0],"policy":"bind"}",
        "-object",
        "{"qom-type":"memory-backend-memfd","hugetlb":true,"hugetlbsize":1073741824,"id":"ram-node1","size":17179869184,"prealloc":true,"host-nodes":[1],"policy":"bind"}",
        "-numa",
        "node,nodeid=0,cpus=0-3,memdev=ram-node0",
        "-numa",
        "node,nodeid=1,cpus=4-7,memdev=ram-node1",
        "-numa",
        "dist,src=0,dst=0,val=10",
        "-numa",
        "dist,src=0,dst=1,val=21",
        "-numa",
        "dist,src=1,dst=0,val=21",
        "-numa",
        "dist,src=1,dst=1,val=10",
        "-rtc",
        "base=utc",
        "-boot",
        "strict=on",
        "-device",
        "{"driver":"pxb-pcie","id":"pci.1","bus_nr":246,"numa_node":0,"bus":"pcie.0","addr":"0x2"}",
        "-device",
        "{"driver":"pxb-pcie","id":"pci.2","bus_nr":251,"numa_node":1,"bus":"pcie.0","addr":"0x3"}",
        "-device",
        "{"driver":"pcie-root-port","id":"pci.3","bus":"pci.1","addr":"0x0","chassis":3,"port":0,"hotplug":false}",
        "-device",
        "{"driver":"x3130-upstream","id":"pci.4","bus":"pci.3","addr":"0x0"}",
        "-device",
        "{"driver":"xio3130-downstream","id":"pci.5","bus":"pci.4","addr":"0x0","chassis":5,"port":0,"hotplug":false}",
        "-device",
        "{"driver":"xio3130-downstream","id":"pci.6","bus":"pci.4","addr":"0x1","chassis":6,"port":1,"hotplug":false}",
        "-device",
        "{"driver":"pcie-root-port","id":"pci.7","bus":"pci.2","addr":"0x0","chassis":7,"port":0,"hotplug":false}",
        "-device",
        "{"driver":"x3130-upstream","id":"pci.8","bus":"pci.7","addr":"0x0"}",
        "-device",
        "{"driver":"xio3130-downstream","id":"pci.9","bus":"pci.8","addr":"0x0","chassis":9,"port":0,"hotplug":false}",
        "-device",
        "{"driver":"xio3130-downstream","id":"pci.10","bus":"pci.8","addr":"0x1","chassis":10,"port":1,"hotplug":false}",
        "-device",
        "{"driver":"vfio-pci","id":"hostdev0","host":"0000:0b:00.0","bus":"pci.5","addr":"0x0.0x0"}",
        "-device",
        "{"driver":"vfio-pci","id":"hostdev1","host":"0000:0c:00.0","bus":"pci.6","addr":"0x0.0x0"}",
        "-device",
        "{"driver":"vfio-pci","id":"hostdev2","host":"0000:1b:00.0","bus":"pci.9","addr":"0x0.0x0"}",
        "-device",
        "{"driver":"vfio-pci","id":"hostdev3","host":"0000:1c:00.0","bus":"pci.10","addr":"0x0.0x0"}",
        "-fw_cfg",
        "name=opt/ovmf/X-PciMmio64Mb,string=524288",
        "-fw_cfg",
        "name=opt/evenkeel/contract,file=/run/contract.json",
      ],
      "devices": [
        "0000:0b:00.0",
        "0000:0c:00.0",
        "0000:1b:00.0",
        "0000:1c:00.0",
      ],
      "hugepages": [
        {
          "cell": 0,
          "count": 16,
          "nodes": "0",
          "pageBytes": 1073741824,
        },
        {
          "cell": 1,
          "count": 16,
          "nodes": "1",
          "pageBytes": 1073741824,
        },
      ],
      "memlockBytes": 35433480192,
      "memoryNodes": "0-1",
      "notes": [
        "2 devices are below an emulated switch at 0000:f7:00.0, because they share 0000:0a:00.0 on the host; its ports report 2.5 GT/s and one lane, which is not the speed of the links",
        "2 devices are below an emulated switch at 0000:fc:00.0, because they share 0000:1a:00.0 on the host; its ports report 2.5 GT/s and one lane, which is not the speed of the links",
      ],
      "program": "qemu-system-x86_64",
      "threads": {
        "emulator": "0-1,500-501",
        "iothreads": [
          {
            "cpus": "0-1,500-501",
            "id": 1,
          },
        ],
        "vcpus": [
          {
            "cpus": "2",
            "id": 0,
          },
          {
            "cpus": "3",
            "id": 1,
          },
          {
            "cpus": "4",
            "id": 2,
          },
          {
            "cpus": "5",
            "id": 3,
          },
          {
            "cpus": "502",
            "id": 4,
          },
          {
            "cpus": "503",
            "id": 5,
          },
          {
            "cpus": "504",
            "id": 6,
          },
          {
            "cpus": "505",
            "id": 7,
          },
        ],
      },
    }
  `);
});

test("KubeVirt's manifest for the same, and what it cannot be told", () => {
  expect(render(plan, "kubevirt")).toMatchInlineSnapshot(`
    "# The cluster's KubeVirt must permit, under permittedHostDevices.pciHostDevices:
    #   evenkeel.io/10de-2330: 10DE:2330
    #   evenkeel.io/15b3-1021: 15B3:1021
    # KubeVirt cannot express these parts of the plan:
    #   host CPUs of the vCPUs
    #     planned: 0 on 2, 1 on 3, 2 on 4, 3 on 5, 4 on 502, 5 on 503, 6 on 504, 7 on 505
    #     instead: those that the kubelet's CPU manager gives the pod, in their own order
    #   host CPUs of the emulator
    #     planned: 0-1,500-501
    #     instead: one more CPU of the pod if it is isolated, otherwise the vCPUs' CPUs
    #   host CPUs of the iothreads
    #     planned: 1 on 0-1,500-501
    #     instead: no iothreads unless the cluster's disks ask for some
    #   guest nodes
    #     planned: cell 0 has vCPUs 0-3, cell 1 has vCPUs 4-7
    #     instead: one for each host node that the CPUs happen to be on
    #   distances
    #     planned: 10 21; 21 10
    #     instead: the distances of the host nodes that it gets
    #   memory of each node, its host nodes and policy
    #     planned: cell 0: 16 GiB strict on node 0, cell 1: 16 GiB strict on node 1
    #     instead: an even share for each guest node, bound to the host node that it is made from
    #   which devices
    #     planned: 0000:0b:00.0, 0000:0c:00.0, 0000:1b:00.0, 0000:1c:00.0
    #     instead: any of that kind that the device plugin picks
    #   places in the guest's PCI tree
    #     planned: 0000:0b:00.0 at 0000:fb:00.0 on cell 0, 0000:0c:00.0 at 0000:fc:00.0 on cell 0,
    #       0000:1b:00.0 at 0000:fe:00.0 on cell 1, 0000:1c:00.0 at 0000:ff:00.0 on cell 1
    #     instead: root ports on bus 0 without a node, or with PCINUMAAwareTopology on an expander of
    #       their node; so NCCL's file for this plan does not fit the guest
    #   the PCI window
    #     planned: 512 GiB
    #     instead: the firmware's default
    #   the contract through fw_cfg
    #     planned: at opt/evenkeel/contract
    #     instead: none; give the rendered cloud-init as user data
    apiVersion: kubevirt.io/v1
    kind: VirtualMachine
    metadata:
      name: llm-a
      namespace: acme
      annotations:
        evenkeel.io/signature: "5f0c"
        evenkeel.io/topology-digest: "sha256:0000000000000000000000000000000000000000000000000000000000000000"
    spec:
      runStrategy: Halted
      template:
        spec:
          architecture: amd64
          nodeSelector:
            kubernetes.io/hostname: host-1
          domain:
            machine:
              type: q35
            firmware:
              uuid: "8988f4f8-dd4f-807a-8932-1aaa5e2e3b71"
              bootloader:
                efi:
                  secureBoot: false
            cpu:
              model: host-passthrough
              sockets: 2
              cores: 2
              threads: 2
              dedicatedCpuPlacement: true
              isolateEmulatorThread: true
              numa:
                guestMappingPassthrough: {}
            memory:
              guest: "32Gi"
              hugepages:
                pageSize: "1Gi"
            devices:
              autoattachGraphicsDevice: false
              autoattachMemBalloon: false
              gpus:
                - name: accelerator0
                  deviceName: evenkeel.io/10de-2330
                - name: accelerator1
                  deviceName: evenkeel.io/10de-2330
              hostDevices:
                - name: nic0
                  deviceName: evenkeel.io/15b3-1021
                - name: nic1
                  deviceName: evenkeel.io/15b3-1021
    "
  `);
});

test("KubeVirt is not given devices that it could not name", () => {
  const devices = plan.devices.map((device) => ({ ...device, vendor: null }));
  expect(() => render({ ...plan, devices }, "kubevirt")).toThrow("are unknown");
});
