import { buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import type { Machine, Topology } from "@evenkeel/core/topology/topology.ts";
import { readXml } from "../xml/read-xml.ts";
import { withClasses } from "./core-classes.ts";
import { coreParts, l3Caches, offlineCpus } from "./cores.ts";
import { osDevices, readAccelerators, readNics } from "./devices.ts";
import { readDistances } from "./distances.ts";
import { readLinks } from "./links.ts";
import { readMatrices } from "./matrix.ts";
import { readAccess } from "./memory-attributes.ts";
import { basePageBytes, nodeParts, readNodes } from "./nodes.ts";
import { type HwlocExport, objectsOf, readObjects } from "./object.ts";
import { readPci } from "./pci.ts";

/**
 * Reads an XML export of hwloc 1, 2 or 3 (`lstopo FILE.xml`). What only Linux knows (drivers, IOMMU
 * groups, BARs, free pages) stays unknown.
 *
 * Errors: those of `readXml`; `xml-unexpected` where the document is not such an export;
 * `topology-inconsistent` where it contradicts itself.
 */
export function readHwloc(text: string, where: string): Topology {
  const hwloc = readObjects(readXml(text, where), where);
  const nodes = readNodes(hwloc);
  const matrices = readMatrices(hwloc);
  const pci = readPci(hwloc, nodes);
  const devices = osDevices(hwloc, pci);
  const accelerators = readAccelerators(pci, devices);
  const cores = withClasses(hwloc, coreParts(hwloc));
  const topology = buildTopology({
    name: hwloc.infos.get("HostName") ?? nameOf(where),
    source: "hwloc",
    machine: readMachine(hwloc),
    nodes: nodeParts(hwloc, nodes),
    distances: readDistances(hwloc, nodes, matrices),
    access: readAccess(hwloc, nodes),
    cores,
    l3Caches: l3Caches(hwloc, cores),
    offlineCpus: offlineCpus(hwloc),
    pci: pci.map(({ device }) => device),
    accelerators,
    nics: readNics(hwloc, pci, devices),
    links: readLinks(matrices, pci, new Set(accelerators.map(({ address }) => address))),
  });
  return checkedTopology(topology, where);
}

/** The file's name without its folder and ending. */
function nameOf(where: string): string {
  return where.slice(where.lastIndexOf("/") + 1).replace(/\.xml$/, "");
}

function readMachine(hwloc: HwlocExport): Machine {
  const info = (name: string): string | null => meaningful(hwloc.infos.get(name));
  const models = new Set(objectsOf(hwloc, "Package").map(({ infos }) => infos.get("CPUModel")));
  const [model] = models;
  return {
    vendor: info("DMISysVendor"),
    product: info("DMIProductName") ?? info("PlatformModel"),
    cpuModel: models.size === 1 ? meaningful(model) : info("CPUModel"),
    architecture: info("Architecture"),
    pageBytes: basePageBytes(hwloc),
  };
}

/**
 * Fields that a vendor never filled in hold dots, blanks or nothing; processor names are padded.
 */
function meaningful(text: string | undefined): string | null {
  return text !== undefined && /[\p{L}\p{N}]/u.test(text) ? text.trim().replace(/\s+/g, " ") : null;
}
