import { type AcceleratorParts, buildTopology } from "@evenkeel/core/topology/build.ts";
import { checkedTopology } from "@evenkeel/core/topology/check.ts";
import {
  acceleratorPatterns,
  matchingAccelerators,
  matchingDevices,
  nicPatterns,
} from "@evenkeel/core/topology/device-pattern.ts";
import { withInferredParents } from "@evenkeel/core/topology/inferred-parents.ts";
import type { PciDevice, Topology } from "@evenkeel/core/topology/topology.ts";
import { rdmaById } from "../pci-ids/rdma-nics.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { nameOfText, readLines } from "../text/read-lines.ts";
import { readName } from "./identity.ts";
import { type Listed, merged, unlisted } from "./listing.ts";
import { deviceOfName, isDataCenterModel, isNicName, modelOfName, vendorOfName } from "./models.ts";
import { withoutPaths } from "./paths.ts";
import { physicalFunctions, placesOf } from "./places.ts";
import { readFieldRecords, readListing, readQuoted } from "./records.ts";
import { unexpected } from "./refusal.ts";
import { type Branch, isElision, readTree } from "./tree.ts";

/**
 * Reads a machine's PCI functions as lspci prints them: with or without `-D`, `-n`, `-nn`, `-v` to
 * `-vvv`, `-mm`, `-vmm`, `-P`, `-PP`, `-x`, and as a tree (`-t`, `-tv`). Several outputs in one
 * text are taken as one machine and complete one another. A text that was cut is read as far as it
 * goes, and `note` says so.
 *
 * Classes and ids come from codes (`-n`, `-nn`); without codes the class follows from its name,
 * and ids are unknown. Places come from the tree or from the buses of bridges (`-v`); without
 * either, every bus is a root. Links, BARs, drivers, IOMMU groups, nodes and virtual functions
 * come from the details. Nodes are known by number alone; they get no CPUs, and their memory is
 * unknown. An accelerator's model comes from its id, or from its name. Where the class is unknown,
 * as in a tree, NICs and accelerators are known by their names.
 *
 * Errors: `text-unexpected` for any other text, for listings with different devices at one address,
 * and for trees that lost their blanks; `topology-inconsistent`; `file-too-large`.
 * https://github.com/pciutils/pciutils (lspci.c, ls-tree.c)
 */
export function readLspci(text: string, where: string, note: Note = ignore): Topology {
  const { lines, parents, withoutBus } = withoutPaths(readLines(text, where));
  const tree = readTree(lines, where);
  const branches = new Map(tree.branches.map((branch) => [branch.address, branch]));
  const listings = [...readListing(lines), ...readQuoted(lines), ...readFieldRecords(lines)];
  const listed = completed(listings, branches, where);
  if (listed.length === 0) {
    throw unexpected(
      withoutBus > 0
        ? "is of lspci -P, which leaves out the buses: lspci -PP has them"
        : "has no PCI function",
      where,
    );
  }
  const placeOf = placesOf(listed, branches, parents);
  const physicalOf = physicalFunctions(listed);
  const functions = listed.map((each): PciDevice => ({
    address: each.address,
    ...placeOf(each.address),
    class: each.class ?? "",
    vendor: each.vendor,
    device: each.device,
    node: each.node,
    iommuGroup: each.iommuGroup,
    driver: each.driver,
    link: each.link,
    barBytes: each.barBytes,
    physicalFunction: physicalOf.get(each.address) ?? null,
    acsRedirect: each.acsRedirect,
    atsEnabled: each.atsEnabled,
    interrupts: null,
    hostUse: null,
  }));
  const pci = withInferredParents(functions);
  const ids = new Set(listed.flatMap(({ node }) => node ?? []));
  const topology = buildTopology({
    name: nameOfText(where),
    source: "lspci",
    nodes: [...ids].map((id) => {
      return { id, cpus: null, memoryBytes: null, kind: null, hugepages: null };
    }),
    pci,
    accelerators: acceleratorsAmong(pci, listed),
    nics: nicsAmong(pci, listed).map((device) => {
      return { address: device.address, name: null, rdma: rdmaById(device) };
    }),
  });
  const isListCut = tree.missing.length === 0 && lines.some(isElision);
  noteLeftovers(note, "lspci", where, {
    missing: [...tree.missing, ...(isListCut ? ["lines that were left out of it"] : [])],
    unused:
      withoutBus === 0 ? [] : [`${withoutBus} functions without a bus (lspci -P; -PP has it)`],
  });
  return checkedTopology(topology, where);
}

/** Far more functions than any machine has; IBM's largest have some thousands. */
const FUNCTIONS_MAX = 16_384;

/** Merges everything that the listings and the tree say about each function into one record. */
function completed(
  listings: readonly Listed[],
  branches: ReadonlyMap<string, Branch>,
  where: string,
): Listed[] {
  const found = new Map<string, Listed>();
  const ofTree = [...branches.values()].map(({ address, name }) => {
    return { ...unlisted(address), ...(name === null ? {} : readName(name)) };
  });
  for (const each of [...listings, ...ofTree]) {
    const known = found.get(each.address);
    const both = known === undefined ? each : merged(known, each);
    if (both === null) throw unexpected(`has two devices at ${each.address}`, where);
    found.set(each.address, both);
    if (found.size > FUNCTIONS_MAX) throw unexpected(`has over ${FUNCTIONS_MAX} functions`, where);
  }
  return [...found.values()].map((each) => {
    // A function that leads to a bus is a bridge, even where its class is unknown.
    const isBridge = each.buses !== null || branches.get(each.address)?.isBridge === true;
    return each.class === null && isBridge ? { ...each, class: "0604" } : each;
  });
}

/** The NICs: by class, or where that is unknown by a name that only NICs have. */
function nicsAmong(
  pci: readonly PciDevice[],
  listed: readonly Listed[],
): readonly Pick<PciDevice, "address" | "vendor" | "device">[] {
  const named = new Set(
    listed.flatMap(({ address, name, class: code }) =>
      code === null && isNicName(name) ? [address] : [],
    ),
  );
  const byClass = new Set(matchingDevices(pci, nicPatterns));
  return pci.filter((device) => byClass.has(device) || named.has(device.address));
}

/**
 * The accelerators: by ids and class, by vendor name, or by a product name that only an accelerator
 * has. Virtual functions have the model of their physical function.
 */
function acceleratorsAmong(
  pci: readonly PciDevice[],
  listed: readonly Listed[],
): AcceleratorParts[] {
  const nameOf = new Map(listed.map(({ address, name }) => [address, name]));
  const named = pci.map((device) => {
    const vendor = device.vendor ?? vendorOfName(nameOf.get(device.address) ?? null);
    return { ...device, vendor };
  });
  const matching = new Set(
    matchingAccelerators(named, acceleratorPatterns).map(({ address }) => address),
  );
  const found = named.flatMap(({ address, vendor, device, class: code }) => {
    const name = nameOf.get(address) ?? null;
    const product = vendor === null ? null : modelOfName(name);
    const known = acceleratorModel(vendor, device ?? deviceOfName(name));
    const isKnown = known !== null || isDataCenterModel(product);
    if (!matching.has(address) && !(code === "" && isKnown)) return [];
    const model = known ?? product;
    return [{ address, model, uuid: null, moduleId: null, memoryBytes: null }];
  });
  const models = new Map(found.map(({ address, model }) => [address, model]));
  const physical = new Map(named.map((each) => [each.address, each.physicalFunction ?? ""]));
  return found.map((each) => ({
    ...each,
    model: each.model ?? models.get(physical.get(each.address) ?? "") ?? null,
  }));
}
