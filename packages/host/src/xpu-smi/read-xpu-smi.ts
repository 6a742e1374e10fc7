import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { pcieSpeedsGTs } from "@evenkeel/core/topology/pcie-rate.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import {
  type ListedAccelerator,
  listedTopology,
  unknownAccelerator,
} from "../text/listed-accelerators.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { readLines } from "../text/read-lines.ts";
import { fieldsInDiscovery } from "./discovery.ts";
import { readXpuMatrix, type XpuMatrix } from "./matrix.ts";

/** More than any machine has. */
const gpusMax = 256;

/**
 * Reads Intel's data center GPUs from the outputs of `xpu-smi`, or of `xpumcli`, which prints the
 * same: `discovery` with its tables and JSON, `topology -d` with the CPUs near a GPU, and the
 * matrix of `topology -m`, also several in one text. Devices have the tool's numbers in all of
 * them.
 *
 * The matrix has a row for each tile, `GPU 1/0`; a pair of GPUs has the class of its tiles, and the
 * lanes of all Xe Links between them.
 *
 * Errors: `text-unexpected` where the text lists no GPU; `topology-inconsistent`; `file-too-large`.
 * https://intel.github.io/xpumanager/2.0/xpu-smi/topology.html
 */
export function readXpuSmi(text: string, where: string, note: Note = ignore): Topology {
  const lines = readLines(text, where);
  const unused = new Set<string>();
  const matrix = readXpuMatrix(lines, where);
  const devices = fieldsInDiscovery(text, lines);
  const indices = [...new Set([...devices.keys(), ...matrix.gpus.keys()])].toSorted(
    (a, b) => a - b,
  );
  if (indices.length === 0 || indices.length > gpusMax) {
    throw new EvenkeelError(
      "text-unexpected",
      indices.length === 0 ? "lists no GPU" : "lists too many GPUs",
      {
        where,
        expected: "the output of xpu-smi discovery or xpu-smi topology -m",
      },
    );
  }
  const accelerators = indices.map((index) =>
    acceleratorOf(index, devices.get(index) ?? new Map<string, string>(), matrix, unused),
  );
  const position = new Map(indices.map((index, i) => [index, i]));
  const interconnects = matrix.pairs.flatMap((pair) => {
    const [a, b] = [position.get(pair.a), position.get(pair.b)];
    return a === undefined || b === undefined ? [] : [{ a, b, class: pair.class }];
  });
  const links = matrix.pairs.flatMap(({ a: one, b: other, xeLink, lanes }) => {
    const [a, b] = [position.get(one), position.get(other)];
    return !xeLink || a === undefined || b === undefined
      ? []
      : [{ a, b, kind: "xelink" as const, lanes }];
  });
  noteLeftovers(note, "xpu-smi", where, { missing: matrix.missing, unused: [...unused] });
  return listedTopology(
    {
      source: "xpu-smi",
      vendor: "8086",
      class: "03",
      accelerators,
      nodes: [],
      interconnects,
      links,
    },
    where,
  );
}

/** The names of the fields that are read. */
const readNames: ReadonlySet<string> = new Set([
  "Device Name",
  "UUID",
  "SOC UUID",
  "PCI BDF Address",
  "PCI Device ID",
  "Memory Physical Size",
  "PCIe Generation",
  "PCIe Max Link Width",
  "Local CPU List",
  "Device Type",
  "Vendor Name",
  "PCI Vendor ID",
]);

function acceleratorOf(
  index: number,
  fields: ReadonlyMap<string, string>,
  matrix: XpuMatrix,
  unused: Set<string>,
): ListedAccelerator {
  for (const name of fields.keys()) if (!readNames.has(name)) unused.add(name);
  const productName = fields.get("Device Name") ?? null;
  const device = /^0x([0-9a-f]{4})$/i.exec(fields.get("PCI Device ID") ?? "")?.[1]?.toLowerCase();
  const id = device ?? /\[0x([0-9a-f]{4})\]$/i.exec(productName ?? "")?.[1]?.toLowerCase() ?? null;
  const [generation, width] = ["PCIe Generation", "PCIe Max Link Width"].map((name) =>
    numberIn(fields.get(name)),
  );
  const speed = typeof generation === "number" ? pcieSpeedsGTs[generation - 1] : undefined;
  const maxSpeedGTs = speed ?? null;
  const maxWidth = width ?? null;
  const known = maxSpeedGTs !== null || maxWidth !== null;
  return {
    ...unknownAccelerator,
    index,
    address: normalPciAddress(fields.get("PCI BDF Address") ?? ""),
    device: id,
    model: acceleratorModel("8086", id) ?? modelIn(productName),
    productName,
    uuid: fields.get("UUID") ?? fields.get("SOC UUID") ?? null,
    memoryBytes: memoryIn(fields.get("Memory Physical Size")),
    link: known ? { speedGTs: null, width: null, maxSpeedGTs, maxWidth } : null,
    cpus: fields.get("Local CPU List") ?? matrix.gpus.get(index) ?? null,
  };
}

/** `Intel(R) Data Center GPU Max 1550`; a chip without a name has its id in brackets. */
function modelIn(name: string | null): string | null {
  if (name === null || /\[0x[0-9a-f]{4}\]$/i.test(name)) return null;
  return name.replaceAll(/\((?:R|TM)\)/g, "").replace(/^Intel /, "");
}

function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,2}$/.test(text) ? Number(text) : null;
}

/** `11605.00 MiB`; in JSON the bytes. */
function memoryIn(text: string | undefined): number | null {
  const match = /^(\d{1,16})(?:\.(\d{1,4}))?(?: MiB)?$/.exec(text ?? "");
  if (match === null) return null;
  const amount = Number(`${match[1]}.${match[2] ?? "0"}`);
  return Math.round(text?.endsWith("MiB") === true ? amount * MiB : amount);
}
