/** Vendors of accelerators, by the start of their name in the PCI ID database. */
const vendorsByName: readonly (readonly [name: string, id: string])[] = [
  ["NVIDIA Corporation", "10de"],
  ["Advanced Micro Devices, Inc.", "1002"],
  ["Habana Labs", "1da3"],
];

/** The vendor's id from a device's name; only vendors of accelerators are known. */
export function vendorOfName(name: string | null): string | null {
  return vendorsByName.find(([start]) => name?.startsWith(start) === true)?.[1] ?? null;
}

/**
 * The model in lspci's name of an accelerator: `NVIDIA Corporation GH100 [H100 SXM5 80GB]` is an
 * `H100 SXM5 80GB`. The product stands in brackets after the chip; a name without brackets means
 * that the database does not know the device.
 */
export function modelOfName(name: string | null): string | null {
  if (name === null) return null;
  const open = name.lastIndexOf(" [");
  if (open < 0 || !name.endsWith("]")) return null;
  const product = name.slice(open + 2, -1).replace(/^(NVIDIA|Tesla) /, "");
  // AMD's vendor name ends in brackets too, where the database does not know the device.
  return product === "" || product === "AMD/ATI" ? null : product;
}

/**
 * The id in the name of a device that the database does not know: `NVIDIA Corporation Device 2330`.
 */
export function deviceOfName(name: string | null): string | null {
  return / Device ([0-9a-f]{4})$/.exec(name ?? "")?.[1] ?? null;
}

/**
 * Whether a model is a data center GPU. Needed where the class is unknown, as in a tree, which has
 * names alone.
 */
export function isDataCenterModel(model: string | null): boolean {
  return model !== null && dataCenterModel.test(model);
}

const dataCenterModel =
  /^(P100|V100S?|T4|A2|A10|A10G|A16|A30|A40|A100|A800|H20|H100|H200|H800|L2|L4|L20|L40S?|B100|B200|B300|GB200|GB300|GH200|Instinct)\b/;

/**
 * Whether a device of unknown class is a NIC by its name in the PCI ID database. The other
 * functions of a SmartNIC are none.
 */
export function isNicName(name: string | null): boolean {
  return name !== null && nicName.test(name) && !beside.test(name);
}

const nicName =
  /\b(ConnectX|BlueField|Ethernet|NetXtreme|InfiniBand|Omni-Path|Fabric Adapter|Network (?:Connection|Adapter|Controller|Device)|Gigabit)\b/i;
const beside =
  /\b(Bridge|Switch|Management Interface|SoC Crypto|Flash Recovery|DMA|Hub|Root Port|Serial|Audio|SATA|NVMe)\b/i;
