import type {
  ShapeCell,
  ShapeCpu,
  ShapeDevice,
  ShapeEvidence,
  ShapePins,
} from "@evenkeel/core/evidence/evidence.ts";
import { has, INDEX_MAX } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import {
  attribute,
  child,
  childrenNamed,
  textOf,
  type XmlElement,
} from "@evenkeel/core/xml/element.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { contractItem, isDistance, portLinkIn } from "../qemu/shape.ts";
import { shown } from "../text/shown.ts";
import { readXml } from "../xml/read-xml.ts";
import { libvirtNumber, pciAddressOf } from "./pci-address.ts";
import { sizeBytes } from "./size.ts";

/**
 * Reads a running domain's XML, from `virsh dumpxml` or from the `domstatus` that libvirt keeps in
 * `/run/libvirt/qemu/NAME.xml`. Missing or meaningless values are null.
 *
 * Errors: those of `readXml`, and `xml-unexpected` where it holds no domain.
 */
export function readLiveDomain(text: string, where: string): ShapeEvidence {
  const root = readXml(text, where);
  const domain = root.name === "domstatus" ? child(root, "domain") : root;
  if (domain === null || domain.name !== "domain") {
    throw new EvenkeelError("xml-unexpected", `begins with <${root.name}>`, {
      where,
      expected: "a libvirt domain",
    });
  }
  const security = child(domain, "launchSecurity");
  return {
    source: "libvirt",
    where,
    cells: cellsOf(domain),
    devices: devicesOf(domain),
    cpu: cpuOf(domain),
    balloon: balloonOf(domain),
    contract: hasContract(domain),
    confidential: security === null ? "none" : shown(attribute(security, "type") ?? "", 32),
    // The domain does not tell; a file beside it does.
    managedSave: null,
    pins: pinsOf(domain),
  };
}

function descend(from: XmlElement, ...names: readonly string[]): XmlElement | null {
  let at: XmlElement | null = from;
  for (const name of names) at = at === null ? null : child(at, name);
  return at;
}

function number(of: XmlElement, name: string): number | null {
  const text = attribute(of, name);
  return text !== null && /^\d{1,9}$/.test(text) && Number(text) <= INDEX_MAX ? Number(text) : null;
}

function list(of: XmlElement | null, name: string): string | null {
  const set = parseList((of === null ? null : attribute(of, name)) ?? "?");
  return set === null ? null : formatList(set);
}

function cellsOf(domain: XmlElement): ShapeCell[] {
  const numa = descend(domain, "cpu", "numa");
  if (numa === null) return [];
  const tune = child(domain, "numatune");
  const cells = childrenNamed(numa, "cell").slice(0, 1024);
  // Indexed once: a hostile domain may have many cells and many policies. The first one counts.
  const policies = new Map(
    childrenNamed(tune ?? numa, "memnode")
      .map((one) => [number(one, "cellid"), one] as const)
      .toReversed(),
  );
  const overall = tune === null ? null : child(tune, "memory");
  const pagesOf = hugepagesOf(domain);
  return cells.map((cell, i) => {
    const id = number(cell, "id") ?? i;
    const policy = policies.get(id) ?? overall;
    const mode = policy === null ? null : (attribute(policy, "mode") ?? "strict");
    const nodes = list(policy, "nodeset");
    const siblings = child(cell, "distances");
    return {
      id,
      cpus: list(cell, "cpus") ?? "",
      backend: `ram-node${id}`,
      memoryBytes: sizeBytes(attribute(cell, "memory"), attribute(cell, "unit") ?? "KiB"),
      policy:
        mode === null || nodes === null
          ? null
          : { mode: modes.get(mode) ?? shown(mode, 32) ?? "?", nodes },
      pageBytes: pagesOf(id),
      distances: siblings === null ? null : distancesOf(siblings, cells.length),
    };
  });
}

/** libvirt's memory modes, in the kernel's words. */
const modes: ReadonlyMap<string, string> = new Map([
  ["strict", "bind"],
  ["preferred", "prefer"],
]);

function distancesOf(siblings: XmlElement, cells: number): number[] | null {
  const values = new Map(
    childrenNamed(siblings, "sibling").map((one) => [number(one, "id"), number(one, "value")]),
  );
  const row = Array.from({ length: cells }, (_, to) => values.get(to) ?? null);
  const valid = row.filter((value) => value !== null && isDistance(value));
  return valid.length === row.length ? valid.filter((value) => value !== null) : null;
}

/**
 * The huge pages of each guest node: those of its own, or else those of all. Without a size the
 * host's default counts, which the domain does not tell.
 */
function hugepagesOf(domain: XmlElement): (cell: number) => number | null {
  const huge = descend(domain, "memoryBacking", "hugepages");
  const pages = (huge === null ? [] : childrenNamed(huge, "page")).slice(0, 64).map((page) => {
    const nodes = parseList(attribute(page, "nodeset") ?? "?");
    const bytes = sizeBytes(attribute(page, "size"), attribute(page, "unit") ?? "KiB");
    return { nodes, bytes };
  });
  return (cell) => {
    const own = pages.find(({ nodes }) => nodes !== null && has(nodes, cell));
    const all = pages.find(({ nodes }) => nodes === null);
    return (own ?? all)?.bytes ?? null;
  };
}

/** The processor; libvirt tells QEMU of one thread per core unless it is told otherwise. */
function cpuOf(domain: XmlElement): ShapeCpu | null {
  const vcpu = child(domain, "vcpu");
  const count = vcpu === null ? "" : (attribute(vcpu, "current") ?? textOf(vcpu).trim());
  if (!/^\d{1,5}$/.test(count)) return null;
  const cpu = child(domain, "cpu");
  const model = cpu === null ? null : child(cpu, "model");
  const mode = cpu === null ? null : attribute(cpu, "mode");
  const topology = cpu === null ? null : child(cpu, "topology");
  const of = (name: string): number | null => (topology === null ? null : number(topology, name));
  return {
    vcpus: Number(count),
    model: shown((model === null ? mode : textOf(model)) ?? "", 128),
    sockets: of("sockets"),
    dies: of("dies"),
    cores: of("cores"),
    threads: topology === null ? 1 : of("threads"),
    features: (cpu === null ? [] : childrenNamed(cpu, "feature")).slice(0, 1024).flatMap((one) => {
      const name = shown(attribute(one, "name") ?? "", 64);
      const policy = attribute(one, "policy") ?? "require";
      return name === null ? [] : [{ name, on: policy !== "disable" && policy !== "forbid" }];
    }),
  };
}

/** A balloon's size is what the domain has now, of what it may have. */
function balloonOf(domain: XmlElement): ShapeEvidence["balloon"] {
  const balloon = descend(domain, "devices", "memballoon");
  if (balloon === null || attribute(balloon, "model") === "none") return null;
  const bytes = (name: string): number | null => {
    const at = child(domain, name);
    return at === null ? null : sizeBytes(textOf(at), attribute(at, "unit") ?? "KiB");
  };
  const [actualBytes, maxBytes] = [bytes("currentMemory"), bytes("memory")];
  return actualBytes === null || maxBytes === null ? null : { actualBytes, maxBytes };
}

type PortLink = Pick<ShapeDevice, "portSpeedGTs" | "portWidth">;

/** What QEMU is told of each port's link, by the number of the bus below it. */
function portLinksOf(domain: XmlElement): (bus: number | null) => PortLink {
  const override = child(domain, "qemu:override");
  const told = new Map(
    (override === null ? [] : childrenNamed(override, "qemu:device")).map((device) => {
      const frontend = child(device, "qemu:frontend");
      const properties = frontend === null ? [] : childrenNamed(frontend, "qemu:property");
      const value = (name: string): string | null => {
        const own = properties.findLast((one) => attribute(one, "name") === name);
        return own === undefined ? null : attribute(own, "value");
      };
      return [attribute(device, "alias"), portLinkIn(value("x-speed"), value("x-width"))] as const;
    }),
  );
  return (bus) => told.get(`pci.${bus}`) ?? portLinkIn(null, null);
}

/**
 * The `<hostdev>` devices. Each is on the bus of a controller, which is on another controller's
 * bus, and so on up to an expander bus, which has the cell.
 */
function devicesOf(domain: XmlElement): ShapeDevice[] {
  const devices = child(domain, "devices");
  if (devices === null) return [];
  const controllers = new Map(
    childrenNamed(devices, "controller")
      .filter((one) => attribute(one, "type") === "pci")
      .map((one) => [number(one, "index"), one]),
  );
  const linkOf = portLinksOf(domain);
  return childrenNamed(devices, "hostdev").flatMap((hostdev): ShapeDevice[] => {
    const source = descend(hostdev, "source", "address");
    const hostAddress = source === null ? null : pciAddressOf(source);
    if (hostAddress === null) return [];
    const above: string[] = [];
    let port = portLinkIn(null, null);
    let at: XmlElement | undefined = hostdev;
    for (let depth = 0; at !== undefined && depth < 16; depth++) {
      const address: XmlElement | null = child(at, "address");
      const bus = address === null ? null : libvirtNumber(attribute(address, "bus"));
      if (bus === null) break;
      if (above.length === 0) port = linkOf(bus);
      above.push(bus === 0 ? "pcie.0" : `pci.${bus}`);
      at = bus === 0 ? undefined : controllers.get(bus);
      if (at !== undefined && (attribute(at, "model") ?? "").endsWith("expander-bus")) {
        const node = descend(at, "target", "node");
        const cell = node === null ? "" : textOf(node);
        return [
          {
            hostAddress,
            above,
            cell: /^\d{1,4}$/.test(cell) ? Number(cell) : null,
            ...port,
          },
        ];
      }
    }
    return [{ hostAddress, above, cell: null, ...port }];
  });
}

/** The contract is passed by fw_cfg, as `<sysinfo type='fwcfg'>` or as a QEMU argument. */
function hasContract(domain: XmlElement): boolean {
  const entries = childrenNamed(domain, "sysinfo").flatMap((one) => childrenNamed(one, "entry"));
  const words = childrenNamed(domain, "qemu:commandline").flatMap((one) =>
    childrenNamed(one, "qemu:arg"),
  );
  return (
    entries.some((one) => attribute(one, "name") === contractItem) ||
    words.some((one) => (attribute(one, "value") ?? "").includes(`name=${contractItem}`))
  );
}

/** The pins of a domain; null where it has no tuning of CPUs. */
export function pinsOf(domain: XmlElement): ShapePins | null {
  const tune = child(domain, "cputune");
  if (tune === null) return null;
  const pins = (name: string, key: string): ShapePins["vcpus"] =>
    childrenNamed(tune, name).flatMap((one) => {
      const id = number(one, key);
      const cpus = list(one, "cpuset");
      return id === null || cpus === null ? [] : [{ id, cpus }];
    });
  return {
    vcpus: pins("vcpupin", "vcpu"),
    emulator: list(child(tune, "emulatorpin"), "cpuset"),
    iothreads: pins("iothreadpin", "iothread"),
  };
}
