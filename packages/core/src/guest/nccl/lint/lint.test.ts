import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ncclTopology } from "../../../nccl/print-topology.ts";
import {
  attribute,
  childElements,
  childrenNamed,
  element,
  type XmlElement,
} from "../../../xml/element.ts";
import { contractOf } from "../../contract/from-guest.ts";
import { guestFromPlan } from "../../from-plan.ts";
import { pciForms } from "../../ports.ts";
import { generatedPlans } from "../../../../testing/guest/generated-plans.ts";
import { planOf } from "../../../../testing/guest/plan-of.ts";
import { hasAccelerators } from "../print.ts";
import { guestTopology } from "../guest-topology.ts";
import { type NcclFindingCode, ncclFindingCodes } from "./finding.ts";
import { lintNccl } from "./lint.ts";

test("nothing is wrong with a file that was rendered", () => {
  fc.assert(
    fc.property(generatedPlans, fc.constantFrom(...pciForms), (plan, pci) => {
      const guest = guestFromPlan(plan, { pci });
      fc.pre(hasAccelerators(guest));
      const findings = lintNccl(contractOf(guest), ncclTopology(guestTopology(guest)));
      expect(findings).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

const link = { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 };
const device = (address: string, switches: readonly string[], kind?: "nic") => ({
  address,
  link,
  switches,
  ...(kind === undefined ? {} : { kind }),
});
const [A, B, C] = ["0000:10:00.0", "0000:20:00.0", "0000:80:00.0"];

/** On each of two nodes GPUs and NICs below switches; pairs of GPUs are linked directly. */
const plan = planOf({
  cells: [
    {
      cores: 2,
      devices: [
        device("0000:11:00.0", [A]),
        device("0000:12:00.0", [A], "nic"),
        device("0000:21:00.0", [B]),
        device("0000:22:00.0", [B], "nic"),
      ],
    },
    {
      cores: 2,
      devices: [device("0000:81:00.0", [C]), device("0000:82:00.0", [C], "nic")],
    },
  ],
  links: [
    { a: "0000:11:00.0", b: "0000:21:00.0", kind: "nvlink", lanes: 4 },
    { a: "0000:21:00.0", b: "0000:81:00.0", kind: "nvlink", lanes: 2 },
  ],
});

const guest = guestFromPlan(plan);
const contract = contractOf(guest);
const file = ncclTopology(guestTopology(guest));
const [gpu0, gpu1, nic0, nic1, gpu2 = ""] = contract.devices.map(({ address }) => address);

/** What takes the place of an element: itself changed, nothing, or several. */
type Change = (one: XmlElement) => readonly XmlElement[];

function changed(
  tree: XmlElement,
  matches: (one: XmlElement) => boolean,
  change: Change,
): XmlElement {
  const inner = childElements(tree).flatMap((one) => {
    const deep = changed(one, matches, change);
    return matches(one) ? change(deep) : [deep];
  });
  return { ...tree, children: inner };
}

const has =
  (name: string, key: string, value: string | undefined) =>
  (one: XmlElement): boolean =>
    one.name === name && attribute(one, key) === value;
const pci = (address: string | undefined) => has("pci", "busid", address);
const set =
  (key: string, value: string | null): Change =>
  (one) => {
    const others = [...one.attributes].filter(([name]) => name !== key);
    return [
      {
        ...one,
        attributes: new Map([...others, ...(value === null ? [] : [[key, value] as const])]),
      },
    ];
  };

/** Takes an element out and puts it in as the last of another. */
function moved(address: string | undefined, into: (one: XmlElement) => boolean): XmlElement {
  const found: XmlElement[] = [];
  const without = changed(file, pci(address), (one) => (found.push(one), []));
  return changed(without, into, (one) => [{ ...one, children: [...one.children, ...found] }]);
}

const switchOf = (address: string | undefined) => (one: XmlElement) =>
  one.name === "pci" && childrenNamed(one, "pci").some(pci(address));
const unnamed = element("pci", { busid: "0000:77:00.0", class: "0x030200" }, [
  element("gpu", { dev: 9 }),
]);

const faults: readonly (readonly [string, NcclFindingCode, string, XmlElement])[] = [
  ["another document", "nccl-root", "the document", element("graphs")],
  [
    "no bus address",
    "nccl-address-malformed",
    "a accelerator",
    changed(file, has("cpu", "numaid", "1"), (one) => [
      { ...one, children: [...one.children, ...set("busid", "gpu0")(unnamed)] },
    ]),
  ],
  [
    "an address twice",
    "nccl-address-duplicate",
    nic0 ?? "",
    changed(file, pci(nic0), (one) => [one, one]),
  ],
  [
    "the host's address",
    "nccl-address-host",
    `nic ${nic1}`,
    changed(file, pci(nic1), set("busid", "0000:22:00.0")),
  ],
  [
    "a wrong address",
    "nccl-address-wrong",
    `accelerator ${gpu2}`,
    changed(file, pci(gpu2), set("busid", "0000:77:00.0")),
  ],
  ["a missing device", "nccl-device-missing", `nic ${nic0}`, changed(file, pci(nic0), () => [])],
  [
    "an extra device",
    "nccl-device-extra",
    "accelerator 0000:77:00.0",
    changed(file, has("cpu", "numaid", "1"), (one) => [
      { ...one, children: [...one.children, unnamed] },
    ]),
  ],
  [
    "a NIC marked as a GPU",
    "nccl-device-kind",
    `nic ${nic0}`,
    changed(file, pci(nic0), (one) => [{ ...one, children: [element("gpu", { dev: 7 })] }]),
  ],
  [
    "a switch without a class",
    "nccl-class-missing",
    "the bridge ffff:ff:01.0",
    changed(file, switchOf(gpu0), set("class", null)),
  ],
  [
    "a wrong mask",
    "nccl-affinity-wrong",
    "node 1",
    changed(file, has("cpu", "numaid", "1"), set("affinity", "0000000f")),
  ],
  [
    "a node twice",
    "nccl-node-duplicate",
    "node 1",
    changed(file, has("cpu", "numaid", "1"), (one) => [one, { ...one, children: [] }]),
  ],
  [
    "a slow link",
    "nccl-link-slow",
    `accelerator ${gpu0}`,
    changed(file, pci(gpu0), set("link_speed", "16.0 GT/s PCIe")),
  ],
  [
    "a narrow link",
    "nccl-link-slow",
    `nic ${nic0}`,
    changed(file, pci(nic0), set("link_width", "8")),
  ],
  [
    "a slow switch",
    "nccl-link-slow",
    "the switch ffff:ff:01.0",
    changed(file, switchOf(gpu0), set("link_speed", "8.0 GT/s PCIe")),
  ],
  [
    "a fast link",
    "nccl-link-fast",
    `nic ${nic0}`,
    changed(file, pci(nic0), set("link_speed", "64.0 GT/s PCIe")),
  ],
  [
    "no speed",
    "nccl-link-untold",
    `accelerator ${gpu1}`,
    changed(file, pci(gpu1), set("link_speed", null)),
  ],
  ["a NIC below another switch", "nccl-switch-wrong", `nic ${nic0}`, moved(nic0, switchOf(gpu1))],
  [
    "a NIC below no switch",
    "nccl-switch-wrong",
    `nic ${nic0}`,
    moved(nic0, has("cpu", "numaid", "0")),
  ],
  [
    "a GPU below another switch",
    "nccl-switch-wrong",
    `accelerator ${gpu1}`,
    moved(gpu1, switchOf(gpu0)),
  ],
  [
    "a missing link",
    "nccl-nvlink-missing",
    `accelerators ${gpu1} and ${gpu2}`,
    changed(
      changed(file, has("nvlink", "target", gpu2), () => []),
      (one) => attribute(one, "target") === gpu1 && attribute(one, "count") === "2",
      () => [],
    ),
  ],
  [
    "an extra link",
    "nccl-nvlink-extra",
    `accelerators ${gpu0} and ${gpu2}`,
    changed(file, has("gpu", "dev", "0"), (one) => [
      {
        ...one,
        children: [
          ...one.children,
          element("nvlink", { target: gpu2, count: 1, tclass: "0x030200" }),
        ],
      },
    ]),
  ],
  [
    "a link to nowhere",
    "nccl-nvlink-absent",
    `accelerator ${gpu0}`,
    changed(file, has("gpu", "dev", "0"), (one) => [
      {
        ...one,
        children: [
          ...one.children,
          element("nvlink", { target: "0000:77:00.0", count: 1, tclass: "0x030200" }),
        ],
      },
    ]),
  ],
  [
    "another number of lanes",
    "nccl-nvlink-lanes",
    `accelerators ${gpu0} and ${gpu1}`,
    changed(file, has("nvlink", "target", gpu0), set("count", "3")),
  ],
];

test.each(faults)("%s is found, and nothing else", (_, code, subject, tree) => {
  const findings = lintNccl(contract, tree);
  expect(findings.map((one) => [one.code, one.subject])).toEqual([[code, subject]]);
  expect(findings.every(({ promised, found, remedy }) => promised !== found && remedy !== "")).toBe(
    true,
  );
});

test("a node that the guest does not have, and what is below it", () => {
  const tree = changed(file, has("cpu", "numaid", "1"), set("numaid", "7"));
  expect(lintNccl(contract, tree).map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    "nccl-node-absent node 7",
    `nccl-node-wrong accelerator ${gpu2}`,
    `nccl-node-wrong nic ${contract.devices[5]?.address}`,
  ]);
});

test("links into switches are links, also where the file does not tell how many", () => {
  const gpus = ["0000:11:00.0", "0000:21:00.0", "0000:31:00.0"];
  const links = gpus.flatMap((a, i) =>
    gpus.slice(i + 1).map((b) => ({ a, b, kind: "nvlink" as const, lanes: 18 })),
  );
  const cells = [{ cores: 2, devices: gpus.map((address) => device(address, [])) }];
  const onSwitches = guestFromPlan(planOf({ cells, links }));
  const printed = ncclTopology(guestTopology(onSwitches));
  const isNvlink = ({ name }: XmlElement): boolean => name === "nvlink";
  const codes = (change: Change): string[] =>
    lintNccl(contractOf(onSwitches), changed(printed, isNvlink, change)).map(({ code }) => code);
  expect(codes((one) => [one])).toEqual([]);
  expect(codes(set("count", null))).toEqual([]);
  expect(codes(() => [])).toEqual(Array(3).fill("nccl-nvlink-missing"));
});

test("every kind of fault was tried", () => {
  const tried = new Set(["nccl-node-wrong", "nccl-node-absent", ...faults.map(([, code]) => code)]);
  expect([...tried].toSorted()).toEqual(Object.keys(ncclFindingCodes).toSorted());
});
