import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ncclTopology } from "@evenkeel/core/nccl/print-topology.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { parseMask } from "@evenkeel/core/set/mask-format.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import {
  attribute,
  childElements,
  childrenNamed,
  type XmlElement,
} from "@evenkeel/core/xml/element.ts";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { readXml } from "../xml/read-xml.ts";
import { readNccl } from "./read-nccl.ts";

const folder = corpus("nccl-xml");
const files = (folder === null ? [] : readdirSync(folder)).filter((name) => name.endsWith(".xml"));
const graphs = files.filter((name) => name.includes("graph"));
const topologies = files.filter((name) => !graphs.includes(name));

const textOf = (name: string): string => readFileSync(join(folder ?? "", name), "utf8");
const read = (name: string): Topology => readNccl(textOf(name), name);

/** What NCCL's own reading of an element would compare: who is where, and what it is. */
function outline(of: XmlElement): unknown {
  const attributeOf = (name: string): string | null => attribute(of, name);
  const known = (name: string): string | null =>
    attributeOf(name) === "0xffff" ? null : attributeOf(name);
  const busid = normalPciAddress(attributeOf("busid") ?? "");
  const width = attributeOf("link_width") === "0" ? null : attributeOf("link_width");
  const speed = Number.parseFloat(attributeOf("link_speed") ?? "");
  const inner = childElements(of).filter(({ name }) => /^(pci|gpu|nic|xgmi)$/.test(name));
  return {
    name: of.name,
    // What is made up has no name to compare.
    busid: busid?.startsWith("ffff:") === true ? "made up" : busid,
    own: [
      attributeOf("class"),
      known("vendor"),
      known("device"),
      attributeOf("target"),
      attributeOf("count"),
      width,
    ],
    speed: Number.isNaN(speed) ? null : speed,
    below: inner.map(outline).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  };
}

/** Leading zeros and words of them mean nothing. */
function maskOf(cpu: XmlElement): string {
  const mask = parseMask(attribute(cpu, "affinity") ?? "");
  return mask === null ? "no mask" : formatList(mask);
}

/**
 * Written again, these differ, for a reason:
 * - g5 has functions without a class, which could be anything and are no GPUs;
 * - p4d, NDv2, NDv4 and OCI's flattened file leave to NCCL which functions are GPUs and NICs;
 * - 8p1h_1 gives a switch and a NIC below it one address.
 * In all others only NVLink is not compared: it is written toward one hidden switch.
 */
const notTheSame = new Set([
  "aws-g5.48xl-topo.xml",
  "aws-p4d-24xl-topo.xml",
  "azure-ndv2-topo.xml",
  "azure-ndv4-topo.xml",
  "oci-topo-flattened.xml",
  "rccl-topo_8p1h_1.xml",
]);

describe.skipIf(folder === null)("the recordings", () => {
  test.each(topologies)("%s is read", (name) => {
    const topology = read(name);
    const system = readXml(textOf(name), name);
    const nodes = childrenNamed(system, "cpu").map((cpu) => Number(attribute(cpu, "numaid")));
    expect(topology.nodes.map(({ id }) => id)).toEqual(
      [...new Set(nodes)].toSorted((a, b) => a - b),
    );
    const marked = (textOf(name).match(/<gpu /g) ?? []).length;
    if (marked > 0) expect(topology.accelerators).toHaveLength(marked);
    const of = interconnects(topology);
    const devices = [...topology.accelerators, ...topology.nics].map(({ address }) => address);
    for (const a of devices) {
      for (const b of devices) if (a !== b) expect(of(a, b), `${a} ${b}`).not.toBeNull();
    }
  });

  test.each(topologies.filter((name) => !notTheSame.has(name)))("%s is written again", (name) => {
    const given = readXml(textOf(name), name);
    const written = ncclTopology(read(name));
    const cpus = (system: XmlElement): unknown =>
      childrenNamed(system, "cpu")
        .map((cpu) => ({
          node: attribute(cpu, "numaid"),
          affinity: maskOf(cpu),
          arch: attribute(cpu, "arch"),
          pci: childrenNamed(cpu, "pci")
            .map(outline)
            .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
        }))
        .toSorted((a, b) => Number(a.node) - Number(b.node));
    expect(cpus(written)).toEqual(cpus(given));
  });

  test.each(graphs)("%s is refused by the kind of file", async (name) => {
    const error = await codedError("xml-unexpected", () => read(name));
    expect(error.message).toContain("<graphs>");
  });
});
