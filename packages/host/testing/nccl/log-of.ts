import {
  attribute,
  child,
  childElements,
  childrenNamed,
  type XmlElement,
} from "@evenkeel/core/xml/element.ts";

/**
 * The topology as NCCL logs it, from the file that it dumps: NCCL's own printing, with its numbers
 * for things (src/graph/topo.cc, ncclTopoPrintRec). `host` is the number of the host, which NCCL
 * writes since 2.21; networks are numbered in the order of the file.
 */
export function logOf(system: XmlElement, host: number | null): string[] {
  const printing: Printing = {
    id: (number) => (host === null ? number.toUpperCase() : `${host}-${number}`),
    nets: new Map(),
    lines: [],
  };
  const cpus = childrenNamed(system, "cpu");
  for (const cpu of cpus) {
    const node = nodeOf(cpu);
    printing.lines.push(`CPU/${printing.id(node)} (${archOf(cpu)}/1/2)`);
    for (const other of cpus) {
      if (other !== cpu) printing.lines.push(`+ SYS[16.0] - CPU/${printing.id(nodeOf(other))}`);
    }
    for (const pci of childrenNamed(cpu, "pci")) printPci(printing, pci, "");
  }
  return ["=== System : maxBw 24.0 totalBw 48.0 ===", ...printing.lines, "=".repeat(42)];
}

interface Printing {
  readonly id: (number: string) => string;
  readonly nets: Map<XmlElement, number>;
  readonly lines: string[];
}

function nodeOf(cpu: XmlElement): string {
  const node = Number(attribute(cpu, "numaid"));
  return node < 0 ? "f".repeat(14) : node.toString(16);
}

function archOf(cpu: XmlElement): number {
  return ["x86_64", "ppc64", "arm64"].indexOf(attribute(cpu, "arch") ?? "x86_64") + 1;
}

/** The digits of the address as one number: 0000:81:00.0 is 81000. */
function numberOf(address: string): string {
  return address.replaceAll(/[:.]/g, "").replace(/^0+(?=.)/, "");
}

const word = (text: string | null): string => (text ?? "0x0").slice(2).padStart(4, "0");

function printPci(printing: Printing, pci: XmlElement, indent: string): void {
  const link = "+ PCI[24.0] - ";
  const id = printing.id(numberOf(attribute(pci, "busid") ?? ""));
  const [gpu, nic] = [child(pci, "gpu"), child(pci, "nic")];
  const below = indent + " ".repeat(link.length);
  if (gpu !== null) {
    printing.lines.push(`${indent}${link}GPU/${id} (0)`);
    for (const inner of childElements(gpu))
      printing.lines.push(`${below}${linkOf(printing, inner)}`);
  } else if (nic !== null) {
    printing.lines.push(`${indent}${link}NIC/${id}`);
    for (const net of childrenNamed(nic, "net"))
      printing.lines.push(`${below}${netOf(printing, net)}`);
  } else {
    const ids = word(attribute(pci, "vendor")) + word(attribute(pci, "device"));
    printing.lines.push(`${indent}${link}PCI/${id} (${ids}00000000)`);
  }
  for (const inner of childrenNamed(pci, "pci")) printPci(printing, inner, below);
}

function linkOf({ id }: Printing, link: XmlElement): string {
  const target = attribute(link, "target") ?? "";
  const kind = link.name === "xgmi" ? "XGMI" : "NVL";
  return target.startsWith("fffffff:")
    ? `+ ${kind}[370.8] - NVS/${id("0")}`
    : `+ ${kind}[48.0] - GPU/${id(numberOf(target))}`;
}

function netOf({ id, nets }: Printing, net: XmlElement): string {
  const number = nets.size;
  nets.set(net, number);
  const [guid, port] = [attribute(net, "guid") ?? `0x${number}`, attribute(net, "port") ?? "0"];
  const rate = Number(attribute(net, "speed")) / 8000;
  const flag = id("0") === "0" ? "" : "0/";
  return `+ NET[${rate.toFixed(1)}] - NET/${id(number.toString(16))} (${flag}${guid.slice(2)}/${port}/${rate.toFixed(6)})`;
}
