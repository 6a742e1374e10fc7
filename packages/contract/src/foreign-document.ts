import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";

/**
 * Documents of other programs that are given where one of Evenkeel's is meant: a manifest of
 * Kubernetes, a domain of libvirt, an export of hwloc. Said by name, with what reads them.
 */

interface Foreign {
  readonly is: string;
  readonly remedy: string;
}

const topology = "evenkeel topology FILE reads it, and place takes it with --on";
const ownVm = "write what it asks for as a VirtualMachine (apiVersion: evenkeel/v1)";

/** What an XML text is, by its root element. */
const xmlForms: ReadonlyMap<string, Foreign> = new Map([
  [
    "domain",
    {
      is: "a domain of libvirt, in XML",
      remedy: `${ownVm}; evenkeel adopt takes over the domain once it runs`,
    },
  ],
  ["topology", { is: "an export of hwloc, in XML", remedy: topology }],
  ["capabilities", { is: "what virsh capabilities prints, in XML", remedy: topology }],
  ["system", { is: "a topology file of NCCL's, in XML", remedy: topology }],
  ["html", { is: "a web page", remedy: "save the file itself, not the page that shows it" }],
]);

/** Refuses XML, which the parser of YAML would refuse with less to say. */
export function refuseXml(text: string, where: string): void {
  const [, root] =
    /^\s*<(?:\?[^>]*>\s*<)?(?:!--[^]*?-->\s*<)?!?(?:doctype\s+)?([\w:-]+)/i.exec(
      text.slice(0, 4096),
    ) ?? [];
  if (root === undefined) return;
  const { is, remedy } = xmlForms.get(root.toLowerCase()) ?? {
    is: `an XML document with the root <${root}>`,
    remedy: "write the document as YAML or JSON",
  };
  throw new EvenkeelError("document-invalid", `it is ${is}`, {
    where,
    expected: "a document of Evenkeel's, in YAML or JSON",
    remedy,
  });
}

/** Kinds of Kubernetes and its neighbours that describe a machine. */
const machineKinds: ReadonlySet<string> = new Set([
  "Node",
  "NodeResourceTopology",
  "ResourceSlice",
  "NodeFeature",
  "List",
]);

/**
 * What a value says to be by another program's `apiVersion`; null where it says to be Evenkeel's,
 * or nothing.
 *
 * @param isOurs whether a kind is one of ours: `v1` with such a kind is a slip.
 */
export function foreignManifest(value: object, isOurs: (kind: string) => boolean): Foreign | null {
  const { apiVersion, kind }: { apiVersion?: unknown; kind?: unknown } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string") return null;
  if (!/^[\w.-]{1,80}$/.test(kind) || apiVersion.startsWith("evenkeel")) return null;
  const isGroup = /^[a-z0-9.-]{1,120}\/v\d[a-z0-9]{0,12}$/.test(apiVersion);
  if (!isGroup && (isOurs(kind) || !/^v\d/.test(apiVersion))) return null;
  const owner = apiVersion.startsWith("kubevirt.io/") ? "KubeVirt" : "Kubernetes";
  const is = `a ${kind} of ${owner} (apiVersion ${apiVersion})`;
  if (kind === "List" && hasOurs(value)) {
    return {
      is,
      remedy: "write each item as a document of its own, with a line of --- between two",
    };
  }
  if (machineKinds.has(kind)) return { is, remedy: topology };
  const render =
    owner === "KubeVirt" ? "; evenkeel render --as kubevirt prints one of KubeVirt's" : "";
  return { is, remedy: `${ownVm}${render}` };
}

/** Whether a List has an item that says to be Evenkeel's. */
function hasOurs(value: object): boolean {
  const { items }: { items?: unknown } = value;
  return (
    Array.isArray(items) &&
    items.some((item) => String(Object(item).apiVersion).startsWith("evenkeel/"))
  );
}
